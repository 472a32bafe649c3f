"""What it costs to decide who may: nearly nothing where the default key policy leaves nothing to decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from pytest_kmsimport import KmsImportMock, mock_kms_import
from pytest_kmsimport.engine.operations import registry

from .floor import call_of, running
from .side_by_side import Contender, Line, compare

_SHARE = 1.02
_ROLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["kms:ImportKeyMaterial", "kms:GetParametersForImport"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256"}},
        },
        {"Effect": "Allow", "Action": "kms:Describe*", "Resource": "arn:aws:kms:*:*:key/*"},
    ],
}


def lines() -> Iterator[Line]:
    """DescribeKey by the account's root user, against an engine that decides nothing; and by a role with a policy."""
    with mock_kms_import() as mock:
        key_id = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    plain = Contender(call_of(mock, "DescribeKey", KeyId=key_id), partial(running, mock))
    undecided = plain._replace(around=partial(_undecided, mock))
    yield _line("DescribeKey with the default policy and caller", plain, "nobody decides", undecided, _SHARE)
    with mock_kms_import() as governed:
        key_id = governed.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        role = governed.principal("arn:aws:iam::123456789012:role/Importer", policies=[_ROLE]).client()
    of_role = Contender(partial(role.describe_key, KeyId=key_id), partial(running, governed))
    yield _line("DescribeKey by a role with a policy", of_role, "the default caller", plain)


@contextmanager
def _undecided(mock: KmsImportMock) -> Iterator[None]:
    """Have a mock answer in which the door is out where callers are asked whether they may."""
    with patch.object(registry, "authorize", lambda *_: None), running(mock):
        yield


def _line(what: str, ours: Contender, against: str, theirs: Contender, limit: float | None = None) -> Line:
    return Line(what, against, *compare(ours, theirs, rounds=300, calls=20), limit)

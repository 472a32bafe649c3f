"""What a test pays for having a mock of its own: its start and end, and the first wrapping key of each size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import botocore.session

from pytest_kmsimport import KmsImportMock, mock_kms_import
from pytest_kmsimport._wire.signature import PLACEHOLDER_KEY

from .floor import floor_of
from .side_by_side import Contender, Line, compare

_START_AND_END = 0.2  # floor calls
_CLIENT = 1.1  # clients of a warm session
_PARAMETERS = 2.25  # floor calls


def lines() -> Iterator[Line]:
    """Start and end of a mock, and GetParametersForImport for each RSA size in the second test of a process."""
    with mock_kms_import() as mock:
        key_id = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    floor = Contender(floor_of(mock, "DescribeKey", KeyId=key_id))
    yield Line(
        "start and end of a mock",
        "floor (DescribeKey)",
        *compare(Contender(start_and_end), floor, rounds=100, calls=20),
        _START_AND_END,
    )
    figures = compare(Contender(mock.client), Contender(warm_client_of(mock)), rounds=40, calls=5)
    yield Line("mock.client()", "client of a warm session", *figures, _CLIENT)
    for bits in (2048, 3072, 4096):
        yield _parameters(mock, key_id, f"RSA_{bits}")


def warm_client_of(mock: KmsImportMock) -> Callable[[], object]:
    """What builds a client like the mock's own, by a session that has built some already."""
    session = botocore.session.Session()
    key = PLACEHOLDER_KEY
    return partial(session.create_client, "kms", mock.region, aws_access_key_id=key, aws_secret_access_key=key)


def start_and_end() -> None:
    """Have a mock, and do nothing with it."""
    with mock_kms_import():
        pass


def _parameters(first: KmsImportMock, key_id: str, wrapping_key_spec: str) -> Line:
    members = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": wrapping_key_spec}
    floor = Contender(floor_of(first, "GetParametersForImport", KeyId=key_id, **members))  # makes the first pair
    later = _LaterMocks(members)
    ours = Contender(later.ask, later.one)
    what = f"GetParametersForImport, first in a later mock, {wrapping_key_spec}"
    return Line(what, "floor", *compare(ours, floor, rounds=60, calls=1), _PARAMETERS)


class _LaterMocks:
    """A new mock for every measurement, as every test has one; only the call in it is measured."""

    def __init__(self, members: dict[str, str]) -> None:
        self._members = members
        self._client: Any = None
        self._key_id = ""

    @contextmanager
    def one(self) -> Iterator[None]:
        """Have a mock with a KMS key in it."""
        with mock_kms_import() as mock:
            self._client = mock.client()
            self._key_id = self._client.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
            yield

    def ask(self) -> None:
        """Ask it for parameters, for the first time."""
        self._client.get_parameters_for_import(KeyId=self._key_id, **self._members)

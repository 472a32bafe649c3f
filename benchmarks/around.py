"""What it costs to wait for what AWS tells others: the same however many KMS keys there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from pytest_kmsimport import KmsImportMock, mock_kms_import

from .floor import call_of, running
from .side_by_side import Contender, Line, compare

_MANY = 500
_SHARE = 1.10


def lines() -> Iterator[Line]:
    """DescribeKey while a rule waits for events, against nobody who waits, and among many KMS keys that will expire."""
    unwatched, alone, among_many = _describing(1, waits=False), _describing(1), _describing(_MANY)
    yield _line("DescribeKey under a rule for events", alone, "nobody waits", unwatched)
    yield _line(f"DescribeKey under a rule, among {_MANY:,} KMS keys", among_many, "a single one", alone, _SHARE)


def _describing(keys: int, *, waits: bool = True) -> Contender:
    """A call of DescribeKey of one of so many KMS keys."""
    with mock_kms_import() as mock:
        later = mock.clock.now() + timedelta(days=90)
        key_ids = [mock.import_key(ValidTo=later).id for _ in range(keys)]
        if waits:
            _wait(mock)
    return Contender(call_of(mock, "DescribeKey", KeyId=key_ids[keys // 2]), partial(running, mock))


def _wait(mock: KmsImportMock) -> None:
    mock.events.rule({"detail-type": ["KMS Imported Key Material Expiration"]}, lambda *_: None)


def _line(what: str, ours: Contender, against: str, theirs: Contender, limit: float | None = None) -> Line:
    return Line(what, against, *compare(ours, theirs, rounds=200, calls=20), limit)

"""What planned faults and the journal cost a call that no fault strikes, against the same call without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from pytest_kmsimport import KmsImportMock, faults, mock_kms_import

from .floor import call_of, running
from .side_by_side import Contender, Line, compare

_SHARE = 1.05
_NEVER = 10**9


def lines() -> Iterator[Line]:
    """A fault that waits for a later call, faults for other operations, and the journal."""
    plain = _describing()
    later = _describing([("DescribeKey", _NEVER)])
    yield _line("DescribeKey with a fault planned for later", later, "without", plain)
    others = _describing([("ImportKeyMaterial", 0)] * 10)
    yield _line("DescribeKey with 10 faults for other operations", others, "without", plain)
    yield _line("DescribeKey", plain, "without journal", _describing(has_journal=False))


def _describing(planned: Sequence[tuple[str, int]] = (), *, has_journal: bool = True) -> Contender:
    with mock_kms_import(faults_must_strike=False) as mock:
        key_id = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    if not has_journal:
        mock.service.journal.open = lambda _: None  # type: ignore[assignment, return-value]  nothing to be closed
    return Contender(call_of(mock, "DescribeKey", KeyId=key_id), partial(_running, mock, planned))


@contextmanager
def _running(mock: KmsImportMock, planned: Sequence[tuple[str, int]]) -> Iterator[None]:
    with running(mock):
        for operation, after in planned:
            mock.inject(faults.ReadTimeout(), operation, after=after)
        yield


def _line(what: str, ours: Contender, against: str, theirs: Contender) -> Line:
    return Line(what, against, *compare(ours, theirs, rounds=150, calls=20), _SHARE)

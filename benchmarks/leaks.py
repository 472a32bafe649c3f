"""What the option check_leaks costs a test that makes many secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pytest_kmsimport import mock_kms_import

from .side_by_side import Contender, Line, compare

_WITHOUT = 2.0
_GROWTH = 1.5
_FEW, _MANY = 250, 1000


def lines() -> Iterator[Line]:
    """A thousand data keys with the option and without, and what one costs among many and among few."""
    watched, plain = (Contender(_making(_MANY, check_leaks=check)) for check in (True, False))
    ours, theirs, ratio = compare(watched, plain, rounds=7, calls=1)
    yield Line(
        f"{_MANY:,} data keys under check_leaks", "without", ours / 1000, theirs / 1000, ratio, _WITHOUT, unit="ms"
    )
    few = Contender(_four_times(_making(_FEW, check_leaks=True)))
    figures = compare(Contender(_making(_MANY, check_leaks=True)), few, rounds=7, calls=1)
    ours, theirs, ratio = figures
    what = f"{_MANY:,} data keys under check_leaks, in one mock"
    yield Line(what, "in four mocks", ours / 1000, theirs / 1000, ratio, _GROWTH, unit="ms")


def _making(number: int, *, check_leaks: bool) -> Callable[[], None]:
    return partial(_make, number, check_leaks)


def _make(number: int, check_leaks: bool) -> None:
    with mock_kms_import(check_leaks=check_leaks) as mock:
        client, key_id = mock.client(), mock.import_key().id
        for _ in range(number):
            client.generate_data_key(KeyId=key_id, KeySpec="AES_256")


def _four_times(call: Callable[[], object]) -> Callable[[], None]:
    def four_times() -> None:
        for _ in range(4):
            call()

    return four_times

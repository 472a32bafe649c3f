"""How many functions of Python a call goes through: as telling as its time, and the same on every machine.

Limits are of the package's own functions, and of all that are called beyond botocore's floor: those of botocore and of
the standard library that the package calls count there, and those that it spares the caller count the other way.
``tests/test_cost.py`` holds every run of the tests to the limits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest_kmsimport
from pytest_kmsimport import KmsImportMock, mock_kms_import

from .calls import import_members
from .floor import call_of, floor_of, running
from .mocks import start_and_end, warm_client_of
from .side_by_side import Contender, Line

_PACKAGE = str(Path(pytest_kmsimport.__file__).parent)
_WARM, _COUNTED = 3, 5


class Counts(NamedTuple):
    """Functions called: those of the package, all, and those that botocore needs by itself."""

    ours: int
    everything: int
    floor: int

    @property
    def beyond_floor(self) -> int:
        """What the package makes it more; less than nothing where it spares something."""
        return self.everything - self.floor


class Limits(NamedTuple):
    """How many functions of the package may be called, and how many in all beyond the floor."""

    ours: int
    beyond_floor: int


#: What may be called. Lower them when something becomes cheaper; do not raise one without saying in the commit what is
#: done now that was not. Beyond the floor there is a margin, for botocore and the standard library differ by version.
LIMITS = {
    "DescribeKey": Limits(110, -285),  # signing, and making requests ready for the wire, are left out
    "Encrypt": Limits(120, -265),
    "ImportKeyMaterial": Limits(137, -230),
    "start and end of a mock": Limits(112, 340),
    "mock.client()": Limits(172, -200),  # a warm session copies more handlers
}


def lines() -> Iterator[Line]:
    """What each operation calls, and what a mock and a client do, against what was recorded."""
    for what, counts in counted().items():
        limits = LIMITS[what]
        figures = (counts.ours, limits.ours, counts.ours / limits.ours)
        yield Line(f"{what}, functions of the package", "recorded", *figures, 1.0, unit="")
        most = counts.floor + limits.beyond_floor
        yield Line(f"{what}, all", "recorded + floor", counts.everything, most, counts.everything / most, 1.0, unit="")


def counted() -> dict[str, Counts]:
    """How many functions are called, for everything that has a limit."""
    with mock_kms_import() as mock:
        waiting = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        key_id = mock.import_key().id
    members: dict[str, dict[str, Any]] = {
        "DescribeKey": {"KeyId": key_id},
        "Encrypt": {"KeyId": key_id, "Plaintext": b"secret"},
        "ImportKeyMaterial": import_members(mock, waiting, 2048),
    }
    operations = {operation: _of_operation(mock, operation, given) for operation, given in members.items()}
    return {
        **operations,
        "start and end of a mock": Counts(*_count(Contender(start_and_end)), 0),
        "mock.client()": _of_client(mock),
    }


def _of_operation(mock: KmsImportMock, operation: str, members: dict[str, Any]) -> Counts:
    ours, everything = _count(Contender(call_of(mock, operation, **members), partial(running, mock)))
    _, floor = _count(Contender(floor_of(mock, operation, **members)))
    return Counts(ours, everything, floor)


def _of_client(mock: KmsImportMock) -> Counts:
    """A client of the mock's own; its floor is one of a session that has built some."""
    ours, everything = _count(Contender(mock.client, partial(running, mock)))
    _, floor = _count(Contender(warm_client_of(mock), partial(running, mock)))
    return Counts(ours, everything, floor)


def _count(contender: Contender) -> tuple[int, int]:
    """The functions of the package that are called, and all; the fewest of some times, for caches fill up."""
    with contender.around():
        for _ in range(_WARM):
            contender.call()
        return min(_count_once(contender.call) for _ in range(_COUNTED))


def _count_once(call: Callable[[], object]) -> tuple[int, int]:
    ours = everything = 0

    def note(frame: FrameType, event: str, _: object) -> None:
        nonlocal ours, everything
        if event == "call":
            everything += 1
            ours += frame.f_code.co_filename.startswith(_PACKAGE)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return ours, everything

"""The mock's clock, alone and beside the libraries that move the computer's."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
import time_machine
from freezegun import freeze_time

from pytest_kmsimport import Clock, faults
from pytest_kmsimport._service.clock import EARLIEST, LATEST

from ..support.prepared import OFFERED, prepare

NEW_YEAR = datetime(2027, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def clock():
    """A clock of its own, without a mock around it."""
    return Clock()


@pytest.fixture
def frozen(clock):
    """The same clock, frozen at the start of 2027."""
    clock.freeze(NEW_YEAR)
    return clock


def test_the_clock_starts_with_the_computers(clock):
    """Until a test moves it, the clock shows the computer's time, in UTC and whole milliseconds."""
    before = time.time()
    now = clock.now()
    assert before - 0.001 <= now.timestamp() <= time.time()
    assert (now.tzinfo, now.microsecond % 1000) == (timezone.utc, 0)


def test_the_clock_runs(clock):
    """Time passes by itself, also after the clock was moved."""
    start = clock.move_to(NEW_YEAR)
    time.sleep(0.002)
    assert start < clock.now() < start + timedelta(minutes=1)


def test_a_frozen_clock_stands_still(frozen):
    """Frozen at a moment, the clock shows that moment however long it takes."""
    time.sleep(0.002)
    assert frozen.now() == NEW_YEAR


def test_freezing_without_a_moment_keeps_the_time(clock):
    """The clock stops at the time that it showed, and not at the computer's."""
    clock.move_to(NEW_YEAR)
    assert NEW_YEAR <= clock.freeze() < NEW_YEAR + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("by", "parts", "step"),
    [
        (None, {"hours": 25}, timedelta(hours=25)),
        (None, {"days": 1, "seconds": 0.5}, timedelta(days=1, milliseconds=500)),
        (None, {"weeks": 1, "minutes": 2}, timedelta(days=7, minutes=2)),
        (None, {"milliseconds": 1, "microseconds": 999}, timedelta(milliseconds=1)),
        (timedelta(minutes=3), {}, timedelta(minutes=3)),
        (timedelta(minutes=3), {"seconds": 2}, timedelta(minutes=3, seconds=2)),
    ],
)
def test_advance_lets_time_pass(frozen, by, parts, step):
    """The clock goes forward by a timedelta, by its keywords, or both, and gives the new time."""
    assert frozen.advance(by, **parts) == frozen.now() == NEW_YEAR + step


@pytest.mark.parametrize("moment", [NEW_YEAR - timedelta(days=400), NEW_YEAR + timedelta(days=400)])
def test_move_to_goes_anywhere(frozen, moment):
    """The clock goes to a moment in the past or in the future and gives it."""
    assert frozen.move_to(moment) == frozen.now() == moment


def test_move_to_takes_any_time_zone(frozen):
    """A moment is the same in any time zone; the clock shows it in UTC."""
    two_hours_east = timezone(timedelta(hours=2))
    assert frozen.move_to(datetime(2027, 6, 1, 2, tzinfo=two_hours_east)).isoformat() == "2027-06-01T00:00:00+00:00"


def test_an_unfrozen_clock_runs_from_where_it_stood(frozen):
    """What passed on the computer while the clock was frozen is not made up for."""
    frozen.advance(hours=1)
    frozen.unfreeze()
    time.sleep(0.002)
    assert timedelta(hours=1) < frozen.now() - NEW_YEAR < timedelta(hours=1, minutes=1)


def test_unfreezing_a_running_clock_changes_nothing(clock):
    """A clock that runs keeps the time to which it was moved."""
    clock.move_to(NEW_YEAR)
    clock.unfreeze()
    assert NEW_YEAR <= clock.now() < NEW_YEAR + timedelta(minutes=1)


def test_reset_goes_back_to_the_computers_time(frozen):
    """After a reset the clock runs with the computer's again."""
    frozen.reset()
    assert abs(frozen.now().timestamp() - time.time()) < 60


@pytest.mark.parametrize("parts", [{}, {"hours": 0}, {"hours": -1}, {"hours": 1, "minutes": -60}])
def test_advance_does_not_go_back(clock, parts):
    """To go back, or nowhere, is refused with what to write instead."""
    with pytest.raises(ValueError, match=r"advance\(\) takes a positive time; to go back, use move_to\(\)"):
        clock.advance(**parts)


def test_advance_does_not_take_less_than_it_can_show(frozen):
    """A time that is too short for the clock's milliseconds is refused rather than lost."""
    with pytest.raises(ValueError, match="millisecond"):
        frozen.advance(microseconds=10)


def test_advance_takes_no_bare_number(clock):
    """Seconds, hours or days? A bare number is refused with what to write instead."""
    with pytest.raises(TypeError, match=r"advance\(seconds="):
        clock.advance(90)


def test_advance_takes_only_units_of_time(clock):
    """A keyword that timedelta does not have is refused by its name."""
    with pytest.raises(TypeError, match="years"):
        clock.advance(years=1)


@pytest.mark.parametrize("method", ["move_to", "freeze"])
def test_moments_must_have_a_time_zone(clock, method):
    """A naive datetime is refused with what to write instead."""
    with pytest.raises(ValueError, match=r"takes an aware datetime: write .* with tzinfo=timezone\.utc"):
        getattr(clock, method)(datetime(2027, 1, 1))  # noqa: DTZ001  that is the mistake


def test_a_refused_moment_does_not_freeze_the_clock(clock):
    """After a mistake in freeze() the clock is as it was before."""
    with pytest.raises(ValueError, match="aware"):
        clock.freeze(datetime(2027, 1, 1))  # noqa: DTZ001  that is the mistake
    assert "frozen" not in repr(clock)


def test_the_repr_shows_the_time(frozen):
    """A clock in a failure report says what it shows and that it stands still."""
    assert repr(frozen) == "<Clock 2027-01-01T00:00:00+00:00 frozen>"


# The ends


@pytest.mark.parametrize(
    "parts",
    [
        {"days": 365.25 * 8000},
        {"weeks": 10**9},
        {"seconds": 1e300},
        {"by": timedelta.max},
        {"by": timedelta.max, "days": 1},
    ],
    ids=str,
)
def test_advance_stops_before_the_end(frozen, parts):
    """To let more time pass than there is, is refused with where the clock ends, and moves nothing."""
    with pytest.raises(ValueError, match=r"The clock goes from 1970-01-01 to 9990-01-01"):
        frozen.advance(**parts)
    assert frozen.now() == NEW_YEAR


OUTSIDE = [
    EARLIEST - timedelta(milliseconds=1),
    LATEST + timedelta(milliseconds=1),
    datetime.max.replace(tzinfo=timezone.utc),
]


@pytest.mark.parametrize("method", ["move_to", "freeze"])
@pytest.mark.parametrize("moment", OUTSIDE, ids=str)
def test_moments_beyond_the_ends_are_refused(clock, method, moment):
    """So is to go there, and the clock runs on as it did."""
    with pytest.raises(ValueError, match=r"The clock goes from 1970-01-01 to 9990-01-01"):
        getattr(clock, method)(moment)
    assert abs(clock.now().timestamp() - time.time()) < 60
    assert "frozen" not in repr(clock)


@pytest.mark.parametrize("moment", [EARLIEST, LATEST], ids=str)
def test_the_ends_can_be_reached(frozen, moment):
    """The first and the last moment are moments like others."""
    assert frozen.move_to(moment) == moment
    if moment == LATEST:
        frozen.move_to(LATEST - timedelta(hours=1))
        assert frozen.advance(hours=1) == LATEST


def test_a_running_clock_holds_at_its_end(clock):
    """Time that passes by itself does not go past the last moment."""
    clock.move_to(LATEST)
    time.sleep(0.002)
    assert clock.now() == LATEST


def test_a_clock_holds_at_its_beginning(clock):
    """Where freezegun goes further back, the clock stays at its first moment, and advances from there."""
    with freeze_time("1969-07-20"):
        assert clock.now() == EARLIEST
        assert clock.advance(hours=1) == EARLIEST + timedelta(hours=1)


def test_a_late_answer_does_not_go_past_the_end(kms_import_mock, kms):
    """What a fault lets pass of the mock's time ends with the clock."""
    kms_import_mock.clock.freeze(LATEST - timedelta(seconds=10))
    kms_import_mock.inject(faults.Slow(20))
    for _ in range(2):
        kms.list_keys()
        assert kms_import_mock.clock.now() == LATEST


@pytest.mark.parametrize("moment", [EARLIEST, LATEST], ids=str)
@pytest.mark.parametrize("operation", OFFERED)
def test_every_operation_works_at_the_ends(kms_import_mock, kms, operation, moment):
    """At the first and the last moment of the clock an operation answers as ever."""
    kms_import_mock.clock.freeze(moment)
    request = prepare(kms, kms_import_mock, operation)
    kms._make_api_call(operation, request)


@pytest.mark.parametrize("moment", [EARLIEST, LATEST], ids=str)
def test_a_ceremony_works_at_the_ends(kms_import_mock, moment):
    """Key material is imported, expires and rotates; its dates are beyond the clock's."""
    kms_import_mock.clock.freeze(moment)
    key = kms_import_mock.import_key(ValidTo=moment + timedelta(days=364))
    kms_import_mock.client().schedule_key_deletion(KeyId=key.id, PendingWindowInDays=30)
    other = kms_import_mock.client().create_key()["KeyMetadata"]["KeyId"]
    kms_import_mock.client().enable_key_rotation(KeyId=other, RotationPeriodInDays=2560)
    status = kms_import_mock.client().get_key_rotation_status(KeyId=other)
    assert status["NextRotationDate"] == moment + timedelta(days=2560)


@pytest.mark.parametrize("library", [freeze_time, lambda moment: time_machine.travel(moment, tick=False)])
def test_the_clock_follows_libraries_that_move_time(clock, library):
    """Under freezegun and time-machine the clock shows their time."""
    with library(NEW_YEAR):
        assert clock.now() == NEW_YEAR


@pytest.mark.parametrize("library", [freeze_time, lambda moment: time_machine.travel(moment, tick=False)])
def test_the_clock_keeps_its_lead_over_those_libraries(clock, library):
    """Where a test has advanced the clock, it stays ahead of their time by as much."""
    with library(NEW_YEAR):
        clock.advance(hours=25)
        assert clock.now() == NEW_YEAR + timedelta(hours=25)


def test_kms_has_the_clocks_time(kms_import_mock, kms):
    """The dates in AWS's answers are those of the mock's clock."""
    kms_import_mock.clock.freeze(NEW_YEAR)
    assert kms.create_key()["KeyMetadata"]["CreationDate"] == NEW_YEAR


def test_answers_are_dated_with_the_clocks_time(kms_import_mock, kms):
    """The Date header is the mock's clock, too, so that a client does not take its own for skewed."""
    kms_import_mock.clock.freeze(NEW_YEAR)
    assert kms.list_keys()["ResponseMetadata"]["HTTPHeaders"]["date"] == "Fri, 01 Jan 2027 00:00:00 GMT"


def test_key_material_expires_when_freezegun_moves_on(make_key, import_material, kms_import_mock):
    """Key material expires when freezegun's time has come, without a word to the mock's clock."""
    with freeze_time(NEW_YEAR) as computer:
        key_id = make_key()
        import_material(key_id, b"k" * 32, ValidTo=NEW_YEAR + timedelta(hours=1))
        computer.tick(timedelta(hours=2))
        assert kms_import_mock.key(key_id).state == "PendingImport"


@pytest.mark.parametrize("moment", ["2027-01-01", 1798761600, datetime(2027, 1, 1).date()])  # noqa: DTZ001  a date
def test_moments_are_datetimes(clock, moment):
    """A text, a number or a date is refused with what to write instead."""
    with pytest.raises(TypeError, match=r"takes an aware datetime, not .*: write datetime\("):
        clock.move_to(moment)

"""The mock's clock, alone and beside the libraries that move the computer's."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
import time_machine
from freezegun import freeze_time

from pytest_kmsimport import Clock

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


@pytest.mark.parametrize(
    "move",
    [
        lambda clock: clock.advance(days=365 * 9000),
        lambda clock: clock.advance(weeks=10**12),
        lambda clock: clock.advance(timedelta.max),
        lambda clock: clock.move_to(datetime(9991, 1, 1, tzinfo=timezone.utc)),
        lambda clock: clock.move_to(datetime(1970, 1, 1, tzinfo=timezone.utc)),
        lambda clock: clock.move_to(datetime(1, 1, 1, tzinfo=timezone.utc)),
    ],
)
def test_a_time_that_the_clock_cannot_show_leaves_it_where_it_is(kms_import_mock, move):
    """It is refused before the clock moves."""
    before = kms_import_mock.clock.freeze()
    with pytest.raises(ValueError, match="The clock goes from 1971 to 9990"):
        move(kms_import_mock.clock)
    assert kms_import_mock.clock.now() == before


@pytest.mark.parametrize(
    "end", [datetime(1971, 1, 1, tzinfo=timezone.utc), datetime(9989, 12, 31, tzinfo=timezone.utc)]
)
def test_the_ceremony_works_at_the_ends_of_time(kms_import_mock, kms, end):
    """Whatever AWS KMS reckons from there is a date."""
    kms_import_mock.clock.freeze(end)
    key = kms_import_mock.import_key(ValidTo=end + timedelta(days=365))
    kms.encrypt(KeyId=key.id, Plaintext=b"x")
    kms.schedule_key_deletion(KeyId=key.id)
    made = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=made, RotationPeriodInDays=2560)
    assert kms.get_key_rotation_status(KeyId=made)["NextRotationDate"] == end + timedelta(days=2560)


def test_the_clock_holds_at_its_end(kms_import_mock):
    """A computer's clock that runs on from there does not take it along."""
    end = datetime(9990, 1, 1, tzinfo=timezone.utc)
    kms_import_mock.clock.move_to(end - timedelta(milliseconds=1))
    with freeze_time(datetime.now(timezone.utc) + timedelta(days=1)):
        assert kms_import_mock.clock.now() == end

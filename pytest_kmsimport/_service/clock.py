"""The mock's clock: AWS's time, as far from the computer's as a test wants it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)
#: The moments that a clock shows. AWS's answers count from 1970, and what AWS KMS sets for later is less than ten years
#: on, so that every date there is has a place in Python's calendar.
EARLIEST = _EPOCH
LATEST = datetime(9990, 1, 1, tzinfo=timezone.utc)
_LATEST = (LATEST - _EPOCH) // _MILLISECOND
_BEYOND = f"The clock goes from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}, both at midnight in UTC."
_BACKWARDS = "advance() takes a positive time; to go back, use move_to() with the time to go to."


class ClockSetting(NamedTuple):
    """Where a clock stands against the computer's: how far ahead of it, or of the moment it is frozen at (in ms)."""

    ahead: int
    frozen_at: int | None


class Clock:
    """The time that AWS KMS has in a mock.

    It runs with the computer's clock, also when freezegun or time-machine have hold of that, until a test moves or
    freezes it. Times are aware datetimes in UTC with whole milliseconds, as in AWS's answers, from 1970 to the
    beginning of 9990; there it stands still.
    """

    def __init__(self) -> None:
        self._ahead = 0  # milliseconds
        self._frozen_at: int | None = None
        #: Tells what is due now, and where to stop on the way to a moment; None where nobody waits for anything.
        self.stop_before: Callable[[datetime], datetime | None] | None = None

    def __repr__(self) -> str:
        return f"<Clock {self.now().isoformat()}{' frozen' if self.is_frozen else ''}>"

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still until it is moved."""
        return self._frozen_at is not None

    def now(self) -> datetime:
        """The time in UTC."""
        frozen_at = self._frozen_at
        shown = (int(time.time() * 1000) if frozen_at is None else frozen_at) + self._ahead
        if not 0 <= shown <= _LATEST:
            shown = 0 if shown < 0 else _LATEST
        return _EPOCH + timedelta(milliseconds=shown)

    def _shown(self) -> int:
        return (self.now() - _EPOCH) // _MILLISECOND

    def _base(self) -> int:
        return int(time.time() * 1000) if self._frozen_at is None else self._frozen_at

    def advance(  # noqa: PLR0913  the keywords of timedelta
        self,
        by: timedelta | None = None,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
        microseconds: float = 0,
    ) -> datetime:
        """Let time pass and give the new time: ``advance(hours=25)``, with the keywords of ``timedelta``, or one.

        Raises ValueError where the time is not positive, shorter than the millisecond that the clock shows, or longer
        than there is until its end.
        """
        if by is not None and not isinstance(by, timedelta):
            text = f"advance() takes a timedelta or its keywords: write advance(seconds={by!r}), or minutes=, hours=."
            raise TypeError(text)
        try:
            step = (by or timedelta()) + timedelta(days, seconds, microseconds, milliseconds, minutes, hours, weeks)
        except OverflowError:
            raise ValueError(_BEYOND) from None
        if step <= timedelta():
            raise ValueError(_BACKWARDS)
        if step < _MILLISECOND:
            raise ValueError("advance() takes at least one millisecond: the clock shows no less.")
        return self._show(self._shown() + step // _MILLISECOND)

    def move_to(self, moment: datetime) -> datetime:
        """Go to a moment, forwards or backwards, and give it.

        Raises ValueError for a naive datetime, and for a moment that the clock does not show; TypeError for anything
        else.
        """
        if not isinstance(moment, datetime):
            raise TypeError(
                f"move_to() takes an aware datetime, not {moment!r}: write datetime(..., tzinfo=timezone.utc)."
            )
        if moment.tzinfo is None:
            text = f"move_to() takes an aware datetime: write {moment!r} with tzinfo=timezone.utc."
            raise ValueError(text)
        return self._show((moment - _EPOCH) // _MILLISECOND)

    def _show(self, milliseconds: int) -> datetime:
        if not 0 <= milliseconds <= _LATEST:
            raise ValueError(_BEYOND)
        goes_on = milliseconds >= self._shown()
        while self.stop_before is not None:
            stop = self.stop_before(_EPOCH + timedelta(milliseconds=milliseconds))
            if stop is None:
                break
            self._ahead = -((_EPOCH - stop) // _MILLISECOND) - self._base()  # not before it, by part of a millisecond
        if not (goes_on and self._shown() > milliseconds):  # those who were told may have moved it further
            self._ahead = milliseconds - self._base()
        if self.stop_before is not None:
            self.stop_before(self.now())
        return self.now()

    def freeze(self, at: datetime | None = None) -> datetime:
        """Stop the clock, now or at a moment, and give the time; advance() and move_to() still move it."""
        if at is not None:
            self.move_to(at)
        self._frozen_at = self._base()
        return self.now() if at is None else self.move_to(at)

    def unfreeze(self) -> None:
        """Let a frozen clock run again, from the time it shows."""
        if self._frozen_at is not None:
            frozen_at, self._frozen_at = self._frozen_at, None
            self._ahead += frozen_at - self._base()

    def reset(self) -> None:
        """Go back to the computer's time."""
        self._ahead, self._frozen_at = 0, None

    def snapshot(self) -> ClockSetting:
        """Where the clock stands against the computer's, for ``restore``."""
        return ClockSetting(self._ahead, self._frozen_at)

    def restore(self, snapshot: ClockSetting) -> None:
        """Set the clock as it stood against the computer's."""
        self._ahead, self._frozen_at = snapshot

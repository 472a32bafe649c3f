"""When a KMS key is rotated: by a schedule of its own, or on demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

AUTOMATIC, ON_DEMAND = "AUTOMATIC", "ON_DEMAND"
DEFAULT_PERIOD = 365  # days


@dataclass(frozen=True, slots=True)
class Schedule:
    """Automatic rotation: how often, and when next."""

    period: timedelta
    next_date: datetime

    def after(self, date: datetime) -> Schedule:
        """The schedule after a rotation at ``date``."""
        return Schedule(self.period, date + self.period)

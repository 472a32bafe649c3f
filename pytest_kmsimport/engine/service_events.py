"""What AWS KMS does to KMS keys by itself, under the names by which CloudTrail tells of it.

https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import NamedTuple

from .keys import Key

EXPIRY, ROTATION, DELETION = "DeleteExpiredKeyMaterial", "RotateKey", "DeleteKey"
SYNCHRONIZATION = "SynchronizeMultiRegionKey"
#: How many are kept; those before are forgotten.
MOST_KEPT = 10_000


class ServiceEvent(NamedTuple):
    """One thing that was done: CloudTrail's eventName, when, to which KMS key, and AWS's serviceEventDetails.

    ``number`` counts those of a store from 0.
    """

    name: str
    time: datetime
    key_arn: str
    details: Mapping[str, str]
    number: int


class ServiceEvents:
    """The last of them, in the order in which they were done, and how many there have been."""

    kept: deque[ServiceEvent] | tuple[()] = ()
    count = 0

    def note(self, name: str, time: datetime, key: Key, details: Mapping[str, str] | None = None) -> None:
        """Note what is done to a KMS key at a time."""
        if not self.kept:
            self.kept = deque(maxlen=MOST_KEPT)
        self.kept.append(ServiceEvent(name, time, key.arn, details or {}, self.count))
        self.count += 1

    def note_synchronization(self, time: datetime, primary: Key) -> None:
        """Note that the keys of a family get what they share, where there are such."""
        if primary.family is not None and primary.family.replicas:
            self.note(SYNCHRONIZATION, time, primary)

    def copy(self) -> ServiceEvents:
        """The same, which goes on by itself."""
        other = copy(self)
        other.kept = self.kept and self.kept.copy()
        return other

"""``mock.trail``: what CloudTrail has recorded, as a test or a program for logs reads it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from os import PathLike
from pathlib import Path

from .._service.call_record import answers_to
from .._service.calls import Calls
from .._wire.model import did_you_mean, operation_names
from ..engine.service_events import DELETION, EXPIRY, ROTATION, SYNCHRONIZATION, ServiceEvent
from .records import Record, event_id, record_of_service_event, records_of_call
from .sequence import OfJournal

_OF_ITSELF = (DELETION, EXPIRY, ROTATION, SYNCHRONIZATION)
_SECOND = "%Y%m%dT%H%MZ"


class Trail(OfJournal):
    """CloudTrail's records of AWS KMS, as dicts in the order of time: of every call that reached it, refused ones too.

    What the journal has let go is not recorded any more; who goes through all records then gets CallsForgotten.
    ``kept`` are those that are there.
    """

    @property
    def kept(self) -> Trail:
        """The records that are there, as if there had been no others."""
        return Trail(self._items, self._calls.kept)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {r['eventTime']} {r['awsRegion']} {r['eventName']}" for _, r in self._items)
        return f"<{len(self._items)} CloudTrail record{'s' * (len(self._items) != 1)}{lines}>"

    def to(self, *event_names: str) -> Trail:
        """The records of these operations, or of what AWS KMS does by itself: ``trail.to("DeleteExpiredKeyMaterial")``.

        Raises ValueError for what CloudTrail never calls an event of AWS KMS.
        """
        known = (*operation_names(), *_OF_ITSELF)
        for name in event_names:
            if name not in known:
                raise ValueError(f"CloudTrail has no event {name!r} of AWS KMS.{did_you_mean(name, known)}")
        return Trail(((time, r) for time, r in self._items if r["eventName"] in event_names), self._calls)

    def json_lines(self) -> str:
        """The records as JSON, one a line."""
        return "".join(json.dumps(record) + "\n" for record in self)

    def deliver(self, directory: str | PathLike[str]) -> list[Path]:
        """Write the records as CloudTrail delivers them, and give the files.

        That is a file of gzip for each account, Region and day, at
        ``AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHMMZ_ID.json.gz`` below the
        directory; its JSON has them in ``Records``. One that is there already is written again with the same name.
        """
        self._calls.check_all_kept()
        by_file = sorted((_place(record, time), time, number) for number, (time, record) in enumerate(self._items))
        files = []
        for (account, region, day), group in groupby(by_file, key=itemgetter(0)):
            content = [(time, self._items[number][1]) for _, time, number in group]
            name = f"{account}_CloudTrail_{region}_{content[0][0].strftime(_SECOND)}_{_unique(content[0][1])}.json.gz"
            path = Path(directory, "AWSLogs", account, "CloudTrail", region, *day.split("-"), name)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"Records": [record for _, record in content]})
            path.write_bytes(gzip.compress(text.encode(), mtime=0))
            files.append(path)
        return files


def _place(record: Record, time: datetime) -> tuple[str, str, str]:
    return record["recipientAccountId"], record["awsRegion"], f"{time:%Y-%m-%d}"


def _unique(record: Record) -> str:
    """The 16 letters and digits at the end of a file's name."""
    return event_id(record["eventID"], "file").replace("-", "")[:16]


def trail_of(calls: Calls, service_events: Iterable[ServiceEvent]) -> Trail:
    """What is recorded of calls, and of what AWS KMS has done by itself."""
    answers = (answered for call in calls.kept for answered in answers_to(call))
    records = [(answered[0], record) for answered in answers for record in records_of_call(answered)]
    records += [(event.time, record_of_service_event(event)) for event in service_events]
    return Trail(sorted(records, key=itemgetter(0)), calls)

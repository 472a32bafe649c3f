"""``mock.events``: what EventBridge gets of AWS KMS, and the rules that wait for it.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from .._service.call_record import answers_to
from .._service.calls import Calls
from .._wire.model import did_you_mean
from ..engine.service_events import DELETION, EXPIRY, MOST_KEPT, ROTATION, ServiceEvent
from .patterns import compiled
from .records import Record, event_id, only_reads, record_of_service_event, records_of_call
from .sequence import OfJournal
from .targets import Target, check_handler

if TYPE_CHECKING:
    from .watch import Watch

Event = dict[str, Any]

#: What KMS sends by itself, by CloudTrail's name for it.
_DETAIL_TYPES = {
    EXPIRY: "KMS Imported Key Material Expiration",
    ROTATION: "KMS CMK Rotation",
    DELETION: "KMS CMK Deletion",
}
_VIA_CLOUDTRAIL = {
    "AwsApiCall": "AWS API Call via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
}
_ALL_TYPES = (*_DETAIL_TYPES.values(), *_VIA_CLOUDTRAIL.values())
#: serviceEventDetails -> the member of detail.
_MEMBERS = {
    "keyId": "key-id",
    "keyMaterialId": "key-material-id",
    "keyOrigin": "key-origin",
    "rotationType": "rotation-type",
    "previousKeyMaterialId": "previous-key-material-id",
    "currentKeyMaterialId": "current-key-material-id",
}
_ORDER = list(_MEMBERS.values())
_STATES = ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "DISABLED")


def events_of_service_event(event: ServiceEvent) -> Iterator[Event]:
    """What EventBridge gets of something that KMS has done by itself: KMS's own event, and CloudTrail's."""
    detail_type = _DETAIL_TYPES.get(event.name)
    record = record_of_service_event(event)
    if detail_type is not None:
        given = {"keyId": event.key_arn.rpartition("/")[2], **event.details}
        detail = {_MEMBERS[name]: value for name, value in given.items()}
        detail = {name: detail[name] for name in _ORDER if name in detail}
        yield _event(record, detail_type, "kms", [event.key_arn], detail)
    yield event_of_record(record)


def event_of_record(record: Record) -> Event:
    """What EventBridge gets of a record of CloudTrail's."""
    return _event(record, _VIA_CLOUDTRAIL[record["eventType"]], "cloudtrail", [], record)


def _event(record: Record, detail_type: str, sender: str, resources: list[str], detail: Mapping[str, Any]) -> Event:
    return {
        "version": "0",
        "id": event_id(record["eventID"], sender),
        "detail-type": detail_type,
        "source": "aws.kms",
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": resources,
        "detail": detail,
    }


class Rule:
    """A rule of EventBridge's, and its target; ``events`` are those that the target was called with, in order.

    As a context manager it ends with its block.
    """

    def __init__(self, pattern: object, target: Target, state: str, region: str, account: str) -> None:
        if state not in _STATES:
            raise ValueError(f"state is {state!r}.{did_you_mean(state, _STATES)} Write one of {', '.join(_STATES)}.")
        self._matches = compiled(pattern)
        self._pattern = json.dumps(pattern) if not isinstance(pattern, str) else pattern
        self._target = target
        self._state = state
        self._where = (region, account)
        self.events: list[Event] = []

    def __repr__(self) -> str:
        return f"<Rule {self._pattern} {self._state}: {len(self.events)} events>"

    def __enter__(self) -> Rule:  # noqa: PYI034  Python 3.10 has no Self
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def has_ended(self) -> bool:
        """Whether it waits for nothing."""
        return self._state == "DISABLED"

    def end(self) -> None:
        """Wait for nothing any more."""
        self._state = "DISABLED"

    def hears_of(self, operation: str) -> bool:
        """Whether calls of an operation may be for it."""
        return not self.has_ended and (self._state != "ENABLED" or not only_reads(operation))

    def take(self, event: Event) -> None:
        """Call the target with an event that the rule is for."""
        if self.has_ended or (event["region"], event["account"]) != self._where:
            return
        if event["detail"].get("readOnly") and self._state == "ENABLED":
            return
        if self._matches(event):
            self.events.append(deepcopy(event))
            del self.events[:-MOST_KEPT]
            self._target(deepcopy(event))


class Events(OfJournal):
    """What EventBridge has got of AWS KMS, as dicts in the order of time, and ``rule`` for what it is to get.

    KMS's own events are expiry of imported key material, rotation and deletion. All that CloudTrail records comes too,
    as ``AWS API Call via CloudTrail`` and ``AWS Service Event via CloudTrail``.
    """

    def __init__(self, events: Iterable[tuple[datetime, Event]], calls: Calls, watch: Callable[[], Watch]) -> None:
        super().__init__(events, calls)
        self._watch = watch

    @property
    def kept(self) -> Events:
        """The events that are there, as if there had been no others."""
        return Events(self._items, self._calls.kept, self._watch)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {e['time']} {e['region']} {e['detail-type']}" for _, e in self._items)
        return f"<{len(self._items)} events{lines}>"

    def to(self, *detail_types: str) -> Events:
        """The events of these detail-types: ``events.to("KMS Imported Key Material Expiration")``.

        Raises ValueError for what EventBridge never gets of AWS KMS.
        """
        for name in detail_types:
            if name not in _ALL_TYPES:
                raise ValueError(f"KMS has no event {name!r}.{did_you_mean(name, _ALL_TYPES)}")
        chosen = ((time, event) for time, event in self._items if event["detail-type"] in detail_types)
        no_calls = self._calls if set(detail_types) & {*_VIA_CLOUDTRAIL.values()} else self._calls.kept
        return Events(chosen, no_calls, self._watch)

    def rule(
        self,
        pattern: object,
        target: Callable[[Any, Any], object],
        *,
        state: str = "ENABLED",
        region_name: str | None = None,
        account: str | None = None,
    ) -> Rule:
        """Have a handler called as Lambda would call it, ``target(event, context)``, for every event that matches.

        ``pattern`` is an event pattern of EventBridge's, a dict or JSON. A rule is one of the default event bus of an
        account in a Region, by default the mock's. In the state ``ENABLED`` it gets of CloudTrail what changes
        something; with ``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`` what only reads as well, as all cryptographic
        operations. ``DISABLED`` ones get nothing.

        The clock, moved past several events, stops at each. A handler may call KMS. What it raises fails the test.

        Raises ValueError for what is no event pattern, no Region or no account, TypeError for what cannot be called so.
        """
        check_handler(target)
        return self._watch().add_rule(pattern, target, state, region_name, account)


def events_of(calls: Calls, service_events: Iterable[ServiceEvent], watch: Callable[[], Watch]) -> Events:
    """What EventBridge gets of calls, and of what AWS KMS has done by itself."""
    answers = (answered for call in calls.kept for answered in answers_to(call))
    events = [(answered[0], event_of_record(record)) for answered in answers for record in records_of_call(answered)]
    events += [(done.time, event) for done in service_events for event in events_of_service_event(done)]
    return Events(sorted(events, key=itemgetter(0)), calls, watch)

"""What each resource below ``/_kms_import/`` does: the mock's own methods, for tests that have no Python."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from typing import Any, NamedTuple

from .._around.alarms import NAMESPACE
from .._wire.model import did_you_mean
from .controlled import Controlled, plan
from .documents import call_document, clock_document, key_document, plan_document
from .keys import create_key
from .verdict import verdict_of

_UNITS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds")  # of clock.advance
_MOVES = '{"advance": {"hours": 25}}, {"move_to": "2026-11-28T09:00:00Z"} or {"freeze": true}'


class Asked(NamedTuple):
    """What a request says beside its path: the values in its query by name, and the members of its JSON."""

    query: Mapping[str, list[str]]
    members: Mapping[str, Any]


def get_ready(mock: Controlled, _: Asked) -> object:
    """Say that it answers, and who it is."""
    return {"ready": True, "version": version("pytest-kmsimport"), "region": mock.region, "account": mock.account}


def get_faults(mock: Controlled, _: Asked) -> object:
    """Tell the planned faults."""
    return {"faults": [plan_document(planned) for planned in mock.plans]}


def post_fault(mock: Controlled, asked: Asked) -> object:
    """Plan a fault, with what ``mock.inject`` takes; the fault itself is a text."""
    from ..faults import parse  # noqa: PLC0415  which takes time, and few servers are asked for it

    members = dict(asked.members)
    text = members.get("fault")
    if not isinstance(text, str):
        instead = 'write it as a text, such as {"fault": "AnswerLost()", "on": "ImportKeyMaterial"}.'
        raise ValueError(f"fault is {text!r}; {instead}")  # noqa: TRY004  what comes over HTTP has no types
    return plan_document(plan(mock, {**members, "fault": parse(text)}))


def delete_faults(mock: Controlled, _: Asked) -> object:
    """End the planned faults, whether or not they have struck."""
    ended = [planned for planned in mock.plans if not planned.ended]
    for planned in ended:
        planned.end()
    return {"faults": [plan_document(planned) for planned in ended]}


def get_clock(mock: Controlled, _: Asked) -> object:
    """Tell AWS's time."""
    return clock_document(mock.clock)


def post_clock(mock: Controlled, asked: Asked) -> object:
    """Move AWS's time, stop it, or let it run again."""
    if len(asked.members) != 1:
        raise ValueError(f"The clock takes one thing at a time: write {_MOVES}.")
    ((what, value),) = asked.members.items()
    if what == "advance":
        mock.clock.advance(**_checked_units(value))
    elif what == "move_to":
        mock.clock.move_to(_moment(value))
    elif value is True:
        mock.clock.freeze()
    elif value is False:
        mock.clock.unfreeze()
    else:
        raise ValueError(f"freeze is {value!r}; write true, or false to let the clock run again.")
    return clock_document(mock.clock)


def _checked_units(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        text = f'advance is {value!r}; write {{"hours": 25}}, or other units.'
        raise ValueError(text)  # noqa: TRY004  as above
    for unit, number in value.items():
        if unit not in _UNITS:
            raise ValueError(f"advance has no {unit!r}.{did_you_mean(unit, _UNITS)} It takes {', '.join(_UNITS)}.")
        if type(number) not in {int, float}:
            raise ValueError(f"advance has {unit} {number!r}; write a number.")
    return value


def _moment(value: object) -> datetime:
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))  # which Python 3.11 does by itself
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"move_to is {value!r}; write a time with its zone, such as 2026-11-28T09:00:00Z.")
    return moment


def get_calls(mock: Controlled, asked: Asked) -> object:
    """Tell the calls, all or those of operations, and how many the journal does not keep any more."""
    calls, operations = mock.calls, asked.query.get("operation")
    if operations:
        calls = calls.to(*operations)
    return {"calls": list(map(call_document, calls.kept)), "forgotten": len(calls) - len(calls.kept)}


def get_trail(mock: Controlled, asked: Asked) -> object:
    """Tell CloudTrail's records, all or those with an eventName; of calls that the journal still keeps."""
    trail, names = mock.trail.kept, asked.query.get("event_name")
    return {"Records": list(trail.to(*names) if names else trail)}


def get_events(mock: Controlled, asked: Asked) -> object:
    """Tell what EventBridge has got, all or events of a detail-type; of calls that the journal still keeps."""
    events, types = mock.events.kept, asked.query.get("detail_type")
    return {"events": list(events.to(*types) if types else events)}


def get_metrics(mock: Controlled, asked: Asked) -> object:
    """Tell the data points of this minute, in the mock's Region and account or in others."""
    where = {name: values[-1] for name, values in asked.query.items()}
    return {"Namespace": NAMESPACE, "MetricData": mock.metrics.data(**where)}


def post_key(mock: Controlled, asked: Asked) -> object:
    """Put a KMS key in place, with what ``mock.create_key`` takes; the key material is base64."""
    return key_document(create_key(mock, asked.members))


def post_reset(mock: Controlled, asked: Asked) -> object:
    """Become as new: no KMS keys, calls, planned faults and complaints, and the computer's time."""
    mock.reset()
    return get_ready(mock, asked)


def get_verdict(mock: Controlled, _: Asked) -> object:
    """Tell what would fail a test of pytest."""
    verdict = verdict_of(mock)
    return {"ok": not verdict.texts, **verdict._asdict()}

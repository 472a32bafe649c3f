"""Alarms on SecondsUntilKeyMaterialExpiration: when they go off, and what a Lambda action is told.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from operator import ge, gt, le, lt
from typing import Any

from .._service.clock import EARLIEST
from .._wire.model import did_you_mean
from ..engine.arns import partition_of
from ..engine.keys import Key
from .records import event_id
from .targets import Target

NAMESPACE, NAME, UNIT = "AWS/KMS", "SecondsUntilKeyMaterialExpiration", "Seconds"
PERIOD = 60  # seconds
OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
_MOST_KEPT = 10_000
_COMPARED: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "LessThanOrEqualToThreshold": (le, "less than or equal to"),
    "LessThanThreshold": (lt, "less than"),
    "GreaterThanOrEqualToThreshold": (ge, "greater than or equal to"),
    "GreaterThanThreshold": (gt, "greater than"),
}
#: What missing data is treated as -> the state; None leaves it as it is.
_MISSING = {"missing": INSUFFICIENT, "breaching": ALARM, "notBreaching": OK, "ignore": None}


def period_of(moment: datetime, seconds: int) -> datetime:
    """The beginning of the period that a moment is in; periods count from 1970."""
    return moment - (moment - EARLIEST) % timedelta(seconds=seconds)


def earliest_expiry(key: Key) -> datetime | None:
    """When the first of a KMS key's imported key materials expires, of those that are not pending."""
    return min((m.valid_to for m in key.permanent if m.is_present and m.valid_to is not None), default=None)


class Alarm:
    """An alarm of CloudWatch's: its ``state`` (OK, ALARM or INSUFFICIENT_DATA), and what the target was called with.

    ``states`` are the states so far and when each began, ``events`` what went to the target, in order. As a context
    manager it ends with its block.
    """

    def __init__(  # noqa: PLR0913  the members of PutMetricAlarm
        self,
        name: str,
        key_id: str,
        where: tuple[str, str],
        *,
        threshold: float,
        comparison: str,
        period: int,
        treat_missing_data: str,
    ) -> None:
        _check("comparison", comparison, _COMPARED)
        _check("treat_missing_data", treat_missing_data, _MISSING)
        if not isinstance(period, int) or (period not in {10, 20, 30} and (period < PERIOD or period % PERIOD)):
            raise ValueError(f"period is {period!r}; write a multiple of 60 seconds.")
        self.name = name
        self.key_id = key_id
        self.where = where
        self._threshold = threshold
        self._compare, self._words = _COMPARED[comparison]
        self._period = period
        self._missing = _MISSING[treat_missing_data]
        self._id = event_id("metric of alarm", *where, name)
        self._previous: dict[str, Any] = {"value": INSUFFICIENT, "reason": "Unchecked: Initial alarm creation"}
        self._target: Target = print
        self.has_ended = False
        self.state = INSUFFICIENT
        self.states: list[tuple[datetime, str]] = []
        self.events: list[dict[str, Any]] = []

    def __repr__(self) -> str:
        return f"<Alarm {self.name}: {self.state}>"

    def __enter__(self) -> Alarm:  # noqa: PYI034  Python 3.10 has no Self
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Look at nothing any more."""
        self.has_ended = True

    def call(self, target: Target) -> None:
        """Say whom to call."""
        self._target = target

    def next_due(self, now: datetime, expires: datetime | None) -> datetime | None:
        """When its state may change next, as far as that is known now."""
        if expires is None:
            return None
        moments = [expires]
        if 0 < self._threshold < (expires - now).total_seconds() + self._period:
            moments.append(expires - timedelta(seconds=self._threshold))
        step = timedelta(seconds=self._period)
        begin = [period_of(moment, self._period) + step * number for moment in moments for number in (0, 1, 2)]
        return min((moment for moment in begin if moment > now), default=None)

    def evaluate(self, now: datetime, expires: datetime | None) -> bool:
        """Look at the data point of the period, and call the target where the alarm goes off; gives whether it did."""
        start = period_of(now, self._period)
        value = None if expires is None else (expires - start).total_seconds()
        if value is None or value <= 0:
            state, reason = self._missing or self.state, "Insufficient Data: 1 datapoint was unknown."
        else:
            is_beyond = self._compare(value, self._threshold)
            state, reason = (ALARM if is_beyond else OK), self._reason(value, start, is_beyond=is_beyond)
        if state == self.state:
            return False
        return self._change(state, reason, now, start, value)

    def _change(self, state: str, reason: str, now: datetime, start: datetime, value: float | None) -> bool:
        time = _time(now)
        described = {"value": state, "reason": reason, "reasonData": self._data(time, start, value), "timestamp": time}
        previous, self._previous = self._previous, described
        self.state = state
        self.states.append((now, state))
        del self.states[:-_MOST_KEPT]
        if state != ALARM:
            return False
        event = self._event(time, described, previous)
        self.events.append(event)
        del self.events[:-_MOST_KEPT]
        self._target(json.loads(json.dumps(event)))
        return True

    def _reason(self, value: float, start: datetime, *, is_beyond: bool) -> str:
        transition = f"{'OK' if is_beyond else 'ALARM'} -> {'ALARM' if is_beyond else 'OK'}"
        return (
            f"Threshold Crossed: 1 out of the last 1 datapoints [{value} ({start:%d/%m/%y %H:%M:%S})] was"
            f" {'' if is_beyond else 'not '}{self._words} the threshold ({self._threshold})"
            f" (minimum 1 datapoint for {transition} transition)."
        )

    def _data(self, time: str, start: datetime, value: float | None) -> str:
        point = {"timestamp": _time(start), **({} if value is None else {"sampleCount": 1.0, "value": value})}
        data = {
            "version": "1.0",
            "queryDate": time,
            "startDate": _time(start),
            "statistic": "Minimum",
            "period": self._period,
            "recentDatapoints": [] if value is None else [value],
            "threshold": self._threshold,
            "evaluatedDatapoints": [point],
        }
        return json.dumps(data, separators=(",", ":"))

    def _event(self, time: str, state: dict[str, Any], previous: dict[str, Any]) -> dict[str, Any]:
        region, account = self.where
        metric = {"namespace": NAMESPACE, "name": NAME, "dimensions": {"KeyId": self.key_id}}
        stat = {"metric": metric, "period": self._period, "stat": "Minimum", "unit": UNIT}
        return {
            "source": "aws.cloudwatch",
            "alarmArn": f"arn:{partition_of(region)}:cloudwatch:{region}:{account}:alarm:{self.name}",
            "accountId": account,
            "time": time,
            "region": region,
            "alarmData": {
                "alarmName": self.name,
                "state": state,
                "previousState": previous,
                "configuration": {"metrics": [{"id": self._id, "metricStat": stat, "returnData": True}]},
            },
        }


def _check(what: str, value: str, known: dict[str, Any]) -> None:
    if value not in known:
        raise ValueError(f"{what} is {value!r}.{did_you_mean(value, known)} Write one of {', '.join(known)}.")


def _time(moment: datetime) -> str:
    """A time as alarms tell it."""
    utc = moment.astimezone(timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}+0000"

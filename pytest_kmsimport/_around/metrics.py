"""``mock.metrics``: what CloudWatch has of KMS keys whose imported key material expires.

https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from .._service.clock import Clock
from .._wire.regions import check_place
from ..engine.engine import Engine
from ..engine.keys import Key
from .alarms import NAME, NAMESPACE, PERIOD, UNIT, Alarm, earliest_expiry, period_of
from .targets import check_handler

if TYPE_CHECKING:
    from .watch import Watch


class Expiring(NamedTuple):
    """A KMS key, and when the first of its key materials expires; None where none does."""

    key_id: str
    where: tuple[str, str]
    date: datetime | None


#: Finds a KMS key by what it is called, its Region and account; raises LookupError where there is none.
LookUp = Callable[[str, str, str, Callable[[Key], Expiring]], Expiring]


def _expiring(key: Key) -> Expiring:
    return Expiring(key.id, (key.region, key.account), earliest_expiry(key))


class Metrics:
    """CloudWatch's metric SecondsUntilKeyMaterialExpiration, of the namespace AWS/KMS, and alarms on it.

    It has one data point a minute for each KMS key with imported key material that expires, in the Region and account
    of the key, as long as there is such key material.
    """

    def __init__(
        self, engine: Engine, clock: Clock, home: tuple[str, str], watch: Callable[[], Watch], look_up: LookUp
    ) -> None:
        self._engine = engine
        self._look_up = look_up
        self._clock = clock
        self._home = home
        self._watch = watch

    def __repr__(self) -> str:
        values = "".join(f"\n  {d['Dimensions'][0]['Value']} {d['Value']} Seconds" for d in self.data())
        return f"<{NAMESPACE} {NAME}{values}>"

    def data(self, region_name: str | None = None, account: str | None = None) -> list[dict[str, Any]]:
        """The data points of this minute in a Region of an account, by default the mock's own.

        Each is as PutMetricData takes it: MetricName, Dimensions (KeyId alone), Timestamp, Value and Unit.

        Raises ValueError where there is no such Region, or no such account.
        """
        where = (region_name or self._home[0], account or self._home[1])
        check_place(*where)
        found = self._engine.each(_expiring)
        minute = period_of(self._clock.now(), PERIOD)
        return [
            {
                "MetricName": NAME,
                "Dimensions": [{"Name": "KeyId", "Value": key.key_id}],
                "Timestamp": minute,
                "Value": (key.date - minute).total_seconds(),
                "Unit": UNIT,
            }
            for key in found
            if key.where == where and key.date is not None
        ]

    def alarm(  # noqa: PLR0913  the members of PutMetricAlarm
        self,
        key_id: str,
        threshold: timedelta | float,
        target: Callable[[Any, Any], object],
        *,
        comparison: str = "LessThanOrEqualToThreshold",
        period: int = PERIOD,
        treat_missing_data: str = "missing",
        name: str = "",
        region_name: str | None = None,
        account: str | None = None,
    ) -> Alarm:
        """Have a handler called as a Lambda action of an alarm, ``target(event, context)``, when the alarm goes off.

        The alarm is on the metric of the KMS key that ``key_id`` names (key ID, key ARN or alias), with the statistic
        Minimum; ``threshold`` is a timedelta or seconds, ``period`` in seconds. It goes off when one data point is
        beyond the threshold, and again when it has been in another state between. What the handler raises fails the
        test.

        Raises LookupError where there is no such KMS key, ValueError for what CloudWatch would refuse, TypeError for
        what cannot be called so and for what is no threshold.
        """
        check_handler(target)
        seconds = _seconds(threshold)
        region, owner = region_name or self._home[0], account or self._home[1]
        key = self._look_up(key_id, region, owner, _expiring)
        alarm = Alarm(
            name or f"{NAME}-{key.key_id}",
            key.key_id,
            key.where,
            threshold=seconds,
            comparison=comparison,
            period=period,
            treat_missing_data=treat_missing_data,
        )
        return self._watch().add_alarm(alarm, target)


def _seconds(threshold: object) -> float:
    if isinstance(threshold, timedelta):
        return threshold.total_seconds()
    if not isinstance(threshold, (int, float)):
        raise TypeError(f"threshold is {threshold!r}; write a timedelta, or seconds as a number.")
    if not isfinite(threshold):
        raise ValueError(f"threshold is {threshold!r}; CloudWatch takes a finite number alone.")
    return float(threshold)

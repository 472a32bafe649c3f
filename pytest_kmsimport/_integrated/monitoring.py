"""EventBridge and CloudWatch, where others play them: told what AWS tells these of the mock's KMS keys.

https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-overview.html
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import HTTPClientError

from .._active import Mock
from .._around.alarms import NAMESPACE
from .._around.events import Rule
from .._service.questions import UNANSWERED, NobodyAnswers, questions

_EVERYTHING = {"source": ["aws.kms"]}
#: What is raised where EventBridge is played no more.
_NOBODY = (NobodyAnswers, HTTPClientError)


def tell_event_bus(mock: Mock, client: BaseClient, region: str, account: str) -> None:
    """Hand over KMS's events from now on, to the default event bus of an account in a Region.

    That is what rules in the state ENABLED are for, since who plays EventBridge may not know of another one.
    """
    rules: list[Rule] = []  # one, as soon as there is it
    telling, where = mock.service.integrated.event_buses, (region, account)

    def has_ended() -> bool:
        return any(rule.has_ended for rule in rules)

    earlier = telling.setdefault(where, has_ended)
    if earlier is not has_ended and not earlier():
        return
    telling[where] = has_ended

    def put(event: Mapping[str, Any], _: object) -> None:
        entry = {
            "Time": event["time"],
            "Source": event["source"],
            "Resources": event["resources"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
        }
        try:
            with questions():
                client.put_events(Entries=[entry])
        except Exception as error:  # noqa: BLE001  whoever plays EventBridge may raise anything
            for rule in rules:
                rule.end()
            if not isinstance(error, _NOBODY):
                text = f"EventBridge in {region} hears no more of AWS KMS: {type(error).__name__}: {error}"
                warnings.warn(text, RuntimeWarning, stacklevel=2)

    rules.append(mock.events.rule(_EVERYTHING, put, region_name=region, account=account))


def put_metrics(mock: Mock, client: BaseClient, region: str, account: str) -> None:
    """Put down this minute's data points of the KMS keys whose key material expires."""
    data = mock.metrics.data(region, account)
    try:
        with questions():
            for begin in range(0, len(data), _MOST_DATA):
                client.put_metric_data(Namespace=NAMESPACE, MetricData=data[begin : begin + _MOST_DATA])
    except UNANSWERED:
        return


_MOST_DATA = 1000  # in a request
#: The services by their names in botocore's events and for ``boto3.client``, and what they are told before they answer.
TOLD: Mapping[str, tuple[str, Callable[[Mock, BaseClient, str, str], None]]] = {
    "cloudwatch": ("cloudwatch", put_metrics),
    "eventbridge": ("events", tell_event_bus),
}

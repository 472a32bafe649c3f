"""What control needs of a mock, and how it plans faults there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Protocol

from .._active import Mock
from .._around.events import Events
from .._around.metrics import Metrics
from .._around.trail import Trail
from .._enclave.attestation import Attestation
from .._service.clock import Clock
from .._service.plans import Plan, Target
from .._service.timing import Timing
from .._wire.model import did_you_mean

#: What ``mock.inject`` takes.
PLAN_MEMBERS = ("fault", *(field.name for field in (*fields(Target), *fields(Timing))), "must_strike")


class Controlled(Mock, Protocol):
    """A mock that can be controlled."""

    clock: Clock

    @property
    def inject(self) -> Callable[..., Plan]:
        """Plan a fault."""

    @property
    def create_key(self) -> Callable[..., Any]:
        """Put a KMS key in place."""

    @property
    def trail(self) -> Trail:
        """What CloudTrail has recorded."""

    @property
    def events(self) -> Events:
        """What EventBridge has got."""

    @property
    def metrics(self) -> Metrics:
        """What CloudWatch has."""

    @property
    def attestation(self) -> Callable[..., Attestation]:
        """Make an attestation document."""

    def reset(self) -> None:
        """Become as new."""


def plan(mock: Controlled, members: Mapping[str, Any]) -> Plan:
    """Plan a fault, with what ``mock.inject`` takes; raises ValueError that says what to write instead."""
    for name in members:
        if name not in PLAN_MEMBERS:
            meant = did_you_mean(name, PLAN_MEMBERS)
            raise ValueError(f"A planned fault has no {name!r}.{meant} It takes {', '.join(PLAN_MEMBERS)}.")
    try:
        return mock.inject(**members)
    except TypeError as error:  # what is no fault
        raise ValueError(str(error)) from None

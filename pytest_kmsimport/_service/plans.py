"""Planned faults: on which calls and at which attempts a fault strikes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from random import Random
from secrets import randbits
from threading import Lock
from types import TracebackType

from .._wire.model import did_you_mean, operation_names
from ..engine.call import Call
from ..engine.failures import Failure
from ..engine.operations import OPERATIONS
from .call_lookup import CallLookup
from .call_record import CallRecord
from .fault import Attempt, Fault
from .timing import Timing

#: What ``inject`` takes for ``on``: an operation, several, a condition, or None for all.
On = str | Collection[str] | Callable[[CallRecord], bool] | None
_MOST_ENDED = 30  # plans, for the report of a failed test

#: Faults for one attempt after the other; None lets an attempt through.
Steps = Sequence[Fault | None]


class FaultNeverStruck(Failure):
    """A test planned a fault, and no call came that it could strike."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which calls a plan is about.

    Raises ValueError for what names no calls.
    """

    on: On = None
    key_id: str | None = None
    region: str | None = None

    def __post_init__(self) -> None:
        if self.on is not None and not callable(self.on):
            names = (self.on,) if isinstance(self.on, str) else self.on
            if not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
                several = "write an operation such as 'Encrypt', several of them, or a function of a CallRecord."
                raise ValueError(f"on is {self.on!r}; {several}")
        for name, value in (("key_id", self.key_id), ("region", self.region)):
            if value is not None and not isinstance(value, str):
                raise ValueError(f"{name} is {value!r}; write a text.")

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that are named, none where any is meant."""
        if isinstance(self.on, str):
            return (self.on,)
        return () if self.on is None or callable(self.on) else tuple(self.on)

    def matches(self, call: Call, lookup: CallLookup) -> bool:
        """Whether a call is one of them."""
        operations = self.operations
        if operations and call.operation not in operations:
            return False
        if self.region is not None and call.region != self.region:
            return False
        if self.key_id is not None and self.key_id not in lookup.names_of(call):
            return False
        return not callable(self.on) or bool(self.on(lookup.record_of(call)))

    @property
    def said(self) -> dict[str, object]:
        """What of it was said, in the keywords of ``inject``, and of a function its name."""
        on = (self.operations if not isinstance(self.on, str) else self.on) or None
        if callable(self.on):
            on = getattr(self.on, "__name__", repr(self.on))
        given = {"on": on, "key_id": self.key_id, "region": self.region}
        return {name: value for name, value in given.items() if value is not None}

    def __str__(self) -> str:
        operations = " or ".join(self.operations)
        if callable(self.on):
            operations = f"a call that {getattr(self.on, '__name__', self.on)} picks"
        about = f" about {self.key_id}" if self.key_id else ""
        return f"{operations or 'any operation'}{about}{f' in {self.region}' if self.region else ''}"


class Plan(ABC):
    """A planned fault, as ``mock.inject`` gives it.

    ``strikes`` is at how many attempts it has struck, ``seen`` how many attempts have come that it is about. As a
    context manager it ends with its block, and fails there if it never struck; ``end()`` ends it at any time.
    """

    def __init__(self, target: Target, timing: Timing, *, must_strike: bool) -> None:
        self.seen = 0
        self.strikes = 0
        self.ended = False
        self.must_strike = must_strike
        self._target = target
        self._timing = timing
        self._lock = Lock()

    @property
    @abstractmethod
    def fault(self) -> Fault | Steps:
        """The fault, or the sequence of them, as it was planned."""

    @property
    @abstractmethod
    def looks_back(self) -> bool:
        """Whether it needs what KMS keys were before they last changed."""

    @abstractmethod
    def _due(self, attempt: Attempt) -> Fault | None:
        """The fault that strikes this attempt, counted; None where none does now."""

    @property
    @abstractmethod
    def is_unstruck(self) -> bool:
        """Whether it had to strike and has not."""

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f"{self.fault!r} on {self._target}{self._timing}: struck {self.strikes} of {self.seen} attempts"

    def __enter__(self) -> Plan:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
        if error is None and self.is_unstruck:
            raise self.complaint()

    def end(self) -> None:
        """Strike no more; whether it has struck is not asked any more either."""
        self.ended = True

    @property
    def said(self) -> dict[str, object]:
        """Where and when it strikes, in the keywords of ``inject``."""
        return {**self._target.said, **self._timing.said}

    def may_be_about(self, operation: str) -> bool:
        """Whether it is about calls of an operation at all."""
        return not self._target.operations or operation in self._target.operations

    def is_about(self, call: Call, lookup: CallLookup) -> bool:
        """Whether it is about a call."""
        return not self.ended and self._target.matches(call, lookup)

    def due(self, attempt: Attempt) -> Fault | None:
        """The fault that strikes an attempt which it is about, None where none does now."""
        with self._lock:
            fault = self._due(attempt)
            self.strikes += fault is not None
            return fault

    def complaint(self) -> FaultNeverStruck:
        """What a test is told whose fault never struck."""
        came = (
            "none came" if not self.seen else f"{self.seen} came" + (", and none was due" if not self.strikes else "")
        )
        what = "A planned fault never struck" if not self.strikes else "A planned sequence of faults was not used up"
        return FaultNeverStruck(
            f"{what}: {self.fault!r}, planned on {self._target}{self._timing}. It waited for {self._target}; {came}."
            " Let the test make that call, take the fault out, or plan it with must_strike=False."
        )


class RepeatedFault(Plan):
    """One fault, at those attempts that a timing chooses."""

    def __init__(self, fault: Fault, target: Target, timing: Timing, *, must_strike: bool) -> None:
        super().__init__(target, timing, must_strike=must_strike)
        self._fault = fault
        self._randomness = Random(timing.seed)  # noqa: S311  repeatable, and no secret

    @property
    def fault(self) -> Fault:
        """The one fault."""
        return self._fault

    @property
    def looks_back(self) -> bool:
        """Whether the fault does."""
        return self._fault.looks_back

    def _due(self, attempt: Attempt) -> Fault | None:
        if not can_strike(self._fault, attempt):
            return None
        self.seen += 1
        return self._fault if self._timing.is_due(self.seen, self.strikes, self._randomness) else None

    @property
    def is_unstruck(self) -> bool:
        """Whether it had to strike and has not."""
        return self.must_strike and not self.strikes


class FaultSequence(Plan):
    """Faults for one attempt after the other, the first ``after`` of the timing let through."""

    def __init__(self, steps: Steps, target: Target, timing: Timing, *, must_strike: bool) -> None:
        super().__init__(target, timing, must_strike=must_strike)
        self._steps = tuple(steps)

    @property
    def fault(self) -> Steps:
        """What is planned for each attempt."""
        return self._steps

    @property
    def looks_back(self) -> bool:
        """Whether any of them does."""
        return any(step is not None and step.looks_back for step in self._steps)

    def _due(self, attempt: Attempt) -> Fault | None:
        step = self.seen - self._timing.after
        self.seen += 1
        fault = self._steps[step] if 0 <= step < len(self._steps) else None
        return fault if fault is not None and can_strike(fault, attempt) else None

    @property
    def is_unstruck(self) -> bool:
        """Whether it had to strike and part of it is left."""
        return self.must_strike and self.strikes < sum(step is not None for step in self._steps)


def can_strike(fault: Fault, attempt: Attempt) -> bool:
    """Whether a fault can happen at a call."""
    return not fault.why_impossible_for(attempt.call.operation) and fault.strikes(attempt)


def make_plan(fault: Fault | Steps, target: Target, timing: Timing, *, must_strike: bool) -> Plan:
    """Plan a fault, or a sequence of them.

    Raises TypeError for what is no fault, ValueError for a fault that cannot happen to what it is planned on.
    """
    if type(must_strike) is not bool:
        raise ValueError(f"must_strike is {must_strike!r}; write True or False.")
    check_operations(target)
    steps = (fault,) if isinstance(fault, Fault) else _checked_steps(fault, timing)
    for step in filter(None, steps):
        for operation in target.operations:
            if reason := step.why_impossible_for(operation):
                raise ValueError(f"{step!r} cannot happen to {operation}: {reason}.")
    if not isinstance(fault, Fault):
        return FaultSequence(steps, target, timing, must_strike=must_strike)
    if timing.times is None and timing.nth is None:
        timing = replace(timing, times=fault.default_times)
    if timing.probability is not None and timing.seed is None:
        timing = replace(timing, seed=randbits(32))
    return RepeatedFault(fault, target, timing, must_strike=must_strike)


def _checked_steps(steps: Steps, timing: Timing) -> Steps:
    if not isinstance(steps, Sequence) or isinstance(steps, (str, bytes)):
        raise TypeError(f"{steps!r} is no fault: write one of pytest_kmsimport.faults, such as ReadTimeout().")
    for step in steps:
        if step is not None and not isinstance(step, Fault):
            raise TypeError(f"{step!r} is no fault: write one of pytest_kmsimport.faults, or None for success.")
    if not any(steps):
        raise ValueError("The sequence has no fault in it.")
    if timing != Timing(after=timing.after):
        raise ValueError("A sequence of faults says itself when each strikes; it takes after= alone.")
    return steps


def check_operations(target: Target) -> None:
    """Refuse operations that there are not, or that the mock does not offer, with a ValueError."""
    if target.on is not None and not callable(target.on) and not target.operations:
        raise ValueError("on is empty; name an operation, or leave it out for all.")
    for name in target.operations:
        if name in OPERATIONS:
            continue
        why = "is not offered by the mock" if name in operation_names() else "is no operation of AWS KMS"
        raise ValueError(f"on={name!r}: {why}.{did_you_mean(name, OPERATIONS)}")


class Plans:
    """The plans of a mock, in the order in which they were made; the last ones that have ended among them."""

    def __init__(self, lookup: CallLookup) -> None:
        self._lookup = lookup
        self.all: list[Plan] = []
        self._by_operation: dict[str, tuple[Plan, ...]] = {}

    def add(self, plan: Plan) -> None:
        """Let a plan strike from now on."""
        ended = [past for past in self.all if past.ended]
        without = ended[0] if len(ended) >= _MOST_ENDED else None
        self.restore([*(past for past in self.all if past is not without), plan])

    def forget_ended(self) -> None:
        """Forget the plans that have ended."""
        self.restore([plan for plan in self.all if not plan.ended])

    def restore(self, plans: Sequence[Plan]) -> None:
        """Have these plans alone."""
        self.all, self._by_operation = list(plans), {}

    def about(self, call: Call) -> list[Plan]:
        """The plans that are about a call; those for other operations cost nothing."""
        plans = self._by_operation.get(call.operation)
        if plans is None:
            plans = tuple(plan for plan in self.all if plan.may_be_about(call.operation))
            self._by_operation[call.operation] = plans
        return [plan for plan in plans if plan.is_about(call, self._lookup)] if plans else []

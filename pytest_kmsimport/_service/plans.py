"""When faults strike: what a test plans."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from random import Random
from secrets import randbits
from threading import Lock
from types import TracebackType
from typing import Protocol

from .._wire.model import did_you_mean, operation_names
from ..engine.engine import Call
from ..engine.operations import OPERATIONS
from .calls import CallRecord
from .fault import Fault, Scene

#: What ``inject`` takes for ``on``: an operation, several, a condition, or None for all.
On = str | Collection[str] | Callable[[CallRecord], bool] | None
#: Faults for one attempt after the other; None lets an attempt through.
Steps = Sequence[Fault | None]


class FaultNeverStruck(AssertionError):  # noqa: N818  a failure of the test, named for what happened
    """A test planned a fault, and no call came that it could strike."""

    __module__ = "pytest_kmsimport"  # where users import it from


class View(Protocol):
    """How a plan looks at a call."""

    def names_of_key(self, call: Call) -> Collection[str]:
        """What the KMS keys of a call are called: as the call names them, by key ID and by key ARN."""

    def record_of(self, call: Call) -> CallRecord:
        """A record of the call, for a condition of the user's."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Which calls a plan is about."""

    on: On = None
    key_id: str | None = None
    region: str | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that are named, none where any is meant."""
        if isinstance(self.on, str):
            return (self.on,)
        return () if self.on is None or callable(self.on) else tuple(self.on)

    def hits(self, call: Call, view: View) -> bool:
        """Whether a call is one of them."""
        operations = self.operations
        if operations and call.operation not in operations:
            return False
        if self.region is not None and call.region != self.region:
            return False
        if self.key_id is not None and self.key_id not in view.names_of_key(call):
            return False
        return not callable(self.on) or bool(self.on(view.record_of(call)))

    def __str__(self) -> str:
        operations = " or ".join(self.operations)
        if callable(self.on):
            operations = f"a call that {getattr(self.on, '__name__', self.on)} picks"
        about = f" about {self.key_id}" if self.key_id else ""
        return f"{operations or 'any operation'}{about}{f' in {self.region}' if self.region else ''}"


@dataclass(frozen=True, slots=True)
class Timing:
    """At which of the attempts that a plan is about it strikes.

    Raises ValueError where that could be none, or is said in two ways.
    """

    nth: int | Collection[int] | None = None
    times: int | None = None
    after: int = 0
    every: int = 1
    probability: float | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        _check_count("times", self.times, 1)
        _check_count("after", self.after, 0)
        _check_count("every", self.every, 1)
        for nth in self.numbers or ():
            _check_count("nth", nth, 1)
        if self.numbers == ():
            raise ValueError("nth is empty; write the numbers of the attempts to strike, counted from 1.")
        if self.nth is not None and (self.times, self.after, self.every) != (None, 0, 1):
            raise ValueError("nth says at which attempts the fault strikes; leave out times, after and every.")
        if self.probability is not None and not 0 < self.probability <= 1:
            raise ValueError(f"probability is {self.probability!r}; write more than 0, at most 1.")
        if self.seed is not None and self.probability is None:
            raise ValueError("seed is for a fault with a probability; write probability= too.")

    @property
    def numbers(self) -> tuple[int, ...] | None:
        """The attempts that ``nth`` names, counted from 1."""
        if self.nth is None:
            return None
        return (self.nth,) if isinstance(self.nth, int) else tuple(self.nth)

    def is_due(self, number: int, strikes: int, dice: Random) -> bool:
        """Whether the fault strikes at an attempt, counted from 1, after so many strikes."""
        if self.times is not None and strikes >= self.times:
            return False
        if self.numbers is not None and number not in self.numbers:
            return False
        number -= self.after
        if number < 1 or number % self.every:
            return False
        return self.probability is None or dice.random() < self.probability

    def __str__(self) -> str:
        said = [(name, getattr(self, name)) for name in ("nth", "times", "after", "every", "probability", "seed")]
        return "".join(f", {name}={value}" for name, value in said if value not in {None, _SILENT.get(name)})


_SILENT = {"after": 0, "every": 1}


def _check_count(name: str, value: int | None, least: int) -> None:
    if value is not None and (type(value) is not int or value < least):
        raise ValueError(f"{name} is {value!r}; write a number, {least} or more.")


class Plan:
    """A planned fault, as ``mock.inject`` gives it.

    ``strikes`` is at how many attempts it has struck, ``seen`` how many attempts have come that it is about. As a
    context manager it ends with its block, and fails there if it never struck; ``end()`` ends it at any time.
    """

    def __init__(self, fault: Fault | Steps, aim: Aim, timing: Timing, *, must_strike: bool) -> None:
        self.fault = fault
        self.seen = 0
        self.strikes = 0
        self.ended = False
        self.must_strike = must_strike
        self._aim = aim
        self._timing = timing
        self._dice = Random(timing.seed)  # noqa: S311  repeatable, and no secret
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f"{self.fault!r} on {self._aim}{self._timing}: struck {self.strikes} of {self.seen} attempts"

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

    def concerns(self, call: Call, view: View) -> bool:
        """Whether it is about a call at all."""
        return not self.ended and self._aim.hits(call, view)

    def due(self, scene: Scene) -> Fault | None:
        """The fault that strikes an attempt which it is about, None where none does now."""
        with self._lock:
            if isinstance(self.fault, Fault):
                fault = self.fault if can_strike(self.fault, scene) else None
                if fault is None:
                    return None
                self.seen += 1
                fault = fault if self._timing.is_due(self.seen, self.strikes, self._dice) else None
            else:
                step = self.seen - self._timing.after
                self.seen += 1
                fault = self.fault[step] if 0 <= step < len(self.fault) else None
                if fault is not None and not can_strike(fault, scene):
                    fault = None
            self.strikes += fault is not None
            return fault

    @property
    def is_unstruck(self) -> bool:
        """Whether it had to strike and has not; of a sequence, whether part of it is left."""
        if not self.must_strike:
            return False
        if isinstance(self.fault, Fault):
            return not self.strikes
        return self.strikes < sum(step is not None for step in self.fault)

    def complaint(self) -> FaultNeverStruck:
        """What a test is told whose fault never struck."""
        came = (
            "none came" if not self.seen else f"{self.seen} came" + (", and none was due" if not self.strikes else "")
        )
        what = "A planned fault never struck" if not self.strikes else "A planned sequence of faults was not used up"
        return FaultNeverStruck(
            f"{what}: {self.fault!r}, planned on {self._aim}{self._timing}. It waited for {self._aim}; {came}."
            " Let the test make that call, take the fault out, or plan it with must_strike=False."
        )


def can_strike(fault: Fault, scene: Scene) -> bool:
    """Whether a fault can happen at a call."""
    return not fault.cannot_happen_to(scene.call.operation) and fault.strikes(scene)


def make_plan(fault: Fault | Steps, aim: Aim, timing: Timing, *, must_strike: bool) -> Plan:
    """Plan a fault, or a sequence of them.

    Raises TypeError for what is no fault, ValueError for a fault that cannot happen to what it is planned on.
    """
    check_operations(aim)
    steps = (fault,) if isinstance(fault, Fault) else _checked_steps(fault, timing)
    for step in filter(None, steps):
        for operation in aim.operations:
            if reason := step.cannot_happen_to(operation):
                raise ValueError(f"{step!r} cannot happen to {operation}: {reason}.")
    if isinstance(fault, Fault) and timing.times is None and timing.nth is None:
        timing = Timing(None, fault.usual_times, timing.after, timing.every, timing.probability, timing.seed)
    if timing.probability is not None and timing.seed is None:
        timing = Timing(timing.nth, timing.times, timing.after, timing.every, timing.probability, randbits(32))
    return Plan(fault if isinstance(fault, Fault) else tuple(steps), aim, timing, must_strike=must_strike)


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


def check_operations(aim: Aim) -> None:
    """Refuse operations that there are not, or that the mock does not offer, with a ValueError."""
    if aim.on is not None and not callable(aim.on) and not aim.operations:
        raise ValueError("on is empty; name an operation, or leave it out for all.")
    for name in aim.operations:
        if name in OPERATIONS:
            continue
        why = "is not offered by the mock" if name in operation_names() else "is no operation of AWS KMS"
        raise ValueError(f"on={name!r}: {why}.{did_you_mean(name, OPERATIONS)}")

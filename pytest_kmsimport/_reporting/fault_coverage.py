"""Fault coverage: which of the things that can go wrong with an operation a test run has seen go wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from .._service.call_record import CallRecord
from .._service.fault import Fault
from .._wire.model import kms_model
from ..engine.operations import OPERATIONS
from ..faults import Slow
from ..faults._catalogue import everything
from .text import named

_SLOW_AND_IN_TIME = 60  # seconds, botocore's read timeout


class Row(NamedTuple):
    """One operation: what can go wrong with it, by kind, and what of that was exercised."""

    operation: str
    possible: Mapping[str, str]
    exercised: Mapping[str, Collection[str]]  # by name, the tests that have seen it

    @property
    def missing(self) -> list[str]:
        """What was not exercised."""
        return [name for name in self.possible if name not in self.exercised]


#: Errors of custom key stores: no KMS key with imported key material is in one, so only their own operations need them.
_OF_CUSTOM_KEY_STORES = re.compile("CloudHsm|CustomKeyStore|Xks")


class Scope(NamedTuple):
    """What counts: patterns as of a shell for an operation, a kind, a fault, or ``Operation-fault``.

    Raises ValueError for a pattern that fits nothing.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def checked(cls, include: Collection[str], exclude: Collection[str]) -> Scope:
        """Take patterns as they were given."""
        known = [operation for operation in kms_model().operation_names if operation in OPERATIONS]
        there = {name for operation in known for fault in everything(operation) for name in _names(operation, fault)}
        for pattern in (*include, *exclude):
            if not any(fnmatchcase(name, pattern) for name in there):
                raise ValueError(
                    f"{pattern!r} is nothing that can go wrong; write an operation, a kind, a fault, or both as in"
                    " 'ImportKeyMaterial-read-timeout'; * stands for anything."
                )
        return cls(tuple(include), tuple(exclude))

    def has(self, operation: str, fault: Fault) -> bool:
        """Whether a fault at an operation counts."""
        if fault.kind == "refusal" and _OF_CUSTOM_KEY_STORES.match(fault.id) and "CustomKeyStore" not in operation:
            return False
        names = _names(operation, fault)
        included = not self.include or any(fnmatchcase(name, like) for name in names for like in self.include)
        return included and not any(fnmatchcase(name, like) for name in names for like in self.exclude)


def _names(operation: str, fault: Fault) -> tuple[str, ...]:
    return operation, fault.kind, fault.id, f"{operation}-{fault.id}"


class Exercised:
    """What went wrong with which operation in which test, on purpose or because AWS KMS would have refused."""

    def __init__(self, scope: Scope = Scope(), test: Callable[[], str] = str) -> None:  # noqa: B008  a value
        self._scope = scope
        self._test = test
        self._names: dict[str, dict[str, set[str]]] = {}

    def note(self, record: CallRecord) -> None:
        """Take a call into account."""
        names = {_counted_as(fault, record.operation) for fault in record.faults}
        if record.error is not None:
            names.add(record.error)
            names.update(decision.denial for decision in record.decisions if not decision.allowed)
        self.add({record.operation: {name: [self._test()] for name in names}})

    def add(self, names: Mapping[str, Mapping[str, Collection[str]]]) -> None:
        """Take what another process has exercised into account."""
        for operation, exercised in names.items():
            known = self._names.setdefault(operation, {})
            for name, tests in exercised.items():
                known.setdefault(name, set()).update(tests)

    def as_data(self) -> dict[str, dict[str, list[str]]]:
        """What can be sent to another process."""
        return {
            operation: {name: sorted(tests) for name, tests in names.items()}
            for operation, names in self._names.items()
        }

    def rows(self) -> list[Row]:
        """A row for every operation that was called and counts."""
        return [row for operation in sorted(self._names) if (row := self._row(operation)).possible]

    def _row(self, operation: str) -> Row:
        possible = {fault.id: fault.kind for fault in everything(operation) if self._scope.has(operation, fault)}
        names = self._names[operation]
        return Row(operation, possible, {name: sorted(names[name]) for name in possible if name in names})


def _counted_as(fault: Fault, operation: str) -> str:
    """The name in the catalogue under which a fault counts: its own, or that of the nearest of its class."""
    like = [other for other in everything(operation) if type(other) is type(fault)]
    if any(other.id == fault.id for other in like) or not like:
        return fault.id
    if isinstance(fault, Slow):
        in_time = fault.seconds < _SLOW_AND_IN_TIME
        like = [other for other in like if isinstance(other, Slow) and (other.seconds < _SLOW_AND_IN_TIME) == in_time]
    return like[0].id if fault.kind not in {"refusal", "race"} else fault.id


def percent(rows: list[Row]) -> float:
    """How much of what can go wrong was exercised; nothing where no operation was called."""
    possible = sum(len(row.possible) for row in rows)
    return 100 * sum(len(row.exercised) for row in rows) / possible if possible else 0.0


def by_kind(rows: list[Row]) -> dict[str, tuple[int, int]]:
    """Of each kind, how much was exercised, and of how much."""
    possible = Counter(kind for row in rows for kind in row.possible.values())
    exercised = Counter(row.possible[name] for row in rows for name in row.exercised)
    return {kind: (exercised[kind], count) for kind, count in possible.items()}


def lines(rows: list[Row], *, missing: bool = False) -> Iterator[str]:
    """The report for a terminal; with what was not exercised, once for all operations that miss the same."""
    if not rows:
        yield "No operation of AWS KMS was called."
    common = frozenset.intersection(*(frozenset(row.missing) for row in rows)) if len(rows) > 1 else frozenset()
    for row in rows:
        yield f"{row.operation}: {len(row.exercised)} of {len(row.possible)}"
        yield from named("exercised", list(row.exercised))
        if missing:
            yield from named("not exercised", [name for name in row.missing if name not in common])
    if missing and common:
        yield "in all of these:"
        yield from named("not exercised", [name for name in rows[0].missing if name in common])
    exercised_in_all, possible = sum(len(row.exercised) for row in rows), sum(len(row.possible) for row in rows)
    yield f"total: {exercised_in_all} of {possible}, {percent(rows):.0f} %, in {len(rows)} operations"
    if rows:
        yield from named("by kind", [f"{kind} {done} of {count}" for kind, (done, count) in by_kind(rows).items()])


def as_data(rows: list[Row]) -> dict[str, Any]:
    """The report for machines."""
    operations = {
        row.operation: {"exercised": row.exercised, "missing": row.missing, "kinds": row.possible} for row in rows
    }
    kinds = {kind: {"exercised": done, "possible": count} for kind, (done, count) in by_kind(rows).items()}
    return {"percent": round(percent(rows), 2), "kinds": kinds, "operations": operations}

"""Policy coverage: which statements of the key policies in a test run have ever decided something, and which never."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from .._service.call_record import CallRecord, members_of
from ..engine.authorization.decision import BY_GRANT_ALONE, Source
from ..engine.authorization.documents import compiled
from ..engine.policies import default_policy
from .text import named

_UNDECIDED = 0  # in the place of a statement's number: of a policy that a test has had, whatever came of it
_PUT_BY = ("CreateKey", "PutKeyPolicy", "ReplicateKey")


class CoveredStatement(NamedTuple):
    """One statement: what it is called, and the tests in which it has decided something."""

    name: str
    tests: Collection[str]


class CoveredPolicy(NamedTuple):
    """One key policy: the tests that have had it, its statements, and its text as JSON."""

    tests: Sequence[str]
    statements: Sequence[CoveredStatement]
    text: str

    @property
    def decided(self) -> list[str]:
        """The statements that have decided something."""
        return [statement.name for statement in self.statements if statement.tests]

    @property
    def never(self) -> list[str]:
        """Those that never have."""
        return [statement.name for statement in self.statements if not statement.tests]


class Decided:
    """Which statements of which key policies have decided something in which test.

    AWS's default key policy is left out. That a statement decides means that a call was allowed or denied by it, the
    root user's included; a policy that says the same in other white space is the same.
    """

    def __init__(self, test: Callable[[], str] = str) -> None:
        self._test = test
        self._tests: dict[str, dict[int, set[str]]] = {}

    def note(self, record: CallRecord) -> None:
        """Take a call into account."""
        if record.operation in _PUT_BY and record.error is None and (put := members_of(record).get("Policy")):
            self._add(put, _UNDECIDED, record)
        decided = {(decision.action, decision.resource): decision for decision in record.decisions}
        for action, resource, text in record._asked:  # noqa: SLF001  for policies alone
            if not text or action in BY_GRANT_ALONE:
                continue
            decision = decided.get((f"kms:{action}", resource))
            self._add(text, _UNDECIDED, record)
            if decision is None:  # the root user, under a key policy that is open to it
                self._add(text, compiled(text).open_to.get(record.account, _UNDECIDED), record)
            elif decision.source == Source.KEY.value:
                self._add(text, decision.number, record)

    def _add(self, policy: str, number: int, record: CallRecord) -> None:
        text = _same(policy)
        if text != _same(default_policy(record.account, record.region)):
            self._tests.setdefault(text, {}).setdefault(number, set()).add(self._test())

    def add(self, tests: Mapping[str, Mapping[str, Collection[str]]]) -> None:
        """Take in what another process has seen."""
        for text, by_number in tests.items():
            known = self._tests.setdefault(text, {})
            for number, names in by_number.items():
                known.setdefault(int(number), set()).update(names)

    def as_data(self) -> dict[str, dict[str, list[str]]]:
        """What can be sent to another process."""
        return {
            text: {str(number): sorted(tests) for number, tests in by_number.items()}
            for text, by_number in self._tests.items()
        }

    def policies(self) -> list[CoveredPolicy]:
        """A row for each key policy, in the order of the tests that have had them."""
        return sorted(
            (_covered(text, by_number) for text, by_number in self._tests.items()),
            key=lambda policy: (policy.tests, policy.text),
        )


def _covered(text: str, tests: Mapping[int, Collection[str]]) -> CoveredPolicy:
    statements = [
        CoveredStatement(f"{'Allow' if one.allows else 'Deny'} in {one.name}", sorted(tests.get(one.number, ())))
        for one in compiled(text).statements
    ]
    return CoveredPolicy(sorted(tests[_UNDECIDED]), statements, text)


@lru_cache(maxsize=4096)
def _same(policy: str) -> str:
    """A policy in one way of writing it."""
    return json.dumps(json.loads(policy))


def percent(policies: Sequence[CoveredPolicy]) -> float:
    """How many of the statements have decided something; nothing where there are none."""
    decided, there = _totals(policies)
    return 100 * decided / there if there else 0.0


def _totals(policies: Sequence[CoveredPolicy]) -> tuple[int, int]:
    return sum(len(policy.decided) for policy in policies), sum(len(policy.statements) for policy in policies)


def lines(policies: Sequence[CoveredPolicy]) -> Iterator[str]:
    """The report for a terminal."""
    for number, policy in enumerate(policies, 1):
        of = f", of {policy.tests[0]}" if policy.tests[0] else ""
        more = f" and {len(policy.tests) - 1} more" if len(policy.tests) > 1 else ""
        yield f"key policy {number}{of}{more}: {len(policy.decided)} of {len(policy.statements)}"
        yield from named("decided", policy.decided)
        yield from named("never decided", policy.never)
    decided, there = _totals(policies)
    yield f"total: {decided} of {there} statements, {percent(policies):.0f} %; key policies: {len(policies)}"


def as_data(policies: Sequence[CoveredPolicy]) -> list[dict[str, Any]]:
    """The report for machines."""
    return [
        {
            "tests": list(policy.tests),
            "statements": [{"name": one.name, "tests": list(one.tests)} for one in policy.statements],
            "policy": json.loads(policy.text),
        }
        for policy in policies
    ]

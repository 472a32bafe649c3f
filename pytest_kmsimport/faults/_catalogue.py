"""The catalogue: all that can go wrong with an operation, as parameters of a test, with what clients see of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from botocore.client import BaseClient

from .._service.fault import ClientOutcome, Fault
from .._service.plans import Plan, Target, check_operations
from .._wire.model import COMMON_ERRORS, modelled_errors
from .._wire.names import ErrorCode, Kind, Operation
from ..engine.operations.registry import traits_of
from . import _actions, _denials, _network, _refusals, _world
from ._retries import is_retried, most_attempts

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

#: The kinds of faults, for ``catalogue``.
KINDS: tuple[Kind, ...] = ("refusal", "denial", "http", "network", "lost answer", "race", "consistency", "slow")
#: The operations of a key ceremony, in their order.
CEREMONY: tuple[Operation, ...] = ("CreateKey", "GetParametersForImport", "ImportKeyMaterial", "DescribeKey")


@dataclass(frozen=True)
class Expectation:
    """What a client of botocore sees of a call that a fault strikes.

    ``exception`` is the class that the call raises, with ``error_code`` where that is a ClientError; None where an
    attempt succeeds in the end. ``retried`` says whether botocore tries again after the fault, ``attempts`` how many
    attempts it makes at the call altogether. ``takes_effect`` says whether AWS KMS carries the call out, and ``empty``
    whether the call returns a dict without a member of the answer.
    """

    exception: type[Exception] | None
    error_code: str | None
    retried: bool
    attempts: int
    takes_effect: bool
    empty: bool = False


@dataclass(frozen=True)
class Case:
    """One fault at one operation, at all attempts or at the first ``times`` of them.

    It is a parameter of the fixture ``kms_fault``, which plans it and hands it over with its ``plan``.
    """

    operation: Operation
    fault: Fault
    times: int | None = None
    plan: Plan | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_operations(Target(self.operation))
        if not isinstance(self.fault, Fault):
            raise TypeError(f"{self.fault!r} is no fault: write one of pytest_kmsimport.faults, such as ReadTimeout().")
        if reason := self.fault.why_impossible_for(self.operation):
            raise ValueError(f"{self.fault!r} cannot happen to {self.operation}: {reason}.")

    @property
    def id(self) -> str:
        """A name for the test, such as ``ImportKeyMaterial-read-timeout``."""
        return f"{self.operation}-{self.fault.id}"

    def expect(self, client: BaseClient) -> Expectation:
        """What this client of AWS KMS sees of it, with its retry mode, its attempts and its timeouts.

        Raises TypeError for what is no client of AWS KMS.
        """
        service = client.meta.service_model.service_name if isinstance(client, BaseClient) else None
        if service != "kms":
            raise TypeError(f"expect() takes a client of AWS KMS, not {client!r}: write case.expect(mock.client()).")
        outcome = self.fault.client_outcome(client, self.operation)
        most = most_attempts(client)
        retried = is_retried(client, self.operation, outcome)
        times = self.fault.default_times if self.times is None else self.times
        failures = most if times is None else min(times, most)
        if not retried:
            failures = min(failures, 1)
        attempts = min(failures + 1, most) if retried else 1
        gets_through = outcome == ClientOutcome() or (retried and attempts > failures)
        effect = self.fault.takes_effect and (outcome.code is None or self.fault.kind != "race")
        repeated = traits_of(self.operation).repeated
        if gets_through and retried and effect and repeated is not None:
            outcome = _refusals.Refusal(cast("ErrorCode", repeated)).client_outcome(client, self.operation)
        elif gets_through:
            return Expectation(None, None, retried, attempts, takes_effect=True)
        return Expectation(outcome.exception, outcome.code, retried, attempts, effect, outcome.empty)


def everything(operation: str) -> Iterator[Fault]:
    """Every fault that can happen to an operation, each once."""
    for code in dict.fromkeys([*COMMON_ERRORS, *modelled_errors(operation)]):
        yield _refusals.Refusal(code)
    yield from (fault for fault in _ANYWHERE if not fault.why_impossible_for(operation))
    races = [_world.meanwhile(action) for action in _actions.READY_MADE if _actions.refused_with(action, operation)]
    yield from (race for race in races if not race.why_impossible_for(operation))


_ANYWHERE: tuple[Fault, ...] = (
    _denials.ExplicitDeny(),
    _denials.NoStatement(),
    _denials.ConditionUnmet(),
    _denials.GrantNotSpread(),
    _refusals.HtmlAnswer(),
    _refusals.HtmlAnswer(503),
    _refusals.EmptyAnswer(500),
    _refusals.EmptyAnswer(),
    _network.ConnectTimeout(),
    _network.EndpointUnreachable(),
    _network.TlsError(),
    _network.ProxyError(),
    _network.ReadTimeout(),
    _network.ConnectionClosed(),
    _network.ConnectionReset(),
    _network.TruncatedBody(),
    _network.TruncatedChunks(),
    _network.StalledBody(),
    _network.EmptyBody(),
    _network.AnswerLost(),
    _network.AnswerLost(_network.ConnectionClosed()),
    _network.Slow(5),
    _network.Slow(90),
    _world.StaleRead(),
    _world.NotYetVisible(),
)


def catalogue(
    *operations: Operation, kinds: Kind | Collection[Kind] = KINDS, times: int | None = None
) -> list[ParameterSet]:
    """Everything that can go wrong with one operation or several, as parameters for the fixture ``kms_fault``.

    ``@pytest.mark.parametrize("kms_fault", faults.catalogue("ImportKeyMaterial"), indirect=True)``; the whole
    ceremony is ``faults.catalogue(*faults.CEREMONY)``. ``kinds`` chooses among ``faults.KINDS``. ``times`` is at how
    many attempts each fault strikes, by default at all, so that it outlives botocore's retries; a race happens once.

    Raises ValueError for an operation that there is not, and for an unknown kind.
    """
    import pytest  # noqa: PLC0415  not needed to plan a fault

    check_operations(Target(operations))
    chosen = {kinds} if isinstance(kinds, str) else set(kinds)
    if unknown := chosen - set(KINDS):
        raise ValueError(f"kinds has {sorted(unknown)}; write some of {', '.join(KINDS)}.")
    cases = [Case(name, fault, times) for name in operations for fault in everything(name) if fault.kind in chosen]
    return [pytest.param(case, id=case.id) for case in cases]

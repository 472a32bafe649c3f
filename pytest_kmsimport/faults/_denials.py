"""Denials: AWS KMS refuses because of who calls, in the words that it has for each reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from botocore.client import BaseClient

from .._service.fault import Attempt, ClientOutcome, Fault
from .._service.reply import Reply
from ..engine.authorization.condition_keys import KEYS_OF
from ..engine.authorization.decision import Source
from ..engine.authorization.denial import Denial
from ..engine.operations.registry import traits_of
from ._refusals import Refusal

_RETIRE = "RetireGrant"  # by whom a grant names, so that it knows of it


@dataclass(frozen=True)
class _Denial(Fault):
    """AWS KMS refuses the caller; the call has no effect."""

    kind = "denial"
    _denial: ClassVar[Denial]
    _as_if: ClassVar[str]
    _source: ClassVar[Source] = Source.IDENTITY
    _explicit: ClassVar[bool] = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def id(self) -> str:
        """Such as ``explicit-deny``."""
        return self._denial.value

    @property
    def takes_effect(self) -> bool:
        """Never."""
        return False

    def why_impossible_for(self, operation: str) -> str:  # noqa: ARG002  of all faults
        """Whoever calls needs a permission for every operation."""
        return ""

    def strike(self, attempt: Attempt) -> Reply:
        """Refuse, with AWS's text for the permission that the operation asks for first."""
        refusal = attempt.access.refusal(attempt.call, self._source, explicit=self._explicit)
        refusal.diagnosis = f"A planned fault, not a decision about this caller: as if {self._as_if}."
        return Reply(refusal)

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:
        """AccessDeniedException."""
        return Refusal("AccessDeniedException").client_outcome(client, operation)


@dataclass(frozen=True, repr=False)
class ExplicitDeny(_Denial):
    """An identity-based policy of whoever calls has a Deny: AccessDeniedException, "with an explicit deny"."""

    _denial = Denial.EXPLICIT
    _explicit = True
    _as_if = "an identity-based policy of the caller's denied it"


@dataclass(frozen=True, repr=False)
class NoStatement(_Denial):
    """No statement of any policy allows it: AccessDeniedException, "no identity-based policy allows"."""

    _denial = Denial.NO_STATEMENT
    _as_if = "no statement of any policy allowed it"


@dataclass(frozen=True, repr=False)
class ConditionUnmet(_Denial):
    """The one statement of the key policy that allows it has a condition which the call does not meet.

    That is AccessDeniedException, "no resource-based policy allows"; where no KMS key is asked, and for RetireGrant, it
    is a statement of an identity-based policy. AWS does not say which condition.
    """

    _denial = Denial.CONDITION_UNMET
    _source = Source.KEY
    _as_if = "the statement that allows it had a condition that the call does not meet"

    def why_impossible_for(self, operation: str) -> str:
        """It happens to operations whose requests have condition keys of AWS KMS."""
        actions = _actions(operation)
        can = any(KEYS_OF.get(action) for action in actions)
        return "" if can else f"{operation} has no condition keys of AWS KMS"


@dataclass(frozen=True, repr=False)
class GrantNotSpread(_Denial):
    """The grant that allows it is not known everywhere yet: AccessDeniedException for who brings no grant token.

    It strikes calls without grant tokens, until it has been planned to have spread: ``times=2``.

    https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-eventual-consistency
    """

    _denial = Denial.NOT_SPREAD
    _as_if = "the grant that allows it had not spread yet, and the call brought no grant token"

    def why_impossible_for(self, operation: str) -> str:
        """It happens to operations that a grant can permit."""
        can = operation != _RETIRE and traits_of(operation).grants
        return "" if can else f"no grant permits {operation} to somebody whom it has yet to reach"

    def strikes(self, attempt: Attempt) -> bool:
        """Whether the call has no grant token."""
        return not attempt.call.members.get("GrantTokens")


def _actions(operation: str) -> list[str]:
    """The permissions that an operation asks for."""
    return [need.action for need in traits_of(operation).needs] or [operation]

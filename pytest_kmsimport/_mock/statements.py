"""One refusal in one line: ``mock.deny(...)`` and ``mock.allow(...)`` attach a statement to whoever calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .._wire.model import did_you_mean
from ..engine.authorization.condition_keys import KEYS_OF
from ..engine.authorization.documents import check_policy
from ..engine.authorization.patterns import wildcard
from ..engine.authorization.principals import Attachment
from .core import MockCore

if TYPE_CHECKING:
    from .principals import RegisteredPrincipal

__tracebackhide__ = True

_PREFIX = "kms:"
_ACTIONS = [f"{_PREFIX}{action}" for action in KEYS_OF]


@dataclass(frozen=True, slots=True, eq=False)
class AttachedStatement:
    """A statement that ``mock.deny`` or ``mock.allow`` has attached, as ``policy`` (JSON) has it.

    As a context manager it holds until the end of its block; ``end()`` ends it at any time.
    """

    policy: str
    _end: Callable[[], None]

    def __repr__(self) -> str:
        return f"<AttachedStatement {self.policy}>"

    def __enter__(self) -> AttachedStatement:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Hold no more."""
        self._end()


class AttachesStatements(MockCore):
    """A mock that lets whoever calls do more or less than they may."""

    def deny(
        self,
        *actions: str,
        principal: RegisteredPrincipal | str | None = None,
        key_id: str | None = None,
        condition: Mapping[str, Any] | None = None,
    ) -> AttachedStatement:
        """Deny something to whoever calls, until the mock ends or, as a context manager, until its block does.

        That is an explicit Deny in an identity-based policy of theirs. AWS attaches no policy to an account's root
        user: who would call as that is in the meantime the IAM user ``pytest``, who may do everything else.

        ``actions`` are as in policies: ``deny("kms:ImportKeyMaterial")``, ``deny("kms:Generate*")``. ``principal`` is
        one that this mock has registered or an access key ID that STS or IAM of moto has issued, ``key_id`` the key ID,
        key ARN or alias of a KMS key that is there, and ``condition`` as in a policy:
        ``{"StringEquals": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_1"}}``.

        Raises ValueError for what is no action or no access key ID and for a condition that AWS would not take,
        LookupError where there is no such KMS key.
        """
        return self._attach("Deny", actions, principal, key_id, condition)

    def allow(
        self,
        *actions: str,
        principal: RegisteredPrincipal | str | None = None,
        key_id: str | None = None,
        condition: Mapping[str, Any] | None = None,
    ) -> AttachedStatement:
        """Allow whoever calls this alone, until the mock ends or, as a context manager, until its block does.

        Their identity-based policies are what is allowed so, in the place of those that they have; several add up, and
        ``deny`` takes away from them. Key policies and grants hold as before. What it takes, raises, and does with an
        account's root user is as ``deny`` has it.
        """
        return self._attach("Allow", actions, principal, key_id, condition)

    def _attach(
        self,
        effect: str,
        actions: tuple[str, ...],
        principal: RegisteredPrincipal | str | None,
        key_id: str | None,
        condition: Mapping[str, Any] | None,
    ) -> AttachedStatement:
        from .principals import access_key_of  # noqa: PLC0415  most tests need none

        _check_actions(effect, actions)
        resource = "*" if key_id is None else self._look_up(key_id, self.region, self.account, lambda key: key.arn)
        statement: dict[str, Any] = {"Effect": effect, "Action": list(actions), "Resource": resource}
        if condition is not None:
            statement["Condition"] = condition
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        check_policy(policy)
        attachment = Attachment(access_key_of(principal), effect == "Allow", policy)
        self._engine.attach(attachment)
        return AttachedStatement(policy, lambda: self._engine.detach(attachment))


def _check_actions(effect: str, actions: tuple[str, ...]) -> None:
    if not actions:
        raise ValueError(f"Nothing is named: write {effect.lower()}('kms:ImportKeyMaterial').")
    for action in actions:
        if not any(map(wildcard(str(action).lower()), map(str.lower, _ACTIONS))):
            written = action if str(action).startswith(_PREFIX) else f"{_PREFIX}{action}"
            raise ValueError(f"{action!r} is no action of AWS KMS.{did_you_mean(written, _ACTIONS)}")

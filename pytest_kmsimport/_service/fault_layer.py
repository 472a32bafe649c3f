"""The layer in which planned faults strike, between the journal and AWS KMS.

Faults nest: where two plans strike at one attempt, the one planned first is the outer one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial

from ..engine.authorization.decision import Source
from ..engine.call import Call, KeysSeen
from ..engine.engine import Engine, Seen
from ..engine.errors import KmsError
from ..engine.failures import Failure
from ..engine.keys import Key
from ..engine.operations.registry import traits_of
from .call_lookup import CallLookup
from .call_record import CallRecord
from .fault import Action, Attempt, Fault
from .plans import Plan, Plans
from .reply import Reply

#: Whether somebody else is acting: what happens then is neither in the journal nor struck by faults.
unrecorded: ContextVar[bool] = ContextVar("pytest_kmsimport_unrecorded", default=False)

_MOST_REMEMBERED = 1000  # KMS keys as they were, for stale reads


class MeanwhileFailed(Failure):
    """What somebody else was to do between a request and its answer did not work."""


class Progress:
    """How far an attempt has come: what there is to write down of it where an exception ends it."""

    def __init__(self) -> None:
        self._carried_out = False
        self._faults: tuple[Fault, ...] = ()
        self._before: KeysSeen | None = None

    def begin(self, fault: Fault, named: KeysSeen) -> None:
        """Note a fault that strikes, and the KMS keys that the call names, as they are."""
        self._faults += (fault,)
        self._before = self._before or named

    def answer(self, answer: Callable[[Call], Reply], call: Call) -> Reply:
        """Let AWS KMS answer, and note whether the call has taken effect."""
        reply = answer(call)
        self._carried_out = reply.carried_out
        return reply

    def reply(self, named: KeysSeen) -> Reply:
        """What has become of it, with the KMS keys that the call names as they are now."""
        keys = named if self._before is None else self._before._replace(after=named.after)
        return Reply(keys=keys, carried_out=self._carried_out, faults=self._faults)


class FaultLayer:
    """Answers calls as ``access`` does, but for what ``plans`` have for them."""

    def __init__(self, access: ServiceAccess, plans: Plans, lookup: CallLookup) -> None:
        self._access = access
        self._plans = plans
        self._lookup = lookup

    def __call__(self, call: Call, progress: Progress) -> Reply:
        """Answer one attempt at a call, with what is planned for it."""
        answer = partial(progress.answer, self._access)
        for plan in reversed(self._plans.about(call)):
            answer = partial(self._under, plan, answer, progress)
        return answer(call)

    def _under(self, plan: Plan, answer: Callable[[Call], Reply], progress: Progress, call: Call) -> Reply:
        attempt = Attempt(call, answer, self._access)
        fault = plan.due(attempt)
        if fault is None:
            return answer(call)
        named = self._lookup.seen_by(call)
        progress.begin(fault, named)
        reply = fault.strike(attempt)
        arns = tuple(dict.fromkeys((*named.arns, *reply.keys.arns)))  # somebody else may have acted
        keys = KeysSeen(arns, named.before, self._lookup.state_of(arns[0], call) if arns else None)
        return reply._replace(keys=keys, faults=(fault, *reply.faults))


class ServiceAccess:
    """What faults lay hands on: the engine, what KMS keys were before they changed, and whoever else may act.

    ``answer`` is what it lets through to, ``act`` lets somebody else act.
    """

    def __init__(
        self,
        engine: Engine,
        answer: Callable[[Call], Reply],
        lookup: CallLookup,
        act: Callable[[Action, CallRecord], None],
    ) -> None:
        self._engine = engine
        self._answer = answer
        self._lookup = lookup
        self._act = act
        self._before: dict[str, Key] = {}
        #: Whether a fault was planned that looks back; nothing is remembered before.
        self.remembers = False

    def __call__(self, call: Call) -> Reply:
        """Answer a call as AWS KMS does, and remember what the KMS key was that it changes."""
        if not self.remembers or not traits_of(call.operation).changes:
            return self._answer(call)
        before = self._look_up(call, Key.copy)
        reply = self._answer(call)
        if before is not None and reply.carried_out:
            self._before.pop(before.arn, None)
            self._before[before.arn] = before
            if len(self._before) > _MOST_REMEMBERED:
                del self._before[next(iter(self._before))]
        return reply

    def forget(self) -> None:
        """Have no memory of what KMS keys were."""
        self._before.clear()

    def run_action(self, action: Action, call: Call) -> None:
        """Let somebody else act; raises MeanwhileFailed where that does not work."""
        token = unrecorded.set(True)
        record = self._lookup.record_of(call)
        record.note_keys(self._lookup.seen_by(call))
        try:
            self._act(action, record)
        finally:
            unrecorded.reset(token)

    def before_last_change(self, call: Call) -> Key | None:
        """What the KMS key of a call was before the last call that changed it; None where that is not known."""
        return self._before.get(self._look_up(call, lambda key: key.arn) or "")

    def reply_as_of(self, call: Call, key: Key) -> Reply:
        """Answer a call as if the KMS key were still what it was."""
        answer = self._engine.answer_as_of(call, key)
        return Reply(answer.result, answer.keys, carried_out=not isinstance(answer.result, KmsError))

    def refusal(self, call: Call, source: Source, *, explicit: bool) -> KmsError:
        """AWS's refusal of a call where a type of policy denies it (``explicit``) or does not allow it."""
        return self._engine.refusal(call, source, explicit=explicit)

    def _look_up(self, call: Call, see: Callable[[Key], Seen]) -> Seen | None:
        """Look at the KMS key that a call names."""
        return self._engine.look_up(call.members.get("KeyId", ""), call.region, call.account, see)

"""The layer in which faults strike.

It has the shape of everything that answers a call, and stands between the journal and the engine. Faults nest as well:
where two plans strike at one attempt, the one planned first is the outer one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextvars import ContextVar
from functools import partial

from ..engine.engine import Answer, Call, Engine, Response, Seen
from ..engine.errors import KmsError
from ..engine.keys import Key
from ..engine.operations import OPERATIONS
from ..engine.operations.registry import Traits
from .calls import CallRecord
from .fault import Action, Fault, Scene
from .journal import Journal
from .named_keys import NamedKeys, identifiers_in
from .plans import Plan

#: Whether somebody else is acting: what happens then is neither in the journal nor struck by faults.
offstage: ContextVar[bool] = ContextVar("pytest_kmsimport_offstage", default=False)

_MOST_ENDED = 30  # plans, for the report of a failed test
_MOST_REMEMBERED = 1000  # KMS keys as they were, for stale reads

_REPEATED = (
    "An earlier attempt at this call was carried out, its answer did not arrive, and botocore asked once more. Look at"
    " what is there before you do it again."
)


class MeanwhileFailed(AssertionError):  # noqa: N818  a failure of the test, named for what happened
    """What somebody else was to do between a request and its answer did not work."""

    __module__ = "pytest_kmsimport"  # where users import it from


class Faults:
    """Lets the planned faults strike, around ``answer`` of an engine.

    ``journal`` is told of faults that strike, and of calls that AWS KMS carries out. ``act`` lets somebody else act.
    """

    def __init__(
        self,
        engine: Engine,
        answer: Answer,
        journal: Journal,
        keys: NamedKeys,
        act: Callable[[Action, CallRecord], None],
    ) -> None:
        self.plans: list[Plan] = []
        self._journal = journal
        self._engine = engine
        self._engine_answer = answer
        self._keys = keys
        self._act = act
        self._remembers = False
        self._before: dict[str, Key] = {}

    def __call__(self, call: Call) -> Response:
        """Answer one call, with what is planned for it."""
        plans = [plan for plan in self.plans if plan.concerns(call, self)] if self.plans else None
        if not plans:
            return self.answer(call)
        answer: Answer = self.answer
        for plan in reversed(plans):
            answer = partial(self._answer_under, plan, answer)
        return answer(call)

    def plan(self, plan: Plan) -> None:
        """Let a plan strike from now on."""
        steps = [plan.fault] if isinstance(plan.fault, Fault) else plan.fault
        self._remembers |= any(step is not None and step.looks_back for step in steps)
        ended = [past for past in self.plans if past.ended]
        if len(ended) >= _MOST_ENDED:
            self.plans.remove(ended[0])
        self.plans.append(plan)

    def forget_ended(self) -> None:
        """Forget the plans that have ended."""
        self.plans[:] = [plan for plan in self.plans if not plan.ended]

    def restore(self, plans: Sequence[Plan]) -> None:
        """Have these plans alone, and no memory of what KMS keys were."""
        self.plans[:] = plans
        self._before.clear()

    def answer(self, call: Call) -> Response:
        """Answer a call as AWS KMS does, without faults."""
        before = self._look_up(call, Key.copy) if self._remembers and _traits(call).changes else None
        try:
            response = self._engine_answer(call)
        except KmsError as refusal:
            if not _traits(call).reads and self._journal.effects_of(call):
                refusal.diagnosis = f"{_REPEATED} {refusal.diagnosis}".strip()
            raise
        self._journal.note_effect(call)
        if before is not None:
            self._before.pop(before.arn, None)
            self._before[before.arn] = before
            if len(self._before) > _MOST_REMEMBERED:
                del self._before[next(iter(self._before))]
        return response

    def _look_up(self, call: Call, see: Callable[[Key], Seen]) -> Seen | None:
        """Look at the KMS key that a call names."""
        return self._engine.look_up(call.members.get("KeyId", ""), call.region, call.account, see)

    def _answer_under(self, plan: Plan, answer: Answer, call: Call) -> Response:
        scene = Scene(call, answer, self)
        fault = plan.due(scene)
        if fault is None:
            return answer(call)
        self._journal.note_fault(call, fault)
        return fault.strike(scene)

    # How plans look at a call

    def names_of_key(self, call: Call) -> Collection[str]:
        """What the KMS keys of a call are called: as the call names them, by key ID and by key ARN."""
        names = (*identifiers_in(call), *self._keys.arns_of(call))
        return {*names, *(name.rpartition("/")[2] for name in names if ":key/" in name)}

    def record_of(self, call: Call) -> CallRecord:
        """A record of the call, for a condition of the user's."""
        return self._journal.record_of(call)

    # What faults lay hands on

    def act_offstage(self, action: Action, call: Call) -> None:
        """Let somebody else act; raises MeanwhileFailed where that does not work."""
        token = offstage.set(True)
        try:
            self._act(action, self._journal.record_of(call))
        finally:
            offstage.reset(token)

    def before_last_change(self, call: Call) -> Key | None:
        """What the KMS key of a call was before the last call that changed it; None where that is not known."""
        return self._before.get(self._look_up(call, lambda key: key.arn) or "")

    def answer_as_of(self, call: Call, key: Key) -> Response:
        """Answer a call as if the KMS key were still what it was."""
        response = self._engine.answer_as_of(call, key)
        self._journal.note_effect(call)
        return response


def _traits(call: Call) -> Traits:
    """What there is to know of the operation of a call; of one that is not offered, nothing."""
    return OPERATIONS[call.operation].traits if call.operation in OPERATIONS else Traits()

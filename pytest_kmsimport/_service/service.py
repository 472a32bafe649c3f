"""The service's end of the wire: the bytes of a request come in, and what becomes of its answer goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from operator import attrgetter

from .._diagnosis import words
from .._wire import aws_json
from .._wire.aws_json import WireResponse
from .._wire.constraints import refusal_of
from .._wire.network import READ_TIMEOUT, NetworkEvent
from .._wire.sts import looks_issued
from ..engine.arns import partition_of
from ..engine.authorization.access import root_of
from ..engine.authorization.principals import Kind, Principal
from ..engine.call import Call, Caller
from ..engine.chosen import UnfitChoiceError
from ..engine.engine import Engine
from ..engine.errors import KmsError, NotOffered, SerializationException
from ..engine.keys import Key
from ..engine.materials import KeyMaterial
from ..engine.operations import OPERATIONS
from .call_lookup import CallLookup
from .call_record import CallRecord
from .callers import Ask, Callers
from .clock import LATEST, Clock
from .fault import Action, Fault
from .fault_layer import FaultLayer, Progress, ServiceAccess, unrecorded
from .integrated import IntegratedServices
from .journal import Journal, Opened
from .leak_check import LeakCheck
from .plans import Plan, Plans
from .reply import Reply
from .reserved_tags import chosen_by_tags

_TICK = 0.001  # seconds, the least that the clock shows
_NO_MEMBERS: dict[str, object] = {}


class Exchange:
    """An attempt at a call that has been answered, until it is known what its client got.

    ``response`` is the answer, ``event`` what the network does to it, and ``delays`` are what makes it come late.
    Whoever delivers it says then how that went, once.
    """

    __slots__ = ("_journal", "_opened", "_reply", "delays", "event", "response")

    def __init__(self, journal: Journal, opened: Opened | None, reply: Reply, response: WireResponse) -> None:
        self._journal = journal
        self._opened = opened
        self._reply = reply
        self.response = response
        self.event = reply.event
        self.delays = reply.delays

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The planned faults that have struck, the outer ones first."""
        return self._reply.faults

    def close(self, failure: BaseException | str | None = None) -> None:
        """Note that the client got its answer, or ``failure`` in its place.

        That is what it was raised, or the name of what became of the answer where nobody knows what the client raised.
        """
        if self._opened is not None:
            self._journal.close(self._opened, self._reply, failure)


class Service:
    """An engine with the journal around it, and the faults between the two.

    ``leak_check`` is told of secrets, and of requests that the journal lets go. ``act`` lets somebody else act while a
    call is under way. ``ask`` finds out whose an access key is that others have issued. ``new_request_id`` gives each
    request its own. ``reserved_tags`` is whose tags choose a key ID.
    """

    def __init__(  # noqa: PLR0913  what a service is made of
        self,
        engine: Engine,
        clock: Clock,
        journal_size: int,
        leak_check: LeakCheck,
        act: Callable[[Action, CallRecord], None],
        *,
        ask: Ask,
        new_request_id: Callable[[], str],
        reserved_tags: str | None,
        sleep_on_retry: bool,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._sleep_on_retry = sleep_on_retry
        self._new_request_id = new_request_id
        self._reserved_tags = reserved_tags
        self._secrets = leak_check.secrets
        lookup = self._lookup = CallLookup(engine, clock.now)
        self.callers = Callers(engine.registered, ask)
        self.journal = Journal(clock.now, journal_size, leak_check.note_forgotten)
        self.plans = Plans(lookup)
        self.access = ServiceAccess(engine, self._ask, lookup, act)
        self._under_faults = FaultLayer(self.access, self.plans, lookup)

    def _ask(self, call: Call) -> Reply:
        """Ask the engine, and remember the secrets that the call has brought into the world."""
        refusal = refusal_of(call, words.explain)
        if refusal is not None:
            return Reply(refusal, self._lookup.seen_by(call))
        try:
            result, keys, imported, decisions, asked, recipient, concealed = self._engine.answer(call)
        except UnfitChoiceError as unfit:
            raise NotOffered(f"CreateKey is not offered with what its tags choose: {unfit}") from None
        if isinstance(result, KmsError):
            named = self._lookup.seen_by(call)
            return Reply(result, named if named.arns else keys, decisions=decisions, asked=asked)
        traits = OPERATIONS[call.operation].traits
        if traits.secrets:
            self._secrets.note_answer(call.operation, {**result, **concealed}, traits.secrets)
        if imported is not None:
            self._secrets.note_key_material(imported, _name_of_material(keys.arns[0]))
        return Reply(result, keys, carried_out=True, decisions=decisions, asked=asked, recipient=recipient)

    def add_plan(self, plan: Plan) -> None:
        """Let a plan strike from now on."""
        self.access.remembers |= plan.looks_back
        self.plans.add(plan)

    def note_key_material(self, key_id: str, region: str, account: str) -> None:
        """Remember the key material of a KMS key as a secret."""
        for material in self._engine.look_up(key_id, region, account, _materials) or ():
            self._secrets.note_key_material(material.plaintext, _name_of_material(key_id))

    def receive(self, operation: str, region: str, caller: Caller, invocation: str, body: bytes) -> Exchange:
        """Answer a request as it comes over the wire; ``invocation`` is the same for all attempts at one call.

        Raises NotOffered where the mock falls short of AWS.
        """
        request_id = self._new_request_id()
        caller = self.identify(caller, region)
        is_recorded = not unrecorded.get()
        try:
            call = Call(operation, region, caller, aws_json.read(operation, body), invocation, request_id)
        except SerializationException as error:
            call = Call(operation, region, caller, _NO_MEMBERS, invocation, request_id)
            return self._exchange(call, self.journal.open(call) if is_recorded else None, Reply(error))
        if operation == "CreateKey":
            call = chosen_by_tags(self._reserved_tags, call)
        if not is_recorded:
            return self._exchange(call, None, self.access(call))
        opened = self.journal.open(call)
        progress = Progress() if self.plans.all else None
        try:
            reply = self._ask(call) if progress is None else self._under_faults(call, progress)
            return self._exchange(call, opened, reply)
        except BaseException as error:
            named = self._lookup.seen_by(call)
            self.journal.close(opened, Reply(keys=named) if progress is None else progress.reply(named), error)
            raise

    def _exchange(self, call: Call, opened: Opened | None, reply: Reply) -> Exchange:
        if reply.instead is not None:
            return Exchange(self.journal, opened, reply, reply.instead)
        status, result = 200, reply.result
        if isinstance(result, KmsError):
            status, body = result.status, aws_json.write_error(result)
        else:
            body = aws_json.write(call.operation, {} if result is None else result)
        headers = aws_json.headers(body, self._clock.now(), call.request_id)
        return Exchange(self.journal, opened, reply, WireResponse(status, headers, body))

    def identify(self, caller: Caller, region: str) -> Caller:
        """Who it is that has signed a request to a Region: IAM and STS of others are asked, where they may know.

        Raises NotOffered where they do not tell what the caller may do.
        """
        if caller.principal is None and looks_issued(caller.access_key):
            caller = self.callers.recognise(caller)
        return self._engine.identify(caller, region)

    def on_behalf_of(self, caller: Caller, region: str, service: str) -> Caller:
        """An AWS service, such as ``s3``, calling on behalf of whoever has called it; raises as ``identify`` does."""
        caller = self.identify(caller, region)
        return caller._replace(principal=replace(_principal_of(caller, region), via=service))

    @cached_property
    def integrated(self) -> IntegratedServices:
        """What AWS services have of it; most tests have none."""
        return IntegratedServices(self._clock.now)

    def held_data_key(self, key_id: str, region: str, account: str, context: Mapping[str, str]) -> bytes:
        """A data key that an AWS service has had since earlier, encrypted under a KMS key, whatever became of that."""
        return self._engine.held_data_key(key_id, region, account, context)

    def key_arn_of(self, key_id: str, region: str, account: str) -> str | None:
        """The key ARN of the KMS key that an identifier of any kind names; None where there is none."""
        return self._engine.look_up(key_id, region, account, attrgetter("arn"))

    def forget_past(self) -> None:
        """Have no memory of what was in a state that is another one now."""
        self.access.forget()
        self.callers.forget()
        self.integrated.forget()

    def identity_of(self, caller: Caller, region: str) -> Principal | None:
        """Who AWS STS would say that a caller is, where the mock knows that."""
        if not self._engine.knows(caller):
            return None
        principal = _principal_of(self._engine.identify(caller, region), region)
        return None if principal.kind is Kind.SERVICE else principal

    def now(self) -> datetime:
        """AWS's time."""
        return self._clock.now()

    def pass_delays(self, exchange: Exchange, most: float | None) -> tuple[NetworkEvent | None, float]:
        """Let the time pass that an answer comes late, at most as many seconds as its client waits for it.

        Gives what the network does to the answer then, and the seconds that whoever delivers it has to sleep.
        """
        event, asleep = exchange.event, 0.0
        for delay in exchange.delays:
            is_too_late = most is not None and delay.seconds >= most
            if is_too_late:
                event = READ_TIMEOUT
            seconds = most if is_too_late and most is not None else delay.seconds
            if delay.really:
                asleep += seconds
            else:
                left = (LATEST - self._clock.now()).total_seconds()
                if left >= _TICK:
                    self._clock.advance(seconds=min(max(seconds, _TICK), left))
        return event, asleep

    def delay(self, invocation: str, seconds: float) -> float:
        """Note how long a client wants to wait before it tries again, and say how long it shall: not at all."""
        record = self.journal.find(invocation)
        if record is not None:
            record.delays += (seconds,)
        return seconds if self._sleep_on_retry else 0


def _principal_of(caller: Caller, region: str) -> Principal:
    """Who a caller is; the root user of its account, where that is all that is known."""
    return caller.principal or root_of(caller.account, partition_of(region))


def _name_of_material(key_id: str) -> str:
    """What a test is told of key material that has leaked."""
    return f"key material of KMS key {key_id.rpartition('/')[2]}"


def _materials(key: Key) -> tuple[KeyMaterial, ...]:
    made = key.generated.material
    return (*key.materials.values(), *([] if made is None else [made]))

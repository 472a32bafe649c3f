"""The service's end of the wire: a request comes in, and what becomes of its answer goes out."""

from __future__ import annotations

import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError

from .._diagnosis import words
from .._tracebacks import sealed
from .._wire import aws_json as _wire
from .._wire.aws_json import WireResponse
from .._wire.constraints import constrained
from .._wire.network import Delay, Delivery
from ..engine.engine import Call, Engine, Response
from ..engine.errors import KmsError, SerializationException
from ..engine.keys import Key
from ..engine.materials import KeyMaterial
from ..engine.operations import OPERATIONS
from .calls import CallRecord
from .clock import LATEST, Clock
from .fault import Action, Undelivered
from .fault_layer import Faults, offstage
from .journal import Journal
from .leak_check import LeakCheck
from .named_keys import NamedKeys

_TICK = 0.001  # seconds, the least that the clock shows


class Service:
    """An engine with the journal around it, and the faults between the two.

    ``leak_check`` is told of secrets, and of requests that the journal lets go. ``act`` lets somebody else act while a
    call is under way.
    """

    def __init__(  # noqa: PLR0913  what a service is made of
        self,
        engine: Engine,
        clock: Clock,
        journal_size: int,
        leak_check: LeakCheck,
        act: Callable[[Action, CallRecord], None],
        *,
        sleep_on_retry: bool,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._sleep_on_retry = sleep_on_retry
        keys = NamedKeys(engine)
        self.journal = Journal(clock.now, journal_size, keys, leak_check.let_go)
        self.faults = Faults(engine, self._ask, self.journal, keys, act)
        self._secrets = leak_check.secrets
        self._constrained = constrained(engine, words.explain)
        self._answer = self.journal.around(self.faults)

    def _ask(self, call: Call) -> Response:
        """Ask the engine, and remember the secrets that the call has brought into the world."""
        response = self._constrained(call)
        traits = OPERATIONS[call.operation].traits
        self._secrets.note_answer(call.operation, response, traits.secrets)
        if traits.brings_material:
            self.note_key_material(call.members["KeyId"], call.region, call.account)
        return response

    def note_key_material(self, key_id: str, region: str, account: str) -> None:
        """Remember the key material of a KMS key as a secret."""
        for material in self._engine.look_up(key_id, region, account, _materials) or ():
            self._secrets.note_key_material(material.plaintext, f"key material of KMS key {key_id.rpartition('/')[2]}")

    @sealed
    def receive(self, operation: str, region: str, account: str, invocation: str, body: bytes) -> Delivery:
        """Answer a request as it comes over the wire; ``invocation`` is the same for all attempts at one call.

        Raises NotOffered where the mock falls short of AWS.
        """
        call = Call(operation, region, account, {}, invocation, _wire.new_request_id())
        answer = self.faults.answer if offstage.get() else self._answer
        try:
            outcome = answer(call._replace(members=_wire.read(operation, body)))
        except SerializationException as error:
            self.journal.note_refusal(call, error)
            return self._written(call, error)
        except KmsError as error:
            return self._written(call, error)
        except Undelivered as fate:
            return self._fated(call, fate)
        return self._written(call, outcome)

    def _written(self, call: Call, outcome: Response | KmsError) -> Delivery:
        if isinstance(outcome, KmsError):
            status, body = outcome.status, _wire.write_error(outcome)
        else:
            status, body = 200, _wire.write(call.operation, outcome)
        return Delivery(WireResponse(status, _wire.headers(body, self._clock.now(), call.request_id), body))

    def _fated(self, call: Call, fate: Undelivered) -> Delivery:
        """What becomes of an answer that a fault keeps from being delivered as it is."""
        outcome = fate.outcome
        if fate.instead is not None:
            self.journal.note_outcome(call.invocation, str(fate.instead.status), "not answered by AWS KMS")
            return Delivery(fate.instead, fate.event, fate.delays)
        if isinstance(outcome, KmsError):
            self.journal.note_outcome(call.invocation, outcome.code, outcome.message, outcome.diagnosis)
        delivery = self._written(call, {} if outcome is None else outcome)
        return delivery._replace(event=fate.event, delays=fate.delays)

    def wait(self, delay: Delay, most: float | None) -> None:
        """Let the time pass that an answer comes late, at most as many seconds as the client waits."""
        seconds = delay.seconds if most is None else min(delay.seconds, most)
        if delay.really:
            time.sleep(seconds)
        else:
            left = (LATEST - self._clock.now()).total_seconds()
            if left >= _TICK:
                self._clock.advance(seconds=min(max(seconds, _TICK), left))

    def note_delivered(self, invocation: str) -> None:
        """Note that a client got the answer after all, whatever has happened to it on the way."""
        self.journal.note_delivered(invocation)

    def note_undelivered(self, invocation: str, error: BaseException) -> None:
        """Note what a client got that never saw the answer; texts that are not botocore's may hold anything."""
        self.journal.note_outcome(
            invocation, type(error).__name__, str(error) if isinstance(error, BotoCoreError) else ""
        )

    def delay(self, invocation: str, seconds: float) -> float:
        """Note how long a client wants to wait before it tries again, and say how long it shall: not at all."""
        self.journal.note_delay(invocation, seconds)
        return seconds if self._sleep_on_retry else 0


def _materials(key: Key) -> tuple[KeyMaterial, ...]:
    return tuple(key.materials.values())

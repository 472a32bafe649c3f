"""Every account and Region behind one door, with one lock.

The engine is a function from a call to AWS's response; it raises where AWS refuses. It knows no transport and no
wire format: values are Python's own (``bytes`` for blobs, aware ``datetime`` for timestamps), names are AWS's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, NamedTuple, TypeVar

from .errors import KmsError, NotOffered
from .keys import Key
from .operations import OPERATIONS
from .operations.registry import Operation
from .quotas import Quotas
from .store import Region, Store
from .world import World

Response = dict[str, Any]
Seen = TypeVar("Seen")
#: Says why a request was refused, in words for the tester; it looks at what the Region knows, and changes nothing.
Explain = Callable[[Region, Mapping[str, Any], KmsError], str]


class Call(NamedTuple):
    """One call of an operation: who asks (account), where (Region), what, and with which members.

    ``invocation`` is the same for all attempts that a client makes at one call; empty where that is not known.
    ``request_id`` is what the answer will carry as its request ID.
    """

    operation: str
    region: str
    account: str
    members: Mapping[str, Any]
    invocation: str = ""
    request_id: str = ""

    def __repr__(self) -> str:
        return f"<Call {self.operation} {self.region} {self.account} with {', '.join(self.members)}>"


_AWS_QUOTAS = Quotas()

#: What everything that answers a call looks like, so that such things nest.
Answer = Callable[[Call], Response]


class Engine:
    """AWS KMS in memory.

    ``service`` is the generation of rules, ``current`` or ``2022``; with ``strict_tokens`` an import token is good
    for one successful import; ``quotas`` are the limits that LimitExceededException speaks of. ``explain`` gives
    refusals their diagnosis.
    """

    def __init__(
        self,
        world: World,
        *,
        service: str = "current",
        strict_tokens: bool = False,
        quotas: Quotas = _AWS_QUOTAS,
        explain: Explain = lambda *_: "",
    ) -> None:
        self._lock = RLock()
        self._explain = explain
        self._store = Store(world, service, quotas, strict_tokens=strict_tokens)

    def __call__(self, call: Call) -> Response:
        """Answer one call; raises KmsError where AWS refuses and NotOffered where this mock falls short of AWS."""
        operation = OPERATIONS.get(call.operation)
        if operation is None:
            offered = ", ".join(sorted(OPERATIONS))
            raise NotOffered(f"The mock does not offer {call.operation}. It offers: {offered}.")
        with self._lock:
            self._store.let_go()
            return self._answer(operation, call)

    def _answer(self, operation: Operation, call: Call) -> Response:
        region = self._store.region(call.account, call.region)
        region.request_id = call.request_id
        region.rules.check_known(operation.name, operation.traits.since, call.members)
        try:
            return operation(region, call.members)
        except KmsError as error:
            error.diagnosis = self._explain(region, call.members, error)
            raise

    def answer_as_of(self, call: Call, past: Key) -> Response:
        """Answer a call of an operation that only reads as if a KMS key were still what it was."""
        with self._lock:
            region = self._store.region(past.account, past.region)
            present = region.keys.get(past.id)
            if present is None:
                return self(call)
            region.keys.exchange(past)
            try:
                return self._answer(OPERATIONS[call.operation], call)
            finally:
                region.keys.exchange(present)

    def look_up(self, identifier: str, region: str, account: str, see: Callable[[Key], Seen]) -> Seen | None:
        """What ``see`` makes of the KMS key that an identifier of any kind names, while nothing else happens to it.

        None where there is no such key. This is no call of an operation.
        """
        with self._lock:
            self._store.let_go()
            key = self._store.region(account, region).named(identifier)
            return None if key is None else see(key)

    def take_back(self, key: Key) -> None:
        """Let a KMS key go at once, as if it had never been made."""
        with self._lock:
            self._store.region(key.account, key.region).remove(key.id)

    def snapshot(self) -> Store:
        """A copy of everything, for ``restore``."""
        with self._lock:
            return self._store.copy()

    def restore(self, snapshot: Store) -> None:
        """Go back to a snapshot, which stays good for further returns."""
        with self._lock:
            self._store = snapshot.copy()

"""Every account and Region behind one door, with one lock.

The engine is a function from a call to AWS's response; it raises where AWS refuses. It knows no transport and no
wire format: values are Python's own (``bytes`` for blobs, aware ``datetime`` for timestamps), names are AWS's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import chain, takewhile
from operator import attrgetter
from threading import RLock
from typing import Any, TypeVar

from . import saved
from .arns import partition_of
from .authorization.access import Decision, Permission, Subject, decide, refusal_by, root_of
from .authorization.decision import Source
from .authorization.principals import Account, Attachment, Principal, with_attached
from .call import Answer, Call, Caller, Response
from .errors import KmsError, NotOffered
from .key_stores import KeyStore
from .keys import Key
from .operations import OPERATIONS
from .operations.encrypting import seal_earlier, seal_under_none
from .operations.registry import Operation
from .quotas import Quotas
from .region import Region
from .service_events import ServiceEvent
from .store import Store, Visit
from .world import World

Seen = TypeVar("Seen")
#: Says why a request was refused, in words for the tester; it looks at what the Region knows, and changes nothing.
Explain = Callable[[Region, Mapping[str, Any], KmsError], str]

#: In the place of an access key: all those by which nobody is known.
ANYBODY = ""
_AWS_QUOTAS = Quotas()


def _not_offered(name: str) -> NotOffered:
    return NotOffered(f"The mock does not offer {name}.", sorted(OPERATIONS))


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
        """The response to one call; raises KmsError where AWS refuses."""
        result = self.answer(call).result
        if isinstance(result, KmsError):
            raise result
        return result

    def answer(self, call: Call) -> Answer:
        """Answer one call; raises NotOffered where this mock falls short of AWS."""
        operation = OPERATIONS.get(call.operation)
        if operation is None:
            raise _not_offered(call.operation)
        with self._lock:
            return self._answer(operation, call, self._store.begin_visit(call))

    def _answer(self, operation: Operation, call: Call, visit: Visit) -> Answer:
        region = self._store.region(call.caller.account, call.region)
        try:
            region.rules.check_known(operation.name, operation.traits.since, call.members)
            response = operation(region, call.members)
        except KmsError as error:
            error.diagnosis = self._explain(region, call.members, error)
            return Answer(error, visit.keys_seen(changed=False), None, tuple(visit.decisions), tuple(visit.asked))
        imported = visit.imported[0] if visit.imported else None
        keys = visit.keys_seen(changed=operation.traits.changes)
        recipient = visit.recipients[0] if visit.recipients else None
        decisions, asked = tuple(visit.decisions), tuple(visit.asked)
        return Answer(response, keys, imported, decisions, asked, recipient, visit.concealed)

    def answer_as_of(self, call: Call, past: Key) -> Answer:
        """Answer a call of an operation that only reads as if a KMS key were still what it was."""
        with self._lock:
            visit = self._store.begin_visit(call)
            region = self._store.region(past.account, past.region)
            present = region.keys.get(past.id)
            if present is None:
                return self.answer(call)
            region.keys.exchange(past)
            try:
                return self._answer(OPERATIONS[call.operation], call, visit)
            finally:
                region.keys.exchange(present)

    def register(self, access_key: str, principal: Principal) -> None:
        """Let whoever signs with an access key be this principal, or with ANYBODY whoever is not known.

        An access key of 12 digits is still the root user of that account, unless it is registered itself.
        """
        with self._lock:
            self._store.principals[access_key] = principal

    def registered(self, access_key: str) -> Principal | None:
        """Who was registered by an access key."""
        return self._store.principals.get(access_key)

    def knows(self, caller: Caller) -> bool:
        """Whether a caller's access key says who it is, or it was said who everybody else is."""
        known = self._store.principals
        return caller.access_key in known or ANYBODY in known or caller.access_key == caller.account

    @property
    def principals(self) -> int:
        """How many are registered."""
        return len(self._store.principals)

    def govern(self, account: str, settings: Account) -> None:
        """Let this hold for everybody of an account (12 digits), its root user among them."""
        with self._lock:
            self._store.accounts[account] = settings

    def attach(self, attachment: Attachment) -> None:
        """Let a statement hold for whoever calls, or one of them, until it is detached."""
        with self._lock:
            self._store.attached += (attachment,)

    def detach(self, attachment: Attachment) -> None:
        """Let a statement hold no more."""
        with self._lock:
            self._store.attached = tuple(one for one in self._store.attached if one is not attachment)

    def identify(self, caller: Caller, region: str) -> Caller:
        """Who it is that has signed a request to a Region, and of which account; one whose principal is known stays."""
        store = self._store
        if not store.attached and (caller.principal is not None or not (store.principals or store.accounts)):
            return caller
        principal = caller.principal or store.principals.get(caller.access_key)
        if principal is None and caller.access_key != caller.account:
            principal = store.principals.get(ANYBODY)
        attached = [one for one in store.attached if one.access_key in {ANYBODY, caller.access_key}]
        if principal is None:
            if not attached and caller.account not in store.accounts:
                return caller
            principal = root_of(caller.account, partition_of(region))
        principal = with_attached(principal, attached)
        return caller._replace(account=principal.account, principal=principal)

    def can(self, call: Call) -> tuple[Decision, ...]:
        """Whether the caller may do what a call asks for, permission by permission, without answering it.

        The call needs no more members than name what it is about and conditions ask for. Raises KmsError for a KMS key
        that is not there, or that the operation does not take; NotOffered for an operation that the mock does not have,
        and for a condition key that nobody here knows.
        """
        operation = OPERATIONS.get(call.operation)
        if operation is None:
            raise _not_offered(call.operation)
        with self._lock:
            self._store.begin_visit(call)
            region = self._store.region(call.account, call.region)
            needed = operation.permissions(region, call.members)
            if not needed:
                for member in operation.traits.keys:
                    operation.find_key(region, call.members.get(member, ""))
            return tuple(decide(region, call, permission)[0] for permission in needed)

    def refusal(self, call: Call, source: Source, *, explicit: bool) -> KmsError:
        """AWS's refusal of a call where a type of policy denies what it needs (``explicit``) or does not allow it.

        It speaks of the permission that is asked for first, and of nothing in particular where that is not there.
        """
        operation = OPERATIONS.get(call.operation)
        with self._lock:
            self._store.begin_visit(call)
            region = self._store.region(call.account, call.region)
            needed = [] if operation is None else operation.permissions(region, call.members)
            permission = next(iter(needed), Permission(call.operation, Subject()))
            return refusal_by(source, region, call, permission, explicit=explicit)

    def look_up(self, identifier: str, region: str, account: str, see: Callable[[Key], Seen]) -> Seen | None:
        """What ``see`` makes of the KMS key that an identifier of any kind names, while nothing else happens to it.

        None where there is no such key. This is no call of an operation.
        """
        with self._lock:
            self._store.begin_visit()
            key = self._store.region(account, region).look_up(identifier)
            return None if key is None else see(key)

    def held_data_key(self, identifier: str, region: str, account: str, context: Mapping[str, str]) -> bytes:
        """A data key that an AWS service has had since earlier, encrypted under the KMS key that an identifier names.

        AWS KMS finds the KMS key by it whatever has become of that, and opens it where that can be used. This is no
        call of an operation.
        """
        random_bytes = self._store.world.random_bytes
        held = self.look_up(identifier, region, account, lambda key: seal_earlier(key, context, self._store.world))
        return seal_under_none(random_bytes) if held is None else held

    def at_key_store(self, identifier: str, region: str, account: str, do: Callable[[KeyStore], Seen]) -> Seen | None:
        """What ``do`` makes of the custom key store with an ID or a name, while nothing else happens to it.

        None where there is no such custom key store. This is no call of an operation.
        """
        with self._lock:
            self._store.begin_visit()
            there = self._store.region(account, region)
            found = there.key_stores.get(identifier) or there.key_store_named(identifier)
            return None if found is None else do(there.key_store(found.id))

    def each(self, see: Callable[[Key], Seen]) -> list[Seen]:
        """What ``see`` makes of every KMS key there is, brought up to date."""
        with self._lock:
            self._store.begin_visit()
            self._store.apply_time()
            return [see(key) for key in self._store.all_keys()]

    def service_events(self) -> Sequence[ServiceEvent]:
        """What AWS KMS has done by itself until now, the first first; at the cost of a look at every KMS key."""
        with self._lock:
            self._store.begin_visit()
            self._store.apply_time()
            return sorted(self._store.service_events.kept, key=attrgetter("time"))

    def service_events_since(self, number: int) -> Sequence[ServiceEvent]:
        """What AWS KMS has done by itself from this number on, as far as that was noted; the first first."""
        with self._lock:
            latest_first = reversed(self._store.service_events.kept)
            new = takewhile(lambda event: event.number >= number, latest_first)
            return sorted(new, key=attrgetter("time", "number"))

    def catch_up(self) -> datetime | None:
        """Let time take effect where it is time, and tell when AWS KMS will do something by itself next.

        The first time costs a look at every KMS key, further ones a look at those that are due or were asked about.
        """
        with self._lock:
            self._store.begin_visit()
            return self._store.keep_agenda()

    def count_of_service_events(self) -> int:
        """How many things AWS KMS has done by itself."""
        return self._store.service_events.count

    def discard_key(self, key: Key) -> None:
        """Let a KMS key go at once, as if it had never been made."""
        with self._lock:
            self._store.region(key.account, key.region).remove(key.id)

    def snapshot(self) -> Store:
        """A copy of everything, for ``restore``."""
        with self._lock:
            return self._store.copy()

    def restore(self, snapshot: Store) -> None:
        """Go back to a snapshot, which stays good for further returns; who was registered since stays known.

        Clients have their access keys, and one that nobody is known by would be the root user's.
        """
        with self._lock:
            since = {access_key: principal for access_key, principal in self._store.principals.items() if access_key}
            self._store = snapshot.copy()
            self._store.principals = {**since, **self._store.principals}

    def save(self) -> dict[str, Any]:
        """Everything as plain data, which JSON can hold, for ``load``; it has all secrets in it."""
        with self._lock:
            self._store.begin_visit()
            return saved.write(self._store)

    def load(self, plain: object) -> list[str]:
        """Put what an engine has saved in the place of everything, and give the key ARNs of the imported keys.

        Raises ValueError for what no engine has saved, or one with other rules; then nothing has changed.
        """
        with self._lock:
            self._store = saved.read(plain, self._store)
            keys = chain.from_iterable(region.keys.by_age() for region in self._store.regions())
            return [key.arn for key in keys if key.is_external]

"""One account's KMS keys, aliases and grants in one Region, as the operations see them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from . import arns, key_store_messages, messages
from .aliases import RESERVED, Alias
from .arns import KeyName, kms_arn
from .authorization.principals import Account
from .errors import (
    AccessDeniedException,
    CustomKeyStoreNotFoundException,
    InvalidArnException,
    InvalidGrantTokenException,
    LimitExceededException,
    NotFoundException,
    NotOffered,
)
from .grants import Grant, read_token
from .index import Index
from .key_stores import KeyStore
from .keys import Key
from .managed import SERVICES, managed_key, service_behind
from .materials import key_ids_of
from .quotas import Quotas
from .rules import Rules, rules_of
from .service_events import ServiceEvents
from .states import KeyState
from .timers import apply_time
from .world import World
from .wrapping import ImportTokens

if TYPE_CHECKING:
    from .store import Store, Visit

_NO_SETTINGS = Account()
_UNKNOWN_SERVICE = (
    "{operation} with {alias} is not offered: the mock knows of no AWS managed key by this name. Behind alias/aws/"
    " there can be one of these."
)
#: The group of AWS managed keys among all.
_MANAGED = "AWS"


def _groups(key: Key) -> tuple[str, ...]:
    if key.store is not None:
        return (key.store.id,)
    return () if key.service is None else (_MANAGED,)


class Region:
    """What one account has in one Region, as the operations see it."""

    def __init__(self, name: str, account: str, store: Store) -> None:
        self.name = name
        self.account = account
        self.rules: Rules = rules_of(store.service, arns.partition_of(name))
        self.keys: Index[Key] = Index(attrgetter("id"), _groups)
        self.aliases: Index[Alias] = Index(attrgetter("name"), lambda alias: (alias.key_id,))
        self.grants: Index[Grant] = Index(attrgetter("id"), attrgetter("groups"))
        self.key_stores: Index[KeyStore] = Index(attrgetter("id"))
        self._store = store

    def copy(self, store: Store) -> Region:
        """A Region of its own with the same content, in another store; related keys are still those of this one."""
        other = copy(self)
        other._store = store
        other.keys, other.aliases, other.grants = self.keys.copy(Key.copy), self.aliases.copy(), self.grants.copy()
        other.key_stores = self.key_stores.copy(KeyStore.copy)
        for key_store in other.key_stores.by_age():
            for key in other.keys.by_age(key_store.id):
                key.store = key_store
        return other

    @property
    def is_empty(self) -> bool:
        """Whether the account has nothing in it."""
        return not (self.keys.by_age() or self.aliases.by_age() or self.grants.by_age() or self.key_stores.by_age())

    # What it shares with the others

    @property
    def world(self) -> World:
        """Where randomness comes from, and how long AWS takes."""
        return self._store.world

    @property
    def now(self) -> datetime:
        """When the call that is being answered came."""
        return self._store.visit.now

    @property
    def request_id(self) -> str:
        """The request ID of the call that is being answered."""
        return self._store.visit.call.request_id

    @property
    def visit(self) -> Visit:
        """The call that is being answered."""
        return self._store.visit

    def settings_of(self, account: str) -> Account:
        """What holds for everybody of an account."""
        return self._store.accounts.get(account, _NO_SETTINGS)

    def note_import(self, plaintext: bytes) -> None:
        """Note that the call brings this key material in."""
        self._store.visit.imported.append(plaintext)

    def touch(self, key: Key, before: KeyState | None = None) -> None:
        """Note that the call is about a KMS key, in this state before it; None for one that it has made."""
        self._store.visit.touched.append((key, before))
        if self._store.agenda is not None:
            self._store.note_change(key)

    @property
    def service_events(self) -> ServiceEvents:
        """What AWS KMS has done by itself."""
        return self._store.service_events

    @property
    def tokens(self) -> ImportTokens:
        """The import tokens that have been issued."""
        return self._store.tokens

    @property
    def quotas(self) -> Quotas:
        """How many there may be."""
        return self._store.quotas

    def next_serial(self) -> int:
        """A number that says which of two things is the older."""
        return self._store.next_serial()

    def in_account(self, account: str) -> Region:
        """The same Region of another account."""
        return self._store.region(account, self.name)

    def of_key(self, key: Key) -> Region:
        """What the account of a KMS key has in its Region."""
        return self._store.region(key.account, key.region)

    def in_region(self, name: str) -> Region:
        """Another Region of the same account."""
        return self._store.region(self.account, name)

    def others(self) -> Sequence[Region]:
        """All other Regions and accounts that there are."""
        return [region for region in self._store.regions() if region is not self]

    def shared_keys(self) -> Sequence[Key]:
        """The KMS keys of other accounts in this Region that AWS RAM shares with this one, oldest first."""
        there = [key for region in self.others() if region.name == self.name for key in region.keys.by_age()]
        shared = [key for key in there if key.share is not None and self.account in key.share.accounts]
        return sorted(shared, key=attrgetter("serial"))

    def related_keys(self, key_id: str) -> Sequence[Key]:
        """The KMS keys of other Regions and accounts with this key ID."""
        return [key for region in self.others() if (key := region.keys.get(key_id)) is not None]

    # KMS keys

    def of_material(self, material_id: str) -> Key | None:
        """The KMS key of this Region that a key material ID is of, of whatever account; None where there is none."""
        key_ids = key_ids_of(bytes.fromhex(material_id))
        accounts = chain((self,), (other for other in self.others() if other.name == self.name))
        keys = (region.key(key_id) for region in accounts for key_id in key_ids)
        return next((key for key in keys if key is not None), None)

    def key(self, key_id: str) -> Key | None:
        """The KMS key with this key ID, brought up to date; None where there is none."""
        key = self.keys.get(key_id)
        if key is not None:
            apply_time(key, self._store.world, self._store.visit.now, self._store.service_events)
        return key

    def check_room(self) -> None:
        """Refuse another KMS key where there are as many as there may be; those that AWS manages do not count."""
        if len(self.keys.by_age()) - len(self.keys.by_age(_MANAGED)) >= self.quotas.keys:
            raise LimitExceededException(messages.TOO_MANY_KEYS)

    def schedule_deletion(self, key: Key, days: int) -> None:
        """Let a KMS key go after so many days, a primary key after its replicas; unless that is called off."""
        if key.family is not None and key.family.replicas and not key.is_replica:
            key.waiting_period = days
        else:
            self._store.schedule_deletion(key, self.now + timedelta(days=days))

    def remove(self, key_id: str) -> None:
        """Forget a KMS key, with all its key material, its aliases and its grants."""
        self.keys.remove(key_id)
        for alias in list(self.aliases.by_age(key_id)):
            self.aliases.remove(alias.name)
        for grant in list(self.grants.by_age(key_id)):
            self.grants.remove(grant.id)

    def resolve(
        self, identifier: str, operation: str, *, aliases: bool, across_accounts: bool, predefined: bool = False
    ) -> Key:
        """The KMS key that a request's KeyId names.

        With ``predefined``, an alias of AWS's own names the AWS managed key that is to be made where it has none.

        Raises NotFoundException, InvalidArnException for an alias where ``aliases`` are not taken, and
        AccessDeniedException for another account's key that does not exist or cannot be used from here; NotOffered for
        an alias of AWS's own whose service is not known here.
        """
        if (known := self.key(identifier)) is not None:  # a bare key ID, as most requests have it
            return known
        name = arns.parse(identifier)
        if name.region not in {None, self.name}:
            raise NotFoundException(messages.INVALID_ARN.format(part=name.region))
        if name.partition not in {None, arns.partition_of(self.name)}:
            raise NotFoundException(messages.INVALID_ARN.format(part=name.partition))
        if name.is_alias and not aliases:
            raise InvalidArnException(messages.ALIAS_NOT_SUPPORTED)
        if name.account not in {None, self.account}:
            return self._resolve_across_accounts(name, operation, across_accounts=across_accounts)
        key = self._look_up(name)
        if key is not None:
            return key
        service = service_behind(name.resource)
        if predefined and service is not None:
            return self._managed_key(service)
        if name.resource.startswith(RESERVED) and service is None:
            raise NotOffered(_UNKNOWN_SERVICE.format(operation=operation, alias=name.resource), SERVICES)
        raise NotFoundException(self._not_found(name, identifier))

    def _not_found(self, name: KeyName, identifier: str) -> str:
        if name.is_alias:
            return messages.ALIAS_NOT_FOUND.format(arn=kms_arn(self.name, self.account, name.resource))
        if not name.key_id:
            return messages.INVALID_KEY_ID.format(key_id=identifier)
        return messages.KEY_NOT_FOUND.format(arn=kms_arn(self.name, self.account, f"key/{name.key_id}"))

    def _managed_key(self, service: str) -> Key:
        """The AWS managed key of a service, which has none here; nobody has it yet."""
        key = managed_key(
            service,
            key_id=self.world.new_key_id(multi_region=False),
            region=self.name,
            account=self.account,
            serial=self.next_serial(),
            rules=self.rules,
            now=self.now,
        )
        key.usable_material(self.world)
        return key

    def add_managed_key(self, key: Key) -> None:
        """Have an AWS managed key, and its alias for it."""
        self.keys.add(key)
        name = f"{RESERVED}{key.service}"
        self.aliases.add(Alias(name, key.id, self.next_serial(), created=self.now, updated=self.now))

    def look_up(self, identifier: str) -> Key | None:
        """The KMS key that a key ID, key ARN, alias name or alias ARN names, wherever it is; None where there is none.

        This is for looking at it: no operation answers by it.
        """
        if (known := self.key(identifier)) is not None:
            return known
        name = arns.parse(identifier)
        return self._store.region(name.account or self.account, name.region or self.name)._look_up(name)

    def _look_up(self, name: KeyName) -> Key | None:
        """The KMS key that has a key ID or an alias."""
        if not name.is_alias:
            return self.key(name.key_id)
        alias = self.aliases.get(name.resource)
        return None if alias is None else self.key(alias.key_id)

    def _resolve_across_accounts(self, name: KeyName, operation: str, *, across_accounts: bool) -> Key:
        key = self.in_account(name.account or "")._look_up(name) if across_accounts else None
        if key is None:
            caller = self._store.visit.call.caller_arn
            raise AccessDeniedException(messages.ACCESS_DENIED.format(caller=caller, operation=operation))
        return key

    # Custom key stores

    def key_store(self, store_id: str) -> KeyStore:
        """The custom key store with this ID, brought up to date; raises CustomKeyStoreNotFoundException."""
        store = self.key_stores.get(store_id)
        if store is None:
            raise CustomKeyStoreNotFoundException(key_store_messages.STORE_NOT_FOUND.format(store=store_id))
        store.settle(self.now)
        return store

    def key_store_named(self, name: str) -> KeyStore | None:
        """The custom key store with this name, brought up to date; None where there is none."""
        found = next((store for store in self.key_stores.by_age() if store.name == name), None)
        return None if found is None else self.key_store(found.id)

    # Grants

    def grant_of(self, token: str) -> Grant:
        """The grant that a grant token names; raises InvalidGrantTokenException where there is none (any more)."""
        name = read_token(token)
        grant = self.in_account(name.account).grants.get(name.grant_id)
        if grant is None:
            raise InvalidGrantTokenException
        return grant

    def retirable_grants(self, principal: str) -> Sequence[Grant]:
        """The grants that a principal may retire, in all accounts, oldest first."""
        regions = [region for region in self._store.regions() if region.name == self.name]
        return sorted((g for region in regions for g in region.grants.by_age(principal)), key=attrgetter("serial"))

"""One account's KMS keys, aliases and grants in one Region, and all of those together."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from copy import copy
from datetime import datetime, timedelta
from itertools import chain, count
from operator import attrgetter
from typing import NamedTuple

from . import arns, messages
from .aliases import RESERVED, Alias
from .arns import KeyName, kms_arn
from .errors import (
    AccessDeniedException,
    InvalidArnException,
    InvalidGrantTokenException,
    LimitExceededException,
    NotFoundException,
    NotOffered,
)
from .grants import Grant, read_token
from .index import Index
from .keys import Key
from .materials import key_ids_of
from .quotas import Quotas
from .rules import Rules, rules_of
from .timers import apply_time
from .world import World
from .wrapping import ImportTokens

_MANAGED = (
    "{operation} with {alias} is not offered: the mock has no keys that AWS manages. Make a KMS key with CreateKey, and"
    " let the code under test name that one."
)


class Region:
    """What one account has in one Region, as the operations see it.

    ``request_id`` is that of the call which is being answered.
    """

    def __init__(self, name: str, account: str, store: Store) -> None:
        self.name = name
        self.account = account
        self.rules: Rules = rules_of(store.service, arns.partition_of(name))
        self.keys: Index[Key] = Index(attrgetter("id"))
        self.aliases: Index[Alias] = Index(attrgetter("name"), lambda alias: (alias.key_id,))
        self.grants: Index[Grant] = Index(attrgetter("id"), attrgetter("groups"))
        self.request_id = ""
        self._store = store

    def copy(self, store: Store) -> Region:
        """A Region of its own with the same content, in another store; related keys are still those of this one."""
        other = copy(self)
        other._store = store
        other.keys, other.aliases, other.grants = self.keys.copy(Key.copy), self.aliases.copy(), self.grants.copy()
        return other

    @property
    def is_empty(self) -> bool:
        """Whether the account has nothing in it."""
        return not (self.keys.by_age() or self.aliases.by_age() or self.grants.by_age())

    # What it shares with the others

    @property
    def world(self) -> World:
        """The clock and the dice."""
        return self._store.world

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

    def elsewhere(self, name: str) -> Region:
        """Another Region of the same account."""
        return self._store.region(self.account, name)

    def others(self) -> Sequence[Region]:
        """All other Regions and accounts that there are."""
        return [region for region in self._store.regions() if region is not self]

    def everywhere(self, key_id: str) -> Sequence[Key]:
        """The KMS keys of other Regions and accounts with this key ID."""
        return [key for region in self.others() if (key := region.keys.get(key_id)) is not None]

    # KMS keys

    def of_material(self, material_id: str) -> Key | None:
        """The KMS key of this Region that a key material ID is of, of whatever account; None where there is none."""
        key_ids = key_ids_of(bytes.fromhex(material_id))
        accounts = chain((self,), (other for other in self.others() if other.name == self.name))
        keys = (region.get(key_id) for region in accounts for key_id in key_ids)
        return next((key for key in keys if key is not None), None)

    def get(self, key_id: str) -> Key | None:
        """The KMS key with this key ID, brought up to date; None where there is none."""
        key = self.keys.get(key_id)
        if key is not None:
            apply_time(key, self.world)
        return key

    def check_room(self) -> None:
        """Refuse another KMS key where there are as many as there may be."""
        if len(self.keys.by_age()) >= self.quotas.keys:
            raise LimitExceededException(messages.TOO_MANY_KEYS)

    def schedule_deletion(self, key: Key, days: int) -> None:
        """Let a KMS key go after so many days, a primary key after its replicas; unless that is called off."""
        if key.family is not None and key.family.replicas and not key.is_replica:
            key.waiting_period = days
        else:
            self._store.schedule_deletion(key, self.world.now() + timedelta(days=days))

    def remove(self, key_id: str) -> None:
        """Forget a KMS key, with all its key material, its aliases and its grants."""
        self.keys.remove(key_id)
        for alias in list(self.aliases.by_age(key_id)):
            self.aliases.remove(alias.name)
        for grant in list(self.grants.by_age(key_id)):
            self.grants.remove(grant.id)

    def find(self, identifier: str, operation: str, *, aliases: bool, across_accounts: bool) -> Key:
        """The KMS key that a request's KeyId names.

        Raises NotFoundException, InvalidArnException for an alias where ``aliases`` are not taken, and
        AccessDeniedException for another account's key that does not exist or cannot be used from here; NotOffered for
        the alias of a key that AWS manages.
        """
        if (known := self.get(identifier)) is not None:  # a bare key ID, as most requests have it
            return known
        name = arns.parse(identifier)
        if name.region not in {None, self.name}:
            raise NotFoundException(messages.INVALID_ARN.format(part=name.region))
        if name.partition not in {None, arns.partition_of(self.name)}:
            raise NotFoundException(messages.INVALID_ARN.format(part=name.partition))
        if name.is_alias and not aliases:
            raise InvalidArnException(messages.ALIAS_NOT_SUPPORTED)
        if name.account not in {None, self.account}:
            return self._find_elsewhere(name, operation, across_accounts=across_accounts)
        key = self._named(name)
        if key is not None:
            return key
        if name.resource.startswith(RESERVED):
            raise NotOffered(_MANAGED.format(operation=operation, alias=name.resource))
        if name.is_alias:
            arn = kms_arn(self.name, self.account, name.resource)
            raise NotFoundException(messages.ALIAS_NOT_FOUND.format(arn=arn))
        if not name.key_id:
            raise NotFoundException(messages.INVALID_KEY_ID.format(key_id=identifier))
        arn = kms_arn(self.name, self.account, f"key/{name.key_id}")
        raise NotFoundException(messages.KEY_NOT_FOUND.format(arn=arn))

    def named(self, identifier: str) -> Key | None:
        """The KMS key that a key ID, key ARN, alias name or alias ARN names, wherever it is; None where there is none.

        This is for looking at it: no operation answers by it.
        """
        if (known := self.get(identifier)) is not None:
            return known
        name = arns.parse(identifier)
        return self._store.region(name.account or self.account, name.region or self.name)._named(name)

    def _named(self, name: KeyName) -> Key | None:
        """The KMS key that has a key ID or an alias."""
        if not name.is_alias:
            return self.get(name.key_id)
        alias = self.aliases.get(name.resource)
        return None if alias is None else self.get(alias.key_id)

    def _find_elsewhere(self, name: KeyName, operation: str, *, across_accounts: bool) -> Key:
        key = self.in_account(name.account or "")._named(name) if across_accounts else None
        if key is None:
            caller = f"arn:{arns.partition_of(self.name)}:iam::{self.account}:root"
            raise AccessDeniedException(messages.ACCESS_DENIED.format(caller=caller, operation=operation))
        return key

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


class Deletion(NamedTuple):
    """When a KMS key is to go; the serial is that of the key, so that two on one date can be put in order."""

    date: datetime
    serial: int
    key: Key


class Store:
    """Every account and Region of one service, made when they are first asked for and kept while they have something.

    ``_asked_for`` are those that may have nothing in them, ``_deletions`` the KMS keys that are to go, next one first;
    each key is among them once at most, by its serial in ``_deletion_of``.
    """

    def __init__(self, world: World, service: str, quotas: Quotas, *, strict_tokens: bool) -> None:
        self.world = world
        self.service = service
        self.quotas = quotas
        self.tokens = ImportTokens(world, strict=strict_tokens)
        self._regions: dict[tuple[str, str], Region] = {}
        self._asked_for: set[tuple[str, str]] = set()
        self._serials = count()
        self._deletions: list[Deletion] = []
        self._deletion_of: dict[int, Deletion] = {}

    def region(self, account: str, name: str) -> Region:
        """What an account has in a Region; to be used within one call, for an empty one does not last longer."""
        region = self._regions.get((account, name))
        if region is None:
            region = self._regions[account, name] = Region(name, account, self)
            self._asked_for.add((account, name))
        return region

    def regions(self) -> Sequence[Region]:
        """All that there are, of all accounts."""
        return list(self._regions.values())

    def next_serial(self) -> int:
        """Numbers that rise with everything made."""
        return next(self._serials)

    def schedule_deletion(self, key: Key, date: datetime) -> None:
        """Let a KMS key go at a date, unless that is called off or put elsewhere in between."""
        key.deletion_date, key.waiting_period = date, None
        earlier = self._deletion_of.get(key.serial)
        if earlier is not None:  # it was called off
            del self._deletions[bisect_right(self._deletions, earlier) - 1]
        deletion = self._deletion_of[key.serial] = Deletion(date, key.serial, key)
        insort(self._deletions, deletion)

    def let_go(self) -> None:
        """Forget what nothing is in, and the KMS keys whose deletion date has come; at the cost of those alone."""
        while self._deletions and self._deletions[0].date <= self.world.now():
            number = bisect_right(self._deletions, self.world.now(), key=attrgetter("date"))
            due, self._deletions = self._deletions[:number], self._deletions[number:]
            for deletion in due:
                del self._deletion_of[deletion.serial]
                if self._holds(deletion):
                    self._let_key_go(deletion.key, deletion.date)
        while self._asked_for:
            where = self._asked_for.pop()
            if self._regions[where].is_empty:
                del self._regions[where]

    def _holds(self, deletion: Deletion) -> bool:
        """Whether a deletion was neither called off nor done."""
        key = deletion.key
        return key.deletion_date == deletion.date and self.region(key.account, key.region).keys.get(key.id) is key

    def _let_key_go(self, key: Key, date: datetime) -> None:
        self.region(key.account, key.region).remove(key.id)
        self._asked_for.add((key.account, key.region))
        if key.family is None:
            return
        key.family.replicas.pop(key.region, None)
        primary = key.family.primary
        if primary.waiting_period is not None and not key.family.replicas:  # now its own waiting period begins
            self.schedule_deletion(primary, date + timedelta(days=primary.waiting_period))

    def copy(self) -> Store:
        """A store of its own with the same content."""
        other = copy(self)
        other.tokens = self.tokens.copy()
        other._regions = {where: region.copy(other) for where, region in self._regions.items()}
        other._asked_for = set(self._asked_for)
        other._deletions = [d._replace(key=other._copy_of(d.key)) for d in self._deletions if self._holds(d)]
        other._deletion_of = {deletion.serial: deletion for deletion in other._deletions}
        for region in self._regions.values():
            for key in region.keys.by_age():
                if key.family is not None and not key.is_replica:
                    key.family.copy(other._copy_of)
        return other

    def _copy_of(self, key: Key) -> Key:
        other = self.region(key.account, key.region).keys.get(key.id)
        assert other is not None  # what is copied is all there
        return other

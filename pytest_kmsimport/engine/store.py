"""One account's KMS keys in one Region, and all of those together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from copy import copy
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

from . import arns, messages
from .arns import KeyName, kms_arn
from .errors import AccessDeniedException, InvalidArnException, NotFoundException
from .keys import Key
from .rules import Rules, rules_of
from .world import World
from .wrapping import ImportTokens


class Region:
    """What one account has in one Region, as the operations see it."""

    def __init__(self, name: str, account: str, store: Store) -> None:
        self.name = name
        self.account = account
        self.rules: Rules = rules_of(store.service, arns.partition_of(name))
        self._store = store
        self._keys: dict[str, Key] = {}
        self._by_age: list[Key] = []
        self._deletions: list[tuple[datetime, int, str]] = []  # a heap: date, serial, key ID

    def copy(self, store: Store) -> Region:
        """A Region of its own with the same KMS keys, in another store."""
        twin = copy(self)
        twin._store = store
        twin._by_age = [key.copy() for key in self._by_age]
        twin._keys = {key.id: key for key in twin._by_age}
        twin._deletions = list(self._deletions)
        return twin

    @property
    def world(self) -> World:
        """The clock and the dice."""
        return self._store.world

    @property
    def tokens(self) -> ImportTokens:
        """The import tokens that have been issued."""
        return self._store.tokens

    def next_serial(self) -> int:
        """A number that says which of two KMS keys is the older."""
        return self._store.next_serial()

    def add(self, key: Key) -> None:
        """Take in a KMS key that was just made."""
        self._let_go()
        self._keys[key.id] = key
        self._by_age.append(key)

    def get(self, key_id: str) -> Key | None:
        """The KMS key with this key ID, brought up to date; None where there is none, or no longer."""
        key = self._keys.get(key_id)
        if key is None:
            return None
        if key.deletion_date is not None and self.world.now() >= key.deletion_date:
            self.remove(key_id)
            return None
        key.settle(self.world)
        return key

    def by_age(self) -> list[Key]:
        """All KMS keys that there are by now, oldest first, in the state in which they were last touched."""
        self._let_go()
        return self._by_age

    def schedule_deletion(self, key: Key, date: datetime) -> None:
        """Let a KMS key go at a date, unless that is called off or put elsewhere in between."""
        key.deletion_date = date
        heappush(self._deletions, (date, key.serial, key.id))

    def find(self, identifier: str, operation: str, *, aliases: bool, across_accounts: bool) -> Key:
        """The KMS key that a request's KeyId names.

        Raises NotFoundException, InvalidArnException for an alias where ``aliases`` are not taken, and
        AccessDeniedException for another account's key that does not exist or cannot be used from here.
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
        if name.is_alias:
            arn = kms_arn(self.name, self.account, name.resource)
            raise NotFoundException(messages.ALIAS_NOT_FOUND.format(arn=arn))
        if not name.key_id:
            raise NotFoundException(messages.INVALID_KEY_ID.format(key_id=identifier))
        key = self.get(name.key_id)
        if key is None:
            arn = kms_arn(self.name, self.account, f"key/{name.key_id}")
            raise NotFoundException(messages.KEY_NOT_FOUND.format(arn=arn))
        return key

    def in_account(self, account: str) -> Region:
        """The same Region of another account."""
        return self._store.region(account, self.name)

    def _find_elsewhere(self, name: KeyName, operation: str, *, across_accounts: bool) -> Key:
        key = self.in_account(name.account or "").get(name.key_id) if across_accounts else None
        if key is None:
            caller = f"arn:{arns.partition_of(self.name)}:iam::{self.account}:root"
            raise AccessDeniedException(messages.ACCESS_DENIED.format(caller=caller, operation=operation))
        return key

    def _let_go(self) -> None:
        """Forget the KMS keys whose deletion date has come, at the cost of those alone."""
        now = self.world.now()
        while self._deletions and self._deletions[0][0] <= now:
            self.get(heappop(self._deletions)[2])

    def remove(self, key_id: str) -> None:
        """Forget a KMS key, with all its key material."""
        key = self._keys.pop(key_id)
        del self._by_age[bisect_left(self._by_age, key.serial, key=lambda other: other.serial)]


class Store:
    """Every account and Region of one service, made when they are first asked for."""

    def __init__(self, world: World, service: str, *, strict_tokens: bool) -> None:
        self.world = world
        self.service = service
        self.tokens = ImportTokens(world, strict=strict_tokens)
        self._regions: dict[tuple[str, str], Region] = {}
        self._serials = count()

    def region(self, account: str, name: str) -> Region:
        """What an account has in a Region."""
        region = self._regions.get((account, name))
        if region is None:
            region = self._regions[account, name] = Region(name, account, self)
        return region

    def copy(self) -> Store:
        """A store of its own with the same content."""
        twin = copy(self)
        twin.tokens = self.tokens.copy()
        twin._regions = {where: region.copy(twin) for where, region in self._regions.items()}
        return twin

    def next_serial(self) -> int:
        """Numbers that rise with every KMS key made."""
        return next(self._serials)

    def __iter__(self) -> Iterator[Region]:
        return iter(self._regions.values())

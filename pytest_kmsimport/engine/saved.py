"""The whole state of an engine as plain data, which a file can hold, and back.

What a KMS key, a key material, an alias, a grant or an import token has is written by its fields, so that a new field
is written too. Here is only how they belong together. What follows from the rest is not written.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from . import plain
from .aliases import Alias
from .errors import NotOffered
from .grants import Grant
from .key_stores import KeyStore
from .keys import Family, Key
from .region import Region
from .store import Store
from .wrapping import Issued

__tracebackhide__ = True

#: Fields of a KMS key that follow from its Region, or are written in words of their own.
_OTHERWISE = frozenset({"rules", "spec", "family", "store"})


class _SavedKey(NamedTuple):
    """A KMS key: its key spec, the Regions of its replica keys (None where it is no primary key), and its fields.

    ``store`` is the ID of the custom key store that it is in.
    """

    spec: str
    replicas: tuple[str, ...] | None
    fields: Any
    store: str | None = None


class _SavedRegion(NamedTuple):
    """What one account has in one Region, the oldest first."""

    account: str
    name: str
    keys: tuple[_SavedKey, ...]
    aliases: tuple[Alias, ...]
    grants: tuple[Grant, ...]
    key_stores: tuple[KeyStore, ...] = ()


class _SavedStore(NamedTuple):
    """Every account and Region, by which rules, and the import tokens."""

    service: str
    next_serial: int
    issued: Issued
    regions: tuple[_SavedRegion, ...]


def write(store: Store) -> dict[str, Any]:
    """All that a store has, as plain data.

    Key material that KMS makes when it is first needed was there from the beginning: it is made now.
    """
    regions = [
        _SavedRegion(
            region.account,
            region.name,
            tuple(_saved(key, region) for key in region.keys.by_age()),
            tuple(region.aliases.by_age()),
            tuple(region.grants.by_age()),
            tuple(region.key_stores.by_age()),
        )
        for region in store.regions()
        if not region.is_empty
    ]
    return plain.write(_SavedStore(store.service, store.next_serial(), store.tokens.issued, tuple(regions)))


def _saved(key: Key, region: Region) -> _SavedKey:
    if not key.is_external:
        with suppress(NotOffered):  # then nobody can use it either
            key.usable_material(region.world)
    replicas = None if key.family is None or key.is_replica else tuple(key.family.replicas)
    store = None if key.store is None else key.store.id
    return _SavedKey(key.spec.name, replicas, plain.write(key, without=_OTHERWISE), store)


def read(data: object, present: Store) -> Store:
    """A store of what ``write`` gave, by the same rules as the present one, which stays as it is.

    Raises ValueError for anything else, and where it was written by other rules.
    """
    saved = plain.read(_SavedStore, data)
    if saved.service != present.service:
        raise ValueError(f"it is of a mock with service={saved.service!r}, and this one has {present.service!r}")
    store = present.begin_again(saved.issued, saved.next_serial)
    primaries: list[tuple[Key, tuple[str, ...]]] = []
    for there in saved.regions:
        region = store.region(there.account, there.name)
        for key_store in there.key_stores:
            region.key_stores.add(key_store)
        for item in there.keys:
            key = _key(item, region)
            region.keys.add(key)
            if item.replicas is not None:
                primaries.append((key, item.replicas))
            if key.deletion_date is not None:
                store.schedule_deletion(key, key.deletion_date)
        for alias in there.aliases:
            region.aliases.add(alias)
        for grant in there.grants:
            region.grants.add(grant)
    for primary, replicas in primaries:
        Family(primary, {name: _replica(primary, store.region(primary.account, name)) for name in replicas}).unite()
    return store


def _key(saved: _SavedKey, region: Region) -> Key:
    spec = region.rules.specs.get(saved.spec)
    if spec is None:
        raise plain.UnfitError(f"there is no key spec {saved.spec!r}")
    store = None if saved.store is None else region.key_stores.get(saved.store)
    if store is None and saved.store is not None:
        raise plain.UnfitError(f"there is no custom key store {saved.store!r}")
    return plain.read(Key, saved.fields, spec=spec, rules=region.rules, family=None, store=store)


def _replica(primary: Key, region: Region) -> Key:
    replica = region.keys.get(primary.id)
    if replica is None:
        raise plain.UnfitError(f"{primary.arn} has no replica key in {region.name}")
    return replica

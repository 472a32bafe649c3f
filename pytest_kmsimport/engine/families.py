"""Related multi-Region keys: the primary key and its replicas, and what they share.

https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from .states import KeyState, Transition

if TYPE_CHECKING:
    from .keys import Key


@dataclass(slots=True, eq=False)
class Family:
    """A multi-Region primary key and its replica keys, by Region.

    They share key ID, spec, usage, origin and rotation. Keys that AWS makes the material for share that too; imported
    ones share the identifiers and descriptions of their key materials, and each needs an import of the same bytes.
    """

    primary: Key
    replicas: dict[str, Key] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Key]:
        yield self.primary
        yield from self.replicas.values()

    def in_region(self, region: str) -> Key | None:
        """The one of them that is in a Region."""
        return next((key for key in self if key.region == region), None)

    def share_materials(self) -> None:
        """Let all have one set of key materials, unless each holds what was imported into it."""
        if not self.primary.is_external:
            for replica in self.replicas.values():
                replica.materials = self.primary.materials

    def add_replica(self, region: str, serial: int, created: datetime, ready: datetime) -> Key:
        """Make a replica key in a Region, in Creating until it is ready; an EXTERNAL one is without key material."""
        primary = self.primary
        replica = replace(
            primary,
            region=region,
            serial=serial,
            created=created,
            tags={},
            transition=Transition(KeyState.CREATING, ready),
            materials={id_: m.without_plaintext() for id_, m in primary.materials.items()},
            schedule=None,
            rotation_started=None,
            last_use=None,
        )
        self.replicas[region] = replica
        self.share_materials()
        return replica

    def promote(self, replica: Key, ready: datetime) -> None:
        """Make a replica the primary key, and the primary key a replica; both are Updating until then."""
        former = self.primary
        del self.replicas[replica.region]
        self.primary, self.replicas[former.region] = replica, former
        replica.schedule, former.schedule = former.schedule, None
        replica.rotation_started, former.rotation_started = former.rotation_started, None
        for key in (former, replica):
            key.transition = Transition(KeyState.UPDATING, ready)

    def copy(self, twin_of: Callable[[Key], Key]) -> None:
        """Relate the copies of these keys with each other as these are."""
        family = Family(twin_of(self.primary), {region: twin_of(key) for region, key in self.replicas.items()})
        for key in family:
            key.family = family
        family.share_materials()

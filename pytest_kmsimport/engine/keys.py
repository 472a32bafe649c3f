"""A KMS key, its key materials, and its multi-Region family: what they are, hold and become.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from . import messages
from .arns import kms_arn
from .errors import ValidationException
from .generated import Generated
from .key_stores import KeyStore
from .materials import (
    PERMANENT,
    ImportTerms,
    KeyMaterial,
    KeyMaterialState,
    Loss,
    LossCause,
    key_material_id,
    load_held_key,
)
from .rotations import Schedule
from .rules import Rules
from .sharing import Share
from .specs import KeySpec
from .states import KeyState, Transition
from .tags import Tags
from .uses import LastUse
from .world import World

EXTERNAL = "EXTERNAL"


@dataclass(slots=True, eq=False)
class Key:
    """A KMS key in one Region: the one thing in the engine that changes.

    Its state is never stored: it follows from the deletion date, the key materials and the enabled flag.
    ``waiting_period`` is that of a primary key which is to be deleted after its replicas (days), ``family`` is None for
    single-Region keys. ``service`` is the last word of an AWS managed key's alias (``s3``), ``store`` the custom key
    store that it is in, ``xks_key_id`` its external key there, ``share`` what AWS RAM has made of it.
    """

    id: str
    region: str
    account: str
    serial: int
    spec: KeySpec
    usage: str
    origin: str
    created: datetime
    policy: str
    rules: Rules = field(repr=False)
    description: str = ""
    tags: Tags = field(default_factory=dict)
    enabled: bool = True
    deletion_date: datetime | None = None
    waiting_period: int | None = None
    transition: Transition | None = None
    family: Family | None = field(default=None, repr=False)
    last_use: LastUse | None = field(default=None, repr=False)
    materials: dict[str, KeyMaterial] = field(default_factory=dict)
    generated: Generated = field(default_factory=Generated, repr=False)
    schedule: Schedule | None = None
    rotation_started: datetime | None = None
    service: str | None = None
    store: KeyStore | None = field(default=None, repr=False)
    xks_key_id: str | None = None
    share: Share | None = field(default=None, repr=False)

    def copy(self) -> Key:
        """A key of its own with the same content; key materials are values and can be shared."""
        other = copy(self)
        other.tags, other.materials = dict(self.tags), dict(self.materials)
        return other

    # What it is

    @property
    def arn(self) -> str:
        """The key ARN."""
        return kms_arn(self.region, self.account, f"key/{self.id}")

    @property
    def scope(self) -> str:
        """What its ciphertexts are bound to: the key ARN, without the Region where keys of several Regions share it."""
        return kms_arn("" if self.is_multi_region else self.region, self.account, f"key/{self.id}")

    @property
    def is_external(self) -> bool:
        """Whether its key material is imported."""
        return self.origin == EXTERNAL

    @property
    def is_multi_region(self) -> bool:
        """Whether it is a multi-Region key, which its key ID tells."""
        return self.id.startswith("mrk-")

    @property
    def related(self) -> Iterable[Key]:
        """The key itself, or all of its multi-Region family."""
        return (self,) if self.family is None else self.family

    @property
    def primary(self) -> Key:
        """The key itself, or the primary key of its family: what holds the rotation."""
        return self if self.family is None else self.family.primary

    @property
    def is_replica(self) -> bool:
        """Whether another key is the primary one."""
        return self.primary is not self

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that its spec has for its usage."""
        return self.spec.algorithms[self.usage]

    @property
    def state(self) -> KeyState:
        """The key state, as of the last time that time was applied to the key."""
        if self.deletion_date is not None:
            return KeyState.PENDING_DELETION
        if self.waiting_period is not None:
            return KeyState.PENDING_REPLICA_DELETION
        if self.transition is not None:
            return self.transition.state
        if self.origin == EXTERNAL and not self.has_material:
            return KeyState.PENDING_IMPORT
        if self.store is not None and not self.store.is_connected:
            return KeyState.UNAVAILABLE
        return KeyState.ENABLED if self.enabled else KeyState.DISABLED

    # What it holds

    @property
    def permanent(self) -> list[KeyMaterial]:
        """The key materials that are permanently associated with it, oldest first; deleted ones stay among them."""
        return [material for material in self.materials.values() if not material.is_pending]

    @property
    def pending(self) -> KeyMaterial | None:
        """The key material that waits for a rotation, if there is one."""
        return next((material for material in self.materials.values() if material.is_pending), None)

    @property
    def current(self) -> KeyMaterial | None:
        """The key material that encrypts, also when it was deleted; None before the first import."""
        for material in self.materials.values():
            if material.state is KeyMaterialState.CURRENT:
                return material
        return None

    @property
    def has_material(self) -> bool:
        """Whether every permanently associated key material is there; one that is missing stops the whole key."""
        is_there = False
        for material in self.materials.values():
            if material.state in PERMANENT:
                if material.plaintext is None:
                    return False
                is_there = True
        return is_there

    def material_state(self, material: KeyMaterial) -> KeyMaterialState:
        """Where a key material stands: one that is pending waits for its import into every replica key first."""
        if not material.is_pending or all(material.id in key.imported for key in self.related):
            return material.state
        return KeyMaterialState.PENDING_MULTI_REGION

    @property
    def imported(self) -> set[str]:
        """The identifiers of the key materials whose ImportState is IMPORTED."""
        return {material.id for material in self.materials.values() if material.is_imported}

    def usable_material(self, world: World) -> KeyMaterial:
        """The current key material of an Enabled key, made where KMS makes it and it is needed for the first time."""
        if self.current is not None:
            return self.current
        if not self.spec.is_symmetric:
            return self.generated.material_of(self.id, self.spec.material, world)
        return self.make_material(world, KeyMaterialState.CURRENT)

    def private_key(self, world: World) -> PrivateKeyTypes:
        """The private key that an Enabled asymmetric key holds, of the kind that its spec says."""
        return load_held_key(self.usable_material(world).plaintext or b"")

    # What it becomes

    def make_current(self, material_id: str, date: datetime, rotation_type: str) -> None:
        """Encrypt with another key material from now on, and only decrypt with the one so far."""
        current, following = self.current, self.materials[material_id]
        assert current is not None  # nothing is pending before the first import
        self.materials[current.id] = replace(current, state=KeyMaterialState.NON_CURRENT)
        self.materials[material_id] = replace(
            following, state=KeyMaterialState.CURRENT, rotation_date=date, rotation_type=rotation_type
        )

    def import_material(
        self, material_id: str, plaintext: bytes, state: KeyMaterialState, terms: ImportTerms
    ) -> KeyMaterial:
        """Take key material in, in the canonical form of the key's spec. The key is Enabled by it."""
        self.enabled = True
        return self._store_material(material_id, plaintext, state, terms)

    def make_material(self, world: World, state: KeyMaterialState) -> KeyMaterial:
        """Make key material, as KMS does for keys with an origin of AWS_KMS."""
        plaintext = self.spec.material.generate(world)
        return self._store_material(key_material_id(self.id, plaintext), plaintext, state, ImportTerms())

    def delete_material(self, material_id: str | None, now: datetime) -> KeyMaterial | None:
        """Forget a key material, by default the current one; gives which it is, whether or not it was there.

        None means that the key never had any. Raises ValidationException for an identifier that is not among the key's.
        """
        material = self.current if material_id is None else self.materials.get(material_id)
        if material is None:
            if material_id is not None:
                raise ValidationException(messages.NEVER_IMPORTED.format(id=material_id, arn=self.arn))
            return None
        if material.is_pending and not self.is_replica:  # it goes without a trace, on the replica keys as well
            for key in self.related:
                key.materials.pop(material.id, None)
        elif material.is_present or material.valid_to is not None:
            self.materials[material.id] = replace(material.without_plaintext(), loss=Loss(LossCause.DELETED, now))
        return material

    def cancel_deletion(self) -> None:
        """Come back from PendingDeletion: Disabled, or PendingImport where key material is missing."""
        self.deletion_date = self.waiting_period = None
        self.enabled = False

    def _store_material(
        self, material_id: str, plaintext: bytes, state: KeyMaterialState, terms: ImportTerms
    ) -> KeyMaterial:
        known = self.materials.get(material_id) or KeyMaterial(material_id, state, plaintext)
        description = known.description if terms.description is None else terms.description
        material = replace(known, plaintext=plaintext, valid_to=terms.valid_to, description=description, loss=None)
        self.materials[material_id] = material
        if self.family is not None and self.is_external:
            self._share_with_family(material)
        return material

    def _share_with_family(self, material: KeyMaterial) -> None:
        """Let the other keys of the family know of a key material: its identifier and description, not its bytes."""
        for key in self.related:
            if key is not self:
                known = key.materials.get(material.id, material.without_plaintext())
                key.materials[material.id] = replace(known, description=material.description)


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
            share=None,
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

    def copy(self, copy_of: Callable[[Key], Key]) -> None:
        """Relate the copies of these keys with each other as these are."""
        Family(copy_of(self.primary), {region: copy_of(key) for region, key in self.replicas.items()}).unite()

    def unite(self) -> None:
        """Let each key know of the others, and have what all of them share."""
        for key in self:
            key.family = self
        self.share_materials()

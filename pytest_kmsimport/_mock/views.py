"""``mock.key(...)``: a KMS key as a test may look at it, in values of one moment, with nothing secret to be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b  # in C: a failure in it shows no argument
from hmac import compare_digest
from os import urandom
from typing import NamedTuple

from .._tracebacks import sealed
from ..engine.keys import Key
from ..engine.materials import KeyMaterial

__tracebackhide__ = True


class _Fingerprint(NamedTuple):
    """What tells a key material from others without giving it away: a view may be copied, pickled and taken apart."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, key_material: bytes, salt: bytes) -> _Fingerprint:
        return cls(salt, blake2b(key_material, key=salt).digest())

    def is_of(self, key_material: bytes) -> bool:
        return compare_digest(self.digest, blake2b(key_material, key=self.salt).digest())


@dataclass(frozen=True, slots=True)
class KeyMaterialView:
    """One key material of a KMS key.

    ``id`` is AWS's key material ID; ``state`` is CURRENT, NON_CURRENT, PENDING_ROTATION or
    PENDING_MULTI_REGION_IMPORT_AND_ROTATION; ``import_state`` is IMPORTED or PENDING_IMPORT (it was deleted or has
    expired; what is pending stays IMPORTED after that); ``valid_to`` is None for material that does not expire or was
    deleted.
    """

    id: str
    state: str
    import_state: str
    valid_to: datetime | None
    description: str | None
    _fingerprint: _Fingerprint | None = field(repr=False, compare=False)  # salted afresh, so never equal

    @sealed
    def matches(self, key_material: bytes) -> bool:
        """Whether the KMS key holds exactly these bytes: raw, or PKCS#8 DER; never after deletion or expiry.

        Raises TypeError for what is no bytes.
        """
        if not isinstance(key_material, (bytes, bytearray, memoryview)):
            raise TypeError(f"matches() takes key material as bytes, not {type(key_material).__name__}.")
        return self._fingerprint is not None and self._fingerprint.is_of(key_material)

    @classmethod
    def of(cls, key: Key, material: KeyMaterial) -> KeyMaterialView:
        """What can be seen of a key material of a KMS key."""
        import_state = "IMPORTED" if material.is_imported else "PENDING_IMPORT"
        return cls(
            material.id,
            key.material_state(material).value,
            import_state,
            material.valid_to,
            material.description,
            None if material.plaintext is None else _Fingerprint.of(material.plaintext, urandom(16)),
        )


@dataclass(frozen=True, slots=True)
class KeyView:
    """A KMS key at one moment, in AWS's words; ``materials`` are in the order of their first import."""

    id: str
    arn: str
    region: str
    account: str
    state: str
    key_spec: str
    key_usage: str
    origin: str
    multi_region: bool
    description: str
    policy: str
    tags: dict[str, str]
    deletion_date: datetime | None
    materials: tuple[KeyMaterialView, ...]

    @property
    def current_material(self) -> KeyMaterialView | None:
        """The key material that encrypts, also when it was deleted; None before the first import."""
        return next((material for material in self.materials if material.state == "CURRENT"), None)

    @classmethod
    def of(cls, key: Key) -> KeyView:
        """What can be seen of a KMS key."""
        return cls(
            id=key.id,
            arn=key.arn,
            region=key.region,
            account=key.account,
            state=key.state.value,
            key_spec=key.spec.name,
            key_usage=key.usage,
            origin=key.origin,
            multi_region=key.is_multi_region,
            description=key.description,
            policy=key.policy,
            tags={name: tag.value for name, tag in key.tags.items()},
            deletion_date=key.deletion_date,
            materials=tuple(KeyMaterialView.of(key, material) for material in key.materials.values()),
        )

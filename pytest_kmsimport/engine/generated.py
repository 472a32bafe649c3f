"""Key material that AWS KMS makes and never names.

https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .materials import KeyMaterial, KeyMaterialState, MaterialFormat, key_material_id
from .world import World


@dataclass(slots=True, eq=False)
class Generated:
    """The key material of an asymmetric or HMAC key with an origin of AWS_KMS.

    Making it takes long, so that is done when it is first needed, for the KMS key, its replicas and all copies of them.
    It was there from the beginning all the same: needing it changes nothing that the KMS key is or has.
    """

    material: KeyMaterial | None = field(default=None, repr=False)

    def material_of(self, key_id: str, form: MaterialFormat, world: World) -> KeyMaterial:
        """The key material of a KMS key, always the same."""
        return self.material or self.hold(key_id, form.generate(world))

    def hold(self, key_id: str, plaintext: bytes) -> KeyMaterial:
        """Have this be the key material of a KMS key, in the canonical form of its spec."""
        self.material = KeyMaterial(key_material_id(key_id, plaintext), KeyMaterialState.CURRENT, plaintext)
        return self.material

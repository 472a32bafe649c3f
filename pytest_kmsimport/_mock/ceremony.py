"""``import_key``: the whole key ceremony in one line, for tests about what comes after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.engine import Engine
from ..engine.errors import KmsError
from ..engine.keys import EXTERNAL, Key
from ..engine.operations import OPERATIONS
from ..engine.world import World
from ..wrapping import wrap_key_material
from .arranging import arranging, usual_usage

__tracebackhide__ = True

_CREATED = {"KeySpec", "Origin", "CustomerMasterKeySpec"}
_KEY_SPEC = {"KeySpec", "CustomerMasterKeySpec"}
_IMPORTED = {"KeyId", "ImportToken", "EncryptedKeyMaterial"}


class Ceremony:
    """Runs ceremonies in one Region of one account, past the journal.

    ``members`` are those of CreateKey (where it is to make a key) and of ImportKeyMaterial that a ceremony does not set
    itself; each goes to the request that has it. Raises TypeError for a member that neither has.
    """

    def __init__(
        self, engine: Engine, region: str, account: str, members: Mapping[str, Any], *, of_create_key: bool
    ) -> None:
        self._engine, self._region, self._account = engine, region, account
        self._ask = arranging(engine, region, account)
        self._create = _of("CreateKey", members, without=_CREATED) if of_create_key else {}
        self._import = _of("ImportKeyMaterial", members, without=_IMPORTED)
        for name in members:
            if name not in {**self._create, **self._import}:
                if of_create_key and name in _KEY_SPEC:
                    raise TypeError(f"import_key() takes no {name}: write key_spec=.")
                requests = "CreateKey or ImportKeyMaterial" if of_create_key else "ImportKeyMaterial"
                text = f"import_key() takes no {name}: write members of {requests}."
                raise TypeError(text)

    def run(self, world: World, material: bytes | None, key_spec: str, key: Key | None = None) -> str:
        """Import ``material`` (made where it is None) into ``key`` (made where it is None), and give the key ARN.

        Raises ValueError where KMS refuses, TypeError for key material that is not bytes.
        """
        if material is not None and not isinstance(material, (bytes, bytearray, memoryview)):
            raise TypeError(f"import_key() takes key material as bytes, not {type(material).__name__}.")
        made = None
        try:
            key = key or (made := self._new_key(key_spec))
            self._import_into(key, key.spec.material.generate(world) if material is None else material)
        except (KmsError, ValueError) as refusal:
            if made is not None:
                self._engine.discard_key(made)
            said = f"{type(refusal).__name__} {refusal} {getattr(refusal, 'diagnosis', '')}".strip()
            raise ValueError(f"import_key() was refused: {said}") from refusal
        return key.arn

    def _new_key(self, key_spec: str) -> Key:
        members = {"KeySpec": key_spec, **usual_usage(key_spec), **self._create, "Origin": EXTERNAL}
        created = self._ask("CreateKey", members)
        key = self._engine.look_up(created["KeyMetadata"]["Arn"], self._region, self._account, Key.copy)
        assert key is not None  # it was just made
        return key

    def _import_into(self, key: Key, material: bytes) -> None:
        algorithm, wrapping_specs = list(key.spec.wrappings.items())[-1]
        wrapping = {"WrappingAlgorithm": algorithm, "WrappingKeySpec": wrapping_specs[0]}
        parameters = self._ask("GetParametersForImport", {"KeyId": key.id, **wrapping})
        model = "KEY_MATERIAL_EXPIRES" if "ValidTo" in self._import else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        members = {
            "KeyId": key.id,
            "ImportToken": parameters["ImportToken"],
            "EncryptedKeyMaterial": wrap_key_material(parameters["PublicKey"], material, algorithm),
            "ExpirationModel": model,
            **self._import,
        }
        self._ask("ImportKeyMaterial", members)


def _of(operation: str, members: Mapping[str, Any], *, without: set[str]) -> dict[str, Any]:
    taken = OPERATIONS[operation].parameters.keys() - without
    return {name: value for name, value in members.items() if name in taken}

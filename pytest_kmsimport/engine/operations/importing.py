"""The key ceremony: GetParametersForImport, ImportKeyMaterial and DeleteImportedKeyMaterial.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .. import messages
from ..call import Response
from ..errors import (
    IncorrectKeyMaterialException,
    KMSInvalidStateException,
    UnsupportedOperationException,
    ValidationException,
)
from ..keys import Key
from ..materials import ImportTerms, KeyMaterial, KeyMaterialState
from ..materials import key_material_id as material_id_of
from ..region import Region
from ..rules import Rules
from .registry import operation

_EXPIRES = "KEY_MATERIAL_EXPIRES"
_LONGEST_LIFE = timedelta(days=365)
NEW, EXISTING = "NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"


@operation()
def get_parameters_for_import(region: Region, key: Key, *, wrapping_algorithm: str, wrapping_key_spec: str) -> Response:
    """Give a wrapping public key (DER, SubjectPublicKeyInfo) and an import token, good for 24 hours."""
    _check_wrapping(region.rules, key, wrapping_algorithm, wrapping_key_spec)
    parameters = region.tokens.issue(key.arn, wrapping_algorithm, wrapping_key_spec, region.now)
    return {
        "KeyId": key.arn,
        "ImportToken": parameters.token,
        "PublicKey": parameters.public_key,
        "ParametersValidTo": parameters.valid_to,
    }


def _check_wrapping(rules: Rules, key: Key, algorithm: str, wrapping_spec: str) -> None:
    if algorithm in rules.unsupported:
        raise UnsupportedOperationException(messages.WRAPPING_NOT_SUPPORTED.format(algorithm=algorithm))
    if wrapping_spec in rules.unsupported:
        raise UnsupportedOperationException(messages.WRAPPING_SPEC_NOT_SUPPORTED.format(wrapping_spec=wrapping_spec))
    rules.check_offered(algorithm)
    rules.check_offered(wrapping_spec)
    if wrapping_spec not in key.spec.wrappings.get(algorithm, ()):
        text = messages.WRAPPING_REFUSED.format(algorithm=algorithm, wrapping_spec=wrapping_spec, spec=key.spec.name)
        raise ValidationException(text)


@operation(changes=True)
def import_key_material(
    region: Region,
    key: Key,
    *,
    import_token: bytes,
    encrypted_key_material: bytes,
    valid_to: datetime | None = None,
    expiration_model: str = _EXPIRES,
    import_type: str | None = None,
    key_material_description: str | None = None,
    key_material_id: str | None = None,
) -> Response:
    """Take wrapped key material into a KMS key, or refuse it and leave everything as it was."""
    terms = ImportTerms(import_type, valid_to, key_material_description, key_material_id)
    check_expiration(region.now, expiration_model, valid_to)
    check_terms(key, terms)
    parameters = region.tokens.redeem(import_token, key.arn, region.now)
    plaintext = parameters.unwrap(encrypted_key_material)
    plaintext = key.spec.material.canonical(plaintext)
    material_id = material_id_of(key.id, plaintext)
    material = key.import_material(material_id, plaintext, _state_to_be(key, material_id, terms), terms)
    region.tokens.spend(import_token)
    region.note_import(plaintext)
    return _answer(key, material)


def import_type_of(key: Key, terms: ImportTerms) -> str:
    """Whether an import brings NEW_KEY_MATERIAL or EXISTING_KEY_MATERIAL, where it does not say so itself."""
    return terms.import_type or (EXISTING if key.materials else NEW)


def _state_to_be(key: Key, material_id: str, terms: ImportTerms) -> KeyMaterialState:
    """Where a key material will stand; it must be known to the key, or must not be, as the import says or implies."""
    if import_type_of(key, terms) == EXISTING:
        return _state_of_known(key, material_id, terms.material_id)
    if material_id in key.materials:
        raise IncorrectKeyMaterialException(messages.KNOWN_MATERIAL.format(id=material_id, arn=key.arn))
    if key.pending is not None:
        text = messages.PENDING_ROTATION.format(id=material_id, arn=key.arn, pending_id=key.pending.id)
        raise KMSInvalidStateException(text)
    return KeyMaterialState.PENDING_ROTATION if key.materials else KeyMaterialState.CURRENT


def _state_of_known(key: Key, material_id: str, named: str | None) -> KeyMaterialState:
    """Where a key material stands that must be one of the key's, and the one that the request names."""
    known = key.materials.get(material_id)
    if known is not None and named in {None, material_id}:
        return known.state
    expected = named or (key.current and key.current.id)
    if expected is None or not key.rules.names_materials:
        raise IncorrectKeyMaterialException
    raise IncorrectKeyMaterialException(messages.OTHER_MATERIAL.format(id=expected))


def expiration_model_of(terms: ImportTerms) -> str:
    """The ExpirationModel that goes with the terms of an import."""
    return _EXPIRES if terms.valid_to is not None else "KEY_MATERIAL_DOES_NOT_EXPIRE"


def check_expiration(now: datetime, model: str, valid_to: datetime | None) -> None:
    """Refuse an ExpirationModel and a ValidTo that do not go together, and one that has passed or is too far."""
    if model != _EXPIRES:
        if valid_to is not None:
            raise ValidationException(messages.VALID_TO_NOT_ALLOWED)
        return
    if valid_to is None:
        raise ValidationException(messages.VALID_TO_REQUIRED)
    if valid_to <= now:
        raise ValidationException(messages.VALID_TO_PAST)
    if valid_to > now + _LONGEST_LIFE:
        raise ValidationException(messages.VALID_TO_TOO_FAR)


def check_terms(key: Key, terms: ImportTerms) -> None:
    """Refuse what only symmetric keys or only primary keys take, and an identifier for material that is new."""
    if not key.spec.is_symmetric:
        given = {
            "importType": terms.import_type,
            "keyMaterialDescription": terms.description,
            "keyMaterialId": terms.material_id,
        }
        for member, value in given.items():
            if value is not None:
                raise ValidationException(messages.SYMMETRIC_ONLY.format(member=member, spec=key.spec.name))
    if key.is_replica and terms.import_type == NEW:
        raise ValidationException(messages.NEW_ON_REPLICA)
    if key.is_replica and terms.description is not None:
        raise ValidationException(messages.DESCRIPTION_ON_REPLICA)
    if terms.material_id is not None and import_type_of(key, terms) == NEW:
        raise ValidationException(messages.ID_WITH_NEW)


@operation(changes=True)
def delete_imported_key_material(region: Region, key: Key, *, key_material_id: str | None = None) -> Response:
    """Forget key material, by default the current one; without it the KMS key waits in PendingImport."""
    if key_material_id is not None and not key.spec.is_symmetric:
        text = messages.SYMMETRIC_ONLY.format(member="keyMaterialId", spec=key.spec.name)
        raise ValidationException(text)
    material = key.delete_material(key_material_id, region.now)
    return _answer(key, material)


def _answer(key: Key, material: KeyMaterial | None) -> Response:
    """Import and deletion answer alike; in 2022 with nothing, and the identifier is for symmetric keys alone."""
    if not key.rules.names_materials:
        return {}
    named = {"KeyMaterialId": material.id} if material is not None and key.spec.is_symmetric else {}
    return {"KeyId": key.arn, **named}

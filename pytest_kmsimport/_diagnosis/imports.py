"""What is wrong with an import: its token, its blob, or the key material inside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..engine import messages
from ..engine.errors import (
    ExpiredImportTokenException,
    InvalidCiphertextException,
    InvalidImportTokenException,
    KmsError,
    ValidationException,
)
from ..engine.keys import Key
from ..engine.materials import ImportTerms, key_material_id
from ..engine.operations.importing import EXISTING, import_type_of
from ..engine.region import Region
from ..engine.specs import KEY_WRAP, PKCS1
from ..engine.wrapping import LIFETIME
from . import blobs, encodings
from .forms import explain_form

EXPIRES = "KEY_MATERIAL_EXPIRES"
Members = Mapping[str, Any]


def explain_token(region: Region, members: Members, error: KmsError) -> str:  # noqa: ARG001  as all
    """Say whose token it is, or what it is instead of one."""
    token, blob = members["ImportToken"], members["EncryptedKeyMaterial"]
    content = region.tokens.read(token)
    if content is not None:
        key = _key(region, members)
        if key is not None and content.key_arn == key.arn:
            return "This import token was used already, and strict_tokens is on: get a new one with its public key."
        return f"The import token was issued for {content.key_arn}: use the one of this KMS key's own answer."
    if region.tokens.read(blob) is not None:
        return "ImportToken and EncryptedKeyMaterial are swapped: the import token is in EncryptedKeyMaterial."
    decoded = encodings.decoded_text(token)
    if decoded is not None and region.tokens.read(decoded[1]) is not None:
        return f"ImportToken is {len(token)} bytes of {decoded[0]} text: decode it first."
    return "ImportToken is none that this mock has issued: it is damaged, or from another run. Pass it on unchanged."


def explain_expired_token(region: Region, members: Members, error: KmsError) -> str:  # noqa: ARG001  as all
    """Say when it was issued and how long ago it expired."""
    content = region.tokens.read(members["ImportToken"])
    if content is None:
        return ""
    late = region.now - content.valid_to
    issued = f"{content.valid_to - LIFETIME:%Y-%m-%d %H:%M UTC}"
    return (
        f"The import token was issued at {issued} and is good for 24 hours: it expired {late} ago."
        " Call GetParametersForImport again, and wrap the key material under the new public key."
    )


def explain_request(region: Region, members: Members, error: KmsError) -> str:
    """Say what is wrong with a request of the ceremony, as far as its wrapping, its dates or its blob are concerned."""
    if "WrappingAlgorithm" in members:
        return explain_unsupported(region, members, error)
    if "ImportToken" not in members:
        return ""
    if error.message in ("", messages.ENCRYPTED_KEY_SIZE):
        return explain_content(region, members, error)
    return _wrong_dates(region.now, members)


def explain_unsupported(region: Region, members: Members, error: KmsError) -> str:  # noqa: ARG001  as all
    """Say why a KMS key cannot import, or not with this wrapping."""
    if not members.keys() & {"WrappingAlgorithm", "ImportToken"}:
        return ""
    key = _key(region, members)
    if key is not None and not key.is_external:
        return "KMS makes the key material of this KMS key (Origin AWS_KMS): import into one made with Origin EXTERNAL."
    return "" if key is None or "WrappingAlgorithm" not in members else _wrong_wrapping(key, members)


def _wrong_wrapping(key: Key, members: Members) -> str:
    algorithm, wrapping_spec = members["WrappingAlgorithm"], members["WrappingKeySpec"]
    fitting = key.spec.wrappings.get(algorithm)
    if fitting is not None:
        text = f"{algorithm} brings a {key.spec.name} key in under {_list(fitting)}"
        return "" if wrapping_spec in fitting else f"{text}; {wrapping_spec} is not among them."
    if not key.spec.wrappings:
        return ""
    text = f"A {key.spec.name} key is brought in with {_list(key.spec.wrappings)}."
    if algorithm == PKCS1:
        return f"{text} AWS KMS took {PKCS1} until October 2023: service='2022' plays the rules of then."
    if algorithm in KEY_WRAP:
        return f"{text} RSA_AES_KEY_WRAP is for what is too long for RSA alone, private keys."
    return text


def _list(words: Collection[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _wrong_dates(now: datetime, members: Members) -> str:
    """The expiration model and ValidTo do not go together, or ValidTo is not in the year to come."""
    valid_to = members.get("ValidTo")
    if members.get("ExpirationModel", EXPIRES) != EXPIRES:
        return "" if valid_to is None else "Leave ValidTo out, or let ExpirationModel be KEY_MATERIAL_EXPIRES."
    if valid_to is None:
        return f"Without ExpirationModel it is {EXPIRES}: send ValidTo, or KEY_MATERIAL_DOES_NOT_EXPIRE."
    dates = f"ValidTo is {valid_to:%Y-%m-%d %H:%M:%S} UTC, and the mock's clock shows {now:%Y-%m-%d %H:%M:%S} UTC"
    if valid_to <= now:
        return (
            f"{dates}: it has passed. botocore takes a datetime without timezone for local time; the mock's clock is"
            " moved with mock.clock, freezegun or time-machine."
        )
    return f"{dates}: that is more than 365 days." if valid_to - now >= timedelta(days=365) else ""


def explain_content(region: Region, members: Members, error: KmsError) -> str:  # noqa: ARG001  as all
    """Say how the blob of an import was really made, or why what is inside is not key material for this KMS key."""
    key = _key(region, members) if "ImportToken" in members else None
    if key is None:
        return ""
    blob = members["EncryptedKeyMaterial"]
    try:
        parameters = region.tokens.redeem(members["ImportToken"], key.arn, region.now)
        plaintext = parameters.unwrap(blob)
    except (ExpiredImportTokenException, InvalidImportTokenException):
        return ""
    except (InvalidCiphertextException, ValidationException):
        return blobs.explain(region.tokens, parameters, key, blob)
    if wrong := explain_form(key.spec, plaintext):
        return wrong
    canonical = key.spec.material.canonical(plaintext)
    return _wrong_association(key, key_material_id(key.id, canonical), members)


def _key(region: Region, members: Members) -> Key | None:
    return region.look_up(members["KeyId"])


def _wrong_association(key: Key, material_id: str, members: Members) -> str:
    """The key material is good, and not the one that this import may bring: say which it is."""
    known = key.materials.get(material_id)
    named = members.get("KeyMaterialId")
    if known is None:
        if import_type_of(key, ImportTerms(members.get("ImportType"))) == EXISTING and key.spec.is_symmetric:
            return (
                "These bytes are none of this KMS key's key materials. Import the same bytes as before, or new ones"
                " with ImportType NEW_KEY_MATERIAL and rotate to them."
            )
        return "This KMS key has another key material, for life: import the same private key or bytes as before."
    if named not in {None, material_id}:
        return (
            f"KeyMaterialId names {named[:8]}..., and the bytes are those of {material_id[:8]}...: name that, or none."
        )
    state = key.material_state(known).value
    return f"These bytes are key material {material_id[:8]}... ({state}) of this KMS key already: leave ImportType out."

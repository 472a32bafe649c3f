"""What is wrong with an import: its token, its blob, or the key material inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidArnException, KmsError, NotFoundException
from ..keys import EXISTING, Key
from ..materials import ImportTerms, RawBytes, key_material_id
from ..store import Region
from ..wrapping import LIFETIME
from . import blobs, forms

_BLOB_MESSAGES = ("", "Invalid encrypted key size.")
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
    decoded = forms.decoded_text(token)
    if decoded is not None and region.tokens.read(decoded[1]) is not None:
        return f"ImportToken is {len(token)} bytes of {decoded[0]} text: decode it first."
    return "ImportToken is none that this mock has issued: it is damaged, or from another run. Pass it on unchanged."


def explain_expired_token(region: Region, members: Members, error: KmsError) -> str:  # noqa: ARG001  as all
    """Say when it was issued and how long ago it expired."""
    content = region.tokens.read(members["ImportToken"])
    if content is None:
        return ""
    late = region.world.now() - content.valid_to
    issued = f"{content.valid_to - LIFETIME:%Y-%m-%d %H:%M UTC}"
    return (
        f"The import token was issued at {issued} and is good for 24 hours: it expired {late} ago."
        " Call GetParametersForImport again, and wrap the key material under the new public key."
    )


def explain_blob(region: Region, members: Members, error: KmsError) -> str:
    """Say how the blob was really made, or what is in it; empty where the refusal is not about an import's blob."""
    if "ImportToken" not in members or error.message not in _BLOB_MESSAGES:
        return ""
    key = _key(region, members)
    if key is None:
        return ""
    parameters = region.tokens.redeem(members["ImportToken"], key.arn)
    if blobs.opens(parameters, members["EncryptedKeyMaterial"]):
        return _wrong_form(key, parameters.unwrap(members["EncryptedKeyMaterial"]))
    return blobs.explain(region.tokens, parameters, key, members["EncryptedKeyMaterial"])


_PKCS8 = "unencrypted PKCS#8 DER"
_CONVERT = "openssl pkcs8 -topk8 -nocrypt -outform DER"


def explain_material(region: Region, members: Members, error: KmsError) -> str:  # noqa: ARG001  as all
    """Say why what was unwrapped is not the key material that this KMS key is to have."""
    key = _key(region, members)
    if key is None:
        return ""
    parameters = region.tokens.redeem(members["ImportToken"], key.arn)
    canonical = key.spec.material.canonical(parameters.unwrap(members["EncryptedKeyMaterial"]))
    return _wrong_association(key, key_material_id(key.id, canonical), members)


def _key(region: Region, members: Members) -> Key | None:
    try:
        return region.find(members["KeyId"], "ImportKeyMaterial", aliases=False, across_accounts=False)
    except (NotFoundException, InvalidArnException):
        return None


def _wrong_form(key: Key, plaintext: bytes) -> str:
    """The key material is not what the key spec wants: say what it is."""
    if isinstance(key.spec.material, RawBytes):
        return _wrong_length(key, key.spec.material, plaintext)
    found = forms.private_key_in(plaintext)
    if found is not None:
        return _wrong_private_key(key, plaintext, forms.spec_of(found))
    if forms.is_pem(plaintext):
        return f"The key material is PEM text, and KMS takes {_PKCS8}: {_CONVERT}."
    if forms.is_encrypted_pkcs8(plaintext):
        return f"The private key is encrypted with a password, and KMS takes {_PKCS8}: {_CONVERT}."
    if forms.is_public_key(plaintext):
        return f"The bytes that were wrapped are a public key. KMS takes the private key, as {_PKCS8}."
    decoded = forms.decoded_text(plaintext)
    text = f" They are {decoded[0]} text: decode it before wrapping." if decoded is not None else ""
    return f"The {len(plaintext)} bytes that were wrapped are no private key in {_PKCS8}.{text}"


def _wrong_private_key(key: Key, plaintext: bytes, spec: str) -> str:
    if spec != key.spec.name:
        return f"The private key is {spec}, and the KMS key is {key.spec.name}."
    return f"The private key is {forms.private_key_encoding(plaintext)}, and KMS takes {_PKCS8}: {_CONVERT}."


def _wrong_length(key: Key, wanted: RawBytes, plaintext: bytes) -> str:
    lengths = f"{wanted.shortest}" if wanted.shortest == wanted.longest else f"{wanted.shortest} to {wanted.longest}"
    text = f"The key material is {len(plaintext)} bytes, and {key.spec.name} takes {lengths}."
    decoded = forms.decoded_text(plaintext)
    if decoded is not None and wanted.shortest <= len(decoded[1]) <= wanted.longest:
        return f"{text} It is {decoded[0]} text of {len(decoded[1])} bytes: decode it before wrapping."
    return text


def _wrong_association(key: Key, material_id: str, members: Members) -> str:
    """The key material is good, and not the one that this import may bring: say which it is."""
    known = key.materials.get(material_id)
    named = members.get("KeyMaterialId")
    if known is None:
        if key.import_type(ImportTerms(members.get("ImportType"))) == EXISTING and key.spec.is_symmetric:
            return (
                "These bytes are none of this KMS key's key materials. Import the same bytes as before, or new ones"
                " with ImportType NEW_KEY_MATERIAL and rotate to them."
            )
        return "This KMS key has another key material, for life: import the same private key or bytes as before."
    if named not in {None, material_id}:
        return (
            f"KeyMaterialId names {named[:8]}..., and the bytes are those of {material_id[:8]}...: name that, or none."
        )
    state = key.stage(known).value
    return f"These bytes are key material {material_id[:8]}... ({state}) of this KMS key already: leave ImportType out."

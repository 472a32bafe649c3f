"""Why bytes are no key material for a key spec: what they are instead."""

from __future__ import annotations

from ..engine.errors import InvalidCiphertextException
from ..engine.materials import RawBytes
from ..engine.specs import KeySpec
from . import encodings

__tracebackhide__ = True

_PKCS8 = "unencrypted PKCS#8 DER"
_CONVERT = "openssl pkcs8 -topk8 -nocrypt -outform DER"


def explain_form(spec: KeySpec, plaintext: bytes) -> str:
    """Say what is wrong with key material that is to be a key spec's; empty where nothing is."""
    try:
        spec.material.canonical(plaintext)
    except InvalidCiphertextException:
        return _wrong_form(spec, plaintext)
    return ""


def _wrong_form(spec: KeySpec, plaintext: bytes) -> str:
    if isinstance(spec.material, RawBytes):
        return _wrong_length(spec, spec.material, plaintext)
    found = encodings.private_key_in(plaintext)
    if found is not None:
        return _wrong_private_key(spec, plaintext, encodings.spec_of(found))
    if encodings.is_pem(plaintext):
        return f"The key material is PEM text, and KMS takes {_PKCS8}: {_CONVERT}."
    if encodings.is_encrypted_pkcs8(plaintext):
        return f"The private key is encrypted with a password, and KMS takes {_PKCS8}: {_CONVERT}."
    if encodings.is_public_key(plaintext):
        return f"The key material is a public key. KMS takes the private key, as {_PKCS8}."
    decoded = encodings.decoded_text(plaintext)
    text = f" They are {decoded[0]} text: decode it first." if decoded is not None else ""
    return f"The {len(plaintext)} bytes of key material are no private key in {_PKCS8}.{text}"


def _wrong_private_key(spec: KeySpec, plaintext: bytes, found: str) -> str:
    if found != spec.name:
        return f"The private key is {found}, and the KMS key is {spec.name}."
    return f"The private key is {encodings.private_key_encoding(plaintext)}, and KMS takes {_PKCS8}: {_CONVERT}."


def _wrong_length(spec: KeySpec, wanted: RawBytes, plaintext: bytes) -> str:
    lengths = f"{wanted.shortest}" if wanted.shortest == wanted.longest else f"{wanted.shortest} to {wanted.longest}"
    text = f"The key material is {len(plaintext)} bytes, and {spec.name} takes {lengths}."
    decoded = encodings.decoded_text(plaintext)
    if decoded is not None and wanted.shortest <= len(decoded[1]) <= wanted.longest:
        return f"{text} It is {decoded[0]} text of {len(decoded[1])} bytes: decode it first."
    found = encodings.private_key_in(plaintext)
    if found is not None:
        return f"{text} It is a private key, for a KMS key of key spec {encodings.spec_of(found)}."
    return text

"""How an encrypted key material was really made: which padding, which wrapping key, or not wrapped at all."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, AsymmetricPadding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..engine.errors import InvalidCiphertextException, ValidationException
from ..engine.keys import Key
from ..engine.specs import KEY_WRAP
from ..engine.specs import OAEP as OAEP_ALGORITHMS
from ..engine.wrapping import ImportTokens, WrappingParameters, open_pkcs1, open_raw
from . import encodings

_OPENSSL = " openssl's default digest is SHA-1: add -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256."
_JAVA = " Java's OAEPWithSHA-256AndMGF1Padding does that by default: pass an OAEPParameterSpec with MGF1 SHA-256."
_OAEP_OF_JAVA = OAEP(MGF1(SHA1()), SHA256(), None)  # noqa: S303  what people send
_ALGORITHMS = (*KEY_WRAP, *OAEP_ALGORITHMS)
_MOST_TOKENS = 100
_RAW_ZEROS = 32  # bytes in front of key material that was encrypted without padding


def explain(tokens: ImportTokens, parameters: WrappingParameters, key: Key, blob: bytes) -> str:
    """Try what people do, the likeliest first; the last sentence is for what nobody could guess."""
    text = _not_wrapped(tokens, parameters, key, blob) or _wrapped_otherwise(parameters, blob)
    return text or _wrapped_for_another(tokens, parameters, blob) or _unknown(parameters, blob)


def _not_wrapped(tokens: ImportTokens, parameters: WrappingParameters, key: Key, blob: bytes) -> str:
    pem = parameters.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if blob in {parameters.public_key, pem}:
        return "EncryptedKeyMaterial is the wrapping public key itself: send what was wrapped under it."
    if tokens.read(blob) is not None:
        return "EncryptedKeyMaterial is an import token: send the wrapped key material."
    decoded = encodings.decoded_text(blob)
    if decoded is not None and len(decoded[1]) >= parameters.private_key.key_size // 8:
        return f"EncryptedKeyMaterial is {len(blob)} bytes of {decoded[0]} text: decode it first."
    if _is_material(key, blob) or encodings.is_pem(blob) or (decoded is not None and _is_material(key, decoded[1])):
        return "The plaintext key material was sent unwrapped: encrypt it under PublicKey first (wrap_key_material)."
    return ""


def _is_material(key: Key, content: bytes) -> bool:
    try:
        key.spec.material.canonical(content)
    except InvalidCiphertextException:
        return False
    return True


def _wrapped_otherwise(parameters: WrappingParameters, blob: bytes) -> str:
    """The right wrapping key, the wrong way."""
    asked = parameters.algorithm
    for algorithm in _ALGORITHMS:
        if algorithm != asked and _opens(parameters.opened_as(algorithm), blob):
            text = f"The blob opens with {algorithm}, but this token was issued for {asked}."
            return text + (_OPENSSL if "SHA_1" in algorithm and asked.endswith("SHA_256") else "")
    head = blob[: parameters.private_key.key_size // 8]
    if _decrypts(parameters.private_key, head, _OAEP_OF_JAVA):
        return f"The blob opens with OAEP of SHA-256 and MGF1 of SHA-1; {asked} has the same hash in both.{_JAVA}"
    if len(blob) != parameters.private_key.key_size // 8:
        return ""
    if _opens_by(open_pkcs1, parameters.private_key, blob):
        return f"The blob has PKCS#1 v1.5 padding, but this token was issued for {asked}: set the padding to OAEP."
    if len(open_raw(parameters.private_key, blob).lstrip(b"\0")) <= len(blob) - _RAW_ZEROS:
        return f"The blob was encrypted without padding (raw RSA), but this token was issued for {asked}."
    return ""


def _wrapped_for_another(tokens: ImportTokens, parameters: WrappingParameters, blob: bytes) -> str:
    """The wrapping key of another answer of GetParametersForImport."""
    for other in islice(reversed(tokens.valid), _MOST_TOKENS):
        if other is not parameters and any(_opens(other.opened_as(name), blob) for name in _ALGORITHMS):
            whose = "this KMS key" if other.key_arn == parameters.key_arn else other.key_arn
            return (
                "The blob was encrypted to the public key of another GetParametersForImport answer, issued for"
                f" {whose} at {other.issued:%Y-%m-%d %H:%M:%S UTC}."
                " PublicKey and ImportToken of one answer go together."
            )
    return ""


def _unknown(parameters: WrappingParameters, blob: bytes) -> str:
    bits = parameters.private_key.key_size
    extra = " and 16 or more for the key material behind" if parameters.algorithm in KEY_WRAP else ""
    return (
        f"The blob is {len(blob)} bytes and does not open with any wrapping key that is valid now;"
        f" {parameters.algorithm} under RSA_{bits} gives {bits // 8} bytes{extra}."
        " It is damaged, or was made for something else."
    )


def _opens(parameters: WrappingParameters, blob: bytes) -> bool:
    try:
        parameters.unwrap(blob)
    except (InvalidCiphertextException, ValidationException):
        return False
    return True


def _decrypts(private_key: RSAPrivateKey, block: bytes, padding: AsymmetricPadding) -> bool:
    try:
        private_key.decrypt(block, padding)
    except ValueError:
        return False
    return True


def _opens_by(opening: Callable[[RSAPrivateKey, bytes], bytes], private_key: RSAPrivateKey, block: bytes) -> bool:
    try:
        opening(private_key, block)
    except ValueError:
        return False
    return True

"""The client's half of the key ceremony: wrapping key material for ImportKeyMaterial.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html
"""

from __future__ import annotations

import os

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ._tracebacks import sealed
from .engine.specs import KEY_WRAP, OAEP, PKCS1
from .engine.wrapping import longest_plaintext, padding_of

__all__ = ["wrap_key_material"]

_AES_KEY = 32
__tracebackhide__ = True


@sealed
def wrap_key_material(public_key: bytes, key_material: bytes, wrapping_algorithm: str) -> bytes:
    """Wrap key material as AWS KMS expects it in ``EncryptedKeyMaterial``.

    ``public_key`` is the member PublicKey of GetParametersForImport (DER, SubjectPublicKeyInfo). ``key_material``
    is what is to be imported: raw bytes for symmetric and HMAC keys, an unencrypted PKCS#8 private key in DER for
    RSA and elliptic-curve keys. ``wrapping_algorithm`` is the one that GetParametersForImport was asked for:

    * ``RSAES_OAEP_SHA_1``, ``RSAES_OAEP_SHA_256``: RSA-OAEP (RFC 8017, 7.1) with MGF1 of the same hash and no label,
    * ``RSA_AES_KEY_WRAP_SHA_1``, ``RSA_AES_KEY_WRAP_SHA_256``: a fresh AES-256 key under that, followed by the key
      material under AES key wrap with padding (RFC 5649),
    * ``RSAES_PKCS1_V1_5``: RSA of PKCS#1 v1.5, which AWS took until October 2023 and ``service="2022"`` takes.

    Returns the raw bytes of the wrapped key material. Raises ValueError where the public key is no DER RSA key, the
    algorithm is another one, or the key material is empty or longer than the algorithm can carry.
    """
    wrapping_key = _load(public_key)
    if not key_material:
        raise ValueError("The key material is empty.")
    if wrapping_algorithm in KEY_WRAP:
        aes_key = os.urandom(_AES_KEY)
        wrapped_key = wrapping_key.encrypt(aes_key, padding_of(wrapping_algorithm))
        return wrapped_key + aes_key_wrap_with_padding(aes_key, key_material)
    if wrapping_algorithm not in (*OAEP, PKCS1):
        known = ", ".join((*OAEP, *KEY_WRAP, PKCS1))
        raise ValueError(f"Unknown wrapping algorithm {wrapping_algorithm!r}; it is one of {known}.")
    limit = longest_plaintext(wrapping_key.key_size, wrapping_algorithm)
    if len(key_material) > limit:
        text = (
            f"{wrapping_algorithm} with a {wrapping_key.key_size}-bit wrapping key carries {limit} bytes, and the key"
            f" material has {len(key_material)}: ask GetParametersForImport for RSA_AES_KEY_WRAP_SHA_256."
        )
        raise ValueError(text)
    return wrapping_key.encrypt(key_material, padding_of(wrapping_algorithm))


def _load(public_key: bytes) -> RSAPublicKey:
    try:
        key = load_der_public_key(public_key)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        text = "public_key is not a DER public key: pass the bytes of GetParametersForImport's PublicKey as they are."
        raise ValueError(text) from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("public_key is not an RSA key: pass GetParametersForImport's PublicKey.")  # noqa: TRY004
    return key

"""CiphertextForRecipient: what only an enclave can open, EnvelopedData of CMS (RFC 5652) as AWS KMS writes it.

    ContentInfo            enveloped-data
      EnvelopedData        version 2
        RecipientInfo      version 2: the SHA-256 of the public key (SubjectPublicKeyInfo),
                           RSAES-OAEP with SHA-256, the encrypted content key (32 bytes)
        EncryptedContent   data: AES-256-CBC, the IV, the encrypted content in pieces

Lengths are not told ahead, but marked by ends (BER): who reads distinguished encoding alone has to convert it first.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#KMS-Decrypt-response-CiphertextForRecipient
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import ber
from .wrapping import padding_of

_KEY, _IV = 32, 16  # bytes
_PIECE = 1000  # bytes
_OAEP = "RSAES_OAEP_SHA_256"
_VERSION = ber.encode(ber.INTEGER, b"\2")
_SET, _EXPLICIT, _SUBJECT_KEY_IDENTIFIER = 0x31, 0xA0, 0x80
_ENVELOPED_DATA = bytes.fromhex("06092a864886f70d010703")
_DATA = bytes.fromhex("06092a864886f70d010701")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")
_SHA_256 = bytes.fromhex("300d06096086480165030402010500")
_MGF1_SHA_256 = ber.encode(ber.SEQUENCE, bytes.fromhex("06092a864886f70d010108"), _SHA_256)
_RSAES_OAEP = ber.encode(
    ber.SEQUENCE,
    bytes.fromhex("06092a864886f70d010107"),
    ber.encode(ber.SEQUENCE, ber.encode(_EXPLICIT, _SHA_256), ber.encode(_EXPLICIT | 1, _MGF1_SHA_256)),
)


def seal(plaintext: bytes, public_key: RSAPublicKey, random_bytes: Callable[[int], bytes]) -> bytes:
    """Encrypt for the owner of an RSA key pair alone."""
    key, iv = random_bytes(_KEY), random_bytes(_IV)
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    recipient = ber.encode(
        ber.SEQUENCE,
        _VERSION,
        ber.encode(_SUBJECT_KEY_IDENTIFIER, sha256(der).digest()),
        _RSAES_OAEP,
        ber.encode(ber.OCTET_STRING, public_key.encrypt(key, padding_of(_OAEP))),
    )
    padder, encryptor = PKCS7(AES.block_size).padder(), Cipher(AES(key), CBC(iv)).encryptor()
    encrypted = encryptor.update(padder.update(plaintext) + padder.finalize())
    pieces = (encrypted[start : start + _PIECE] for start in range(0, len(encrypted), _PIECE))
    content = ber.encode_with_end(
        ber.SEQUENCE,
        _DATA,
        ber.encode(ber.SEQUENCE, _AES_256_CBC, ber.encode(ber.OCTET_STRING, iv)),
        ber.encode_with_end(_EXPLICIT, *(ber.encode(ber.OCTET_STRING, piece) for piece in pieces)),
    )
    enveloped = ber.encode_with_end(ber.SEQUENCE, _VERSION, ber.encode(_SET, recipient), content)
    return ber.encode_with_end(ber.SEQUENCE, _ENVELOPED_DATA, ber.encode_with_end(_EXPLICIT, enveloped))


def unseal(envelope: bytes, private_key: RSAPrivateKey) -> bytes:
    """Decrypt what was sealed for the owner of a private key.

    Raises ValueError for what is no such envelope, and for one that is for somebody else.
    """
    kind, content = ber.elements_of(ber.to_der(envelope))
    (enveloped,) = ber.elements_of(content)
    version, recipients, content = ber.elements_of(enveloped)
    (recipient,) = ber.elements_of(recipients)
    version_of_recipient, _name, transport, encrypted_key = ber.elements_of(recipient)
    kind_of_content, cipher, encrypted = ber.elements_of(content)
    algorithm, iv = ber.elements_of(cipher)
    written = (kind, version, version_of_recipient, transport, kind_of_content, algorithm)
    if written != (_ENVELOPED_DATA, _VERSION, _VERSION, _RSAES_OAEP, _DATA, _AES_256_CBC):
        raise ValueError("it is encrypted in another way")
    key = private_key.decrypt(ber.content_of(encrypted_key), padding_of(_OAEP))
    decryptor, unpadder = Cipher(AES(key), CBC(ber.content_of(iv))).decryptor(), PKCS7(AES.block_size).unpadder()
    padded = decryptor.update(b"".join(map(ber.content_of, ber.elements_of(encrypted))))
    return unpadder.update(padded) + unpadder.finalize()

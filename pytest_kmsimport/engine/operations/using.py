"""KMS keys at work: Encrypt and Decrypt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .. import ciphertext, messages
from ..arns import kms_arn
from ..errors import (
    AccessDeniedException,
    DryRunOperationException,
    IncorrectKeyException,
    InvalidCiphertextException,
    InvalidGrantTokenException,
    InvalidKeyUsageException,
    NotOffered,
    ValidationException,
)
from ..keys import Key
from ..materials import load_held_key
from ..specs import SYMMETRIC_DEFAULT
from ..store import Region
from ..wrapping import longest_plaintext, padding_of
from .registry import OPERATIONS, Response, operation

_NONCE = 12
_IGNORE_CIPHERTEXT = "IGNORE_CIPHERTEXT"


@operation(aliases=True, across_accounts=True)
def encrypt(
    region: Region,
    key: Key,
    *,
    plaintext: bytes,
    encryption_context: Mapping[str, str] | None = None,
    grant_tokens: Sequence[str] = (),
    encryption_algorithm: str = SYMMETRIC_DEFAULT,
    dry_run: bool = False,
) -> Response:
    """Encrypt up to 4 KiB under a KMS key, or what RSA-OAEP carries."""
    _check_grant_tokens(grant_tokens)
    _check_use(key, "Encrypt", encryption_algorithm)
    if encryption_algorithm == SYMMETRIC_DEFAULT:
        blob = _encrypt_symmetric(region, key, plaintext, encryption_context or {})
    else:
        _check_no_context(encryption_context)
        blob = _encrypt_rsa(region, key, plaintext, encryption_algorithm)
    _stop_if_dry(dry_run=dry_run)
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": encryption_algorithm}


def _encrypt_symmetric(region: Region, key: Key, plaintext: bytes, context: Mapping[str, str]) -> bytes:
    material = key.usable_material(region.world)
    assert material.plaintext is not None  # an Enabled key has its material
    return ciphertext.seal(
        plaintext,
        account=key.account,
        key_id=key.id,
        material_id=material.id,
        key_material=material.plaintext,
        context=context,
        nonce=region.world.random_bytes(_NONCE),
    )


def _encrypt_rsa(region: Region, key: Key, plaintext: bytes, algorithm: str) -> bytes:
    public_key = _rsa_key(region, key).public_key()
    limit = longest_plaintext(public_key.key_size, algorithm)
    if len(plaintext) > limit:
        text = messages.PLAINTEXT_TOO_LONG.format(algorithm=algorithm, spec=key.spec.name, limit=limit)
        raise ValidationException(text)
    return public_key.encrypt(plaintext, padding_of(algorithm))


@operation(aliases=True, across_accounts=True)
def decrypt(
    region: Region,
    *,
    ciphertext_blob: bytes | None = None,
    encryption_context: Mapping[str, str] | None = None,
    grant_tokens: Sequence[str] = (),
    key_id: str | None = None,
    encryption_algorithm: str = SYMMETRIC_DEFAULT,
    recipient: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    dry_run_modifiers: Sequence[str] = (),
) -> Response:
    """Decrypt; a symmetric ciphertext says by itself which KMS key and which key material made it."""
    if recipient is not None:
        raise NotOffered("Decrypt with Recipient (Nitro Enclaves) is not offered.")
    if dry_run_modifiers and not dry_run:
        raise ValidationException(messages.MODIFIERS_WITHOUT_DRY_RUN)
    by_permission_only = _IGNORE_CIPHERTEXT in dry_run_modifiers
    symmetric = encryption_algorithm == SYMMETRIC_DEFAULT
    if key_id is None and (by_permission_only or not symmetric):
        raise ValidationException(messages.missing("KeyId"))
    _check_grant_tokens(grant_tokens)
    key = None if key_id is None else OPERATIONS["Decrypt"].admit(region, key_id)
    if key is not None and (by_permission_only or not symmetric):
        _check_use(key, "Decrypt", encryption_algorithm)
    if by_permission_only:
        raise DryRunOperationException(messages.DRY_RUN)
    if ciphertext_blob is None:
        raise ValidationException(messages.missing("CiphertextBlob"))
    if key is None or symmetric:
        answer = _decrypt_symmetric(region, key, ciphertext_blob, encryption_context or {})
    else:
        _check_no_context(encryption_context)
        answer = _decrypt_rsa(region, key, ciphertext_blob, encryption_algorithm)
    _stop_if_dry(dry_run=dry_run)
    return {**answer, "EncryptionAlgorithm": encryption_algorithm}


def _decrypt_symmetric(region: Region, key: Key | None, blob: bytes, context: Mapping[str, str]) -> Response:
    parsed = ciphertext.parse(blob)
    if key is None:
        if region.in_account(parsed.account).get(parsed.key_id) is None:
            raise AccessDeniedException(messages.UNKNOWN_CIPHERTEXT_KEY)
        key = OPERATIONS["Decrypt"].admit(region, kms_arn(region.name, parsed.account, f"key/{parsed.key_id}"))
    if (key.account, key.id) != (parsed.account, parsed.key_id):
        raise IncorrectKeyException(messages.WRONG_KEY)
    material = key.materials.get(parsed.material_id)
    if material is None or material.is_pending or material.plaintext is None:
        raise InvalidCiphertextException
    named = {"KeyMaterialId": material.id} if key.rules.names_materials else {}
    return {"KeyId": key.arn, "Plaintext": parsed.open(material.plaintext, context), **named}


def _decrypt_rsa(region: Region, key: Key, blob: bytes, algorithm: str) -> Response:
    try:
        plaintext = _rsa_key(region, key).decrypt(blob, padding_of(algorithm))
    except ValueError as error:
        raise InvalidCiphertextException from error
    return {"KeyId": key.arn, "Plaintext": plaintext}


def _rsa_key(region: Region, key: Key) -> RSAPrivateKey:
    private_key = load_held_key(key.usable_material(region.world).plaintext or b"")
    assert isinstance(private_key, RSAPrivateKey)  # its spec has an RSA algorithm
    return private_key


def _check_use(key: Key, operation_name: str, algorithm: str) -> None:
    """Refuse a KMS key made for another use, or whose spec does not have the algorithm."""
    if key.usage != "ENCRYPT_DECRYPT":
        text = messages.WRONG_USAGE.format(arn=key.arn, usage=key.usage, operation=operation_name)
        raise InvalidKeyUsageException(text)
    if algorithm not in key.algorithms:
        raise InvalidKeyUsageException(messages.WRONG_ALGORITHM.format(algorithm=algorithm, spec=key.spec.name))


def _check_no_context(context: Mapping[str, str] | None) -> None:
    if context:
        raise ValidationException(messages.CONTEXT_NOT_SUPPORTED)


def _check_grant_tokens(tokens: Sequence[str]) -> None:
    """Refuse every grant token: there are no grants yet that could have issued one."""
    if tokens:
        raise InvalidGrantTokenException


def _stop_if_dry(*, dry_run: bool) -> None:
    """Answer a dry run that got this far: everything was checked, and nothing is given away."""
    if dry_run:
        raise DryRunOperationException(messages.DRY_RUN)

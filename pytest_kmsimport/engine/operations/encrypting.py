"""Encrypt, Decrypt and ReEncrypt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .. import arns, ciphertext, key_store_messages, messages
from ..call import Response
from ..errors import (
    AccessDeniedException,
    DryRunOperationException,
    IncorrectKeyException,
    InvalidCiphertextException,
    KMSInvalidStateException,
    ValidationException,
)
from ..key_stores import DECRYPT, ENCRYPT
from ..keys import Key
from ..materials import key_material_id
from ..region import Region
from ..specs import SYMMETRIC_DEFAULT
from ..world import World
from ..wrapping import longest_plaintext, padding_of
from .admission import check_grant_tokens, check_use, conclude
from .permissions import on_key, on_key_of_ciphertext
from .registry import Operation, operation

_ENCRYPTION = "ENCRYPT_DECRYPT"

Context = Mapping[str, str]


class Sealed(NamedTuple):
    """A ciphertext, and the key material that made it; None for asymmetric keys."""

    blob: bytes
    material_id: str | None

    def __repr__(self) -> str:
        return f"<Sealed {len(self.blob)} bytes>"


class Opened(NamedTuple):
    """What a ciphertext held, and which KMS key and key material opened it."""

    key: Key
    plaintext: bytes
    material_id: str | None

    def __repr__(self) -> str:
        return f"<Opened {len(self.plaintext)} bytes>"


@operation(aliases=True, across_accounts=True, usage=_ENCRYPTION, grants={"Encrypt"})
def encrypt(
    region: Region,
    key: Key,
    *,
    plaintext: bytes,
    encryption_context: Context | None = None,
    encryption_algorithm: str = SYMMETRIC_DEFAULT,
) -> Response:
    """Encrypt up to 4 KiB under a KMS key, or what RSA-OAEP carries."""
    sealed = seal(region, key, plaintext, encryption_context or {}, encryption_algorithm)
    return {"CiphertextBlob": sealed.blob, "KeyId": key.arn, "EncryptionAlgorithm": encryption_algorithm}


@operation(
    aliases=True,
    across_accounts=True,
    usage=_ENCRYPTION,
    needs=(on_key_of_ciphertext("Decrypt", "KeyId"),),
    grants={"Decrypt"},
    recipient="Plaintext",
)
def decrypt(
    region: Region,
    this: Operation,
    *,
    ciphertext_blob: bytes | None = None,
    encryption_context: Context | None = None,
    grant_tokens: Sequence[str] = (),
    key_id: str | None = None,
    encryption_algorithm: str = SYMMETRIC_DEFAULT,
    dry_run: bool = False,
    dry_run_modifiers: Sequence[str] = (),
) -> Response:
    """Decrypt; a symmetric ciphertext says by itself which KMS key and which key material made it."""
    check_grant_tokens(region, grant_tokens)
    ignored = _ignores_ciphertext(dry_run_modifiers, dry_run=dry_run)
    required = ignored or encryption_algorithm != SYMMETRIC_DEFAULT
    key = _source_key(region, this, "KeyId", key_id, required=required)
    if key is not None and required:
        check_use(key, "Decrypt", _ENCRYPTION, encryption_algorithm)
    if ignored:
        raise DryRunOperationException(messages.DRY_RUN)
    opened = _open(region, this, key, ciphertext_blob, encryption_context or {}, encryption_algorithm)
    conclude(region, opened.key, this.name, dry_run=dry_run)
    return {
        "KeyId": opened.key.arn,
        "Plaintext": opened.plaintext,
        "EncryptionAlgorithm": encryption_algorithm,
        **_named(opened.key, "KeyMaterialId", opened.material_id),
    }


@operation(
    keys=("SourceKeyId", "DestinationKeyId"),
    aliases=True,
    across_accounts=True,
    usage=_ENCRYPTION,
    needs=(on_key_of_ciphertext("ReEncryptFrom", "SourceKeyId"), on_key("ReEncryptTo", "DestinationKeyId")),
    grants={"ReEncryptFrom", "ReEncryptTo"},
)
def re_encrypt(
    region: Region,
    this: Operation,
    *,
    destination_key_id: str,
    ciphertext_blob: bytes | None = None,
    source_encryption_context: Context | None = None,
    source_key_id: str | None = None,
    destination_encryption_context: Context | None = None,
    source_encryption_algorithm: str = SYMMETRIC_DEFAULT,
    destination_encryption_algorithm: str = SYMMETRIC_DEFAULT,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
    dry_run_modifiers: Sequence[str] = (),
) -> Response:
    """Decrypt and encrypt again under another KMS key, context or algorithm; the plaintext never leaves."""
    check_grant_tokens(region, grant_tokens)
    ignored = _ignores_ciphertext(dry_run_modifiers, dry_run=dry_run)
    required = ignored or source_encryption_algorithm != SYMMETRIC_DEFAULT
    source = _source_key(region, this, "SourceKeyId", source_key_id, required=required)
    if source is not None and required:
        check_use(source, "ReEncryptFrom", _ENCRYPTION, source_encryption_algorithm)
    context = source_encryption_context or {}
    opened = None
    if not ignored:
        opened = _open(region, this, source, ciphertext_blob, context, source_encryption_algorithm)
    destination = this.resolve_key(region, destination_key_id)
    check_use(destination, "ReEncryptTo", _ENCRYPTION, destination_encryption_algorithm)
    if opened is None:
        raise DryRunOperationException(messages.DRY_RUN)
    context = destination_encryption_context or {}
    sealed = seal(region, destination, opened.plaintext, context, destination_encryption_algorithm)
    conclude(region, opened.key, this.name, dry_run=dry_run)
    conclude(region, destination, this.name, dry_run=dry_run)
    return {
        "CiphertextBlob": sealed.blob,
        "SourceKeyId": opened.key.arn,
        "KeyId": destination.arn,
        "SourceEncryptionAlgorithm": source_encryption_algorithm,
        "DestinationEncryptionAlgorithm": destination_encryption_algorithm,
        **_named(opened.key, "SourceKeyMaterialId", opened.material_id),
        **_named(destination, "DestinationKeyMaterialId", sealed.material_id),
    }


def seal(  # noqa: PLR0917  the parts of a request
    region: Region, key: Key, plaintext: bytes, context: Context, algorithm: str, kind: bytes = ciphertext.OF_ENCRYPT
) -> Sealed:
    """Encrypt under a KMS key that was found fit for the algorithm; ``kind`` is what a symmetric ciphertext is of."""
    if algorithm != SYMMETRIC_DEFAULT:
        _check_no_context(context)
        return Sealed(_seal_rsa(region, key, plaintext, algorithm), None)
    material = key.usable_material(region.world)
    assert material.plaintext is not None  # an Enabled key has its material
    if key.store is not None:
        key.store.check_use(key.xks_key_id, ENCRYPT)
    nonce = region.world.random_bytes(ciphertext.NONCE)
    binding = ciphertext.Binding(key.scope, context)
    blob = ciphertext.seal(plaintext, kind, bytes.fromhex(material.id), material.plaintext, binding, nonce)
    return Sealed(blob, material.id)


_DATA_KEY = 32  # bytes


def seal_earlier(key: Key, context: Context, world: World) -> bytes:
    """A data key as somebody has it who was given it earlier, when the KMS key could be used.

    It names the key material that is current, or a made-up one of the KMS key where it has never had any that encrypts.
    """
    material = None
    if key.usage == _ENCRYPTION and key.spec.is_symmetric:
        material = key.current if key.is_external else key.usable_material(world)
    material_id = key_material_id(key.id, b"") if material is None else material.id
    opens_with = None if material is None else material.plaintext
    binding, nonce = ciphertext.Binding(key.scope, context), world.random_bytes(ciphertext.NONCE)
    data_key = world.random_bytes(_DATA_KEY)
    return ciphertext.seal(
        data_key, ciphertext.OF_DATA_KEY, bytes.fromhex(material_id), opens_with or bytes(_DATA_KEY), binding, nonce
    )


def seal_under_none(random_bytes: Callable[[int], bytes]) -> bytes:
    """A data key under a KMS key that is gone."""
    binding, nonce = ciphertext.Binding("", {}), random_bytes(ciphertext.NONCE)
    material_id, no_key = random_bytes(_DATA_KEY), bytes(_DATA_KEY)
    return ciphertext.seal(no_key, ciphertext.OF_DATA_KEY, material_id, no_key, binding, nonce)


def _seal_rsa(region: Region, key: Key, plaintext: bytes, algorithm: str) -> bytes:
    public_key = _rsa_key(region, key).public_key()
    limit = longest_plaintext(public_key.key_size, algorithm)
    if len(plaintext) > limit:
        text = messages.PLAINTEXT_TOO_LONG.format(algorithm=algorithm, spec=key.spec.name, limit=limit)
        raise ValidationException(text)
    return public_key.encrypt(plaintext, padding_of(algorithm))


def _rsa_key(region: Region, key: Key) -> RSAPrivateKey:
    private_key = key.private_key(region.world)
    assert isinstance(private_key, RSAPrivateKey)  # its spec has an RSA algorithm
    return private_key


def _source_key(region: Region, this: Operation, member: str, key_id: str | None, *, required: bool) -> Key | None:
    """The KMS key that a request names for its ciphertext, None where the ciphertext is to say it."""
    if key_id is None:
        if required:
            raise ValidationException(messages.MUST_NOT_BE_NULL.format(member=member))
        return None
    if _is_related(region, arns.parse(key_id)):
        raise IncorrectKeyException(messages.WRONG_KEY)
    return this.resolve_key(region, key_id)


def _is_related(region: Region, name: arns.KeyName) -> bool:
    """Whether this is the key ARN of a multi-Region key in another Region, to which one in this Region is related."""
    key = region.keys.get(name.key_id)
    if key is None or key.family is None:
        return False
    others = [related for related in key.family if related is not key]
    return name in {arns.parse(related.arn) for related in others}


def _check_no_context(context: Context) -> None:
    """Refuse an encryption context where the algorithm cannot bind one."""
    if context:
        raise ValidationException(messages.CONTEXT_NOT_SUPPORTED)


def _ignores_ciphertext(modifiers: Sequence[str], *, dry_run: bool) -> bool:
    """Whether a dry run is about permission alone."""
    if modifiers and not dry_run:
        raise ValidationException(messages.MODIFIERS_WITHOUT_DRY_RUN)
    return "IGNORE_CIPHERTEXT" in modifiers


def _open(  # noqa: PLR0917  the parts of a request
    region: Region, this: Operation, key: Key | None, blob: bytes | None, context: Context, algorithm: str
) -> Opened:
    if blob is None:
        raise ValidationException(messages.MUST_NOT_BE_NULL.format(member="CiphertextBlob"))
    if key is None or algorithm == SYMMETRIC_DEFAULT:
        return _open_symmetric(region, this, key, blob, context)
    _check_no_context(context)
    try:
        plaintext = _rsa_key(region, key).decrypt(blob, padding_of(algorithm))
    except ValueError as error:
        raise InvalidCiphertextException from error
    return Opened(key, plaintext, None)


def _open_symmetric(region: Region, this: Operation, key: Key | None, blob: bytes, context: Context) -> Opened:
    parsed = ciphertext.parse(blob)
    maker = region.of_material(parsed.material_id)
    if key is None:
        if maker is None:
            raise AccessDeniedException(messages.UNKNOWN_CIPHERTEXT_KEY)
        key = this.resolve_key(region, maker.arn)
    elif key is not maker:
        raise IncorrectKeyException(messages.WRONG_KEY)
    material = key.materials.get(parsed.material_id)
    if material is None or material.is_pending or material.plaintext is None:
        raise InvalidCiphertextException
    if key.store is not None:
        key.store.check_use(key.xks_key_id, DECRYPT)
    try:
        plaintext = parsed.open(material.plaintext, ciphertext.Binding(key.scope, context))
    except InvalidCiphertextException:
        if key.xks_key_id is None:
            raise
        raise KMSInvalidStateException(key_store_messages.EXTERNAL_CIPHERTEXT) from None  # the proxy opens it first
    return Opened(key, plaintext, material.id)


def _named(key: Key, member: str, material_id: str | None) -> Response:
    """The member that names a key material, where the service of the time has one."""
    return {member: material_id} if material_id is not None and key.rules.names_materials else {}

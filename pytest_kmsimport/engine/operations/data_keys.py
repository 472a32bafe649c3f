"""Data keys: GenerateDataKey and GenerateDataKeyPair, both also WithoutPlaintext, and GenerateRandom.

https://docs.aws.amazon.com/kms/latest/developerguide/data-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import ciphertext, key_store_messages, messages
from ..call import Response
from ..errors import InvalidKeyUsageException, NotOffered, UnsupportedOperationException, ValidationException
from ..keys import Key
from ..materials import public_key_of, with_curve_inside
from ..region import Region
from ..specs import SPECS, SYMMETRIC_DEFAULT
from .admission import check_connected
from .encrypting import seal
from .permissions import in_account
from .registry import operation

_USAGE = "ENCRYPT_DECRYPT"
_LENGTHS = {"AES_128": 16, "AES_256": 32}  # bytes


@operation(
    aliases=True,
    across_accounts=True,
    usage=_USAGE,
    algorithm=SYMMETRIC_DEFAULT,
    secrets={"Plaintext": "the plaintext data key"},
    grants={"GenerateDataKey"},
    of="symmetric",
    recipient="Plaintext",
)
def generate_data_key(
    region: Region,
    key: Key,
    *,
    encryption_context: Mapping[str, str] | None = None,
    number_of_bytes: int | None = None,
    key_spec: str | None = None,
) -> Response:
    """Make a symmetric data key: its bytes, and the same encrypted under the KMS key."""
    data_key = _data_key(region, number_of_bytes, key_spec)
    return {**_sealed(region, key, data_key, encryption_context), "Plaintext": data_key}


@operation(
    aliases=True,
    across_accounts=True,
    usage=_USAGE,
    algorithm=SYMMETRIC_DEFAULT,
    grants={"GenerateDataKeyWithoutPlaintext"},
    of="symmetric",
)
def generate_data_key_without_plaintext(
    region: Region,
    key: Key,
    *,
    encryption_context: Mapping[str, str] | None = None,
    key_spec: str | None = None,
    number_of_bytes: int | None = None,
) -> Response:
    """Make a symmetric data key for later: only encrypted under the KMS key."""
    return _sealed(region, key, _data_key(region, number_of_bytes, key_spec), encryption_context)


@operation(
    aliases=True,
    across_accounts=True,
    usage=_USAGE,
    secrets={"PrivateKeyPlaintext": "the private key of the data key pair"},
    grants={"GenerateDataKeyPair"},
    of="symmetric",
    recipient="PrivateKeyPlaintext",
)
def generate_data_key_pair(
    region: Region,
    key: Key,
    *,
    key_pair_spec: str,
    encryption_context: Mapping[str, str] | None = None,
) -> Response:
    """Make an asymmetric data key pair: public key, private key, and the latter encrypted under the KMS key."""
    private_key = _key_pair(region, key, key_pair_spec)
    answer = _sealed_pair(region, key, private_key, encryption_context)
    return {**answer, "PrivateKeyPlaintext": private_key, "KeyPairSpec": key_pair_spec}


@operation(
    aliases=True,
    across_accounts=True,
    usage=_USAGE,
    grants={"GenerateDataKeyPairWithoutPlaintext"},
    of="symmetric",
)
def generate_data_key_pair_without_plaintext(
    region: Region,
    key: Key,
    *,
    key_pair_spec: str,
    encryption_context: Mapping[str, str] | None = None,
) -> Response:
    """Make an asymmetric data key pair whose private key is there only encrypted under the KMS key."""
    private_key = _key_pair(region, key, key_pair_spec)
    return {**_sealed_pair(region, key, private_key, encryption_context), "KeyPairSpec": key_pair_spec}


@operation(keys=(), needs=(in_account("GenerateRandom"),), recipient="Plaintext")
def generate_random(
    region: Region,
    *,
    number_of_bytes: int | None = None,
    custom_key_store_id: str | None = None,
) -> Response:
    """Give random bytes, also those of a CloudHSM cluster."""
    if number_of_bytes is None:
        raise ValidationException(messages.NUMBER_OF_BYTES)
    if custom_key_store_id is not None:
        store = region.key_store(custom_key_store_id)
        if store.is_external:
            raise UnsupportedOperationException(key_store_messages.RANDOM_IN_EXTERNAL)
        check_connected(store, "GenerateRandom")
    return {"Plaintext": region.world.random_bytes(number_of_bytes)}


def _data_key(region: Region, number_of_bytes: int | None, key_spec: str | None) -> bytes:
    if (number_of_bytes is None) == (key_spec is None):
        raise ValidationException(messages.DATA_KEY_LENGTH)
    return region.world.random_bytes(number_of_bytes or _LENGTHS[key_spec or ""])


def _key_pair(region: Region, key: Key, spec_name: str) -> bytes:
    """A private key as PKCS#8 DER, to be encrypted under a symmetric KMS key that is in no custom key store."""
    if not key.spec.is_symmetric:
        raise InvalidKeyUsageException(messages.KEY_PAIR_WITH_ASYMMETRIC)
    if key.store is not None:
        raise UnsupportedOperationException(messages.WRONG_ORIGIN.format(arn=key.arn, origin=key.origin))
    if spec_name in region.rules.unsupported:
        raise UnsupportedOperationException(messages.KEY_PAIR_NOT_SUPPORTED.format(spec=spec_name))
    region.rules.check_offered(spec_name)
    spec = SPECS.get(spec_name)
    if spec is None:
        raise NotOffered(f"KeyPairSpec {spec_name} is newer than the mock. It knows: {', '.join(SPECS)}.")
    return with_curve_inside(spec.material.generate(region.world))


def _sealed(region: Region, key: Key, plaintext: bytes, context: Mapping[str, str] | None) -> Response:
    sealed = seal(region, key, plaintext, context or {}, SYMMETRIC_DEFAULT, ciphertext.OF_DATA_KEY)
    named = {"KeyMaterialId": sealed.material_id} if key.rules.names_materials else {}
    return {"CiphertextBlob": sealed.blob, "KeyId": key.arn, **named}


def _sealed_pair(region: Region, key: Key, private_key: bytes, context: Mapping[str, str] | None) -> Response:
    answer = _sealed(region, key, private_key, context)
    return {
        "PrivateKeyCiphertextBlob": answer.pop("CiphertextBlob"),
        "PublicKey": public_key_of(private_key),
        **answer,
    }

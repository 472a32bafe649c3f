"""Public keys and signatures: GetPublicKey, Sign and Verify."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature

from .. import messages
from ..call import Response
from ..errors import KMSInvalidSignatureException, NotOffered, UnsupportedOperationException, ValidationException
from ..keys import Key
from ..materials import public_key_of
from ..region import Region
from ..signatures import ALGORITHMS, EXTERNAL_MU, RAW, SigningAlgorithm
from ..specs import ALGORITHM_MEMBERS
from .admission import check_grant_tokens
from .registry import operation

_SIGNATURES = "SIGN_VERIFY"


@operation(aliases=True, across_accounts=True, reads=True, grants={"GetPublicKey"}, of="asymmetric")
def get_public_key(region: Region, key: Key, *, grant_tokens: Sequence[str] = ()) -> Response:
    """Give the public key (DER, SubjectPublicKeyInfo)."""
    check_grant_tokens(region, grant_tokens)
    if not key.spec.is_asymmetric:
        raise UnsupportedOperationException
    return {
        "KeyId": key.arn,
        "PublicKey": public_key_of(key.usable_material(region.world).plaintext or b""),
        "CustomerMasterKeySpec": key.spec.name,
        "KeySpec": key.spec.name,
        "KeyUsage": key.usage,
        ALGORITHM_MEMBERS[key.usage]: key.algorithms,
    }


@operation(aliases=True, across_accounts=True, usage=_SIGNATURES, grants={"Sign"})
def sign(
    region: Region,
    key: Key,
    *,
    message: bytes,
    signing_algorithm: str,
    message_type: str = RAW,
) -> Response:
    """Sign a message of up to 4 KiB, or the digest of a longer one."""
    algorithm = _algorithm(key, signing_algorithm, message, message_type)
    signature = algorithm.sign(key.private_key(region.world), message, message_type)
    return {"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": signing_algorithm}


@operation(aliases=True, across_accounts=True, usage=_SIGNATURES, grants={"Verify"})
def verify(
    region: Region,
    key: Key,
    *,
    message: bytes,
    signature: bytes,
    signing_algorithm: str,
    message_type: str = RAW,
) -> Response:
    """Tell that a signature is good; one that is not is an error."""
    algorithm = _algorithm(key, signing_algorithm, message, message_type)
    try:
        algorithm.verify(key.private_key(region.world), signature, message, message_type)
    except InvalidSignature as error:
        raise KMSInvalidSignatureException from error
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": signing_algorithm}


def _algorithm(key: Key, name: str, message: bytes, message_type: str) -> SigningAlgorithm:
    """The signing algorithm, after checking that the message fits it."""
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        raise NotOffered(f"Signing with {name} is not offered. Offered are: {', '.join(ALGORITHMS)}.")
    _check_message(key, name, message, message_type)
    return algorithm


def _check_message(key: Key, algorithm: str, message: bytes, message_type: str) -> None:
    """Refuse a type of message that the key spec does not have, or the algorithm, and then a wrong length."""
    if not any(message_type in ALGORITHMS[other].lengths for other in key.algorithms if other in ALGORITHMS):
        text = messages.MESSAGE_TYPE_OF_SPEC.format(message_type=message_type, spec=key.spec.name)
        raise ValidationException(text)
    lengths = ALGORITHMS[algorithm].lengths
    if message_type not in lengths:
        text = messages.MESSAGE_TYPE_OF_ALGORITHM.format(message_type=message_type, algorithm=algorithm)
        raise ValidationException(text)
    if lengths[message_type] not in {None, len(message)}:
        text = messages.MU_LENGTH if message_type == EXTERNAL_MU else messages.DIGEST_LENGTH
        raise ValidationException(text.format(algorithm=algorithm))

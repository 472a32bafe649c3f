"""What can be asked for by an alias, by its name and by its ARN."""

from __future__ import annotations

import pytest

from ..support.installed import CAN_ENCAPSULATE, OPERATION_NAMES
from ..support.key_policies import shared
from ..support.refusal import refused
from .test_aliases import AGREEING, ENCAPSULATING, HMAC, HOME, OTHER_ACCOUNT, SIGNING, SYMMETRIC, listed, sealed

MESSAGE = {"Message": b"x"}
ECDSA, MAC = {"SigningAlgorithm": "ECDSA_SHA_256", **MESSAGE}, {"MacAlgorithm": "HMAC_SHA_256", **MESSAGE}
PAIR = {"KeyPairSpec": "ECC_NIST_P256"}
ML_KEM = {"EncapsulationAlgorithm": "ML_KEM"}


#: Operation that takes an alias -> a KMS key that is fit for it, and the other members of a good request.
_TAKE_ALIASES = {
    "DescribeKey": (SYMMETRIC, lambda *_: {}),
    "Encrypt": (SYMMETRIC, lambda *_: {"Plaintext": b"x"}),
    "Decrypt": (SYMMETRIC, lambda kms, key_id: {"CiphertextBlob": sealed(kms, key_id)}),
    "GenerateDataKey": (SYMMETRIC, lambda *_: {"KeySpec": "AES_256"}),
    "GenerateDataKeyWithoutPlaintext": (SYMMETRIC, lambda *_: {"KeySpec": "AES_256"}),
    "GenerateDataKeyPair": (SYMMETRIC, lambda *_: PAIR),
    "GenerateDataKeyPairWithoutPlaintext": (SYMMETRIC, lambda *_: PAIR),
    "GenerateMac": (HMAC, lambda *_: MAC),
    "VerifyMac": (HMAC, lambda kms, key_id: {**MAC, "Mac": kms.generate_mac(KeyId=key_id, **MAC)["Mac"]}),
    "GetPublicKey": (SIGNING, lambda *_: {}),
    "Sign": (SIGNING, lambda *_: ECDSA),
    "Verify": (SIGNING, lambda kms, key_id: {**ECDSA, "Signature": kms.sign(KeyId=key_id, **ECDSA)["Signature"]}),
    "DeriveSharedSecret": (
        AGREEING,
        lambda kms, key_id: {
            "KeyAgreementAlgorithm": "ECDH",
            "PublicKey": kms.get_public_key(KeyId=key_id)["PublicKey"],
        },
    ),
    "Encapsulate": (ENCAPSULATING, lambda *_: ML_KEM),
    "Decapsulate": (
        ENCAPSULATING,
        lambda kms, key_id: {
            **ML_KEM,
            "SharedSecretCiphertextBlob": kms.encapsulate(KeyId=key_id, **ML_KEM)["SharedSecretCiphertextBlob"],
        },
    ),
}
TAKE_ALIASES = {
    name: made
    for name, made in _TAKE_ALIASES.items()
    if name in OPERATION_NAMES and (CAN_ENCAPSULATE or made[0] is not ENCAPSULATING)
}


def arn_of(answer) -> str:
    """The key ARN of the KMS key that an answer is about."""
    arn: str = answer["KeyMetadata"]["Arn"] if "KeyMetadata" in answer else answer["KeyId"]
    return arn


@pytest.mark.parametrize("operation", TAKE_ALIASES)
@pytest.mark.parametrize("start", ["", HOME])
def test_operations_that_take_an_alias(kms, make_key, operation, start):
    """By name and by ARN, and the answer names the KMS key behind it."""
    members, rest = TAKE_ALIASES[operation]
    key_id = make_key(**members)
    kms.create_alias(AliasName="alias/a/b_c-d", TargetKeyId=key_id)
    answer = kms._make_api_call(operation, {"KeyId": f"{start}alias/a/b_c-d", **rest(kms, key_id)})
    assert arn_of(answer) == f"{HOME}key/{key_id}"


@pytest.mark.parametrize("start", ["", HOME])
def test_both_sides_of_reencrypt_take_an_alias(kms, make_key, start):
    """The source as well as the destination."""
    source, destination = make_key(**SYMMETRIC), make_key(**SYMMETRIC)
    kms.create_alias(AliasName="alias/source", TargetKeyId=source)
    kms.create_alias(AliasName="alias/destination", TargetKeyId=destination)
    answer = kms.re_encrypt(
        CiphertextBlob=sealed(kms, source),
        SourceKeyId=f"{start}alias/source",
        DestinationKeyId=f"{start}alias/destination",
    )
    assert (answer["SourceKeyId"], answer["KeyId"]) == (f"{HOME}key/{source}", f"{HOME}key/{destination}")


@pytest.mark.parametrize("operation", TAKE_ALIASES)
def test_aliases_of_another_account(kms, kms_import_mock, operation):
    """All of these work across accounts, with the alias ARN."""
    members, rest = TAKE_ALIASES[operation]
    owner = kms_import_mock.client(account=OTHER_ACCOUNT)
    key = owner.create_key(**members, Policy=shared(OTHER_ACCOUNT, "123456789012"))["KeyMetadata"]
    owner.create_alias(AliasName="alias/theirs", TargetKeyId=key["KeyId"])
    alias = f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:alias/theirs"
    assert arn_of(kms._make_api_call(operation, {"KeyId": alias, **rest(owner, key["KeyId"])})) == key["Arn"]


def test_an_alias_name_is_one_of_the_callers_account(kms, kms_import_mock):
    """Another account's alias is not found by its name alone."""
    owner = kms_import_mock.client(account=OTHER_ACCOUNT)
    owner.create_alias(AliasName="alias/theirs", TargetKeyId=owner.create_key()["KeyMetadata"]["KeyId"])
    with refused("NotFoundException", f"Alias {HOME}alias/theirs is not found."):
        kms.describe_key(KeyId="alias/theirs")


def test_an_alias_belongs_to_its_region(kms, kms_import_mock, make_key):
    """The same name can stand for another KMS key in another Region."""
    there = kms_import_mock.client("eu-west-1")
    keys = make_key(), there.create_key()["KeyMetadata"]["KeyId"]
    for client, key_id in zip((kms, there), keys, strict=True):
        client.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    assert (listed(kms), listed(there)) == ({"alias/x": keys[0]}, {"alias/x": keys[1]})


def test_the_state_of_the_key_counts(kms, make_key):
    """Aliases stand for KMS keys that wait for key material too; the refusal names the key ARN."""
    key_id = make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    with refused("KMSInvalidStateException", f"{HOME}key/{key_id} is pending import."):
        kms.encrypt(KeyId="alias/x", Plaintext=b"x")


def test_a_ciphertext_of_another_key_than_the_aliass(kms, make_key):
    """Decrypt with an alias insists on the KMS key behind it."""
    kms.create_alias(AliasName="alias/x", TargetKeyId=make_key(**SYMMETRIC))
    text = "The key ID in the request does not identify a CMK that can perform this operation."
    blob = sealed(kms, make_key(**SYMMETRIC))
    with refused("IncorrectKeyException", text):
        kms.decrypt(CiphertextBlob=blob, KeyId="alias/x")

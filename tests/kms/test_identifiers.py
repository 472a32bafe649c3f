"""KeyId in all its forms, for every operation that takes one."""

from __future__ import annotations

import pytest

from pytest_kmsimport.engine.operations import OPERATIONS

from ..support.installed import OPERATION_NAMES, has_member
from ..support.key_policies import shared
from ..support.refusal import refused

UNKNOWN = "1234abcd-12ab-34cd-56ef-1234567890ab"
UNKNOWN_MULTI_REGION = "mrk-1234abcd12ab34cd56ef1234567890ab"
#: From the parameter documentation of AWS's operations.
USES = {
    "Decapsulate", "Decrypt", "DeriveSharedSecret", "Encapsulate", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "GetPublicKey", "Sign",
    "Verify", "VerifyMac",
}  # fmt: skip
TAKE_ALIASES = {"DescribeKey", *USES}
ACROSS_ACCOUNTS = {
    "CreateGrant", "DescribeKey", "GetKeyRotationStatus", "ListGrants", "RetireGrant", "RevokeGrant", *USES
}  # fmt: skip
ABOUT_A_KEY = [name for name in OPERATIONS if name in OPERATION_NAMES and has_member(name, "KeyId")]
OTHER_MEMBERS = {
    "CreateGrant": {"GranteePrincipal": "arn:aws:iam::123456789012:root", "Operations": ["DescribeKey"]},
    "Decapsulate": {"EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": b"x"},
    "Encapsulate": {"EncapsulationAlgorithm": "ML_KEM"},
    "Encrypt": {"Plaintext": b"x"},
    "PutKeyPolicy": {"Policy": "{}"},
    "ReplicateKey": {"ReplicaRegion": "eu-west-1"},
    "RetireGrant": {"GrantId": "0" * 64},
    "RevokeGrant": {"GrantId": "0" * 64},
    "TagResource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
    "UntagResource": {"TagKeys": ["a"]},
    "UpdateKeyDescription": {"Description": "x"},
    "UpdatePrimaryRegion": {"PrimaryRegion": "eu-west-1"},
    "Decrypt": {"CiphertextBlob": b"x"},
    "DeriveSharedSecret": {"KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"},
    "GenerateDataKey": {"KeySpec": "AES_256"},
    "GenerateDataKeyPair": {"KeyPairSpec": "ECC_NIST_P256"},
    "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "ECC_NIST_P256"},
    "GenerateDataKeyWithoutPlaintext": {"KeySpec": "AES_256"},
    "GenerateMac": {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"},
    "Sign": {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"},
    "Verify": {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256", "Signature": b"x"},
    "VerifyMac": {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256", "Mac": b"x"},
    "GetParametersForImport": {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"},
    "ImportKeyMaterial": {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"},
}
DENIED = (
    "User: arn:aws:iam::123456789012:root is not authorized to perform: kms:{operation} on this resource because the"
    " resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy"
    " explicitly denies access"
)


@pytest.fixture(params=ABOUT_A_KEY)
def operation(request):
    """Every operation that takes a KeyId."""
    return request.param


@pytest.fixture
def call(kms, operation):
    """Call the operation about a KeyId."""
    return lambda key_id: kms._make_api_call(operation, {"KeyId": key_id, **OTHER_MEMBERS.get(operation, {})})


def not_found(operation: str, key_id: str, text: str) -> str:
    """What AWS says of a KMS key that it does not find; RetireGrant takes ARNs only, and says so of everything else."""
    return f"Invalid arn {key_id}" if operation == "RetireGrant" and not key_id.startswith("arn:") else text


@pytest.mark.parametrize("key_id", [UNKNOWN, UNKNOWN_MULTI_REGION])
def test_unknown_keys(call, operation, key_id):
    """A well-formed key ID is answered with the ARN that it would have; so is the ARN itself."""
    arn = f"arn:aws:kms:us-east-1:123456789012:key/{key_id}"
    for name in (key_id, arn):
        with refused("NotFoundException", not_found(operation, name, f"Key '{arn}' does not exist")):
            call(name)


@pytest.mark.parametrize(
    "key_id", ["fake-key-id", UNKNOWN.replace("-", ""), "mrk-fake-key-id", "key_id", UNKNOWN.upper(), "arn:aws:kms:x"]
)
def test_what_is_no_key_id(call, operation, key_id):
    """AWS repeats it in quotes."""
    with refused("NotFoundException", not_found(operation, key_id, f"Invalid keyId '{key_id}'")):
        call(key_id)


def test_arns_of_another_region(call):
    """AWS names the Region of the ARN."""
    with refused("NotFoundException", "Invalid arn eu-west-1"):
        call(f"arn:aws:kms:eu-west-1:123456789012:key/{UNKNOWN}")


def test_arns_of_another_partition(call):
    """AWS names what is wrong about the ARN."""
    with refused("NotFoundException", "Invalid arn aws-cn"):
        call(f"arn:aws-cn:kms:us-east-1:123456789012:key/{UNKNOWN}")


@pytest.mark.parametrize("alias", ["alias/x", "arn:aws:kms:us-east-1:123456789012:alias/x"])
def test_aliases(call, operation, alias):
    """Where aliases are taken this one is unknown; elsewhere no alias is taken at all."""
    if operation in TAKE_ALIASES:
        with refused("NotFoundException", "Alias arn:aws:kms:us-east-1:123456789012:alias/x is not found."):
            call(alias)
    else:
        with refused("InvalidArnException", "Key Aliases are not supported for this operation."):
            call(alias)


@pytest.mark.parametrize("resource", [f"key/{UNKNOWN}", "key/x", "alias/x"])
def test_unknown_keys_of_another_account(call, operation, resource):
    """AWS does not tell whether they exist."""
    if resource == "alias/x" and operation not in TAKE_ALIASES:
        with refused("InvalidArnException", "Key Aliases are not supported for this operation."):
            call(f"arn:aws:kms:us-east-1:111122223333:{resource}")
        return
    with refused("AccessDeniedException", DENIED.format(operation=operation)):
        call(f"arn:aws:kms:us-east-1:111122223333:{resource}")


def test_keys_of_another_account(kms, call, operation, kms_import_mock):
    """Operations that AWS allows across accounts find the key by its ARN, the others do not, whatever its policy."""
    key = kms_import_mock.import_key(account="111122223333", Policy=shared("111122223333", "123456789012"))
    if operation not in ACROSS_ACCOUNTS:
        with refused("AccessDeniedException", DENIED.format(operation=operation)):
            call(key.arn)
        return
    try:
        assert call(key.arn)
    except kms.exceptions.ClientError as error:  # found, and not fit for this operation
        assert error.response["Error"]["Code"] in {  # noqa: PT017  whichever the operation says
            "InvalidKeyUsageException", "InvalidCiphertextException", "UnsupportedOperationException",
            "NotFoundException",
        }  # fmt: skip


def test_a_bare_key_id_is_one_of_the_callers_account(call, operation, kms_import_mock):
    """Another account's key cannot be named without its ARN."""
    key = kms_import_mock.import_key(account="111122223333")
    text = f"Key 'arn:aws:kms:us-east-1:123456789012:key/{key.id}' does not exist"
    with refused("NotFoundException", not_found(operation, key.id, text)):
        call(key.id)


@pytest.mark.parametrize("form", ["id", "arn"])
def test_key_ids_and_arns_name_a_key(kms, kms_import_mock, form):
    """Both are taken everywhere; DescribeKey shows it."""
    key = kms_import_mock.import_key()
    assert kms.describe_key(KeyId=getattr(key, form))["KeyMetadata"]["Arn"] == key.arn


def test_a_key_id_belongs_to_its_region(kms, kms_import_mock):
    """The ARN in the refusal is built from the caller's Region."""
    key = kms_import_mock.import_key(region_name="eu-west-1")
    with refused("NotFoundException", f"Key 'arn:aws:kms:us-east-1:123456789012:key/{key.id}' does not exist"):
        kms.describe_key(KeyId=key.id)


@pytest.mark.parametrize("resource", ["{id}", "KEY/{id}", "key/{id}/x", "alias:{id}"])
def test_an_arn_names_a_key_by_its_resource_type(kms, kms_import_mock, resource):
    """Behind the account stands ``key/`` and the key ID, or the ARN is no key's, even where the key ID is good."""
    arn = f"arn:aws:kms:us-east-1:123456789012:{resource.format(id=kms_import_mock.import_key().id)}"
    with refused("NotFoundException", f"Invalid keyId '{arn}'"):
        kms.describe_key(KeyId=arn)

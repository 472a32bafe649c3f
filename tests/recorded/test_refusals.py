"""Refusals that AWS was recorded to give: code, exact text (empty: no message member) and status 400."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport._wire.model import kms_model

ARN = "arn:aws:kms:us-east-1:123456789012:key/"
UUID = "1234abcd-12ab-34cd-56ef-1234567890ab"
MRK = "mrk-1234abcd12ab34cd56ef1234567890ab"
ONE = "1 validation error detected: "
BREACH = " failed to satisfy constraint: Member must "
PSS = {"SigningAlgorithm": "RSASSA_PSS_SHA_256"}
HMAC_256 = {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


class Row(NamedTuple):
    """A recorded refusal; ``{name}`` stands for the ARN of a key of conftest, ``{name_id}`` for its key ID."""

    operation: str
    members: dict[str, Any]
    code: str
    message: str

    def __repr__(self) -> str:
        return f"{self.operation}-{self.code}-{self.message[:60]}"


def tag(key: str, value: str = "v") -> dict[str, str]:
    """A tag."""
    return {"TagKey": key, "TagValue": value}


CREATE_KEY = [
    Row("CreateKey", {"KeySpec": "HMAC_256"}, "ValidationException",
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."),
    Row("CreateKey", {"KeySpec": "RSA_2048", "KeyUsage": "KEY_AGREEMENT"}, "ValidationException",
        "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048"),
    Row("CreateKey", {"KeySpec": "ECC_NIST_P256", "KeyUsage": "ENCRYPT_DECRYPT"}, "ValidationException",
        "KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256"),
    Row("CreateKey", {"KeySpec": "RSA_2048", "CustomerMasterKeySpec": "RSA_2048"}, "ValidationException",
        "You cannot specify KeySpec and CustomerMasterKeySpec in the same request."
        " CustomerMasterKeySpec is deprecated."),
    Row("CreateKey", {"Tags": [tag(f"key{n}") for n in range(51)]}, "TagException", "Too many tags"),
    Row("CreateKey", {"Tags": [tag("aws:key1")]}, "TagException", "Tags beginning with aws: are reserved"),
    Row("CreateKey", {"Tags": [tag("AWS:key1")]}, "TagException", "Tags beginning with aws: are reserved"),
    Row("CreateKey", {"Tags": [tag("k" * 129)]}, "ValidationException",
        f"{ONE}Value '{'k' * 129}' at 'tags.1.member.tagKey'{BREACH}have length less than or equal to 128"),
    Row("CreateKey", {"Tags": [tag("k", "v" * 257)]}, "ValidationException",
        f"{ONE}Value '{'v' * 257}' at 'tags.1.member.tagValue'{BREACH}have length less than or equal to 256"),
]  # fmt: skip
IMPORT = [
    Row("GetParametersForImport", {"KeyId": "{symmetric_id}", **WRAPPING}, "UnsupportedOperationException",
        "{symmetric} origin is AWS_KMS which is not valid for this operation."),
    Row("GetParametersForImport",
        {"KeyId": "{external}", "WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_3072"},
        "ValidationException", "Wrapping algorithm RSA_AES_KEY_WRAP_SHA_256 and wrapping key spec RSA_3072 cannot be"
        " used to import a SYMMETRIC_DEFAULT key."),
]  # fmt: skip
STATES = [
    Row("Encrypt", {"KeyId": "{external_id}", "Plaintext": b"x"}, "KMSInvalidStateException",
        "{external} is pending import."),
    Row("Encrypt", {"KeyId": "{deleted_id}", "Plaintext": b"x"}, "KMSInvalidStateException",
        "{deleted} is pending import."),
    Row("RotateKeyOnDemand", {"KeyId": "{external_id}"}, "KMSInvalidStateException", "{external} is pending import."),
    Row("DisableKey", {"KeyId": "{external_id}"}, "KMSInvalidStateException", "{external} is pending import."),
    Row("GenerateDataKey", {"KeyId": "{disabled_id}", "KeySpec": "AES_256"}, "DisabledException",
        "{disabled} is disabled."),
    Row("GenerateDataKey", {"KeyId": "{pending_deletion_id}", "KeySpec": "AES_256"}, "KMSInvalidStateException",
        "{pending_deletion} is pending deletion."),
    Row("ScheduleKeyDeletion", {"KeyId": "{pending_deletion_id}"}, "KMSInvalidStateException",
        "{pending_deletion} is pending deletion."),
    Row("RotateKeyOnDemand", {"KeyId": "{disabled_rsa_id}"}, "DisabledException", "{disabled_rsa} is disabled."),
    Row("RotateKeyOnDemand", {"KeyId": "{rsa}"}, "UnsupportedOperationException", ""),
]  # fmt: skip
IDENTIFIERS = [
    Row("DescribeKey", {"KeyId": UUID}, "NotFoundException", f"Key '{ARN}{UUID}' does not exist"),
    Row("DescribeKey", {"KeyId": MRK}, "NotFoundException", f"Key '{ARN}{MRK}' does not exist"),
    *(Row(operation, {"KeyId": key_id, **members}, "NotFoundException", f"Invalid keyId '{key_id}'")
      for key_id in ("fake-key-id", UUID.replace("-", ""), "mrk-fake-key-id", "key_id")
      for operation, members in (("DescribeKey", {}), ("GenerateMac", HMAC_256),
                                 ("VerifyMac", {**HMAC_256, "Mac": b"x"}))),
    Row("ListGrants", {"KeyId": "invalid"}, "NotFoundException", "Invalid keyId 'invalid'"),
    Row("DescribeKey", {"KeyId": ARN.replace("us-east-1", "eu-west-1") + UUID}, "NotFoundException",
        "Invalid arn eu-west-1"),
    Row("RotateKeyOnDemand", {"KeyId": UUID}, "NotFoundException", f"Key '{ARN}{UUID}' does not exist"),
    Row("DescribeKey", {"KeyId": "alias/x"}, "NotFoundException",
        "Alias arn:aws:kms:us-east-1:123456789012:alias/x is not found."),
    Row("CreateAlias", {"AliasName": "x", "TargetKeyId": "{symmetric_id}"}, "ValidationException",
        'Alias must start with the prefix "alias/". Please see'
        " https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"),
]  # fmt: skip
ENCRYPTION = [
    Row("Encrypt", {"KeyId": "{rsa_id}", "Plaintext": b"x"}, "InvalidKeyUsageException",
        "{rsa} key usage is SIGN_VERIFY which is not valid for Encrypt."),
    *(Row("Decrypt", {"CiphertextBlob": lambda account: account.blob(), "KeyId": key_id}, "IncorrectKeyException",
          "The key ID in the request does not identify a CMK that can perform this operation.")
      for key_id in ("{another}", "{hmac}")),
    Row("Decrypt", {"CiphertextBlob": lambda account: account.blob(EncryptionContext={"a": "b"})},
        "InvalidCiphertextException", ""),
    Row("Decrypt", {"CiphertextBlob": lambda account: account.blob(), "EncryptionContext": {"a": "b"}},
        "InvalidCiphertextException", ""),
    Row("Decrypt", {"CiphertextBlob": lambda account: account.blob() + b"junk"}, "InvalidCiphertextException", ""),
    Row("Decrypt", {"CiphertextBlob": lambda account: account.blob()[4:]}, "InvalidCiphertextException", ""),
    Row("Encrypt", {"KeyId": "{symmetric}", "Plaintext": bytes(4097)}, "ValidationException",
        f"{ONE}Value at 'plaintext'{BREACH}have length less than or equal to 4096"),
    Row("Encrypt", {"KeyId": "{symmetric}", "Plaintext": b""}, "ValidationException",
        f"{ONE}Value at 'plaintext'{BREACH}have length greater than or equal to 1"),
    Row("Decrypt", {"CiphertextBlob": b""}, "ValidationException",
        f"{ONE}Value at 'ciphertextBlob'{BREACH}have length greater than or equal to 1"),
    *(Row("Encrypt", {"KeyId": "{rsa_encrypting}", "Plaintext": bytes(limit + 1), "EncryptionAlgorithm": algorithm},
          "ValidationException",
          f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {limit} bytes.")
      for algorithm, limit in (("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190))),
    Row("ReEncrypt", {"CiphertextBlob": lambda account: account.blob(), "SourceKeyId": "{hmac}",
                      "DestinationKeyId": "{another}"}, "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation."),
    Row("ReEncrypt", {"CiphertextBlob": lambda account: account.blob(), "DestinationKeyId": "{rsa}"},
        "InvalidKeyUsageException", "{rsa} key usage is SIGN_VERIFY which is not valid for ReEncryptTo."),
]  # fmt: skip
DATA_KEYS = [
    *(Row(operation, {"KeyId": "{symmetric}", "KeyPairSpec": "RSA_2048", "DryRun": True}, "DryRunOperationException",
          "The request would have succeeded, but the DryRun option is set.")
      for operation in ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")),
    Row("GenerateDataKey", {"KeyId": "{rsa}", "KeySpec": "AES_256"}, "InvalidKeyUsageException",
        "{rsa} key usage is SIGN_VERIFY which is not valid for GenerateDataKey."),
    Row("GenerateRandom", {}, "ValidationException", "NumberOfBytes is required."),
    Row("GenerateRandom", {"NumberOfBytes": 0}, "ValidationException",
        f"{ONE}Value '0' at 'numberOfBytes'{BREACH}have value greater than or equal to 1"),
    Row("GenerateRandom", {"NumberOfBytes": 1025}, "ValidationException",
        f"{ONE}Value '1025' at 'numberOfBytes'{BREACH}have value less than or equal to 1024"),
]  # fmt: skip
SIGNATURES = [
    Row("Sign", {"KeyId": "{rsa}", "Message": b"x", "MessageType": "DIGEST", **PSS}, "ValidationException",
        "Digest is invalid length for algorithm RSASSA_PSS_SHA_256."),
    Row("Verify", {"KeyId": "{rsa}", "Message": b"x", "Signature": bytes(256), **PSS},
        "KMSInvalidSignatureException", ""),
    Row("Sign", {"KeyId": "{hmac}", "Message": b"x", **PSS}, "InvalidKeyUsageException",
        "{hmac} key usage is GENERATE_VERIFY_MAC which is not valid for Sign."),
    Row("Verify", {"KeyId": "{symmetric}", "Message": b"x", "Signature": b"x", **PSS}, "InvalidKeyUsageException",
        "{symmetric} key usage is ENCRYPT_DECRYPT which is not valid for Verify."),
    Row("Sign", {"KeyId": "{ecc}", "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_384"}, "InvalidKeyUsageException",
        "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."),
    Row("GenerateMac", {"KeyId": "{hmac_224}", **HMAC_256}, "InvalidKeyUsageException",
        "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."),
    Row("VerifyMac", {"KeyId": "{hmac}", "Mac": bytes(32), **HMAC_256}, "KMSInvalidMacException", ""),
    Row("GenerateMac", {"KeyId": "{symmetric}", **HMAC_256}, "InvalidKeyUsageException",
        "{symmetric} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac."),
    *(Row("DeriveSharedSecret", {"KeyId": f"{{{key}}}", "KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"},
          "InvalidKeyUsageException", f"{{{key}}} key usage is {usage} which is not valid for DeriveSharedSecret.")
      for key, usage in (("ecc", "SIGN_VERIFY"), ("symmetric", "ENCRYPT_DECRYPT"))),
    Row("DeriveSharedSecret", {"KeyId": "{ecdh}", "KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"},
        "ValidationException", ""),
    Row("GetPublicKey", {"KeyId": "{symmetric}"}, "UnsupportedOperationException", ""),
]  # fmt: skip
ROTATION = [
    Row("RotateKeyOnDemand", {"KeyId": "{imported_id}"}, "KMSInvalidStateException",
        "No available key material pending rotation for the key: {imported}."),
    Row("EnableKeyRotation", {"KeyId": "{imported_id}"}, "UnsupportedOperationException",
        "{imported} origin is EXTERNAL which is not valid for this operation."),
    *(Row("EnableKeyRotation", {"KeyId": key}, "UnsupportedOperationException", "") for key in ("{ecc}", "{rsa}")),
    *(Row("ListKeyRotations", {"KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"}, "ValidationException",
          "Input parameter includeKeyMaterial can only be used with symmetric keys.")
      for key in ("{rsa}", "{ecc}", "{hmac}")),
    Row("ReplicateKey", {"KeyId": "{symmetric}", "ReplicaRegion": "eu-west-1"}, "UnsupportedOperationException",
        "{symmetric} is not a multi-region primary key."),
]  # fmt: skip
LABELS = [
    Row("TagResource", {"KeyId": "{symmetric}", "Tags": [tag("a"), tag("a")]}, "TagException", "Duplicate tag keys"),
    Row("TagResource", {"KeyId": "{symmetric}", "Tags": [tag("aws:a")]}, "TagException",
        "Tags beginning with aws: are reserved"),
    Row("TagResource", {"KeyId": "{symmetric}", "Tags": [tag("a"), tag("")]}, "ValidationException",
        f"{ONE}Value '' at 'tags.2.member.tagKey'{BREACH}have length greater than or equal to 1"),
    Row("TagResource", {"KeyId": "{symmetric}"}, "ValidationException",
        f"{ONE}Value null at 'tags'{BREACH}not be null"),
    Row("PutKeyPolicy", {"KeyId": "{symmetric}", "PolicyName": "invalid-name", "Policy": "{}"}, "ValidationException",
        f"{ONE}Value 'invalid-name' at 'policyName'{BREACH}satisfy regular expression pattern: [\\w]+"),
]  # fmt: skip
ROWS = [
    *CREATE_KEY, *IMPORT, *STATES, *IDENTIFIERS, *ENCRYPTION, *DATA_KEYS, *SIGNATURES, *ROTATION, *LABELS,
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_a_recorded_refusal(account, row):
    """Code, text and status are AWS's; the answer has a message of its own exactly where AWS models the error."""
    members, text = account.fill(row.members), account.fill(row.message)
    with pytest.raises(ClientError) as caught:
        account.kms._make_api_call(row.operation, members)
    response = caught.value.response
    assert (response["Error"]["Code"], response["Error"]["Message"]) == (row.code, text)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    modelled = row.code in {shape.name for shape in kms_model().operation_model(row.operation).error_shapes}
    assert response.get("message") == (text if modelled and text else None)


KEY_SPECS = (
    "RSA_2048, ECC_NIST_P384, ECC_NIST_P256, ECC_NIST_P521, HMAC_384, RSA_3072, ECC_SECG_P256K1, RSA_4096,"
    " SYMMETRIC_DEFAULT, HMAC_256, HMAC_224, HMAC_512"
)
#: Operation, member, value that no enum has, and the values that AWS was recorded to list; AWS adds to them.
ENUMS = [
    ("CreateKey", "KeySpec", "HMAC_random", KEY_SPECS),
    ("CreateKey", "KeyUsage", "RANDOM", "ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC"),
    ("GenerateMac", "MacAlgorithm", "INVALID", "HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512"),
    ("ListKeyRotations", "IncludeKeyMaterial", "INVALID_VALUE", "ALL_KEY_MATERIAL, ROTATIONS_ONLY"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "member", "value", "values"), ENUMS)
def test_a_recorded_refusal_of_an_enum(account, operation, member, value, values):
    """AWS's text, with the values in the order of the recording, and those that came later behind them."""
    others = {"GenerateMac": {"KeyId": "x", "Message": b"x"}, "ListKeyRotations": {"KeyId": "x"}}.get(operation, {})
    with pytest.raises(ClientError) as caught:
        account.kms._make_api_call(operation, {**others, member: value})
    text = caught.value.response["Error"]["Message"]
    head, _, listed = text.partition("[")
    path = member[0].lower() + member[1:]
    assert head == f"{ONE}Value '{value}' at '{path}'{BREACH}satisfy enum value set: "
    modelled = kms_model().operation_model(operation).input_shape.members[member].enum
    later = [value for value in modelled if value not in values.split(", ")]
    assert listed == f"{', '.join([values, *later])}]"

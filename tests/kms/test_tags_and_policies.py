"""Tags, descriptions, key policies, and when a KMS key was last used."""

from __future__ import annotations

import json

import pytest

from ..support.installed import OPERATION_NAMES
from ..support.refusal import refused

RESERVED = "Tags beginning with aws: are reserved"
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
DRY = "The request would have succeeded, but the DryRun option is set."
last_usage = pytest.mark.skipif("GetKeyLastUsage" not in OPERATION_NAMES, reason="newer than this botocore")


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


def tags(**values: str) -> list[dict[str, str]]:
    """The member Tags."""
    return [{"TagKey": key, "TagValue": value} for key, value in values.items()]


# Tags


def test_tags_add_to_those_of_create_key(kms, make_key):
    """And change the value of those that are there."""
    key_id = make_key(Tags=tags(a="1", b="2"))
    kms.tag_resource(KeyId=key_id, Tags=tags(b="3", c="4"))
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == tags(a="1", b="3", c="4")


def test_a_list_goes_on_where_it_was(kms, key):
    """Though a tag of the first page has been taken away meanwhile, and another one changed."""
    kms.tag_resource(KeyId=key.id, Tags=tags(a="1", b="2", c="3", d="4", e="5"))
    marker = kms.list_resource_tags(KeyId=key.id, Limit=2)["NextMarker"]
    kms.untag_resource(KeyId=key.id, TagKeys=["a"])
    kms.tag_resource(KeyId=key.id, Tags=tags(b="6"))
    rest = kms.list_resource_tags(KeyId=key.id, Marker=marker)["Tags"]
    assert rest == tags(c="3", d="4", e="5")


def test_a_key_has_fifty_tags(kms, key):
    """However they came; changing one of the fifty is no more."""
    kms.tag_resource(KeyId=key.id, Tags=tags(**{f"t{n}": "x" for n in range(40)}))
    kms.tag_resource(KeyId=key.id, Tags=tags(**{f"t{n}": "y" for n in range(30, 50)}))
    before = kms.list_resource_tags(KeyId=key.id)["Tags"]
    with refused("TagException", "Too many tags"):
        kms.tag_resource(KeyId=key.id, Tags=tags(t0="z", t50="z"))
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == before
    kms.tag_resource(KeyId=key.id, Tags=tags(t0="z"))


def test_what_is_not_tagged_is_untagged_without_complaint(kms, key):
    """AWS has no error for it."""
    kms.tag_resource(KeyId=key.id, Tags=tags(a="1"))
    kms.untag_resource(KeyId=key.id, TagKeys=["a", "b", "A"])
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == []


def test_tag_keys_have_their_case(kms, key):
    """Two that differ in it are two."""
    kms.tag_resource(KeyId=key.id, Tags=tags(a="1", A="2"))
    kms.untag_resource(KeyId=key.id, TagKeys=["A"])
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == tags(a="1")


def test_reserved_tags_are_nobodys(kms, key):
    """They can be neither set nor taken away."""
    with refused("TagException", RESERVED):
        kms.tag_resource(KeyId=key.id, Tags=tags(**{"aws:x": "1"}))
    with refused("TagException", RESERVED):
        kms.untag_resource(KeyId=key.id, TagKeys=["aws:x"])


# Descriptions


def test_descriptions_change(kms, make_key):
    """Also to nothing."""
    key_id = make_key(Description="old")
    for description in ("new", ""):
        kms.update_key_description(KeyId=key_id, Description=description)
        assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["Description"] == description


# Key policies


def policy(**changes: object) -> str:
    """A policy of one statement that lets the account do everything, with changes to it."""
    principal = {"AWS": "arn:aws:iam::123456789012:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*", **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_policy_is_given_back_as_it_was_put(kms, key):
    """To the last space; before that it is AWS's default one."""
    default = kms.get_key_policy(KeyId=key.id)
    text = policy() + "  "
    kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=text)
    assert json.loads(default["Policy"])["Id"] == "key-default-1"
    assert kms.get_key_policy(KeyId=key.id, PolicyName="default")["Policy"] == text


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("{", "MalformedPolicyDocumentException", ""),
        (policy(Principal={}), "MalformedPolicyDocumentException", "Policy contains a statement with no principal."),
        (policy(Action="kms:Encrypt"), "MalformedPolicyDocumentException", LOCKED_OUT),
        (policy(Action="kms:[P]utKeyPolicy"), "MalformedPolicyDocumentException", LOCKED_OUT),
        (
            policy(Principal={"AWS": []}),
            "MalformedPolicyDocumentException",
            "Policy contains a statement with no principal.",
        ),
        (policy(Effect="Deny"), "MalformedPolicyDocumentException", LOCKED_OUT),
        (policy(Sid="x" * 32768), "LimitExceededException", "The key policy exceeds the limit of 32768 bytes."),
    ],
)
def test_a_policy_that_is_refused_leaves_the_one_before(kms, key, text, code, message):
    """As AWS checks it."""
    before = kms.get_key_policy(KeyId=key.id)["Policy"]
    with refused(code, message):
        kms.put_key_policy(KeyId=key.id, Policy=text)
    assert kms.get_key_policy(KeyId=key.id)["Policy"] == before


def test_one_can_lock_oneself_out_on_purpose(kms, key):
    """With BypassPolicyLockoutSafetyCheck, which bypasses nothing else."""
    text = policy(Action="kms:GetKeyPolicy")
    with refused("MalformedPolicyDocumentException"):
        kms.put_key_policy(KeyId=key.id, Policy="{", BypassPolicyLockoutSafetyCheck=True)
    kms.put_key_policy(KeyId=key.id, Policy=text, BypassPolicyLockoutSafetyCheck=True)
    assert kms.get_key_policy(KeyId=key.id)["Policy"] == text
    why = "because no resource-based policy allows the kms:PutKeyPolicy action"
    with pytest.raises(kms.exceptions.ClientError, match=why):
        kms.put_key_policy(KeyId=key.id, Policy=policy())


def test_only_the_default_policy_can_be_set(kms, key):
    """AWS_RAM's is not ours to set, and is not there."""
    with refused("ValidationException", "The AWS_RAM policy can only be managed by the RAM service."):
        kms.put_key_policy(KeyId=key.id, PolicyName="AWS_RAM", Policy=policy())
    with refused("ValidationException", "You can set only the key policy named default."):
        kms.put_key_policy(KeyId=key.id, PolicyName="other", Policy=policy())
    with refused("NotFoundException", "No such policy exists"):
        kms.get_key_policy(KeyId=key.id, PolicyName="AWS_RAM")


# GetKeyLastUsage


@last_usage
def test_a_key_that_was_never_used(kms, kms_import_mock, key):
    """Looking at it is no use of it; KeyLastUsage is there and empty."""
    kms.describe_key(KeyId=key.id)
    answer = kms.get_key_last_usage(KeyId=key.id)
    created = kms.describe_key(KeyId=key.id)["KeyMetadata"]["CreationDate"]
    assert (answer["KeyId"], answer["KeyLastUsage"]) == (key.id, {})
    assert answer["KeyCreationDate"] == answer["TrackingStartDate"] == created


SIGNING = {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
MAC = {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
USES = [
    ("Encrypt", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", {"Plaintext": b"x"}),
    ("GenerateDataKey", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", {"KeySpec": "AES_256"}),
    ("GenerateDataKeyWithoutPlaintext", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", {"KeySpec": "AES_256"}),
    ("GenerateDataKeyPair", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", {"KeyPairSpec": "ECC_NIST_P256"}),
    ("GenerateDataKeyPairWithoutPlaintext", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", {"KeyPairSpec": "ECC_NIST_P256"}),
    ("Sign", "ECC_NIST_P256", "SIGN_VERIFY", SIGNING),
    ("GenerateMac", "HMAC_256", "GENERATE_VERIFY_MAC", MAC),
]


@last_usage
@pytest.mark.parametrize(("operation", "spec", "usage", "members"), USES, ids=[use[0] for use in USES])
def test_the_last_use(kms, kms_import_mock, operation, spec, usage, members):
    """Operation, time and the request ID of the answer; dry runs and refused calls do not count."""
    kms_import_mock.clock.freeze()
    key_id = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    with refused("DryRunOperationException", DRY):
        kms._make_api_call(operation, {"KeyId": key_id, **members, "DryRun": True})
    assert kms.get_key_last_usage(KeyId=key_id)["KeyLastUsage"] == {}
    answer = kms._make_api_call(operation, {"KeyId": key_id, **members})
    usage = kms.get_key_last_usage(KeyId=key_id)["KeyLastUsage"]
    assert (usage["Operation"], usage["KmsRequestId"]) == (operation, answer["ResponseMetadata"]["RequestId"])
    assert usage["Timestamp"] == kms_import_mock.clock.now()
    assert usage == kms.get_key_last_usage(KeyId=key_id)["KeyLastUsage"]


@last_usage
def test_uses_of_what_others_made(kms, key, kms_import_mock):
    """Decrypt counts for the key that the ciphertext names, ReEncrypt for both, a failed one for none."""
    other = kms_import_mock.import_key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other.id)

    def operation(view) -> object:
        return kms.get_key_last_usage(KeyId=view.id)["KeyLastUsage"].get("Operation")

    assert (operation(key), operation(other)) == ("ReEncrypt", "ReEncrypt")
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert operation(key) == "ReEncrypt"
    kms.decrypt(CiphertextBlob=blob)
    assert (operation(key), operation(other)) == ("Decrypt", "ReEncrypt")

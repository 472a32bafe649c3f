"""S3: what an object under a KMS key of the mock needs of it, and S3's own refusals."""

from __future__ import annotations

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_kmsimport import faults

from ..support.iam_policies import HOME, allow
from ..support.key_policies import document, root, statement
from ..support.refusal import refused
from .conftest import OWN, REGION, UNUSABLE, credentials_of

BUCKET, KEY = "bucket", "folder/a b+ü.txt"
OBJECT_ARN = f"arn:aws:s3:::{BUCKET}/{KEY}"
ELSEWHERE = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def s3(client):
    """A client of moto's S3, with a bucket."""
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def put(s3, key_id, name=KEY, body=b"first", **members):
    """Put an object that is encrypted under a KMS key."""
    return s3.put_object(
        Bucket=BUCKET, Key=name, Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId=key_id, **members
    )


def get(s3, name=KEY):
    """The content of an object."""
    return s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()


REQUESTS = {
    "GetObject": get,
    "PutObject": lambda s3: put(s3, s3.key.id, body=b"second"),
    "CreateMultipartUpload": lambda s3: s3.create_multipart_upload(
        Bucket=BUCKET, Key=KEY, ServerSideEncryption="aws:kms", SSEKMSKeyId=s3.key.arn
    ),
    "CopyObject, of what is encrypted": lambda s3: s3.copy_object(
        Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": KEY}, ServerSideEncryption="AES256"
    ),
    "UploadPartCopy": lambda s3: s3.upload_part_copy(
        Bucket=BUCKET, Key="whole", CopySource=f"{BUCKET}/{KEY}", PartNumber=1, UploadId=s3.upload
    ),
    "CopyObject, to be encrypted": lambda s3: s3.copy_object(
        Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/plain", ServerSideEncryption="aws:kms", SSEKMSKeyId=s3.key.id
    ),
}


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_key_that_cannot_be_used(s3, key, end, state, request_):
    """Each request that needs it is refused with AWS KMS's code and text, and S3 has nothing of it."""
    s3.key = key
    put(s3, key.id)
    s3.put_object(Bucket=BUCKET, Key="plain", Body=b"in the clear")
    s3.upload = s3.create_multipart_upload(Bucket=BUCKET, Key="whole")["UploadId"]
    before = contents(s3)
    text = end(state)
    with refused(f"KMS.{state.code}", text):
        REQUESTS[request_](s3)
    assert contents(s3) == before
    assert get(s3, "plain") == b"in the clear"


def contents(s3):
    """What S3 has, by its own list."""
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    uploads = s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return [(one["Key"], one["ETag"]) for one in listed], len(uploads)


def test_it_works_again(s3, kms, kms_import_mock, key, end):
    """With the same key material imported anew the object can be read, and was not lost."""
    material = b"k" * 32
    key = kms_import_mock.import_key(material)
    put(s3, key.arn)
    kms.delete_imported_key_material(KeyId=key.id)
    with refused("KMS.KMSInvalidStateException", f"{key.arn} is pending import."):
        get(s3)
    kms_import_mock.import_key(material, key_id=key.id)
    assert get(s3) == b"first"


@pytest.mark.parametrize(
    ("key_id", "text"),
    [
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        (ELSEWHERE, f"Key 'arn:aws:kms:{REGION}:{OWN}:key/{ELSEWHERE}' does not exist"),
        (
            f"arn:aws:kms:{REGION}:{OWN}:key/{ELSEWHERE}",
            f"Key 'arn:aws:kms:{REGION}:{OWN}:key/{ELSEWHERE}' does not exist",
        ),
        (f"arn:aws:kms:eu-west-1:{OWN}:key/{ELSEWHERE}", "Invalid arn eu-west-1"),
    ],
)
def test_a_key_that_is_not_there(s3, key_id, text):
    """As AWS was recorded to answer."""
    with refused("KMS.NotFoundException", text):
        put(s3, key_id)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


def test_a_key_that_is_gone(s3, kms_import_mock, kms, key):
    """Nobody can tell of a ciphertext whose KMS key was deleted which that was."""
    put(s3, key.id)
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    kms_import_mock.clock.advance(days=8)
    text = (
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are"
        " not allowed to access."
    )
    with refused("AccessDenied", text, status=403):
        get(s3)


def test_what_is_told_of_an_object(s3, key, end, made):
    """Needs no AWS KMS but for its checksum; the refusal of HEAD has no body."""
    put(s3, key.id)
    end(UNUSABLE["disabled"])
    made()
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["SSEKMSKeyId"] == key.id
    assert made() == []
    with refused("400", "Bad Request"):
        s3.head_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED")


def test_the_calls(s3, key, made, kms_import_mock):
    """S3 calls for an object's ARN, and the trail has it call on the caller's behalf."""
    put(s3, key.id)
    get(s3)
    context = {"aws:s3:arn": OBJECT_ARN}
    assert made() == [("GenerateDataKey", "s3", context), ("Decrypt", "s3", context)]
    call = kms_import_mock.calls[-1]
    assert "by s3: ok" in repr(call)
    assert call.key_arns == (key.arn,)
    record = kms_import_mock.trail.to("Decrypt")[-1]
    assert record["userIdentity"]["invokedBy"] == record["sourceIPAddress"] == record["userAgent"] == "s3.amazonaws.com"
    assert record["requestParameters"] == {"encryptionContext": context, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    assert record["additionalEventData"]["keyMaterialId"] == key.materials[0].id


def test_versions(s3, kms_import_mock, kms, key):
    """Each version needs the KMS key that it was written under."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = put(s3, key.id)["VersionId"]
    other = kms_import_mock.import_key()
    put(s3, other.id, body=b"second")
    kms.disable_key(KeyId=key.id)
    assert get(s3) == b"second"
    with refused("KMS.DisabledException", f"{key.arn} is disabled."):
        s3.get_object(Bucket=BUCKET, Key=KEY, VersionId=first)
    with refused("KMS.DisabledException", f"{key.arn} is disabled."):
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": KEY, "VersionId": first})


def encrypt_by_default(s3, key_id, *, bucket_key=False):
    """Have a bucket's objects encrypted under a KMS key unless they say otherwise."""
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_id},
        "BucketKeyEnabled": bucket_key,
    }
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_default_encryption(s3, key, end, made):
    """A bucket's default holds for objects without headers, and not for those with."""
    encrypt_by_default(s3, key.id)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"first")
    assert made() == [("GenerateDataKey", "s3", {"aws:s3:arn": OBJECT_ARN})]
    text = end(UNUSABLE["pending import"])
    with refused("KMS.KMSInvalidStateException", text):
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"second")
    with refused("KMS.KMSInvalidStateException", text):
        get(s3)
    s3.put_object(Bucket=BUCKET, Key="plain", Body=b"clear", ServerSideEncryption="AES256")
    assert get(s3, "plain") == b"clear"


def test_bucket_keys(s3, key, end, made, kms_import_mock):
    """AWS KMS is asked for the bucket, and not again for a while, in which nobody notices what became of the key."""
    encrypt_by_default(s3, key.id, bucket_key=True)
    context = {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}"}
    for name in "ab":
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"x")
        get(s3, name)
    assert made() == [("GenerateDataKey", "s3", context), ("Decrypt", "s3", context)]
    text = end(UNUSABLE["disabled"])
    get(s3, "a")
    kms_import_mock.clock.advance(seconds=299)
    s3.put_object(Bucket=BUCKET, Key="c", Body=b"x")
    kms_import_mock.clock.advance(seconds=1)
    with refused("KMS.DisabledException", text):
        get(s3, "a")
    put(s3, kms_import_mock.import_key().id, "own", BucketKeyEnabled=True)
    assert made() == [("Decrypt", "s3", context), ("GenerateDataKey", "s3", context)]


def test_each_requester_has_a_bucket_key(s3, client, key, made, kms_import_mock):
    """What one has fetched is not for the other, and a session's name makes no other."""
    put(s3, key.id, BucketKeyEnabled=True)
    roles = [f"arn:aws:iam::{HOME}:role/{name}" for name in ("Reader", "Writer")]
    mine = [kms_import_mock.principal(roles[0], session=name, policies=allow("kms:*")) for name in ("one", "two")]
    theirs = kms_import_mock.principal(roles[1], policies=allow("s3:*"))
    made()
    for principal in mine:
        get(client("s3", **credentials_of(principal)))
    assert len(made()) == 1
    with pytest.raises(ClientError, match="is not authorized to perform: kms:Decrypt"):
        get(client("s3", **credentials_of(theirs)))


def test_whoever_may_not(s3, client, key, kms_import_mock):
    """Is told by S3 what AWS KMS says of it, with 403."""
    put(s3, key.id)
    principal = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice", policies=allow("s3:*"))
    theirs = client("s3", **credentials_of(principal))
    denied = f"User: {principal.arn} is not authorized to perform: kms:"
    why = "because no identity-based policy allows the kms:{} action"
    with refused(
        "AccessDenied", f"{denied}GenerateDataKey on resource: {key.arn} {why.format('GenerateDataKey')}", status=403
    ):
        put(theirs, key.id)
    with pytest.raises(ClientError, match=rf"\(AccessDenied\).*{denied}Decrypt on .* {why.format('Decrypt')}"):
        get(theirs)


def test_by_way_of_s3_alone(s3, client, key, kms, kms_import_mock):
    """kms:ViaService lets somebody use the KMS key for objects, and not by themselves."""
    condition = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice")
    own = statement(root(HOME))
    policy = document(own, statement(alice.arn, ["kms:GenerateDataKey", "kms:Decrypt"], Condition=condition))
    kms.put_key_policy(KeyId=key.id, Policy=policy)
    theirs = client("s3", **credentials_of(alice))
    put(theirs, key.id)
    assert get(theirs) == b"first"
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        alice.client().generate_data_key(KeyId=key.id, KeySpec="AES_256")


def test_statements_that_a_test_attaches(s3, key, kms_import_mock):
    """Hold for calls by way of S3, and for these alone where they say so."""
    put(s3, key.id)
    with kms_import_mock.deny("kms:Decrypt"), pytest.raises(ClientError, match=r"AccessDenied.*with an explicit deny"):
        get(s3)
    condition = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    with kms_import_mock.deny("kms:GenerateDataKey", condition=condition):
        kms_import_mock.client().generate_data_key(KeyId=key.id, KeySpec="AES_256")
        with pytest.raises(ClientError, match="AccessDenied"):
            put(s3, key.id)
    assert get(s3) == b"first"


def test_whoever_has_not_signed(client, s3, key, end):
    """An anonymous request needs the KMS key too."""
    put(s3, key.id)
    text = end(UNUSABLE["disabled"])
    anonymous = client("s3", config=Config(signature_version=UNSIGNED))
    with refused("KMS.DisabledException", text):
        get(anonymous)


def test_by_a_grant_for_one_object(s3, client, key, kms, kms_import_mock):
    """A grant's constraint on the encryption context is about the object's ARN."""
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice")
    kms.create_grant(
        KeyId=key.id,
        GranteePrincipal=alice.arn,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"aws:s3:arn": OBJECT_ARN}},
    )
    put(s3, key.id)
    put(s3, key.id, "other")
    theirs = client("s3", **credentials_of(alice))
    assert get(theirs) == b"first"
    with pytest.raises(ClientError, match="AccessDenied"):
        get(theirs, "other")


def test_the_region_of_the_bucket(client, kms_import_mock, made):
    """AWS KMS is asked in the bucket's Region, whatever the client's."""
    away = client("s3", "eu-west-1")
    away.create_bucket(Bucket="away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    key = kms_import_mock.import_key(region_name="eu-west-1")
    client("s3").put_object(Bucket="away", Key="a", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key.id)
    assert made()
    assert kms_import_mock.calls[-1].region == "eu-west-1"


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_styles_of_addressing(client, key, end, style):
    """The bucket is found in the path and in the host."""
    s3 = client("s3", config=Config(s3={"addressing_style": style}))
    s3.create_bucket(Bucket=BUCKET)
    put(s3, key.id)
    text = end(UNUSABLE["disabled"])
    with refused("KMS.DisabledException", text):
        get(s3)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"ServerSideEncryption": "AES256"},
        {"ServerSideEncryption": "aws:kms"},
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/aws/s3"},
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": f"arn:aws:kms:{REGION}:{OWN}:alias/aws/s3"},
    ],
)
def test_what_stands_on_no_key_of_the_mocks(s3, made, members):
    """Is left alone."""
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", **members)
    assert get(s3) == b"x"
    assert made() == []


def test_what_is_not_there(s3, made):
    """Is S3's business."""
    with pytest.raises(ClientError, match="NoSuchKey"):
        get(s3, "nothing")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.put_object(Bucket="nowhere", Key="a", Body=b"x")
    assert made() == []


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (faults.Refusal("ThrottlingException"), "KMS.ThrottlingException", 400),
        (faults.Refusal("KMSInternalException"), "KMS.KMSInternalException", 500),
        (faults.ConnectionReset(), "KMS.KMSInternalException", 500),
        (faults.HtmlAnswer(502), "KMS.KMSInternalException", 500),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_planned_faults(s3, client, key, kms_import_mock, fault, code, status):
    """Strike S3's calls as any others, and S3 has nothing of the request."""
    kms_import_mock.inject(fault, on="GenerateDataKey")
    once = client("s3", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as caught:
        put(once, key.id)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)

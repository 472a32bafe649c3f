"""``mock.trail``: who has called, what was refused, what KMS does by itself, and what is never recorded."""

from __future__ import annotations

import gzip
import json
import pickle
from base64 import b64encode
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport import CallsForgotten, faults, mock_kms_import

from ..support.controlling import control
from ..support.prepared import OFFERED, prepare

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
NOON = datetime(2026, 9, 24, 12, tzinfo=timezone.utc)
OWN = "123456789012"


def blobs_in(value):
    """Every blob of a request or response, however deep."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from blobs_in(item)


@pytest.mark.parametrize("operation", OFFERED)
def test_no_blob_and_no_token_is_recorded(kms_import_mock, kms, operation):
    """Of no operation, neither of the request nor of the response."""
    members = prepare(kms, kms_import_mock, operation)
    answer = kms._make_api_call(operation, members)
    answer.pop("ResponseMetadata")
    record = kms_import_mock.trail.to(operation)[-1]
    text = json.dumps(record)
    secrets = [*blobs_in(members), *blobs_in(answer)]
    for secret in secrets:
        for form in (b64encode(secret).decode(), secret.hex()):
            assert len(secret) < 8 or form[:40] not in text
    assert answer.get("GrantToken", "no token") not in text
    assert record["readOnly"] is (record["responseElements"] is None and not operation.startswith(WRITING))


BEGINNINGS = "Cancel Conn Create D E Import Put Repl Ret Rev Rot Sch Tag Unt Upd"
READING = {"Decrypt", "Describe", "Encrypt", "DeriveSharedSecret", "Decapsulate", "Encapsulate"}
WRITING = tuple(
    name for name in OFFERED if name.startswith(tuple(BEGINNINGS.split())) and not name.startswith(tuple(READING))
)


def identity_of(mock, principal):
    """What userIdentity says of somebody who has called."""
    principal.client().list_keys()
    return mock.trail[-1]["userIdentity"]


def test_the_root_user(kms_import_mock, kms):
    """Whom nobody has registered."""
    kms.list_keys()
    identity = {"type": "Root", "principalId": OWN, "arn": f"arn:aws:iam::{OWN}:root", "accountId": OWN}
    assert kms_import_mock.trail[0]["userIdentity"] == {**identity, "accessKeyId": "anybody"}


def test_a_session_of_a_role(kms_import_mock):
    """With its role as the issuer; the unique ID of the role is the same in both."""
    kms_import_mock.clock.freeze(NOON)
    role = kms_import_mock.principal(f"arn:aws:iam::{OWN}:role/team/Importer", session="ceremony", policies=[ALLOW])
    identity = identity_of(kms_import_mock, role)
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert identity == {
        "type": "AssumedRole",
        "principalId": f"{issuer['principalId']}:ceremony",
        "arn": f"arn:aws:sts::{OWN}:assumed-role/Importer/ceremony",
        "accountId": OWN,
        "accessKeyId": role.access_key_id,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": issuer["principalId"],
                "arn": f"arn:aws:iam::{OWN}:role/team/Importer",
                "accountId": OWN,
                "userName": "Importer",
            },
            "attributes": {"creationDate": "2026-09-24T12:00:00Z", "mfaAuthenticated": "false"},
        },
    }
    assert list(identity) == ["type", "principalId", "arn", "accountId", "accessKeyId", "sessionContext"]


def test_a_federated_user(kms_import_mock):
    """By account and name."""
    bob = kms_import_mock.principal(f"arn:aws:sts::{OWN}:federated-user/Bob", policies=[ALLOW])
    identity = identity_of(kms_import_mock, bob)
    assert (identity["type"], identity["principalId"]) == ("FederatedUser", f"{OWN}:Bob")


def test_a_service_on_a_users_behalf(kms_import_mock):
    """The service is address, agent and invokedBy, as recorded of Secrets Manager; there are no TLS details."""
    name = "secretsmanager.amazonaws.com"
    alice = kms_import_mock.principal(f"arn:aws:iam::{OWN}:user/Alice", policies=[ALLOW], via_service="secretsmanager")
    identity = identity_of(kms_import_mock, alice)
    assert (identity["type"], identity["invokedBy"], "sessionContext" in identity) == ("IAMUser", name, True)
    record = kms_import_mock.trail[-1]
    asked = ("sourceIPAddress", "userAgent", "vpcEndpointId", "vpcEndpointAccountId")
    assert {record[field] for field in asked} == {name}
    assert "tlsDetails" not in record
    assert "sharedEventID" in record


def test_a_service_for_itself(kms_import_mock):
    """It has no account, as recorded of EventBridge."""
    events = kms_import_mock.principal("events.amazonaws.com")
    assert identity_of(kms_import_mock, events) == {"type": "AWSService", "invokedBy": "events.amazonaws.com"}


def test_a_call_from_another_account_is_recorded_in_both(kms_import_mock):
    """The owner of the KMS key is told the account alone, and both records share an ID."""
    key = kms_import_mock.import_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [EVERYBODY]}))
    bob = kms_import_mock.principal("arn:aws:iam::111122223333:user/Bob", policies=[ALLOW])
    bob.client().describe_key(KeyId=key.arn)
    own, owners = kms_import_mock.trail
    assert (own["recipientAccountId"], owners["recipientAccountId"]) == ("111122223333", OWN)
    assert own["sharedEventID"] == owners["sharedEventID"]
    assert own["eventID"] != owners["eventID"]
    assert own["userIdentity"]["arn"] == bob.arn
    identity = {"type": "AWSAccount", "principalId": own["userIdentity"]["principalId"], "accountId": "111122223333"}
    assert owners["userIdentity"] == identity
    assert own["resources"] == owners["resources"] == [{"accountId": OWN, "type": "AWS::KMS::Key", "ARN": key.arn}]


EVERYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}


def test_who_may_not_is_refused_as_recorded(kms_import_mock):
    """AccessDenied with its text, and nothing of the request or the KMS key; in the caller's account alone."""
    key = kms_import_mock.import_key()
    bob = kms_import_mock.principal("arn:aws:iam::111122223333:user/Bob", policies=[ALLOW])
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.client().describe_key(KeyId=key.arn)
    (record,) = kms_import_mock.trail
    assert record["errorCode"] == "AccessDenied"
    assert record["errorMessage"].startswith(f"User: {bob.arn} is not authorized to perform: kms:DescribeKey")
    assert (record["requestParameters"], record["responseElements"]) == (None, None)
    assert "resources" not in record


def test_another_refusal_has_code_text_and_request(kms_import_mock, kms):
    """And the KMS key; the order of the fields is that of recorded ones."""
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.encrypt(KeyId=key_id, Plaintext=b"payroll", EncryptionContext={"Team": "A"})
    record = kms_import_mock.trail[-1]
    arn = kms_import_mock.key(key_id).arn
    assert (record["errorCode"], record["errorMessage"]) == ("KMSInvalidStateException", f"{arn} is pending import.")
    context = {"keyId": key_id, "encryptionContext": {"Team": "A"}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    assert record["requestParameters"] == context
    assert record["resources"][0]["ARN"] == arn
    order = ["userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "requestID"]
    assert [field for field in record if field in order] == order


def test_every_attempt_that_aws_sees_is_recorded(kms_import_mock, kms):
    """A lost answer too, each with its own request ID; what never arrives is not."""
    key = kms_import_mock.import_key()
    kms_import_mock.inject(faults.EndpointUnreachable(), on="DescribeKey", times=1)
    kms_import_mock.inject([None, faults.AnswerLost()], on="DescribeKey")
    kms.describe_key(KeyId=key.id)
    kms.describe_key(KeyId=key.id)
    assert [record.attempts for record in kms_import_mock.calls] == [2, 2]
    records = kms_import_mock.trail
    assert [record["eventName"] for record in records] == ["DescribeKey"] * 3
    assert len({record["requestID"] for record in records}) == len({record["eventID"] for record in records}) == 3


def test_an_expiry_is_told_once_and_at_its_time(kms_import_mock, kms):
    """Also where the key material was imported again since, and of one that was to be deleted meanwhile."""
    kms_import_mock.clock.freeze(NOON)
    material = bytes(32)
    key = kms_import_mock.import_key(material, ValidTo=NOON + timedelta(hours=1))
    doomed = kms_import_mock.import_key(ValidTo=NOON + timedelta(days=3))
    kms.schedule_key_deletion(KeyId=doomed.id, PendingWindowInDays=7)
    kms_import_mock.clock.advance(hours=2)
    kms_import_mock.import_key(material, key_id=key.id, ValidTo=NOON + timedelta(hours=3))
    kms_import_mock.clock.advance(days=30)
    told = [(r["eventName"], r["eventTime"], r["resources"][0]["ARN"]) for r in kms_import_mock.trail[1:]]
    assert told == [
        ("DeleteExpiredKeyMaterial", "2026-09-24T13:00:00Z", key.arn),
        ("DeleteExpiredKeyMaterial", "2026-09-24T15:00:00Z", key.arn),
        ("DeleteExpiredKeyMaterial", "2026-09-27T12:00:00Z", doomed.arn),
        ("DeleteKey", "2026-10-01T12:00:00Z", doomed.arn),
    ]
    assert kms_import_mock.trail[-1] == kms_import_mock.trail[-1]  # with the same IDs


def test_related_keys_tell_of_themselves(kms_import_mock):
    """Each in its Region, by its own date."""
    kms_import_mock.clock.freeze(NOON)
    material = bytes(32)
    key = kms_import_mock.import_key(material, MultiRegion=True, ValidTo=NOON + timedelta(hours=2))
    kms = kms_import_mock.client()
    replica = kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
    kms_import_mock.import_key(material, key_id=replica, ValidTo=NOON + timedelta(hours=1))
    kms_import_mock.clock.advance(hours=3)
    told = kms_import_mock.trail.to("DeleteExpiredKeyMaterial")
    assert [record["awsRegion"] for record in told] == ["eu-west-1", "us-east-1"]


def test_a_replica_key_is_created_in_its_region(kms_import_mock, kms):
    """ReplicateKey is recorded where the primary key is, CreateKey where the replica key is."""
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    told = [(record["eventName"], record["awsRegion"]) for record in kms_import_mock.trail[1:]]
    expected = {("ReplicateKey", "us-east-1"), ("CreateKey", "eu-west-1"), ("SynchronizeMultiRegionKey", "us-east-1")}
    assert set(told) == expected
    made = kms_import_mock.trail.to("CreateKey")[-1]
    assert made["requestParameters"]["multiRegion"] is True
    assert made["resources"][0]["ARN"] == made["responseElements"]["keyMetadata"]["arn"]


def test_what_happened_goes_back_with_a_snapshot(kms_import_mock):
    """And happens again when the clock gets there again."""
    kms_import_mock.clock.freeze(NOON)
    kms_import_mock.import_key(ValidTo=NOON + timedelta(hours=1))
    before = kms_import_mock.snapshot()
    for _ in range(2):
        assert len(kms_import_mock.trail) == 0
        kms_import_mock.clock.advance(hours=2)
        assert len(kms_import_mock.trail) == 1
        kms_import_mock.restore(before)


def test_records_as_json_lines(kms_import_mock, kms):
    """One a line, as programs for logs take them; the mock's repr is a list for people."""
    kms.list_keys()
    kms.create_key()
    lines = kms_import_mock.trail.json_lines().splitlines()
    assert [json.loads(line) for line in lines] == list(kms_import_mock.trail)
    assert repr(kms_import_mock.trail).startswith("<2 CloudTrail records\n  ")


def test_files_as_cloudtrail_delivers_them(kms_import_mock, kms, tmp_path):
    """By account, Region and day; the name tells them again, and the same name is written over."""
    kms_import_mock.clock.freeze(NOON)
    kms.create_key()
    kms_import_mock.client("eu-west-1", account="111122223333").list_keys()
    kms_import_mock.clock.advance(days=1, minutes=5)
    kms.list_keys()
    files = kms_import_mock.trail.deliver(tmp_path)
    names = [str(file.relative_to(tmp_path)).rpartition("_")[0] for file in files]
    assert names == [
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/09/24/111122223333_CloudTrail_eu-west-1_20260924T1200Z",
        f"AWSLogs/{OWN}/CloudTrail/us-east-1/2026/09/24/{OWN}_CloudTrail_us-east-1_20260924T1200Z",
        f"AWSLogs/{OWN}/CloudTrail/us-east-1/2026/09/25/{OWN}_CloudTrail_us-east-1_20260925T1205Z",
    ]
    contents = [json.loads(gzip.decompress(file.read_bytes())) for file in files]
    assert [record["eventName"] for content in contents for record in content["Records"]] == [
        "ListKeys",
        "CreateKey",
        "ListKeys",
    ]
    assert kms_import_mock.trail.deliver(tmp_path) == files
    assert sorted(tmp_path.rglob("*.json.gz")) == sorted(files)


def test_what_the_journal_has_let_go_is_not_passed_over(tmp_path):
    """Whoever goes through all records is told; those that are there are to be had."""
    with mock_kms_import(journal_size=2) as mock:
        for _ in range(3):
            mock.client().list_keys()
        for ask in (len, list, lambda trail: trail[0], lambda trail: trail.deliver(tmp_path)):
            with pytest.raises(CallsForgotten):
                ask(mock.trail)
        assert len(mock.trail.kept) == 2


def test_an_event_that_there_is_not(kms_import_mock):
    """It is told what was meant."""
    with pytest.raises(
        ValueError, match=r"no event 'ImportKeyMaterials' of AWS KMS\. Did you mean ImportKeyMaterial\?"
    ):
        kms_import_mock.trail.to("ImportKeyMaterials")


def test_a_record_is_the_callers_own(kms_import_mock, kms):
    """Who changes one changes nothing else."""
    kms.create_key()
    kms_import_mock.trail[0]["resources"].clear()
    assert kms_import_mock.trail[0]["resources"]


def test_pickles_of_calls_have_no_answers_in_them(kms_import_mock, kms):
    """What the trail is made of stays in this process."""
    key = kms_import_mock.import_key()
    kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    plaintext = kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key.id, Plaintext=b"payroll")["CiphertextBlob"])[
        "Plaintext"
    ]
    for record in kms_import_mock.calls:
        assert plaintext not in pickle.dumps(record)


def test_the_trail_over_http(kms_import_mock, kms_import_server, kms):
    """All records, or those with an eventName."""
    kms.create_key()
    kms.list_keys()
    url = kms_import_server.url
    assert control(url, "GET", "trail").json["Records"] == list(kms_import_mock.trail)
    (record,) = control(url, "GET", "trail?event_name=ListKeys").json["Records"]
    assert record["eventName"] == "ListKeys"
    answer = control(url, "GET", "trail?event_name=ListKey")
    assert (answer.status, "Did you mean ListKeys?" in answer.json["error"]) == (400, True)


def test_key_material_without_an_id(kms_import_mock):
    """An HMAC key has one key material, which goes by no name."""
    key = kms_import_mock.import_key(key_spec="HMAC_256", ValidTo=kms_import_mock.clock.now() + timedelta(hours=1))
    kms_import_mock.clock.advance(hours=2)
    assert kms_import_mock.trail[0]["serviceEventDetails"] == {"keyId": key.id}


def test_a_rotation_of_a_family(kms_import_mock, kms):
    """Each Region tells of it, and the primary one that all have the same."""
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    kms.rotate_key_on_demand(KeyId=key_id)
    rotations = kms_import_mock.trail.to("RotateKey")
    assert [record["awsRegion"] for record in rotations] == ["us-east-1", "eu-west-1"]
    assert len(kms_import_mock.trail.to("SynchronizeMultiRegionKey")) == 2

"""AWS's sample records of CloudTrail, field by field: the same is done, and what is recorded of it is compared.

``cloudtrail_samples.json`` has them as they are printed on the pages ``ct-*`` of the KMS developer guide, newest form
first where there are several.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from pytest_kmsimport import mock_kms_import, wrap_key_material
from pytest_kmsimport.engine.authorization.principals import Principal

SAMPLES = {
    sample["page"]: sample["record"]
    for sample in json.loads(Path(__file__).with_name("cloudtrail_samples.json").read_text())
}
ACCOUNT = "111122223333"
KEY, OTHER, MULTI = (
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "0987dcba-09fe-87dc-65ba-ab0987654321",
    "mrk-1234abcd12ab34cd56ef1234567890ab",
)
FIRST = "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"
SECOND = "96083e4fb6dbc41d77578a213a6b6669c044dd4c143e96755396d2bf11fd6068"
#: What is another one each time, or is the newest version's in the mock.
FREE = {"eventVersion", "requestID", "eventID", "userAgent", "tlsDetails"}
#: What records have today that older samples lack.
NEWER = {"managementEvent", "eventCategory", "tlsDetails"}
#: Where AWS's samples differ among themselves, or from AWS's own answers: page -> field -> what the mock has, and why.
OTHERWISE = {
    "ct-createkey": {
        # the newer sample, of an external key store, has tags and multiRegion, and most spell aWSAccountId
        "requestParameters": lambda sample: {**sample, "tags": [], "multiRegion": False},
        "responseElements": lambda sample: {
            "keyMetadata": {
                ("aWSAccountId" if name == "AWSAccountId" else name): value
                for name, value in sample["keyMetadata"].items()
            }
        },
    },
    "ct-encrypt": {"resources": lambda sample: [{**sample[0], "type": "AWS::KMS::Key"}]},  # as all newer ones
    "ct-creategrant": {"resources": lambda sample: [{**sample[0], "type": "AWS::KMS::Key"}]},
    "ct-schedule-key-deletion": {  # the date of 2021 is neither 12 nor 24 hours; newer ones have the window
        "responseElements": lambda sample: {
            **sample,
            "deletionDate": "Apr 12, 2021, 6:58:30 PM",
            "pendingWindowInDays": 20,
        }
    },
    "ct-delete-key": {
        "responseElements": lambda _: {"keyId": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{KEY}"}
    },  # since 2022
}


class Stage:
    """A KMS key in us-west-2, and Alice, who calls at the time of the sample."""

    def __init__(self, mock, time):
        self.mock, self.time = mock, time
        mock.clock.freeze(time)
        alice = mock.principal(
            f"arn:aws:iam::{ACCOUNT}:user/Alice", context={"aws:SourceIp": "192.0.2.0"}, policies=[ALLOW]
        )
        self.alice = alice
        self.names = {alice.access_key_id: "EXAMPLE_KEY_ID", Principal(alice.arn).user_id: "EX_PRINCIPAL_ID"}

    def client(self, region="us-west-2"):
        """A client of Alice's."""
        return self.alice.client(region)

    def key(self, **members):
        """A KMS key with imported key material, under the names of the samples."""
        key = self.mock.import_key(region_name=members.pop("region_name", "us-west-2"), **members)
        self.names |= {key.id: KEY, key.materials[0].id: FIRST}
        return key

    def before(self, **time):
        """Go to a time before that of the sample, to prepare something."""
        self.mock.clock.move_to(self.time - timedelta(**time))


ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


def create_key(stage):
    """CreateKey."""
    key_id = stage.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    stage.names[key_id] = KEY


def get_parameters(stage):
    """GetParametersForImport."""
    stage.client().get_parameters_for_import(KeyId=stage.key().id, **WRAPPING)


def import_material(stage):
    """ImportKeyMaterial."""
    kms = stage.client()
    key_id = stage.mock.client("us-west-2").create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    given = kms.get_parameters_for_import(KeyId=key_id, **WRAPPING)
    answer = kms.import_key_material(
        KeyId=key_id,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=wrap_key_material(given["PublicKey"], os.urandom(32), "RSAES_OAEP_SHA_256"),
        ValidTo=datetime(2025, 5, 21, 5, 47, 45, tzinfo=timezone.utc),
        ExpirationModel="KEY_MATERIAL_EXPIRES",
        ImportType="NEW_KEY_MATERIAL",
        KeyMaterialDescription="ExampleKeyMaterialA",
    )
    stage.names |= {key_id: KEY, answer["KeyMaterialId"]: FIRST}


def delete_material(stage):
    """DeleteImportedKeyMaterial."""
    key = stage.key()
    stage.client().delete_imported_key_material(KeyId=key.id, KeyMaterialId=key.materials[0].id)


def encrypt(stage):
    """Encrypt."""
    stage.client().encrypt(KeyId=stage.key().arn, Plaintext=b"x", EncryptionContext={"Department": "Engineering"})


CONTEXT = {"Department": "Engineering", "Project": "Alpha"}


def decrypt(stage):
    """Decrypt."""
    key, kms = stage.key(), stage.client()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    kms.decrypt(KeyId=key.arn, CiphertextBlob=blob, EncryptionContext=CONTEXT)


def decrypt_with_another_key(stage):
    """Decrypt that is refused."""
    key, kms = stage.key(), stage.client()
    other = stage.mock.import_key(region_name="us-west-2")
    blob = kms.encrypt(KeyId=other.id, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    with pytest.raises(kms.exceptions.IncorrectKeyException):
        kms.decrypt(KeyId=key.arn, CiphertextBlob=blob, EncryptionContext=CONTEXT)


def data_key_pair(stage):
    """GenerateDataKeyPair."""
    stage.client().generate_data_key_pair(
        KeyId=stage.key().id, KeyPairSpec="RSA_3072", EncryptionContext={"Project": "Alpha"}
    )


def re_encrypt(stage):
    """ReEncrypt."""
    other = stage.mock.import_key(region_name="us-west-2")
    key, kms = stage.key(), stage.client()
    stage.names |= {other.id: OTHER, other.materials[0].id: SECOND}
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other.id,
        DestinationEncryptionContext={"Level": "3A"},
    )


def generate_random(stage):
    """GenerateRandom."""
    stage.client("us-east-1").generate_random(NumberOfBytes=32)


def create_alias(stage):
    """CreateAlias."""
    stage.client().create_alias(AliasName="alias/ExampleAlias", TargetKeyId=stage.key().id)


def create_grant(stage):
    """CreateGrant."""
    grantee = f"arn:aws:iam::{ACCOUNT}:role/Grantee"
    answer = stage.client().create_grant(
        KeyId=stage.key().arn,
        Constraints={"EncryptionContextSubset": {"ContextKey1": "Value1"}},
        Operations=["Encrypt", "RetireGrant"],
        GranteePrincipal=grantee,
    )
    sample = SAMPLES["ct-creategrant"]["responseElements"]["grantId"]
    stage.names |= {grantee: "EX_PRINCIPAL_ID", answer["GrantId"]: sample}


def schedule_deletion(stage):
    """ScheduleKeyDeletion."""
    stage.client().schedule_key_deletion(KeyId=stage.key().id, PendingWindowInDays=20)


def schedule_deletion_of_primary(stage):
    """ScheduleKeyDeletion of a primary key with a replica key."""
    key, kms = stage.key(MultiRegion=True), stage.client()
    stage.names[key.id] = MULTI
    kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=30)


def replicate(stage):
    """ReplicateKey."""
    kms = stage.client("us-east-1")
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    stage.names[key_id] = KEY
    answer = kms.replicate_key(KeyId=key_id, ReplicaRegion="us-west-2")
    sample = SAMPLES["ct-replicate-key"]["responseElements"]["replicaPolicy"]
    stage.names[json.dumps(answer["ReplicaPolicy"])[1:-1]] = json.dumps(sample)[1:-1]


def synchronize(stage):
    """SynchronizeMultiRegionKey."""
    kms = stage.client()
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    stage.names[key_id] = KEY
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")


def expire(stage):
    """DeleteExpiredKeyMaterial."""
    stage.before(days=3)
    stage.key(ValidTo=stage.time)
    stage.mock.clock.move_to(stage.time + timedelta(hours=5))


def rotate_by_schedule(stage):
    """RotateKey, automatic."""
    stage.before(days=365)
    kms = stage.client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key_id)
    stage.mock.clock.move_to(stage.time + timedelta(days=1))
    name_materials(stage, key_id)


def rotate_on_demand(stage):
    """RotateKey, on demand."""
    key, kms = stage.key(), stage.client()
    stage.mock.import_key(key_id=key.arn, ImportType="NEW_KEY_MATERIAL")
    kms.rotate_key_on_demand(KeyId=key.id)
    name_materials(stage, key.id)


def name_materials(stage, key_id):
    """Give both key materials the names of the samples."""
    materials = stage.mock.key(key_id, region_name="us-west-2").materials
    stage.names |= {key_id: KEY, materials[0].id: FIRST, materials[1].id: SECOND}


def delete(stage):
    """DeleteKey."""
    stage.before(days=7)
    stage.client().schedule_key_deletion(KeyId=stage.key().id, PendingWindowInDays=7)
    stage.mock.clock.move_to(stage.time + timedelta(days=2))


PLAYED = {
    "ct-createkey": create_key,
    "ct-getparametersforimport": get_parameters,
    "ct-importkeymaterial": import_material,
    "ct-deleteimportedkeymaterial": delete_material,
    "ct-encrypt": encrypt,
    "ct-decrypt": decrypt,
    "ct-decrypt#ct-decrypt-fail": decrypt_with_another_key,
    "ct-generatedatakeypair": data_key_pair,
    "ct-reencrypt": re_encrypt,
    "ct-generaterandom": generate_random,
    "ct-createalias": create_alias,
    "ct-creategrant": create_grant,
    "ct-schedule-key-deletion": schedule_deletion,
    "ct-schedule-key-deletion, with replica keys": schedule_deletion_of_primary,
    "ct-replicate-key": replicate,
    "ct-synchronize-multi-region-key": synchronize,
    "ct-deleteexpiredkeymaterial": expire,
    "ct-rotatekey, AUTOMATIC": rotate_by_schedule,
    "ct-rotatekey, ON_DEMAND": rotate_on_demand,
    "ct-delete-key": delete,
}


def test_every_sample_is_played():
    """None is left out."""
    assert set(PLAYED) == set(SAMPLES)


@pytest.mark.parametrize("page", SAMPLES)
def test_a_record_is_that_of_the_sample(page):
    """Every field but those that differ each time, in AWS's order; and no other fields."""
    sample = SAMPLES[page]
    time = datetime.strptime(sample["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    background = 3600 if page == "ct-replicate-key" else 0
    with mock_kms_import(account=ACCOUNT, background_seconds=background) as mock:
        stage = Stage(mock, time)
        PLAYED[page](stage)
        text = json.dumps(mock.trail.to(sample["eventName"])[-1])
    for real, name in sorted(stage.names.items(), key=lambda names: -len(names[0])):
        text = text.replace(real, name)
    record, expected = json.loads(text), dict(sample)
    for field, change in OTHERWISE.get(page, {}).items():
        expected[field] = change(expected[field])
    if expected["resources"]:  # some samples name another Region than that of their KMS key
        expected["awsRegion"] = expected["resources"][0]["ARN"].split(":")[3]
    assert {name: record[name] for name in expected if name not in FREE} == {
        name: value for name, value in expected.items() if name not in FREE
    }
    assert set(record) - set(expected) <= NEWER
    if sample["eventVersion"] == record["eventVersion"]:
        assert [name for name in record if name in expected] == list(expected)

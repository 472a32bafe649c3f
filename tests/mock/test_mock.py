"""The mock as a user holds it: clients, views of KMS keys, the ceremony in one line, snapshots, complaints."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
from base64 import b64encode
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from moto import mock_aws

from pytest_kmsimport import (
    KmsImportMock,
    NotOffered,
    RealAwsRefused,
    _active,
    faults,
    mock_kms_import,
    wrap_key_material,
)
from pytest_kmsimport._mock.options import Options
from pytest_kmsimport._wire.model import kms_model
from pytest_kmsimport.engine.keys import Key

from ..support.refusal import refused

MATERIAL = b"thirty-two bytes of key material"
NEW_YEAR = datetime(2027, 1, 1, tzinfo=timezone.utc)
SYMMETRIC = "SYMMETRIC_DEFAULT"

#: Every key spec that AWS imports, with the usages that it can have.
_ALL_IMPORTABLE = {
    SYMMETRIC: ["ENCRYPT_DECRYPT"],
    **{f"HMAC_{bits}": ["GENERATE_VERIFY_MAC"] for bits in (224, 256, 384, 512)},
    **{f"RSA_{bits}": ["ENCRYPT_DECRYPT", "SIGN_VERIFY"] for bits in (2048, 3072, 4096)},
    **{f"ECC_NIST_P{bits}": ["SIGN_VERIFY", "KEY_AGREEMENT"] for bits in (256, 384, 521)},
    "ECC_SECG_P256K1": ["SIGN_VERIFY"],
    "ECC_NIST_EDWARDS25519": ["SIGN_VERIFY"],
}
# Older versions of botocore do not know them all.
IMPORTABLE = {spec: _ALL_IMPORTABLE[spec] for spec in _ALL_IMPORTABLE if spec in kms_model().shape_for("KeySpec").enum}


def pkcs8(private_key):
    """A private key as AWS imports it."""
    return private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


# Clients


@pytest.mark.parametrize("region", [None, "eu-west-3", "cn-north-1"])
@pytest.mark.parametrize("account", [None, "111122223333"])
def test_client_acts_in_a_region_and_an_account(kms_import_mock, region, account):
    """A client of the mock's is in the mock's Region and account unless it is told another."""
    key = kms_import_mock.client(region, account).create_key()["KeyMetadata"]
    assert key["Arn"].split(":")[3] == (region or "us-east-1")
    assert key["AWSAccountId"] == (account or "123456789012")


def test_client_has_the_options_of_its_mock():
    """Region and account of the mock's options are those of its clients."""
    with mock_kms_import(region="eu-central-1", account="111122223333") as mock:
        assert mock.client().create_key()["KeyMetadata"]["Arn"].startswith("arn:aws:kms:eu-central-1:111122223333:")


def test_regions_and_accounts_are_apart(kms_import_mock):
    """A KMS key is found in its own Region and account only."""
    key_id = kms_import_mock.client().create_key()["KeyMetadata"]["KeyId"]
    others = [kms_import_mock.client("eu-west-3"), kms_import_mock.client(account="111122223333")]
    for other, arn in zip(others, ["eu-west-3:123456789012", "us-east-1:111122223333"], strict=True):
        with refused("NotFoundException", f"Key 'arn:aws:kms:{arn}:key/{key_id}' does not exist"):
            other.describe_key(KeyId=key_id)


# Looking at a KMS key


def test_key_shows_what_describe_key_does(kms_import_mock, kms):
    """A view of a KMS key agrees with AWS's own description of it."""
    made = kms.create_key(Origin="EXTERNAL", Description="payroll", Tags=[{"TagKey": "team", "TagValue": "pay"}])
    key, metadata = kms_import_mock.key(made["KeyMetadata"]["KeyId"]), made["KeyMetadata"]
    assert (key.id, key.arn, key.state, key.origin) == (metadata["KeyId"], metadata["Arn"], "PendingImport", "EXTERNAL")
    assert (key.key_spec, key.key_usage, key.multi_region) == (SYMMETRIC, "ENCRYPT_DECRYPT", False)
    assert (key.description, key.tags, key.account) == ("payroll", {"team": "pay"}, metadata["AWSAccountId"])
    assert (key.materials, key.current_material, key.deletion_date) == ((), None, None)


@pytest.mark.parametrize("name", ["KeyId", "Arn"])
def test_key_takes_key_id_and_arn(kms_import_mock, kms, name):
    """A KMS key is found by either of its names."""
    metadata = kms.create_key()["KeyMetadata"]
    assert kms_import_mock.key(metadata[name]).arn == metadata["Arn"]


def test_key_looks_where_it_is_told(kms_import_mock):
    """A key ID of another Region and account is found when these are given."""
    key = kms_import_mock.client("eu-west-3", "111122223333").create_key()["KeyMetadata"]
    assert kms_import_mock.key(key["KeyId"], region_name="eu-west-3", account="111122223333").arn == key["Arn"]


@pytest.mark.parametrize("key_id", ["12345678-1234-1234-1234-123456789012", "nonsense", "alias/payroll", ""])
def test_key_says_where_it_has_looked(kms_import_mock, key_id):
    """A KMS key that is not there is a LookupError that says where, and how to look elsewhere."""
    with pytest.raises(LookupError, match=r"in us-east-1 of account 123456789012; name another with region_name="):
        kms_import_mock.key(key_id)


def test_looking_is_no_call(kms_import_mock):
    """A view of a KMS key leaves no trace in the journal."""
    kms_import_mock.key(kms_import_mock.import_key().id)
    assert not kms_import_mock.calls


def test_a_view_is_of_one_moment(kms_import_mock, kms):
    """What happens to the KMS key later does not change a view of it."""
    before = kms_import_mock.import_key()
    kms.disable_key(KeyId=before.id)
    assert (before.state, kms_import_mock.key(before.id).state) == ("Enabled", "Disabled")


def test_a_view_cannot_be_written(kms_import_mock):
    """A KMS key is changed by calls and not through its view."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        kms_import_mock.import_key().state = "Disabled"


def test_a_view_shows_what_has_expired(kms_import_mock):
    """When ValidTo has come, a new view shows the key material as gone, without a call in between."""
    key = kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + timedelta(hours=1))
    kms_import_mock.clock.advance(hours=1)
    key = kms_import_mock.key(key.id)
    assert (key.state, key.current_material.import_state) == ("PendingImport", "PENDING_IMPORT")


def test_a_view_tells_whether_these_are_the_bytes(kms_import_mock, kms):
    """``matches`` compares key material without showing it, and holds for nothing once it was deleted."""
    key = kms_import_mock.import_key(MATERIAL)
    assert key.current_material.matches(MATERIAL)
    assert not key.current_material.matches(MATERIAL[:-1] + b"?")
    kms.delete_imported_key_material(KeyId=key.id)
    assert not kms_import_mock.key(key.id).current_material.matches(MATERIAL)


# The ceremony in one line


@pytest.mark.parametrize("key_spec", IMPORTABLE)
def test_import_key_makes_a_usable_key(kms_import_mock, kms, key_spec):
    """For every importable key spec, one line gives an Enabled KMS key with imported key material."""
    key = kms_import_mock.import_key(key_spec=key_spec)
    metadata = kms.describe_key(KeyId=key.arn)["KeyMetadata"]
    assert (metadata["KeyState"], metadata["Origin"], metadata["KeySpec"]) == ("Enabled", "EXTERNAL", key_spec)
    assert metadata["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"


@pytest.mark.parametrize(("key_spec", "usage"), [(spec, usage) for spec in IMPORTABLE for usage in IMPORTABLE[spec]])
def test_import_key_takes_every_usage(kms_import_mock, key_spec, usage):
    """The key usage is a member of CreateKey like any other."""
    assert kms_import_mock.import_key(key_spec=key_spec, KeyUsage=usage).key_usage == usage


@pytest.mark.parametrize(
    ("material", "key_spec"),
    [
        (MATERIAL, SYMMETRIC),
        (b"m" * 128, "HMAC_256"),
        (pkcs8(rsa.generate_private_key(65537, 2048)), "RSA_2048"),
        (pkcs8(ec.generate_private_key(ec.SECP521R1())), "ECC_NIST_P521"),
    ],
    ids=[SYMMETRIC, "HMAC_256", "RSA_2048", "ECC_NIST_P521"],
)
def test_import_key_takes_key_material(kms_import_mock, material, key_spec):
    """The KMS key holds the bytes that it was given, raw or as PKCS#8."""
    (held,) = kms_import_mock.import_key(material, key_spec).materials
    assert held.matches(material)


def test_import_key_makes_key_material_afresh(kms_import_mock):
    """Without key material to import, no two KMS keys get the same."""
    first, second = kms_import_mock.import_key(), kms_import_mock.import_key()
    keys = [
        kms_import_mock._look_up(view.id, kms_import_mock.region, kms_import_mock.account, Key.copy)
        for view in (first, second)
    ]
    assert len({material.plaintext for key in keys for material in key.materials.values()}) == 2


def test_import_key_takes_members_of_both_requests(kms_import_mock, kms):
    """Members of CreateKey and of ImportKeyMaterial reach the request that has them."""
    valid_to = kms_import_mock.clock.now() + timedelta(days=30)
    key = kms_import_mock.import_key(
        MultiRegion=True, Description="payroll", ValidTo=valid_to, KeyMaterialDescription="HSM 7"
    )
    assert (key.id[:4], key.multi_region, key.description) == ("mrk-", True, "payroll")
    assert (key.current_material.valid_to, key.current_material.description) == (valid_to, "HSM 7")
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"


def test_import_key_imports_elsewhere(kms_import_mock):
    """A Region and an account other than the mock's can be named."""
    key = kms_import_mock.import_key(region_name="cn-north-1", account="111122223333")
    assert key.arn.startswith("arn:aws-cn:kms:cn-north-1:111122223333:key/")


def test_import_key_imports_into_an_existing_key(kms_import_mock, kms):
    """New key material, by key ID or in another Region by ARN; nothing is made."""
    key = kms_import_mock.import_key(region_name="eu-west-1")
    view = kms_import_mock.import_key(key_id=key.arn, ImportType="NEW_KEY_MATERIAL")
    assert [material.state for material in view.materials] == ["CURRENT", "PENDING_ROTATION"]
    assert view.id == key.id
    waiting = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    assert kms_import_mock.import_key(bytes(32), key_id=waiting).materials[0].matches(bytes(32))


def test_import_key_into_a_key_takes_members_of_the_import_alone(kms_import_mock):
    """Whoever passes one of CreateKey has mistaken what is done."""
    key = kms_import_mock.import_key()
    with pytest.raises(TypeError, match="takes no MultiRegion: write members of ImportKeyMaterial"):
        kms_import_mock.import_key(key_id=key.id, MultiRegion=True)


def test_import_key_into_no_key(kms_import_mock):
    """The name is told."""
    with pytest.raises(LookupError, match="There is no KMS key 'x' in us-east-1"):
        kms_import_mock.import_key(key_id="x")


def test_import_key_that_is_refused_leaves_an_existing_key(kms_import_mock, kms):
    """As it was."""
    key = kms_import_mock.import_key(bytes(32))
    with pytest.raises(ValueError, match="IncorrectKeyMaterialException"):
        kms_import_mock.import_key(key_id=key.id)
    assert kms_import_mock.key(key.id) == key


def test_import_key_leaves_the_journal_alone(kms_import_mock):
    """The journal holds the calls of the code under test only."""
    kms_import_mock.import_key()
    assert not kms_import_mock.calls


@pytest.mark.parametrize("name", ["KeyID", "Origin", "ImportToken", "EncryptedKeyMaterial", "valid_to"])
def test_import_key_takes_no_other_members(kms_import_mock, name):
    """A member that neither request has, or that the ceremony sets itself, is a TypeError that says what to write."""
    with pytest.raises(TypeError, match=f"takes no {name}: write members of CreateKey or ImportKeyMaterial"):
        kms_import_mock.import_key(**{name: "x"})


@pytest.mark.parametrize(
    ("arguments", "members", "text"),
    [
        ([b"short"], {}, "InvalidCiphertextException"),
        ([None, "ML_DSA_44"], {}, "ValidationException KeySpec ML_DSA_44 is not supported for Origin EXTERNAL"),
        ([None, "RSA_1024"], {}, "ValidationException .*keySpec"),
        ([b"no PKCS#8", "RSA_2048"], {}, "InvalidCiphertextException"),
        ([], {"KeyUsage": "SIGN_VERIFY"}, "ValidationException KeyUsage SIGN_VERIFY is not compatible"),
        ([], {"ValidTo": NEW_YEAR.replace(year=2020)}, "ValidationException ValidTo must be in the future"),
        ([], {"KeyMaterialDescription": "x" * 257}, "ValidationException .*keyMaterialDescription"),
    ],
)
def test_import_key_says_what_kms_refuses(kms_import_mock, arguments, members, text):
    """Where KMS would refuse, the test gets a ValueError with AWS's code and message."""
    with pytest.raises(ValueError, match=f"refused: {text}"):
        kms_import_mock.import_key(*arguments, **members)


@pytest.mark.parametrize("name", ["KeySpec", "CustomerMasterKeySpec"])
def test_import_key_says_how_to_name_a_key_spec(kms_import_mock, name):
    """AWS's member has a parameter of its own."""
    with pytest.raises(TypeError, match=f"takes no {name}: write key_spec="):
        kms_import_mock.import_key(**{name: "RSA_2048"})


def test_import_key_takes_bytes(kms_import_mock, kms):
    """Text is refused by its type, and no KMS key is left of it."""
    with pytest.raises(TypeError, match="takes key material as bytes, not str"):
        kms_import_mock.import_key("a" * 32)
    assert kms.list_keys()["Keys"] == []


def test_import_key_diagnoses_a_wrong_length(kms_import_mock):
    """A refusal comes with the diagnosis that the journal would have."""
    with pytest.raises(ValueError, match=r"InvalidCiphertextException .*31 bytes"):
        kms_import_mock.import_key(bytes(31))


def test_import_key_that_is_refused_leaves_no_key(kms_import_mock, kms):
    """A ceremony that fails half-way leaves no KMS key behind for the code under test to find."""
    with pytest.raises(ValueError, match="refused"):
        kms_import_mock.import_key(b"short")
    assert kms.list_keys()["Keys"] == []


def test_import_key_follows_the_rules_of_2022():
    """Under ``service="2022"`` symmetric keys are imported as ever."""
    with mock_kms_import(service="2022") as mock:
        assert mock.import_key(MATERIAL).state == "Enabled"


# Going back


def test_restore_brings_keys_back(kms_import_mock, kms):
    """Keys made after the snapshot are gone, and what happened to the others is undone."""
    key = kms_import_mock.import_key()
    snapshot = kms_import_mock.snapshot()
    kms.delete_imported_key_material(KeyId=key.id)
    kms.create_key()
    kms_import_mock.restore(snapshot)
    assert [entry["KeyId"] for entry in kms.list_keys()["Keys"]] == [key.id]
    assert kms_import_mock.key(key.id) == key


def test_restore_works_again_and_again(kms_import_mock, kms):
    """A snapshot is not used up, nor changed by what follows a return to it."""
    snapshot = kms_import_mock.snapshot()
    for _ in range(2):
        kms.create_key()
        kms_import_mock.restore(snapshot)
    assert kms.list_keys()["Keys"] == []


def test_restore_brings_import_tokens_back(kms_import_mock, kms, make_key, import_material):
    """A token that was issued before the snapshot is good after the return."""
    key_id = make_key()
    import_material(key_id, MATERIAL)
    call = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    snapshot = kms_import_mock.snapshot()
    kms_import_mock.reset()
    kms_import_mock.restore(snapshot)
    with refused("ValidationException", "Invalid encrypted key size."):
        kms.import_key_material(
            KeyId=key_id,
            ImportToken=call["ImportToken"],
            EncryptedKeyMaterial=b"short",
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )


def test_restore_brings_clock_and_calls_back(kms_import_mock, kms):
    """Time and journal are what they were."""
    kms_import_mock.clock.freeze(NEW_YEAR)
    kms.list_keys()
    snapshot = kms_import_mock.snapshot()
    kms_import_mock.clock.advance(days=3)
    kms.list_keys()
    kms_import_mock.restore(snapshot)
    assert (kms_import_mock.clock.now(), len(kms_import_mock.calls)) == (NEW_YEAR, 1)


def test_reset_makes_the_mock_as_new(kms_import_mock, kms):
    """No KMS keys, no calls, the computer's time; clients go on working."""
    kms_import_mock.clock.freeze(NEW_YEAR)
    key = kms_import_mock.import_key()
    kms.list_keys()
    kms_import_mock.reset()
    assert not kms_import_mock.calls
    assert abs(kms_import_mock.clock.now() - datetime.now(timezone.utc)) < timedelta(minutes=1)
    with refused("NotFoundException", f"Key '{key.arn}' does not exist"):
        kms.describe_key(KeyId=key.id)


def test_restore_takes_no_snapshot_of_another_mock(kms_import_mock, kms):
    """It is refused with what to write instead, and changes nothing."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    with mock_kms_import(account="111122223333") as other, pytest.raises(ValueError, match="snapshot of another mock"):
        kms_import_mock.restore(other.snapshot())
    assert [entry["KeyId"] for entry in kms.list_keys()["Keys"]] == [key_id]


@pytest.mark.parametrize("thing", [None, (), "snapshot"], ids=repr)
def test_restore_takes_snapshots(kms_import_mock, thing):
    """Anything else is refused with what to write instead."""
    with pytest.raises(TypeError, match=r"restore\(\) takes what snapshot\(\) has given, not"):
        kms_import_mock.restore(thing)


# Beginning and ending


@pytest.fixture
def ended():
    """A mock that has ended."""
    with mock_kms_import() as mock:
        mock.client().list_keys()
    return mock


def test_a_mock_is_started_once(kms_import_mock):
    """To start it again while it is active is refused, and does not start another."""
    with pytest.raises(RuntimeError, match=r"This mock is active already"):
        kms_import_mock.start()
    assert len(_active.of_this_test()) == 1


def test_a_mock_is_stopped_once(ended):
    """To stop it again is refused with who stops it."""
    with pytest.raises(RuntimeError, match=r"This mock is not active.*stop theirs themselves"):
        ended.stop()


def test_a_mock_that_was_never_started_is_not_stopped():
    """That is refused as well."""
    with pytest.raises(RuntimeError, match="This mock is not active"):
        KmsImportMock(Options()).stop()


def test_a_mock_may_be_started_again(ended):
    """What it had, it has again, and faults can be planned."""
    ended.start()
    ended.inject(faults.ReadTimeout(), must_strike=False).end()
    ended.client().list_keys()
    ended.stop()
    assert len(ended.calls) == 2


def test_no_fault_is_planned_after_the_end(ended):
    """It could not strike any more."""
    with pytest.raises(RuntimeError, match="This mock has ended: plan faults while it is active, or before"):
        ended.inject(faults.ReadTimeout())
    assert ended.plans == ()


def test_a_fault_can_be_planned_before_the_beginning():
    """As the marker kms_fault does it."""
    mock = KmsImportMock(Options())
    plan = mock.inject(faults.EmptyAnswer(503), "ListKeys", times=1)
    mock.start()
    mock.client().list_keys()
    mock.stop()
    assert plan.strikes == 1


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_client_of_a_mock_that_has_ended_goes_nowhere(mode):
    """It fails by name, and sends nothing; also if it was used within the mock."""
    with mock_kms_import() as mock:
        kms = mock.client(config=Config(retries={"mode": mode}))
        kms.list_keys()
    with pytest.raises(RealAwsRefused, match=r"kms\.us-east-1.*no mock is active.*the mock has made"):
        kms.list_keys()
    kms.close()


def test_a_client_of_a_mock_that_has_ended_asks_the_next_mock(ended):
    """As every client does."""
    kms = ended.client()
    with mock_kms_import() as mock:
        kms.list_keys()
    assert len(mock.calls) == 1


def test_a_client_of_a_mock_that_has_ended_asks_moto(ended):
    """Where another mock answers, nothing is about to leave."""
    with mock_aws():
        assert ended.client().list_keys()["Keys"] == []


# Complaints


def swallow(call):
    """Do what careless code does with any exception."""
    try:
        call()
    except Exception:  # noqa: BLE001  that is the point
        return


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: boto3.client("kms").describe_key(KeyId="alias/aws/unknown"), NotOffered),
        (lambda: boto3.client("sqs").list_queues(), RealAwsRefused),
        (lambda: boto3.client("kms", "cn-north-1").create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY"), NotOffered),
    ],
    ids=["alias", "real AWS", "SM2"],
)
def test_a_swallowed_complaint_fails_when_the_mock_ends(call, complaint):
    """Code that swallows the mock's complaint does not hide it."""
    with pytest.raises(complaint), mock_kms_import():
        swallow(call)


def test_a_complaint_does_not_hide_another_failure():
    """What the block fails with is what the test shows."""
    mock = mock_kms_import()
    kms = mock.__enter__().client()
    swallow(lambda: kms.describe_key(KeyId="alias/aws/unknown"))
    error = ZeroDivisionError()
    assert mock.__exit__(ZeroDivisionError, error, None) is None


def test_an_expected_complaint_can_be_cleared():
    """A test about a complaint clears it, and passes."""
    with mock_kms_import() as mock:
        with pytest.raises(NotOffered):
            mock.client().describe_key(KeyId="alias/aws/unknown")
        mock.complaints.clear()


def test_refusals_of_aws_are_no_complaints(kms_import_mock, kms):
    """What AWS would refuse is the code's own business."""
    swallow(lambda: kms.describe_key(KeyId="nonsense"))
    assert kms_import_mock.complaints == []


# Options


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"regoin": "eu-west-1"}, TypeError, "no option 'regoin'. Did you mean region[?] Options are region, account,"),
        ({"colour": "red"}, TypeError, "no option 'colour'. Options are"),
        ({"region": "Frankfurt"}, ValueError, "write the name of an AWS Region, such as 'eu-central-1'"),
        ({"region": 5}, ValueError, "region is 5; write a str"),
        ({"account": 123456789012}, ValueError, "account is 123456789012; write a str"),
        ({"account": "1234"}, ValueError, "write the 12 digits of an AWS account as a text"),
        ({"service": "2021"}, ValueError, "service is '2021'; write one of 'current', '2022'"),
        ({"strict_tokens": "yes"}, ValueError, "strict_tokens is 'yes'; write a bool"),
        ({"background_seconds": -1}, ValueError, "background_seconds is -1; write 0 or how long AWS takes"),
        ({"grants_spread_seconds": -2}, ValueError, "grants_spread_seconds is -2; write 0 or how long AWS takes"),
        ({"journal_size": 0}, ValueError, "journal_size is 0; write how many calls to keep, 1 or more"),
        ({"journal_size": True}, ValueError, "journal_size is True; write an? int"),
    ],
    ids=str,
)
def test_misused_options_say_what_to_write(options, error, text):
    """An unknown option, or a value that it cannot have, is refused before anything is patched."""
    with pytest.raises(error, match=text):
        mock_kms_import(**options)


@pytest.mark.parametrize("strict", [False, True])
def test_strict_tokens_are_good_for_one_import(strict):
    """With ``strict_tokens`` a second successful import with the same import token is refused, and else it is not."""
    with mock_kms_import(strict_tokens=strict) as mock:
        kms = mock.client()
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        parameters = kms.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        request = {
            "KeyId": key_id,
            "ImportToken": parameters["ImportToken"],
            "EncryptedKeyMaterial": wrap_key_material(parameters["PublicKey"], MATERIAL, "RSAES_OAEP_SHA_256"),
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }
        kms.import_key_material(**request)
        with refused("InvalidImportTokenException") if strict else nullcontext():
            kms.import_key_material(**request)


@pytest.mark.parametrize("carry", [pickle.dumps, lambda view: repr(asdict(view)).encode()], ids=["pickle", "asdict"])
def test_a_view_that_travels_leaves_the_key_material_behind(kms_import_mock, carry):
    """Neither a pickle of what is seen of a KMS key nor its fields hold its key material, in whatever form."""
    secret = os.urandom(32)
    carried = carry(kms_import_mock.import_key(secret))
    assert not any(form.encode() in carried for form in (secret.hex(), b64encode(secret).decode(), repr(secret)[2:-1]))
    assert secret not in carried


@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy, lambda view: pickle.loads(pickle.dumps(view))])  # noqa: S301
def test_a_view_that_has_travelled_knows_its_key_material(kms_import_mock, travel):
    """A copy still says whether key material is the KMS key's own."""
    (held,) = travel(kms_import_mock.import_key(bytes(32))).materials
    assert (held.matches(bytes(32)), held.matches(bytes(31) + b"x")) == (True, False)

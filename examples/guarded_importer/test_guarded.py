"""The tests of the guarded importer: what its role may do, and what nobody else may."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest
from guarded import KEY_POLICY, LONGEST, main, role_policy

ROLE = "arn:aws:iam::123456789012:role/Importer"
ADMINISTRATOR = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"}
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def key_id(kms_import_mock):
    return kms_import_mock.client().create_key(Origin="EXTERNAL", Policy=KEY_POLICY.read_text())["KeyMetadata"]["KeyId"]


@pytest.fixture
def now(kms_import_mock):
    """The mock's time, which stands still."""
    kms_import_mock.clock.freeze()
    return kms_import_mock.clock.now


@pytest.fixture
def role(kms_import_mock, now):
    """The role, as tonight's deployment has left it."""
    return kms_import_mock.principal(ROLE, policies=[role_policy(now())], session="nightly")


@pytest.fixture
def run(role, now, key_id, monkeypatch, tmp_path):
    """Run the program as the role, for so many days, and give its exit status."""
    for name, value in role.environ.items():
        monkeypatch.setenv(name, value)
    material = tmp_path / "material.bin"
    material.write_bytes(os.urandom(32))
    return lambda days: main(["import", str(material), key_id, "--days", str(days)], now)


def test_it_imports(kms_import_mock, run, key_id, now):
    expires = now() + LONGEST
    assert run(30) == 0
    assert expires - SECOND < kms_import_mock.key(key_id).current_material.valid_to <= expires
    (decision,) = kms_import_mock.calls[-1].decisions
    assert "Sid 'ImportWhatExpires' of the identity-based policy allows it" in decision.reason


def test_a_day_more_is_refused(kms_import_mock, run, key_id, capsys):
    assert run(31) == 1
    assert "not authorized to perform: kms:ImportKeyMaterial" in capsys.readouterr().err
    assert kms_import_mock.key(key_id).state == "PendingImport"


def test_the_expiry_is_held_to_the_second(kms_import_mock, role, key_id, now):
    may, latest = kms_import_mock.can, now() + LONGEST
    assert may(role, "ImportKeyMaterial", key_id, ValidTo=latest)
    assert not may(role, "ImportKeyMaterial", key_id, ValidTo=latest + SECOND)
    assert not may(role, "ImportKeyMaterial", key_id, ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")


def test_the_policy_has_to_be_deployed_again(kms_import_mock, run):
    """Tomorrow, 30 days are one too many for today's."""
    kms_import_mock.clock.advance(days=1)
    assert (run(30), run(29)) == (1, 0)


@pytest.mark.parametrize(
    "algorithm", ["RSAES_OAEP_SHA_1", "RSAES_PKCS1_V1_5", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"]
)
def test_every_other_wrapping_algorithm_is_refused(kms_import_mock, role, key_id, algorithm):
    refused = kms_import_mock.can(
        role, "GetParametersForImport", key_id, **{**WRAPPING, "WrappingAlgorithm": algorithm}
    )
    assert not refused
    assert f"the call had {algorithm}" in str(refused)


def test_a_smaller_wrapping_key_is_refused(kms_import_mock, role, key_id):
    assert kms_import_mock.can(role, "GetParametersForImport", key_id, **WRAPPING)
    smaller = {**WRAPPING, "WrappingKeySpec": "RSA_2048"}
    assert not kms_import_mock.can(role, "GetParametersForImport", key_id, **smaller)


@pytest.mark.parametrize(
    "operation",
    ["Encrypt", "Decrypt", "DeleteImportedKeyMaterial", "ScheduleKeyDeletion", "PutKeyPolicy", "CreateGrant"],
)
def test_the_role_may_do_nothing_else(kms_import_mock, role, key_id, operation):
    assert not kms_import_mock.can(role, operation, key_id)


@pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:role/Administrator", "arn:aws:iam::123456789012:root"])
def test_nobody_else_may_import(kms_import_mock, key_id, now, arn):
    """Not even who may do everything; they may change the key policy, though, which the auditors see."""
    policies = [] if arn.endswith(":root") else [ADMINISTRATOR]
    other = kms_import_mock.principal(arn, policies=policies)
    refused = kms_import_mock.can(other, "ImportKeyMaterial", key_id, ValidTo=now() + DAY)
    assert "Sid 'NobodyElseImports' of the key policy denies it" in str(refused)
    assert kms_import_mock.can(other, "PutKeyPolicy", key_id)


def test_the_printed_policy_is_the_deployed_one(now, capsys):
    assert main(["policy"], now) == 0
    assert json.loads(capsys.readouterr().out)["Statement"][0] == role_policy(now())["Statement"][0]

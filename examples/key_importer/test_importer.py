"""The tests of the importer, on an AWS KMS in memory."""

from __future__ import annotations

import os
import unittest
from base64 import b64encode
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)
from importer import FileHsm, Importer, ImportRefusedError, main

from pytest_kmsimport import mock_kms_import

SHA_1 = OAEP(MGF1(SHA1()), SHA1(), None)  # noqa: S303  the mistake of a test below
CEREMONY = ["DescribeKey", "GetParametersForImport", "ImportKeyMaterial", "DescribeKey"]


@pytest.fixture
def importer(kms, kms_import_mock, material):
    """An importer with the mock's time, whose key material lives 90 days and is renewed 14 days before."""
    return Importer(
        kms,
        FileHsm(material),
        valid_for=timedelta(days=90),
        renew_within=timedelta(days=14),
        now=kms_import_mock.clock.now,
    )


# Good days


def test_the_key_material_arrives(kms_import_mock, importer, material):
    """AWS KMS holds exactly the bytes that the HSM wrapped."""
    key_id = importer.create("SYMMETRIC_DEFAULT")
    importer.bring(key_id)
    assert kms_import_mock.key(key_id).current_material.matches(material)


def test_the_ceremony_takes_as_few_calls_as_it_can(kms_import_mock, importer):
    """The importer looks, asks for parameters, imports, looks again, and tries the key out."""
    importer.bring(importer.create("SYMMETRIC_DEFAULT"))
    assert [call.operation for call in kms_import_mock.calls] == ["CreateKey", *CEREMONY, "Encrypt", "Decrypt"]


@pytest.mark.parametrize(
    ("key_spec", "make"),
    [
        ("ECC_NIST_P256", lambda: ec.generate_private_key(ec.SECP256R1())),
        ("ECC_NIST_P521", lambda: ec.generate_private_key(ec.SECP521R1())),
        ("RSA_2048", lambda: rsa.generate_private_key(65537, 2048)),
    ],
    ids=["ECC_NIST_P256", "ECC_NIST_P521", "RSA_2048"],
)
def test_a_private_key_in_pem_is_imported(kms_import_mock, tmp_path, key_spec, make):
    """The command line takes a private key as openssl writes it."""
    file = tmp_path / "signing.pem"
    file.write_bytes(make().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert main([str(file), "--key-spec", key_spec]) == 0
    key_id = kms_import_mock.calls.to("ImportKeyMaterial")[0].key_id
    assert kms_import_mock.key(key_id).state == "Enabled"


@pytest.mark.kms_import(region="eu-central-1", account="111122223333")
def test_the_key_is_made_where_the_team_works(kms_import_mock, tmp_path, material, capsys):
    """Without --region, the KMS key is made in the Region of the environment."""
    file = tmp_path / "master.bin"
    file.write_bytes(material)
    main([str(file)])
    assert "arn:aws:kms:eu-central-1:111122223333:key/" in capsys.readouterr().out


def test_fresh_key_material_is_left_alone(kms_import_mock, importer):
    """A second run on the same day imports nothing."""
    key_id = importer.create("SYMMETRIC_DEFAULT")
    importer.bring(key_id)
    kms_import_mock.clock.advance(hours=1)
    importer.bring(key_id)
    assert len(kms_import_mock.calls.to("ImportKeyMaterial")) == 1


def test_key_material_is_renewed_before_it_expires(kms_import_mock, importer):
    """With less than 14 days left, the same key material is good for 90 days again."""
    key_id = importer.create("SYMMETRIC_DEFAULT")
    importer.bring(key_id)
    kms_import_mock.clock.advance(days=80)
    importer.bring(key_id)
    left = kms_import_mock.key(key_id).current_material.valid_to - kms_import_mock.clock.now()
    assert left > timedelta(days=89)


# Bad days


def test_key_material_that_expired_overnight_comes_back(kms, kms_import_mock, importer):
    """When nobody renewed in time, the next run brings the key back, and what it encrypted opens again."""
    key_id = importer.create("SYMMETRIC_DEFAULT")
    importer.bring(key_id)
    ciphertext = kms.encrypt(KeyId=key_id, Plaintext=b"payroll")["CiphertextBlob"]
    kms_import_mock.clock.advance(days=91)
    with pytest.raises(kms.exceptions.KMSInvalidStateException, match="is pending import"):
        kms.decrypt(CiphertextBlob=ciphertext)
    importer.bring(key_id)
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"payroll"


class SlowHsm(FileHsm):
    """Hands the wrapped key material out after hours, as many as the list says for each ceremony."""

    def __init__(self, material, clock, hours) -> None:
        super().__init__(material)
        self.clock, self.hours = clock, hours

    def wrapped_under(self, public_key_der, algorithm):
        self.clock.advance(hours=self.hours.pop(0))
        return super().wrapped_under(public_key_der, algorithm)


def test_an_import_token_that_expired_is_replaced(kms, kms_import_mock, importer, material):
    """After more than 24 hours at the HSM, the importer asks for a new token and public key, once."""
    slow = SlowHsm(material, kms_import_mock.clock, [25, 1])
    Importer(kms, slow).bring(importer.create("SYMMETRIC_DEFAULT"))
    outcomes = [call.error for call in kms_import_mock.calls.to("ImportKeyMaterial")]
    assert outcomes == ["ExpiredImportTokenException", None]


def test_an_hsm_that_is_always_late_is_given_up(kms, kms_import_mock, importer, material):
    """A second expired token is an error, not a reason to go on for ever."""
    slow = SlowHsm(material, kms_import_mock.clock, [25, 25])
    with pytest.raises(kms.exceptions.ExpiredImportTokenException):
        Importer(kms, slow).bring(importer.create("SYMMETRIC_DEFAULT"))


class Sha1Hsm(FileHsm):
    """Wraps as ``openssl pkeyutl`` does when nobody tells it the digest."""

    def wrapped_under(self, public_key_der, algorithm):  # noqa: ARG002  that is its mistake
        return load_der_public_key(public_key_der).encrypt(self.material, SHA_1)


def test_the_wrong_hash_leaves_the_key_without_material(kms, kms_import_mock, importer, material):
    """Key material wrapped with SHA-1 where SHA-256 was agreed does not open, and the KMS key goes on waiting."""
    key_id = importer.create("SYMMETRIC_DEFAULT")
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        Importer(kms, Sha1Hsm(material)).bring(key_id)
    assert kms_import_mock.key(key_id).state == "PendingImport"


def test_a_key_that_is_to_be_deleted_is_refused(kms, importer):
    """A KMS key that somebody has scheduled for deletion takes no key material."""
    key_id = importer.create("SYMMETRIC_DEFAULT")
    kms.schedule_key_deletion(KeyId=key_id)
    with pytest.raises(kms.exceptions.KMSInvalidStateException, match="is pending deletion"):
        importer.bring(key_id)


def test_a_disabled_key_is_left_to_its_owner(kms, kms_import_mock, importer):
    """Somebody has switched the KMS key off on purpose: the importer says so, and imports nothing."""
    key_id = importer.create("SYMMETRIC_DEFAULT")
    importer.bring(key_id)
    kms.disable_key(KeyId=key_id)
    with pytest.raises(ImportRefusedError, match="is Disabled"):
        importer.bring(key_id)
    assert len(kms_import_mock.calls.to("ImportKeyMaterial")) == 1


def test_kms_keys_of_other_accounts_are_refused(kms, kms_import_mock, material):
    """One can look at a KMS key that another account shares, but not import into it."""
    theirs = kms_import_mock.client(account="999988887777").create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        Importer(kms, FileHsm(material)).bring(theirs)


# The command line


@pytest.fixture
def file(tmp_path, material):
    """A file with key material."""
    path = tmp_path / "master.bin"
    path.write_bytes(material)
    return path


def test_other_key_material_is_refused_with_advice(kms_import_mock, file, capsys):
    """A key that has expired takes its own key material back and no other, and the operator is told."""
    tomorrow = kms_import_mock.clock.now() + timedelta(days=1)
    key = kms_import_mock.import_key(ValidTo=tomorrow)
    kms_import_mock.clock.advance(days=2)
    status = main([str(file), "--key-id", key.id])
    assert (status, "was first given other key material" in capsys.readouterr().err) == (1, True)


def test_a_key_id_with_a_typing_error_is_reported(kms_import_mock, file, capsys):
    """What AWS KMS says is passed on."""
    assert main([str(file), "--key-id", "1234"]) == 1
    assert "Invalid keyId '1234'" in capsys.readouterr().err


def test_nothing_is_asked_of_kms_without_key_material(kms_import_mock, tmp_path):
    """A missing file is found out before a KMS key is made that would wait for ever."""
    with pytest.raises(SystemExit):
        main([str(tmp_path / "missing.bin")])
    assert not kms_import_mock.calls


def test_key_material_of_the_wrong_length_is_refused(kms_import_mock, tmp_path, capsys):
    """A file with a final newline is no AES-256 key; AWS KMS calls that a ciphertext that is invalid, for no reason."""
    file = tmp_path / "master.bin"
    file.write_bytes(os.urandom(32) + b"\n")
    assert main([str(file)]) == 1
    assert kms_import_mock.calls.to("ImportKeyMaterial").refused("InvalidCiphertextException")
    assert "not of the KMS key's kind or length" in capsys.readouterr().err


@pytest.mark.parametrize("form", [bytes.hex, repr, lambda key: b64encode(key).decode()], ids=["hex", "repr", "base64"])
def test_key_material_is_never_printed(kms_import_mock, file, material, capsys, form):
    """Neither the progress nor the importer's own repr shows what must not leave the HSM."""
    main([str(file), "--valid-days", "90"])
    shown = str(capsys.readouterr()) + repr(Importer(None, FileHsm(material)))
    assert form(material) not in shown


# The same mock, without fixtures


@mock_kms_import
def test_a_first_run_from_the_command_line(file):
    """The decorator does what the fixture does."""
    assert main([str(file), "--valid-days", "30"]) == 0


@mock_kms_import(region="eu-west-1")
class TestUnderUnittest(unittest.TestCase):
    """A team that has unittest decorates the test case; every test starts from an empty AWS KMS."""

    def test_key_material_without_an_end(self):
        """Without a lifetime, the key material does not expire."""
        kms = boto3.client("kms")
        importer = Importer(kms, FileHsm(os.urandom(32)))
        key_id = importer.create("SYMMETRIC_DEFAULT")
        importer.bring(key_id)
        metadata = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        assert metadata["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"

"""The tests of the enclave's program: who can decrypt, for how long, and what the parent instance gets to see."""

from __future__ import annotations

import io
import json
import os
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from enclave_decrypt.enclave import DEBUG_MODE, Enclave, key_policy, main

from pytest_kmsimport import faults

IMAGE, OLDER_IMAGE = "1f" * 48, "2e" * 48
PASSWORD = b"correct horse battery staple"


class SecureModule:
    """What an enclave of this image asks for documents; it counts how often."""

    def __init__(self, mock, image=IMAGE) -> None:
        self.mock, self.image, self.asked = mock, image, 0

    def __call__(self, public_key) -> bytes:
        self.asked += 1
        return self.mock.attestation({0: self.image}, public_key=public_key).document


@pytest.fixture
def key_id(kms_import_mock):
    return kms_import_mock.import_key(Policy=key_policy({"PCR0": IMAGE})).id


@pytest.fixture
def ciphertext(kms_import_client, key_id):
    return kms_import_client.encrypt(KeyId=key_id, Plaintext=PASSWORD)["CiphertextBlob"]


@pytest.fixture
def module(kms_import_mock):
    return SecureModule(kms_import_mock)


@pytest.fixture
def enclave(kms_import_client, module):
    return Enclave(kms_import_client, module)


def test_the_enclave_decrypts(kms_import_mock, enclave, key_id, ciphertext):
    assert enclave.decrypt(key_id, ciphertext) == PASSWORD
    call = kms_import_mock.calls[-1]
    assert "Plaintext" not in call.response  # which the parent instance would pass on
    recipient = kms_import_mock.trail[-1]["additionalEventData"]["recipient"]
    assert set(recipient) >= {"attestationDocumentModuleId", "attestationDocumentEnclaveImageDigest"}


def test_nobody_else_decrypts(kms_import_client, kms_import_mock, key_id, ciphertext):
    with pytest.raises(ClientError, match="AccessDeniedException"):
        kms_import_client.decrypt(KeyId=key_id, CiphertextBlob=ciphertext)
    for image in (OLDER_IMAGE, DEBUG_MODE):
        other = Enclave(kms_import_client, SecureModule(kms_import_mock, image))
        with pytest.raises(ClientError, match="AccessDeniedException"):
            other.decrypt(key_id, ciphertext)
        assert image in kms_import_mock.calls[-1].diagnosis


def test_a_document_is_used_for_three_hours(kms_import_mock, enclave, module, key_id, ciphertext):
    for asked in (1, 1, 2, 2):  # now, and after 2, 4 and 6 hours
        assert enclave.decrypt(key_id, ciphertext) == PASSWORD
        assert module.asked == asked
        kms_import_mock.clock.advance(hours=2)


def test_an_image_that_may_no_more_is_told_so(kms_import_client, enclave, module, key_id, ciphertext):
    enclave.decrypt(key_id, ciphertext)
    kms_import_client.put_key_policy(KeyId=key_id, Policy=key_policy({"PCR0": OLDER_IMAGE}))
    with pytest.raises(ClientError, match="AccessDeniedException"):
        enclave.decrypt(key_id, ciphertext)
    assert module.asked == 2  # and not for ever


@pytest.mark.parametrize("kms_fault", faults.catalogue("Decrypt"), indirect=True)
def test_whatever_goes_wrong(kms_import_client, enclave, key_id, ciphertext, kms_fault):
    expected = kms_fault.expect(kms_import_client)
    raised = expected.exception or (KeyError if expected.empty else None)
    with pytest.raises(raised) if raised else nullcontext():
        assert enclave.decrypt(key_id, ciphertext) == PASSWORD


def test_the_program(kms_import_mock, module, key_id, ciphertext, monkeypatch):
    output = io.BytesIO()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(ciphertext)))
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=output))
    assert main(["decrypt", key_id], module) == 0
    assert output.getvalue() == PASSWORD


def test_the_program_is_refused(module, key_id, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(os.urandom(100))))
    assert main(["decrypt", key_id], module) == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_the_policy_is_made_of_what_nitro_cli_prints(tmp_path, capsys):
    printed = tmp_path / "measurements.json"
    printed.write_text(json.dumps({"Measurements": {"HashAlgorithm": "Sha384", "PCR0": IMAGE, "PCR1": "00" * 48}}))
    assert main(["policy", str(printed)]) == 0
    assert IMAGE in capsys.readouterr().out


def test_an_image_of_debug_mode_gets_no_policy():
    with pytest.raises(ValueError, match="debug mode"):
        key_policy({"PCR0": DEBUG_MODE})

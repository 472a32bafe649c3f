"""``/_kms_import/attestation``: documents for enclaves that are programs of their own, in any language."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode, b64encode

import pytest

from ..support.controlling import control


@pytest.fixture
def attest(kms_import_server):
    """Ask for a document, and give the status and what its JSON says."""

    def call(**members: object):
        answer = control(kms_import_server.url, "POST", "attestation", members)
        return answer.status, answer.json

    return call


def test_an_enclave_that_is_openssl(kms, attest, tmp_path):
    """It makes a key pair, gets a document for it, and opens the answer, without Python."""

    def openssl(*arguments: str, given: bytes = b"") -> bytes:
        return subprocess.run(
            ["openssl", *arguments], cwd=tmp_path, input=given, check=True, capture_output=True
        ).stdout

    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem")
    public_key = openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER")
    status, answered = attest(public_key=b64encode(public_key).decode(), pcrs={"0": "1f" * 48}, nonce="bm9uY2U=")
    assert (status, answered["pcrs"]["0"], answered["pcrs"]["1"]) == (200, "1f" * 48, "00" * 48)
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b64decode(answered["document"])}
    envelope = kms.generate_random(NumberOfBytes=24, Recipient=recipient)["CiphertextForRecipient"]
    opened = openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", "key.pem", given=envelope)
    assert len(opened) == 24


def test_everything_that_a_document_says(kms_import_mock, attest):
    """As ``mock.attestation`` has it, of which nobody gets a private key here."""
    status, answered = attest(
        public_key="AAAA",
        role="arn:aws:iam::123456789012:role/Webserver",
        instance_id="i-1234567890abcdef0",
        module_id="i-1-enc2",
        user_data="",
        nitrotpm=False,
    )
    assert (status, sorted(answered), answered["module_id"]) == (200, ["document", "module_id", "pcrs"], "i-1-enc2")
    assert answered["pcrs"]["3"].startswith("78fce75d")
    assert answered["pcrs"]["4"].startswith("08f996b5")
    assert len(attest(public_key="AAAA", nitrotpm=True)[1]["pcrs"]) == 24


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({}, "public_key is missing; write the enclave's, SubjectPublicKeyInfo in DER, as base64."),
        ({"public_key": "no base64"}, "public_key is no base64."),
        ({"public_key": 7}, "public_key is 7; write a text."),
        ({"public_key": "AAAA", "pcrs": []}, "pcrs is []; write an object such as"),
        ({"public_key": "AAAA", "pcrs": {"PCR0": "00"}}, "pcrs has a register 'PCR0'; write a number"),
        ({"public_key": "AAAA", "pcrs": {"0": 1}}, "pcrs has 1 for register 0; write 48 bytes"),
        ({"public_key": "AAAA", "nitrotpm": "yes"}, "nitrotpm is 'yes'; write true or false."),
        ({"public_key": "AAAA", "role": None}, "role is None; write a text."),
        ({"public_key": "AAAA", "timestamp": 1}, "There is no 'timestamp' in its JSON."),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(attest, members, why):
    """With what to write instead."""
    status, answered = attest(**members)
    assert status == 400
    assert answered["error"].startswith(f"POST /_kms_import/attestation: {why}")


def test_without_the_extra_it_says_so(attest, monkeypatch):
    """And what to install."""
    assert attest(public_key="AAAA")[0] == 200  # so that it is loaded
    monkeypatch.setitem(sys.modules, "pytest_kmsimport._enclave.documents", None)
    monkeypatch.delattr("pytest_kmsimport._enclave.documents")
    status, answered = attest(public_key="AAAA")
    assert (status, answered["error"].partition("pip install ")[2]) == (400, '"pytest-kmsimport[enclave]".')

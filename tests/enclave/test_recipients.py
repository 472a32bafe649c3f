"""Recipient: answers that only an enclave can read, to whom they are given, and what is told of them."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from pytest_kmsimport import NotOffered, SecretLeaked
from pytest_kmsimport.engine import envelopes

from ..support.installed import OPERATION_NAMES
from ..support.refusal import refused
from .calls import OPERATIONS, PLAINTEXTS, ask

OF_AWS = json.loads(Path(__file__).with_name("aws.json").read_text())["envelope"]
NOT_VALID = "The attestation document in Recipient is not valid."
IMAGE = "ab" * 48
HOME = "123456789012"


def pem(private_key) -> bytes:
    """A private key as openssl reads it."""
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def opened_by_openssl(envelope: bytes, private_key, folder: Path) -> bytes:
    """What is in an envelope."""
    folder.joinpath("enclave.pem").write_bytes(pem(private_key))
    command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", "enclave.pem"]
    return subprocess.run(command, cwd=folder, input=envelope, check=True, capture_output=True).stdout


def element(data: bytes, position: int) -> tuple[int, bytes, int]:
    """Tag, content and end of an element of BER, as a parser of the AWS Nitro Enclaves SDK goes through it."""
    tag, length = data[position], data[position + 1]
    position += 2
    if length == 0x80:
        start = position
        while data[position : position + 2] != b"\0\0":
            position = element(data, position)[2]
        return tag, data[start:position], position + 2
    if length > 0x80:
        octets = length & 0x7F
        length, position = int.from_bytes(data[position : position + octets], "big"), position + octets
    return tag, data[position : position + length], position + length


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of a content."""
    found, position = [], 0
    while position < len(data):
        tag, content, position = element(data, position)
        found.append((tag, content))
    return found


def opened_by_hand(envelope: bytes, private_key) -> bytes:
    """What is in an envelope, taken apart as source/cms.c of the AWS Nitro Enclaves SDK for C does it."""
    ((_, content_info),) = elements(envelope)
    (_, content_type), (_, explicit) = elements(content_info)
    assert content_type.hex() == "2a864886f70d010703"
    ((_, enveloped),) = elements(explicit)
    (_, version), (_, recipients), (_, content) = elements(enveloped)
    ((_, recipient),) = elements(recipients)
    (_, version_of_recipient), _name, _algorithm, (_, encrypted_key) = elements(recipient)
    assert version == version_of_recipient == b"\2"
    (_, data), (_, cipher), (_, pieces) = elements(content)
    (_, algorithm), (_, iv) = elements(cipher)
    assert (data.hex(), algorithm.hex()) == ("2a864886f70d010701", "60864801650304012a")
    key = private_key.decrypt(encrypted_key, OAEP(MGF1(SHA256()), SHA256(), None))
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    padded = decryptor.update(b"".join(piece for _, piece in elements(pieces)))
    return padded[: -padded[-1]]


@pytest.fixture
def attestation(kms_import_mock):
    """An enclave."""
    return kms_import_mock.attestation({0: IMAGE})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_only_the_enclave_gets_the_plaintext(kms, kms_import_mock, attestation, tmp_path, operation):
    """The answer lacks it and has everything else; openssl, a parser made by hand and our own open what it has."""
    without = ask(kms, kms_import_mock, operation)
    response = ask(kms, kms_import_mock, operation, Recipient=attestation.recipient)
    assert response.keys() == without.keys() - {PLAINTEXTS[operation]} | {"CiphertextForRecipient"}
    envelope = response["CiphertextForRecipient"]
    plaintext = attestation.decrypt(envelope)
    assert opened_by_openssl(envelope, attestation.private_key, tmp_path) == plaintext
    assert opened_by_hand(envelope, attestation.private_key) == plaintext
    assert len(plaintext) == len(without[PLAINTEXTS[operation]])


def test_what_the_enclave_gets_is_what_others_would(kms, kms_import_mock, attestation):
    """The plaintext of Decrypt, the data key that its ciphertext has, the private key of the public key."""
    key_id = kms_import_mock.import_key().id
    made = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", Recipient=attestation.recipient)
    data_key = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
    assert attestation.decrypt(made["CiphertextForRecipient"]) == data_key
    decrypted = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], Recipient=attestation.recipient)
    assert attestation.decrypt(decrypted["CiphertextForRecipient"]) == data_key
    pair = kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec="RSA_4096", Recipient=attestation.recipient)
    private_key = load_der_private_key(attestation.decrypt(pair["CiphertextForRecipient"]), None)
    assert private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == pair["PublicKey"]


def skeleton(envelope: bytes) -> bytes:
    """An envelope without what is different each time."""
    parsed = cms.ContentInfo.load(envelope)["content"]
    recipient, content = parsed["recipient_infos"][0].chosen, parsed["encrypted_content_info"]
    for part in (
        recipient["rid"].chosen.native,
        recipient["encrypted_key"].native,
        content["content_encryption_algorithm"]["parameters"].native,
        content["encrypted_content"].native,
    ):
        assert part in envelope
        envelope = envelope.replace(part, bytes(len(part)))
    return envelope


def test_an_envelope_is_as_aws_writes_it(kms, kms_import_mock, attestation):
    """Byte for byte but for keys and contents, of which the first names the public key by its SHA-256."""
    of_aws, private_key = (b64decode(OF_AWS[name]) for name in ("ciphertext_for_recipient", "private_key"))
    ours = kms.generate_random(NumberOfBytes=32, Recipient=attestation.recipient)["CiphertextForRecipient"]
    assert skeleton(ours) == skeleton(of_aws)
    for envelope, key in ((of_aws, load_der_private_key(private_key, None)), (ours, attestation.private_key)):
        name = cms.ContentInfo.load(envelope)["content"]["recipient_infos"][0].chosen["rid"].chosen.native
        assert name == sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def test_long_contents_come_in_pieces(kms, kms_import_mock, attestation):
    """Of a thousand bytes, which no single octet string exceeds."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    pair = kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec="RSA_4096", Recipient=attestation.recipient)
    content = cms.ContentInfo.load(pair["CiphertextForRecipient"])["content"]["encrypted_content_info"]
    pieces = elements(content["encrypted_content"].contents.removesuffix(b"\0\0"))
    assert {tag for tag, _ in pieces} == {4}
    assert [len(piece) for _, piece in pieces[:-1]] == [1000, 1000]
    assert 0 < len(pieces[-1][1]) <= 1000


def test_our_own_opens_what_aws_has_written():
    """``attestation.decrypt`` does what enclaves do."""
    private_key = load_der_private_key(b64decode(OF_AWS["private_key"]), None)
    opened = envelopes.unseal(b64decode(OF_AWS["ciphertext_for_recipient"]), private_key)
    assert opened == b64decode(OF_AWS["plaintext"])


# Refusals


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_document_that_is_none_is_refused(kms, kms_import_mock, operation):
    """Nothing has happened, and the diagnosis says what is wrong with the document."""
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"no document"}
    with refused("ValidationException", NOT_VALID):
        ask(kms, kms_import_mock, operation, Recipient=recipient)
    call = kms_import_mock.calls[-1]
    assert call.diagnosis.startswith("The attestation document is not valid. It is ")
    assert call.effects == 0
    if call.key_arns and "GetKeyLastUsage" in OPERATION_NAMES:
        usage = kms.get_key_last_usage(KeyId=call.key_arns[0])["KeyLastUsage"]
        assert usage.get("Operation") != operation


@pytest.mark.parametrize("member", ["AttestationDocument", "KeyEncryptionAlgorithm"])
def test_a_recipient_has_two_members(kms, attestation, member):
    """AWS's model requires neither, and its guide both."""
    recipient = attestation.recipient
    del recipient[member]
    with refused("ValidationException", f"{member} must not be null"):
        kms.generate_random(NumberOfBytes=8, Recipient=recipient)


def test_a_document_lives_three_hours(kms, kms_import_mock, attestation):
    """By the mock's clock, as long as the certificate; within that time it can be used again."""
    for _ in range(2):
        kms.generate_random(NumberOfBytes=8, Recipient=attestation.recipient)
    kms_import_mock.clock.advance(hours=3, seconds=1)
    with refused("ValidationException", NOT_VALID):
        kms.generate_random(NumberOfBytes=8, Recipient=attestation.recipient)
    assert "and the mock's clock is at" in kms_import_mock.calls[-1].diagnosis


def test_a_document_of_the_future(kms, kms_import_mock):
    """Its certificate is not good yet."""
    tomorrow = kms_import_mock.clock.now() + timedelta(days=1)
    attestation = kms_import_mock.attestation(timestamp=tomorrow)
    with refused("ValidationException", NOT_VALID):
        kms.generate_random(NumberOfBytes=8, Recipient=attestation.recipient)
    kms_import_mock.clock.move_to(tomorrow)
    kms.generate_random(NumberOfBytes=8, Recipient=attestation.recipient)


def test_a_dry_run_gives_nothing_away(kms, kms_import_mock, attestation):
    """It is checked as the call itself would be, document included."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    members = {"KeyId": key_id, "KeySpec": "AES_256", "DryRun": True}
    with refused("DryRunOperationException", "The request would have succeeded, but the DryRun option is set."):
        kms.generate_data_key(**members, Recipient=attestation.recipient)
    kms_import_mock.clock.advance(hours=4)
    with refused("ValidationException", NOT_VALID):
        kms.generate_data_key(**members, Recipient=attestation.recipient)


def test_without_the_extra_the_test_fails(kms, kms_import_mock, attestation, monkeypatch):
    """By the name of what is to be installed, also where the code under test swallows it."""
    monkeypatch.setitem(sys.modules, "pytest_kmsimport._enclave.documents", None)
    monkeypatch.delattr("pytest_kmsimport._enclave.documents")
    with pytest.raises(NotOffered, match=r'pip install "pytest-kmsimport\[enclave\]"'):
        kms.generate_random(NumberOfBytes=8, Recipient=attestation.recipient)
    assert [str(complaint)[:9] for complaint in kms_import_mock.complaints] == ["Recipient"]
    kms_import_mock.complaints.clear()
    with pytest.raises(ImportError, match=r'^attestation\(\) needs .* pip install "pytest-kmsimport\[enclave\]"'):
        kms_import_mock.attestation()


# Who may


def attested(**condition: object) -> dict[str, object]:
    """A key policy that lets the account do everything but decrypt, and that on a condition alone."""
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}, "Resource": "*"}
    everything_else = {**statement, "NotAction": ["kms:Decrypt", "kms:GenerateDataKey"]}
    on_condition = {**statement, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [everything_else, on_condition]}


@pytest.fixture
def key_for(kms):
    """Make a KMS key with the key policy of a condition, and give its key ID."""
    return lambda condition: kms.create_key(Policy=json.dumps(attested(**condition)))["KeyMetadata"]["KeyId"]


ROLE, ROLE_PCR3 = (
    "arn:aws:iam::123456789012:role/Webserver",
    "78fce75db17cd4e0a3fb8dad3ad128ca5e77edbb2b2c7f75329dccd99aa5f6ef4fc1f1a452e315b9e98f9e312e6921e6",
)
CONDITIONS = {
    "image": ({"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": IMAGE.upper()}}, {0: IMAGE}),
    "PCR0": ({"StringEquals": {"kms:RecipientAttestation:PCR0": IMAGE}}, {0: IMAGE}),
    "PCR3": ({"StringEquals": {"kms:RecipientAttestation:PCR3": ROLE_PCR3}}, {3: ROLE_PCR3}),
    "PCR15": ({"StringEquals": {"kms:recipientattestation:pcr15": IMAGE}}, {15: IMAGE}),
    "debug mode": ({"StringEquals": {"kms:RecipientAttestation:PCR0": "0" * 96}}, {8: IMAGE}),
}


@pytest.mark.parametrize(("condition", "pcrs"), CONDITIONS.values(), ids=list(CONDITIONS))
def test_a_key_policy_asks_for_measurements(kms, kms_import_mock, key_for, condition, pcrs):
    """The enclave that has them may; another one, and who is none, may not, and the diagnosis says what was lacking."""
    key_id = key_for(condition)
    request = {"KeyId": key_id, "KeySpec": "AES_128"}
    kms.generate_data_key(**request, Recipient=kms_import_mock.attestation(pcrs).recipient)
    other = kms_import_mock.attestation({0: "cd" * 48, 3: "cd" * 48, 15: "cd" * 48})
    for members in ({}, {"Recipient": other.recipient}):
        with pytest.raises(kms.exceptions.ClientError, match=r"AccessDenied.* no resource-based policy allows"):
            kms.generate_data_key(**request, **members)
    assert "cd" * 48 in kms_import_mock.calls[-1].diagnosis


def test_conditions_do_not_see_an_invalid_document(kms, kms_import_mock, key_for, attestation):
    """So an Allow does not hold, whatever the document says; the diagnosis says why."""
    key_id = key_for({"StringEquals": {"kms:RecipientAttestation:PCR0": IMAGE}})
    kms_import_mock.clock.advance(hours=4)
    with pytest.raises(kms.exceptions.ClientError, match="AccessDenied"):
        kms.generate_data_key(KeyId=key_id, KeySpec="AES_128", Recipient=attestation.recipient)
    assert kms_import_mock.calls[-1].diagnosis.startswith("The attestation document is not valid. The certificate of")


def test_a_deny_holds_without_a_document(kms, kms_import_mock, attestation):
    """StringNotEquals fires where the key is absent."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    of_image = {"StringNotEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": IMAGE}}
    kms_import_mock.deny("kms:GenerateDataKey", condition=of_image)
    with pytest.raises(kms.exceptions.ClientError, match=r"AccessDenied.* with an explicit deny"):
        kms.generate_data_key(KeyId=key_id, KeySpec="AES_128")
    kms.generate_data_key(KeyId=key_id, KeySpec="AES_128", Recipient=attestation.recipient)


def test_an_identity_based_policy_asks_for_them_too(kms_import_mock, attestation):
    """Also for random bytes, which no key policy is about; ``mock.can`` says so without a call."""
    condition = {"StringEquals": {"kms:RecipientAttestation:ImageSha384": IMAGE}}
    policy = {"Effect": "Allow", "Action": "kms:GenerateRandom", "Resource": "*", "Condition": condition}
    enclave = kms_import_mock.principal(ROLE, policies=[{"Version": "2012-10-17", "Statement": policy}])
    assert kms_import_mock.can(enclave, "GenerateRandom", Recipient=attestation.recipient)
    assert not kms_import_mock.can(enclave, "GenerateRandom")
    assert enclave.client().generate_random(NumberOfBytes=8, Recipient=attestation.recipient)


def test_nitrotpm_has_keys_of_its_own(kms, kms_import_mock, key_for):
    """An instance is no enclave, whatever its registers hold."""
    key_id = key_for({"StringEquals": {"kms:RecipientAttestation:NitroTPMPCR4": IMAGE}})
    instance = kms_import_mock.attestation({4: IMAGE}, nitrotpm=True)
    enclave = kms_import_mock.attestation({4: IMAGE})
    response = kms.generate_data_key(KeyId=key_id, KeySpec="AES_128", Recipient=instance.recipient)
    assert len(instance.decrypt(response["CiphertextForRecipient"])) == 16
    with pytest.raises(kms.exceptions.ClientError, match="AccessDenied"):
        kms.generate_data_key(KeyId=key_id, KeySpec="AES_128", Recipient=enclave.recipient)


@pytest.mark.parametrize("name", ["PCR", "PCR007", "PCR_0", "PCR32", "Image", "NitroTPMImageSha384"])
def test_a_misspelt_key_fails_the_test(kms, kms_import_mock, key_for, attestation, name):
    """AWS would find it in no request."""
    key_id = key_for({"StringEquals": {f"kms:RecipientAttestation:{name}": IMAGE}})
    with pytest.raises(NotOffered, match="neither KMS nor IAM documents such a condition key"):
        kms.generate_data_key(KeyId=key_id, KeySpec="AES_128", Recipient=attestation.recipient)
    kms_import_mock.complaints.clear()


# What is told of it


def in_base64(digits: str) -> str:
    """A measurement as CloudTrail has it."""
    return b64encode(bytes.fromhex(digits)).decode()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_cloudtrail_has_the_measurements(kms, kms_import_mock, operation):
    """Of the registers that AWS records, beside the key material; the document itself is not recorded."""
    attestation = kms_import_mock.attestation({0: IMAGE, 1: "01" * 48, 8: "08" * 48, 9: "09" * 48}, role=ROLE)
    ask(kms, kms_import_mock, operation, Recipient=attestation.recipient)
    record = kms_import_mock.trail[-1]
    assert record["additionalEventData"]["recipient"] == {
        "attestationDocumentModuleId": attestation.module_id,
        "attestationDocumentEnclaveImageDigest": in_base64(IMAGE),
        "attestationDocumentEnclavePCR1": in_base64("01" * 48),
        "attestationDocumentEnclavePCR2": in_base64("00" * 48),
        "attestationDocumentEnclavePCR3": in_base64(ROLE_PCR3),
        "attestationDocumentEnclavePCR4": in_base64("00" * 48),
        "attestationDocumentEnclavePCR8": in_base64("08" * 48),
    }
    assert ("keyMaterialId" in record["additionalEventData"]) is (operation.startswith(("Decrypt", "GenerateDataKey")))
    assert "recipient" not in (record["requestParameters"] or {})


def test_cloudtrail_names_registers_of_nitrotpm_otherwise(kms, kms_import_mock):
    """As AWS's samples have them."""
    instance = kms_import_mock.attestation({7: IMAGE}, nitrotpm=True)
    kms.generate_random(NumberOfBytes=8, Recipient=instance.recipient)
    told = kms_import_mock.trail[-1]["additionalEventData"]["recipient"]
    assert list(told) == [
        "attestationDocumentModuleId",
        *(f"attestationDocumentNitroTPMPCR{number}" for number in (4, 7, 8, 9, 16, 23)),
    ]
    assert told["attestationDocumentNitroTPMPCR7"] == in_base64(IMAGE)


def test_a_refused_call_tells_of_no_enclave(kms, kms_import_mock, key_for, attestation):
    """Neither where a policy denies it, nor for another refusal."""
    key_id = key_for({"StringEquals": {"kms:RecipientAttestation:PCR0": "cd" * 48}})
    with pytest.raises(kms.exceptions.ClientError):
        kms.generate_data_key(KeyId=key_id, KeySpec="AES_128", Recipient=attestation.recipient)
    assert "additionalEventData" not in kms_import_mock.trail[-1]
    with pytest.raises(kms.exceptions.ClientError):
        kms.generate_random(Recipient=attestation.recipient)
    assert "additionalEventData" not in kms_import_mock.trail[-1]


def test_the_journal_has_the_document_and_no_plaintext(kms, kms_import_mock, attestation):
    """The document can be compared; blobs are not shown."""
    made = kms.generate_random(NumberOfBytes=32, Recipient=attestation.recipient)
    call = kms_import_mock.calls[-1]
    assert call.request["Recipient"]["AttestationDocument"] == attestation.document
    assert call.response == {"CiphertextForRecipient": made["CiphertextForRecipient"]}
    assert str(call.response).startswith("{'CiphertextForRecipient': <")


def test_a_data_key_of_an_enclave_is_a_secret_too(kms, kms_import_mock, attestation):
    """The leak check knows what only the enclave was given."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    made = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", Recipient=attestation.recipient)
    data_key = attestation.decrypt(made["CiphertextForRecipient"])
    with pytest.raises(SecretLeaked, match="the plaintext data key from GenerateDataKey"):
        kms_import_mock.assert_no_leaks(f"unsealed {data_key.hex()}")

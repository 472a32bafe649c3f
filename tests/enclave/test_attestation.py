"""``mock.attestation(...)``: what a document says, whose key pair it is, and what cannot be in one."""

from __future__ import annotations

import pickle
import traceback
from dataclasses import FrozenInstanceError
from datetime import datetime, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pytest_kmsimport import Attestation, mock_kms_import
from pytest_kmsimport.engine import envelopes

# the samples of https://docs.aws.amazon.com/enclaves/latest/user/set-up-attestation.html
ROLE, PCR3 = "arn:aws:iam::123456789012:role/Webserver", ("78fce75d", "21e6")
INSTANCE, PCR4 = "i-1234567890abcdef0", ("08f996b5", "9ce0")


def test_the_parent_instance_is_measured(kms_import_mock):
    """Its role in PCR3, its ID in PCR4, as AWS's guide computes them; the module is named after it."""
    attestation = kms_import_mock.attestation(role=ROLE, instance_id=INSTANCE)
    for number, (begin, end) in ((3, PCR3), (4, PCR4)):
        digits = attestation.pcrs[number].hex()
        assert (digits[:8], digits[-4:]) == (begin, end[-4:]), digits
    assert attestation.module_id.startswith(f"{INSTANCE}-enc")
    assert attestation.pcrs[0] == bytes(48)


def test_a_measurement_can_be_said_by_hand(kms_import_mock):
    """As bytes or as the digits that nitro-cli prints; it counts for more than what follows from the instance."""
    attestation = kms_import_mock.attestation({0: "AB" * 48, 3: b"\3" * 48}, role=ROLE)
    assert (attestation.pcrs[0], attestation.pcrs[3]) == (b"\xab" * 48, b"\3" * 48)
    assert list(attestation.pcrs) == list(range(16))


def test_an_instance_with_nitrotpm(kms_import_mock):
    """It has more registers, of other meanings."""
    attestation = kms_import_mock.attestation(role=ROLE, instance_id=INSTANCE, nitrotpm=True)
    assert attestation.module_id.startswith(f"{INSTANCE}-tpm")
    assert attestation.pcrs == dict.fromkeys(range(24), bytes(48))


def test_the_enclave_has_a_key_pair_already(kms, kms_import_mock):
    """Then its private key stays there."""
    private_key = rsa.generate_private_key(65537, 2048)
    der = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    attestation = kms_import_mock.attestation(public_key=der)
    response = kms.generate_random(NumberOfBytes=8, Recipient=attestation.recipient)
    assert len(envelopes.unseal(response["CiphertextForRecipient"], private_key)) == 8
    assert attestation.private_key is None
    with pytest.raises(ValueError, match="The private key is yours"):
        attestation.decrypt(response["CiphertextForRecipient"])


def test_any_key_can_be_in_a_document(kms, kms_import_mock):
    """The Nitro Secure Module takes it; KMS does not."""
    kms_import_mock.attestation(public_key=b"no key")
    with pytest.raises(kms.exceptions.ClientError, match="ValidationException"):
        kms.generate_random(NumberOfBytes=8, Recipient=kms_import_mock.attestation(public_key=b"no key").recipient)
    assert "Its public_key is no SubjectPublicKeyInfo" in kms_import_mock.calls[-1].diagnosis


def test_no_two_enclaves_have_one_key_pair(kms, kms_import_mock):
    """So one does not open what another was given."""
    one, other = kms_import_mock.attestation(), kms_import_mock.attestation()
    envelope = kms.generate_random(NumberOfBytes=32, Recipient=one.recipient)["CiphertextForRecipient"]
    with pytest.raises(
        ValueError, match=r"^This is no CiphertextForRecipient of an answer to <Attestation of i-"
    ) as caught:
        other.decrypt(envelope)
    assert len(one.decrypt(envelope)) == 32
    assert caught.value.__context__ is None


@pytest.mark.parametrize("blob", [b"", b"\x30\x80", b"\x30\0", b"\x05\0", bytes(400)])
def test_what_is_no_answer(kms_import_mock, blob):
    """The mistake is told as such."""
    with pytest.raises(ValueError, match=r"^This is no CiphertextForRecipient"):
        kms_import_mock.attestation().decrypt(blob)


def test_an_envelope_with_another_cipher(kms, kms_import_mock):
    """The SDKs for enclaves refuse it too."""
    attestation = kms_import_mock.attestation()
    envelope = kms.generate_random(NumberOfBytes=32, Recipient=attestation.recipient)["CiphertextForRecipient"]
    aes_256, aes_128 = (bytes.fromhex(f"06096086480165030401{last}") for last in ("2a", "02"))
    with pytest.raises(ValueError, match="it is encrypted in another way"):
        attestation.decrypt(envelope.replace(aes_256, aes_128))


def test_another_mock_does_not_take_it(kms_import_mock):
    """Each has a root of its own; one that joins it has the same."""
    recipient = kms_import_mock.attestation().recipient
    with mock_kms_import() as inner:
        inner.client().generate_random(NumberOfBytes=8, Recipient=recipient)
    with mock_kms_import(region="eu-west-1") as other:
        with pytest.raises(Exception, match="ValidationException"):
            other.client().generate_random(NumberOfBytes=8, Recipient=recipient)
        assert "a root that this mock does not trust" in other.calls[-1].diagnosis


def test_it_outlives_snapshots_and_resets(kms, kms_import_mock):
    """The root is the mock's, whatever becomes of its KMS keys."""
    snapshot = kms_import_mock.snapshot()
    attestation = kms_import_mock.attestation()
    kms_import_mock.restore(snapshot)
    kms.generate_random(NumberOfBytes=8, Recipient=attestation.recipient)
    kms_import_mock.reset()
    kms.generate_random(NumberOfBytes=8, Recipient=attestation.recipient)


def test_it_shows_no_private_key(kms_import_mock):
    """Neither as a text nor pickled."""
    attestation = kms_import_mock.attestation()
    assert str(attestation) == f"<Attestation of {attestation.module_id}, {len(attestation.document)} bytes>"
    with pytest.raises(TypeError):
        pickle.dumps(attestation)
    with pytest.raises(FrozenInstanceError):
        attestation.private_key = None
    assert isinstance(attestation, Attestation)


def test_a_failure_shows_no_plaintext(kms, kms_import_mock):
    """Of an envelope that opens in part."""
    attestation = kms_import_mock.attestation()
    envelope = kms.generate_random(NumberOfBytes=32, Recipient=attestation.recipient)["CiphertextForRecipient"]
    damaged = envelope[:-30] + bytes(20) + envelope[-10:]
    with pytest.raises(ValueError, match="no CiphertextForRecipient") as caught:
        attestation.decrypt(damaged)
    assert "unseal" not in "".join(traceback.format_exception(caught.value))


MISUSES = {
    "a register that there is not": ({"pcrs": {32: b"\0" * 48}}, "pcrs has a register 32; write a number from 0 to 31"),
    "a register by its name": ({"pcrs": {"PCR0": b"\0" * 48}}, "pcrs has a register 'PCR0'; write a number"),
    "half a measurement": ({"pcrs": {0: "abc"}}, "for register 0; write 48 bytes, or their 96 hexadecimal digits"),
    "a short measurement": ({"pcrs": {0: b"abc"}}, "for register 0; write 48 bytes, or their 96 hexadecimal digits"),
    "a private key": ({"public_key": rsa}, "public_key takes bytes, 1024 at most"),
    "too long user_data": ({"user_data": bytes(513)}, "user_data takes bytes, 512 at most"),
    "a nonce of text": ({"nonce": "x"}, "nonce takes bytes, 512 at most"),
    "measurements in a list": ({"pcrs": ["ab" * 48]}, r"write measurements by register, such as \{0: 'abab"),
    "a role of its client": ({"role": {"Arn": ROLE}}, "role is {'Arn': .*}; write a text"),
    "a number": ({"module_id": 7}, "module_id is 7; write a text"),
    "a time of text": ({"timestamp": "2026-11-28"}, "timestamp takes an aware datetime"),
    "a time before all clocks": ({"timestamp": datetime(1930, 1, 1, tzinfo=timezone.utc)}, "timestamp is 1930-01-01"),
    "a time after all certificates": ({"timestamp": datetime.max.replace(tzinfo=timezone.utc)}, "is 9999-12-31; write"),
    "a naive time": ({"timestamp": datetime(2026, 1, 1)}, "timestamp takes an aware datetime"),  # noqa: DTZ001
}


@pytest.mark.parametrize("blob", [None, "MIAGCSqG"])
def test_what_is_no_answer_of_any_kind(kms_import_mock, blob):
    """Such as that of a call without Recipient."""
    with pytest.raises(TypeError, match=r"^decrypt\(\) takes an answer's CiphertextForRecipient, not .*Recipient="):
        kms_import_mock.attestation().decrypt(blob)


@pytest.mark.parametrize(("given", "why"), MISUSES.values(), ids=list(MISUSES))
def test_what_cannot_be_in_a_document(kms_import_mock, given, why):
    """It is said what to write instead."""
    with pytest.raises(ValueError, match=why):
        kms_import_mock.attestation(**given)

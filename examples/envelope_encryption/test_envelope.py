"""The tests of the envelopes, on an AWS KMS in memory."""

from __future__ import annotations

import os

import boto3
import pytest
from envelope_encryption.envelope import EnvelopeError, Envelopes

CONTEXT = {"tenant": "a", "file": "1"}


@pytest.fixture
def material():
    return os.urandom(32)


@pytest.fixture
def key(kms_import_mock, material):
    return kms_import_mock.import_key(material)


@pytest.fixture
def envelopes(key):
    return Envelopes(boto3.client("kms"), key.arn)


def test_what_is_closed_opens(envelopes):
    assert envelopes.open(envelopes.close(b"data", CONTEXT), CONTEXT) == b"data"


def test_another_context_does_not_open_it(envelopes):
    with pytest.raises(EnvelopeError):
        envelopes.open(envelopes.close(b"data", CONTEXT), {**CONTEXT, "tenant": "b"})


def test_no_byte_can_be_changed(envelopes):
    """Wherever it lies: in the length, the data key, the nonce or the data."""
    envelope = envelopes.close(b"data", CONTEXT)
    for position in range(len(envelope)):
        damaged = bytearray(envelope)
        damaged[position] ^= 1
        with pytest.raises(EnvelopeError):
            envelopes.open(bytes(damaged), CONTEXT)


@pytest.mark.parametrize("length", [0, 3, 4, 100])
def test_no_byte_can_be_missing(envelopes, length):
    with pytest.raises(EnvelopeError):
        envelopes.open(envelopes.close(b"data", CONTEXT)[:length], CONTEXT)


def test_envelopes_outlive_a_rotation(kms_import_mock, key, envelopes):
    """And can be renewed, so that the retired key material is needed no more."""
    envelope = envelopes.close(b"data", CONTEXT)
    kms_import_mock.import_key(key_id=key.id, ImportType="NEW_KEY_MATERIAL")
    envelopes.kms.rotate_key_on_demand(KeyId=key.id)
    renewed = envelopes.renew(envelope, CONTEXT)
    assert envelopes.open(envelope, CONTEXT) == envelopes.open(renewed, CONTEXT) == b"data"
    first, second = (call.response["KeyMaterialId"] for call in kms_import_mock.calls.to("Decrypt"))
    assert [first, second] == [m.id for m in kms_import_mock.key(key.id).materials]


def test_envelopes_outlive_the_loss_of_the_key_material(kms_import_mock, key, envelopes, material):
    """While it is gone they are closed; with the same bytes imported again they open."""
    envelope = envelopes.close(b"data", CONTEXT)
    envelopes.kms.delete_imported_key_material(KeyId=key.id)
    with pytest.raises(envelopes.kms.exceptions.KMSInvalidStateException):
        envelopes.open(envelope, CONTEXT)
    kms_import_mock.import_key(material, key_id=key.id)
    assert envelopes.open(envelope, CONTEXT) == b"data"

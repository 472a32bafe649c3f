"""After: the same tests with AWS KMS in memory. What a test has to say is what has become of the KMS key."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from migration_stubber.renewal import renew

from pytest_kmsimport import faults

MATERIAL = bytes(range(32))


@pytest.fixture
def mock(kms_import_mock):
    kms_import_mock.clock.freeze()
    return kms_import_mock


@pytest.fixture
def key_id(mock):
    """A KMS key whose key material expires in 90 days."""
    return mock.import_key(MATERIAL, ValidTo=mock.clock.now() + timedelta(days=90)).id


def test_a_key_with_time_left_is_kept(mock, kms_import_client, key_id):
    mock.clock.advance(days=30)
    assert renew(kms_import_client, key_id, MATERIAL, mock.clock.now) == "kept"


def test_a_key_is_renewed_two_weeks_ahead(mock, kms_import_client, key_id):
    mock.clock.advance(days=77)
    assert renew(kms_import_client, key_id, MATERIAL, mock.clock.now) == "renewed"
    mock.clock.advance(days=89)
    mock.assert_imported(key_id, MATERIAL)


def test_a_key_that_has_expired_is_brought_back(mock, kms_import_client, key_id):
    mock.clock.advance(days=91)
    assert renew(kms_import_client, key_id, MATERIAL, mock.clock.now) == "renewed"
    mock.assert_imported(key_id, MATERIAL)


def test_an_expired_token_is_asked_for_anew(mock, kms_import_client, key_id):
    mock.clock.advance(days=91)
    mock.inject(faults.meanwhile(faults.expire_token), on="ImportKeyMaterial")
    assert renew(kms_import_client, key_id, MATERIAL, mock.clock.now) == "renewed"
    assert len(mock.calls.to("GetParametersForImport")) == 2


def test_other_bytes_are_refused(mock, kms_import_client, key_id):
    """A mistake in the vault, of which no Stubber would have known."""
    mock.clock.advance(days=91)
    with pytest.raises(ClientError, match="IncorrectKeyMaterialException"):
        renew(kms_import_client, key_id, os.urandom(32), mock.clock.now)

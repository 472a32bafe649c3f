"""What a failed test shows of its calls to KMS."""

from __future__ import annotations

import os

import pytest

from pytest_kmsimport._report import report

FAILING = """
    import boto3, pytest
    from pytest_kmsimport import mock_kms_import, wrap_key_material

    def ceremony(kms):
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        parameters = kms.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
        kms.import_key_material(
            KeyId=key_id, ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrap_key_material(parameters["PublicKey"], bytes(32), "RSAES_OAEP_SHA_1"),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
"""


@pytest.mark.parametrize(
    "test",
    [
        "def test_a(kms_import_mock):\n        ceremony(boto3.client('kms'))",
        "@mock_kms_import\n    def test_a():\n        ceremony(boto3.client('kms'))",
        "def test_a():\n        with mock_kms_import() as mock:\n            ceremony(mock.client())",
    ],
    ids=["fixture", "decorator", "context manager"],
)
def test_a_failed_test_shows_its_calls(pytester, test):
    """However it had its mock: what was asked, the outcome, and the diagnosis."""
    pytester.makepyfile(f"{FAILING}\n    {test}\n")
    result = pytester.runpytest_subprocess()
    result.stdout.fnmatch_lines(
        [
            "*- KMS calls -*",
            "time      operation                 key           outcome",
            "* CreateKey                 -             ok",
            "* GetParametersForImport    ????????      ok",
            "* ImportKeyMaterial         ????????      InvalidCiphertextException",
            "*The blob opens with RSAES_OAEP_SHA_1, but this token was issued for*",
        ]
    )
    assert result.stdout.str().count("- KMS calls -") == 1


def test_a_passed_test_shows_nothing(pytester):
    """Nor does a failed one show the calls of the test before, or of a mock that nobody asked."""
    pytester.makepyfile(
        """
        def test_a(kms_import_client):
            kms_import_client.list_keys()

        def test_b():
            assert False

        def test_c(kms_import_mock):
            assert False
        """
    )
    result = pytester.runpytest_subprocess("-rA", "-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=2)
    assert "KMS calls" not in result.stdout.str()


def test_it_reads_in_80_columns(kms, kms_import_mock):
    """Long names, long messages, aliases, multi-Region keys; earlier calls are counted."""
    key = kms_import_mock.import_key(MultiRegion=True)
    for _ in range(30):
        kms.generate_data_key_pair_without_plaintext(KeyId=key.arn, KeyPairSpec="ECC_NIST_P256")
    for identifier in ("alias/a-long-name-of-a-key", "fake-key-id"):
        with pytest.raises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId=identifier)
    lines = report(kms_import_mock.calls).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].strip() == "(2 earlier calls)"
    assert key.id.removeprefix("mrk-")[:8] in lines[2]
    assert any(" alias/a-long- NotFoundException" in line for line in lines)
    assert any("Alias arn:aws:kms:us-east-1:123456789012:alias/a-long-name" in line for line in lines)


def test_it_shows_no_secret(kms, kms_import_mock):
    """Neither of requests nor of answers."""
    secret = os.urandom(24).hex()
    key = kms_import_mock.import_key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=secret.encode())["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    assert secret not in report(kms_import_mock.calls)

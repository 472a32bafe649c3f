"""The importer while everything goes wrong that can go wrong with an import."""

from __future__ import annotations

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from importer import FileHsm, Importer, ImportRefusedError, main

from pytest_kmsimport import faults

#: What the importer reports; anything else would be a traceback in the operator's face.
REPORTED = (ClientError, BotoCoreError, ImportRefusedError)
#: Refusals that mean: not now.
PASSING = {
    "DependencyTimeoutException",
    "InternalFailure",
    "KMSInternalException",
    "NotFoundException",
    "ServiceUnavailable",
    "ThrottlingException",
}


@pytest.fixture
def importer(kms, kms_import_mock, material):
    """An importer that waits by the mock's clock."""

    def sleep(seconds):
        kms_import_mock.clock.advance(seconds=seconds)

    return Importer(kms, FileHsm(material), now=kms_import_mock.clock.now, sleep=sleep)


@pytest.fixture
def key_id(kms):
    """A KMS key that waits for key material."""
    return kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]


def is_passing(fault):
    """Whether it is worth trying again: what the network does, and what AWS calls temporary."""
    return fault.kind not in {"refusal", "denial", "race"} or fault.id in PASSING


@pytest.mark.parametrize("kms_fault", faults.catalogue("ImportKeyMaterial"), indirect=True)
def test_a_fault_that_stays(kms_import_mock, kms_fault, importer, key_id, material):
    """Either the key material arrives, or the importer says that it has not; it never says the one for the other."""
    try:
        importer.bring(key_id)
    except REPORTED:
        current = kms_import_mock.key(key_id).current_material
        assert current is None or not current.matches(material)
    else:
        kms_import_mock.assert_imported(key_id, material)


@pytest.mark.parametrize("kms_fault", faults.catalogue("ImportKeyMaterial", times=4), indirect=True)
def test_a_fault_that_passes(kms_import_mock, kms_fault, importer, key_id, material):
    """It outlives botocore's own attempts at a call, and the importer goes on where that makes sense."""
    if is_passing(kms_fault.fault):
        importer.bring(key_id)
        kms_import_mock.assert_imported(key_id, material)
    else:
        with pytest.raises(REPORTED):
            importer.bring(key_id)


@pytest.mark.parametrize(
    "kms_fault", faults.catalogue("ImportKeyMaterial", kinds="lost answer", times=1), indirect=True
)
def test_a_lost_answer_costs_nothing(kms_import_mock, kms_fault, importer, key_id):
    """Botocore's second attempt finds the same key material there, and is content."""
    importer.bring(key_id)
    assert kms_import_mock.calls.to("ImportKeyMaterial")[0].effects == 2


@pytest.mark.parametrize("kms_fault", faults.catalogue("DescribeKey", kinds="consistency", times=2), indirect=True)
def test_aws_takes_a_moment_to_know(kms_import_mock, kms_fault, importer, key_id, material):
    """A key that is not visible yet, or is still told to be without key material after the import."""
    importer.bring(key_id)
    kms_import_mock.assert_imported(key_id, material)


@pytest.mark.kms_import(check_leaks=True)
@pytest.mark.parametrize("kms_fault", faults.catalogue(*faults.CEREMONY), indirect=True)
def test_the_operator_gets_a_message(kms_fault, tmp_path, material, monkeypatch, capsys):
    """Whatever step of the ceremony fails, and however: an exit status and one message, and no secret in it."""
    monkeypatch.setattr("importer.time.sleep", lambda _: None)
    file = tmp_path / "master.bin"
    file.write_bytes(material)
    status = main([str(file)])
    said = capsys.readouterr()
    assert status == (1 if "error: " in said.err else 0)
    assert "ready" in said.out or status == 1

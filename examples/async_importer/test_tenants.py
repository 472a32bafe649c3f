"""Many imports at once, and what the next run makes of whatever befell this one."""

from __future__ import annotations

import asyncio
import os

import pytest

pytest.importorskip("aiobotocore", reason="needs aiobotocore, which has no release for this botocore: .ci/async has it")

from tenants import IncompleteAnswerError, bring_all, main

from pytest_kmsimport import faults

CALLS = ("CreateKey", "ImportKeyMaterial")


@pytest.fixture
def materials():
    """Tenants with their keys."""
    return {f"tenant-{number}": os.urandom(32) for number in range(5)}


def test_all_at_once(kms_import_mock, kms_import_async_client, materials):
    """Every tenant has its own key, under its alias; a second run changes nothing."""
    first = asyncio.run(bring_all(kms_import_async_client, materials))
    for tenant, material in materials.items():
        kms_import_mock.assert_imported(f"alias/tenant/{tenant}", material)
    assert asyncio.run(bring_all(kms_import_async_client, materials)) == first
    assert len(kms_import_mock.calls.to("ImportKeyMaterial")) == len(materials)


def test_one_tenant_is_late(kms_import_mock, kms_import_async_client, materials):
    """The others do not wait for it; it was imported after all, as the next run finds."""
    late = kms_import_mock.inject(faults.Slow(60, really=True), on="ImportKeyMaterial", nth=3)
    results = asyncio.run(bring_all(kms_import_async_client, materials, patience=5))
    assert late.strikes == [isinstance(result, asyncio.TimeoutError) for result in results.values()].count(True) == 1
    assert kms_import_mock.calls.to("ImportKeyMaterial")[2].error == "CancelledError"
    results = asyncio.run(bring_all(kms_import_async_client, materials))
    assert {kms_import_mock.key(arn).state for arn in results.values()} == {"Enabled"}
    assert len(kms_import_mock.calls.to("ImportKeyMaterial")) == len(materials)


@pytest.mark.parametrize("kms_fault", faults.catalogue(*CALLS, times=5), indirect=True)
def test_the_next_run_completes_it(kms_import_mock, kms_import_async_client, kms_fault, materials):
    """Whatever goes wrong, in this run each key is there or is said to be missing; and all are after some more."""
    one = dict([materials.popitem()])
    ((tenant, material),) = one.items()
    for _ in range(6):
        (result,) = asyncio.run(bring_all(kms_import_async_client, one)).values()
        if not isinstance(result, Exception):
            break
        if kms_fault.fault == faults.meanwhile(faults.import_first):
            return  # somebody else's key: for an operator to look at
        if kms_fault.fault == faults.meanwhile(faults.schedule_deletion):
            kms_import_mock.client().cancel_key_deletion(KeyId=kms_import_mock.key(f"alias/tenant/{tenant}").id)
        if isinstance(result, IncompleteAnswerError) and "Disabled" in str(result):
            kms_import_mock.client().enable_key(KeyId=kms_import_mock.key(f"alias/tenant/{tenant}").id)
    kms_import_mock.assert_imported(result, material)


def test_the_report(kms_import_mock, materials, capsys):
    """It says who has no key, and the program ends with 1 then."""
    assert asyncio.run(main({**materials, "tenant-3": b"too short"})) == 1
    said = capsys.readouterr()
    assert said.out == "4 of 5 tenants have their keys in AWS KMS\n"
    assert said.err.startswith("tenant-3: InvalidCiphertextException: ")

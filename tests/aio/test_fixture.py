"""The fixture ``kms_import_async_client`` under whatever runs asynchronous tests."""

from __future__ import annotations

import sys

import pytest

from ..support import async_clients  # noqa: F401  which skips these where there are none

pytest_asyncio = pytest.importorskip("pytest_asyncio")

TEST = """
    import pytest
    from pytest_kmsimport import faults

    {mark}
    async def test_it(kms_import_async_client, kms_import_mock):
        kms = kms_import_async_client
        kms_import_mock.inject(faults.Refusal("ThrottlingException"), on="CreateKey", times=1)
        key_id = (await kms.create_key(Origin="EXTERNAL"))["KeyMetadata"]["KeyId"]
        assert kms_import_mock.key(key_id).state == "PendingImport"
        with pytest.raises(kms.exceptions.NotFoundException):
            await kms.describe_key(KeyId="alias/nothing")
"""


@pytest.fixture
def run(pytester):
    """Run a test in a process of its own, which must pass with all its warnings."""

    def ran(test, *options):
        pytester.makepyfile(test)
        result = pytester.runpytest_subprocess("-W", "error", "-p", "no:randomly", *options)
        result.assert_outcomes(passed=test.count("def test_") * (1 if "params" not in test else 2))
        return result

    return ran


LOOP_SCOPE = ("-o", "asyncio_default_fixture_loop_scope=function")


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_with_pytest_asyncio(run, mode):
    """In either of its modes."""
    mark = "@pytest.mark.asyncio" if mode == "strict" else ""
    run(TEST.format(mark=mark), f"--asyncio-mode={mode}", *LOOP_SCOPE)


def test_with_anyio(run):
    """On asyncio, and on trio where aiobotocore runs on that, with httpx."""
    names = ["asyncio", "trio"] if hasattr(sys.modules["aiobotocore.endpoint"], "AnyioEndpoint") else ["asyncio"] * 2
    backends = f"""
    @pytest.fixture(params={names!r})
    def anyio_backend(request):
        return request.param
    """
    run(TEST.format(mark="@pytest.mark.anyio") + backends, "-p", "no:asyncio")


def test_with_neither(run):
    """A test that runs a loop of its own."""
    test = """
    import asyncio

    def test_it(kms_import_async_client):
        assert asyncio.run(kms_import_async_client.list_keys())["Keys"] == []
    """
    run(test, "-p", "no:asyncio", "-p", "no:anyio")


def test_entered_as_a_context(run):
    """As somebody would who is used to clients of aiobotocore."""
    test = """
    import asyncio

    def test_it(kms_import_async_client):
        async def ask():
            async with kms_import_async_client as kms:
                return await kms.list_keys()
        assert asyncio.run(ask())["Keys"] == []
    """
    run(test, "-p", "no:asyncio")

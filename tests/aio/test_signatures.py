"""What the mock answers an asynchronous client is not signed either, and nobody can see that."""

from __future__ import annotations

import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth

from pytest_kmsimport import mock_kms_import

from ..support.async_clients import client_on

from aiobotocore.signers import AioRequestSigner  # isort: skip  where it is installed, which that has asked

pytestmark = pytest.mark.anyio
ACCOUNT = "111122223333"
KEYS = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "x"}


@pytest.fixture
def signed(monkeypatch):
    """How often something is really signed."""
    signatures = []
    add_auth = SigV4Auth.add_auth

    def count(self, request):
        signatures.append(request.headers.get("X-Amz-Target"))
        add_auth(self, request)

    monkeypatch.setattr(SigV4Auth, "add_auth", count)
    return signatures


async def account_of(kms):
    """The account that a client acts in."""
    return (await kms.create_key())["KeyMetadata"]["AWSAccountId"]


@pytest.mark.parametrize("sign", [False, True])
async def test_a_call_is_signed_where_that_is_asked_for(signed, http, sign):
    """It is of the same caller in either case."""
    with mock_kms_import(sign_requests=sign):
        async with client_on(http, **KEYS) as kms:
            assert await account_of(kms) == ACCOUNT
    assert len(signed) == sign


async def test_a_handler_after_the_signer_sees_a_signature(kms_import_mock, http):
    """As it would without the mock."""
    seen = []
    async with client_on(http, **KEYS) as kms:
        kms.meta.events.register_last("request-created.kms", lambda request, **_: seen.append(request.headers))
        await account_of(kms)
    assert ACCOUNT in str(seen[0]["Authorization"])


async def test_presigned_urls_are_signed(kms_import_mock, http):
    """They are for somebody else."""
    async with client_on(http, **KEYS) as kms:
        assert f"Credential={ACCOUNT}" in await kms.generate_presigned_url("list_keys")


async def test_a_client_that_signs_nothing(kms_import_mock, http):
    """It is nobody."""
    async with client_on(http, config={"signature_version": UNSIGNED}) as kms:
        assert await account_of(kms) == kms_import_mock.account


async def test_signers_are_put_back(http):
    """With the last mock, and put on again with the next."""
    original = AioRequestSigner.get_auth_instance
    for _ in range(2):
        with mock_kms_import():
            async with client_on(http, **KEYS) as kms:
                await account_of(kms)
            assert AioRequestSigner.get_auth_instance is not original
        assert AioRequestSigner.get_auth_instance is original

"""What asynchronous clients get: everything that sync ones get, whenever and wherever they were built."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from multiprocessing import get_context

import pytest
from botocore.exceptions import HTTPClientError
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from pytest_kmsimport import NotOffered, RealAwsRefused, faults, mock_kms_import, wrap_key_material
from pytest_kmsimport._mock import rsa_pool

from ..support.async_clients import AioConfig, HttpxSession, client_on, session_with

from aiobotocore.credentials import AioRefreshableCredentials  # isort: skip  where it is installed, which that has asked

pytestmark = pytest.mark.anyio
FAR, LONG_AGO = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (2999, 1999))
MATERIAL = bytes(range(32))
RUNS_ON_TRIO = hasattr(sys.modules["aiobotocore.endpoint"], "AnyioEndpoint")


@pytest.fixture
async def kms(http):
    """A client that the code under test might have built."""
    async with client_on(http) as client:
        yield client


async def ceremony(kms):
    """Import key material as users do, and encrypt under it."""
    key_id = (await kms.create_key(Origin="EXTERNAL"))["KeyMetadata"]["KeyId"]
    algorithm = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    parameters = await kms.get_parameters_for_import(KeyId=key_id, **algorithm)
    await kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrap_key_material(parameters["PublicKey"], MATERIAL, algorithm["WrappingAlgorithm"]),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    ciphertext = (await kms.encrypt(KeyId=key_id, Plaintext=b"payroll"))["CiphertextBlob"]
    return key_id, ciphertext


# The ceremony, wherever it runs


async def test_a_ceremony(kms_import_mock, kms):
    """Imported, used, listed in pages, refused and deleted; sync clients see the same KMS key."""
    key_id, ciphertext = await ceremony(kms)
    kms_import_mock.assert_imported(key_id, MATERIAL)
    assert kms_import_mock.client().decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"payroll"
    for _ in range(3):
        await kms.create_key()
    pages = [page async for page in kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2})]
    assert [len(page["Keys"]) for page in pages] == [2, 2]
    await kms.delete_imported_key_material(KeyId=key_id)
    with pytest.raises(kms.exceptions.KMSInvalidStateException, match="is pending import"):
        await kms.encrypt(KeyId=key_id, Plaintext=b"x")
    record = kms_import_mock.calls[-1]
    assert (record.operation, record.error, record.attempts) == ("Encrypt", "KMSInvalidStateException", 1)


@pytest.mark.skipif(not RUNS_ON_TRIO, reason="aiobotocore runs on trio from 3.10 on")
@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_a_ceremony_on_trio(kms_import_mock, anyio_backend):
    """With retries, a network event, and an answer that is really late."""
    async with client_on("httpx") as kms:
        key_id, _ = await ceremony(kms)
        kms_import_mock.inject(faults.Refusal("ThrottlingException"), on="DescribeKey", times=2)
        kms_import_mock.inject(faults.ReadTimeout(), on="DescribeKey", times=1)
        kms_import_mock.inject(faults.Slow(0.05, really=True), on="DescribeKey")
        assert (await kms.describe_key(KeyId=key_id))["KeyMetadata"]["KeyState"] == "Enabled"
    assert kms_import_mock.calls[-1].attempts == 4


async def test_a_client_from_before_the_mock_without_credentials(http, monkeypatch):
    """It is answered, and asks nobody for credentials."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    async with client_on(http) as kms:
        with mock_kms_import() as mock:
            await ceremony(kms)
        assert len(mock.calls) == 4


@pytest.mark.parametrize("has_expired", [False, True])
async def test_credentials_that_would_have_to_be_fetched(kms_import_mock, http, has_expired):
    """An expired role is nobody, and no identity provider is asked; one that has not is asked for nothing either."""

    async def refresh():
        pytest.fail("credentials were refreshed")

    expires = LONG_AGO if has_expired else FAR
    credentials = AioRefreshableCredentials("111122223333", "secret", "token", expires, refresh, "test")
    async with client_on(http, session=session_with(credentials)) as kms:
        arn = (await kms.create_key())["KeyMetadata"]["Arn"]
    assert arn.split(":")[4] == (kms_import_mock.account if has_expired else "111122223333")


async def test_accounts_and_regions_at_once(kms_import_mock, http):
    """Each call belongs to whoever made it, however they are mixed."""

    async def create(account, region):
        keys = {"aws_access_key_id": account, "aws_secret_access_key": "x"}
        async with client_on(http, region_name=region, **keys) as kms:
            made = await asyncio.gather(*[kms.create_key() for _ in range(5)])
        return {tuple(one["KeyMetadata"]["Arn"].split(":")[3:5]) for one in made}

    who = [(account, region) for account in ("111111111111", "222222222222") for region in ("eu-west-1", "us-east-2")]
    seen = await asyncio.gather(*[create(*one) for one in who])
    assert seen == [{(region, account)} for account, region in who]
    assert len(kms_import_mock.calls) == 20


def test_a_loop_in_every_thread(kms_import_mock, http):
    """Clients belong to their loops, and all loops to the mock."""

    async def main():
        async with client_on(http) as kms:
            return (await ceremony(kms))[0]

    with ThreadPoolExecutor(4) as executor:
        made = [future.result() for future in [executor.submit(asyncio.run, main()) for _ in range(4)]]
    assert {key["KeyId"] for key in kms_import_mock.client().list_keys()["Keys"]} == set(made)


@pytest.mark.parametrize("decorated", ["coroutine function", "context manager"])
async def test_within_other_forms_of_the_mock(http, decorated):
    """As decorator and as asynchronous context manager."""

    @mock_kms_import
    async def within():
        async with client_on(http) as kms:
            return await ceremony(kms)

    if decorated == "coroutine function":
        assert await within()
    else:
        async with mock_kms_import() as mock, client_on(http) as kms:
            mock.assert_imported((await ceremony(kms))[0])


# Time


async def test_retries_take_no_time(kms_import_mock, kms):
    """What a client would have waited is in the journal."""
    kms_import_mock.inject(faults.Refusal("ThrottlingException"), on="ListKeys", times=4)
    began = time.monotonic()
    await kms.list_keys()
    assert time.monotonic() - began < 0.5
    assert len(kms_import_mock.calls[-1].delays) == 4
    assert sum(kms_import_mock.calls[-1].delays) > 0.1


async def test_sleep_on_retry_leaves_the_loop_free(http):
    """It takes its time, in which others have theirs."""
    with mock_kms_import(sleep_on_retry=True) as mock:
        mock.inject(faults.Refusal("ThrottlingException"), on="ListKeys", times=2)
        async with client_on(http) as kms:
            seconds, ticks = await ticked(kms.list_keys())
    assert seconds >= sum(mock.calls[-1].delays) > 0
    assert ticks > 10 * seconds


async def test_a_really_slow_answer_leaves_the_loop_free(kms_import_mock, kms):
    """It blocks the call alone."""
    kms_import_mock.inject(faults.Slow(0.3, really=True))
    seconds, ticks = await ticked(kms.list_keys())
    assert seconds >= 0.3
    assert ticks > 5


async def test_a_slow_answer_takes_no_time(kms_import_mock, kms):
    """It moves the mock's clock; a client that does not wait so long times out, and its call has taken effect."""
    before = kms_import_mock.clock.now()
    kms_import_mock.inject(faults.Slow(90), times=5)
    seconds, _ = await ticked(kms.create_key(), raises=True)
    assert seconds < 5
    record = kms_import_mock.calls[-1]
    assert (record.error, record.effects) == ("ReadTimeoutError", 5)
    assert (kms_import_mock.clock.now() - before).total_seconds() >= 5 * 60


async def test_a_read_timeout_takes_no_time(kms_import_mock, kms):
    """The client's is 60 seconds, and it tries five times."""
    kms_import_mock.inject(faults.ReadTimeout())
    await ticked(kms.list_keys(), raises=True)  # which imports what it takes
    seconds, _ = await ticked(kms.list_keys(), raises=True)
    assert seconds < 5


async def ticked(call, *, raises=False):
    """How long a call takes, and how often a loop comes round meanwhile that sleeps a hundredth of a second."""
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.ensure_future(tick())
    began = time.monotonic()
    try:
        await call
        assert not raises
    except Exception:
        if not raises:
            raise
    finally:
        seconds = time.monotonic() - began
        ticking.cancel()
    return seconds, ticks


async def test_a_call_gives_others_their_turn(kms_import_mock, kms):
    """As one by a socket does: whoever asks again and again can be interrupted."""

    async def ask_for_ever():
        while True:
            await kms.list_keys()

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(ask_for_ever(), 0.05)


@pytest.fixture
def made(monkeypatch):
    """The sizes of the RSA keys that are made for a pool that has none, and whether that was on the loop."""
    made = []

    def generate(exponent, bits):
        made.append((bits, loop_runs()))
        return generate_private_key(exponent, 2048)

    monkeypatch.setattr(rsa_pool, "_kept", defaultdict(list))
    monkeypatch.setattr(rsa_pool, "generate_private_key", generate)
    return made


async def test_rsa_keys_are_made_off_the_loop(made, kms_import_mock, kms):
    """What the pool does not have is made in a thread, before the engine is asked."""
    key = kms_import_mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    data_keys_under = (await kms.create_key())["KeyMetadata"]["KeyId"]
    wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    answers = await asyncio.gather(
        *[kms.get_parameters_for_import(KeyId=key, **wrapping) for _ in range(3)],
        kms.generate_data_key_pair_without_plaintext(KeyId=data_keys_under, KeyPairSpec="RSA_2048"),
        kms.create_key(KeySpec="RSA_3072", KeyUsage="SIGN_VERIFY"),
    )
    assert sorted(made) == [(2048, False)] * 4 + [(3072, False)]
    assert len({answer["PublicKey"] for answer in answers[:4]}) == 4


async def test_no_rsa_key_is_made_in_vain(made, kms_import_mock, kms):
    """Not for key material that is imported, nor for what is no key spec; one at most for calls that are refused."""
    await kms.create_key(Origin="EXTERNAL", KeySpec="RSA_4096", KeyUsage="SIGN_VERIFY")
    for spec in ("RSA_1000", "RSA_8192"):
        with pytest.raises(kms.exceptions.ClientError, match="ValidationException"):
            await kms.create_key(KeySpec=spec)
    assert made == []
    wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"}
    for _ in range(3):
        with pytest.raises(kms.exceptions.NotFoundException):
            await kms.get_parameters_for_import(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab", **wrapping)
    assert made == [(4096, False)]


async def test_waiting_for_an_rsa_key_can_be_cancelled(made, kms_import_mock, kms, monkeypatch):
    """The call has not reached AWS KMS then."""

    def generate(exponent, bits):  # for the pool after this test, too, which it may outlive
        time.sleep(0.5)
        return generate_private_key(exponent, bits)

    monkeypatch.setattr(rsa_pool, "generate_private_key", generate)
    began = time.monotonic()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"), 0.02)
    assert time.monotonic() - began < 0.4
    assert not kms_import_mock.calls


def loop_runs():
    """Whether a loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


# Endings


async def test_cancelled_while_it_waits_for_an_answer(kms_import_mock, kms):
    """The call took effect, nobody heard of it, and the journal says so."""
    kms_import_mock.inject(faults.Slow(30, really=True), on="CreateKey")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(kms.create_key(), 0.05)
    record = kms_import_mock.calls[-1]
    assert (record.error, record.effects, record.attempts) == ("CancelledError", 1, 1)
    assert len((await kms.list_keys())["Keys"]) == 1


@pytest.mark.skipif(not RUNS_ON_TRIO, reason="aiobotocore runs on trio from 3.10 on")
@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_cancelled_on_trio(kms_import_mock, anyio_backend):
    """By its own exception, which passes through."""
    import trio

    kms_import_mock.inject(faults.Slow(30, really=True), on="CreateKey")
    async with client_on("httpx") as kms:
        with trio.move_on_after(0.05) as scope:
            await kms.create_key()
    assert scope.cancelled_caught
    assert (kms_import_mock.calls[-1].error, kms_import_mock.calls[-1].effects) == ("Cancelled", 1)


async def test_a_lost_answer(kms_import_mock, kms):
    """Two KMS keys for one call."""
    kms_import_mock.inject(faults.AnswerLost(faults.ConnectionReset()), on="CreateKey", times=1)
    with suppress(HTTPClientError):  # httpx's, which is not retried in legacy mode
        await kms.create_key()
    assert len((await kms.list_keys())["Keys"]) == kms_import_mock.calls[0].effects == kms_import_mock.calls[0].attempts


async def test_what_is_not_offered_fails_the_test(kms_import_mock, kms):
    """Also where the code under test swallows it."""
    with suppress(NotOffered):
        await kms.describe_key(KeyId="alias/aws/unknown")
    assert len(kms_import_mock.complaints) == 1
    kms_import_mock.complaints.clear()


async def test_secrets_are_not_in_tracebacks(kms_import_mock, kms):
    """Nor the request's bytes, in the frames behind an answer that failed."""
    kms_import_mock.inject(faults.ConnectionClosed())
    key = kms_import_mock.import_key()
    with pytest.raises(Exception) as caught:  # noqa: PT011  aiohttp's or httpx's
        await kms.encrypt(KeyId=key.id, Plaintext=b"top secret plaintext")
    ours = [entry for entry in caught.traceback if "pytest_kmsimport" in str(entry.path)]
    assert not [entry for entry in ours if "body" in entry.frame.f_locals or "request" in entry.frame.f_locals]


async def test_leaked_secrets_are_found(http):
    """With ``check_leaks`` the requests and answers of asynchronous clients count."""
    with mock_kms_import(check_leaks=True) as mock:
        async with client_on(http) as kms:
            key_id = (await kms.create_key())["KeyMetadata"]["KeyId"]
            data_key = (await kms.generate_data_key(KeyId=key_id, KeySpec="AES_256"))["Plaintext"]
            await kms.update_key_description(KeyId=key_id, Description=data_key.hex())
        assert "UpdateKeyDescription" in mock.leaks_found()


# Clients of the mock's own


async def test_async_client(kms_import_mock):
    """In the mock's account and Region, or others."""
    async with kms_import_mock.async_client() as kms, kms_import_mock.async_client("eu-west-1", "1" * 12) as other:
        key_id, _ = await ceremony(kms)
        arn = (await other.create_key())["KeyMetadata"]["Arn"]
    assert arn.startswith("arn:aws:kms:eu-west-1:111111111111:key/")
    assert kms_import_mock.key(key_id).state == "Enabled"


async def test_async_client_on_httpx(kms_import_mock):
    """Its configuration is aiobotocore's."""
    kms_import_mock.inject(faults.ConnectionReset(), on="ListKeys")
    async with kms_import_mock.async_client(config=AioConfig(http_session_cls=HttpxSession)) as kms:
        with pytest.raises(Exception, match="HTTP Client raised"):
            await kms.list_keys()


async def test_async_client_outlives_its_mock():
    """It refuses to send anything."""
    with mock_kms_import() as mock:
        context = mock.async_client()
        kms = await context.__aenter__()
    with pytest.raises(RealAwsRefused, match="while no mock is active, by a client that the mock has made"):
        await kms.list_keys()
    await context.__aexit__(None, None, None)


async def test_async_client_at_a_server(kms_import_mock, monkeypatch):
    """Where the environment has the URL of a server, it goes there by the socket."""
    with kms_import_mock.serve() as server:
        async with client_on("aiohttp", endpoint_url=server.url) as kms:
            await kms.create_key()
            assert (await kms.list_keys())["ResponseMetadata"]["HTTPHeaders"]["content-type"]
    assert [record.operation for record in kms_import_mock.calls] == ["CreateKey", "ListKeys"]


def test_a_process_that_is_forked_off(http):
    """With ``serve`` its asynchronous clients ask its parent, as others do."""
    with mock_kms_import(serve=True) as mock:
        child = get_context("fork").Process(target=make_key, args=(http,))
        child.start()
        child.join()
        assert child.exitcode == 0
        assert [record.operation for record in mock.calls] == ["CreateKey"]
        assert len(mock.client().list_keys()["Keys"]) == 1


def make_key(http):
    """Make a KMS key, by a client and a loop of one's own."""

    async def main():
        async with client_on(http) as kms:
            await kms.create_key()

    asyncio.run(main())

"""``Case.expect`` for asynchronous clients: what it says is what happens, for every fault and operation."""

from __future__ import annotations

import asyncio
from itertools import cycle

import pytest

from pytest_kmsimport import MeanwhileFailed, NotOffered, faults, mock_kms_import
from pytest_kmsimport.faults import Case
from pytest_kmsimport.faults._catalogue import everything

from ..support.async_clients import LOADER, SESSIONS, AioConfig, client_on
from ..support.async_fault_table import MODES, has_proxies, is_newest
from ..support.clients import warm_client
from ..support.prepared import OF_AWS_KMS, OFFERED, prepare

#: With the newest aiobotocore all; with others what their clients make of a fault is tried below.
TRIED = OFFERED if is_newest() else ["CreateKey", "DescribeKey"]


async def outcome(kms, operation, request):
    """The exception's class, the error code and whether the answer was empty, as an Expectation has them."""
    try:
        response = await kms._make_api_call(operation, request)
    except Exception as error:  # noqa: BLE001  whatever a fault leads to
        return type(error), (getattr(error, "response", None) or {}).get("Error", {}).get("Code"), False
    return None, None, set(response) == {"ResponseMetadata"}


def has_output(operation):
    """Whether the operation answers with anything."""
    model = LOADER.load_service_model("kms", "service-2")
    output = model["operations"][operation].get("output")
    return output is not None and bool(model["shapes"][output["shape"]]["members"])


async def check(case, kms):
    """Let a case happen, and hold it against what it says of itself."""
    with mock_kms_import() as mock:
        request = prepare(warm_client(mock.region), mock, case.operation)
        mock.inject(case.fault, case.operation, times=case.times)
        if isinstance(case.fault, faults.StaleRead):
            await kms.tag_resource(KeyId=request["KeyId"], Tags=[{"TagKey": "new", "TagValue": "x"}])
        expected = case.expect(kms)
        exception, code, empty = await outcome(kms, case.operation, request)
        record = mock.calls[-1]
        assert (exception, code) == (expected.exception, expected.error_code)
        assert empty == expected.empty or not has_output(case.operation)
        assert record.attempts == expected.attempts
        assert (record.effects > 0) == expected.takes_effect


async def check_all(cases, http, mode):
    """Let one case after the other happen to one client."""
    config = {"retries": {"mode": mode}}
    async with client_on(http, config=config, aws_access_key_id="a", aws_secret_access_key="a") as kms:
        for case in cases:
            if case.fault != faults.ProxyError() or has_proxies(http):
                await check(case, kms)


def cases_of(operation, times=None):
    """What can go wrong with an operation, as cases."""
    return [
        Case(operation, fault, times)
        for fault in everything(operation)
        if not (fault.kind == "race" and operation in OF_AWS_KMS)
    ]


@pytest.mark.parametrize(("operation", "http"), list(zip(TRIED, cycle(SESSIONS))))
def test_what_a_client_sees(operation, http):
    """Exception, error code, attempts and effect of each fault, at all attempts; every other operation on httpx."""
    asyncio.run(check_all(cases_of(operation), http, "standard"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("times", [1, None])
def test_what_an_importer_sees_in_each_retry_mode(mode, times, http):
    """Of faults that pass, and of those that stay."""
    asyncio.run(check_all(cases_of("ImportKeyMaterial", times), http, mode))


def test_it_can_be_asked_within_a_trio_run(http):
    """A loop of whatever kind runs, and is not the one on which the fault is played."""
    import trio

    from pytest_kmsimport._transports.async_clients import new_client_without_loop

    async def ask():
        return Case("Encrypt", faults.ConnectionReset()).expect(kms).exception.__name__

    with mock_kms_import() as mock:
        kms = new_client_without_loop(mock.region, "testing", AioConfig(http_session_cls=SESSIONS[http]))
        assert trio.run(ask) == {"aiohttp": "EndpointConnectionError", "httpx": "HTTPClientError"}[http]


def test_a_client_without_proxies_is_told_so(http):
    """aiobotocore had none on httpx for long: nothing is made up for it."""
    if has_proxies(http):
        pytest.skip("clients of this aiobotocore can have proxies on either library")
    case = Case("Encrypt", faults.ProxyError())

    async def ask():
        async with client_on(http) as kms:
            with pytest.raises(NotOffered, match="has no proxies"):
                case.expect(kms)
            await kms.encrypt(KeyId="alias/x", Plaintext=b"x")

    with mock_kms_import() as mock:
        mock.inject(case.fault)
        with pytest.raises(NotOffered, match="has no proxies"):
            asyncio.run(ask())
        assert len(mock.complaints) == 1
        mock.complaints.clear()


# Races


def test_a_coroutine_function_is_refused_for_a_race():
    """It would never be awaited."""

    async def act(mock, call):
        """Do something that takes time."""

    class Act:
        async def __call__(self, mock, call):
            """Do something that takes time."""

    for action in (act, Act()):
        with pytest.raises(TypeError, match=r"would never be awaited: write a function that asks mock.client\(\)"):
            faults.meanwhile(action)


def test_a_coroutine_out_of_a_race_fails_the_test(kms_import_mock, http):
    """A function that only makes one has not acted."""

    async def act():
        """Do something that takes time."""

    async def call():
        async with client_on(http) as kms:
            await kms.describe_key(KeyId=key.id)

    key = kms_import_mock.import_key()
    kms_import_mock.inject(faults.meanwhile(lambda *_: act()))
    with pytest.raises(MeanwhileFailed, match="it gave a coroutine"):
        asyncio.run(call())
    assert len(kms_import_mock.complaints) == 1
    kms_import_mock.complaints.clear()


def test_a_race_acts_by_a_client_of_the_mock(kms_import_mock, http):
    """Before an asynchronous call is decided about, as for other clients."""

    async def call():
        async with client_on(http) as kms:
            with pytest.raises(kms.exceptions.DisabledException):
                await kms.encrypt(KeyId=key.id, Plaintext=b"x")

    key = kms_import_mock.import_key()
    kms_import_mock.inject(faults.meanwhile(faults.disable_key))
    asyncio.run(call())

"""An injected fault and the same thing on a real socket: an asynchronous client cannot tell them apart either."""

from __future__ import annotations

import asyncio
import re

import pytest

from pytest_kmsimport import mock_kms_import

from ..support import async_clients  # noqa: F401  which skips these where there are none
from ..support import async_fault_table as table
from ..support.real_network import ALL, BEHAVIOURS
from ..support.servers import until_true


def masked(text: str) -> str:
    """A text without what differs from one connection to the next."""
    return re.sub(r"ssl:\S+|<SSLContext.*?>|\d+", "…", text).removesuffix("')]")


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.id)
def test_a_fault_is_what_it_is_in_earnest(http, fault):
    """In every retry mode: the same exception and text, or the same response, after as many attempts."""
    for mode in table.MODES:
        url, real = table.in_earnest(http, fault, mode)
        if real.outcome[0] == table.NO_PROXIES:
            pytest.skip("httpx has no proxies in this aiobotocore")
        ours = table.injected(http, fault, mode, url)
        assert ours.outcome == real.outcome
        assert ours.attempts == real.attempts
        if fault.id != "proxy-error":  # it names the proxy, which is another one
            assert masked(ours.text) == masked(real.text)
    assert table.expected_row(http, fault)


@pytest.mark.parametrize("fault", BEHAVIOURS, ids=lambda fault: fault.id)
def test_a_fault_on_a_server_is_what_it_is_in_earnest(http, fault):
    """The mock's own server does to an asynchronous client what any other would that behaves so."""
    _, real = table.in_earnest(http, fault, "standard")
    with mock_kms_import(region=table.REGION) as mock, mock.serve() as server:
        key_id = mock.client().create_key()["KeyMetadata"]["KeyId"]
        mock.inject(fault, "DescribeKey")
        ours = asyncio.run(table.call(http, server.url, None, "standard", fault, key_id))
        until_true(lambda: mock.calls[-1].attempts == real.attempts)  # the client does not wait for it
    assert (ours.outcome, ours.attempts, masked(ours.text)) == (real.outcome, real.attempts, masked(real.text))

"""What the tests of asynchronous clients share; anyio's plugin runs those that are coroutine functions."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend():
    """The loop that asynchronous tests run on, where they do not say."""
    return "asyncio"


@pytest.fixture(params=["aiohttp", "httpx"])
def http(request):
    """The HTTP library that a client is on: aiohttp or httpx."""
    return request.param

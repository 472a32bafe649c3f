"""Asynchronous clients for tests, on either HTTP library; a module that imports this is skipped without aiobotocore."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from botocore.loaders import Loader

pytest.importorskip("aiobotocore", reason="aiobotocore has no release for this botocore; .ci/async tests its clients")

from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.session import AioSession

SESSIONS = {"aiohttp": AIOHTTPSession, "httpx": HttpxSession}
LOADER = Loader()


def session_with(credentials: Any = None) -> AioSession:
    """A session, with credentials or with those that it finds."""
    session = AioSession()
    session.register_component("data_loader", LOADER)  # which has read the models already
    session._credentials = credentials
    return session


def client_on(
    http: str,
    service: str = "kms",
    *,
    session: AioSession | None = None,
    config: dict[str, Any] | None = None,
    **options: Any,
):
    """A client as users build it, to be entered with ``async with``; ``config`` is for AioConfig."""
    made: AbstractAsyncContextManager[Any] = (session or session_with()).create_client(
        service,
        config=AioConfig(http_session_cls=SESSIONS[http], **(config or {})),
        **{"region_name": "us-east-1", **options},
    )
    return made

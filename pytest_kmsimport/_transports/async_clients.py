"""Asynchronous clients of a mock's own, built by aiobotocore; imported when the first one is asked for."""

from __future__ import annotations

from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.session import AioSession

from .._wire.model import LOADER
from .async_sessions import run_apart
from .real_aws import NoWayOut

#: The configuration of a client that trio can run.
ON_TRIO = AioConfig(http_session_cls=HttpxSession)


async def new_client(region: str, access_key: str, config: AioConfig | None) -> AioBaseClient:
    """Build a KMS client of nobody in particular, which sends nothing but to servers of ours."""
    session = AioSession()
    session.register_component("data_loader", LOADER)
    client = await session._create_client(  # noqa: SLF001  what session.create_client enters at once
        "kms",
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=access_key,
        config=config or AioConfig(),
    )
    endpoint = client._endpoint  # noqa: SLF001  botocore has no option for its session
    endpoint.http_session = _NoWayOut(endpoint.http_session)
    return client


def new_client_without_loop(region: str, access_key: str, config: AioConfig | None) -> AioBaseClient:
    """Build such a client for any loop, whether or not one runs here."""
    return run_apart(new_client(region, access_key, config))


class _NoWayOut(NoWayOut):
    """The HTTP session of such a client, which is entered or not."""

    _is_entered = False

    async def __aenter__(self) -> None:
        await self.behind.__aenter__()
        self._is_entered = True

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections to servers; a session that was not entered has none."""
        if self._is_entered:
            self._is_entered = False
            await self.behind.close()

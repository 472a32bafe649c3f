"""What playing network events has in common for the HTTP sessions of aiobotocore, on aiohttp and on httpx."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.config import Config
from botocore.httpsession import MAX_POOL_CONNECTIONS

from .._wire.network import NetworkEvent
from ..engine.errors import NotOffered
from .urllib3 import proxies_in

Result = TypeVar("Result")

_NO_PROXIES = (
    "ProxyError() cannot happen to a client on httpx of this aiobotocore, which has no proxies there: plan another"
    " fault, or use a later aiobotocore."
)
_NONE_OF_AIOBOTOCORES = (
    "A fault of the network cannot happen to a client with HTTP sessions of {session_class}: {error}. Plan refusals and"
    " the like, or use aiobotocore's own AIOHTTPSession or HttpxSession."
)
_NOT_ASKED = (
    "A fault of the network could not happen: another mock of HTTP (aioresponses, respx, vcrpy or the like) has taken"
    " the request before. Have it let requests to KMS through, or end it before."
)


def new_session(session_class: type[Any], event: NetworkEvent, config: Config) -> Any:  # noqa: ANN401  of that class
    """An HTTP session like that of a client with a configuration, to which an event is about to happen.

    Raises NotOffered for a proxy that fails where sessions have none, and for a class that is none of aiobotocore's.
    """
    try:
        return session_class(
            timeout=(config.connect_timeout, config.read_timeout),
            proxies=proxies_in(event, config),
            verify=False,
            max_pool_connections=MAX_POOL_CONNECTIONS,
            socket_options=None,
            client_cert=None,
            proxies_config=None,
            connector_args=None,
        )
    except NotImplementedError:
        raise NotOffered(_NO_PROXIES) from None


@contextmanager
def of_aiobotocore(session_class: type[Any]) -> Iterator[None]:
    """Raise NotOffered where a class of HTTP sessions lacks what aiobotocore's have."""
    try:
        yield
    except (AttributeError, TypeError) as error:
        raise NotOffered(_NONE_OF_AIOBOTOCORES.format(session_class=session_class.__qualname__, error=error)) from None


def run_apart(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in a loop and a thread of its own, whether or not a loop of whatever kind runs here."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, coroutine).result()


class Asked:
    """Whether an event was asked for a connection: it is not where another mock answers in the place of the network."""

    def __init__(self) -> None:
        self._is_asked = False

    def note(self) -> None:
        """It was."""
        self._is_asked = True

    def __enter__(self) -> None:
        """Begin to send."""

    def __exit__(self, *_: object) -> None:
        if not self._is_asked:
            raise NotOffered(_NOT_ASKED) from None

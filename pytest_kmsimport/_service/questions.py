"""Questions of the mock's own to other services, which clients of botocore ask.

Whoever plays these services answers, such as moto. Real AWS is never asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session

from .._wire.model import LOADER

#: Whether a request is the mock's own, so that it is none of the code under test's.
asking: ContextVar[bool] = ContextVar("asking", default=False)
_CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10, s3={"addressing_style": "path"})


class NobodyAnswers(Exception):  # noqa: N818  no failure, but an answer
    """A question of the mock's own was about to leave for real AWS."""


#: What comes of a question to which there is no answer, or a refusal.
UNANSWERED = (NobodyAnswers, BotoCoreError, ClientError, ResponseParserError)


@contextmanager
def questions() -> Iterator[None]:
    """Let requests within the block be the mock's own, of whatever client."""
    token = asking.set(True)
    try:
        yield
    finally:
        asking.reset(token)


def new_client(service: str, region: str, access_key: str, endpoint: str | None = None) -> BaseClient:
    """Build a client that asks as somebody with an access key, who has to be of the right account."""
    session = Session()  # knows what others, such as moto, have registered meanwhile
    session.register_component("data_loader", LOADER)
    credentials: dict[str, Any] = dict.fromkeys(
        ("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), access_key
    )
    return session.create_client(service, region_name=region, endpoint_url=endpoint, config=_CONFIG, **credentials)

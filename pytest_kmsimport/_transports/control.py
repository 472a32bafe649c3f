"""Requests to a server that are none of AWS KMS: those of whoever controls the mock, below one path of its own."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from typing import NamedTuple

from .._wire.aws_json import WireResponse

#: Where they go; SDKs send theirs to ``/``.
PREFIX = "/_kms_import"


class ControlRequest(NamedTuple):
    """A request of HTTP; ``target`` is path and query."""

    method: str
    target: str
    headers: Message
    body: bytes


#: What answers them; it is handed to a server by those who know more of the mock.
Control = Callable[[ControlRequest], WireResponse]


def is_control(target: str) -> bool:
    """Whether a request is one of them."""
    return target.partition("?")[0].rstrip("/") == PREFIX or target.startswith(f"{PREFIX}/")

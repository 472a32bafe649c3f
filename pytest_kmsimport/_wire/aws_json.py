"""Bytes to a call and a response to bytes, led by botocore's service model; no operation or member is named here.

AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from functools import cache, lru_cache, partial
from itertools import count
from typing import Any, NamedTuple
from uuid import uuid4

from botocore.model import ListShape, MapShape, Shape, StructureShape

from ..engine.errors import KmsError, SerializationException
from .model import has_output, kms_model

Convert = Callable[[Any], Any]


class WireResponse(NamedTuple):
    """An answer as it leaves the service."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<WireResponse {self.status}, {len(self.body)} bytes>"


def read(operation: str, body: bytes) -> dict[str, Any]:
    """The members of a request, in Python's types; raises SerializationException for what is not JSON 1.1."""
    members: dict[str, Any]
    try:
        members = _request_reader(operation)(_DECODER.decode(body.decode()))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise SerializationException from error
    return members


def write(operation: str, response: Mapping[str, Any]) -> bytes:
    """A response's bytes; operations without output answer with an empty body, as AWS does."""
    return _ENCODER.encode(response).encode() if has_output(operation) else b""


def encode(members: Mapping[str, Any]) -> bytes:
    """The bytes of a request's members."""
    return _ENCODER.encode(members).encode()


def write_error(error: KmsError) -> bytes:
    """A refusal's bytes; AccessDeniedException alone spells its member ``Message``."""
    spelling = "Message" if error.code == "AccessDeniedException" else "message"
    return _ENCODER.encode({"__type": error.code, **({spelling: error.message} if error.message else {})}).encode()


def new_request_id() -> str:
    """An identifier for the next request, as AWS gives each its own."""
    return f"{_REQUEST_IDS}{next(_requests):012x}"


def headers(body: bytes, now: datetime, request_id: str) -> dict[str, str]:
    """The headers that AWS KMS sends with every answer."""
    return {
        "x-amzn-RequestId": request_id,
        "Date": _http_date(int(now.timestamp())),
        "Content-Type": "application/x-amz-json-1.1",
        "Content-Length": str(len(body)),
    }


_REQUEST_IDS = str(uuid4())[:24]
_requests = count(1)


@lru_cache(maxsize=16)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _jsonable(value: object) -> float | str:
    """What JSON has no form for: timestamps are seconds since 1970 with milliseconds, blobs are base64."""
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no form in AWS JSON 1.1.")


_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(default=_jsonable, separators=(",", ":"), check_circular=False)


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# A reader is made once for every shape. A member that is null counts as absent.


def _structure(members: Mapping[str, Convert], value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: members[name](content) for name, content in value.items() if name in members and content is not None}


def _list(convert: Convert, value: list[Any]) -> list[Any]:
    return [convert(item) for item in _typed(list, value)]


def _map(convert: Convert, value: Mapping[str, Any]) -> dict[str, Any]:
    return {_read_text(key): convert(content) for key, content in value.items()}


def _unchanged(value: Any) -> Any:  # noqa: ANN401  any JSON value
    return value


def _typed(expected: type | tuple[type, ...], value: Any) -> Any:  # noqa: ANN401  any JSON value
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise TypeError
    return value


def _read_text(value: str) -> str:
    """Refuse halves of surrogate pairs, which JSON can escape and nothing can encode: a ValueError."""
    if type(value) is not str:
        raise TypeError
    value.encode()
    return value


def _read_timestamp(value: float) -> datetime:
    return _EPOCH + timedelta(seconds=_typed((int, float), value))


def _read_blob(value: str) -> bytes:
    if len(value) % 4:  # Python takes surplus padding
        raise ValueError
    return b64decode(value, validate=True)


_READ: Mapping[str, Convert] = {
    "blob": _read_blob,
    "timestamp": _read_timestamp,
    "string": _read_text,
    "boolean": partial(_typed, bool),
    "integer": partial(_typed, int),
    "long": partial(_typed, int),
}


@cache
def _request_reader(operation: str) -> Convert:
    return _reader(kms_model().operation_model(operation).input_shape)


@cache
def _reader(shape: Shape) -> Convert:
    if isinstance(shape, StructureShape):
        return partial(_structure, {name: _reader(member) for name, member in shape.members.items()})
    if isinstance(shape, ListShape):
        return partial(_list, _reader(shape.member))
    if isinstance(shape, MapShape):
        return partial(_map, _reader(shape.value))
    return _READ.get(shape.type_name, _unchanged)

"""Bytes to a call and a response to bytes, led by botocore's service model; no operation or member is named here.

AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache, partial
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from .engine.errors import KmsError, SerializationException

Convert = Callable[[Any], Any]

CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it reaches the service: where to, who from (account), and the body's bytes."""

    operation: str
    region: str
    account: str
    invocation: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WireResponse:
    """An answer as it leaves the service."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@cache
def kms_model() -> ServiceModel:
    """The KMS service model of the installed botocore."""
    return botocore.session.Session().get_service_model("kms")


def read(operation: str, body: bytes) -> dict[str, Any]:
    """The members of a request, in Python's types; raises SerializationException for what is not JSON 1.1."""
    try:
        members = _reader(kms_model().operation_model(operation).input_shape)(json.loads(body))
    except (ValueError, TypeError, OverflowError, AttributeError, binascii.Error) as error:
        raise SerializationException from error
    return dict(members)


def write(operation: str, response: Mapping[str, Any]) -> bytes:
    """A response's bytes; operations without output answer with an empty body, as AWS does."""
    shape = kms_model().operation_model(operation).output_shape
    return b"" if shape is None else _dump(_writer(shape)(response))


def write_error(error: KmsError) -> bytes:
    """A refusal's bytes; AccessDeniedException alone spells its member ``Message``."""
    spelling = "Message" if error.code == "AccessDeniedException" else "message"
    return _dump({"__type": error.code, **({spelling: error.message} if error.message else {})})


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


# Readers and writers are made once for every shape. A member that is null counts as absent.


def _structure(members: Mapping[str, Convert], value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: members[name](content) for name, content in value.items() if name in members and content is not None}


def _list(convert: Convert, value: list[Any]) -> list[Any]:
    return [convert(item) for item in value]


def _map(convert: Convert, value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: convert(content) for key, content in value.items()}


def _unchanged(value: Any) -> Any:  # noqa: ANN401  any JSON value
    return value


def _typed(expected: type | tuple[type, ...], value: Any) -> Any:  # noqa: ANN401  any JSON value
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise TypeError
    return value


def _read_timestamp(value: float) -> datetime:
    return datetime.fromtimestamp(_typed((int, float), value), timezone.utc)


def _write_timestamp(value: datetime) -> float:
    return round(value.timestamp(), 3)


def _read_blob(value: str) -> bytes:
    return b64decode(value, validate=True)


def _write_blob(value: bytes) -> str:
    return b64encode(value).decode()


_READ: Mapping[str, Convert] = {
    "blob": _read_blob,
    "timestamp": _read_timestamp,
    "string": partial(_typed, str),
    "boolean": partial(_typed, bool),
    "integer": partial(_typed, int),
    "long": partial(_typed, int),
}
_WRITE: Mapping[str, Convert] = {"blob": _write_blob, "timestamp": _write_timestamp}


def _converter(shape: Shape, leaves: Mapping[str, Convert]) -> Convert:
    if isinstance(shape, StructureShape):
        members = {name: _converter(member, leaves) for name, member in shape.members.items()}
        return partial(_structure, members)
    if isinstance(shape, ListShape):
        return partial(_list, _converter(shape.member, leaves))
    if isinstance(shape, MapShape):
        return partial(_map, _converter(shape.value, leaves))
    return leaves.get(shape.type_name, _unchanged)


@cache
def _reader(shape: Shape) -> Convert:
    return _converter(shape, _READ)


@cache
def _writer(shape: Shape) -> Convert:
    return _converter(shape, _WRITE)

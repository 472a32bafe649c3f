"""Which KMS keys a call is about, however it names them: by key ID, key ARN, alias, grant token or ciphertext."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from .._wire.model import members_of
from ..engine import ciphertext
from ..engine.engine import Call, Engine
from ..engine.errors import InvalidCiphertextException, InvalidGrantTokenException
from ..engine.grants import read_token
from ..engine.keys import Key
from ..engine.materials import key_ids_of

_IDENTIFIERS = {"KeyIdType", "AliasNameType"}  # shapes of botocore's model
_BLOB = "CiphertextBlob"
_GRANT_TOKEN = "GrantToken"  # noqa: S105  the name of a member


def identifiers_in(call: Call) -> tuple[str, ...]:
    """What a request calls its KMS keys, as it does, in the order of the model."""
    return tuple(call.members[name] for name in _naming_members(call.operation) if name in call.members)


@cache
def _naming_members(operation: str) -> tuple[str, ...]:
    named = [name for name, member in members_of(operation).items() if member.name in _IDENTIFIERS]
    return tuple(sorted(named, key=lambda name: name != "KeyId"))


def arns_in(response: Mapping[str, Any]) -> Iterator[str]:
    """The key ARNs of the KMS keys that an answer is about."""
    for name in ("KeyId", "SourceKeyId"):
        if str(response.get(name)).startswith("arn:"):
            yield response[name]
    for name in ("KeyMetadata", "ReplicaKeyMetadata"):
        if name in response:
            yield response[name]["Arn"]


class NamedKeys:
    """Finds the KMS keys of calls in an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def arns_of(self, call: Call) -> tuple[str, ...]:
        """The key ARNs of those that are there."""
        named = (*identifiers_in(call), *_named_within(call))
        found = (self._engine.look_up(name, call.region, call.account, _arn) for name in named)
        return tuple(dict.fromkeys(arn for arn in found if arn is not None))

    def state_of(self, arn: str, call: Call) -> str | None:
        """The state of a KMS key that a call is about; None where it is gone."""
        return self._engine.look_up(arn, call.region, call.account, _state)


def _named_within(call: Call) -> Iterator[str]:
    """The KMS keys that a ciphertext or a grant token names."""
    blob, token = call.members.get(_BLOB), call.members.get(_GRANT_TOKEN)
    if blob is not None:
        with suppress(InvalidCiphertextException):
            yield from key_ids_of(bytes.fromhex(ciphertext.parse(blob).material_id))
    if token is not None:
        with suppress(InvalidGrantTokenException):
            yield read_token(token).key_arn


def _arn(key: Key) -> str:
    return key.arn


def _state(key: Key) -> str:
    return key.state.value

"""What in a call names a KMS key: key ID, key ARN, alias, grant token or ciphertext."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache

from .._wire.model import members_of
from ..engine import ciphertext
from ..engine.call import Call
from ..engine.errors import InvalidCiphertextException, InvalidGrantTokenException
from ..engine.grants import read_token
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


def named_within(call: Call) -> Iterator[str]:
    """The KMS keys that a ciphertext or a grant token names."""
    blob, token = call.members.get(_BLOB), call.members.get(_GRANT_TOKEN)
    if blob is not None:
        with suppress(InvalidCiphertextException):
            yield from key_ids_of(bytes.fromhex(ciphertext.parse(blob).material_id))
    if token is not None:
        with suppress(InvalidGrantTokenException):
            yield read_token(token).key_arn

"""What somebody else may do while a call is under way: ready-made actions for ``meanwhile``."""

from __future__ import annotations

from typing import Any, cast

from botocore.client import BaseClient

from .._service.fault import Action
from .._wire.names import ErrorCode
from ..engine.states import KeyState, refusal_in
from ..engine.wrapping import LIFETIME


def disable_key(mock: Any, call: Any) -> None:  # noqa: ANN401  of all actions
    """Another administrator disables the KMS key of the call."""
    _client(mock, call).disable_key(KeyId=_key_of(call))


def schedule_deletion(mock: Any, call: Any) -> None:  # noqa: ANN401
    """Another administrator schedules the deletion of the KMS key of the call, in 7 days."""
    _client(mock, call).schedule_key_deletion(KeyId=_key_of(call), PendingWindowInDays=7)


def delete_material(mock: Any, call: Any) -> None:  # noqa: ANN401
    """Another administrator deletes the current key material of the KMS key of the call."""
    _client(mock, call).delete_imported_key_material(KeyId=_key_of(call))


def import_first(mock: Any, call: Any) -> None:  # noqa: ANN401
    """Another importer brings key material of its own into the KMS key of the call, and is first.

    It asks for the ImportType of the call; the first import into a KMS key is then refused, for that has key material.
    """
    members = {"ImportType": call.request["ImportType"]} if "ImportType" in call.request else {}
    mock.import_key(key_id=_key_of(call), region_name=call.region, account=call.account, **members)


def expire_token(mock: Any, call: Any) -> None:  # noqa: ANN401, ARG001
    """The import token expires: 24 hours pass."""
    mock.clock.advance(LIFETIME)


def expire_material(mock: Any, call: Any) -> None:  # noqa: ANN401
    """The key material of the KMS key of the call expires.

    Raises ValueError where there is no key material that does.
    """
    key_id = _key_of(call)
    material = mock.key(key_id, region_name=call.region, account=call.account).current_material
    if material is None or material.valid_to is None:
        raise ValueError(f"expire_material: KMS key {key_id} has no key material that expires; import it with ValidTo.")
    mock.clock.move_to(max(material.valid_to, mock.clock.now()))


def _key_of(call: Any) -> str:  # noqa: ANN401
    """The KMS key of a call as the call names it, or the one that its ciphertext tells."""
    name: str | None = call.key_id or next(iter(call.key_arns), None)
    if name is None:
        raise ValueError(f"this {call.operation} is about no KMS key that is there")
    return name


def _client(mock: Any, call: Any) -> BaseClient:  # noqa: ANN401
    return mock.client(call.region, call.account)


#: The ready-made actions -> the state that they put the KMS key in, and the error that ImportKeyMaterial then gets
#: whatever the state.
_STATES = {
    disable_key: KeyState.DISABLED,
    schedule_deletion: KeyState.PENDING_DELETION,
    delete_material: KeyState.PENDING_IMPORT,
    expire_material: KeyState.PENDING_IMPORT,
}
_AT_IMPORT: dict[Action, ErrorCode] = {
    import_first: "IncorrectKeyMaterialException",
    expire_token: "ExpiredImportTokenException",
}


def is_ready_made(action: object) -> bool:
    """Whether something is one of the ready-made actions."""
    return any(action is known for known in (*_STATES, *_AT_IMPORT))


def is_about_import(action: Action) -> bool:
    """Whether an action makes a difference to ImportKeyMaterial alone."""
    return action in _AT_IMPORT


def is_about_key(action: Action) -> bool:
    """Whether an action changes the state of the KMS key that a call names."""
    return action in _STATES


def refused_with(action: Action, operation: str) -> ErrorCode | None:
    """The error code that an operation gets after one of the ready-made actions; None where it succeeds."""
    if operation == "ImportKeyMaterial" and action in _AT_IMPORT:
        return _AT_IMPORT[action]
    if action not in _STATES or refusal_in(operation, KeyState.ENABLED) is not None:
        return None
    refusal = refusal_in(operation, _STATES[action])
    return None if refusal is None else cast("ErrorCode", refusal.error.__name__)


#: Those that lead to a refusal whatever the KMS key is like.
READY_MADE: tuple[Action, ...] = (disable_key, schedule_deletion, delete_material, import_first, expire_token)

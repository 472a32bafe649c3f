"""AWS KMS as an AWS service calls it, on behalf of whoever has called that service."""

from __future__ import annotations

import json
from collections.abc import Hashable
from contextlib import suppress
from typing import Any

from .._service.integrated import DataKeyUse
from .._service.service import Exchange, Service
from .._wire import aws_json
from ..engine.authorization.principals import Principal
from ..engine.call import Caller
from .requests import Need, Refused

_AES_256 = "AES_256"
_PATIENCE = 5.0  # seconds that a service waits for AWS KMS
_OK = 200
#: In the place of what AWS KMS says where nothing of it arrives.
_NOTHING = Refused("KMSInternalException", "", 500, "")


def refusal_of(service: Service, name: str, caller: Caller, need: Need) -> Refused | None:
    """Make the call that a service needs, unless it goes on with an earlier data key; gives AWS KMS's refusal."""
    integrated = service.integrated
    if need.operation == "Decrypt" and need.stored:
        need = need._replace(key_id=integrated.key_of(need.stored[0], need.key_id))
    context = tuple(need.context.items())
    held = DataKeyUse(name, need.operation, need.key_id, need.region, context, _requester(caller))
    has_data_key = need.reuse and integrated.has_data_key(held)
    refused = None if has_data_key else _refusal(_ask(service, caller, need))
    if refused is None and need.reuse and not has_data_key:
        integrated.keep_data_key(held, need.reuse)
    if refused is None and need.operation != "Decrypt" and "alias/" in need.key_id:
        arn = service.key_arn_of(need.key_id, need.region, caller.account)
        integrated.note_key(need.stored, need.key_id, arn)
    return refused


def _requester(caller: Caller) -> Hashable:
    """Who shares a data key: everybody with a role and the same session policies, whatever the session's name."""
    principal = caller.principal
    assert isinstance(principal, Principal)  # a service acts on somebody's behalf
    policies = tuple("".join(policy.split()) for policy in principal.session_policies)
    return principal.policy_arn, principal.account, policies


def _ask(service: Service, caller: Caller, need: Need) -> tuple[Exchange, str]:
    """Have AWS KMS answer, and note that the answer has arrived, or else what the network has made of it."""
    members: dict[str, Any] = {"EncryptionContext": dict(need.context)}
    if need.operation == "Decrypt":
        members["CiphertextBlob"] = service.held_data_key(need.key_id, need.region, caller.account, need.context)
    else:
        members["KeyId"] = need.key_id
        members |= {"Plaintext": b"parameter"} if need.operation == "Encrypt" else {"KeySpec": _AES_256}
    body = aws_json.encode(members)
    exchange = service.receive(need.operation, need.region, caller, aws_json.new_request_id(), body)
    event = exchange.event
    if exchange.delays:
        event, _ = service.pass_delays(exchange, _PATIENCE)
    lost = "" if event is None else event.name
    exchange.close(lost or None)
    return exchange, lost


def _refusal(asked: tuple[Exchange, str]) -> Refused | None:
    """What there is of a refusal in AWS KMS's answer."""
    (status, headers, body), lost = asked[0].response, asked[1]
    if lost:
        return _NOTHING
    if status == _OK:
        return None
    error: dict[str, str] = {}
    with suppress(ValueError):  # of somebody before AWS KMS
        error = json.loads(body)
    code = error.get("__type", "") or _NOTHING.code
    message = error.get("message") or error.get("Message") or ""
    return Refused(code, message, status, headers.get("x-amzn-RequestId", ""))

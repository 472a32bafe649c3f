"""Control over HTTP: the resources below ``/_kms_import/``, JSON both ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from .._transports.control import PREFIX, Control, ControlRequest
from .._wire.aws_json import WireResponse
from .._wire.model import did_you_mean
from . import actions, attesting
from .access import check_access
from .actions import Asked
from .controlled import PLAN_MEMBERS, Controlled
from .documents import written
from .refused import Refused


class Method(NamedTuple):
    """What is done at a resource by a method, and the names that its query and its JSON may have.

    Where ``members`` is None, that is for what is done to say.
    """

    act: Callable[[Controlled, Asked], object]
    query: tuple[str, ...] = ()
    members: tuple[str, ...] | None = ()


#: Resource -> method -> what it does.
RESOURCES: Mapping[str, Mapping[str, Method]] = {
    "": {"GET": Method(actions.get_ready)},
    "faults": {
        "GET": Method(actions.get_faults),
        "POST": Method(actions.post_fault, members=PLAN_MEMBERS),
        "DELETE": Method(actions.delete_faults),
    },
    "clock": {
        "GET": Method(actions.get_clock),
        "POST": Method(actions.post_clock, members=("advance", "move_to", "freeze")),
    },
    "keys": {"POST": Method(actions.post_key, members=None)},
    "calls": {"GET": Method(actions.get_calls, query=("operation",))},
    "trail": {"GET": Method(actions.get_trail, query=("event_name",))},
    "events": {"GET": Method(actions.get_events, query=("detail_type",))},
    "metrics": {"GET": Method(actions.get_metrics, query=("region_name", "account"))},
    "attestation": {"POST": Method(attesting.post_attestation, members=attesting.MEMBERS)},
    "reset": {"POST": Method(actions.post_reset)},
    "verdict": {"GET": Method(actions.get_verdict)},
}


def control_of(mock: Controlled, token: str | None) -> Control:
    """What answers those who control a mock; with a token, only those who have it."""
    return partial(_answer, mock, token)


def _answer(mock: Controlled, token: str | None, request: ControlRequest) -> WireResponse:
    headers: Mapping[str, str] = {}
    try:
        check_access(request.headers, token)
        status, document = HTTPStatus.OK, _ask(mock, request)
    except Refused as refused:
        status, document, headers = refused.status, {"error": str(refused)}, refused.headers
    body = b"" if request.method == "HEAD" else written(document)
    described = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return WireResponse(status.value, {**described, **headers}, body)


def _ask(mock: Controlled, request: ControlRequest) -> object:
    path, query = urlsplit(request.target)[2:4]
    name = path.removeprefix(PREFIX).strip("/")
    methods = RESOURCES.get(name)
    if methods is None:
        there = ", ".join(f"{PREFIX}/{known}" for known in RESOURCES)
        raise Refused(HTTPStatus.NOT_FOUND, f"There is no {path}.{did_you_mean(name, RESOURCES)} Ask {there}.")
    method = methods.get(request.method)
    if method is None:
        allowed = ", ".join(methods)
        text = f"{path} takes {allowed}, not {request.method}."
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, text, {"Allow": allowed})
    try:
        asked = Asked(parse_qs(query, keep_blank_values=True), _members(request.body))
        _check_names("query", asked.query, method.query)
        if method.members is not None:
            _check_names("JSON", asked.members, method.members)
        return method.act(mock, asked)
    except ValueError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{request.method} {path}: {error}") from None
    except RuntimeError as error:  # the mock ends meanwhile
        raise Refused(HTTPStatus.CONFLICT, str(error)) from None


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body, parse_constant=_refuse_constant) if body.strip() else {}
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise ValueError('the body is no JSON object; write one such as {"freeze": true}.')  # noqa: TRY004  as for others
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _check_names(what: str, given: Mapping[str, object], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            takes = f"It takes {', '.join(known)}." if known else "It takes none."
            raise ValueError(f"There is no {name!r} in its {what}.{did_you_mean(name, known)} {takes}")

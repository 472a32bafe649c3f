"""What AWS STS says of access keys: whose one is, and for whom a new one was made; its query protocol, as far as that.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ..engine.authorization.principals import Principal
from .aws_json import WireResponse, new_request_id

WHO_AM_I = "GetCallerIdentity"
_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>"
    "</GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    "</GetCallerIdentityResponse>"
)
_REFUSAL = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
    "</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
)
#: The operations that make access keys, of which STS says nothing later but whose they are.
_ISSUING = {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken", "GetSessionToken"}
_ACCESS_KEY = re.compile(r"<AccessKeyId>([^<]+)</AccessKeyId>")
_ARN = re.compile(r"<Arn>([^<]+)</Arn>")
#: An access key of AWS's: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
#: Made-up ones such as ``testing`` do not look like it. Every call is asked, so this is no function of its own.
looks_issued = re.compile(r"[A-Z]{4}[A-Z0-9]{16}", re.ASCII).fullmatch


class Issue(NamedTuple):
    """An access key as STS has made it: for whom (``arn``, empty for the caller's own), and at whose asking (``by``).

    ``policies`` (JSON) and ``policy_arns`` are the session policies, and ``tags`` the session tags.
    """

    access_key: str
    arn: str
    by: str
    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}


def identity(principal: Principal) -> WireResponse:
    """The answer to GetCallerIdentity."""
    arn, user_id = escape(principal.arn), escape(principal.user_id)
    request_id = new_request_id()
    return _response(200, _IDENTITY.format(arn=arn, user_id=user_id, account=principal.account, request_id=request_id))


def _response(status: int, text: str) -> WireResponse:
    body = text.encode()
    return WireResponse(status, {"Content-Type": "text/xml", "Content-Length": str(len(body))}, body)


def action_of(body: bytes) -> str:
    """The operation that a request of the query protocol is about; empty for what is none."""
    return _members(body).get("Action", "")


def refusal(code: str) -> WireResponse:
    """A refusal."""
    return _response(400, _REFUSAL.format(code=code, request_id=new_request_id()))


def issue_of(operation: str, by: str, request: bytes | str | Mapping[str, str], answer: bytes) -> Issue | None:
    """What a request of STS has made, if that is an access key; ``by`` is the access key that it was signed with."""
    text = answer.decode(errors="replace")
    access_key = _ACCESS_KEY.search(text) if operation in _ISSUING else None
    if access_key is None:
        return None
    arn, members = _ARN.search(text), _members(request)
    policy = members.get("Policy")
    keys = {name.rpartition(".")[0]: value for name, value in members.items() if re.fullmatch(r"Tags\..+\.Key", name)}
    return Issue(
        access_key[1],
        "" if arn is None else arn[1],
        by,
        () if policy is None else (policy,),
        tuple(value for name, value in members.items() if re.fullmatch(r"PolicyArns\..+\.arn", name)),
        {key: members.get(f"{tag}.Value", "") for tag, key in keys.items()},
    )


def _members(body: bytes | str | Mapping[str, str]) -> Mapping[str, str]:
    """The members of a request, by their names in the query protocol."""
    if isinstance(body, Mapping):
        return body
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}

"""Who asks which Region: what a request was signed for, or what its client would sign it with.

It is read off the request alone, which carries its context from signing to sending. (What a thread or task has signed
last may be another one.)

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.signers import RequestSigner

from ..engine.call import Caller

#: The access key of clients that bring none; it names no account, so they act in the mock's own.
PLACEHOLDER_KEY = "testing"
_PLACEHOLDER = Credentials(PLACEHOLDER_KEY, PLACEHOLDER_KEY)
_ALGORITHM = "AWS4-HMAC-SHA256 Credential="
_is_account = re.compile(r"\d{12}", re.ASCII).fullmatch
_SCOPE_PARTS = 4  # date, Region, service and terminator, behind the access key
#: The header with what is the same for all attempts at one call; not every SDK sends it.
INVOCATION = "amz-sdk-invocation-id"
_ACCESS_KEY = "pytest_kmsimport_access_key"  # in a request's context
_SETTINGS = Config()


class LeftOut:
    """Credentials that a request was not signed with, for it never leaves; in every other way they are these."""

    def __init__(self, credentials: Any) -> None:  # noqa: ANN401  of botocore's, or of whoever plays them
        self.credentials = credentials

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.credentials, name)

    def __copy__(self) -> LeftOut:
        return self

    def __deepcopy__(self, _: object) -> LeftOut:  # a handler may copy the context that these are in
        return self


def is_left_out(context: Mapping[str, Any]) -> bool:
    """Whether the signature of a request with this context is left out, since nobody but the mock gets to see it."""
    return type(context.get("signing", {}).get("request_credentials")) is LeftOut


def must_fetch_credentials(signer: RequestSigner) -> bool:
    """Whether a client has no credentials, or such as would have to be fetched before it could sign."""
    credentials = signer._credentials  # noqa: SLF001  there is no public way to it
    return credentials is None or bool(getattr(credentials, "refresh_needed", bool)())


def note_access_key(
    context: dict[str, Any], signer: RequestSigner, placeholder: Credentials = _PLACEHOLDER, *, sign: bool
) -> None:
    """Write down who asks, also where the request is not signed; somebody without credentials is nobody.

    Nobody signs with ``placeholder``. Without ``sign`` the signature is left out.
    """
    signing = context.setdefault("signing", {})
    credentials = signing.get("request_credentials")
    if type(credentials) is LeftOut:  # by an earlier attempt, which somebody else may have answered
        credentials = signing["request_credentials"] = credentials.credentials
    elif must_fetch_credentials(signer):
        credentials = signing["request_credentials"] = placeholder
    credentials = credentials or signer._credentials  # noqa: SLF001
    try:
        context[_ACCESS_KEY] = credentials.access_key or ""
    except NotImplementedError:  # of aiobotocore's, that have to be awaited where they could be fetched
        context[_ACCESS_KEY] = credentials._access_key or ""  # noqa: SLF001
    if not sign:
        signing["request_credentials"] = LeftOut(credentials)


def region_and_caller(request: AWSPreparedRequest, default_region: str, default_account: str) -> tuple[str, Caller]:
    """Which Region is asked, and by whom: what a request was signed for, or what its client would sign it with.

    An access key of 12 digits is an account of its own, any other belongs to the default one.
    """
    context = context_of(request)
    header = None if is_left_out(context) else request.headers.get("Authorization")
    scope = None if header is None else _credential_scope(header.decode() if isinstance(header, bytes) else header)
    if scope is None:
        region = context.get("signing", {}).get("region") or context.get("client_region")
        access_key = context.get(_ACCESS_KEY, "")
    else:
        region, access_key = scope
    return region or default_region, Caller(access_key if _is_account(access_key) else default_account, access_key)


def region_and_caller_in(header: str, default_region: str, default_account: str) -> tuple[str, Caller]:
    """The same from an Authorization header alone; one that names nobody leaves it with the defaults."""
    region, access_key = _credential_scope(header) or ("", "")
    return region or default_region, Caller(access_key if _is_account(access_key) else default_account, access_key)


def invocation_of(request: AWSPreparedRequest) -> str:
    """What is the same for all attempts at one call; empty where its client has not said."""
    noted: str | None = context_of(request).get("retries", {}).get("invocation-id")
    given = noted or request.headers.get(INVOCATION, "")
    return given.decode() if isinstance(given, bytes) else given


def settings_of(request: AWSPreparedRequest) -> Config:
    """The configuration of the client that sends a request, or botocore's own where no client has made it."""
    return context_of(request).get("client_config") or _SETTINGS


def context_of(request: AWSPreparedRequest) -> Mapping[str, Any]:
    """What a request carries from its making to its sending; empty for one that no client has made."""
    return getattr(request, "context", None) or {}


def _credential_scope(header: str) -> tuple[str, str] | None:
    """The Region and access key that a signature names; None where its algorithm, or the header, names no Region."""
    if not header.startswith(_ALGORITHM):
        return None
    scope = header.removeprefix(_ALGORITHM).partition(",")[0].rsplit("/", _SCOPE_PARTS)
    return (scope[2], scope[0]) if len(scope) == _SCOPE_PARTS + 1 else None

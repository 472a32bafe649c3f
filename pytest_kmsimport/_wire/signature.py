"""Who asks which Region: what a request was signed for, and what its client is set up for where it was not signed.

It is read off the request alone, which carries its context from signing to sending. (What a thread or task has signed
last may be another one.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.signers import RequestSigner

#: The access key of clients that bring none; it names no account, so they act in the mock's own.
PLACEHOLDER_KEY = "testing"
_PLACEHOLDER = Credentials(PLACEHOLDER_KEY, PLACEHOLDER_KEY)
_ALGORITHM = "AWS4-HMAC-SHA256 Credential="
_ACCESS_KEY = "pytest_kmsimport_access_key"  # in a request's context
_SETTINGS = Config()


class Caller(NamedTuple):
    """The Region that is asked, None where nothing says so, and the access key that asks."""

    region: str | None
    access_key: str


def must_fetch_credentials(signer: RequestSigner) -> bool:
    """Whether a client has no credentials, or such as would have to be fetched before it could sign."""
    credentials = signer._credentials  # noqa: SLF001  there is no public way to it
    return credentials is None or bool(getattr(credentials, "refresh_needed", bool)())


def note_access_key(context: dict[str, Any], signer: RequestSigner) -> None:
    """Write down who asks, also where the request is not signed; somebody without credentials is nobody."""
    signing = context.setdefault("signing", {})
    if must_fetch_credentials(signer):
        signing["request_credentials"] = _PLACEHOLDER
    credentials = signing.get("request_credentials") or signer._credentials  # noqa: SLF001
    context[_ACCESS_KEY] = credentials.access_key or ""


def caller_of(request: AWSPreparedRequest) -> Caller:
    """Who asks which Region."""
    context = _context(request)
    scope = _credential_scope(request)
    if scope is not None:
        return scope
    region = context.get("signing", {}).get("region") or context.get("client_region")
    return Caller(region, context.get(_ACCESS_KEY, ""))


def settings_of(request: AWSPreparedRequest) -> Config:
    """The configuration of the client that sends a request, or botocore's own where no client has made it."""
    return _context(request).get("client_config") or _SETTINGS


def _context(request: AWSPreparedRequest) -> Mapping[str, Any]:
    return getattr(request, "context", None) or {}


def _credential_scope(request: AWSPreparedRequest) -> Caller | None:
    """What the signature says; None without one, or where its algorithm names no Region.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
    """
    header = request.headers.get("Authorization", "")
    text = header.decode() if isinstance(header, bytes) else header
    if not text.startswith(_ALGORITHM):
        return None
    access_key, _, region, _, _ = text.removeprefix(_ALGORITHM).partition(",")[0].rsplit("/", 4)
    return Caller(region, access_key)

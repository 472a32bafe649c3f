"""Refusals: AWS refuses, with any error code, or something in front of it answers in its place."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from string import Formatter
from typing import NamedTuple

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from .._service.fault import Attempt, ClientOutcome, Fault
from .._service.reply import Reply
from .._wire.aws_json import WireResponse
from .._wire.model import COMMON_ERRORS, did_you_mean, error_codes, modelled_errors
from .._wire.names import ErrorCode
from ..engine import arns, messages
from ..engine.call import Call
from ..engine.errors import KmsError

_BAD_REQUEST = 400
_FIRST_ERROR, _AFTER_ERRORS = 400, 600


class Default(NamedTuple):
    """The HTTP status and the text that AWS sends with an error code."""

    status: int = _BAD_REQUEST
    text: str = ""


#: What is known of error codes; evidence is in docs/fidelity.md. The others are HTTP 400 without a text.
_DEFAULTS: dict[str, Default] = {
    "AccessDeniedException": Default(text=messages.NOT_AUTHORIZED),
    "ConflictException": Default(text=messages.CONFLICT),
    "DependencyTimeoutException": Default(500, messages.DEPENDENCY_TIMEOUT),
    "DisabledException": Default(text=messages.DISABLED),
    "DryRunOperationException": Default(text=messages.DRY_RUN),
    "ExpiredTokenException": Default(text=messages.EXPIRED_CREDENTIALS),
    "IncorrectKeyException": Default(text=messages.WRONG_KEY),
    "InternalFailure": Default(500, messages.INTERNAL_FAILURE),
    "InvalidArnException": Default(text=messages.ALIAS_NOT_SUPPORTED),
    "InvalidSignatureException": Default(text=messages.SIGNATURE_MISMATCH),
    "KMSInternalException": Default(500, messages.INTERNAL_EXCEPTION),
    "KMSInvalidStateException": Default(text=messages.PENDING_DELETION),
    "KeyUnavailableException": Default(500, messages.KEY_UNAVAILABLE),
    "LimitExceededException": Default(text=messages.QUOTA),
    "NotFoundException": Default(text=messages.KEY_NOT_FOUND),
    "RequestTimeTooSkewed": Default(403, messages.TIME_SKEWED),
    "ServiceUnavailable": Default(503, messages.SERVICE_UNAVAILABLE),
    "ThrottlingException": Default(text=messages.THROTTLED),
    "UnrecognizedClientException": Default(text=messages.UNKNOWN_CREDENTIALS),
    "ValidationException": Default(text=messages.VALIDATION),
}


@cache
def _error_class(code: str, status: int) -> type[KmsError]:
    return type(code, (KmsError,), {"status": status})


@dataclass(frozen=True)
class Refusal(Fault):
    """AWS KMS refuses with an error code, such as ``ThrottlingException``; the call has no effect.

    ``message`` is the text and ``status`` the HTTP status on the wire; by default AWS's own, and no text where AWS
    sends none or none is known. The code is one that the operation models or one of those that any operation can
    answer with.

    Raises ValueError for a code that AWS KMS does not have, a message that is no text, and a status that is no error's.
    """

    code: ErrorCode
    message: str | None = None
    status: int | None = None

    kind = "refusal"

    def __post_init__(self) -> None:
        if not isinstance(self.code, str) or self.code not in error_codes():
            meant = did_you_mean(self.code, error_codes()) or " Take one that the operation models, or a common one."
            raise ValueError(f"AWS KMS has no error {self.code!r}.{meant}")
        if self.message is not None and not isinstance(self.message, str):
            raise ValueError(f"message is {self.message!r}; write a text, or leave it out for AWS's own.")
        if self.status is not None:
            _check_status(self.status)

    def __repr__(self) -> str:
        said = [repr(self.code)]
        said += [f"{name}={getattr(self, name)!r}" for name in ("message", "status") if getattr(self, name) is not None]
        return f"Refusal({', '.join(said)})"

    @property
    def id(self) -> str:
        """The error code."""
        return self.code

    @property
    def takes_effect(self) -> bool:
        """Never."""
        return False

    @property
    def http_status(self) -> int:
        """The HTTP status of the answer."""
        return self._default.status if self.status is None else self.status

    @property
    def _default(self) -> Default:
        return _DEFAULTS.get(self.code) or Default()

    def why_impossible_for(self, operation: str) -> str:
        """An operation refuses with the errors of its model and the common ones alone."""
        if self.code in COMMON_ERRORS or self.code in modelled_errors(operation):
            return ""
        return f"{operation} never answers with {self.code}; it has {', '.join(modelled_errors(operation))}"

    def strike(self, attempt: Attempt) -> Reply:
        """Refuse."""
        text = _render(self._default.text, attempt.call) if self.message is None else self.message
        refusal = _error_class(self.code, self.http_status)(text)
        refusal.diagnosis = "A planned fault, not a refusal of AWS KMS's own."
        return Reply(refusal)

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:  # noqa: ARG002  of all faults
        """The exception that the client has for the code."""
        return ClientOutcome(client.exceptions.from_code(self.code), self.code, self.http_status)


def _render(text: str, call: Call) -> str:
    """A text with what it says of the call; empty where it speaks of a KMS key and the call names none."""
    named = call.members.get("KeyId") or call.members.get("TargetKeyId")
    facts = {"operation": call.operation, "caller": call.caller_arn}
    facts["on_resource"] = ""
    if named:
        name = arns.parse(named)
        resource = name.resource if name.is_alias else f"key/{name.key_id or named}"
        facts["arn"] = arns.kms_arn(name.region or call.region, name.account or call.account, resource)
        facts["on_resource"] = f" on resource: {facts['arn']}"
    wanted = {field for _, field, _, _ in Formatter().parse(text) if field}
    return text.format(**facts) if wanted <= facts.keys() else ""


def _check_status(status: int) -> None:
    if type(status) is not int or not _FIRST_ERROR <= status < _AFTER_ERRORS:
        raise ValueError(f"status is {status!r}; write the HTTP status of an error, from 400 to 599.")


@dataclass(frozen=True)
class _AnsweredBefore(Fault):
    """Something between the client and AWS KMS answers, a load balancer for one; the call has no effect."""

    status: int

    kind = "http"

    def __post_init__(self) -> None:
        _check_status(self.status)

    @property
    def takes_effect(self) -> bool:
        """Never."""
        return False

    @property
    @abstractmethod
    def _response(self) -> WireResponse:
        """What it answers."""

    def why_impossible_for(self, operation: str) -> str:  # noqa: ARG002  of all faults
        """It can happen to any operation."""
        return ""

    def strike(self, attempt: Attempt) -> Reply:  # noqa: ARG002
        """Answer without asking AWS KMS."""
        return Reply(instead=self._response)

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:  # noqa: ARG002
        """A ClientError whose code is the HTTP status."""
        return ClientOutcome(ClientError, str(self.status), self.status)


@dataclass(frozen=True)
class HtmlAnswer(_AnsweredBefore):
    """A load balancer or proxy answers with a page of HTML, by default 502 Bad Gateway; the call has no effect."""

    status: int = 502

    @property
    def id(self) -> str:
        """Such as ``html-502``."""
        return f"html-{self.status}"

    @property
    def _response(self) -> WireResponse:
        title = f"{self.status} {_phrase(self.status)}"
        page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        body = f"{page}</body>\r\n</html>\r\n".encode()
        return WireResponse(self.status, {"Content-Type": "text/html", "Content-Length": str(len(body))}, body)


@dataclass(frozen=True)
class EmptyAnswer(_AnsweredBefore):
    """An error without a body comes back, by default 503 Service Unavailable; the call has no effect."""

    status: int = 503

    @property
    def id(self) -> str:
        """Such as ``empty-503``."""
        return f"empty-{self.status}"

    @property
    def _response(self) -> WireResponse:
        return WireResponse(self.status, {"Content-Length": "0"}, b"")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"

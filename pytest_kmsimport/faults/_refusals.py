"""AWS refuses, with any error code, or something in front of it answers in its place."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from http import HTTPStatus
from string import Formatter
from typing import NamedTuple

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from .._fault import Fault, Scene, Sight, Undelivered
from .._names import ErrorCode
from .._wire import WireResponse, kms_model
from ..engine import arns, messages
from ..engine.engine import Call, Response
from ..engine.errors import KmsError

_BAD_REQUEST = 400
_FIRST_ERROR, _AFTER_ERRORS = 400, 600


class Default(NamedTuple):
    """The HTTP status and the text that AWS sends with an error code."""

    status: int = _BAD_REQUEST
    text: str = ""


#: The errors that any operation can answer with, whatever its model says; evidence is in docs/fidelity.md.
#: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
COMMON: dict[ErrorCode, Default] = {
    "ThrottlingException": Default(
        text="You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
    ),
    "AccessDeniedException": Default(text="User: {caller} is not authorized to perform: kms:{operation}{on_resource}"),
    "ExpiredTokenException": Default(text="The security token included in the request is expired"),
    "UnrecognizedClientException": Default(text="The security token included in the request is invalid."),
    "InvalidSignatureException": Default(
        text="The request signature we calculated does not match the signature you provided. Check your AWS Secret"
        " Access Key and signing method. Consult the service documentation for details."
    ),
    "RequestTimeTooSkewed": Default(403, "The difference between the request time and the current time is too large."),
    "ServiceUnavailable": Default(503, "The request has failed due to a temporary failure of the server."),
    "InternalFailure": Default(500, "The request processing has failed because of an unknown error."),
    "ValidationException": Default(text="1 validation error detected"),
}

#: What is known of the errors that operations model; AWS sends the others without a text, or none is known.
_MODELLED: dict[str, Default] = {
    "ConflictException": Default(text="A rotation of {arn} is in progress."),
    "DependencyTimeoutException": Default(500, "The system timed out while trying to fulfill the request."),
    "DisabledException": Default(text=messages.DISABLED),
    "DryRunOperationException": Default(text=messages.DRY_RUN),
    "IncorrectKeyException": Default(text=messages.WRONG_KEY),
    "InvalidArnException": Default(text=messages.ALIAS_NOT_SUPPORTED),
    "KMSInternalException": Default(500, "An internal error occurred."),
    "KMSInvalidStateException": Default(text=messages.PENDING_DELETION),
    "KeyUnavailableException": Default(500, "{arn} is not available."),
    "LimitExceededException": Default(text="The request exceeds a quota of this account."),
    "NotFoundException": Default(text=messages.KEY_NOT_FOUND),
}


@cache
def modelled_codes(operation: str) -> tuple[ErrorCode, ...]:
    """The error codes that botocore's service model gives an operation."""
    return tuple(sorted(shape.name for shape in kms_model().operation_model(operation).error_shapes))


@cache
def _all_codes() -> frozenset[str]:
    modelled = (code for operation in kms_model().operation_names for code in modelled_codes(operation))
    return frozenset([*COMMON, *modelled])


def _nearest_code(code: str) -> str:
    """The error code that was probably meant, with or without ``Exception`` at its end; empty where it could be any."""
    stems = {_stem(known): known for known in sorted(_all_codes())}
    near = get_close_matches(_stem(code), stems, n=1)
    return stems[near[0]] if near else ""


def _stem(code: str) -> str:
    return code.removesuffix("Exception").casefold()


@cache
def _error_class(code: str, status: int) -> type[KmsError]:
    return type(code, (KmsError,), {"status": status})


@dataclass(frozen=True)
class Refusal(Fault):
    """AWS KMS refuses with an error code, such as ``ThrottlingException``; the call has no effect.

    ``message`` is the text and ``status`` the HTTP status on the wire; by default AWS's own, and no text where AWS
    sends none or none is known. The code is one that the operation models or one of those that any operation can
    answer with.

    Raises ValueError for a code that AWS KMS does not have.
    """

    code: ErrorCode
    message: str | None = None
    status: int | None = None

    kind = "refusal"

    def __post_init__(self) -> None:
        if self.code not in _all_codes():
            near = _nearest_code(str(self.code))
            meant = f"; did you mean {near}?" if near else ", nor has any operation of it."
            raise ValueError(f"AWS KMS has no error {self.code!r}{meant}")
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
        return COMMON.get(self.code) or _MODELLED.get(self.code) or Default()

    def cannot_happen_to(self, operation: str) -> str:
        """An operation refuses with the errors of its model and the common ones alone."""
        if self.code in COMMON or self.code in modelled_codes(operation):
            return ""
        return f"{operation} never answers with {self.code}; it has {', '.join(modelled_codes(operation))}"

    def strike(self, scene: Scene) -> Response:
        """Refuse."""
        text = _filled(self._default.text, scene.call) if self.message is None else self.message
        refusal = _error_class(self.code, self.http_status)(text)
        refusal.diagnosis = "A planned fault, not a refusal of AWS KMS's own."
        raise refusal

    def sight(self, client: BaseClient, operation: str) -> Sight:  # noqa: ARG002  of all faults
        """The exception that the client has for the code."""
        return Sight(client.exceptions.from_code(self.code), self.code, self.http_status)


def _filled(text: str, call: Call) -> str:
    """A text with what it says of the call; empty where it speaks of a KMS key and the call names none."""
    named = call.members.get("KeyId") or call.members.get("TargetKeyId")
    facts = {"operation": call.operation, "caller": f"arn:{arns.partition_of(call.region)}:iam::{call.account}:root"}
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

    def cannot_happen_to(self, operation: str) -> str:  # noqa: ARG002  of all faults
        """It can happen to any operation."""
        return ""

    def strike(self, scene: Scene) -> Response:  # noqa: ARG002
        """Answer without asking AWS KMS."""
        raise Undelivered(instead=self._response)

    def sight(self, client: BaseClient, operation: str) -> Sight:  # noqa: ARG002
        """A ClientError whose code is the HTTP status."""
        return Sight(ClientError, str(self.status), self.status)


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

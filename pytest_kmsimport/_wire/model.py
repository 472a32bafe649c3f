"""botocore's service model of AWS KMS: operations, members, errors, and what a misspelt name was meant to be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cache

import botocore.exceptions
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from .names import ErrorCode

__tracebackhide__ = True

#: The errors that any operation can answer with, whatever its model says; evidence is in docs/fidelity.md.
#: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
COMMON_ERRORS: tuple[ErrorCode, ...] = (
    "ThrottlingException",
    "AccessDeniedException",
    "ExpiredTokenException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "RequestTimeTooSkewed",
    "ServiceUnavailable",
    "InternalFailure",
    "ValidationException",
)
#: What a call of a client can end with that is neither an error of AWS's nor an exception of botocore's.
_OF_THE_MOCK = ("NotOffered", "MeanwhileFailed", "SerializationException")
#: And what of one that came by a server, where it is not known what its client made of it.
OF_A_SERVER = (
    "ConnectionClosed",
    "ConnectionReset",
    "ReadTimeout",
    "TruncatedBody",
    "TruncatedChunks",
    "StalledBody",
    "ClientGone",
    "ServerStopped",
)


#: Reads what botocore ships, and keeps it for the process; AWS_DATA_PATH, which each test may set, is not its business.
LOADER = Loader()


@cache
def kms_model() -> ServiceModel:
    """The KMS service model of the installed botocore."""
    return ServiceModel(LOADER.load_service_model("kms", "service-2"), "kms")


def did_you_mean(name: object, names: Collection[str]) -> str:
    """`` Did you mean X?`` for a name that is close to another or the beginning of it; else empty."""
    near = nearest(name, names)
    return f" Did you mean {near}?" if near else ""


def nearest(name: object, names: Collection[str]) -> str:
    """The name that was probably meant, in whatever case it was written; empty where that could be anything."""
    wanted = _plain(str(name))
    plain = {_plain(known): known for known in sorted(names, reverse=True)}
    if wanted in plain:
        return plain[wanted]
    beginning = [known for known in plain if wanted and known.startswith(wanted)]
    near = get_close_matches(wanted, plain, n=1) or sorted(beginning, key=len)[:1]
    return plain[near[0]] if near else ""


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold().removesuffix("exception")


@cache
def operation_names() -> tuple[str, ...]:
    """The operations of AWS KMS that the installed botocore knows."""
    return tuple(kms_model().operation_names)


@cache
def members_of(operation: str) -> Mapping[str, Shape]:
    """The members of an operation's request, with their shapes, in the order of the model."""
    shape = kms_model().operation_model(operation).input_shape
    members: Mapping[str, Shape] = {} if shape is None else shape.members
    return members


@cache
def has_output(operation: str) -> bool:
    """Whether an operation answers with a body."""
    return kms_model().operation_model(operation).output_shape is not None


@cache
def modelled_errors(operation: str) -> tuple[ErrorCode, ...]:
    """The error codes that botocore's service model gives an operation."""
    return tuple(sorted(shape.name for shape in kms_model().operation_model(operation).error_shapes))


@cache
def error_codes() -> frozenset[str]:
    """The error codes that AWS KMS can answer with."""
    return frozenset([*COMMON_ERRORS, *(code for name in operation_names() for code in modelled_errors(name))])


@cache
def _client_errors() -> frozenset[str]:
    exceptions = vars(botocore.exceptions).values()
    names = (e.__name__ for e in exceptions if isinstance(e, type) and issubclass(e, Exception))
    return frozenset([*error_codes(), *names, *_OF_THE_MOCK, *OF_A_SERVER])


def check_operation(name: str) -> None:
    """Refuse what is no operation of AWS KMS with a ValueError."""
    if name not in operation_names():
        raise ValueError(f"{name!r} is no operation of AWS KMS.{did_you_mean(name, operation_names())}")


def check_error(code: str) -> None:
    """Refuse what no call can end with, neither error code nor HTTP status nor exception, with a ValueError."""
    if code not in _client_errors() and not str(code).isdigit():
        raise ValueError(f"No call of AWS KMS ends with {code!r}.{did_you_mean(code, _client_errors())}")

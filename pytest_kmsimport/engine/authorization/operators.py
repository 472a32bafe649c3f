"""The condition operators of IAM: how a value of a policy and one of a request are held against each other.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator as comparisons
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple, TypeVar

from .patterns import Matcher, exactly, like, like_arn

Compared = TypeVar("Compared")


class Operator(NamedTuple):
    """A condition operator: what it makes of a policy's value, and whether it asks for anything but that."""

    name: str
    matcher_of: Callable[..., Matcher]
    negated: bool = False


def _comparing(
    read: Callable[[str], Compared], compare: Callable[[Compared, Compared], bool]
) -> Callable[..., Matcher]:
    """An operator for values that are more than text; what cannot be read matches nothing."""

    def matcher_of(text: str, *, variables: bool) -> Matcher:  # noqa: ARG001  variables are for texts and ARNs
        wanted = _read(read, text)
        if wanted is None:
            return lambda *_: False

        def match(value: str, _: object) -> bool:
            found = _read(read, value)
            return found is not None and compare(found, wanted)

        return match

    return matcher_of


def _read(read: Callable[[str], Compared], text: str) -> Compared | None:
    try:
        return read(text)
    except ValueError:
        return None


def _date(text: str) -> datetime:
    """A date in a form of ISO 8601 that W3C knows, or in seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(text), timezone.utc)
    except (ValueError, OverflowError):
        pass
    date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)


def _bool(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()] if text.lower() in {"true", "false"} else _no(text)


def _no(text: str) -> bool:
    raise ValueError(text)


def _binary(text: str) -> bytes:
    return b64decode(text, validate=True)


def _ip(text: str, *, variables: bool) -> Matcher:  # noqa: ARG001  variables are for texts and ARNs
    """An IP address, or a range of them in CIDR notation."""
    network = _read(partial(ip_network, strict=False), text)
    if network is None:
        return lambda *_: False

    def match(value: str, _: object) -> bool:
        address = _read(ip_address, value)
        return address is not None and address in network

    return match


_ignoring_case = partial(exactly, ignoring_case=True)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "LessThan": comparisons.lt,
    "LessThanEquals": comparisons.le,
    "GreaterThan": comparisons.gt,
    "GreaterThanEquals": comparisons.ge,
}
_OPERATORS = (
    Operator("StringEquals", exactly),
    Operator("StringNotEquals", exactly, negated=True),
    Operator("StringEqualsIgnoreCase", _ignoring_case),
    Operator("StringNotEqualsIgnoreCase", _ignoring_case, negated=True),
    Operator("StringLike", like),
    Operator("StringNotLike", like, negated=True),
    *(
        Operator(f"{kind}{name}", _comparing(read, compare))
        for kind, read in (("Numeric", float), ("Date", _date))
        for name, compare in {"Equals": comparisons.eq, **_COMPARISONS}.items()
    ),
    Operator("NumericNotEquals", _comparing(float, comparisons.eq), negated=True),
    Operator("DateNotEquals", _comparing(_date, comparisons.eq), negated=True),
    Operator("Bool", _comparing(_bool, comparisons.eq)),
    Operator("BinaryEquals", _comparing(_binary, comparisons.eq)),
    Operator("IpAddress", _ip),
    Operator("NotIpAddress", _ip, negated=True),
    Operator("ArnEquals", like_arn),
    Operator("ArnLike", like_arn),
    Operator("ArnNotEquals", like_arn, negated=True),
    Operator("ArnNotLike", like_arn, negated=True),
    Operator("Null", _comparing(_bool, comparisons.eq)),
)
#: Condition operators by their names in lower case, whose case does not matter.
OPERATORS: Mapping[str, Operator] = {operator.name.lower(): operator for operator in _OPERATORS}
NULL = OPERATORS["null"]

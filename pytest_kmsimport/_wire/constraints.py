"""The constraints of botocore's service model, refused in AWS's words: "2 validation errors detected: ...".

botocore itself checks little of this on the client: no enum, no pattern, no maximum, no length of a blob.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from ..engine import messages
from ..engine.engine import Answer, Call, Response
from ..engine.errors import ValidationException
from .model import kms_model, members_of

#: Adds what a value at a path breaks to a list of breaches.
Check = Callable[[Any, str, list[str]], None]
#: Whether a value breaks a constraint, and AWS's words for the constraint.
Constraint = tuple[Callable[[Any], bool], str]

#: Shape -> its values in the order in which AWS was recorded to list them; it is no order that one could reckon.
_ENUM_ORDERS: Mapping[str, tuple[str, ...]] = {
    "IncludeKeyMaterial": ("ALL_KEY_MATERIAL", "ROTATIONS_ONLY"),
    "KeySpec": (
        *("RSA_2048", "ECC_NIST_P384", "ECC_NIST_P256", "ECC_NIST_P521", "HMAC_384", "RSA_3072", "ECC_SECG_P256K1"),
        *("RSA_4096", "SYMMETRIC_DEFAULT", "HMAC_256", "HMAC_224", "HMAC_512"),
    ),
    "KeyUsageType": ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"),
    "MacAlgorithmSpec": ("HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"),
}


#: Says which of an enum's values was probably meant, from the member, the value and the enum.
Explain = Callable[[str, str, Sequence[str]], str]


def constrained(answer: Answer, explain: Explain) -> Answer:
    """Let only those calls through to ``answer`` that keep to the constraints of the model.

    ``explain`` gives a refusal its diagnosis.
    """

    def check_first(call: Call) -> Response:
        breaches = find_breaches(call.operation, call.members)
        if breaches:
            error = ValidationException(messages.violations(breaches))
            error.diagnosis = _explained(explain, call)
            raise error
        return answer(call)

    return check_first


def find_breaches(operation: str, members: Mapping[str, Any]) -> list[str]:
    """Everything that a request's members break, in the order of the model."""
    found: list[str] = []
    check = _check_of(operation)
    if check is not None:
        check(members, "", found)
    return found


def _explained(explain: Explain, call: Call) -> str:
    """What was probably meant by the values that no enum has."""
    explained = [
        explain(name, value, member.enum)
        for name, member in members_of(call.operation).items()
        if getattr(member, "enum", None)
        for value in [call.members.get(name)]
        if value is not None and value not in member.enum
    ]
    return " ".join(filter(None, explained))


@cache
def _check_of(operation: str) -> Check | None:
    shape = kms_model().operation_model(operation).input_shape
    return None if shape is None else _compile(shape)


def _compile(shape: Shape) -> Check | None:
    """A check for a shape and what is inside it; None where nothing is constrained."""
    if isinstance(shape, StructureShape):
        required = frozenset(shape.required_members)
        checks = {name: _compile(member) for name, member in shape.members.items()}
        members = [
            (name, messages.lower_camel(name), check, name in required)
            for name, check in checks.items()
            if check is not None or name in required
        ]
        return partial(_check_members, members)
    own = tuple(_constraints(shape))
    items = _compile(shape.member) if isinstance(shape, ListShape) else None
    hidden = shape.type_name == "blob" or shape.metadata.get("sensitive", False)
    return partial(_check_value, own, items, hidden) if own or items else None


def _check_members(
    members: list[tuple[str, str, Check | None, bool]], value: Mapping[str, Any], path: str, found: list[str]
) -> None:
    for name, lower_name, check, required in members:
        content = value.get(name)
        if content is not None:
            if check is not None:
                check(content, _join(path, lower_name), found)
        elif required:
            found.append(messages.violation(_join(path, lower_name), "null", messages.NOT_NULL))


def _check_value(  # noqa: PLR0913, PLR0917  the first three are bound when the check is compiled
    constraints: tuple[Constraint, ...],
    items: Check | None,
    hidden: bool,
    value: Any,  # noqa: ANN401  any member of a request
    path: str,
    found: list[str],
) -> None:
    for is_broken, text in constraints:
        if is_broken(value):
            found.append(messages.violation(path, "" if hidden else f"'{_shown(value)}'", text))
    if items is not None:
        for number, item in enumerate(value, 1):
            items(item, f"{path}.{number}.member", found)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: object) -> str:
    """A value as AWS prints it: lists without quotes around their items."""
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _constraints(shape: Shape) -> Iterator[Constraint]:
    """The constraints on a value itself; patterns must match as a whole and know ASCII classes only, as in Java."""
    is_number = shape.type_name in {"integer", "long"}
    measure: Callable[[Any], int] = int if is_number else len
    smallest, largest = shape.metadata.get("min"), shape.metadata.get("max")
    if smallest:
        text = messages.SMALLEST if is_number else messages.SHORTEST
        yield (lambda value: measure(value) < smallest), text.format(limit=smallest)
    if largest is not None:
        text = messages.LARGEST if is_number else messages.LONGEST
        yield (lambda value: measure(value) > largest), text.format(limit=largest)
    if values := shape.metadata.get("enum"):
        allowed = frozenset(values)
        listed = dict.fromkeys([*(v for v in _ENUM_ORDERS.get(shape.name, ()) if v in allowed), *values])
        yield (lambda value: value not in allowed), messages.ENUM.format(values=", ".join(listed))
    if pattern := shape.metadata.get("pattern"):
        matches = re.compile(pattern, re.ASCII).fullmatch
        yield (lambda value: not matches(value)), messages.PATTERN.format(pattern=pattern)

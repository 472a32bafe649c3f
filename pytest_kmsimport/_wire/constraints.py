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
from ..engine.call import Call
from ..engine.errors import ValidationException
from .model import kms_model, members_of

#: Whether a value is so or so.
Test = Callable[[Any], bool]
#: Adds what a value at a path breaks to a list of breaches.
Check = Callable[[Any, str, list[str]], None]
#: Whether a value breaks a constraint, and AWS's words for the constraint.
Constraint = tuple[Test, str]

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


def refusal_of(call: Call, explain: Explain) -> ValidationException | None:
    """What a call is refused with that does not keep to the constraints of the model; None for one that does.

    ``explain`` gives the refusal its diagnosis.
    """
    is_kept = _test_of(call.operation)
    if is_kept is None or is_kept(call.members):
        return None
    breaches = find_breaches(call.operation, call.members)
    if not breaches:
        return None
    error = ValidationException(messages.violations(breaches))
    error.diagnosis = _explained(explain, call)
    return error


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


# Nearly every request breaks nothing, so that is found out first, without words for it.


@cache
def _test_of(operation: str) -> Test | None:
    shape = kms_model().operation_model(operation).input_shape
    return None if shape is None else _compile_test(shape)


def _compile_test(shape: Shape) -> Test | None:
    """A test of whether a value surely keeps to the constraints of its shape; None where there are none."""
    if isinstance(shape, StructureShape):
        tests = {name: _compile_test(member) for name, member in shape.members.items()}
        required = frozenset(shape.required_members)
        return partial(_test_members, required, {name: test for name, test in tests.items() if test is not None})
    own = tuple(breaks for breaks, _ in _constraints(shape))
    item = _compile_test(shape.member) if isinstance(shape, ListShape) else None
    return partial(_test_value, own, item) if own or item else None


def _test_members(required: frozenset[str], tests: Mapping[str, Test], value: Mapping[str, Any]) -> bool:
    for name, content in value.items():
        test = tests.get(name)
        if content is None or (test is not None and not test(content)):
            return False
    return required <= value.keys()


def _test_value(own: tuple[Test, ...], item: Test | None, value: Any) -> bool:  # noqa: ANN401
    for breaks in own:
        if breaks(value):
            return False
    return item is None or all(map(item, value))


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

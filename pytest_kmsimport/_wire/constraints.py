"""The constraints of botocore's service model, refused in AWS's words: "2 validation errors detected: ...".

botocore itself checks little of this on the client: no enum, no pattern, no maximum, no length of a blob.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from ..engine import messages
from ..engine.call import Call
from ..engine.errors import ValidationException
from .model import kms_model, members_of

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


def refusal_of(call: Call, explain: Explain) -> ValidationException | None:
    """What a call is refused with that does not keep to the constraints of the model; None for one that does.

    ``explain`` gives the refusal its diagnosis.
    """
    rule = _rule_of(call.operation)
    if rule is None or rule.is_kept_by(call.members):  # nearly every request breaks nothing
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
    rule = _rule_of(operation)
    if rule is not None:
        rule.add_breaches(members, "", found)
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


# A rule is compiled once for every shape. It tells whether a value surely keeps to it and, in AWS's words, what
# the value breaks.


@cache
def _rule_of(operation: str) -> Rule | None:
    shape = kms_model().operation_model(operation).input_shape
    return None if shape is None else _compile(shape)


def _compile(shape: Shape) -> Rule | None:
    """The rule for a shape and what is inside it; None where nothing is constrained."""
    if isinstance(shape, StructureShape):
        rules = {name: _compile(member) for name, member in shape.members.items()}
        required = frozenset(shape.required_members)
        known = [(name, rule) for name, rule in rules.items() if rule is not None or name in required]
        members = tuple((name, messages.lower_camel(name), rule, name in required) for name, rule in known)
        return _OfMembers(members, required, {name: rule for name, rule in known if rule is not None})
    own = tuple(_constraints(shape))
    item = _compile(shape.member) if isinstance(shape, ListShape) else None
    hidden = shape.type_name == "blob" or shape.metadata.get("sensitive", False)
    return _OfValue(own, item, hidden) if own or item else None


@dataclass(frozen=True, slots=True)
class _OfMembers:
    """The rule for a structure: each member with its name in texts and its rule, and whether it is required."""

    members: tuple[tuple[str, str, Rule | None, bool], ...]
    required: frozenset[str]
    rules: Mapping[str, Rule]

    def is_kept_by(self, value: Mapping[str, Any]) -> bool:
        """Whether the members surely keep to it; one that is null is left to ``add_breaches``."""
        for name, content in value.items():
            rule = self.rules.get(name)
            if content is None or (rule is not None and not rule.is_kept_by(content)):
                return False
        return self.required <= value.keys()

    def add_breaches(self, value: Mapping[str, Any], path: str, found: list[str]) -> None:
        """Add what the members of a structure at a path break."""
        for name, lower_name, rule, required in self.members:
            content = value.get(name)
            if content is not None:
                if rule is not None:
                    rule.add_breaches(content, _join(path, lower_name), found)
            elif required:
                found.append(messages.violation(_join(path, lower_name), "null", messages.NOT_NULL))


@dataclass(frozen=True, slots=True)
class _OfValue:
    """The rule for any other value: its own constraints, the rule for its items, and whether texts must not show it."""

    own: tuple[Constraint, ...]
    item: Rule | None
    hidden: bool

    def is_kept_by(self, value: Any) -> bool:  # noqa: ANN401  any member of a request
        """Whether a value keeps to it."""
        for breaks, _ in self.own:
            if breaks(value):
                return False
        return self.item is None or all(map(self.item.is_kept_by, value))

    def add_breaches(self, value: Any, path: str, found: list[str]) -> None:  # noqa: ANN401
        """Add what a value at a path breaks."""
        for breaks, text in self.own:
            if breaks(value):
                found.append(messages.violation(path, "" if self.hidden else f"'{_shown(value)}'", text))
        if self.item is not None:
            for number, item in enumerate(value, 1):
                self.item.add_breaches(item, f"{path}.{number}.member", found)


Rule = _OfMembers | _OfValue


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

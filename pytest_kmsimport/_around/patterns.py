"""EventBridge's event patterns: which events a rule is for.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from .._wire.model import did_you_mean

Matches = Callable[[Any], bool]

_OR = "$or"
_NO_LEAF = 'a field of an event pattern has a list of values, such as ["aws.kms"]'
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, limit: value == limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}


def compiled(pattern: object) -> Matches:
    """What tells whether an event matches a pattern, which is a dict or JSON.

    Raises ValueError for what is no event pattern.
    """
    if isinstance(pattern, str):
        try:
            pattern = json.loads(pattern)
        except ValueError as error:
            raise ValueError(f"The event pattern is no JSON: {error}.") from None
    if not isinstance(pattern, Mapping) or not pattern:
        raise ValueError(f'An event pattern is an object such as {{"source": ["aws.kms"]}}, not {pattern!r}.')
    return _of_object(pattern)


def _of_object(pattern: Mapping[str, Any]) -> Matches:
    """All fields have to match."""
    fields = [_any_of(inner) if name == _OR else _field(name, inner) for name, inner in pattern.items()]
    return lambda event: all(matches(event) for matches in fields)


def _any_of(patterns: object) -> Matches:
    if not isinstance(patterns, Sequence) or not patterns or not all(isinstance(p, Mapping) for p in patterns):
        raise ValueError(f"$or has a list of event patterns, not {patterns!r}.")
    inner = [_of_object(pattern) for pattern in patterns]
    return lambda event: any(matches(event) for matches in inner)


def _field(name: str, pattern: object) -> Matches:
    """One field of an object: a leaf with its values, or an object with a pattern of its own."""
    if isinstance(pattern, Mapping):
        if not pattern:
            raise ValueError(f"The event pattern has nothing for {name}.")
        within = _of_object(pattern)
        return lambda event: any(within(item) for item in _items(_value(event, name), Mapping))
    if not isinstance(pattern, list) or not pattern:
        raise ValueError(f"The event pattern has {name}: {pattern!r}; {_NO_LEAF}.")
    leaves = [_leaf(wanted) for wanted in pattern]
    return lambda event: any(matches(_items(_value(event, name), object)) for matches in leaves)


_ABSENT = object()


def _value(event: object, name: str) -> object:
    return event.get(name, _ABSENT) if isinstance(event, Mapping) else _ABSENT


def _items(value: object, kind: type) -> list[Any]:
    """What is in a field: nothing, one value, or those of a list."""
    if value is _ABSENT:
        return []
    found = value if isinstance(value, list) else [value]
    return [item for item in found if isinstance(item, kind)]


def _leaf(wanted: object) -> Matches:
    """Whether one of the values in a field is what one item of its list says."""
    if not isinstance(wanted, Mapping):
        if isinstance(wanted, list):
            raise ValueError(f"The event pattern has {wanted!r} within a list; {_NO_LEAF}.")  # noqa: TRY004
        return lambda values: any(_same(value, wanted) for value in values)
    operator, operand = _only_item(wanted)
    if operator == "exists":
        if not isinstance(operand, bool):
            raise _bad(operator, operand, "true or false")
        return lambda values: any(not isinstance(value, Mapping) for value in values) is operand
    matches = _operator(operator, operand)
    return lambda values: any(matches(value) for value in values)


def _only_item(wanted: Mapping[str, Any]) -> tuple[str, Any]:
    if len(wanted) != 1:
        raise ValueError(f'The event pattern has {dict(wanted)!r}; write one operator, such as {{"prefix": "arn:"}}.')
    return next(iter(wanted.items()))


def _bad(operator: str, operand: object, instead: str) -> ValueError:
    return ValueError(f"The event pattern has {operator} {operand!r}; write {instead}.")


def _same(value: object, wanted: object) -> bool:
    """EventBridge compares what stands in the JSON: 300 and 300.0 are two."""
    return not isinstance(value, (Mapping, list)) and json.dumps(value) == json.dumps(wanted)


def _operator(name: str, operand: Any) -> Matches:  # noqa: ANN401  anything that JSON has
    make = _OPERATORS.get(name)
    if make is None:
        known = (*_OPERATORS, "exists")
        raise ValueError(f"EventBridge has no operator {name!r}.{did_you_mean(name, known)} It has {', '.join(known)}.")
    return make(operand)


def _text(operator: str, operand: object) -> str:
    if not isinstance(operand, str):
        raise _bad(operator, operand, "a text")
    return operand


def _affix(operator: str, has_affix: Callable[[str, str], bool]) -> Callable[[Any], Matches]:
    def make(operand: Any) -> Matches:  # noqa: ANN401
        if isinstance(operand, Mapping):
            inner, text = _only_item(operand)
            if inner != _IGNORING_CASE:
                raise _bad(operator, dict(operand), f'a text or {{"{_IGNORING_CASE}": "..."}}')
            folded = _text(inner, text).casefold()
            return lambda value: isinstance(value, str) and has_affix(value.casefold(), folded)
        text = _text(operator, operand)
        return lambda value: isinstance(value, str) and has_affix(value, text)

    return make


_IGNORING_CASE = "equals-ignore-case"


def _ignoring_case(operand: object) -> Matches:
    folded = _text(_IGNORING_CASE, operand).casefold()
    return lambda value: isinstance(value, str) and value.casefold() == folded


def _wildcard(operand: object) -> Matches:
    """An asterisk is for any characters; a backslash before it, or before another one, takes it literally."""
    text = _text("wildcard", operand)
    parts = re.findall(r"\\.?|\*+|[^\\*]+", text, re.DOTALL)
    if any(part.startswith("\\") and part not in {"\\*", "\\\\"} for part in parts):
        raise _bad("wildcard", text, r"a backslash before * or \ alone")
    if any(part.startswith("**") for part in parts):
        raise _bad("wildcard", text, "one * at a time")
    expression = "".join(".*" if part == "*" else re.escape(part[1:] if part[0] == "\\" else part) for part in parts)
    matches = re.compile(expression, re.DOTALL).fullmatch
    return lambda value: isinstance(value, str) and matches(value) is not None


def _anything_but(operand: Any) -> Matches:  # noqa: ANN401
    if isinstance(operand, Mapping):
        name, inner = _only_item(operand)
        if name not in {"prefix", "suffix", _IGNORING_CASE, "wildcard"}:
            raise _bad("anything-but", dict(operand), "values, or prefix, suffix, equals-ignore-case or wildcard")
        unwanted = [_operator(name, item) for item in (inner if isinstance(inner, list) else [inner])]
        return lambda value: isinstance(value, str) and not any(matches(value) for matches in unwanted)
    values = operand if isinstance(operand, list) else [operand]
    if not values or any(isinstance(item, (Mapping, list)) for item in values):
        raise _bad("anything-but", operand, "a text, a number or a list of these")
    return lambda value: not isinstance(value, Mapping) and not any(_same(value, item) for item in values)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numeric(operand: object) -> Matches:
    instead = 'comparisons such as [">", 0, "<=", 5]'
    if not isinstance(operand, list) or not operand or len(operand) % 2:
        raise _bad("numeric", operand, instead)
    comparisons = list(zip(operand[::2], operand[1::2], strict=True))
    if any(sign not in _COMPARED or not _is_number(limit) for sign, limit in comparisons):
        raise _bad("numeric", operand, instead)
    return lambda value: _is_number(value) and all(_COMPARED[sign](value, limit) for sign, limit in comparisons)


def _cidr(operand: object) -> Matches:
    try:
        network = ip_network(_text("cidr", operand), strict=False)
    except ValueError:
        raise _bad("cidr", operand, "addresses such as 10.0.0.0/24") from None

    def is_within(value: object) -> bool:
        try:
            return isinstance(value, str) and ip_address(value) in network
        except ValueError:
            return False

    return is_within


_OPERATORS: Mapping[str, Callable[[Any], Matches]] = {
    "prefix": _affix("prefix", str.startswith),
    "suffix": _affix("suffix", str.endswith),
    _IGNORING_CASE: _ignoring_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}

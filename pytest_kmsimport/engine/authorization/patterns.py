"""Texts of IAM policies that stand for several: wildcards, policy variables, ARNs.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

#: The values that a request has for a condition key.
Values = tuple[str, ...]


class Context(Protocol):
    """What is known of a request, by condition key."""

    def get(self, key: str) -> Values | None:
        """The values of a condition key, whose case does not matter; None where the request does not have it."""


#: Says whether a value of a request is what a policy asks for.
Matcher = Callable[[str, Context], bool]

_VARIABLE = re.compile(r"\$\{(?P<sign>[*?$])\}|\$\{(?P<key>[^,{}]+?)\s*(,\s*'(?P<default>[^']*)')?\s*\}")
_ARN_PARTS = 6


class Variable(NamedTuple):
    """A policy variable: the condition key that it stands for, and its default where it has one."""

    key: str
    default: str | None

    def value(self, context: Context) -> str | None:
        """What it stands for in a request; None where the key is not there, or has several values."""
        values = context.get(self.key)
        return values[0] if values is not None and len(values) == 1 else self.default


class Text(NamedTuple):
    """A piece of a text that stands for itself; in others, ``*`` and ``?`` are wildcards."""

    text: str


Piece = str | Text | Variable


def pieces_of(text: str, *, variables: bool) -> tuple[Piece, ...]:
    """A policy's text taken apart; policy variables are those of documents of Version 2012-10-17."""
    if not variables or "$" not in text:
        return (text,)
    pieces: list[Piece] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        pieces.append(text[end : found.start()])
        sign = found["sign"]
        pieces.append(Text(sign) if sign else Variable(found["key"], found["default"]))
        end = found.end()
    return (*(piece for piece in (*pieces, text[end:]) if piece),)


def exactly(text: str, *, variables: bool, ignoring_case: bool = False) -> Matcher:
    """Matches a text as it is, without wildcards."""
    pieces = pieces_of(text, variables=variables)

    def fold(text: str) -> str:
        return text.casefold() if ignoring_case else text

    if pieces == (text,):
        folded = fold(text)
        return lambda value, _: fold(value) == folded

    def match(value: str, context: Context) -> bool:
        filled = _filled(pieces, context)
        return filled is not None and fold(value) == fold("".join(_plain(piece) for piece in filled))

    return match


def like(text: str, *, variables: bool) -> Matcher:
    """Matches a text in which ``*`` stands for any characters and ``?`` for one."""
    return _like(pieces_of(text, variables=variables))


def _like(pieces: tuple[Piece, ...]) -> Matcher:
    if all(isinstance(piece, str) for piece in pieces):
        pattern = wildcard("".join(map(str, pieces)))
        return lambda value, _: pattern(value)

    def match(value: str, context: Context) -> bool:
        filled = _filled(pieces, context)
        return filled is not None and _matches(filled, value)

    return match


def like_arn(text: str, *, variables: bool) -> Matcher:
    """Matches an ARN part by part; what a pattern has not of the six parts may be anything."""
    if text == "*":
        return lambda *_: True
    parts = _split(text)
    matchers = [like(part, variables=variables) for part in parts] + [like("*", variables=False)] * (
        _ARN_PARTS - len(parts)
    )

    def match(value: str, context: Context) -> bool:
        found = value.split(":", _ARN_PARTS - 1)
        return len(found) == _ARN_PARTS and all(map(_call, matchers, found, [context] * _ARN_PARTS))

    return match


def resource(text: str, *, variables: bool) -> Matcher:
    """Matches a resource's ARN: wildcards reach beyond its parts, policy variables may stand in the last part alone.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse
    """
    *before, last = _split(text)
    if len(before) < _ARN_PARTS - 1:
        return like(text, variables=False)
    return _like((":".join((*before, "")), *pieces_of(last, variables=variables)))


def _call(matcher: Matcher, value: str, context: Context) -> bool:
    return matcher(value, context)


def _split(text: str) -> list[str]:
    """The parts of an ARN; the colons in a policy variable belong to it."""
    parts, depth = [""], 0
    for sign in text:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == ":" and not depth and len(parts) < _ARN_PARTS:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


@lru_cache(maxsize=1024)
def wildcard(pattern: str) -> Callable[[str], bool]:
    """Whether a text is one of those that a pattern with wildcards stands for; quickly, however many there are."""
    matches = re.compile(fnmatch.translate(_escaped(pattern, "["))).match
    return lambda text: matches(text) is not None


def _escaped(text: str, signs: str) -> str:
    """A text as shells take it, in which these signs of theirs stand for themselves."""
    return "".join(f"[{sign}]" if sign in signs else sign for sign in text)


def _filled(pieces: tuple[Piece, ...], context: Context) -> list[str | Text] | None:
    """The pieces with the variables' values put in, which are no patterns; None where one has no value."""
    filled: list[str | Text] = []
    for piece in pieces:
        if isinstance(piece, Variable):
            value = piece.value(context)
            if value is None:
                return None
            filled.append(Text(value))
        else:
            filled.append(piece)
    return filled


def _plain(piece: str | Text) -> str:
    return piece.text if isinstance(piece, Text) else piece


def _matches(pieces: list[str | Text], value: str) -> bool:
    parts = (_escaped(piece.text, "*?[") if isinstance(piece, Text) else _escaped(piece, "[") for piece in pieces)
    return fnmatch.fnmatchcase(value, "".join(parts))

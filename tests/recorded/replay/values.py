"""The values of the notation: what stands in requests and answers."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A text in quotation marks, with what it names in angle brackets."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list of values."""

    items: tuple[Value, ...]


@dataclass(frozen=True)
class Members:
    """Members and their values; None is any value."""

    members: dict[str, Value | None]


@dataclass(frozen=True)
class Function:
    """A function of values."""

    name: str
    arguments: tuple[Value, ...]


@dataclass(frozen=True)
class Phrase:
    """Several values in a row."""

    parts: tuple[Value, ...]


#: A word is a str.
Value = str | Text | Items | Members | Function | Phrase


def read_values(text: str) -> tuple[Value, ...]:
    """The values that a line has, separated by commas; raises ValueError."""
    return _Reader(text).up_to("")


def member(value: Value) -> tuple[str, Value | None]:
    """A member and its value; raises ValueError."""
    name, content = split(value)
    if not isinstance(name, str):
        raise ValueError(f"no member: {value}")  # noqa: TRY004  it was written so
    return name, content


def split(value: Value) -> tuple[Value, Value | None]:
    """The first value of a phrase, and the others."""
    if not isinstance(value, Phrase):
        return value, None
    head, *rest = value.parts
    return head, rest[0] if len(rest) == 1 else Phrase(tuple(rest))


def is_reference(word: Value | None) -> bool:
    """Whether a word is ``case.Member``."""
    return isinstance(word, str) and re.fullmatch(r"[\w()/-]+\.[A-Z]\w+", word) is not None


_TOKEN = re.compile(r"""\s*(?:"(?P<text>[^"]*)"|(?P<word>(?:<[^>]*>|[^\s,;()\[\]{}"<])+)|(?P<mark>[,;()\[\]{}]))""")
_SEPARATORS, _CLOSING = {",", ";"}, {"(": ")", "[": "]", "{": "}"}


class _Reader:
    """Reads values off a line."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._end = text, 0, 0

    def up_to(self, closing: str) -> tuple[Value, ...]:
        """Values with separators between them, up to a closing bracket, which is taken too, or the end."""
        values: list[Value] = []
        parts: list[Value] = []
        while True:
            kind, content = self._look()
            ends = content == closing and kind != "text"
            if parts and (ends or (kind == "mark" and content in _SEPARATORS)):
                values.append(parts[0] if len(parts) == 1 else Phrase(tuple(parts)))
                parts = []
            if ends:
                self._take()
                return tuple(values)
            if not kind:
                raise ValueError(f"{closing!r} is missing in {self._text!r}")
            if kind == "mark" and content in _SEPARATORS:
                self._take()
            else:
                parts.append(self._value())

    def _look(self) -> tuple[str, str]:
        """The kind and content of the next token, which is not taken yet; ("", "") at the end."""
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            if self._text[self._at :].strip():
                raise ValueError(f"what is {self._text[self._at :]!r}?")
            return "", ""
        self._end = match.end()
        kind = str(match.lastgroup)
        return kind, match[kind]

    def _take(self) -> tuple[str, str]:
        kind, content = self._look()
        self._at = self._end
        return kind, content

    def _value(self) -> Value:
        kind, content = self._take()
        if kind == "text":
            return Text(content)
        if kind == "word":
            opening = self._text[self._at : self._at + 1]
            if opening not in {"(", "["}:
                return content
            self._take()
            return Function(content, self.up_to(_CLOSING[opening]))
        if content == "[":
            return Items(self.up_to("]"))
        if content == "{":
            return Members(dict(member(value) for value in self.up_to("}")))
        raise ValueError(f"{content!r} out of place in {self._text!r}")

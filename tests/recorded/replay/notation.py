"""The notation that the recorded answers are written in, to be read beside the tables that they come from.

A file is a play: one mock, in which what one row does is there for the next. It has lines of these kinds::

    # a remark
    answers 64                          how many recorded answers the rows stand for
    mock background_seconds 120         an option of the mock
    let $ok = {KeyId <arn>}             $ok stands for the rest of the line from here on
    caller other = arn:aws:sts::...     a caller other than the account's own, who has no policies; behind commas,
                                        what is to be known: "allowed" all of KMS by an identity-based policy, "limited"
                                        or "denied" by a session policy, "bounded", and the path of the role "at /path/"
    for $spec $least in HMAC_224 28, HMAC_256 32
      ...                               the lines up to "end", once for every group of values
    end
    wait 15s                            time passes
    wait until short.ValidTo+1s         time passes up to a moment
    case | request | answer             a row; a line that begins with blanks and "|" continues the one before

``case`` is the recording's name of the answer; ``[6]`` behind it if the row stands for six answers of the recording,
``[0]`` if for none of those that were counted: what the recording's program did in between, or a fact beside them.
Other rows refer to it by this name.

``request`` is ``[key] [Region] [by:caller] Operation phrase, phrase, ...``. The key of a CreateKey gets the name that
stands there, also that of a DescribeKey of a key that nobody made; without a name it is the only one. Regions: east,
west, ap-east-1. KeyId need not be written where the operation must have one. ``not played: what`` stands for a request
that cannot be made here. A phrase is a member and its value, or short for some of them:

    NEVER                   ExpirationModel KEY_MATERIAL_DOES_NOT_EXPIRE
    UNTIL +20s              ExpirationModel KEY_MATERIAL_EXPIRES, ValidTo in 20 seconds
    NEW                     ImportType NEW_KEY_MATERIAL
    ALL                     IncludeKeyMaterial ALL_KEY_MATERIAL
    A, 16 bytes, ber(A)     of Import: the key material, wrapped with the latest parameters of the key in the Region
    set 1                   of Import: with the first such parameters instead
    (Import, Delete         ImportKeyMaterial, DeleteImportedKeyMaterial)

``answer`` is one of these:

    SomeException `text`            code and text; there is no member ``message``
    SomeException (msg) `text`      there is one, with the same text
    SomeException, no text          the error says nothing, and has no member ``message``
    not sent `text`                 botocore refuses to send the request, with a text that contains this one
    {Member value, Member, ...}     success with exactly these members; without a value, any
    M(state; expiry; current; ...)  exactly {KeyMetadata M(...)}; expiry is NEVER, UNTIL date or "-", current the
                                    identifier of the current key material or "-"; then members with their values
    H[entry; ...]                   exactly {Rotations H[...], Truncated false}; an entry is the name of a key material,
                                    its states, NEVER or UNTIL date, "its description", "rotated" and the date

Values are words, texts in quotation marks, [lists], {members}, functions as in ``hmac(A)``, and several of these in a
row. In words and texts, <arn> is the key ARN in the Region of the request, <arn:west> that in another, <arn:other>
that of another key, <id> a bare key ID, <id(A)> the KeyMaterialId of A (also ``id(A)``), <64 hex> any, <account> the
account, <caller> the caller's ARN. ``case.Member`` is what an earlier answer, or else its request, had there. Dates
are ``call``, ``case`` (the moment of that row's call) or ``case.Member``, with what to add: ``call+7d``; in requests,
``+20s`` and ``-60s`` alone. The functions of requests are in making.py, those of answers in checks.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import NamedTuple

from .values import Text, Value, read_values


class NotationError(ValueError):
    """A line that does not keep to the notation, named by its file and number."""


class Refusal(NamedTuple):
    """An answer that is an error; without text, ``text`` is empty."""

    code: str
    text: str
    has_message: bool


class NotSent(NamedTuple):
    """A refusal by the client itself."""

    text: str


@dataclass(frozen=True)
class Row:
    """One line of a recording; ``why_not`` says what was asked where that cannot be asked here, and is empty else."""

    case: str
    count: int
    names: tuple[str, ...]
    operation: str
    phrases: tuple[Value, ...]
    answer: Value | Refusal | NotSent
    why_not: str = ""


class CallerOfPlay(NamedTuple):
    """Somebody who makes requests: the ARN, and what is to be known."""

    arn: str
    facts: tuple[str, ...] = ()


class Wait(NamedTuple):
    """Time that passes: for a duration, or until a date."""

    until: str
    duration: str


@dataclass
class Play:
    """A file: the rows and the time between them, in order."""

    name: str
    answers: int = 0
    options: dict[str, int] = field(default_factory=dict)
    callers: dict[str, CallerOfPlay] = field(default_factory=dict)
    steps: list[Row | Wait] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """The rows alone."""
        return [step for step in self.steps if isinstance(step, Row)]


def read(path: Path) -> Play:
    """Read a file of the notation; raises NotationError."""
    play, where = Play(path.stem), ""
    try:
        for number, line in _expanded(_logical_lines(path.read_text(encoding="utf-8")), {}):
            where = f"{path.name}:{number}"
            _add(play, line)
    except ValueError as error:
        raise NotationError(f"after {where or path.name}: {error}") from error
    cases = [row.case for row in play.rows]
    twice = {case for case in cases if cases.count(case) > 1}
    if twice:
        raise NotationError(f"{path.name}: these cases are there twice: {', '.join(sorted(twice))}")
    return play


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """The lines that say something, with their numbers, continuations joined."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s+\|", line):
            lines[-1] = (lines[-1][0], f"{lines[-1][1]} {line.strip()}")
        elif line.strip() and not line.lstrip().startswith("#"):
            lines.append((number, line.strip()))
    return lines


def _expanded(lines: list[tuple[int, str]], values: dict[str, str]) -> Iterator[tuple[int, str]]:
    """The lines with their values put in, those of a loop once for each group of values."""
    rest = iter(lines)
    for number, line in rest:
        if line.startswith("for "):
            body = list(_up_to_end(rest))
            for group in _groups(_filled(line.partition(" in ")[2], values), line):
                yield from _expanded(body, values | group)
        elif line.startswith("let "):
            name, _, value = line.removeprefix("let $").partition(" = ")
            values[name] = _filled(value, values)
        else:
            yield number, _filled(line, values)


def _up_to_end(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    depth = 1
    for number, line in lines:
        depth += line.startswith("for ") - (line == "end")
        if not depth:
            return
        yield number, line
    raise ValueError("a loop without an end")


def _groups(text: str, line: str) -> Iterator[dict[str, str]]:
    names = re.findall(r"\$(\w+)", line.partition(" in ")[0])
    values = re.findall(r"\[[^\]]*\]|[^\s,]+", text)
    if len(values) % len(names):
        raise ValueError(f"{len(values)} values for {len(names)} names in {line!r}")
    for start in range(0, len(values), len(names)):
        yield dict(zip(names, values[start:], strict=False))


def _filled(line: str, values: dict[str, str]) -> str:
    try:
        return Template(line).substitute(values)
    except KeyError as missing:
        raise ValueError(f"nothing says what ${missing.args[0]} is in {line!r}") from None


def _add(play: Play, line: str) -> None:
    """Add what a line says to the play."""
    word, _, rest = line.partition(" ")
    if "|" in line:
        play.steps.append(_row(line))
    elif word == "answers":
        play.answers = int(rest)
    elif word == "mock":
        name, value = rest.split()
        play.options[name] = int(value)
    elif word == "caller":
        name, _, arn = rest.partition(" = ")
        arn, *facts = (part.strip() for part in arn.split(","))
        play.callers[name.strip()] = CallerOfPlay(arn, tuple(facts))
    elif word == "wait":
        until = rest.removeprefix("until ")
        play.steps.append(Wait(until, "") if until != rest else Wait("", rest))
    else:
        raise ValueError(f"no row and none of the other lines: {line!r}")


_CASE = re.compile(r"(.+?)(?: \[(\d+)\])?")
_REQUEST = re.compile(r"((?:[\w:-]+ )*?)([A-Z][a-zA-Z]{2,})(?: (.*))?")
_ERROR = re.compile(r"(\w+Exception)(?:, no text|( \(msg\))? `([^`]*)`)")


def _row(line: str) -> Row:
    columns = [column.strip() for column in line.split("|")]
    if len(columns) != 3:
        raise ValueError(f"a row has three columns: {line!r}")
    case = _CASE.fullmatch(columns[0])
    assert case is not None
    if columns[1].startswith("not played: "):
        return Row(case[1], int(case[2] or 1), (), "", (), Text(columns[2]), columns[1].removeprefix("not played: "))
    request = _REQUEST.fullmatch(columns[1])
    if request is None:
        raise ValueError(f"no request: {columns[1]!r}")
    phrases = read_values(request[3]) if request[3] else ()
    return Row(case[1], int(case[2] or 1), tuple(request[1].split()), request[2], phrases, _answer(columns[2]))


def _answer(text: str) -> Value | Refusal | NotSent:
    error = _ERROR.fullmatch(text)
    if error is not None:
        return Refusal(error[1], error[3] or "", bool(error[2]))
    if text.startswith("not sent `"):
        return NotSent(text.removeprefix("not sent `").removesuffix("`"))
    (value,) = read_values(text)
    return value

"""What has been played so far, and what the rows that follow may name of it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .notation import CallerOfPlay, Row
from .values import Function, Phrase, Text, Value, is_reference

REGIONS = {"east": "us-east-1", "west": "us-west-2", "ap-east-1": "ap-east-1"}
OWNER = CallerOfPlay("arn:aws:iam::<account>:user/Delegated", ("allowed",))
_UNITS = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_DURATION = r"(\d+)(ms|s|min|h|d)"


class DisagreementError(Exception):
    """The mock answers otherwise than AWS was recorded to."""


@dataclass
class KeyOfPlay:
    """A KMS key that a play has made: its key ID, what it was made with, and what its materials are called."""

    id: str
    region: str
    request: dict[str, Any]
    material_ids: dict[str, str] = field(default_factory=dict)
    created: dict[str, datetime] = field(default_factory=dict)  # key ARN -> CreationDate
    parameters: dict[str, list[Played]] = field(default_factory=lambda: defaultdict(list))  # Region -> for imports

    @property
    def spec(self) -> str:
        """Its key spec."""
        return str(self.request.get("KeySpec", "SYMMETRIC_DEFAULT"))

    @property
    def usage(self) -> str:
        """Its key usage."""
        return str(self.request.get("KeyUsage", "ENCRYPT_DECRYPT"))


@dataclass
class Played:
    """What became of a row: the request as it was made, when, and the answer, or how it disagrees."""

    history: History = field(repr=False)
    row: Row
    key_name: str
    region: str
    by: CallerOfPlay
    call: datetime
    request: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    disagreement: str = ""

    @property
    def key(self) -> KeyOfPlay:
        """The key that the row is about; raises DisagreementError where making it was refused."""
        return self.history.key(self.key_name)

    def text(self, value: Value | None) -> str:
        """A text with what it names put in; raises DisagreementError if nothing has told that yet."""
        if isinstance(value, Phrase):  # 64 zeros
            count, what = value.parts
            assert what == "zeros", f"what are {what}?"
            return "0" * int(str(count))
        if isinstance(value, Function):
            return self.named(f"{value.name}({value.arguments[0]})")
        text = value.text if isinstance(value, Text) else str(value)
        return re.sub(r"<([^>]*)>", lambda match: self.named(match[1]), text)

    def named(self, name: str) -> str:
        """What a name in angle brackets stands for; raises DisagreementError if nothing has told that yet."""
        if is_reference(name):
            return str(self.history.reference(name))
        if name in {"account", "caller"}:
            text = self.by.arn if name == "caller" else "<account>"
            return text.replace("<account>", self.history.account)
        what, _, whose = name.partition(":")
        key = self.key if whose in {"", *REGIONS} else self.history.key(whose)
        if what == "arn":
            return f"arn:aws:kms:{REGIONS.get(whose, self.region)}:{self.history.account}:key/{key.id}"
        if what == "id":
            return key.id
        material = name.removeprefix("id(").removesuffix(")")
        if material not in key.material_ids:
            raise DisagreementError(f"nothing has told the KeyMaterialId of {material} yet")
        return key.material_ids[material]

    def date(self, text: str) -> datetime:
        """A date: ``call``, or what the history knows."""
        return self.history.date(text, self.call)


@dataclass
class History:
    """The keys and the rows of a play so far."""

    account: str
    keys: dict[str, KeyOfPlay] = field(default_factory=dict)
    rows: dict[str, Played] = field(default_factory=dict)

    def begin(self, row: Row, callers: dict[str, CallerOfPlay], now: datetime) -> Played:
        """Begin a row."""
        names = dict.fromkeys(("by", "region"), "") | {_kind(name): name for name in row.names}
        caller = callers[names["by"].removeprefix("by:")] if names["by"] else OWNER
        region = REGIONS[names["region"] or "east"]
        played = self.rows[row.case] = Played(self, row, names.get("key", ""), region, caller, now)
        return played

    def note(self, operation: str, played: Played) -> None:
        """Remember the keys and import parameters that an answer brings."""
        if operation == "CreateKey" or (operation == "DescribeKey" and played.key_name not in self.keys):
            key_id = played.answer["KeyMetadata"]["KeyId"]
            self.keys[played.key_name] = KeyOfPlay(key_id, played.region, played.request)
        if operation == "GetParametersForImport":
            played.key.parameters[played.region].append(played)

    def key(self, name: str) -> KeyOfPlay:
        """A key of the play; raises DisagreementError where making it was refused."""
        if name not in self.keys:
            raise DisagreementError(f"the key {name or 'of the play'} could not be made")
        return self.keys[name]

    def reference(self, name: str) -> Any:
        """``case.Member``: what an answer, or else its request, had there; raises DisagreementError if neither has."""
        case, _, member = name.rpartition(".")
        assert case in self.rows, f"there is no row {case} before this"
        for members in (self.rows[case].answer, self.rows[case].request):
            if member in members:
                return members[member]
        raise DisagreementError(f"{case} was not answered with {member}")

    def date(self, text: str, call: datetime | None = None) -> datetime:
        """A date: ``call``, ``case`` (the moment of that row's call) or ``case.Member``, and what to add to it."""
        later = re.fullmatch(rf"(.*?)([+-]{_DURATION})", text)
        name, by = (later[1], duration(later[2])) if later else (text, timedelta())
        date = call if name in {"", "call"} else self._date(name)
        assert isinstance(date, datetime), f"{text} is no date"
        return date + by

    def _date(self, name: str) -> Any:
        return self.rows[name].call if name in self.rows else self.reference(name)


def _kind(name: str) -> str:
    if name.startswith("by:"):
        return "by"
    return "region" if name in REGIONS else "key"


def duration(text: str) -> timedelta:
    """A time, such as 15s, 2min, 1h or 7d."""
    match = re.fullmatch(rf"([+-]?){_DURATION}", text)
    assert match is not None, f"{text!r} is no time: write 15s, 2min, 1h or 7d"
    return timedelta(**{_UNITS[match[3]]: int(match[1] + match[2])})

"""The player of the recorded answers: it makes the requests of a play and holds the answers against the recorded ones.

What the mock answers otherwise is no error of the player's: it is gathered, and the play goes on as well as it can.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from pytest_kmsimport import mock_kms_import, wrap_key_material
from pytest_kmsimport._wire import kms_model

from . import making
from .comparing import DisagreementError, compare_answer, compare_refusal
from .notation import Function, Items, Members, NotSent, Phrase, Play, Refusal, Row, Text, Value, Wait

REGIONS = {"east": "us-east-1", "west": "us-west-2", "ap-east-1": "ap-east-1"}
OPERATIONS = {"Import": "ImportKeyMaterial", "Delete": "DeleteImportedKeyMaterial"}
SHORT = {
    "NEVER": {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"},
    "UNTIL": {"ExpirationModel": "KEY_MATERIAL_EXPIRES"},
    "NEW": {"ImportType": "NEW_KEY_MATERIAL"},
    "ALL": {"IncludeKeyMaterial": "ALL_KEY_MATERIAL"},
}
_OWNER = "arn:aws:iam::<account>:user/Delegated"
#: How long the recording's program took from one call to the next.
BETWEEN_CALLS = timedelta(milliseconds=700)
_UNITS = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_LATER = re.compile(r"(.*?)([+-]\d+)(ms|s|min|h|d)")


@dataclass
class KeyOfPlay:
    """A KMS key that a play has made: its key ID, what it was made with, and what its materials are called."""

    id: str
    region: str
    request: dict[str, Any]
    material_ids: dict[str, str] = field(default_factory=dict)
    created: dict[str, datetime] = field(default_factory=dict)
    parameters: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

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
    """What became of a row: the request as it was made, when, and the answer."""

    row: Row
    key: str
    region: str
    caller: str
    request: dict[str, Any] = field(default_factory=dict)
    call: datetime | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    disagreement: str = ""


class Player:
    """Plays a play in a mock of its own."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.keys: dict[str, KeyOfPlay] = {}
        self.played: dict[str, Played] = {}
        self._clients: dict[tuple[str, str], Any] = {}

    def play(self) -> dict[str, Played]:
        """Play all rows; gives what became of each, by the row's case."""
        with mock_kms_import(**self._play.options) as mock:
            self._mock = mock
            self.account = mock.account
            mock.clock.freeze()
            for step in self._play.steps:
                if isinstance(step, Wait):
                    self._wait(step)
                elif not step.why_not:
                    self._play_row(step)
            mock.complaints.clear()
        return self.played

    def _wait(self, wait: Wait) -> None:
        if not wait.until:
            self._mock.clock.advance(_duration(wait.duration))
            return
        try:
            moment = self.date(wait.until)
        except DisagreementError:  # the row that says when was refused; its disagreement is noted already
            return
        self._mock.clock.move_to(max(moment, self._mock.clock.now()))

    def _play_row(self, row: Row) -> None:
        region = next((REGIONS[name] for name in row.names if name in REGIONS), REGIONS["east"])
        caller = next((self._play.callers[name[3:]] for name in row.names if name.startswith("by:")), _OWNER)
        key = next((name for name in row.names if name not in REGIONS and not name.startswith("by:")), "")
        played = self.played[row.case] = Played(row, key, region, caller)
        self._mock.clock.advance(BETWEEN_CALLS)
        try:
            self._ask(played)
        except DisagreementError as mismatch:
            played.disagreement = str(mismatch)

    def _ask(self, played: Played) -> None:
        """Make a request, and compare what comes of it; raises DisagreementError."""
        row = played.row
        operation = OPERATIONS.get(row.operation, row.operation)
        played.call = self._mock.clock.now()
        self._fill_request(operation, played)
        try:
            before = self._mock.snapshot()
            answer = self._client(played)._make_api_call(operation, played.request)
        except (ClientError, ParamValidationError, AssertionError) as error:
            compare_refusal(error, row.answer, self, played)
            return
        del answer["ResponseMetadata"]
        played.answer = answer
        self._note(operation, played)
        if isinstance(row.answer, (Refusal, NotSent)):
            self._mock.restore(before)  # for the rows that follow it did not happen
            raise DisagreementError(f"succeeded: {making.shown(answer)}")
        compare_answer(answer, row.answer, self, played)

    def _client(self, played: Played) -> Any:
        """A client of the caller's account in the Region."""
        account = played.caller.split(":")[4].replace("<account>", self.account)
        place = played.region, account
        if place not in self._clients:
            self._clients[place] = self._mock.client(*place)
        return self._clients[place]

    def _note(self, operation: str, played: Played) -> None:
        """Remember the keys and import parameters that an answer brings."""
        if operation == "CreateKey" or (operation == "DescribeKey" and played.key not in self.keys):
            key_id = played.answer["KeyMetadata"]["KeyId"]
            self.keys[played.key] = KeyOfPlay(key_id, played.region, played.request)
        if operation == "GetParametersForImport":
            self.keys[played.key].parameters[played.region].append(played.row.case)

    # What a request is made of

    def _fill_request(self, operation: str, played: Played) -> None:
        """Fill in the members of a request, from left to right."""
        shape, request = kms_model().operation_model(operation).input_shape, played.request
        number, material = 0, None
        for phrase in played.row.phrases:
            head, rest = _split(phrase)
            if isinstance(head, str) and head in shape.members:
                request[head] = self._make(rest, shape.members[head], played)
            elif isinstance(head, str) and head in SHORT:
                request.update(SHORT[head])
                if rest is not None:
                    request["ValidTo"] = self._make(rest, shape.members["ValidTo"], played)
            elif head == "set":
                number = int(str(rest))
            else:
                material = phrase
        if "KeyId" in shape.required_members and "KeyId" not in request:
            request["KeyId"] = self.key(played.key).id
        if operation == "ImportKeyMaterial":
            for name, value in self._wrapped(material, number, played).items():
                request.setdefault(name, value)

    def _wrapped(self, material: Value | None, number: int, played: Played) -> dict[str, Any]:
        """The token and the wrapped key material of an import."""
        assert material is not None, f"{played.row.case} imports nothing"
        key = self.key(played.key)
        sets = key.parameters[played.region]
        if not sets:
            raise DisagreementError("there are no parameters to import with")
        parameters = self.played[sets[number - 1]]
        plaintext = making.bytes_of(material, self, played)
        algorithm = parameters.request["WrappingAlgorithm"]
        return {
            "ImportToken": parameters.answer["ImportToken"],
            "EncryptedKeyMaterial": wrap_key_material(parameters.answer["PublicKey"], plaintext, algorithm),
        }

    def _make(self, value: Value | None, shape: Any, played: Played) -> Any:  # noqa: PLR0911  one for each type
        """The value of a request's member, of the type that botocore's model says."""
        if isinstance(value, str) and _is_reference(value):
            return self.reference(value)
        if isinstance(value, Items):
            return [self._make(item, shape.member, played) for item in value.items]
        if isinstance(value, Members):
            members = value.members.items()
            if shape.type_name == "map":
                return {name: self._make(content, shape.value, played) for name, content in members}
            return {name: self._make(content, shape.members[name], played) for name, content in members}
        if shape.type_name == "blob":
            return making.bytes_of(value, self, played)
        if shape.type_name == "timestamp":
            assert isinstance(value, str)
            return self.date(value, played).replace(microsecond=0)  # the CLI sends whole seconds
        if shape.type_name == "boolean":
            return {"true": True, "false": False}[str(value)]
        text = self.text(value, played)
        return int(text) if shape.type_name in {"integer", "long"} else text

    def text(self, value: Value | None, played: Played) -> str:
        """A text with what it names put in."""
        if isinstance(value, Phrase):  # 64 zeros
            count, what = value.parts
            assert what == "zeros"
            return "0" * int(str(count))
        if isinstance(value, Function) and value.name != "id":
            return making.TEXTS[value.name](*map(str, value.arguments))
        if isinstance(value, Function):
            return self.named(f"id({value.arguments[0]})", played)
        text = value.text if isinstance(value, Text) else str(value)
        return re.sub(r"<([^>]*)>", lambda match: self.named(match[1], played), text)

    def named(self, name: str, played: Played) -> str:
        """What a name in angle brackets stands for; raises DisagreementError if nothing has told yet."""
        what, _, whose = name.partition(":")
        region = REGIONS.get(whose, played.region)
        key = self.keys.get(played.key if whose in REGIONS or not whose else whose)
        if name in {"account", "caller"}:
            return self.account if name == "account" else played.caller.replace("<account>", self.account)
        if _is_reference(name):
            return str(self.reference(name))
        if key is None:
            raise DisagreementError(f"there is no key for <{name}>")
        if what == "arn":
            return f"arn:aws:kms:{region}:{self.account}:key/{key.id}"
        if what == "id":
            return key.id
        material = name.removeprefix("id(").removesuffix(")")
        if material not in key.material_ids:
            raise DisagreementError(f"nothing has told the KeyMaterialId of {material} yet")
        return key.material_ids[material]

    # What rows say of others

    def key(self, name: str) -> KeyOfPlay:
        """A key of the play; raises DisagreementError where making it was refused."""
        if name not in self.keys:
            raise DisagreementError(f"the key {name or 'of the play'} could not be made")
        return self.keys[name]

    def reference(self, name: str) -> Any:
        """``case.Member``: what an answer, or else its request, had there."""
        case, _, member = name.rpartition(".")
        played = self.played.get(case)
        if played is None:
            raise DisagreementError(f"no row before is called {case}")
        for members in (played.answer, played.request):
            if member in members:
                return members[member]
        raise DisagreementError(f"{case} was not answered with {member}")

    def date(self, text: str, played: Played | None = None) -> datetime:
        """A date: ``call``, ``case`` or ``case.Member``, and what to add to it."""
        later = _LATER.fullmatch(text)
        name, by = (later[1], _duration(later[2] + later[3])) if later else (text, timedelta())
        if name in {"", "call"}:
            date = played.call if played else None
        elif name in self.played:
            date = self.played[name].call
        else:
            date = self.reference(name)
        assert isinstance(date, datetime), f"{text} is no date"
        return date + by


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"([+-]?\d+)(ms|s|min|h|d)", text)
    assert match is not None, f"{text!r} is no time: write 15s, 2min, 1h or 7d"
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _is_reference(word: str) -> bool:
    return re.fullmatch(r"[\w()/-]+\.[A-Z]\w+", word) is not None


def _split(phrase: Value) -> tuple[Value, Value | None]:
    """The first value of a phrase, and the others."""
    if not isinstance(phrase, Phrase):
        return phrase, None
    head, *rest = phrase.parts
    return head, rest[0] if len(rest) == 1 else Phrase(tuple(rest))

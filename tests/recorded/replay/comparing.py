"""How an answer is held against the recorded one: every member, and that there are no others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from .checks import CHECKS
from .history import DisagreementError, Played
from .notation import NotSent, Refusal
from .values import Function, Items, Members, Phrase, Text, Value, is_reference, member

_ALGORITHMS = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
}
_STATES = ("CURRENT", "NON_CURRENT", "PENDING_ROTATION", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION")
_IMPORT_STATES = ("IMPORTED", "PENDING_IMPORT")


def compare_refusal(error: Exception, played: Played) -> None:
    """Hold an error against what was recorded; raises DisagreementError."""
    expected = played.row.answer
    if isinstance(error, ParamValidationError) and isinstance(expected, NotSent):
        if expected.text not in str(error):
            raise DisagreementError(f"botocore says {error}")
        return
    if not isinstance(error, ClientError):
        raise DisagreementError(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    code, text = error.response["Error"]["Code"], error.response["Error"]["Message"]
    got = f"{code}{' (msg)' if 'message' in error.response else ''} `{text}`"
    if not isinstance(expected, Refusal) or code != expected.code:
        raise DisagreementError(f"refused: {got}")
    try:
        _Comparison(played).text(text, expected.text, "text")
    except DisagreementError:
        raise DisagreementError(f"the text is {got}") from None
    if ("message" in error.response) != expected.has_message:
        raise DisagreementError(f"the member message: {got}")


def compare_answer(answer: dict[str, Any], played: Played) -> None:
    """Hold an answer against what was recorded; raises DisagreementError."""
    expected = played.row.answer
    if isinstance(expected, (Refusal, NotSent)):
        raise DisagreementError(f"succeeded: {shown(answer)}")
    if isinstance(expected, Function):
        whole = {"M": {"KeyMetadata": expected}, "H": {"Rotations": expected, "Truncated": "false"}}
        expected = Members(whole[expected.name])
    _Comparison(played).value(answer, expected, "")


class _Comparison:
    """The comparison of one answer: what was answered against what was recorded."""

    def __init__(self, played: Played) -> None:
        self._played = played

    def value(self, actual: Any, expected: Value, path: str) -> None:
        """Any value."""
        if isinstance(expected, Members):
            self._members(actual, expected, path)
        elif isinstance(expected, Items):
            self._items(actual, expected.items, path)
        elif isinstance(expected, Function) and expected.name != "id":
            self._function(actual, expected, path)
        elif isinstance(expected, Phrase) and expected.parts[1] == "bytes":
            _agree(len(actual), int(str(expected.parts[0])), f"{path}: length")
        elif isinstance(actual, datetime):
            assert isinstance(expected, str), f"{path} is a date: {expected}"
            date = self._played.date(expected)
            if abs(actual - date) >= timedelta(milliseconds=1):
                raise DisagreementError(f"{path} is {actual.isoformat()}, recorded {expected}: {date.isoformat()}")
        elif isinstance(actual, bool):
            _agree(str(actual).lower(), expected, path)
        elif isinstance(actual, bytes) and isinstance(expected, Text):
            _agree(actual, expected.text.encode(), path)
        elif isinstance(actual, str):
            self.text(actual, _written(expected), path)
        else:
            self._plain(actual, expected, path)

    def _plain(self, actual: Any, expected: Value, path: str) -> None:
        """A number, or a blob that another row names."""
        assert isinstance(expected, str), f"{path}: {expected}"
        _agree(actual, int(expected) if isinstance(actual, int) else self._played.history.reference(expected), path)

    def text(self, actual: str, expected: str, path: str) -> None:
        """A text; a KeyMaterialId that is seen for the first time gets the name that stands for it."""
        new: list[str] = []
        pattern = "".join(
            self._pattern(part, new) if at % 2 else re.escape(part)
            for at, part in enumerate(re.split(r"<([^>]*)>", expected))
        )
        match = re.fullmatch(pattern, actual)
        if match is None:
            raise DisagreementError(f"{path} is {actual!r}, recorded {expected!r}")
        for name in new:  # the same bytes have another identifier in another key
            known = {known for key in self._played.history.keys.values() for known in key.material_ids.values()}
            if match[name] in known:
                raise DisagreementError(f"{path} has the KeyMaterialId of another, not a new one for {name}")
            self._played.key.material_ids[name] = match[name]

    def _pattern(self, name: str, new: list[str]) -> str:
        """The regular expression for a name in angle brackets."""
        if name == "64 hex":
            return "[0-9a-f]{64}"
        if name == "64 zeros":
            return "0" * 64
        material = name.removeprefix("id(").removesuffix(")")
        if material == name or material in self._played.key.material_ids:
            return re.escape(self._played.named(name))
        new.append(material)
        return f"(?P<{material}>[0-9a-f]{{64}})"

    def _members(self, actual: Any, expected: Members, path: str) -> None:
        too_many, missing = actual.keys() - expected.members, expected.members.keys() - actual
        differences = [f"{path or 'the answer'} is without {name}" for name in sorted(missing)]
        differences += [f"{path or 'the answer'} is with {name} {shown(actual[name])}" for name in sorted(too_many)]
        differences += self._differences(
            (actual[name], value, f"{path}.{name}".lstrip("."))
            for name, value in expected.members.items()
            if value is not None and name in actual
        )
        if differences:
            raise DisagreementError("; ".join(differences))

    def _items(self, actual: Any, expected: tuple[Value, ...], path: str) -> None:
        if len(actual) != len(expected):
            raise DisagreementError(f"{path} has {len(actual)} entries, recorded {len(expected)}: {shown(actual)}")
        pairs = enumerate(zip(actual, expected, strict=True), 1)
        differences = self._differences((item, value, f"{path}[{number}]") for number, (item, value) in pairs)
        if differences:
            raise DisagreementError("; ".join(differences))

    def _differences(self, values: Iterable[tuple[Any, Value, str]]) -> list[str]:
        """What is different about several values."""
        return [difference for value in values if (difference := self._difference(*value))]

    def _difference(self, actual: Any, expected: Value, path: str) -> str:
        try:
            self.value(actual, expected, path)
        except DisagreementError as disagreement:
            return str(disagreement)
        return ""

    def _function(self, actual: Any, expected: Function, path: str) -> None:
        if expected.name == "M":
            self._members(actual, self._metadata(expected.arguments, actual), path)
        elif expected.name == "H":
            self._items(actual, tuple(map(self._rotation, expected.arguments)), path)
        else:
            CHECKS[expected.name](actual, expected.arguments, self._played, path)

    def _metadata(self, arguments: tuple[Value, ...], actual: dict[str, Any]) -> Members:
        """KeyMetadata, from M(state; expiry; current; members)."""
        state, expiry, current, *others = arguments
        key = self._played.key
        made = key.request
        at_home = self._played.region == key.region
        members: dict[str, Value | None] = {
            "AWSAccountId": "<account>", "KeyId": "<id>", "Arn": "<arn>", "CreationDate": None,
            "Enabled": "true" if state == "Enabled" else "false",
            "Description": Text(made.get("Description", "") if at_home else ""),
            "KeyUsage": key.usage, "KeyState": state, "Origin": made.get("Origin", "AWS_KMS"),
            "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": key.spec, "KeySpec": key.spec,
            _ALGORITHMS[key.usage]: Items((key.spec,)) if key.spec == "SYMMETRIC_DEFAULT" else None,
            "MultiRegion": str(made.get("MultiRegion", False)).lower(),
        }  # fmt: skip
        if made.get("MultiRegion"):
            members["MultiRegionConfiguration"] = None
        members |= _expiry(expiry)
        if current != "-":
            members["CurrentKeyMaterialId"] = current
        members |= dict(member(other) for other in others)
        created = key.created.setdefault(actual["Arn"], actual["CreationDate"])
        _agree(actual["CreationDate"], created, "CreationDate")
        return Members(members)

    def _rotation(self, entry: Value) -> Members:
        """An entry of ListKeyRotations, from ``A CURRENT IMPORTED NEVER "description" rotated date``."""
        assert isinstance(entry, Phrase)
        name, *words = entry.parts
        members: dict[str, Value | None] = {"KeyId": "<arn>", "KeyMaterialId": f"<id({name})>"}
        rest = iter(words)
        for word in rest:
            if isinstance(word, Text):
                members["KeyMaterialDescription"] = word
            elif word in _STATES:
                members["KeyMaterialState"] = word
            elif word in _IMPORT_STATES:
                members["ImportState"] = word
            elif word == "NEVER":
                members |= _expiry(word)
            elif word == "UNTIL":
                members |= _expiry(Phrase((word, next(rest))))
            else:
                assert word == "rotated", f"what is {word!r} in an entry of ListKeyRotations?"
                members |= {"RotationDate": next(rest), "RotationType": "ON_DEMAND"}
        return Members(members)


def _expiry(expiry: Value) -> dict[str, Value | None]:
    """ExpirationModel and ValidTo, from NEVER, UNTIL date or "-"."""
    if expiry == "-":
        return {}
    if expiry == "NEVER":
        return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    assert isinstance(expiry, Phrase), f"what is {expiry!r}?"
    return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": expiry.parts[1]}


def _written(expected: Value) -> str:
    """The text that a value stands for, names still in angle brackets."""
    if isinstance(expected, Function):  # id(A)
        return f"<id({expected.arguments[0]})>"
    if isinstance(expected, Phrase):  # 64 zeros
        return f"<{' '.join(map(str, expected.parts))}>"
    if is_reference(expected):
        return f"<{expected}>"
    return expected.text if isinstance(expected, Text) else str(expected)


def _agree(actual: object, expected: object, what: str) -> None:
    if actual != expected:
        raise DisagreementError(f"{what} is {shown(actual)}, recorded {shown(expected)}")


def shown(value: object) -> str:
    """An answer as a person reads it, without its blobs."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} {shown(content)}" for name, content in value.items()) + "}"
    if isinstance(value, list):
        return "[" + "; ".join(map(shown, value)) + "]"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value.isoformat() if isinstance(value, datetime) else str(value)

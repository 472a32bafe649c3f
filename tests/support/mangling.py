"""Requests that are good but for a few bytes, values or names: what a fuzzer sends."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from pytest_kmsimport._wire.model import kms_model

HOME, OTHER_ACCOUNT = "123456789012", "111122223333"
REGIONS = ("us-east-1", "eu-west-1", "cn-north-1", "no-such-region")
UUID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@dataclass(frozen=True)
class Request:
    """A request in Python's values, and the operation that it is good for."""

    operation: str
    members: dict[str, Any]
    region: str = "us-east-1"
    account: str = HOME


class Sent(NamedTuple):
    """A request as it goes over the wire."""

    operation: str
    region: str
    account: str
    body: bytes

    def __str__(self) -> str:
        return f"{self.operation} from account {self.account} to {self.region}:\n{self.body[:4000]!r}"


class Raw(str):
    """JSON as it stands."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """A JSON object in which a name can stand twice."""


NUMBERS = (
    0,
    -1,
    1,
    1.5,
    2**31,
    2**63,
    -(2**63),
    10**400,
    1e17,
    1e308,
    float("nan"),
    float("inf"),
    -0.0,
    253402300799.9999,
)
TEXTS = (
    *("", " ", "\n", "\0", "x", "x" * 300, "x" * 9000, "é", "\u00ff\u0100", "\ufeff", "\uffff", "\U0010ffff", "\u202e"),
    *(
        "\ud800",
        "x\udfff",
        "\udc00\ud800",
        "\udabc",
        "\udead!",
        "٣",
        "null",
        "true",
        "0",
        "{}",
        "../..",
        "%s{0}",
        "a|b",
        "a:b",
        "*",
        "$ref",
    ),
    *(
        "2027-01-01T00:00:00Z",
        "1e5",
        "YWJj",
        "YWJ",
        "YWJj=",
        "====",
        "arn:",
        "arn:aws:kms:::",
        "alias/",
        "alias/aws/s3",
    ),
)
JUNK: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        [],
        {},
        [[]],
        [{}],
        {"a": {"a": []}},
        [None],
        {"": ""},
        Raw("[" * 20_000),
        Raw('{"a":' * 5_000),
    ),
    *(
        Raw(text)
        for text in ("", "nul", "'x'", "1e999", "01", "+1", "0x10", '"\\x"', '"\\ud800"', '"\\u12"', "9" * 5000)
    ),
    *NUMBERS,
    *TEXTS,
)
#: Type of a member -> values that it can have whatever it is.
TYPICAL: dict[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [1, 7, 30, 64, 90, 1000],
    "blob": [b"x", bytes(32)],
}


class Mangler:
    """Makes mangled requests from good ones, from those for one operation where it is named."""

    def __init__(self, corpus: Sequence[Request], operation: str | None = None) -> None:
        self.begin = [request for request in corpus if operation in {None, request.operation}]
        self.rng, self.corpus = Random(), corpus  # noqa: S311  repeatable on purpose
        values = [value for request in corpus for _, _, value in places(request.members)]
        self.blobs = [value for value in values if isinstance(value, bytes)]
        self.texts = [value for value in values if isinstance(value, str)]
        self.good: dict[str, list[Any]] = {}
        for shape in map(_input, kms_model().operation_names):
            for name, member in shape.members.items():
                self.good.setdefault(name, []).extend(
                    getattr(member, "enum", None) or TYPICAL.get(member.type_name, [])
                )
        for request in corpus:
            for name, value in request.members.items():
                self.good[name].append(value)
        self.names = sorted(self.good)
        self.words = sorted({word for values in self.good.values() for word in values if isinstance(word, str)})
        self.changes: list[Callable[[Request], Request]] = [
            *(self._other_value, self._other_value, self._other_value, self._other_place, self._without, self._renamed),
            *(self._good_value, self._good_value, self._good_member, self._good_member, self._members_swapped),
            *(self._twice, self._other_operation, self._elsewhere),
        ]

    def request(self, seed: str) -> Sent:
        """The one that a seed stands for."""
        self.rng.seed(seed)
        request = self.rng.choice(self.begin)
        request = replace(request, members=copied(request.members))
        for _ in range(self.rng.choice((0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 6))):
            request = self.rng.choice(self.changes)(request)
        body = self._encoded(request.members)
        if self.rng.random() < 0.08:
            body = self._damaged(body)
        return Sent(request.operation, request.region, request.account, body)

    # What is changed in a request

    def _junk(self) -> Any:
        return copied(self.rng.choice(JUNK))

    def _place(self, request: Request) -> tuple[Any, Any, Any] | None:
        found = list(places(request.members))
        return self.rng.choice(found) if found else None

    def _other_value(self, request: Request) -> Request:
        if (place := self._place(request)) is not None:
            container, key, value = place
            container[key] = self._junk() if self.rng.random() < 0.15 else self._like(value)
        return request

    def _other_place(self, request: Request) -> Request:
        """A value of another request."""
        place, other = self._place(request), self._place(self.rng.choice(self.corpus))
        if place is not None and other is not None:
            place[0][place[1]] = copied(other[2])
        return request

    def _without(self, request: Request) -> Request:
        if (place := self._place(request)) is not None:
            place[0].pop(place[1])
        return request

    def _renamed(self, request: Request) -> Request:
        name = self.rng.choice([*request.members, "x"])
        if name in request.members:
            content = request.members.pop(name)
            request.members[self.rng.choice((name.lower(), name + "s", self.rng.choice(self.names), ""))] = content
        return request

    def _good_value(self, request: Request) -> Request:
        """One that other requests have for the same member."""
        if request.members:
            name = self.rng.choice(list(request.members))
            request.members[name] = copied(self.rng.choice(self.good.get(name) or JUNK))
        return request

    def _good_member(self, request: Request) -> Request:
        """Another member of the operation, or of any."""
        known = _input(request.operation).members
        name = self.rng.choice(list(known) if known and self.rng.random() < 0.8 else self.names)
        request.members[name] = copied(self.rng.choice(self.good[name] or JUNK))
        return request

    def _members_swapped(self, request: Request) -> Request:
        if len(request.members) > 1:
            one, two = self.rng.sample(list(request.members), 2)
            request.members[one], request.members[two] = request.members[two], request.members[one]
        return request

    def _twice(self, request: Request) -> Request:
        """More of a list, or of a map; the same member once more."""
        place = self._place(request)
        if place is not None and isinstance(place[2], list) and place[2]:
            place[2].extend(place[2] * self.rng.choice((1, 10, 200)))
        elif place is not None and isinstance(place[2], dict):
            place[2].update({f"{number}": "x" for number in range(self.rng.choice((1, 9, 300)))})
        elif request.members:
            name = self.rng.choice(list(request.members))
            pairs = Pairs([*request.members.items(), (name, self._junk())])
            return replace(request, members={"": pairs})
        return request

    def _other_operation(self, request: Request) -> Request:
        return replace(request, operation=self.rng.choice(self.corpus).operation)

    def _elsewhere(self, request: Request) -> Request:
        return replace(request, region=self.rng.choice(REGIONS), account=self.rng.choice((HOME, OTHER_ACCOUNT)))

    # Values that are nearly right

    def _like(self, value: Any) -> Any:
        if isinstance(value, bytes):
            return self._like_blob(value)
        if isinstance(value, str):
            return self._like_text(value)
        if isinstance(value, datetime):
            days = timedelta(days=self.rng.choice((-1, 0, 364, 366, 100_000)))
            return self.rng.choice((value + days, value.timestamp() * 1000, str(value), *NUMBERS))
        if isinstance(value, bool):
            return self.rng.choice((not value, str(value), int(value)))
        if isinstance(value, (int, float)):
            return self.rng.choice((value + 1, value - 1, -value, value * 1000, str(value), *NUMBERS))
        return self._junk()

    def _like_blob(self, value: bytes) -> Any:
        at = self.rng.randrange(len(value) + 1)
        return self.rng.choice(
            (
                lambda: self.rng.choice(self.blobs),
                lambda: value[:at],
                lambda: value[at:],
                lambda: value[:at] + self.rng.randbytes(self.rng.choice((1, 1, 8, 300))) + value[at + 1 :],
                lambda: value + self.rng.choice(self.blobs),
                lambda: base64.b64encode(value),
                lambda: self.rng.randbytes(len(value)),
                lambda: bytes(self.rng.choice((0, 1, 4096, 4097, 6145))),
                lambda: base64.b64encode(value).decode()[: self.rng.randrange(8)],
                lambda: base64.b64encode(value).decode().replace("=", "") + self.rng.choice(("", "=", "\n", "é")),
            )
        )()

    def _like_text(self, value: str) -> Any:
        at = self.rng.randrange(len(value) + 1)
        return self.rng.choice(
            (
                lambda: self.rng.choice(self.texts),
                lambda: self.rng.choice(self.words),
                lambda: self.rng.choice(TEXTS),
                lambda: value[:at] + self.rng.choice(TEXTS) + value[at:],
                lambda: value[:at],
                lambda: value[at:],
                value.upper,
                value.lower,
                lambda: value + self.rng.choice(("\n", " ", "/", "*", "\0")),
                lambda: value.replace(
                    self.rng.choice((HOME, "us-east-1", "aws", ":", "key", "-")), self.rng.choice(TEXTS)
                ),
                lambda: value.replace(HOME, self.rng.choice((OTHER_ACCOUNT, "999988887777", "٣" * 12))),
                lambda: f"arn:aws:kms:us-east-1:{self.rng.choice((HOME, OTHER_ACCOUNT))}:{value}",
                lambda: self.rng.choice((UUID, f"mrk-{UUID.replace('-', '')}", f"alias/{value}", f"key/{value}")),
                lambda: value.encode(errors="replace"),
            )
        )()

    # Bytes

    def _encoded(self, members: dict[str, Any]) -> bytes:
        text = dumped(members[""] if isinstance(members.get(""), Pairs) else members)
        encoding = self.rng.choice(("utf-8",) * 40 + ("utf-16", "utf-8-sig", "latin-1"))
        return text.encode(encoding, errors="surrogatepass" if encoding.startswith("utf") else "replace")

    def _damaged(self, body: bytes) -> bytes:
        at = self.rng.randrange(len(body) + 1)
        other = self._encoded(self.rng.choice(self.corpus).members)
        return self.rng.choice(
            (
                lambda: body[:at],
                lambda: body[:at] + self.rng.randbytes(1) + body[at + 1 :],
                lambda: body[:at] + body[at + 1 :],
                lambda: (
                    body[:at]
                    + self.rng.choice((b'"', b"\\", b"{", b"}", b",", b"\0", b"\xff", b"\xed\xa0\x80"))
                    + body[at:]
                ),
                lambda: body[:at] + other[self.rng.randrange(len(other)) :],
                lambda: body + other,
                lambda: b" \r\n\t" + body + b"\n",
                lambda: b"",
            )
        )()


def places(value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every place in a request, as the container, the name or position in it, and what is there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if type(value) is list else ()
    for key, content in list(items):
        yield value, key, content
        yield from places(content)


def copied(value: Any) -> Any:
    """A copy that can be changed."""
    if isinstance(value, dict):
        return {name: copied(content) for name, content in value.items()}
    return [copied(item) for item in value] if type(value) is list else value


def dumped(value: Any) -> str:
    """A value as JSON: blobs are base64, times seconds, and what is raw stands as it is."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, (dict, Pairs)):
        pairs = value if isinstance(value, Pairs) else value.items()
        return "{" + ",".join(f"{json.dumps(name)}:{dumped(content)}" for name, content in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumped, value)) + "]"
    if isinstance(value, bytes):
        return json.dumps(base64.b64encode(value).decode())
    return json.dumps(value.timestamp() if isinstance(value, datetime) else value)


def _input(operation: str) -> Any:
    return kms_model().operation_model(operation).input_shape

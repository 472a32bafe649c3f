"""Constraints of the service model, refused in AWS's words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.model import ListShape, Shape, StructureShape

from pytest_kmsimport._wire.constraints import find_breaches
from pytest_kmsimport._wire.model import kms_model
from pytest_kmsimport.engine.operations import OPERATIONS

from ..support.installed import OPERATION_NAMES
from ..support.refusal import refused

ONE = "1 validation error detected: "
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


LONGEST = "Member must have length less than or equal to {}"
SHORTEST = "Member must have length greater than or equal to {}"
LARGEST = "Member must have value less than or equal to {}"
ENUM = "Member must satisfy enum value set: ["
PATTERN = "Member must satisfy regular expression pattern: "


def tag(key: str, value: str) -> dict[str, object]:
    """A request with one tag."""
    return {"Tags": [{"TagKey": key, "TagValue": value}]}


def about(**members: object) -> dict[str, object]:
    """A request about a KMS key."""
    return {"KeyId": KEY_ID, **members}


@pytest.mark.parametrize(
    ("operation", "members", "subject", "constraint"),
    [
        ("CreateKey", {"KeyUsage": "RANDOM"}, "Value 'RANDOM' at 'keyUsage'", ENUM),
        ("CreateKey", {"KeySpec": "HMAC_random"}, "Value 'HMAC_random' at 'keySpec'", ENUM),
        ("CreateKey", tag("k" * 129, ""), f"Value '{'k' * 129}' at 'tags.1.member.tagKey'", LONGEST.format(128)),
        ("CreateKey", tag("k", "v" * 257), f"Value '{'v' * 257}' at 'tags.1.member.tagValue'", LONGEST.format(256)),
        ("Encrypt", about(Plaintext=bytes(4097)), "Value at 'plaintext'", LONGEST.format(4096)),
        ("Encrypt", about(Plaintext=b""), "Value at 'plaintext'", SHORTEST.format(1)),
        ("Decrypt", {"CiphertextBlob": b""}, "Value at 'ciphertextBlob'", SHORTEST.format(1)),
        ("ListKeys", {"Limit": 1001}, "Value '1001' at 'limit'", LARGEST.format(1000)),
        ("ListKeys", {"Marker": "\u0100"}, "Value 'Ā' at 'marker'", PATTERN + r"[\u0020-\u00FF]*"),
        (
            "ScheduleKeyDeletion",
            about(PendingWindowInDays=366),
            "Value '366' at 'pendingWindowInDays'",
            LARGEST.format(365),
        ),
    ],
)
def test_texts_as_aws_sends_them(kms, operation, members, subject, constraint):
    """Recorded and documented texts, through a client; the key is not even looked for."""
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms._make_api_call(operation, members)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith(f"{ONE}{subject} failed to satisfy constraint: {constraint}")


def test_all_breaches_are_told_at_once(kms):
    """In the order of the model, with their number."""
    long = {"TagKey": "k" * 129, "TagValue": "v" * 257}
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.create_key(KeyUsage="a", Tags=[{"TagKey": "k", "TagValue": ""}, long])
    count, _, breaches = caught.value.response["Error"]["Message"].partition(" validation errors detected: ")
    subjects = [breach.partition(" failed to satisfy constraint: ")[0] for breach in breaches.split("; ")]
    assert (count, subjects) == (
        "3",
        [
            "Value 'a' at 'keyUsage'",
            f"Value '{long['TagKey']}' at 'tags.2.member.tagKey'",
            f"Value '{long['TagValue']}' at 'tags.2.member.tagValue'",
        ],
    )


def test_a_client_that_checks_nothing_itself(kms_import_mock):
    """With parameter validation off, a missing member reaches the service."""
    from botocore.config import Config
    from botocore.session import Session

    kms = Session().create_client("kms", config=Config(parameter_validation=False))
    text = "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"
    with refused("ValidationException", text):
        kms.describe_key()


def test_java_patterns_match_whole_and_in_ascii(kms_import_mock):
    """A final newline, and digits of other scripts, do not satisfy a pattern as they would in Python."""
    members = {"KeyId": KEY_ID, "ImportToken": b"x", "EncryptedKeyMaterial": b"x"}
    for description in ("text!", "٣", "x\u00a0y"):
        found = find_breaches("ImportKeyMaterial", {**members, "KeyMaterialDescription": description})
        assert len(found) == 1
    for description in ("HSM 7: a/b_c.d-e", "two\nlines"):
        assert not find_breaches("ImportKeyMaterial", {**members, "KeyMaterialDescription": description})
    assert find_breaches("ImportKeyMaterial", {**members, "KeyMaterialId": "a" * 63 + "\n"})


# One breach for every constraint of every member of every operation


def breaking_values(shape: Shape) -> Iterator[tuple[object, str]]:
    """Values that break one constraint of a shape each, and what AWS says about it."""
    smallest, largest = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name == "integer":
        if smallest:
            yield smallest - 1, f"greater than or equal to {smallest}"
        if largest:
            yield largest + 1, f"less than or equal to {largest}"
        return
    filler: dict[str, object] = {"blob": b"a", "string": "a", "list": ["a"]}
    unit = filler[shape.type_name]
    if smallest:
        yield unit * (smallest - 1), f"Member must have length greater than or equal to {smallest}"  # type: ignore[operator]
    if largest:
        yield unit * (largest + 1), f"Member must have length less than or equal to {largest}"  # type: ignore[operator]
    if shape.metadata.get("enum"):
        yield "NOT_ONE_OF_THEM", "Member must satisfy enum value set: ["
    if shape.metadata.get("pattern"):
        yield "\u2603" * max(1, smallest or 1), "Member must satisfy regular expression pattern: "


def constrained_members(shape: StructureShape, path: str = "") -> Iterator[tuple[str, list[object], str]]:
    """Every constraint of a request: the path AWS prints, how to get there, what AWS says."""
    for name, member in shape.members.items():
        here = f"{path}{name[0].lower()}{name[1:]}"
        if member.type_name in {"integer", "string", "blob", "list"}:
            for value, text in breaking_values(member):
                yield here, [name, value], text
        if isinstance(member, ListShape) and isinstance(member.member, StructureShape):
            for inner, way, text in constrained_members(member.member, f"{here}.1.member."):
                yield inner, [name, 0, *way], text
        elif isinstance(member, ListShape):
            for value, text in breaking_values(member.member):
                yield f"{here}.1.member", [name, 0, value], text
        elif isinstance(member, StructureShape):
            for inner, way, text in constrained_members(member, f"{here}."):
                yield inner, [name, *way], text


def built(way: list[object]) -> object:
    """A value from the names and positions that lead to it."""
    value = way[-1]
    for step in reversed(way[:-1]):
        value = [value] if step == 0 and isinstance(step, int) else {step: value}
    return value


CASES = [
    (operation, path, way, text)
    for operation in OPERATIONS
    if operation in OPERATION_NAMES
    for path, way, text in constrained_members(kms_model().operation_model(operation).input_shape)
]


@pytest.mark.parametrize(
    ("operation", "path", "way", "text"), CASES, ids=[f"{case[0]}-{case[1]}-{n}" for n, case in enumerate(CASES)]
)
def test_every_constraint_of_the_model(operation, path, way, text):
    """Each is found by itself, at the path that AWS prints."""
    found = find_breaches(operation, built(way))
    assert any(f"at '{path}' failed to satisfy constraint" in breach and text in breach for breach in found)


def test_the_model_has_constraints():
    """The enumeration above finds them."""
    assert len(CASES) > 60

"""Bytes to members and back, with botocore's own serialiser and parser on the other side."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kmsimport._wire import aws_json as _wire
from pytest_kmsimport.engine.errors import AccessDeniedException, InvalidCiphertextException, NotFoundException

from ..support.refusal import refused

MODEL = _wire.kms_model()
OPERATIONS = list(MODEL.operation_names)
WITH_OUTPUT = [name for name in OPERATIONS if MODEL.operation_model(name).output_shape]
WITHOUT_OUTPUT = [name for name in OPERATIONS if name not in WITH_OUTPUT]
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

from_model = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def moments(step: timedelta):
    """Times that AWS could send, in whole steps."""
    steps = timedelta(days=40_000) // step
    return st.integers(0, steps).map(lambda number: EPOCH + number * step)


def values(shape, step):
    """Any value of a shape, within its type and without regard to its constraints."""
    if shape.type_name == "structure":
        members = {name: values(member, step) for name, member in shape.members.items()}
        required = {name: members[name] for name in shape.required_members}
        return st.fixed_dictionaries(
            required, optional={name: strategy for name, strategy in members.items() if name not in required}
        )
    if shape.type_name == "list":
        return st.lists(values(shape.member, step), max_size=3)
    if shape.type_name == "map":
        return st.dictionaries(st.text(max_size=8), values(shape.value, step), max_size=3)
    return {
        "string": st.text(max_size=20),
        "blob": st.binary(max_size=64),
        "boolean": st.booleans(),
        "integer": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "timestamp": moments(step),
    }[shape.type_name]


def parsed(operation, status, body):
    """What botocore makes of an answer."""
    shape = MODEL.operation_model(operation).output_shape
    result = create_parser("json").parse({"status_code": status, "headers": {}, "body": body}, shape)
    result.pop("ResponseMetadata")
    return result


@pytest.mark.parametrize("operation", OPERATIONS)
@from_model
@given(data=st.data())
def test_requests_are_read_as_botocore_writes_them(operation, data):
    """Whatever members botocore serialises, the same members arrive."""
    # botocore writes request timestamps of this service in whole seconds.
    members = data.draw(values(MODEL.operation_model(operation).input_shape, timedelta(seconds=1)))
    request = create_serializer("json", include_validation=False).serialize_to_request(
        members, MODEL.operation_model(operation)
    )
    assert _wire.read(operation, request["body"]) == members


@pytest.mark.parametrize("operation", WITH_OUTPUT)
@from_model
@given(data=st.data())
def test_responses_are_written_as_botocore_reads_them(operation, data):
    """Whatever members an answer has, botocore's parser gives the same to the caller, times to the millisecond."""
    response = data.draw(values(MODEL.operation_model(operation).output_shape, timedelta(milliseconds=1)))
    read = parsed(operation, 200, _wire.write(operation, response))
    assert read == response


@pytest.mark.parametrize("operation", WITHOUT_OUTPUT)
def test_operations_without_output_answer_with_nothing(operation):
    """An operation whose model has no output has an empty body, which botocore takes."""
    body = _wire.write(operation, {})
    assert (body, parsed(operation, 200, body)) == (b"", {})


def test_a_client_gets_nothing_from_an_operation_without_output(kms):
    """EnableKey answers with no members at all."""
    response = kms.enable_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert set(response) == {"ResponseMetadata"}


@pytest.mark.parametrize("text", ["Key 'x' does not exist", 'quotes " and \\ and \n', "Schlüssel"])
def test_errors_are_written_as_botocore_reads_them(text):
    """Code and message of a refusal arrive as they are."""
    error = NotFoundException(text)
    read = parsed("DescribeKey", error.status, _wire.write_error(error))["Error"]
    assert read == {"Code": "NotFoundException", "Message": text}


@pytest.mark.parametrize(
    ("error", "members"),
    [
        (NotFoundException("text"), {"__type", "message"}),
        (AccessDeniedException("text"), {"__type", "Message"}),
        (InvalidCiphertextException(), {"__type"}),
    ],
)
def test_the_members_of_an_error_body(error, members):
    """AWS writes ``message``, AccessDeniedException writes ``Message``, and some errors have no text at all."""
    assert set(json.loads(_wire.write_error(error))) == members


@pytest.fixture
def send(kms):
    """Send these very bytes as the body of a call, through a client that had something else in mind."""

    def sent(operation, body):
        kms.meta.events.register(
            "request-created.kms." + operation, lambda request, **_: setattr(request, "data", body)
        )
        return kms._make_api_call(operation, {"KeyId": "x", "Plaintext": b"x"} if operation == "Encrypt" else {})

    return sent


BAD_BODIES = {
    "CreateKey": [
        b"",
        b"not JSON",
        b"\xff\xfe",
        b"{",
        b"[]",
        b'"text"',
        b"7",
        b"null",
        b'{"MultiRegion": "true"}',
        b'{"MultiRegion": 1}',
        b'{"Description": 5}',
        b'{"Tags": {}}',
        b'{"Tags": {"TagKey": "k"}}',
        b'{"Tags": "text"}',
        b'{"Tags": ["text"]}',
        b'{"Tags": [null]}',
        b'{"Description": "\\ud800"}',
        b'{"Tags": [{"TagKey": "\\udfff", "TagValue": ""}]}',
        b"[" * 100_000,
    ],
    "Encrypt": [
        b'{"KeyId": "x", "Plaintext": "no base64!"}',
        b'{"KeyId": "x", "Plaintext": 5}',
        b'{"KeyId": 5, "Plaintext": "YWJj"}',
        b'{"KeyId": "x", "Plaintext": "YWJj", "EncryptionContext": []}',
        b'{"KeyId": "x", "Plaintext": "YWJj", "EncryptionContext": {"k": 5}}',
        b'{"KeyId": "x", "Plaintext": "YWJj", "EncryptionContext": {"k": null}}',
        b'{"KeyId": "x", "Plaintext": "YWJj", "EncryptionContext": {"k": "\\ud800"}}',
        b'{"KeyId": "x", "Plaintext": "YWJj", "EncryptionContext": {"\\udc00\\ud800": "v"}}',
        b'{"KeyId": "x", "Plaintext": "YWJj", "GrantTokens": "text"}',
        b'{"KeyId": "x", "Plaintext": "YWJj", "GrantTokens": {"text": 1}}',
    ],
    "ListKeys": [b'{"Limit": "5"}', b'{"Limit": true}', b'{"Limit": 1.5}'],
}


@pytest.mark.parametrize(
    ("operation", "body"), [(operation, body) for operation, bodies in BAD_BODIES.items() for body in bodies]
)
def test_bodies_that_are_not_the_operations_are_refused(send, operation, body):
    """What is not JSON, or has members of other types, is a SerializationException without a message."""
    with refused("SerializationException"):
        send(operation, body)


@pytest.mark.parametrize(
    "moment",
    ["NaN", "Infinity", "1e300", "-1e300", "1e17", "-1e17", "253402300800", "-62135596801", "9" * 4301,
     '"2027-01-01T00:00:00Z"', "true"],
)  # fmt: skip
def test_times_that_are_none_are_refused(moment):
    """A timestamp is a number of seconds that a calendar has, whatever the computer's own clock can hold."""
    with pytest.raises(_wire.SerializationException):
        _wire.read("ImportKeyMaterial", f'{{"ValidTo": {moment}}}'.encode())


@pytest.mark.parametrize("moment", [-62135596800, -0.001, 0, 1_900_000_000.5, 253402300799])
def test_times_from_the_first_year_to_the_last(moment):
    """All that a calendar has, also before 1970."""
    members = _wire.read("ImportKeyMaterial", f'{{"ValidTo": {moment}}}'.encode())
    assert members["ValidTo"] == EPOCH + timedelta(seconds=moment)


def test_two_halves_of_a_character_are_one(send):
    """A surrogate pair is how JSON escapes what lies beyond the first 65536 characters."""
    assert send("CreateKey", b'{"Description": "\\ud83d\\ude00"}')["KeyMetadata"]["Description"] == "\U0001f600"


def test_null_counts_as_absent(send):
    """A member that is null is one that was not sent."""
    assert send("CreateKey", b'{"Description": null, "Tags": null}')["KeyMetadata"]["Description"] == ""


def test_unknown_members_are_passed_over(send):
    """A member that the model does not have changes nothing, as with AWS."""
    assert send("CreateKey", b'{"FromTheFuture": 1}')["KeyMetadata"]["KeyState"] == "Enabled"


def test_required_members_are_asked_for_by_the_service(send):
    """A body without a required member, which botocore would not send, is refused in AWS's words."""
    text = "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"
    with refused("ValidationException", text):
        send("Encrypt", b'{"Plaintext": "YWJj"}')


def test_the_headers_are_awss(kms):
    """An answer says that it is AWS JSON 1.1, how long it is, and when it was sent."""
    headers = kms.list_keys()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert int(headers["content-length"]) == len(b'{"Keys":[],"Truncated":false}')
    assert headers["date"].endswith(" GMT")


def test_a_plaintext_is_in_no_repr():
    """An answer on its way to the client shows its length only."""
    assert "c2VjcmV0" not in repr(_wire.WireResponse(200, {}, _wire.write("Decrypt", {"Plaintext": b"secret"})))


def test_a_call_with_a_bad_body_is_written_down(send, kms_import_mock):
    """The journal has a call that could not be read, too."""
    with pytest.raises(ClientError):
        send("ListKeys", b"not JSON")
    assert [(call.operation, call.error) for call in kms_import_mock.calls] == [("ListKeys", "SerializationException")]

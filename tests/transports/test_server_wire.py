"""HTTP as clients of other languages speak it to a server, and as nobody should."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import closing

import pytest

from ..support.servers import TARGET, ask, connect, post, read_answer

KEY_METADATA = {"Arn", "KeyId", "KeyState"}
SCOPE = "Authorization: AWS4-HMAC-SHA256 Credential={}/20260928/{}/{}/aws4_request, SignedHeaders=host, Signature=0\r\n"


def arn(answer):
    """The key ARN of a KMS key that was made."""
    assert answer.status == 200
    return answer.json["KeyMetadata"]["Arn"]


def test_an_answer_has_the_headers_of_aws(kms_import_server):
    """The same as in process."""
    answer = ask(kms_import_server.url, post("ListKeys"))
    assert (answer.status, answer.json) == (200, {"Keys": [], "Truncated": False})
    assert set(answer.headers) == {"x-amzn-requestid", "date", "content-type", "content-length"}
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"


@pytest.mark.parametrize(
    ("headers", "where"),
    [
        (SCOPE.format("AKIDEXAMPLE", "eu-west-3", "kms"), "eu-west-3:123456789012"),
        (SCOPE.format("111122223333", "eu-west-3", "kms"), "eu-west-3:111122223333"),
        (SCOPE.format("with/slashes", "eu-west-3", "kms"), "eu-west-3:123456789012"),
        (SCOPE.format("111122223333", "eu-west-3", "s3"), "eu-west-3:111122223333"),
        ("", "us-east-1:123456789012"),
        ("Authorization: Basic eDp5\r\n", "us-east-1:123456789012"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=garbage\r\n", "us-east-1:123456789012"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=////\r\n", "us-east-1:123456789012"),
        ("Authorization: \xff\xfe\r\n", "us-east-1:123456789012"),
        (SCOPE.format("\xb2" * 12, "eu-west-3", "kms"), "eu-west-3:123456789012"),
    ],
    ids=[
        "Region",
        "account",
        "slashes",
        "another service",
        "unsigned",
        "Basic",
        "no scope",
        "empty scope",
        "no text",
        "no digits",
    ],
)
def test_who_asks_which_region_is_what_the_signature_is_for(kms_import_server, headers, where):
    """Whatever service it names; without a signature that says so, the mock's own Region and account."""
    request = post("CreateKey", headers=headers).decode().encode("latin-1")
    assert f":kms:{where}:key/" in arn(ask(kms_import_server.url, request))


def test_attempts_of_a_client_that_says_which_call_they_are_share_a_record(kms_import_mock, kms_import_server):
    """Those of one that does not are records of their own: nobody can tell them from calls."""
    for _ in range(2):
        ask(kms_import_server.url, post("ListKeys", headers="amz-sdk-invocation-id: one\r\n"))
    for _ in range(2):
        ask(kms_import_server.url, post("ListKeys"))
    assert [record.attempts for record in kms_import_mock.calls] == [2, 1, 1]


@pytest.mark.parametrize("target", [TARGET.format("Encrypted"), "X-Amz-Target: ListKeys\r\n", "X-Amz-Target: \r\n", ""])
def test_an_operation_that_there_is_not(kms_import_mock, kms_import_server, target):
    """Is an UnknownOperationException, and no call."""
    request = post("ListKeys").replace(TARGET.format("ListKeys").encode(), target.encode())
    answer = ask(kms_import_server.url, request)
    assert (answer.status, answer.json) == (400, {"__type": "UnknownOperationException"})
    assert len(kms_import_mock.calls) == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_a_method_that_is_not_for_calls(kms_import_server, method):
    """Is answered in XML, as AWS's services of JSON do."""
    answer = ask(kms_import_server.url, f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")


def test_a_head_has_no_body(kms_import_server):
    """The connection closes right behind the head of the answer."""
    with closing(connect(kms_import_server.url)) as connection, connection.makefile("rb") as stream:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(stream, has_body=False).status == 404
        assert stream.read() == b""


def test_what_is_not_offered_is_told_the_client_and_fails_the_test(kms_import_mock, kms_import_server):
    """By a code that is none of AWS's, and HTTP 400, for which nobody tries again."""
    answer = ask(kms_import_server.url, post("DescribeKey", b'{"KeyId": "alias/aws/unknown"}'))
    assert (answer.status, answer.json["__type"]) == (400, "NotOfferedByPytestKmsimport")
    assert "DescribeKey with alias/aws/unknown is not offered" in answer.json["message"]
    assert [str(complaint) for complaint in kms_import_mock.complaints] == [answer.json["message"]]
    kms_import_mock.complaints.clear()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null"])
def test_a_body_that_is_not_json(kms_import_server, body):
    """Is a SerializationException, as in process."""
    answer = ask(kms_import_server.url, post("ListKeys", body))
    assert (answer.status, answer.json) == (400, {"__type": "SerializationException"})


def test_a_body_of_ten_megabytes(kms_import_server):
    """Arrives whole, and is judged."""
    answer = ask(kms_import_server.url, post("CreateKey", json.dumps({"Description": "x" * 10_000_000}).encode()))
    assert (answer.status, answer.json["__type"]) == (400, "ValidationException")


CHUNKS = "Transfer-Encoding: chunked\r\n"


def in_chunks(chunks: bytes) -> bytes:
    """A CreateKey whose body comes so."""
    return post("CreateKey", chunks, CHUNKS).replace(f"Content-Length: {len(chunks)}\r\n".encode(), b"")


@pytest.mark.parametrize(
    "chunks",
    [b"2\r\n{}\r\n0\r\n\r\n", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"2;a=b\r\n{}\r\n0\r\nTrailer: x\r\n\r\n"],
    ids=["one", "two", "extension and trailer"],
)
def test_a_body_in_chunks(kms_import_server, chunks):
    """Is put together; and the connection is good for another request."""
    with closing(connect(kms_import_server.url)) as connection, connection.makefile("rb") as stream:
        for _ in range(2):
            connection.sendall(in_chunks(chunks))
            assert arn(read_answer(stream))


FRAMED_BADLY = {
    "no length": post("ListKeys").replace(b"Length: 2", b"Length: two"),
    "less than nothing": post("ListKeys").replace(b"Length: 2", b"Length: -2"),
    "a digit of another script": post("ListKeys").replace(b"Length: 2", "Length: ²".encode("latin-1")),
    "two lengths": post("ListKeys", headers="Content-Length: 3\r\n"),
    "more than there can be": post("ListKeys").replace(b"Length: 2", b"Length: 99999999999999999999"),
    "no length of much": post("ListKeys", b"x" * 8_000_000).replace(b"Length: 8000000", b"Length: two"),
    "another coding": post("ListKeys", headers="Transfer-Encoding: gzip\r\n"),
    "no chunk": in_chunks(b"x\r\n"),
    "a chunk below zero": in_chunks(b"-2\r\n{}\r\n0\r\n\r\n"),
    "a chunk that goes on": in_chunks(b"1\r\n{}\r\n0\r\n\r\n"),
    "no HTTP": b"\x16\x03\x01\x02\x00\r\n\r\n",
    "two words": b"POST /\r\n\r\n",
    "a header without a colon": b"POST / HTTP/1.1\r\n" + b"x" * 70_000 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("request_", FRAMED_BADLY.values(), ids=FRAMED_BADLY)
def test_what_has_no_end_that_anybody_knows(kms_import_mock, kms_import_server, request_):
    """Is refused by HTTP alone, and the server hangs up; there is no call."""
    with closing(connect(kms_import_server.url)) as connection, connection.makefile("rb") as stream:
        connection.sendall(request_)
        answer = read_answer(stream)
        assert 400 <= answer.status < 600
        assert (answer.headers["connection"], stream.read()) == ("close", b"")
    assert len(kms_import_mock.calls) == 0


def test_a_client_that_hangs_up_in_the_middle(kms_import_mock, kms_import_server):
    """Leaves no call behind, wherever that is, and no trouble."""
    request = post("CreateKey")
    for cut in range(1, len(request)):
        with closing(connect(kms_import_server.url)) as connection, connection.makefile("rb") as stream:
            connection.sendall(request[:cut])
            connection.shutdown(socket.SHUT_WR)
            stream.read()  # until the server has given up
    assert ask(kms_import_server.url, post("ListKeys")).json["Keys"] == []
    assert [record.operation for record in kms_import_mock.calls] == ["ListKeys"]


def test_a_client_that_expects_to_be_told_to_go_on(kms_import_server):
    """Is told before it sends the body."""
    request = post("CreateKey", headers="Expect: 100-continue\r\n")
    with closing(connect(kms_import_server.url)) as connection, connection.makefile("rb") as stream:
        connection.sendall(request[:-2])
        assert stream.readline() + stream.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(request[-2:])
        assert arn(read_answer(stream))


@pytest.mark.parametrize("headers", ["", "Connection: keep-alive\r\n"])
def test_a_client_of_http_1_0(kms_import_server, headers):
    """Is answered, and the connection ends with that."""
    with closing(connect(kms_import_server.url)) as connection, connection.makefile("rb") as stream:
        connection.sendall(post("ListKeys", headers=headers, version="1.0"))
        answer = read_answer(stream)
        assert (answer.status, answer.headers["connection"], stream.read()) == (200, "close", b"")


def test_requests_one_behind_the_other(kms_import_mock, kms_import_server):
    """A pipeline is answered in its order."""
    with closing(connect(kms_import_server.url)) as connection, connection.makefile("rb") as stream:
        connection.sendall(post("CreateKey") * 3 + post("ListKeys"))
        made = [arn(read_answer(stream)) for _ in range(3)]
        assert [key["KeyArn"] for key in read_answer(stream).json["Keys"]] == made
    assert [record.operation for record in kms_import_mock.calls] == ["CreateKey"] * 3 + ["ListKeys"]


def test_a_slow_client_stops_nobody(kms_import_mock):
    """Others are answered meanwhile, and the server ends while it is still typing."""
    with kms_import_mock.serve() as server:
        slow = connect(server.url)
        slow.sendall(b"POST / HT")
        assert ask(server.url, post("ListKeys")).status == 200
        start = time.monotonic()
    assert time.monotonic() - start < 1
    with closing(slow), slow.makefile("rb") as stream:
        assert stream.read() == b""


@pytest.mark.skipif(os.name != "posix", reason="the size of buffers is told otherwise")
def test_a_client_that_does_not_read_does_not_stop_the_end(kms_import_mock):
    """The server ends although it is in the middle of what nobody takes."""
    kms_import_mock.client().create_key(Description="x" * 8000)
    key_id = kms_import_mock.calls[0].response["KeyMetadata"]["KeyId"]
    with kms_import_mock.serve() as server, closing(connect(server.url)) as deaf:
        deaf.settimeout(0.3)
        request = post("DescribeKey", json.dumps({"KeyId": key_id}).encode())
        with pytest.raises(TimeoutError):
            deaf.sendall(request * 100_000)
        start = time.monotonic()
        server.stop()
        assert time.monotonic() - start < 1

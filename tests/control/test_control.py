"""Control over HTTP: what tests in other languages do to a mock, and what is refused with what to write instead."""

from __future__ import annotations

import inspect
import json
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings, strategies

from pytest_kmsimport import FaultNeverStruck, KmsImportMock, NotOffered, faults, mock_kms_import
from pytest_kmsimport._control.controlled import PLAN_MEMBERS
from pytest_kmsimport._control.resources import RESOURCES

from ..support.clients import warm_client
from ..support.controlling import control
from ..support.prepared import OFFERED, prepare
from ..support.servers import ask, connect, post, read_answer

JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text(max_size=9),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=9), inner),
    max_leaves=6,
)


@pytest.fixture
def controlled(kms_import_server):
    """Ask the server for control, and give the status and what its JSON says."""

    def call(method, path, body=None, **headers):
        answer = control(kms_import_server.url, method, path, body, **headers)
        assert answer.headers["content-type"] == "application/json"
        return answer.status, answer.json

    return call


def refusal(answer):
    """What a request is told that is refused."""
    status, document = answer
    assert list(document) == ["error"]
    return status, document["error"]


def test_it_is_ready(kms_import_mock, controlled):
    """And says what it is; the journal has AWS's calls alone."""
    expected = {"ready": True, "version": version("pytest-kmsimport"), "region": "us-east-1", "account": "123456789012"}
    assert controlled("GET", "") == (200, expected)
    assert not kms_import_mock.calls


@pytest.mark.parametrize("path", ["/_kms_import", "/_kms_import/", "/_kms_import//"])
def test_where_control_begins(kms_import_server, path):
    """With or without the end of its path."""
    answer = ask(kms_import_server.url, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.json["ready"]


@pytest.mark.parametrize("path", ["/", "/_kms_imports", "/kms/_kms_import/", "/_KMS_IMPORT/"])
def test_where_control_does_not_begin(kms_import_server, path):
    """What is beside it is AWS's business."""
    assert ask(kms_import_server.url, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()).status == 404
    request = post("ListKeys").replace(b"POST /", f"POST {path}".encode())
    assert "Keys" in ask(kms_import_server.url, request).json


# Faults


def test_a_fault_is_planned(kms_import_mock, kms_import_server, controlled):
    """As by inject, and is told with what has come of it."""
    planned = {"fault": 'Refusal("InternalFailure")', "on": "ListKeys", "times": 1, "after": 1}
    counts = {"seen": 0, "strikes": 0, "ended": False, "must_strike": True}
    assert controlled("POST", "faults", planned) == (200, {**planned, "fault": "Refusal('InternalFailure')", **counts})
    statuses = [ask(kms_import_server.url, post("ListKeys")).status for _ in range(3)]
    assert statuses == [200, 500, 200]
    (told,) = controlled("GET", "faults")[1]["faults"]
    assert told == {**planned, "fault": "Refusal('InternalFailure')", **counts, "seen": 3, "strikes": 1}
    assert kms_import_mock.calls[1].error == "InternalFailure"


EVERYTHING = {
    "fault": "AnswerLost(seen=ConnectionClosed())",
    "on": ["CreateKey", "ImportKeyMaterial"],
    "key_id": "alias/payroll",
    "region": "eu-west-1",
    "times": 2,
    "after": 3,
    "every": 4,
    "probability": 0.5,
    "seed": 6,
    "must_strike": False,
}


def test_a_plan_takes_whatever_inject_does(controlled):
    """And is told as it was planned."""
    status, told = controlled("POST", "faults", EVERYTHING)
    assert (status, {**told, **EVERYTHING}) == (200, told)
    status, told = controlled("POST", "faults", {"fault": "[Slow(5), None]", "nth": None, "must_strike": False})
    assert (status, told["fault"]) == (200, "(Slow(seconds=5, really=False), None)")
    assert faults.parse(told["fault"]) == [faults.Slow(5), None]
    assert set(EVERYTHING) | {"nth"} == set(PLAN_MEMBERS)
    assert set(PLAN_MEMBERS) == set(inspect.signature(KmsImportMock.inject).parameters) - {"self"}


def test_a_plan_with_a_function_is_told_by_name(kms_import_mock, controlled):
    """Those can be planned in Python alone."""

    def about_payroll(call):
        return False

    kms_import_mock.inject(faults.ReadTimeout(), on=about_payroll, must_strike=False)
    assert controlled("GET", "faults")[1]["faults"][0]["on"] == "about_payroll"


def test_faults_are_ended(kms_import_mock, kms_import_server, controlled):
    """All of them; whether they have struck is not asked any more."""
    controlled("POST", "faults", {"fault": "ReadTimeout()", "on": "ListKeys"})
    status, document = controlled("DELETE", "faults")
    assert (status, [told["ended"] for told in document["faults"]]) == (200, [True])
    assert ask(kms_import_server.url, post("ListKeys")).status == 200
    assert controlled("DELETE", "faults") == (200, {"faults": []})
    assert controlled("GET", "verdict")[1]["ok"]


# The clock


def test_the_clock_is_moved(kms_import_mock, controlled):
    """Forwards, to a moment, stopped, and let run again."""
    before = kms_import_mock.clock.now()
    status, document = controlled("POST", "clock", {"advance": {"hours": 25, "minutes": 0.5}})
    assert (status, document["frozen"]) == (200, False)
    moved = datetime.fromisoformat(document["now"].replace("Z", "+00:00")) - before
    assert timedelta(hours=25, seconds=30) <= moved < timedelta(hours=25, minutes=1)
    moment = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
    controlled("POST", "clock", {"freeze": True})
    for text in ("2030-01-01T12:00:00Z", "2030-01-01T12:00:00.000Z", "2030-01-01T13:00:00+01:00"):
        expected = {"now": "2030-01-01T12:00:00.000Z", "frozen": True}
        assert controlled("POST", "clock", {"move_to": text}) == (200, expected)
        assert kms_import_mock.clock.now() == moment
    assert controlled("GET", "clock") == (200, {"now": "2030-01-01T12:00:00.000Z", "frozen": True})
    assert controlled("POST", "clock", {"freeze": False})[1]["frozen"] is False
    assert not kms_import_mock.clock.is_frozen


# Calls


def test_calls_are_told_without_their_secrets(kms_import_mock, controlled):
    """With the diagnosis of a refusal, and all that mock.calls has."""
    key = kms_import_mock.import_key()
    kms = boto3.client("kms")
    secret = kms.generate_random(NumberOfBytes=32)["Plaintext"]
    blob = kms.encrypt(KeyId=key.id, Plaintext=secret)["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    with pytest.raises(ClientError):
        kms.describe_key(KeyId="alias/payroll")
    kms_import_mock.clock.freeze()
    status, document = controlled("GET", "calls")
    assert (status, document["forgotten"]) == (200, 0)
    _, encrypted, decrypted, _, refused = document["calls"]
    assert encrypted["request"] == {"KeyId": key.id, "Plaintext": "<32 bytes>"}
    assert decrypted["response"]["Plaintext"] == "<32 bytes>"
    assert (refused["error"], refused["message"]) == (kms_import_mock.calls[4].error, kms_import_mock.calls[4].message)
    assert refused["diagnosis"] == kms_import_mock.calls[4].diagnosis != ""
    assert encrypted["key_arns"] == [key.arn]
    kms_import_mock.assert_no_leaks(json.dumps(document))
    assert b64encode(secret).decode() not in json.dumps(document)


def test_calls_of_an_operation(kms_import_mock, controlled):
    """One or several; dates are as the clock's."""
    kms = boto3.client("kms")
    kms_import_mock.clock.freeze(datetime(2030, 1, 1, tzinfo=timezone.utc))
    kms_import_mock.inject([faults.ReadTimeout(), None], on="ListKeys")
    kms.list_keys()
    kms.create_key()
    kms.list_aliases()
    (listed,) = controlled("GET", "calls?operation=ListKeys")[1]["calls"]
    assert (listed["attempts"], listed["faults"], listed["effects"]) == (2, ["ReadTimeout()"], 1)
    assert len(listed["delays"]) == 1
    assert listed["decisions"] == []
    several = controlled("GET", "calls?operation=ListKeys&operation=CreateKey")[1]["calls"]
    assert [record["operation"] for record in several] == ["ListKeys", "CreateKey"]
    assert several[1]["response"]["KeyMetadata"]["CreationDate"] == "2030-01-01T00:00:00.000Z" == several[1]["time"]
    assert (several[1]["key_state_before"], several[1]["key_state_after"]) == (None, "Enabled")


def test_decisions_are_told(controlled, kms_import_mock):
    """Who may what on what, by which statement, and why not."""
    kms_import_mock.deny("kms:ListKeys")
    with pytest.raises(ClientError):
        boto3.client("kms").list_keys()
    (listed,) = controlled("GET", "calls")[1]["calls"]
    (decision,) = listed["decisions"]
    assert decision == {
        "allowed": False,
        "principal": "arn:aws:iam::123456789012:user/pytest",
        "action": "kms:ListKeys",
        "resource": "*",
        "source": "identity-based policy",
        "statement": "statement 1",
        "number": 1,
        "explicit": True,
        "reason": "statement 1 of the identity-based policy denies it.",
        "grant": "",
        "by_iam": "",
        "denial": "explicit-deny",
    }
    assert listed["diagnosis"].endswith("change that statement, or what the call asks for.")


@pytest.mark.kms_import(journal_size=2)
def test_calls_that_are_forgotten_are_counted(controlled):
    """So that nobody takes those that are there for all."""
    kms = boto3.client("kms")
    for _ in range(5):
        kms.list_keys()
    document = controlled("GET", "calls")[1]
    assert (len(document["calls"]), document["forgotten"]) == (2, 3)


def test_calls_of_every_operation_are_told():
    """Whatever they ask and answer can be said in JSON, with blobs as their length."""
    with mock_kms_import(journal_size=5) as mock, mock.serve() as server:
        for operation in OFFERED:
            kms = warm_client(mock.region)
            kms._make_api_call(operation, prepare(kms, mock, operation))
            told = control(server.url, "GET", f"calls?operation={operation}").json["calls"][-1]
            record = mock.calls[-1]
            assert (told["operation"], told["error"]) == (operation, None)
            assert told["request"].keys() == record.request.keys()
            assert (told["response"] or {}).keys() == (record.response or {}).keys()
            mock.reset()


# Verdict and reset


def test_the_verdict_is_what_would_fail_a_test(kms_import_mock, kms_import_server, controlled):
    """Complaints and faults that never struck; asking for it changes nothing."""
    assert controlled("GET", "verdict") == (200, {"ok": True, "complaints": [], "unstruck": [], "leaks": []})
    controlled("POST", "faults", {"fault": "ReadTimeout()", "on": "CreateKey"})
    ask(kms_import_server.url, post("DescribeKey", b'{"KeyId": "alias/aws/unknown"}'))
    for _ in range(2):
        document = controlled("GET", "verdict")[1]
        assert not document["ok"]
        assert document["complaints"][0].startswith("NotOffered: DescribeKey with alias/aws/unknown is not offered")
        assert document["unstruck"][0].startswith(
            "FaultNeverStruck: A planned fault never struck: ReadTimeout(), planned"
        )
    assert [type(complaint) for complaint in kms_import_mock.complaints] == [NotOffered]
    kms_import_mock.complaints.clear()
    kms_import_mock.end_plans()
    assert [type(complaint) for complaint in kms_import_mock.complaints] == [FaultNeverStruck]
    kms_import_mock.complaints.clear()


def test_the_verdict_has_leaks():
    """Of a mock that looks for them, without what has leaked, and as often as it is asked."""
    with mock_kms_import(check_leaks=True) as mock, mock.serve() as server:
        key = mock.import_key(b"0123456789abcdef0123456789abcdef")
        boto3.client("kms").update_key_description(KeyId=key.id, Description="0123456789abcdef0123456789abcdef")
        for _ in range(2):
            document = control(server.url, "GET", "verdict").json
            assert document["leaks"] == [
                f"key material of KMS key {key.id} is in the request UpdateKeyDescription, member Description, as raw bytes"  # noqa: E501
            ]
            assert not document["ok"]
        assert mock.leaks_found()  # to whom it is told once


def test_a_reset_begins_anew(kms_import_mock, kms_import_server, controlled):
    """Without KMS keys, calls, faults and complaints, in the computer's time."""
    ask(kms_import_server.url, post("CreateKey"))
    ask(kms_import_server.url, post("DescribeKey", b'{"KeyId": "alias/aws/unknown"}'))
    controlled("POST", "faults", {"fault": "ReadTimeout()", "on": "CreateKey"})
    controlled("POST", "clock", {"move_to": "2040-01-01T00:00:00Z"})
    assert controlled("POST", "reset") == controlled("GET", "")
    assert controlled("GET", "verdict")[1]["ok"]
    assert controlled("GET", "faults")[1] == {"faults": []}
    assert controlled("GET", "calls")[1] == {"calls": [], "forgotten": 0}
    assert ask(kms_import_server.url, post("ListKeys")).json["Keys"] == []
    assert kms_import_mock.clock.now().year < 2040


# What is refused


@pytest.mark.parametrize(
    ("method", "path", "body", "instead"),
    [
        ("POST", "faults", None, "fault is None; write it as a text, such as"),
        ("POST", "faults", {"on": "CreateKey"}, "fault is None; write it as a text, such as"),
        ("POST", "faults", {"fault": ["ReadTimeout()"]}, "write it as a text, such as"),
        ("POST", "faults", {"fault": "ReadTimeot()"}, "Did you mean ReadTimeout?"),
        ("POST", "faults", {"fault": "__import__('os').abort()"}, "nothing is evaluated here"),
        (
            "POST",
            "faults",
            {"fault": "meanwhile(lambda mock, call: 0)"},
            "functions of your own are for mock.inject in Py",
        ),
        ("POST", "faults", {"fault": "Slow(5)", "time": 1}, "There is no 'time' in its JSON. Did you mean times?"),
        (
            "POST",
            "faults",
            {"fault": "Slow(5)", "on": "ImportMaterial"},
            "is no operation of AWS KMS. Did you mean Import",
        ),
        ("POST", "faults", {"fault": "Slow(5)", "on": 5}, "on is 5; write an operation such as 'Encrypt'"),
        ("POST", "faults", {"fault": "Slow(5)", "on": {"a": 1}}, "'a': is no operation of AWS KMS"),
        ("POST", "faults", {"fault": "Slow(5)", "key_id": 5}, "key_id is 5; write a text"),
        ("POST", "faults", {"fault": "Slow(5)", "region": []}, "region is []; write a text"),
        ("POST", "faults", {"fault": "Slow(5)", "times": "1"}, "times is '1'; write a number, 1 or more"),
        ("POST", "faults", {"fault": "Slow(5)", "times": 1.5}, "times is 1.5; write a number, 1 or more"),
        ("POST", "faults", {"fault": "Slow(5)", "nth": [0]}, "nth is 0; write a number, 1 or more"),
        ("POST", "faults", {"fault": "Slow(5)", "probability": "0.5"}, "write more than 0, at most 1"),
        ("POST", "faults", {"fault": "Slow(5)", "probability": 0.5, "seed": "x"}, "seed is 'x'; write a whole number"),
        ("POST", "faults", {"fault": "Slow(5)", "must_strike": "no"}, "must_strike is 'no'; write True or False"),
        ("POST", "faults", {"fault": "StaleRead()", "on": "Encrypt"}, "Encrypt does not read a KMS key"),
        ("POST", "faults", {"fault": "[Slow(5)]", "times": 1}, "it takes after= alone"),
        (
            "POST",
            "clock",
            None,
            'write {"advance": {"hours": 25}}, {"move_to": "2026-11-28T09:00:00Z"} or {"freeze": true}',
        ),
        ("POST", "clock", {"freeze": True, "move_to": "2030-01-01T00:00:00Z"}, "takes one thing at a time"),
        ("POST", "clock", {"unfreeze": True}, "There is no 'unfreeze' in its JSON. Did you mean freeze?"),
        ("POST", "clock", {"freeze": "now"}, "freeze is 'now'; write true, or false to let the clock run again"),
        ("POST", "clock", {"freeze": 1}, "freeze is 1; write true, or false"),
        ("POST", "clock", {"advance": 5}, 'advance is 5; write {"hours": 25}, or other units'),
        ("POST", "clock", {"advance": {}}, "advance() takes a positive time"),
        ("POST", "clock", {"advance": {"hour": 5}}, "advance has no 'hour'. Did you mean hours?"),
        ("POST", "clock", {"advance": {"hours": "5"}}, "advance has hours '5'; write a number"),
        ("POST", "clock", {"advance": {"hours": True}}, "advance has hours True; write a number"),
        ("POST", "clock", {"advance": {"hours": -5}}, "to go back, use move_to()"),
        ("POST", "clock", {"advance": {"days": 10**9}}, "The clock goes from 1970-01-01 to 9990-01-01"),
        ("POST", "clock", {"advance": {"days": 10**400}}, "The clock goes from 1970-01-01 to 9990-01-01"),
        ("POST", "clock", {"move_to": "tomorrow"}, "write a time with its zone, such as 2026-11-28T09:00:00Z"),
        ("POST", "clock", {"move_to": "2030-01-01T00:00:00"}, "write a time with its zone"),
        ("POST", "clock", {"move_to": 1800000000}, "write a time with its zone"),
        ("POST", "clock", {"move_to": "1969-01-01T00:00:00Z"}, "The clock goes from 1970-01-01"),
        ("POST", "clock", b"hours=25", 'the body is no JSON object; write one such as {"freeze": true}'),
        ("POST", "clock", b'{"advance": {"hours": NaN}}', "the body is no JSON object"),
        ("POST", "clock", b"[" * 100_000, "the body is no JSON object"),
        ("POST", "clock", b'{"advance": {"hours": 1' + b"0" * 5000 + b"}}", "clock"),
        ("POST", "clock", b"\xff\xfe\xfd", "the body is no JSON object"),
        ("POST", "clock", [], "the body is no JSON object"),
        ("POST", "reset", {"keys": True}, "There is no 'keys' in its JSON. It takes none"),
        ("GET", "verdict", {"why": 1}, "There is no 'why' in its JSON. It takes none"),
        ("GET", "calls?operation=Import", None, "'Import' is no operation of AWS KMS"),
        ("GET", "calls?operations=Encrypt", None, "There is no 'operations' in its query. Did you mean operation?"),
        ("GET", "clock?now", None, "There is no 'now' in its query. It takes none"),
    ],
)
def test_what_is_wrong_is_refused(kms_import_mock, controlled, method, path, body, instead):
    """With 400 and what to write instead; nothing has changed."""
    kms_import_mock.clock.freeze()
    before = kms_import_mock.clock.now(), kms_import_mock.plans
    status, said = refusal(controlled(method, path, body))
    assert status == 400
    assert said.startswith(f"{method} /_kms_import/{path.partition('?')[0]}: ")
    assert instead in said
    assert (kms_import_mock.clock.now(), kms_import_mock.plans) == before


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("name", RESOURCES)
def test_a_method_that_a_resource_has_not(controlled, kms_import_server, method, name):
    """405 and what it has; a browser that asks beforehand is told so too."""
    if method in RESOURCES[name]:
        assert (
            controlled(method, name, {"fault": "Slow(5)", "must_strike": False} if name == "faults" else None)[0] < 405
        )
        return
    answer = control(kms_import_server.url, method, name)
    assert answer.status == 405
    assert answer.headers["allow"] == ", ".join(RESOURCES[name])
    assert answer.json["error"] == f"/_kms_import/{name} takes {answer.headers['allow']}, not {method}."
    assert not [header for header in answer.headers if header.startswith("access-control-")]


def test_head_has_no_body(kms_import_server):
    """As in all of HTTP: what comes next is the next answer."""
    with connect(kms_import_server.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(
            b"".join(
                f"{method} /_kms_import/ HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for method in ("HEAD", "GET")
            )
        )
        assert read_answer(stream, has_body=False).status == 405
        assert read_answer(stream).json["ready"]


@pytest.mark.parametrize("path", ["fault", "faults/1", "../clock", "%63lock"])
def test_a_resource_that_is_not_there(controlled, path):
    """404 and what there is."""
    status, said = refusal(controlled("GET", path))
    assert status == 404
    assert "Ask /_kms_import/, /_kms_import/faults, /_kms_import/clock, " in said


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:80", "localhost", "localhost:1", "[::1]:8080", "127.1.2.3"])
def test_this_computer_may_control(controlled, host):
    """By whatever name it has for itself."""
    assert controlled("GET", "", Host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.1.1",
        "",
        "[",
        "::1",
    ],
)
def test_a_name_that_is_not_this_computers_is_refused(kms_import_mock, controlled, host):
    """A web page can have its own name lead here, by DNS rebinding; its browser says so."""
    status, said = refusal(controlled("POST", "clock", {"freeze": True}, Host=host))
    assert (status, said) == (403, f"Host is {host!r}: control is for this computer alone; ask 127.0.0.1 or localhost.")
    assert not kms_import_mock.clock.is_frozen


@pytest.mark.parametrize("hosts", ["", "Host: localhost\r\nHost: evil.example\r\n"], ids=["none", "two"])
def test_a_host_that_nobody_can_tell_is_refused(kms_import_server, hosts):
    """No browser sends that."""
    assert ask(kms_import_server.url, f"GET /_kms_import/ HTTP/1.1\r\n{hosts}\r\n".encode()).status == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost:3000", 200), ("http://127.0.0.1", 200), ("https://evil.example", 403), ("null", 403)],
)
def test_pages_from_elsewhere_are_refused(controlled, origin, status):
    """They may send what they cannot read the answer to; pages of this computer are its own."""
    assert controlled("POST", "reset", Origin=origin)[0] == status


def test_control_keeps_the_connection(kms_import_server):
    """So that a test need not open one for each request, also after a refusal."""
    head = "Host: localhost\r\n"
    requests = [
        f"GET /_kms_import/clock HTTP/1.1\r\n{head}\r\n",
        f"PUT /_kms_import/clock HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\n{{}}",
        f"DELETE /_kms_import/faults HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n",
        f"POST / HTTP/1.1\r\n{head}X-Amz-Target: TrentService.ListKeys\r\nContent-Length: 2\r\n\r\n{{}}",
    ]
    with connect(kms_import_server.url) as connection, connection.makefile("rb") as stream:
        connection.sendall("".join(requests).encode())
        assert [read_answer(stream).status for _ in requests] == [200, 405, 200, 200]


def test_control_by_tls(kms_import_mock, monkeypatch):
    """As everything else."""
    with kms_import_mock.serve(tls=True) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.ca_bundle)
        assert control(server.url, "GET", "").json["ready"]


def test_control_of_a_mock_that_has_ended(controlled, kms_import_mock):
    """What comes while it ends is told so."""
    kms_import_mock._lifetime._has_ended = True
    status, said = refusal(controlled("POST", "faults", {"fault": "Slow(5)"}))
    kms_import_mock._lifetime._has_ended = False
    assert status == 409
    assert "This mock has ended" in said


MEMBERS = strategies.sampled_from([*PLAN_MEMBERS, "advance", "move_to", "freeze", "hours", "x"])
FAULTS = strategies.sampled_from(["Slow(5)", "[Slow(5), None]", "StaleRead()", "meanwhile(disable_key)", "x", ""])


@settings(deadline=None)  # a server takes as long as the machine is busy
@given(
    strategies.sampled_from(["faults", "clock", "reset"]),
    strategies.dictionaries(MEMBERS, FAULTS | JSON, max_size=4).map(lambda members: json.dumps(members).encode())
    | strategies.binary(max_size=40),
)
def test_whatever_is_sent_is_done_or_refused(path, body):
    """No request is left without an answer that says what was wrong."""
    with mock_kms_import(region="eu-west-1", faults_must_strike=False) as mock, mock.serve() as server:
        answer = control(server.url, "POST", path, body)
        assert answer.status in {200, 400}
        assert answer.status == 200 or answer.json["error"].startswith(f"POST /_kms_import/{path}: ")
        assert not mock.complaints
        control(server.url, "DELETE", "faults")


# KMS keys

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
MATERIAL = bytes(range(32))
KEY = {
    "key_id": KEY_ID,
    "material": b64encode(MATERIAL).decode(),
    "origin": "EXTERNAL",
    "aliases": ["alias/payroll"],
    "region_name": "eu-west-1",
    "account": "111122223333",
    "Description": "payroll",
    "ValidTo": "2099-01-01T00:00:00Z",
}


def test_a_key_is_put_in_place(kms_import_mock, controlled):
    """With what was chosen, as by create_key; the answer describes it without its key material."""
    kms_import_mock.clock.move_to(datetime(2098, 11, 28, tzinfo=timezone.utc))
    status, told = controlled("POST", "keys", KEY)
    assert status == 200
    assert told["arn"] == f"arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}"
    assert (told["state"], told["description"], told["deletion_date"]) == ("Enabled", "payroll", None)
    (material,) = told["materials"]
    assert (material["state"], material["valid_to"]) == ("CURRENT", "2099-01-01T00:00:00.000Z")
    assert material.keys() == {"id", "state", "import_state", "valid_to", "description"}
    where = {"region_name": "eu-west-1", "account": "111122223333"}
    kms_import_mock.assert_imported("alias/payroll", MATERIAL, **where)
    assert not kms_import_mock.calls


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"key_id": "payroll"}, "the key ID 'payroll' is none"),
        ({"key_id": 7}, "takes key_id as a text, not 7"),
        ({"material": 7}, "material is no base64; write it as base64 of its bytes"),
        ({"material": "-----BEGIN PRIVATE KEY-----"}, "openssl pkcs8 -topk8 -nocrypt -outform DER"),
        ({"material": "AAEC"}, "The key material is 3 bytes, and SYMMETRIC_DEFAULT takes 32."),
        ({"aliases": "alias/payroll"}, "takes aliases as a list"),
        ({"aliases": [7]}, "takes aliases as a list"),
        ({"key_spec": ["RSA_2048"]}, "takes key_spec as a text"),
        ({"region_name": ["eu-west-1"]}, "takes region_name as a text"),
        ({"account": 7}, "takes account as a text"),
        ({"Tags": {"team": "blue"}}, "Invalid type for parameter Tags"),
        ({"ValidTo": "tomorrow", "origin": "EXTERNAL"}, "ValidTo"),
        ({"keyid": KEY_ID}, "Did you mean key_id? It takes key_id, material"),
    ],
)
def test_a_key_that_cannot_be_is_refused(kms_import_mock, controlled, members, said):
    """With what to write instead."""
    status, text = refusal(controlled("POST", "keys", members))
    assert status == 400
    assert said in text
    assert not kms_import_mock.client().list_keys()["Keys"]

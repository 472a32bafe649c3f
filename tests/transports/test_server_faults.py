"""Faults that strike calls which came by a server: they are what they are called, on a real socket."""

from __future__ import annotations

import json
import re
import time
from contextlib import closing, suppress
from threading import Thread
from traceback import StackSummary, walk_tb

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, SSLError

from pytest_kmsimport import NotOffered, faults, mock_kms_import
from pytest_kmsimport._wire.model import OF_A_SERVER, check_error

from ..support.fault_table import MODES, REGION, call, in_earnest
from ..support.real_network import BEHAVIOURS, WITHOUT_REQUEST
from ..support.servers import ask, connect, post, read_answer, until_true


def masked(text):
    """What is said without the ports."""
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)


@pytest.mark.parametrize("fault", BEHAVIOURS, ids=lambda fault: fault.id)
def test_a_fault_is_what_it_is_in_earnest(fault):
    """The client gets the same exception and text, or the same response, after as many attempts; the journal knows."""
    for mode in MODES:
        _, real = in_earnest(fault, mode)
        with mock_kms_import(region=REGION) as mock, mock.serve() as server:
            key_id = mock.client().create_key()["KeyMetadata"]["KeyId"]
            mock.inject(fault, "DescribeKey")
            ours = call(server.url, None, mode, fault, key_id)
            (record,) = mock.calls.to("DescribeKey")
            until_true(lambda: len(record.faults) == real.attempts)  # noqa: B023  a client may not have waited for it
        assert (ours.outcome, ours.attempts, masked(ours.text)) == (real.outcome, real.attempts, masked(real.text))
        assert record.attempts == real.attempts


ENDINGS = {
    faults.ReadTimeout(): ("ReadTimeout", 0),
    faults.ConnectionClosed(): ("ConnectionClosed", 0),
    faults.ConnectionReset(): ("ConnectionReset", 0),
    faults.TruncatedBody(): ("TruncatedBody", 1),
    faults.TruncatedChunks(): ("TruncatedChunks", 1),
    faults.StalledBody(): ("StalledBody", 1),
    faults.EmptyBody(): (None, 1),
    faults.HtmlAnswer(): ("502", 0),
    faults.EmptyAnswer(): ("503", 0),
    faults.AnswerLost(faults.ConnectionReset()): ("ConnectionReset", 1),
    faults.Refusal("ThrottlingException"): ("ThrottlingException", 0),
}


@pytest.mark.parametrize(("fault", "ending"), ENDINGS.items(), ids=lambda value: getattr(value, "id", ""))
def test_the_journal_says_what_happened_to_the_answer(kms_import_mock, kms_import_server, fault, ending):
    """Not what a client made of it, which nobody knows; and whether the call took effect."""
    kms_import_mock.inject(fault, "CreateKey")
    with closing(connect(kms_import_server.url)) as connection:
        connection.sendall(post("CreateKey"))
        connection.settimeout(0.3)
        with suppress(OSError):
            connection.recv(1)
        record = kms_import_mock.calls[0]
        assert (record.error, record.effects, record.faults) == (*ending, (fault,))
    assert kms_import_mock.calls.refused(ending[0]).kept if ending[0] else not kms_import_mock.calls.refused()


@pytest.mark.parametrize("error", OF_A_SERVER)
def test_what_a_call_can_end_with_can_be_asked_for(kms_import_mock, error):
    """Also where no call did."""
    check_error(error)
    assert kms_import_mock.calls.refused(error) == []


@pytest.mark.parametrize("fault", WITHOUT_REQUEST, ids=lambda fault: fault.id)
def test_a_connection_that_does_not_open_cannot_strike_one_call(kms_import_mock, kms_import_server, fault):
    """The test fails, and is told what to write; the client is told that it is the mock who speaks."""
    kms_import_mock.inject(fault, "CreateKey")
    answer = ask(kms_import_server.url, post("CreateKey"))
    assert (answer.status, answer.json["__type"]) == (400, "NotOfferedByPytestKmsimport")
    assert kms_import_mock.calls[0].error == "NotOffered"
    with pytest.raises(NotOffered, match=r"cannot strike one call that comes by a server.*server\.unreachable\(\)"):
        kms_import_mock.raise_complaints()


def test_a_server_that_nobody_can_reach():
    """Is what botocore meets at a port where nobody listens, for connections that were open before too."""
    fault = faults.EndpointUnreachable()
    real = [in_earnest(fault, mode)[1] for mode in MODES]
    with mock_kms_import(region=REGION) as mock, mock.serve() as server:
        kms = boto3.client("kms", endpoint_url=server.url)
        kms.list_keys()
        with server.unreachable():
            ours = [call(server.url, None, mode, fault) for mode in MODES]
            with pytest.raises(EndpointConnectionError):
                kms.list_keys()
        kms.list_keys()
        assert len(mock.calls) == 2
    assert [(seen.outcome, seen.attempts, masked(seen.text)) for seen in ours] == [
        (seen.outcome, seen.attempts, masked(seen.text)) for seen in real
    ]


def test_a_server_that_nobody_trusts():
    """Is what botocore meets at a certificate of nobody's, for connections that were open before too."""
    fault = faults.TlsError()
    real = [in_earnest(fault, mode)[1] for mode in MODES]
    with mock_kms_import(region=REGION) as mock, mock.serve(tls=True) as server:
        kms = boto3.client("kms", endpoint_url=server.url, verify=server.ca_bundle)
        kms.list_keys()
        with server.untrusted():
            ours = [call(server.url, None, mode, fault) for mode in MODES]
            with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
                kms.list_keys()
        kms.list_keys()
        assert len(mock.calls) == 2
    assert [(seen.outcome, seen.attempts) for seen in ours] == [(seen.outcome, seen.attempts) for seen in real]


def test_an_answer_that_is_really_late(kms_import_mock, kms_import_server):
    """Comes when it comes; others are answered meanwhile."""
    kms_import_mock.inject(faults.Slow(0.3, really=True), "CreateKey")
    with closing(connect(kms_import_server.url)) as connection, connection.makefile("rb") as stream:
        start = time.monotonic()
        connection.sendall(post("CreateKey"))
        until_true(lambda: len(kms_import_mock.calls) == 1)
        connection.sendall(post("ListKeys"))
        assert ask(kms_import_server.url, post("ListKeys")).status == 200
        assert time.monotonic() - start < 0.3
        assert "KeyMetadata" in read_answer(stream).json
        assert time.monotonic() - start >= 0.3
        assert len(read_answer(stream).json["Keys"]) == 1


def test_a_late_answer_moves_the_clock(kms_import_mock, kms_import_server):
    """And takes no time, if it need not: how long a client would have waited is not known here."""
    before = kms_import_mock.clock.now()
    kms_import_mock.inject(faults.Slow(3600), "CreateKey")
    assert ask(kms_import_server.url, post("CreateKey")).status == 200
    assert (kms_import_mock.clock.now() - before).total_seconds() >= 3600


@pytest.mark.parametrize("fault", [faults.ReadTimeout(), faults.StalledBody()], ids=lambda fault: fault.id)
def test_a_silent_call_ends_with_its_client(kms_import_mock, kms_import_server, fault):
    """The connection is gone as soon as the client hangs up, whatever it sends before."""
    connections = kms_import_server._server._listener._connections
    kms_import_mock.inject(fault, "CreateKey")
    with closing(connect(kms_import_server.url)) as connection:
        connection.sendall(post("CreateKey"))
        until_true(lambda: len(connections) == 1 and len(kms_import_mock.calls) == 1)
        connection.sendall(post("CreateKey"))
    until_true(lambda: not connections)
    assert len(kms_import_mock.calls) == 1


def test_a_client_that_does_not_wait_for_a_late_answer(kms_import_mock, kms_import_server):
    """Its call took effect, and the journal says that nobody heard."""
    kms_import_mock.inject(faults.Slow(60, really=True), "CreateKey")
    with closing(connect(kms_import_server.url)) as connection:
        connection.sendall(post("CreateKey"))
        until_true(lambda: len(kms_import_mock.calls) == 1)
        assert kms_import_mock.calls[0].error == "Unfinished"
    until_true(lambda: kms_import_mock.calls[0].error == "ClientGone")
    assert kms_import_mock.calls[0].effects == 1


@pytest.mark.parametrize("impatient", [False, True])
def test_a_late_answer_ends_with_the_server(kms_import_mock, impatient):
    """Whoever waits for it is let go, and the journal says so."""
    kms_import_mock.inject(faults.Slow(60, really=True), "CreateKey")
    with kms_import_mock.serve() as server:
        waiting = connect(server.url)
        waiting.sendall(post("CreateKey"))
        until_true(lambda: len(kms_import_mock.calls) == 1)
        if impatient:
            waiting.sendall(post("CreateKey"))
    with closing(waiting), suppress(ConnectionResetError):  # for what nobody has read
        assert waiting.recv(1) == b""
    assert (kms_import_mock.calls[0].error, kms_import_mock.calls[0].effects) == ("ServerStopped", 1)


def test_an_attempt_that_ends_late_is_not_the_outcome(kms_import_mock, kms_import_server):
    """Where the client has tried again, what came of the new attempt stands; effects of both count."""
    kms_import_mock.inject(faults.Slow(60, really=True), "CreateKey", times=1)
    request = post("CreateKey", headers="amz-sdk-invocation-id: one\r\n")
    with closing(connect(kms_import_server.url)) as connection:
        connection.sendall(request)
        until_true(lambda: len(kms_import_mock.calls) == 1)
        assert ask(kms_import_server.url, request).status == 200
    until_true(lambda: kms_import_mock.calls[0].effects == 2)
    record = kms_import_mock.calls[0]
    assert (record.error, record.attempts) == (None, 2)


def test_retries_of_a_client_in_this_process_take_no_time(kms_import_mock, kms_import_server):
    """The wait is noted and left out for those who go by the socket too."""
    kms_import_mock.inject(faults.ConnectionReset(), "ListKeys")
    kms = boto3.client("kms", endpoint_url=kms_import_server.url, config=Config(retries={"mode": "legacy"}))
    start = time.monotonic()
    with pytest.raises(ConnectionClosedError):
        kms.list_keys()
    assert time.monotonic() - start < 2
    record = kms_import_mock.calls[0]
    assert (record.attempts, len(record.delays)) == (5, 4)


def fail():
    """What a tester writes where nobody may come by."""
    pytest.fail("nobody may ask")


@pytest.mark.parametrize("error", [OSError("no disk"), "fail"], ids=["an exception", "pytest.fail"])
def test_what_fails_in_the_tests_own_code_fails_the_test(kms_import_mock, kms_import_server, error):
    """It cannot be raised in another process, so the client gets an error that is none of AWS's."""

    def condition(_):
        if error == "fail":
            fail()
        raise error

    kms_import_mock.inject(faults.ReadTimeout(), condition, must_strike=False)
    answer = ask(kms_import_server.url, post("ListKeys"))
    assert (answer.status, answer.json["__type"]) == (400, "NotOfferedByPytestKmsimport")
    with pytest.raises(AssertionError, match=r"could not answer: (OSError|Failed)\.") as complaint:
        kms_import_mock.raise_complaints()
    assert str(complaint.value.__cause__) in {"no disk", "nobody may ask"}  # which pytest shows with it


def test_a_failure_in_a_server_shows_no_request(kms_import_mock, kms_import_server, monkeypatch):
    """Neither what the complaint says nor the frames behind it have what was sent."""
    monkeypatch.setattr("pytest_kmsimport._wire.aws_json.headers", lambda *_: {}["no such header"])
    key_id = kms_import_mock.import_key().id
    request = json.dumps({"KeyId": key_id, "Plaintext": "dG9wIHNlY3JldA=="}).encode()
    assert ask(kms_import_server.url, post("Encrypt", request)).status == 400
    monkeypatch.undo()
    with pytest.raises(AssertionError, match="could not answer: KeyError") as complaint:
        kms_import_mock.raise_complaints()
    frames = StackSummary.extract(walk_tb(complaint.value.__cause__.__traceback__), capture_locals=True)
    assert len(frames) > 2
    assert not any(secret in str(frame.locals) for secret in ("top secret", "dG9wIHNlY3JldA==") for frame in frames)


def test_somebody_else_acts_meanwhile(kms_import_mock, kms_import_server):
    """As in process; and what fails there is complained of once."""

    def trip(*_):
        raise ValueError("no such key")

    kms_import_mock.inject(faults.meanwhile(trip), "ListKeys")
    answer = ask(kms_import_server.url, post("ListKeys"))
    assert answer.json == {"__type": "NotOfferedByPytestKmsimport", "message": "MeanwhileFailed"}
    (complaint,) = kms_import_mock.complaints
    assert "no such key" in str(complaint)
    kms_import_mock.complaints.clear()


def test_many_clients_at_once(kms_import_mock, kms_import_server):
    """Each is answered, and every call is in the journal."""
    kms = boto3.client("kms", endpoint_url=kms_import_server.url)
    threads = [Thread(target=lambda: [kms.create_key() for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kms_import_mock.calls.to("CreateKey")) == 80
    assert kms_import_mock.calls.refused() == []

"""A server from its beginning to its end, who goes there, and what other processes need to find it."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import SSLError

from pytest_kmsimport import RealAwsRefused, Server, _active, faults, mock_kms_import
from pytest_kmsimport._transports import loopback
from pytest_kmsimport._transports.conversation import Conversation

from ..support.servers import ask, connect, post, read_to_end, until_true
from .test_forks import in_a_fork

FILES = Path("/proc/self/fd")


def left_over():
    """The threads that there are, and the files that are open."""
    gc.collect()
    return threading.active_count(), len(list(FILES.iterdir())) if FILES.exists() else 0


def is_free(port):
    """Whether nobody has a port."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
    return True


# From beginning to end


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_server_leaves_nothing_behind(kms_import_mock, tls):
    """No thread and no file, whatever hangs on it: idle connections, silent calls, late ones, half a request."""
    kms_import_mock.inject(faults.ReadTimeout(), "CreateKey")
    kms_import_mock.inject(faults.Slow(60, really=True), "ListAliases")
    before = left_over()
    with ExitStack() as clients:
        with kms_import_mock.serve(tls=tls) as server:
            trusted = server.ca_bundle if tls else None
            kms = boto3.client("kms", endpoint_url=server.url, verify=trusted)
            kms.list_keys()
            for request in (b"", b"POST /", post("CreateKey"), post("ListAliases")):
                connection = clients.enter_context(closing(connect(server.url, trusted)))
                connection.sendall(request)
            until_true(lambda: len(kms_import_mock.calls) == 3)
            folder = Path(trusted).parent if tls else None
            port = urlsplit(server.url).port
        assert threading.active_count() == before[0]
        assert is_free(port)
        assert folder is None or not folder.exists()
    kms.close()
    assert left_over() == before
    assert _active.server_ports == ()


def test_a_server_that_has_ended_refuses_connections(kms_import_mock):
    """At once; to stop it again changes nothing."""
    with kms_import_mock.serve() as server:
        pass
    with pytest.raises(ConnectionRefusedError):
        connect(server.url)
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a server looks now and then whether it shall end")
def test_a_server_does_not_wait_to_end(kms_import_mock, monkeypatch):
    """Whoever waits for connections is woken up."""
    monkeypatch.setattr(loopback, "_POLL", 60)
    start = time.monotonic()
    with kms_import_mock.serve():
        pass
    assert time.monotonic() - start < 10


def test_servers_end_with_their_mock(kms_import_mock):
    """If not before."""
    with mock_kms_import(region="eu-west-1") as mock:
        serving = mock.serve()
        server = serving.__enter__()
        assert ask(server.url, post("ListKeys")).status == 200
    with pytest.raises(ConnectionRefusedError):
        connect(server.url)


def test_a_mock_that_has_ended_serves_nobody():
    """It says when it would."""
    with mock_kms_import(region="eu-west-1") as mock:
        pass
    with pytest.raises(RuntimeError, match="This mock has ended: serve while it is active"), mock.serve():
        pass


def test_fifty_servers_at_once(kms_import_mock):
    """Each has a port of its own, and all have the same KMS keys."""
    before = left_over()
    with ExitStack() as stack:
        servers = [stack.enter_context(kms_import_mock.serve()) for _ in range(50)]
        assert len({server.url for server in servers}) == 50
        for server in servers:
            ask(server.url, post("CreateKey"))
        assert len(ask(servers[0].url, post("ListKeys")).json["Keys"]) == 50
    assert left_over() == before


def test_a_server_has_the_mock_as_it_is(kms_import_mock, kms_import_server):
    """Also when it has begun anew."""
    ask(kms_import_server.url, post("CreateKey"))
    kms_import_mock.reset()
    assert ask(kms_import_server.url, post("ListKeys")).json["Keys"] == []
    assert len(kms_import_mock.calls) == 1


def test_a_server_says_where_it_is(kms_import_server):
    """In its repr too."""
    assert isinstance(kms_import_server, Server)
    assert kms_import_server.url in repr(kms_import_server)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this computer forks no processes")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_keeps_nothing_of_a_server_open(kms_import_mock):
    """What the parent closes is closed, and what it resets is reset, whatever copies there are."""
    kms_import_mock.inject(faults.ConnectionReset(), "CreateKey")
    with kms_import_mock.serve() as server, closing(connect(server.url)) as open_already:
        open_already.sendall(post("ListKeys"))
        open_already.recv(1)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(writing)
            os.read(reading, 1)  # until the parent has seen everything
            os._exit(0)
        os.close(reading)
        try:
            open_already.sendall(post("CreateKey"))
            with pytest.raises(ConnectionResetError):
                read_to_end(open_already)
            server.stop()
            with pytest.raises(ConnectionRefusedError):
                connect(server.url)
        finally:
            os.close(writing)
            os.waitpid(child, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this computer forks no processes")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_asks_its_parents_server_and_cannot_end_it(kms_import_mock, kms_import_server):
    """A client aimed at it goes there; that the child is done with it concerns nobody."""

    def use():
        boto3.client("kms", endpoint_url=kms_import_server.url).create_key()
        kms_import_server.stop()

    assert in_a_fork(use)
    assert len(kms_import_mock.calls) == 1
    assert len(ask(kms_import_server.url, post("ListKeys")).json["Keys"]) == 1


# In this process


def test_a_client_aimed_at_a_server_goes_there(kms_import_mock, kms_import_server, monkeypatch):
    """All others are answered in memory: the same KMS keys, and the calls in their order."""
    came, answer = [], Conversation._answer
    monkeypatch.setattr(
        Conversation, "_answer", lambda self, operation, body: (came.append(operation), answer(self, operation, body))
    )
    by_socket = boto3.client("kms", endpoint_url=kms_import_server.url)
    by_name = boto3.client("kms", endpoint_url=kms_import_server.url.replace("127.0.0.1", "localhost"))
    port = urlsplit(kms_import_server.url).port
    elsewhere = ["http://127.0.0.1:1", f"https://kms.us-east-1.amazonaws.com:{port}"]
    in_memory = [boto3.client("kms", endpoint_url=url) for url in (None, *elsewhere)] + [kms_import_mock.client()]
    for number, kms in enumerate([by_socket, by_name, *in_memory], start=1):
        kms.create_key()
        assert len(kms.list_keys()["Keys"]) == number
    assert came == ["CreateKey", "ListKeys"] * 2
    assert [record.operation for record in kms_import_mock.calls] == ["CreateKey", "ListKeys"] * 6


def test_a_client_aimed_at_a_server_signs(kms_import_mock, kms_import_server):
    """With its own credentials and Region, or with nobody's where it has none."""
    there = {"region_name": "ap-south-1", "endpoint_url": kms_import_server.url}
    keys = [
        boto3.client("kms", aws_access_key_id="111122223333", aws_secret_access_key="x", **there).create_key(),
        boto3.client("kms", **there).create_key(),
    ]
    made = [":".join(key["KeyMetadata"]["Arn"].split(":")[3:5]) for key in keys]
    assert made == ["ap-south-1:111122223333", f"ap-south-1:{kms_import_mock.account}"]


def test_a_client_of_the_mocks_own_goes_to_servers_alone(kms_import_mock, kms_import_server, monkeypatch):
    """And nowhere when they have ended."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", kms_import_server.url)
    kms = kms_import_mock.client()
    kms_import_mock.inject(faults.ConnectionReset(), "CreateKey", times=1)
    kms.create_key()
    assert kms_import_mock.calls[0].error is None
    assert kms_import_mock.calls[0].attempts == 2
    kms.close()
    kms_import_server.stop()
    kms.list_keys()  # which is answered in memory now
    kms_import_mock.stop()
    try:
        with pytest.raises(RealAwsRefused, match="while no mock is active"):
            kms.list_keys()
    finally:
        kms_import_mock.start()


def test_a_server_of_an_outer_mock_is_the_outer_mocks(kms_import_mock, kms_import_server):
    """Whichever mock answers in this process."""
    with mock_kms_import(region="eu-west-1") as inner:
        boto3.client("kms", endpoint_url=kms_import_server.url).create_key()
        assert len(inner.calls) == 0
    assert len(kms_import_mock.calls) == 1


# Other processes


PROGRAM = """
    import boto3
    kms = boto3.client("kms")
    print(kms.create_key()["KeyMetadata"]["Arn"])
"""
ELSEWHERE = {
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_PROFILE": "nobody",
    "AWS_SESSION_TOKEN": "x",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "NO_PROXY": "example.org",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
}


CONFIGURED_ELSEWHERE = """
[default]
ignore_configured_endpoint_urls = true
use_fips_endpoint = true
"""


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_program_finds_the_server(kms_import_mock, monkeypatch, tmp_path, tls):
    """Whatever its environment and its configuration say otherwise; ours stays as it is."""
    (tmp_path / "config").write_text(CONFIGURED_ELSEWHERE)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with kms_import_mock.serve(tls=tls) as server:
        command = [sys.executable, "-c", dedent(PROGRAM)]
        said = subprocess.run(command, env=server.environ, check=True, capture_output=True, text=True).stdout
        assert dict(os.environ) == before
    assert kms_import_mock.calls[0].response["KeyMetadata"]["Arn"] == said.strip()


def test_a_configuration_file_does_not_hide_the_server(kms_import_mock, kms_import_server, monkeypatch, tmp_path):
    """One that has endpoints ignored which are configured."""
    (tmp_path / "config").write_text("[default]\nignore_configured_endpoint_urls = true\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    subprocess.run([sys.executable, "-c", dedent(PROGRAM)], env=kms_import_server.environ, check=True)
    assert len(kms_import_mock.calls) == 1


def test_the_environment_for_other_processes(kms_import_server, monkeypatch):
    """Endpoint, Region and credentials; what would lead elsewhere is not there."""
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("no_proxy", raising=False)
    environ = kms_import_server.environ
    expected = {
        "AWS_ENDPOINT_URL_KMS": kms_import_server.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_USE_FIPS_ENDPOINT": "false",
        "AWS_USE_DUALSTACK_ENDPOINT": "false",
        "NO_PROXY": "example.org,127.0.0.1",
        "no_proxy": "127.0.0.1",
        "PATH": os.environ["PATH"],
    }
    assert {name: environ.get(name) for name in expected} == expected
    assert not environ.keys() & {"AWS_PROFILE", "AWS_SESSION_TOKEN"}


def test_the_environment_says_whom_to_trust(kms_import_mock):
    """Where the server has TLS, and not otherwise."""
    names = ["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]
    with kms_import_mock.serve(tls=True) as server, kms_import_mock.serve() as plain:
        assert [server.environ[name] for name in names] == [server.ca_bundle] * 4
        assert not plain.environ.keys() & set(names) - os.environ.keys()


def test_a_failed_test_shows_what_came_by_a_server(pytester):
    """In its report and in the fault coverage, as what came from this process."""
    pytester.makepyfile(
        """
        import boto3
        from pytest_kmsimport import faults

        def test_it(kms_import_mock, kms_import_server):
            kms_import_mock.inject(faults.ConnectionReset(), "ListKeys", times=1)
            boto3.client("kms", endpoint_url=kms_import_server.url).list_keys()
            boto3.client("kms", endpoint_url=kms_import_server.url).create_key()
            assert False
        """
    )
    result = pytester.runpytest_inprocess("--kms-import-coverage")
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [r".* KMS calls .*", r"\S+ ListKeys .* ok .* connection-reset .*", r"\S+ CreateKey .*"]
    )
    result.stdout.re_match_lines([r"ListKeys: 1 of \d+", r" +exercised: connection-reset"])


# TLS


def test_a_server_with_tls_is_trusted_by_its_certificate(kms_import_mock):
    """And by nothing else; the private key is in no file."""
    with kms_import_mock.serve(tls=True) as server:
        boto3.client("kms", endpoint_url=server.url, verify=server.ca_bundle).list_keys()
        with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            boto3.client("kms", endpoint_url=server.url).list_keys()
        assert [path.name for path in Path(server.ca_bundle).parent.iterdir()] == ["kms-import-ca.pem"]
        assert "PRIVATE" not in Path(server.ca_bundle).read_text()
    assert len(kms_import_mock.calls) == 1


def test_clients_who_do_not_speak_tls(kms_import_mock):
    """Get nothing, and stop nobody."""
    with kms_import_mock.serve(tls=True) as server, closing(connect(server.url)) as silent:
        with closing(connect(server.url)) as plain, suppress(ConnectionResetError):
            plain.sendall(post("ListKeys"))
            assert b"HTTP" not in read_to_end(plain)
        boto3.client("kms", endpoint_url=server.url, verify=server.ca_bundle).list_keys()
        server.stop()
        assert silent.recv(1) == b""
    assert len(kms_import_mock.calls) == 1


@pytest.mark.parametrize("what", ["ca_bundle", "untrusted"])
def test_a_server_without_tls_has_no_certificate(kms_import_server, what):
    """It says how to have one."""
    with pytest.raises(RuntimeError, match=r"write mock\.serve\(tls=True\)"):
        kms_import_server.ca_bundle if what == "ca_bundle" else kms_import_server.untrusted()


def test_a_server_may_end_while_nobody_can_reach_it(kms_import_mock):
    """And stays ended."""
    with kms_import_mock.serve() as server, server.unreachable():
        server.stop()
    with pytest.raises(ConnectionRefusedError):
        connect(server.url)


CURL = shutil.which("curl")


@pytest.mark.skipif(CURL is None, reason="there is no curl on this computer")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_curl(kms_import_mock, tls):
    """With a signature for another account and Region; without the certificate it asks nothing."""
    with kms_import_mock.serve(tls=tls) as server:
        target, body = ["--header", "X-Amz-Target: TrentService.CreateKey"], ["--data", '{"Origin":"EXTERNAL"}']
        signed = ["--aws-sigv4", "aws:amz:eu-west-3:kms", "--user", "111122223333:x"]
        command = [CURL, "--silent", "--show-error", *target, *body, *signed, server.url]
        said = subprocess.run(command, env=server.environ, check=True, capture_output=True, text=True).stdout
        assert ":eu-west-3:111122223333:key/" in said
        if tls:
            without = {name: value for name, value in server.environ.items() if value != server.ca_bundle}
            assert subprocess.run(command, env=without, check=False, capture_output=True).returncode == 60
    assert len(kms_import_mock.calls) == 1

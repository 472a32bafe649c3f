"""``pytest-kmsimport serve``: from ready to the end, who may control it, and what it writes where."""

from __future__ import annotations

import json
import os
import signal
import ssl
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import SSLError

from pytest_kmsimport._transports.certificates import new_server_side

from ..support.commands import PATIENCE, PROGRAM, command, started
from ..support.controlling import control
from ..support.servers import ask, connect, post, until_true

EVERYWHERE = "0.0.0.0"  # noqa: S104  what users write


@contextmanager
def serving(*arguments, **options):
    """A server while the block runs; what it has printed, its process, and, in the end, what it has said."""
    process = started("serve", *arguments, **options)
    server = SimpleNamespace(process=process, said=None, status=None)
    try:
        line = process.stdout.readline()
        assert line, process.communicate(timeout=PATIENCE)[1]
        server.ready = json.loads(line)
        server.url = server.ready["url"]
        yield server
        process.terminate()
        server.out, server.said = process.communicate(timeout=PATIENCE)
        server.status = process.returncode
    finally:
        process.kill()
        process.communicate()


def test_from_ready_to_the_end():
    """One line of JSON, every call on stderr with its diagnosis and without secrets, and no word more."""
    with serving(
        "--region", "eu-central-1", "--account", "111122223333", "--fault", "ReadTimeout(), 'ListKeys'"
    ) as server:
        created = ask(server.url, post("CreateKey")).json["KeyMetadata"]
        assert created["Arn"].startswith("arn:aws:kms:eu-central-1:111122223333:key/")
        data_key = ask(
            server.url, post("GenerateDataKey", f'{{"KeyId": "{created["KeyId"]}", "KeySpec": "AES_256"}}'.encode())
        )
        ask(server.url, post("DescribeKey", json.dumps({"KeyId": "alias/a\nb\x1b[31m"}).encode()))
        control(server.url, "DELETE", "faults")
        told = control(server.url, "GET", "calls")
    assert (server.status, server.out) == (0, "")
    lines = [line.partition(" ")[2] for line in server.said.splitlines()]
    assert lines[0] == "CreateKey eu-central-1: ok"
    assert lines[1] == f"GenerateDataKey eu-central-1 {created['KeyId']}: ok"
    assert lines[2].startswith("DescribeKey eu-central-1 alias/a\\nb\\x1b[31m: ")
    assert len(lines) == 3
    for shown in (server.said, told.body.decode()):
        assert data_key.json["Plaintext"] not in shown
        assert data_key.json["CiphertextBlob"] not in shown


def test_what_others_need_to_find_it():
    """Variables to set and to leave out, and nothing else of the environment, which may hold secrets."""
    environ = {**os.environ, "AWS_PROFILE": "payroll", "AWS_SESSION_TOKEN": "s3cr3t", "NO_PROXY": "example.org"}
    with serving("--region", "eu-west-1", env=environ) as server:
        assert server.ready == {
            "url": server.url,
            "environ": {
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
                "AWS_USE_FIPS_ENDPOINT": "false",
                "AWS_USE_DUALSTACK_ENDPOINT": "false",
                "AWS_ENDPOINT_URL_KMS": server.url,
                "AWS_REGION": "eu-west-1",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                "AWS_EC2_METADATA_DISABLED": "true",
                "NO_PROXY": "example.org,127.0.0.1",
                "no_proxy": f"{os.environ.get('no_proxy', '')},127.0.0.1".lstrip(","),
            },
            "unset": server.ready["unset"],
        }
        assert {"AWS_PROFILE", "AWS_SESSION_TOKEN"} <= set(server.ready["unset"])
        found = {name: value for name, value in environ.items() if name not in server.ready["unset"]}
        program = "import boto3; print(boto3.client('kms').create_key()['KeyMetadata']['Arn'])"
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={**found, **server.ready["environ"]},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.startswith("arn:aws:kms:eu-west-1:123456789012:key/")


def test_complaints_are_said_at_the_end():
    """And are the status: what nobody has asked the verdict for is not lost."""
    with serving("--fault", 'AnswerLost(), on="CreateKey"') as server:
        ask(server.url, post("DescribeKey", b'{"KeyId": "alias/aws/unknown"}'))
    assert server.status == 1
    complaint, fault = [line for line in server.said.splitlines() if line.startswith("pytest-kmsimport: ")][-2:]
    assert complaint.startswith("pytest-kmsimport: NotOffered: DescribeKey with alias/aws/unknown is not offered")
    assert fault.startswith(
        "pytest-kmsimport: FaultNeverStruck: A planned fault never struck: AnswerLost(seen=ReadTimeout())"
    )


def test_a_reset_server_has_nothing_to_say():
    """Whoever has read the verdict, and failed for it, begins anew."""
    with serving("--fault", 'AnswerLost(), on="CreateKey"') as server:
        assert not control(server.url, "GET", "verdict").json["ok"]
        control(server.url, "POST", "reset")
    assert (server.status, server.said) == (0, "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_it_ends_at_a_signal(name):
    """At once, whatever hangs on it."""
    silence = "ReadTimeout(), 'ListKeys', must_strike=False"
    with serving("--fault", silence) as server, connect(server.url) as silent:
        silent.sendall(post("ListKeys"))
        until_true(lambda: control(server.url, "GET", "calls").json["calls"])
        server.process.send_signal(getattr(signal, name))
        start = time.monotonic()
        assert server.process.wait(PATIENCE) == 0
        assert time.monotonic() - start < 10
        assert silent.recv(1) == b""


PARENT = """
import subprocess, sys
server = subprocess.Popen([*sys.argv[1:], "serve", "--with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(server.pid, server.stdout.readline().decode(), flush=True)
input()
"""


def test_it_ends_with_its_parent():
    """Which need not have had the time to end it."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    number, _, line = parent.stdout.readline().partition(" ")
    url = json.loads(line)["url"]
    assert control(url, "GET", "").status == 200
    parent.kill()
    parent.communicate()
    until = time.monotonic() + PATIENCE
    while is_there(url):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert int(number)


@pytest.fixture
def credentials(monkeypatch):
    """Credentials that belong to nobody, for clients of this process, in which there is no mock."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def is_there(url):
    """Whether anybody answers."""
    try:
        connect(url).close()
    except ConnectionError:
        return False
    return True


@pytest.mark.parametrize("closed", [False, True], ids=["empty", "closed"])
def test_without_a_parent_to_end_with(closed):
    """Standard input is none of its business, unless that is asked for: a shell's background has none."""
    options = {"preexec_fn": lambda: os.close(0)} if closed else {}
    with serving(stdin=subprocess.DEVNULL, **options) as server:
        assert control(server.url, "GET", "").status == 200
    run = command("serve", "--with-parent", stdin=subprocess.DEVNULL, **options)
    assert (run.returncode, run.stderr) == (0, "")


# TLS


def test_tls_writes_whom_to_trust(tmp_path, credentials, monkeypatch):
    """Into a folder that is made for it, with no private key anywhere; it is gone with the server."""
    folder = tmp_path / "new" / "certificates"
    with serving("--tls", str(folder)) as server:
        trusted = folder / "kms-import-ca.pem"
        environ = server.ready["environ"]
        names = ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
        assert {environ[name] for name in names} == {str(trusted)}
        assert server.url.startswith("https://127.0.0.1:")
        boto3.client("kms", endpoint_url=server.url, verify=str(trusted)).list_keys()
        monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
        with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            boto3.client("kms", endpoint_url=server.url).list_keys()
        assert [path.name for path in folder.iterdir()] == ["kms-import-ca.pem"]
        assert "PRIVATE" not in trusted.read_text()
    assert list(folder.iterdir()) == []


def test_a_private_key_is_never_readable_by_others(monkeypatch, tmp_path):
    """OpenSSL takes it from a file alone, which is there for that moment, whatever the umask."""
    seen = []

    def load_cert_chain(context, file):
        seen.append((file, *(stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent))))
        load(context, file)

    load = ssl.SSLContext.load_cert_chain
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load_cert_chain)
    before = os.umask(0)
    try:
        new_server_side(["127.0.0.1"], tmp_path / "ca.pem")
    finally:
        os.umask(before)
    ((file, mode, mode_of_folder),) = seen
    assert (mode, mode_of_folder) == (0o600, 0o700)
    assert not file.parent.exists()


# Other computers


@pytest.mark.parametrize("host", [EVERYWHERE, "localhost", "127.0.0.1"])
def test_a_server_for_others_is_controlled_by_its_token(host):
    """From anywhere, and by nobody without."""
    with serving("--host", host) as server:
        expected = "127.0.0.1" if host == EVERYWHERE else host
        assert server.url.startswith(f"http://{expected}:")
        assert expected in server.ready["environ"]["NO_PROXY"].split(",")
        token = server.ready["token"]
        for scheme in ("Bearer", "bearer"):
            assert control(server.url, "GET", "", Authorization=f"{scheme} {token}", Host="kms.example").status == 200
        for given in (
            {},
            {"Authorization": "Bearer"},
            {"Authorization": f"Basic {token}"},
            {"Authorization": f"Bearer {token}x"},
        ):
            answer = control(server.url, "POST", "reset", **given)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert "send Authorization: Bearer and the token that it printed" in answer.json["error"]
            assert token not in answer.json["error"]
        assert ask(server.url, post("ListKeys")).status == 200
    assert token not in server.said


def test_tls_for_others(credentials):
    """The certificate is for the name that they know it by too."""
    with serving("--host", "localhost", "--tls") as server:
        trusted = server.ready["environ"]["AWS_CA_BUNDLE"]
        for name in ("127.0.0.1", "localhost"):
            url = server.url.replace("localhost", name)
            boto3.client("kms", endpoint_url=url, verify=trusted).list_keys()
    assert not Path(trusted).parent.exists()


# What is refused, and what it takes


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        (["--port", "http"], "'http' is no port; write a number from 0 to 65535"),
        (["--port", "65536"], "'65536' is no port"),
        (["--region", "here"], "write the name of an AWS Region"),
        (["--fault", "ReadTimeout"], "write ReadTimeout(...)"),
        (["--", "npm", "test"], "serve runs no program; write pytest-kmsimport run -- npm test"),
        (
            ["--host", "192.0.2.1"],
            "192.0.2.1:0: Cannot assign requested address; write another --port, --host or --tls",
        ),
        (["--tls", "/dev/null/folder"], "/dev/null/folder: Not a directory; write another --port, --host or --tls"),
    ],
)
def test_misuse(main, arguments, instead):
    """Says what to write, and is never ready."""
    status, out, said = main("serve", *arguments)
    assert (status, out) == (2, "")
    assert instead in said


def test_a_port_of_ones_own(main, kms_import_server):
    """Which nobody else can have; one that is free is taken."""
    port = kms_import_server.url.rpartition(":")[2]
    status, out, said = main("serve", "--port", port)
    assert (status, out) == (2, "")
    assert f"127.0.0.1:{port}: Address already in use; write another --port" in said
    kms_import_server.stop()
    with serving("--port", port) as server:
        assert server.url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("arguments", [["serve", "--with-parent"], ["run", "--", "true"]], ids=["serve", "run"])
def test_it_loads_no_test_runner(arguments):
    """Nor what else it does not need, also where it has a report to make: half of its time goes into imports."""
    program = [sys.executable, "-X", "importtime", *PROGRAM[1:], arguments[0], "--fault", "Slow(5)", *arguments[1:]]
    run = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines() if "|" in line}
    assert {"botocore", "pytest_kmsimport", "argparse"} <= loaded
    assert not loaded & {"pytest", "_pytest", "boto3", "moto", "aiobotocore", "asyncio"}
    assert "FaultNeverStruck" in run.stderr

"""The option ``serve``: every child process of a test asks the mock, whichever way it comes by its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from pytest_kmsimport import _active, faults, mock_kms_import
from pytest_kmsimport._transports import loopback
from pytest_kmsimport._transports.conversation import Conversation

from ..support.servers import connect
from .test_children import NAMES, NOWHERE
from .test_forks import in_a_fork
from .test_server import FILES, left_over

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this computer forks no processes")
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of Python 3.12, about threads
SCRIPT = 'import boto3; print(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])'
#: What a program does that has no SDK.
ASK = """
import os, urllib.request
target = {"X-Amz-Target": "TrentService.ListKeys"}
urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL_KMS"], b"{}", target))
"""
AWS = "https://kms.{}.amazonaws.com"


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch, tmp_path):
    """No endpoint and no credentials on this computer but those of the test."""
    for name in (*NAMES, "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def mock(nothing_configured):
    """A mock that serves, on such a computer."""
    with mock_kms_import(serve=True) as mock:
        yield mock


@pytest.fixture
def by_socket(monkeypatch):
    """The operations that have come by a socket."""
    came, answer = [], Conversation._answer
    monkeypatch.setattr(
        Conversation, "_answer", lambda self, operation, body: (came.append(operation), answer(self, operation, body))
    )
    return came


def create_key(_: object = None) -> str:
    """Make a KMS key, and give its ARN."""
    arn: str = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    return arn


def program(script: str = SCRIPT, **options) -> str:
    """What a program of its own prints."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout.strip()


def program_with_the_environment() -> str:
    """A program that is given the environment with something more in it."""
    return program(env={**os.environ, "MORE": "x"})


def program_of_a_program() -> str:
    """One that has another do it."""
    return program(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SCRIPT!r}], check=True)")


def spawned() -> str:
    """A process of multiprocessing that begins anew."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(create_key)


def forked() -> str:
    """A process of multiprocessing that has a copy of everything."""
    with get_context("fork").Pool(1) as pool:
        return pool.apply(create_key)


def shell() -> str:
    """A program of a shell script."""
    with os.popen(f"exec {sys.executable} -c '{SCRIPT}'") as output:  # noqa: S605  the test's own
        return output.read().strip()


WAYS = [program, program_with_the_environment, program_of_a_program, spawned, shell]
WAYS += [pytest.param(forked, marks=needs_fork)]


@pytest.mark.parametrize("start", WAYS, ids=lambda start: start.__name__)
def test_every_child_asks_the_mock(start):
    """Its KMS keys are there, its calls are in the journal, and Region and account are the mock's."""
    with mock_kms_import(serve=True, region="eu-west-1", account="111122223333") as mock:
        arn = start()
        assert arn.startswith("arn:aws:kms:eu-west-1:111122223333:key/")
        assert mock.key(arn).state == "Enabled"
        assert [(call.operation, call.attempts) for call in mock.calls] == [("CreateKey", 1)]


CONFIGURED = {
    "endpoint": ({"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:2", "AWS_ENDPOINT_URL": "http://127.0.0.1:2"}, ""),
    "ignored": ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, ""),
    "ignored by file": ({}, "[default]\nignore_configured_endpoint_urls = true\n"),
    "profile": (
        {"AWS_PROFILE": "x", "AWS_SESSION_TOKEN": "y"},
        "[profile x]\nregion = sa-east-1\nendpoint_url = http://127.0.0.1:2\naws_access_key_id = 999988887777\n",
    ),
    "proxy": ({"HTTP_PROXY": "http://127.0.0.1:3", "HTTPS_PROXY": "http://127.0.0.1:3", "NO_PROXY": "example.com"}, ""),
}


@pytest.mark.parametrize("start", WAYS[:1] + WAYS[-1:], ids=lambda start: start.__name__)
@pytest.mark.parametrize("configured", CONFIGURED)
def test_whatever_is_configured(monkeypatch, tmp_path, configured, start):
    """Neither endpoints nor profiles nor proxies lead a child elsewhere, and it has credentials that are nobody's."""
    variables, lines = CONFIGURED[configured]
    Path(tmp_path, "config").write_text(lines)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with mock_kms_import(serve=True) as mock:
        arn = start()
        assert mock.key(arn).arn == arn
        assert arn.split(":")[3:5] == ["us-east-1", "123456789012"]


def test_a_child_with_credentials_of_its_own(mock):
    """It acts in the account and the Region that it signs for."""
    client = 'boto3.client("kms", "eu-west-3", aws_access_key_id="111122223333", aws_secret_access_key="x")'
    arn = program(SCRIPT.replace('boto3.client("kms")', client))
    assert arn.split(":")[3:5] == ["eu-west-3", "111122223333"]


def test_credentials_are_kept_where_real_aws_is_allowed(monkeypatch):
    """Children have them as this process has, and their KMS is the mock all the same."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "999988887777")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    with mock_kms_import(serve=True, allow_real_aws=True) as mock:
        assert os.environ["AWS_SECRET_ACCESS_KEY"] == "real"
        assert mock.key(program()).arn.split(":")[4] == "999988887777"


@pytest.mark.parametrize("serve", [False, True])
def test_credentials_of_children_are_nobodys(monkeypatch, tmp_path, serve):
    """What a child asks other services it asks with nothing that they take, whatever there is on this computer."""
    Path(tmp_path, "credentials").write_text(
        "[default]\naws_access_key_id = real\naws_secret_access_key = real\n"
        "[x]\naws_access_key_id = real\naws_secret_access_key = real\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "x")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    with mock_kms_import(serve=serve):
        script = "import boto3; print(*boto3.Session().get_credentials().get_frozen_credentials()[:3])"
        assert program(script) == "testing testing None"


# This process


def clients():
    """Clients of this process, by whatever they are built."""
    yield boto3.client("kms")
    yield boto3.Session().client("kms")
    yield botocore.session.Session().create_client("kms")


def test_this_process_is_answered_in_memory(mock, by_socket):
    """Its clients have AWS's endpoint, as without the option, and take no socket."""
    for kms in (*clients(), mock.client()):
        assert kms.meta.endpoint_url == AWS.format("us-east-1")
        kms.create_key()
    assert not by_socket
    assert len(mock.calls) == 4


@pytest.mark.parametrize("when", ["before", "while"])
def test_endpoints_of_this_process_can_be_configured(monkeypatch, when):
    """What is configured before the mock or under it is heeded."""
    if when == "before":
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:2")
    with mock_kms_import(serve=True) as mock, pytest.MonkeyPatch.context() as within:
        if when == "while":
            within.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:2")
        for kms in clients():
            assert kms.meta.endpoint_url == "http://127.0.0.1:2"
            kms.list_keys()
        assert len(mock.calls) == 3


def test_a_client_aimed_at_the_server_goes_there(mock, by_socket):
    """Where it is told to by hand."""
    boto3.client("kms", endpoint_url=os.environ["AWS_ENDPOINT_URL_KMS"]).list_keys()
    assert by_socket == ["ListKeys"]


def test_nothing_is_left_behind():
    """No variable, no thread and no file."""
    environ, before = dict(os.environ), left_over()
    with mock_kms_import(serve=True):
        url = os.environ["AWS_ENDPOINT_URL_KMS"]
        assert left_over() != before
    assert (dict(os.environ), left_over()) == (environ, before)
    assert _active.server_ports == ()
    assert boto3.client("kms", "us-east-1").meta.endpoint_url == AWS.format("us-east-1")
    with pytest.raises(ConnectionRefusedError):
        connect(url)


def test_a_mock_that_cannot_serve_does_not_begin(monkeypatch):
    """It is as if it had not been made."""

    def without_a_port(*_):
        raise OSError("no port is free")

    environ = dict(os.environ)
    monkeypatch.setattr(loopback.Listener, "server_bind", without_a_port)
    with pytest.raises(OSError, match="no port is free"):
        mock_kms_import(serve=True).__enter__()
    assert _active.active() is None
    assert dict(os.environ) == environ


# With other mocks and servers


def test_an_inner_mock_stands_alone():
    """Its children ask it where it serves, and nobody where it does not; afterwards they ask the outer one again."""
    with mock_kms_import(serve=True) as outer:
        with mock_kms_import(serve=True, region="eu-west-1") as inner:
            assert ":eu-west-1:" in program()
        with mock_kms_import(region="eu-west-2") as without:
            once = 'boto3.client("kms", config=Config(retries={"total_max_attempts": 1}))'
            script = "from botocore.config import Config; " + SCRIPT.replace('boto3.client("kms")', once)
            with pytest.raises(subprocess.CalledProcessError) as caught:
                program(script)
            assert NOWHERE in caught.value.stderr
        with mock_kms_import():
            assert ":us-east-1:" in program()
        assert [len(mock.calls) for mock in (outer, inner, without)] == [1, 1, 0]


def test_an_inner_mock_outlives_the_outer_one(by_socket):
    """Children ask the one that answers in this process."""
    outer, inner = mock_kms_import(serve=True), mock_kms_import(serve=True, region="eu-west-1")
    outer.__enter__()
    mock = inner.__enter__()
    outer.__exit__(None, None, None)
    assert ":eu-west-1:" in program()
    assert [kms.meta.endpoint_url for kms in clients()] == [AWS.format("eu-west-1")] * 3
    assert len(mock.calls) == 1
    inner.__exit__(None, None, None)


def test_another_server_beside_it(mock):
    """Both are of the same mock."""
    with mock.serve() as server:
        assert server.url != os.environ["AWS_ENDPOINT_URL_KMS"]
        keys = {program(), program(env=server.environ)}
    keys.add(program())
    assert {mock.key(arn).arn for arn in keys} == keys
    assert len(mock.calls) == 3


def test_a_child_may_have_a_mock_of_its_own(mock):
    """In it that one answers, and not the parent's."""
    script = "from pytest_kmsimport import mock_kms_import\nwith mock_kms_import() as mock:\n    import boto3\n"
    assert program(script + '    boto3.client("kms").create_key()\n    print(len(mock.calls))') == "1"
    assert not mock.calls


@pytest.mark.parametrize("workers", [0, 2])
def test_each_test_has_its_own(pytester, workers):
    """Also one after the other, in several processes of pytest-xdist; by the ini option and by the marker."""
    pytester.makeini(f"[pytest]\nkms_import_serve = {not workers}")
    pytester.makepyfile(f"""
        import subprocess, sys, pytest

        ASK = [sys.executable, "-c", {ASK!r}]

        @pytest.mark.kms_import({"serve=True" if workers else ""})
        @pytest.mark.parametrize("number", range(6))
        def test_a(kms_import_mock, number):
            for _ in range(number):
                subprocess.run(ASK, check=True)
            assert len(kms_import_mock.calls) == number
    """)
    result = pytester.runpytest_subprocess(*([f"-n{workers}"] if workers else ["-p", "no:xdist"]))
    result.assert_outcomes(passed=6)


# Processes that are forked off


@needs_fork
def test_a_fork_goes_to_the_parents_mock(mock, by_socket):
    """With clients that were built before it or in it, whatever endpoint those have; the mock's copy is not asked."""
    before, elsewhere = boto3.client("kms"), boto3.client("kms", endpoint_url="https://kms.example")
    key_id = mock.import_key().id

    def act():
        for kms in (before, elsewhere, boto3.client("kms"), mock.client("us-east-1")):
            assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Enabled"
        before.disable_key(KeyId=key_id)
        assert not mock.calls

    assert in_a_fork(act)
    assert mock.key(key_id).state == "Disabled"
    assert by_socket == ["DescribeKey"] * 4 + ["DisableKey"]
    assert [call.attempts for call in mock.calls] == [1] * 5


@needs_fork
def test_a_client_in_a_fork_may_be_aimed_at_another_server(mock):
    """It goes there: to that of the outer mock, for instance."""
    url = os.environ["AWS_ENDPOINT_URL_KMS"]
    with mock_kms_import(serve=True, region="eu-west-1") as inner:
        assert in_a_fork(boto3.client("kms", endpoint_url=url).create_key)
        assert [len(mock.calls), len(inner.calls)] == [1, 0]


@needs_fork
@pytest.mark.skipif(not FILES.exists(), reason="this computer does not say which files are open")
def test_a_fork_keeps_no_connections(mock):
    """However often it asks."""

    def act():
        create_key()
        before = left_over()
        for _ in range(3):
            create_key()
            assert len(list(FILES.iterdir())) == before[1]

    assert in_a_fork(act)


@needs_fork
def test_a_fork_asks_as_the_account_that_it_signs_for(mock):
    """And in its client's Region."""
    kms = mock.client("eu-west-3", "111122223333")
    assert in_a_fork(kms.create_key)
    assert ":eu-west-3:111122223333:" in mock.calls[0].response["KeyMetadata"]["Arn"]


@needs_fork
def test_faults_strike_in_a_fork(mock):
    """On the socket, as many times as planned; the client tries again, and then raises what it raises."""
    mock.inject(faults.ConnectionReset(), "CreateKey", times=2)
    mock.inject(faults.ReadTimeout(), "ListKeys")
    brief = Config(retries={"total_max_attempts": 1}, read_timeout=0.1)

    def act():
        boto3.client("kms").create_key()
        with pytest.raises(Exception, match="Read timeout on endpoint URL"):
            boto3.client("kms", config=brief).list_keys()

    assert in_a_fork(act)
    assert [call.attempts for call in mock.calls] == [3, 1]


@needs_fork
def test_a_fork_of_a_fork(mock):
    """Asks the same mock."""
    assert in_a_fork(lambda: in_a_fork(create_key) or sys.exit(1))
    assert len(mock.calls) == 1


@needs_fork
def test_a_fork_that_outlives_the_mock():
    """Is told that nobody is there, and asks no copy."""
    reading, writing = os.pipe()
    with mock_kms_import(serve=True):
        kms = boto3.client("kms", config=Config(retries={"total_max_attempts": 1}))
        child = os.fork()
        if not child:
            os.read(reading, 1)
            try:
                kms.list_keys()
            except (EndpointConnectionError, ConnectionClosedError):
                os._exit(0)
            finally:
                os._exit(1)
    os.write(writing, b".")
    assert os.waitpid(child, 0)[1] == 0
    os.close(reading)
    os.close(writing)


@needs_fork
def test_a_fork_may_end_the_mock_and_begin_another(mock):
    """That ends nothing here; one that it begins itself answers it in memory, and serves its own children."""

    def act():
        with mock_kms_import(region="eu-west-1") as other:
            create_key()
            assert len(other.calls) == 1
        mock.stop()
        assert "AWS_ENDPOINT_URL_KMS" not in os.environ
        mock.start()
        create_key()
        assert program().startswith("arn:")
        assert len(mock.calls) == 2

    assert in_a_fork(act)
    assert not mock.calls
    assert program().startswith("arn:")
    assert len(mock.calls) == 1


@needs_fork
def test_the_guard_holds_in_a_fork(pytester):
    """Of a test without a mock: a call of KMS is refused there, where the fork gets to see it."""
    pytester.makeini("[pytest]\nkms_import_guard = true")
    pytester.makepyfile("""
        import boto3, os, pytest
        from pytest_kmsimport import RealAwsRefused

        @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
        def test_a():
            kms = boto3.client("kms", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
            child = os.fork()
            if not child:
                try:
                    kms.list_keys()
                except RealAwsRefused:
                    os._exit(7)
                finally:
                    os._exit(1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)

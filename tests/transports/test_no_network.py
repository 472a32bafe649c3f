"""The ban on the network that all tests of this repository run under, itself put to the test."""

from __future__ import annotations

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

ELSEWHERE = ("192.0.2.1", 443)  # an address for documents, which nobody has


@pytest.fixture
def expected(no_network):
    """The file that the ban writes to, emptied when the test has seen it bite."""
    yield no_network
    no_network.write_text("")


def connect():
    """Open a connection."""
    socket.create_connection(ELSEWHERE)


def connect_without_an_exception():
    """Open a connection by the call that answers with an error number."""
    with socket.socket() as client:
        client.connect_ex(ELSEWHERE)


def send_a_datagram():
    """Send something without a connection."""
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ELSEWHERE)


def look_up():
    """Ask for the address of a name."""
    socket.getaddrinfo("kms.us-east-1.amazonaws.com", 443)


def look_up_by_the_old_call():
    """Ask for the address of a name, as it was done before IPv6."""
    socket.gethostbyname("kms.us-east-1.amazonaws.com")


def send_as_botocore_does():
    """Send a request with botocore's own HTTP session."""
    request = AWSRequest("POST", "https://kms.us-east-1.amazonaws.com", data=b"{}").prepare()
    URLLib3Session().send(request)


WAYS_OUT = [
    connect,
    connect_without_an_exception,
    send_a_datagram,
    look_up,
    look_up_by_the_old_call,
    send_as_botocore_does,
]


@pytest.mark.parametrize("leave", WAYS_OUT, ids=lambda leave: leave.__name__)
def test_no_way_leads_out(expected, leave):
    """Connections, datagrams and look-ups of anything but this computer are refused, by no ordinary exception."""
    with pytest.raises(BaseException, match="socket") as caught:
        leave()
    assert (type(caught.value).__name__, isinstance(caught.value, Exception)) == ("NoNetwork", False)
    assert len(expected.read_text().splitlines()) == 1


def test_threads_do_not_lead_out_either(expected):
    """A thread has no more of a network."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(BaseException, match="socket"):
        pool.submit(connect).result()


def test_children_do_not_lead_out_either(expected):
    """Nor has a Python that a test starts, with the environment that it inherits."""
    code = "import socket; socket.gethostbyname('kms.us-east-1.amazonaws.com')"
    child = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "NoNetwork" in child.stderr
    assert "kms.us-east-1" in expected.read_text()


def test_loopback_is_there():
    """Servers that a test runs by itself can be reached, by address and by name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, server.getsockname()[1])).close()


def test_a_swallowed_failure_fails_the_test(pytester, request):
    """A test that swallows everything, Exception or not, fails all the same."""
    shared = request.config.rootpath / "conftest.py"
    pytester.makeconftest(f"import runpy\nno_network = runpy.run_path({str(shared)!r})['no_network']")
    pytester.makepyfile(
        """
        import socket

        def test_a():
            try:
                socket.gethostbyname("kms.us-east-1.amazonaws.com")
            except BaseException:
                pass
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1, errors=1)

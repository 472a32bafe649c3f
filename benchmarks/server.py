"""What a server costs: a call by its socket, its beginning and end, and those of the command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from threading import Thread
from time import perf_counter
from typing import Any

from botocore.client import BaseClient
from botocore.session import Session

from pytest_kmsimport import KmsImportMock
from pytest_kmsimport._mock.options import DEFAULTS

from .side_by_side import Contender, Line, compare

_CALL = 1.25  # of the floor; half of both is HTTP, on either side of the socket
_START, _END = 20_000, 50_000  # microseconds
_READY = 500_000


def lines() -> Iterator[Line]:
    """DescribeKey by a socket, against a bare server of the standard library; and its start and its end.

    No mock is active, so that a client is what it is in another process: botocore as it is, which signs.
    """
    mock = KmsImportMock(DEFAULTS)
    key_id = mock.import_key().id
    with mock.serve() as server:
        client = _client(server.url)
        with _bare(_recorded(client, key_id)) as url:
            ours = Contender(partial(client.describe_key, KeyId=key_id))
            floor = Contender(partial(_client(url).describe_key, KeyId=key_id))
            # By the clock on the wall, for half of the work is another thread's.
            measured = compare(ours, floor, rounds=150, calls=10, clock=perf_counter)
    yield Line("DescribeKey by a server", "floor over a bare server", *measured, _CALL)
    for what, tls in (("a server", False), ("a server with TLS", True)):
        start, end = _start_and_end(mock, tls=tls)
        yield Line(f"start of {what}", "what it may take", start, _START, start / _START, 1.00)
        yield Line(f"end of {what}, with an open connection", "what it may take", end, _END, end / _END, 1.00)
    ready = median(_until_ready() for _ in range(7)) * 1e6
    yield Line("pytest-kmsimport serve, until it is ready", "what it may take", ready, _READY, ready / _READY, 1.00)


def _client(url: str, verify: str | None = None) -> BaseClient:
    anybody = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return Session().create_client("kms", "us-east-1", endpoint_url=url, verify=verify, **anybody)


def _recorded(client: BaseClient, key_id: str) -> bytes:
    """An answer as it goes over the wire."""
    seen: list[dict[str, Any]] = []

    def record(response_dict: dict[str, Any], **_: object) -> None:
        seen.append(response_dict)

    client.meta.events.register("before-parse.kms.DescribeKey", record)
    client.describe_key(KeyId=key_id)
    client.meta.events.unregister("before-parse.kms.DescribeKey", record)
    head = "".join(f"{name}: {value}\r\n" for name, value in seen[0]["headers"].items())
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + seen[0]["body"]


def _start_and_end(mock: KmsImportMock, *, tls: bool) -> tuple[float, float]:
    """Microseconds, the medians of some: the first has to import what it takes."""
    starts, ends = [], []
    for _ in range(10):
        with ExitStack() as stack:
            begun = perf_counter()
            server = stack.enter_context(mock.serve(tls=tls))
            starts.append(perf_counter() - begun)
            client = _client(server.url, server.ca_bundle if tls else None)
            client.list_keys()
            begun = perf_counter()
        ends.append(perf_counter() - begun)
        client.close()
    return median(starts) * 1e6, median(ends) * 1e6


def _until_ready() -> float:
    """Seconds from the start of the command to its line."""
    command = [sys.executable, "-m", "pytest_kmsimport", "serve", "--with-parent"]
    begun = perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:  # noqa: S603  our own command
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.readline()
        took = perf_counter() - begun
        server.stdin.close()
    return took


@contextmanager
def _bare(sent: bytes) -> Iterator[str]:
    """The URL of a server that reads requests and always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(sent)

    class Bare(ThreadingHTTPServer):
        daemon_threads = True

    with Bare(("127.0.0.1", 0), Handler) as bare:
        thread = Thread(target=bare.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{bare.server_address[1]}"
        finally:
            bare.shutdown()
            thread.join()

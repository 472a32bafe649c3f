"""What tests of the mock's servers say to them, byte by byte."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit

PATIENCE = 20  # seconds
TARGET = "X-Amz-Target: TrentService.{}\r\n"


class Answer(NamedTuple):
    """An answer of HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


def connect(url: str, ca_bundle: str | None = None) -> socket.socket:
    """Open a connection to a server, by TLS where it is said whom to trust."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
    if ca_bundle is None:
        return connection
    return ssl.create_default_context(cafile=ca_bundle).wrap_socket(connection, server_hostname=parts.hostname)


def post(operation: str, body: bytes = b"{}", headers: str = "", version: str = "1.1") -> bytes:
    """A request of an operation."""
    head = f"POST / HTTP/{version}\r\nHost: x\r\n{TARGET.format(operation)}Content-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def read_answer(stream: Any, *, has_body: bool = True) -> Answer:
    """Read one answer off what ``socket.makefile`` gives."""
    status = int(stream.readline().split()[1])
    headers: dict[str, str] = {}
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers[name.lower()] = value
    return Answer(status, headers, stream.read(int(headers.get("content-length", 0))) if has_body else b"")


def ask(url: str, request: bytes) -> Answer:
    """Send a request on a connection of its own, and read the answer."""
    with closing(connect(url)) as connection, connection.makefile("rb") as stream:
        connection.sendall(request)
        return read_answer(stream)


def read_to_end(connection: socket.socket) -> bytes:
    """What comes until the server hangs up."""
    received = b""
    while more := connection.recv(65536):
        received += more
    return received


def until_true(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does at once."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)

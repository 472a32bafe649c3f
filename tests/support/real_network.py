"""Everything that a network does to a call, for real: a server on a loopback socket that misbehaves as it is told."""

from __future__ import annotations

import json
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pytest_kmsimport import faults
from pytest_kmsimport.faults import Fault

#: What to do with a connection on which a request has arrived; the event is set when the server ends.
Behaviour = Callable[[socket.socket, Event], None]

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
BODY = json.dumps({"KeyMetadata": {"KeyId": KEY_ID}}).encode()


def answer(connection: socket.socket, _: Event, *, status: int = 200, body: bytes = BODY, sent: int | None = None):
    """Answer with a body, or with the first ``sent`` bytes of it."""
    connection.sendall(head(status, {"Content-Length": len(body)}) + body[:sent])


def head(status: int, headers: dict[str, object]) -> bytes:
    """The status line and the headers of an answer."""
    lines = [f"HTTP/1.1 {status} Whatever", "Content-Type: application/x-amz-json-1.1", "Connection: close"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def refuse(connection: socket.socket, ended: Event, *, code: str, status: int) -> None:
    """Answer with an error code, as AWS does."""
    answer(connection, ended, status=status, body=json.dumps({"__type": code}).encode())


def close(_: socket.socket, __: Event) -> None:
    """Answer nothing; the connection is closed afterwards."""


def reset(connection: socket.socket, _: Event) -> None:
    """Send RST where FIN would be usual."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def keep_silent(_: socket.socket, ended: Event) -> None:
    """Let the client wait for as long as it likes."""
    ended.wait()


def stall(connection: socket.socket, ended: Event) -> None:
    """Send half a body, and let the client wait for the rest."""
    answer(connection, ended, sent=len(BODY) // 2)
    ended.wait()


def answer_in_chunks(connection: socket.socket, _: Event) -> None:
    """Send one chunk of a body, and no end of it."""
    half = BODY[: len(BODY) // 2]
    connection.sendall(head(200, {"Transfer-Encoding": "chunked"}) + b"%x\r\n%b\r\n" % (len(half), half))


def send_html(connection: socket.socket, ended: Event) -> None:
    """Answer as a load balancer does."""
    answer(connection, ended, status=502, body=b"<html><body><h1>502 Bad Gateway</h1></body></html>")


#: A fault -> what a server does that is such a fault in earnest.
BEHAVIOURS: dict[Fault, Behaviour] = {
    faults.ReadTimeout(): keep_silent,
    faults.ConnectionClosed(): close,
    faults.ConnectionReset(): reset,
    faults.TruncatedBody(): partial(answer, sent=len(BODY) // 2),
    faults.TruncatedChunks(): answer_in_chunks,
    faults.StalledBody(): stall,
    faults.EmptyBody(): partial(answer, body=b""),
    faults.HtmlAnswer(): send_html,
    faults.EmptyAnswer(): partial(answer, status=503, body=b""),
    faults.EmptyAnswer(500): partial(answer, status=500, body=b""),
    faults.EmptyAnswer(429): partial(answer, status=429, body=b""),
    faults.EmptyAnswer(504): partial(answer, status=504, body=b""),
    faults.EmptyAnswer(403): partial(answer, status=403, body=b""),
    faults.Refusal("ThrottlingException", ""): partial(refuse, code="ThrottlingException", status=400),
    faults.Refusal("AccessDeniedException", ""): partial(refuse, code="AccessDeniedException", status=400),
    faults.Refusal("ExpiredTokenException", ""): partial(refuse, code="ExpiredTokenException", status=400),
    faults.Refusal("UnrecognizedClientException", ""): partial(refuse, code="UnrecognizedClientException", status=400),
    faults.Refusal("InvalidSignatureException", ""): partial(refuse, code="InvalidSignatureException", status=400),
    faults.Refusal("RequestTimeTooSkewed", ""): partial(refuse, code="RequestTimeTooSkewed", status=403),
    faults.Refusal("ServiceUnavailable", ""): partial(refuse, code="ServiceUnavailable", status=503),
    faults.Refusal("InternalFailure", ""): partial(refuse, code="InternalFailure", status=500),
    faults.Refusal("ValidationException", ""): partial(refuse, code="ValidationException", status=400),
    faults.Refusal("NotFoundException", ""): partial(refuse, code="NotFoundException", status=400),
    faults.Refusal("DependencyTimeoutException", ""): partial(refuse, code="DependencyTimeoutException", status=500),
    faults.Refusal("KMSInternalException", ""): partial(refuse, code="KMSInternalException", status=500),
}

#: Faults in which no request arrives; ``no_server`` has them.
WITHOUT_REQUEST = (faults.ConnectTimeout(), faults.EndpointUnreachable(), faults.TlsError(), faults.ProxyError())
ALL = (*BEHAVIOURS, *WITHOUT_REQUEST)
#: Faults that a client's timeouts end.
WAITED_OUT = (faults.ReadTimeout(), faults.StalledBody(), faults.ConnectTimeout())


@contextmanager
def misbehaving(fault: Fault, times: int | None) -> Iterator[tuple[str, dict[str, str] | None]]:
    """A server at which a fault happens, always or so many times: its URL, and the proxy to reach it through."""
    if fault == faults.ConnectTimeout():
        with full_backlog() as port:
            yield f"http://127.0.0.1:{port}", None
    elif fault == faults.EndpointUnreachable():
        yield f"http://127.0.0.1:{unused_port()}", None
    elif fault == faults.ProxyError():
        yield "http://127.0.0.1:1", {"http": f"http://127.0.0.1:{unused_port()}"}
    else:
        behaviour = BEHAVIOURS.get(fault, answer)
        with serving(behaviour, times, is_tls=fault == faults.TlsError()) as port:
            yield f"http{'s' if fault == faults.TlsError() else ''}://127.0.0.1:{port}", None


def unused_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port at which connections are neither taken nor refused."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            with suppress(BlockingIOError):
                waiting.connect(server.getsockname())
        yield server.getsockname()[1]


@contextmanager
def serving(behaviour: Behaviour, times: int | None, *, is_tls: bool) -> Iterator[int]:
    """A port at which a server behaves so for each request, or for so many and well afterwards."""
    ended = Event()
    with ExitStack() as connections, socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve, args=(server, behaviour, times, is_tls, ended, connections))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            with suppress(OSError), socket.create_connection(server.getsockname()):
                pass  # wakes the server up
            thread.join()


def serve(server, behaviour, times, is_tls, ended, connections) -> None:
    """Take one connection after the other; a silent one waits in a thread of its own."""
    number = 0
    while True:
        connection, _ = server.accept()
        if ended.is_set():
            connection.close()
            return
        number += 1
        behave = behaviour if times is None or number <= times else answer
        thread = Thread(target=handle, args=(connection, behave, is_tls, ended))
        thread.start()
        connections.callback(thread.join)


def handle(connection: socket.socket, behave: Behaviour, is_tls: bool, ended: Event) -> None:
    """Read one request, and behave."""
    with suppress(OSError), connection:
        if is_tls:
            connection = untrusted().wrap_socket(connection, server_side=True)
        read_request(connection)
        behave(connection, ended)


def read_request(connection: socket.socket) -> None:
    """Read headers and body, so that closing afterwards does not reset the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += more(connection)
    headers, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in headers.split(b"\r\n") if line.lower().startswith(b"content-len")
    )
    while len(body) < length:
        body += more(connection)


def more(connection: socket.socket) -> bytes:
    """The next bytes; raises ConnectionError where the client has gone."""
    received = connection.recv(65536)
    if not received:
        raise ConnectionError
    return received


@cache
def untrusted() -> ssl.SSLContext:
    """A server's side of TLS with a certificate that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    certificate = builder.not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        file = Path(folder, "server.pem")
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context.load_cert_chain(file)
    return context

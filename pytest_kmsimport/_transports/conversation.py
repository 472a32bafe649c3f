"""One connection to a server of a mock's: requests are read off it, and what becomes of their answers is done to it."""

from __future__ import annotations

import json
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler
from io import BufferedReader
from typing import TYPE_CHECKING, Any

from .._active import Mock
from .._service.service import Exchange
from .._tracebacks import sealed
from .._wire import signature, sts
from .._wire.aws_json import WireResponse, headers, new_request_id
from .._wire.model import operation_names
from .._wire.network import Ending, NetworkEvent, Opening, as_http
from ..engine.errors import NotOffered
from .control import ControlRequest, is_control

if TYPE_CHECKING:
    from .loopback import Listener

_SYSTEM = "TrentService"  # what AWS KMS is called in X-Amz-Target
_END_OF_HEAD = (b"\r\n", b"\n")
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_PIECE = 65536
_LOOK_AGAIN = 0.02  # seconds, for whether a client is there that has sent more than it was answered
_LINGER = 2.0  # seconds that a client has to take the answer to a request that was not read to its end
#: The code of an error that is none of AWS's: what the mock complains of. No SDK tries again for it.
NOT_OFFERED = "NotOfferedByPytestKmsimport"
_UNKNOWN_OPERATION = "UnknownOperationException"
_CANNOT_STRIKE = (
    "{fault} cannot strike one call that comes by a server: when it is known which call that is, the connection has"
    " opened and the request has arrived. Write `with server.unreachable():` for an endpoint at which nobody listens,"
    " and `with server.untrusted():`, for a server of mock.serve(tls=True), for a certificate that is not trusted."
)


class BadFraming(Exception):  # noqa: N818  no name of AWS's
    """Nobody can tell where a request ends."""


class _Lines(BufferedReader):
    """What a client sends."""

    last = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        """A line, which is the last one from then on."""
        self.last = super().readline(size)
        return self.last


class Conversation(BaseHTTPRequestHandler):
    """The requests of one connection, one after the other, as long as the client keeps it open."""

    server: Listener
    connection: socket.socket
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Read lines so that the last one is known."""
        super().setup()
        self._lines = self.rfile = _Lines(self.rfile.detach())

    def parse_request(self) -> bool:
        """Read the head of a request; one whose end never came is none, which http.server does not see."""
        if not super().parse_request():
            return False
        is_whole = self._lines.last in _END_OF_HEAD
        self.close_connection |= not is_whole
        return is_whole

    def log_message(self, *_: object) -> None:
        """Say nothing: what was asked stands in the mock's journal."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what is no request of HTTP, and hang up: nobody knows where the next one would begin."""
        self.close_connection = True
        self._send(WireResponse(code, {"Content-Length": "0"}, b""))
        socket.socket.shutdown(self.connection, socket.SHUT_WR)
        self._waits(_LINGER, is_last=True)

    def do_POST(self) -> None:
        """Answer a call."""
        body = self._body_or_hang_up()
        if body is None:
            return
        if is_control(self.path):
            self._control(body)
            return
        system, _, operation = self.headers.get("X-Amz-Target", "").rpartition(".")
        if not system and (action := sts.action_of(body)):
            self._send(self._as_sts(action))
        elif system != _SYSTEM or operation not in operation_names():
            self._refuse(_UNKNOWN_OPERATION)
        else:
            self._answer(operation, body)

    def _elsewhere(self) -> None:
        """Answer what AWS's JSON protocol has no use for."""
        if is_control(self.path):
            asked = self._body_or_hang_up()
            if asked is not None:
                self._control(asked)
            return
        self.close_connection = True
        body = b"" if self.command == "HEAD" else f"<{_UNKNOWN_OPERATION}/>\n".encode()
        self._send(WireResponse(404, {"x-amzn-RequestId": new_request_id(), "Content-Length": str(len(body))}, body))

    do_GET = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _elsewhere  # noqa: N815  http.server's names

    def _control(self, body: bytes) -> None:
        """Answer whoever controls the mock."""
        request = ControlRequest(self.command, self.path, self.headers, body)
        self._send(self.server.control(request))

    # Reading

    def _body_or_hang_up(self) -> bytes | None:
        """The body of a request; None, and no more of them, where nobody can tell or the client hangs up before."""
        if self.request_version == "HTTP/1.0":
            self.close_connection = True
        try:
            body = self._read_body()
        except BadFraming:
            self.send_error(400)
            return None
        if body is None:
            self.close_connection = True
        return body

    def _read_body(self) -> bytes | None:
        """The body of a request; None where the client hangs up before its end. Raises BadFraming."""
        coding, lengths = self.headers.get("Transfer-Encoding"), self.headers.get_all("Content-Length", ["0"])
        if coding is not None:
            if coding.strip().lower() != "chunked":
                raise BadFraming
            return self._read_chunks()
        length = lengths[0].strip()
        if len(set(lengths)) > 1 or not (length.isascii() and length.isdigit()):
            raise BadFraming
        return self._read(int(length))

    def _read(self, count: int) -> bytes | None:
        try:
            body = self.rfile.read(count)
        except (OverflowError, MemoryError):
            raise BadFraming from None
        return body if len(body) == count else None

    def _read_chunks(self) -> bytes | None:
        chunks: list[bytes] = []
        while size := _size_of_chunk(self.rfile.readline(_PIECE)):
            chunk = self._read(size)
            if chunk is None:
                return None
            chunks.append(chunk)
            if self.rfile.readline(_PIECE).strip():
                raise BadFraming
        while (trailer := self.rfile.readline(_PIECE)).strip():
            pass
        return b"".join(chunks) if trailer else None

    # Answering

    def _answer(self, operation: str, body: bytes) -> None:
        mock = self.server.mock
        header = self.headers.get("Authorization", "")
        region, caller = signature.region_and_caller_in(header, mock.region, mock.account)
        invocation = self.headers.get(signature.INVOCATION) or new_request_id()
        try:
            exchange = _receive(mock, operation, region, caller, invocation, body)
        except BaseException as error:  # noqa: BLE001  whatever the test has the mock do meanwhile
            began_here = error.__traceback__  # where the request is
            self._complain(mock, error.with_traceback(began_here and began_here.tb_next))
            return
        if exchange.event is not None and exchange.event.opening is not Opening.OPEN:
            complaint = NotOffered(_CANNOT_STRIKE.format(fault=exchange.faults[0]))
            exchange.close(complaint)
            self._complain(mock, complaint)
            return
        self._deliver(mock, exchange)

    def _as_sts(self, action: str) -> WireResponse:
        """The answer to GetCallerIdentity of STS, where the mock knows who calls; a refusal of everything else."""
        mock, header = self.server.mock, self.headers.get("Authorization", "")
        region, caller = signature.region_and_caller_in(header, mock.region, mock.account)
        principal = mock.service.identity_of(caller, region) if action == sts.WHO_AM_I else None
        return sts.refusal(_UNKNOWN_OPERATION) if principal is None else sts.identity(principal)

    def _complain(self, mock: Mock, error: BaseException) -> None:
        """Fail the test for what would fail it in process, and tell the client, which need not be of this language."""
        if not isinstance(error, AssertionError):
            complaint = AssertionError(f"A server of the mock could not answer: {type(error).__name__}.")
            complaint.__cause__ = error
            mock.complain(complaint)
        elif not any(error is known for known in mock.complaints):  # MeanwhileFailed is one already
            mock.complain(error)
        self._refuse(NOT_OFFERED, str(error) if isinstance(error, NotOffered) else type(error).__name__)

    def _refuse(self, code: str, message: str = "") -> None:
        body = json.dumps({"__type": code, **({"message": message} if message else {})}).encode()
        now = self.server.mock.service.now()
        self._send(WireResponse(400, headers(body, now, new_request_id()), body))

    def _send(self, response: WireResponse) -> None:
        if self.close_connection:
            response = response._replace(headers={**response.headers, "Connection": "close"})
        self.wfile.write(as_http(response))

    def _deliver(self, mock: Mock, exchange: Exchange) -> None:
        """Give a client its answer, or what becomes of that.

        The journal is told before the last byte leaves, so that whoever has the answer finds the call in it.
        """
        event, asleep = mock.service.pass_delays(exchange, None)
        if asleep and not self._waits(asleep):
            exchange.close("ServerStopped" if self.server.is_closing else "ClientGone")
            self.close_connection = True
            return
        exchange.close((event and event.name) or None)
        if event is None:
            self._send(exchange.response)
        else:
            self._play(event, exchange.response)

    def _play(self, event: NetworkEvent, response: WireResponse) -> None:
        """Do to the connection what an event does; it ends with that in any case."""
        self.close_connection = True
        self.wfile.write(event.bytes_of(response))
        if event.ending is Ending.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        elif event.ending is Ending.SILENCE:
            self._waits(None, is_last=True)

    def _waits(self, seconds: float | None, *, is_last: bool = False) -> bool:
        """Whether the client is there until so many seconds are over, and the server; None is as long as they are.

        After what ``is_last`` the client sends nothing that anybody reads.
        """
        until = None if seconds is None else time.monotonic() + seconds
        look = 0 if is_last else socket.MSG_PEEK
        try:
            while not self.server.is_closing:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return True
                self.connection.settimeout(left)
                # By the socket beneath TLS, which has no way to look without taking.
                if not socket.socket.recv(self.connection, _PIECE, look):
                    break
                if not is_last:
                    time.sleep(_LOOK_AGAIN)
        except TimeoutError:
            return not self.server.is_closing
        except OSError:
            pass  # it was reset
        finally:
            self.connection.settimeout(None)
        return False


@sealed
def _receive(mock: Mock, *request: Any) -> Exchange:  # noqa: ANN401  what Service.receive takes
    return mock.service.receive(*request)


def _size_of_chunk(line: bytes) -> int:
    """How many bytes a chunk has; raises BadFraming."""
    digits = line.partition(b";")[0].strip()
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise BadFraming
    return int(digits, 16)

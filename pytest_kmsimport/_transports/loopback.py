"""The same service on a real socket of this computer, for clients in other processes and languages.

Everything in a server is a thread that waits at a socket, and to shut that down wakes it: so a server ends at once,
whatever hangs on it.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import TCPServer
from threading import Thread, current_thread
from time import monotonic

from .. import _active
from .._active import Mock
from . import forks
from .control import Control
from .conversation import Conversation

HOST = "127.0.0.1"
_POLL = 0.05  # seconds, where a computer does not wake up who waits at a socket that is shut down
_LAST_CALL = 1.0  # seconds for threads that are in the middle of a call


class Listener(TCPServer):
    """Takes connections at a port, each in a thread of its own, from ``open`` to ``close``; there is no second time.

    Made, it has the port alone, and who connects is refused.
    """

    allow_reuse_address = os.name == "posix"  # elsewhere two could listen at one port
    request_queue_size = 128

    def __init__(self, mock: Mock, control: Control, address: tuple[str, int], tls: ssl.SSLContext | None) -> None:
        super().__init__(address, Conversation, bind_and_activate=False)
        self.mock = mock
        self.control = control
        self.tls = tls
        self.is_closing = False
        self._connections: dict[socket.socket, Thread] = {}
        self._thread: Thread | None = None
        try:
            self.server_bind()
        except BaseException:
            self.server_close()
            raise
        forks.leave_to_parent(self)

    @property
    def port(self) -> int:
        """The port, also where any was asked for."""
        port: int = self.server_address[1]
        return port

    def open(self) -> None:
        """Take connections from now on."""
        self.server_activate()
        self._thread = Thread(target=self.serve_forever, args=(_POLL,), name="kms-import-server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections, hang up on all that there are, and wait for their threads."""
        self.is_closing = True
        if self._thread is not None:
            _shut_down(self.socket)
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()
        self.hang_up()

    def hang_up(self) -> None:
        """End the connections that there are."""
        connections = list(self._connections.items())
        for connection, _ in connections:
            _shut_down(connection)
        until = monotonic() + _LAST_CALL
        for _, thread in connections:
            if thread is not current_thread():
                thread.join(max(0, until - monotonic()))

    def forget(self) -> None:
        """Let go of everything in a process that was forked off: what it has are copies, which would keep it open."""
        self._thread = None
        for copied in (self.socket, *self._connections):
            with suppress(OSError):
                os.close(copied.detach())
        self._connections = {}

    # What socketserver asks for

    def get_request(self) -> tuple[socket.socket, object]:
        """Take a connection; the handshake of TLS is for its thread."""
        connection, address = self.socket.accept()
        if self.tls is not None:
            try:
                connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            except BaseException:
                connection.close()
                raise
        return connection, address

    def process_request(self, request: socket.socket, _: object) -> None:  # type: ignore[override]  # no datagrams
        """Have a connection answered in a thread of its own."""
        thread = Thread(target=self._converse, args=(request,), name="kms-import-connection", daemon=True)
        self._connections[request] = thread
        try:
            thread.start()
        except RuntimeError:  # there can be no more threads
            del self._connections[request]
            request.close()

    def _converse(self, connection: socket.socket) -> None:
        try:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            Conversation(connection, None, self)
        except (OSError, ValueError):
            pass  # the client, or the server, hangs up at any moment
        finally:
            connection.close()
            self._connections.pop(connection, None)


def _shut_down(connection: socket.socket) -> None:
    """Wake up whoever waits at a socket, for ever; by the socket beneath TLS, which another thread may be reading."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class LoopbackServer:
    """A mock's service at one port, 0 for any, which can be away for a while, or have another certificate."""

    def __init__(
        self, mock: Mock, control: Control, tls: ssl.SSLContext | None, host: str = HOST, port: int = 0
    ) -> None:
        self._mock = mock
        self._control = control
        self._host = host
        self._listener = Listener(mock, control, (host, port), tls)
        self.port = self._listener.port

    def start(self) -> None:
        """Answer from now on."""
        _active.add_server(self.port)
        self._listener.open()

    def stop(self) -> None:
        """Be gone, at once and without a trace; to stop again changes nothing."""
        self._listener.close()
        _active.remove_server(self.port)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Have nobody listen at the port, which stays ours."""
        self._listener.close()
        self._listener = Listener(self._mock, self._control, (self._host, self.port), self._listener.tls)
        try:
            yield
        finally:
            if not self._listener.is_closing:
                self._listener.open()

    @contextmanager
    def with_certificate(self, tls: ssl.SSLContext) -> Iterator[None]:
        """Show another certificate to everybody who connects."""
        before = self._listener.tls
        self._listener.tls = tls
        self._listener.hang_up()
        try:
            yield
        finally:
            self._listener.tls = before
            self._listener.hang_up()

"""From a mock's beginning to its end: all that it changes in this process, and puts back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .._active import Mock
from .._transports import interception as _intercept
from .._transports.environment import Environment

if TYPE_CHECKING:
    from .._control.controlled import Controlled
    from .server import Server


class Lifetime:
    """Of one mock, which may begin again when it has ended."""

    def __init__(self) -> None:
        self._environment = Environment()
        self._is_active = False
        self._has_ended = False
        self._servers: list[Server] = []

    def begin(self, mock: Mock, *, serve: bool) -> Server | None:
        """Let the mock answer, and with ``serve`` child processes too; raises RuntimeError where it does already."""
        if self._is_active:
            text = "This mock is active already: mock_kms_import and kms_import_mock start theirs themselves."
            raise RuntimeError(text)
        server = self.new_server(mock, tls=False) if serve else None
        self._is_active, self._has_ended = True, False
        _intercept.activate(mock)
        address = {} if server is None else server.address
        self._environment.enter(mock.region, address, keep_credentials=mock.allow_real_aws)
        mock.leak_check.start()
        return server

    def end(self, mock: Mock) -> None:
        """Let it answer no more; raises RuntimeError where it does not."""
        if not self._is_active:
            text = (
                "This mock is not active, or not any more: mock_kms_import and kms_import_mock stop theirs themselves."
            )
            raise RuntimeError(text)
        self.make_over(mock)

    def make_over(self, mock: Mock) -> None:
        """Undo what is left of it, also where that was begun before: an interrupt leaves nothing half-way."""
        self._has_ended = True
        for server in list(self._servers):
            self.remove_server(server)
        mock.leak_check.stop()
        self._environment.leave()
        _intercept.deactivate(mock)
        self._is_active = False

    def new_server(self, mock: Mock, *, tls: bool) -> Server:
        """Make a server that ends with the mock, if not before."""
        from .server import Server  # noqa: PLC0415  what it takes costs time, and most tests need none

        server = Server(cast("Controlled", mock), tls=tls)  # a KmsImportMock, whose core begins it too
        self._servers.append(server)
        return server

    def remove_server(self, server: Server) -> None:
        """End a server; once more changes nothing."""
        server.stop()
        if server in self._servers:
            self._servers.remove(server)

    def check_not_over(self, what: str = "plan faults") -> None:
        """Refuse what is for a mock that has not ended, with a RuntimeError."""
        if self._has_ended:
            raise RuntimeError(f"This mock has ended: {what} while it is active, or before it begins.")

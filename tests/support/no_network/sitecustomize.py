"""No network for the tests, nor for any Python that they start: nothing beyond loopback is reached or looked up.

Python loads this file by itself where its folder is on the path, as the conftest.py of this repository sees to. An
audit hook sees what every library does, and cannot be taken off. What was tried is written to the file that
``NO_NETWORK_LOG`` names, so that a test fails in which code has swallowed the failure, or a child has.
"""

from __future__ import annotations

import os
import sys
from ipaddress import ip_address

#: Audit events of the interpreter -> where the host or address stands among their arguments.
_LEAVING = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.getnameinfo": 0,
}
_HERE = {"localhost", "", None}


class NoNetwork(BaseException):
    """A test has reached for the network; no Exception, so that little code swallows it."""


def _is_here(place: object) -> bool:
    """Whether an address or host is this computer's own; the paths of Unix sockets are."""
    if isinstance(place, tuple):
        place = place[0]
    elif isinstance(place, (str, bytes)) and "/" in os.fsdecode(place):
        return True
    host = place.decode() if isinstance(place, bytes) else place
    try:
        return host in _HERE or ip_address(host).is_loopback
    except ValueError:
        return False


def _ban(event: str, arguments: tuple[object, ...]) -> None:
    if event in _LEAVING and not _is_here(arguments[_LEAVING[event]]):
        tried = f"{event} {arguments[_LEAVING[event]]!r}"
        with open(os.environ["NO_NETWORK_LOG"], "a") as log:  # noqa: PTH123  every Python starts with this file
            log.write(f"{tried}\n")
        raise NoNetwork(tried)


if "NO_NETWORK_LOG" in os.environ:
    sys.addaudithook(_ban)

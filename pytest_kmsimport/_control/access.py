"""Who may control a mock: programs of this computer, or whoever has the token of a server that is open to others."""

from __future__ import annotations

from email.message import Message
from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import urlsplit

from .._transports.real_aws import is_loopback
from .refused import Refused

_SCHEME = "bearer"


def check_access(headers: Message, token: str | None) -> None:
    """Refuse whoever may not; ``token`` is that of a server which other computers can reach.

    Without one, a web page that somebody looks at on this computer is the danger: by DNS rebinding it has a name of its
    own stand for a loopback address, and a request without an answer it may send anyway. Browsers tell both.
    """
    if token is not None:
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _SCHEME or not compare_digest(given.strip().encode("utf-8", "replace"), token.encode()):
            text = "This server is open to other computers: send Authorization: Bearer and the token that it printed."
            raise Refused(HTTPStatus.UNAUTHORIZED, text, {"WWW-Authenticate": "Bearer"})
        return
    for name in ("Host", "Origin"):
        for value in headers.get_all(name, []) or ([""] if name == "Host" else []):
            if not _is_here(value if name == "Origin" else f"//{value}"):
                text = f"{name} is {value!r}: control is for this computer alone; ask 127.0.0.1 or localhost."
                raise Refused(HTTPStatus.FORBIDDEN, text)


def _is_here(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:  # it is none
        return False

"""Control of a mock over HTTP, as a test asks for it."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from .servers import PATIENCE, Answer


def control(url: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Ask for control, on a connection of its own; a body that is not bytes is sent as JSON."""
    connect = HTTPSConnection if url.startswith("https") else HTTPConnection
    connection = connect(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, f"/_kms_import/{path}", sent, headers)
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, answer.read())
    finally:
        connection.close()

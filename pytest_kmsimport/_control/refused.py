"""What a request for control gets that cannot be granted."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus


class Refused(Exception):  # noqa: N818  no name of AWS's, and none that a user meets
    """Control is refused, with an HTTP status and a text that says what to write instead."""

    def __init__(self, status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.headers = dict(headers or {})

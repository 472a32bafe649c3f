"""Listings in pages: Limit, Marker, Truncated and NextMarker.

https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, TypeVar

from .errors import InvalidMarkerException

Item = TypeVar("Item")


def page(  # noqa: PLR0913  a listing has this many sides, and each call names them
    items: Sequence[Item],
    *,
    listing: str,
    position: Callable[[Item], int],
    limit: int,
    marker: str | None,
    member: str,
    entries: Callable[[Sequence[Item]], list[Any]],
) -> dict[str, Any]:
    """Answer with one page of ``items``, which are in rising order of ``position``.

    ``listing`` names what is listed, so that a marker is good for the same listing only: another one raises
    InvalidMarkerException. A page costs the same wherever it lies in however many items.
    """
    start = 0 if marker is None else bisect_right(items, _after(marker, listing), key=position)
    shown = items[start : start + limit]
    truncated = start + limit < len(items)
    answer: dict[str, Any] = {member: entries(shown), "Truncated": truncated}
    if truncated:
        answer["NextMarker"] = _marker(position(shown[-1]), listing)
    return answer


def _marker(position: int, listing: str) -> str:
    text = f"{position}:{listing}"
    return urlsafe_b64encode(f"{position}:{_digest(text)}".encode()).decode()


def _after(marker: str, listing: str) -> int:
    try:
        position, _, digest = urlsafe_b64decode(marker).decode("ascii").partition(":")
        if digest == _digest(f"{int(position)}:{listing}"):
            return int(position)
    except ValueError as error:
        raise InvalidMarkerException from error
    raise InvalidMarkerException


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]

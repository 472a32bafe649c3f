"""Tags of KMS keys, and what AWS checks about them beyond their lengths.

https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from . import messages
from .errors import TagException

MOST = 50


class Tag(NamedTuple):
    """The value of a tag; the serial says which of two is the older, and stays when the value changes."""

    value: str
    serial: int


Tags = dict[str, Tag]


def with_tags(known: Mapping[str, Tag], tags: Sequence[Mapping[str, str]], next_serial: Callable[[], int]) -> Tags:
    """The tags of a KMS key after the member Tags has come to those that are ``known``.

    Raises TagException for duplicates, ``aws:`` and too many.
    """
    values = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    if len(values) < len(tags):
        raise TagException(messages.DUPLICATE_TAGS)
    check_tag_keys(values)
    if len(known.keys() | values.keys()) > MOST:
        raise TagException(messages.TOO_MANY_TAGS)
    serials = {name: known[name].serial if name in known else next_serial() for name in values}
    return {**known, **{name: Tag(value, serials[name]) for name, value in values.items()}}


def check_tag_keys(keys: Iterable[str]) -> None:
    """Refuse the tags that AWS sets by itself."""
    if any(key.lower().startswith("aws:") for key in keys):
        raise TagException(messages.RESERVED_TAGS)

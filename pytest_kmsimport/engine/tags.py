"""Tags of KMS keys, and what AWS checks about them beyond their lengths.

https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from . import messages
from .errors import TagException

MOST = 50


def check_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Turn the member Tags into keys and values; raises TagException for duplicates, ``aws:`` and too many."""
    values = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    if len(values) < len(tags):
        raise TagException(messages.DUPLICATE_TAGS)
    check_tag_keys(values)
    return check_room(values)


def check_tag_keys(keys: Iterable[str]) -> None:
    """Refuse the tags that AWS sets by itself."""
    if any(key.lower().startswith("aws:") for key in keys):
        raise TagException(messages.RESERVED_TAGS)


def check_room(tags: dict[str, str]) -> dict[str, str]:
    """Give the tags of a KMS key back if it can have so many."""
    if len(tags) > MOST:
        raise TagException(messages.TOO_MANY_TAGS)
    return tags

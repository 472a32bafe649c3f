"""Tags of KMS keys, and what AWS checks about them beyond their lengths.

https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import messages
from .errors import TagException

MOST = 50


def check_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Turn the member Tags into keys and values; raises TagException for duplicates, ``aws:`` and too many."""
    values = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    if len(values) < len(tags):
        raise TagException(messages.DUPLICATE_TAGS)
    if any(key.lower().startswith("aws:") for key in values):
        raise TagException(messages.RESERVED_TAGS)
    if len(values) > MOST:
        raise TagException(messages.TOO_MANY_TAGS)
    return values

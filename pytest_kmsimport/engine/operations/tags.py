"""Tags and descriptions: TagResource, UntagResource, ListResourceTags and UpdateKeyDescription.

https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..call import Response
from ..keys import Key
from ..pages import page
from ..region import Region
from ..tags import check_tag_keys, with_tags
from .registry import operation


@operation(changes=True)
def tag_resource(region: Region, key: Key, *, tags: Sequence[Mapping[str, str]]) -> Response:
    """Give a KMS key tags, or tags that it has another value."""
    key.tags = with_tags(key.tags, tags, region.next_serial)
    return {}


@operation(changes=True)
def untag_resource(region: Region, key: Key, *, tag_keys: Sequence[str]) -> Response:
    """Take tags away; what the KMS key does not have is no error."""
    check_tag_keys(tag_keys)
    key.tags = {name: tag for name, tag in key.tags.items() if name not in tag_keys}
    return {}


@operation(reads=True)
def list_resource_tags(region: Region, key: Key, *, limit: int = 50, marker: str | None = None) -> Response:
    """List a KMS key's tags in the order in which they came."""
    return page(
        list(key.tags.items()),
        listing=f"ListResourceTags:{key.arn}",
        position=lambda item: item[1].serial,
        limit=min(limit, 50),
        marker=marker,
        member="Tags",
        entries=lambda shown: [{"TagKey": name, "TagValue": tag.value} for name, tag in shown],
    )


@operation(changes=True)
def update_key_description(region: Region, key: Key, *, description: str) -> Response:
    """Describe a KMS key anew."""
    key.description = description
    return {}

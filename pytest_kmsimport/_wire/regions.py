"""The Regions of AWS, from botocore's own data."""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader


def is_region(name: str) -> bool:
    """Whether there is a Region of this name, in any partition."""
    return name in _regions()


@cache
def _regions() -> frozenset[str]:
    partitions = Loader().load_data("partitions")["partitions"]
    names = {name for partition in partitions for name in partition["regions"]}
    return frozenset(name for name in names if not name.endswith("-global"))

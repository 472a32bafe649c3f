"""The Regions of AWS, from botocore's own data, and where something of a user's is to be."""

from __future__ import annotations

import re
from functools import cache

from botocore.loaders import Loader


def is_region(name: str) -> bool:
    """Whether there is a Region of this name, in any partition."""
    return name in _regions()


def check_place(region: str, account: str) -> None:
    """Raise ValueError where there is no such Region, or no such account."""
    if not is_region(region):
        raise ValueError(f"region_name is {region!r}; write the name of an AWS Region, such as 'eu-central-1'.")
    if not re.fullmatch(r"\d{12}", account, re.ASCII):
        raise ValueError(f"account is {account!r}; write the 12 digits of an AWS account as a text.")


@cache
def _regions() -> frozenset[str]:
    partitions = Loader().load_data("partitions")["partitions"]
    names = {name for partition in partitions for name in partition["regions"]}
    return frozenset(name for name in names if not name.endswith("-global"))

"""What is remembered of the uses of a KMS key."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class LastUse(NamedTuple):
    """The last successful cryptographic operation with a KMS key, and the ID of the request for it."""

    operation: str
    time: datetime
    request_id: str

"""GetKeyLastUsage: when a KMS key was last used, and for what.

https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html
"""

from __future__ import annotations

from uuid import NAMESPACE_OID, uuid5

from ..call import Response
from ..keys import Key
from ..region import Region
from .registry import operation


@operation(since=2026)
def get_key_last_usage(region: Region, key: Key) -> Response:
    """Tell the last successful cryptographic operation; nothing about a KMS key that was never used."""
    use = key.last_use
    usage = (
        {}
        if use is None
        else {
            "Operation": use.operation,
            "Timestamp": use.time,
            "CloudTrailEventId": str(uuid5(NAMESPACE_OID, use.request_id)),  # of its own, and the same every time
            "KmsRequestId": use.request_id,
        }
    )
    return {"KeyId": key.id, "KeyLastUsage": usage, "TrackingStartDate": key.created, "KeyCreationDate": key.created}

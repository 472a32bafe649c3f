"""What a team has running around its imported keys: two Lambda functions, and a rule for what nobody may do unnoticed.

``on_expiry`` stands behind an EventBridge rule for EXPIRED, ``on_alarm`` behind a CloudWatch alarm WARN_AHEAD of an
expiry. ``detections`` reads what CloudTrail has put into a bucket.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

EXPIRED = {"source": ["aws.kms"], "detail-type": ["KMS Imported Key Material Expiration"]}
WARN_AHEAD = timedelta(days=14)
#: In the manner of Sigma: what an event has to be, and who may do it.
SUSPICIOUS = {"eventSource": "kms.amazonaws.com", "eventName": "DeleteImportedKeyMaterial"}
CUSTODIANS = "role/KeyCustodian"

#: Opens a ticket: a title, and the KMS key that it is about.
OpenTicket = Callable[[str, str], object]


def on_expiry(open_ticket: OpenTicket) -> Callable[[Any, Any], None]:
    """Make the function that opens a ticket for every key material that has expired."""

    def handler(event: Any, _context: Any) -> None:
        for arn in event["resources"]:
            material = event["detail"].get("key-material-id", "its only one")
            open_ticket(f"key material expired at {event['time']}: {material}", arn)

    return handler


def on_alarm(open_ticket: OpenTicket) -> Callable[[Any, Any], None]:
    """Make the function that opens a ticket while there is time to import again."""

    def handler(event: Any, _context: Any) -> None:
        alarm = event["alarmData"]
        (metric,) = alarm["configuration"]["metrics"]
        key_id = metric["metricStat"]["metric"]["dimensions"]["KeyId"]
        if alarm["state"]["value"] == "ALARM":
            open_ticket("key material expires within two weeks", key_id)

    return handler


def detections(bucket: Path) -> Iterator[str]:
    """Who has taken key material away, or has tried to, and is no custodian of keys."""
    for file in sorted(bucket.rglob("*.json.gz")):
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]:
            if any(record.get(field) != value for field, value in SUSPICIOUS.items()):
                continue
            identity = record["userIdentity"]
            issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
            if not issuer.get("arn", "").endswith(CUSTODIANS):
                outcome = record.get("errorCode", "done")
                yield f"{record['eventTime']} {identity.get('arn', identity['accountId'])}: {outcome}"

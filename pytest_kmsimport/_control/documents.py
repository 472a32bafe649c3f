"""Clock, calls and planned faults as JSON has them."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import datetime, timezone
from typing import Any

from .._service.call_record import CallRecord
from .._service.clock import Clock
from .._service.plans import Plan
from .._service.redacted import Redacted


def clock_document(clock: Clock) -> dict[str, Any]:
    """AWS's time in the mock."""
    return {"now": clock.now(), "frozen": clock.is_frozen}


def plan_document(plan: Plan) -> dict[str, Any]:
    """A planned fault: what it was planned with, and what has come of it."""
    counts = {"seen": plan.seen, "strikes": plan.strikes, "ended": plan.ended}
    return {"fault": repr(plan.fault), **plan.said, **counts, "must_strike": plan.must_strike}


def key_document(key: Any) -> dict[str, Any]:  # noqa: ANN401  a view, which is of a higher layer
    """A KMS key, with nothing in it that ``mock.key`` does not show."""
    seen = {field.name: getattr(key, field.name) for field in fields(key) if not field.name.startswith("_")}
    return {**seen, **({"materials": [key_document(m) for m in seen["materials"]]} if "materials" in seen else {})}


def call_document(record: CallRecord) -> dict[str, Any]:
    """A call, with nothing in it that ``mock.calls`` does not show."""
    return {
        "time": record.time,
        "operation": record.operation,
        "region": record.region,
        "account": record.account,
        "request": record.request,
        "response": record.response,
        "error": record.error,
        "message": record.message,
        "diagnosis": record.diagnosis,
        "attempts": record.attempts,
        "delays": record.delays,
        "faults": [repr(fault) for fault in record.faults],
        "effects": record.effects,
        "key_arns": record.key_arns,
        "key_state_before": record.key_state_before,
        "key_state_after": record.key_state_after,
        "decisions": [asdict(decision) for decision in record.decisions],
    }


def written(document: object) -> bytes:
    """A document as JSON, for programs and for who asks by hand."""
    return json.dumps(document, indent=1, default=_text).encode() + b"\n"


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert isinstance(value, Redacted), type(value)
    return repr(value)

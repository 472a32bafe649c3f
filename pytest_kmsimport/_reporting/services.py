"""What AWS services had to do with KMS keys, for the report of a failed test: refusals, and what stands on one."""

from __future__ import annotations

from .._active import Mock
from .._service.integrated import ServiceRefusal

TITLE = "AWS services and KMS keys"
_MOST = 30  # refusals


def services_report_of(mock: Mock) -> str:
    """The last refusals of services, and the blast radius that the test has looked at; empty where there is neither."""
    services = mock.service.integrated
    refusals = services.refusals
    lines = [_line(refusal) for refusal in refusals[-_MOST:]]
    if len(refusals) > _MOST:
        lines.insert(0, f"({len(refusals) - _MOST} earlier refusals)")
    return "\n".join([*lines, *([services.looked_at] if services.looked_at else [])])


def _line(refusal: ServiceRefusal) -> str:
    what = f"{refusal.time:%H:%M:%S} {refusal.service} {refusal.operation}: {refusal.code}"
    return f"{what}\n         {refusal.resource} stands on {refusal.key_id}"

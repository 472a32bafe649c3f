"""What a failed test is told about its calls to KMS: a table that reads well in 80 columns, and every diagnosis."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from ._calls import CallRecord, Calls

TITLE = "KMS calls"
_MOST = 30  # calls
_WIDTH = 80
_ROW = "{:<8}  {:<25} {:<13} {}"
_INDENT = " " * 10
_ID = 8  # characters that tell KMS keys apart
_NAME = 13  # characters of an alias


def report(calls: Calls) -> str:
    """The last calls, oldest first: when by the mock's clock, what, about which KMS key, with what outcome and why."""
    earlier = len(calls) - _MOST
    lines = [_ROW.format("time", "operation", "key", "outcome")]
    if earlier > 0:
        lines.append(f"{_INDENT}({earlier} earlier calls)")
    for record in calls[-_MOST:]:
        lines.extend(_lines_of(record))
    return "\n".join(lines)


def _lines_of(record: CallRecord) -> Iterator[str]:
    outcome = record.error or "ok"
    if record.attempts > 1:
        outcome += f", {record.attempts} attempts"
    yield _ROW.format(f"{record.time:%H:%M:%S}", record.operation[:25], _named(record.key_id), outcome)
    for text in (record.message, record.diagnosis):
        yield from wrap(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _named(key_id: str | None) -> str:
    """As much of a KMS key's name as tells it from others."""
    if key_id is None:
        return "-"
    _, alias, name = key_id.rpartition("alias/")
    if alias:
        return f"{alias}{name}"[:_NAME]
    return key_id.rpartition("/")[2].removeprefix("mrk-")[:_ID]

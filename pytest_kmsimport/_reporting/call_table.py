"""The failure report: a failed test's calls to KMS in a table that reads well in 80 columns, and every diagnosis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from .._service.call_record import CallRecord
from .._service.calls import Calls
from .._service.leaks import Redaction, Secrets
from .._service.plans import Plan
from ..engine.failures import explained

if TYPE_CHECKING:
    import pytest  # which whoever has no test run need not have loaded

_TITLE = "KMS calls"
_HEAD = ("time", "operation", "key", "outcome", "fault", "attempts")
_TIME, _OPERATION, _KEY, _OUTCOME, _FAULT, _ATTEMPTS = range(6)
_LEAST = {_FAULT: 12, _OPERATION: 17}  # characters that a column keeps where room is short, the first to shrink first
_MOST = 30  # calls
_WIDTH = 80
_INDENT = " " * 9
_ID = 8  # characters that tell KMS keys apart
_NAME = 13  # characters of an alias

_RESET, _BOLD, _RED, _GREEN, _YELLOW = (f"\x1b[{code}m" for code in (0, 1, 31, 32, 33))


def title_of(mock: str = "") -> str:
    """The title of a report, with the name of the mock where there are several."""
    return f"{_TITLE} of {mock}" if mock else _TITLE


def is_title(title: str) -> bool:
    """Whether a report stands under this title."""
    return title == _TITLE or title.startswith(f"{_TITLE} of ")


def report_of(calls: Calls, plans: Sequence[Plan] = ()) -> str:
    """The last calls, oldest first: when by the mock's clock, what, about which KMS key, with what outcome and why.

    Where they are not of one day, each day's stand below its date. Then where the manual explains diagnoses, if there
    are any, and the faults that were planned, with the seeds of those that are left to chance.
    """
    shown = calls.kept[-_MOST:]
    rows = [_HEAD, *(_cells(record) for record in shown)]
    if not any(record.faults for record in shown):
        rows = [(*cells[:_FAULT], "", *cells[_FAULT + 1 :]) for cells in rows]
    widths = _widths(rows)
    lines = [_row(rows[0], widths)]
    if len(calls) > len(shown):
        lines.append(f"{_INDENT}({len(calls) - len(shown)} earlier calls)")
    day = shown[0].time.date() if shown else None
    if day and any(record.time.date() != day for record in shown):
        day = None
    for record, cells in zip(shown, rows[1:], strict=True):
        if record.time.date() != day:
            day = record.time.date()
            lines.append(f"--- {day} ---")
        lines.append(_row(cells, widths))
        lines.extend(_remarks(record, cells, widths))
    if any(record.diagnosis for record in shown):
        lines += ["", explained("why AWS KMS refuses, and what to do:", "refusals")]
    if plans:
        lines += ["", "planned faults"]
        lines += [line for plan in plans for line in wrap(str(plan), _WIDTH, subsequent_indent=_INDENT)]
    return "\n".join(lines)


def _cells(record: CallRecord) -> tuple[str, ...]:
    outcome = record.error or "ok"
    if record.key_state_after != record.key_state_before and record.error is None:
        outcome = f"ok, {record.key_state_after}"
    counted = Counter(fault.id for fault in record.faults)
    faults = ", ".join(f"{count} x {name}" if count > 1 else name for name, count in counted.items())
    operation = f"{record.operation} by {record.via_service}" if record.via_service else record.operation
    return f"{record.time:%H:%M:%S}", operation, _named(record), outcome, faults or "-", str(record.attempts)


def _named(record: CallRecord) -> str:
    """As much of a KMS key's name as tells it from others."""
    key_id = record.key_id or (record.response or {}).get("KeyMetadata", {}).get("KeyId")
    if key_id is None:
        return "-"
    _, alias, name = key_id.rpartition("alias/")
    if alias:
        return f"{alias}{name}"[:_NAME]
    return str(key_id.rpartition("/")[2].removeprefix("mrk-")[:_ID])


def _widths(rows: list[tuple[str, ...]]) -> list[int]:
    """How wide each column is, so that all of them fit."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for column, least in _LEAST.items():
        excess = sum(width + 1 for width in widths if width) - 1 - _WIDTH
        widths[column] = max(min(widths[column], least), widths[column] - max(excess, 0))
    return widths


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    fitted = [
        text if len(text) <= width else f"{text[: width - 1]}~" for text, width in zip(cells, widths, strict=True)
    ]
    return " ".join(f"{text:<{width}}" for text, width in zip(fitted, widths, strict=True) if width).rstrip()


def _remarks(record: CallRecord, cells: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    cut = [cells[column] for column in _LEAST if len(cells[column]) > widths[column]]
    for text in (", ".join(cut), record.message, record.diagnosis):
        yield from wrap(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def coloured(text: str) -> str:
    """The report for a terminal with colours: what succeeded, what did not, and what was done on purpose."""
    head, *lines = text.split("\n")
    outcome, attempts = head.index(_HEAD[_OUTCOME]), head.index(_HEAD[_ATTEMPTS])
    fault = head.index(_HEAD[_FAULT]) if _HEAD[_FAULT] in head else attempts
    return "\n".join([f"{_BOLD}{head}{_RESET}", *(_coloured_row(line, outcome, fault, attempts) for line in lines)])


def _coloured_row(line: str, outcome: int, fault: int, attempts: int) -> str:
    if not line[:1].isdigit():
        return line
    came, struck = line[outcome:fault], line[fault:attempts]
    colour = _GREEN if came.startswith("ok") else _RED
    done = f"{_YELLOW}{struck}{_RESET}" if struck.strip() not in {"", "-"} else struck
    return f"{line[:outcome]}{colour}{came}{_RESET}{done}{line[attempts:]}"


def properties(calls: Calls) -> Iterator[tuple[str, str]]:
    """What is worth keeping of a failed test in a report for machines."""
    yield "kms_import_calls", str(len(calls))
    for record in calls[-_MOST:]:
        if record.error is not None:
            text = f"{record.operation}: {record.error}"
            yield "kms_import_refusal", f"{text} - {record.diagnosis}" if record.diagnosis else text


def redact(report: pytest.TestReport, secrets: Secrets) -> None:
    """Take secrets out of all that pytest shows or writes down of a test."""
    texts = [str(report.longrepr or ""), *(text for _, text in (*report.sections, *report.user_properties))]
    take_out = secrets.redaction_of("\n\n".join(map(str, texts)))
    if take_out:
        report.sections = _redacted(report.sections, take_out)
        report.user_properties = _redacted(report.user_properties, take_out)
        report.longrepr = _redacted(report.longrepr, take_out)
        shown = str(report.longrepr or "")
        if take_out(shown) != shown:  # over the end of a line
            report.longrepr = take_out(shown)


def _redacted(value: Any, take_out: Redaction) -> Any:  # noqa: ANN401  whatever a report of pytest is made of
    if isinstance(value, str):
        return take_out(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_redacted(item, take_out) for item in value)
    if type(value).__module__ == _TRACEBACKS:
        for name, item in vars(value).items():
            setattr(value, name, _redacted(item, take_out))
    return value


_TRACEBACKS = "_pytest._code.code"  # where pytest has its texts of tracebacks

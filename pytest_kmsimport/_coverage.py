"""Fault coverage: which of the things that can go wrong with an operation a test run has seen go wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from . import _journal
from ._calls import CallRecord
from ._coverage_page import page
from ._fault import Fault
from .faults import Slow
from .faults._catalogue import everything

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_SLOW_AND_IN_TIME = 60  # seconds, botocore's read timeout
_WORKER_KEY = "kms_import_coverage"
_WIDTH = 80
_INDENT = " " * 4


class Row(NamedTuple):
    """One operation: what can go wrong with it, by kind, and what of that was exercised."""

    operation: str
    possible: Mapping[str, str]
    exercised: frozenset[str]

    @property
    def missing(self) -> list[str]:
        """What was not exercised."""
        return [name for name in self.possible if name not in self.exercised]


class Exercised:
    """What went wrong with which operation, on purpose or because AWS KMS would have refused."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}

    def note(self, record: CallRecord) -> None:
        """Take a call into account."""
        names = self._names.setdefault(record.operation, set())
        names.update(_counted_as(fault, record.operation) for fault in record.faults)
        if record.error is not None:
            names.add(record.error)

    def add(self, names: Mapping[str, Collection[str]]) -> None:
        """Take what another process has exercised into account."""
        for operation, exercised in names.items():
            self._names.setdefault(operation, set()).update(exercised)

    def as_data(self) -> dict[str, list[str]]:
        """What can be sent to another process."""
        return {operation: sorted(names) for operation, names in self._names.items()}

    def rows(self) -> list[Row]:
        """A row for every operation that was called."""
        return [self._row(operation) for operation in sorted(self._names)]

    def _row(self, operation: str) -> Row:
        possible = {fault.id: fault.kind for fault in everything(operation)}
        return Row(operation, possible, frozenset(possible.keys() & self._names[operation]))


def _counted_as(fault: Fault, operation: str) -> str:
    """The name in the catalogue under which a fault counts: its own, or that of the nearest of its class."""
    like = [other for other in everything(operation) if type(other) is type(fault)]
    if any(other.id == fault.id for other in like) or not like:
        return fault.id
    if isinstance(fault, Slow):
        in_time = fault.seconds < _SLOW_AND_IN_TIME
        like = [other for other in like if isinstance(other, Slow) and (other.seconds < _SLOW_AND_IN_TIME) == in_time]
    return like[0].id if fault.kind not in {"refusal", "race"} else fault.id


def percent(rows: list[Row]) -> float:
    """How much of what can go wrong was exercised; nothing where no operation was called."""
    possible = sum(len(row.possible) for row in rows)
    return 100 * sum(len(row.exercised) for row in rows) / possible if possible else 0.0


def lines(rows: list[Row]) -> Iterator[str]:
    """The report for a terminal."""
    if not rows:
        yield "No operation of AWS KMS was called."
    for row in rows:
        yield f"{row.operation}: {len(row.exercised)} of {len(row.possible)}"
        exercised = [name for name in row.possible if name in row.exercised]
        for title, names in (("exercised", exercised), ("not exercised", row.missing)):
            text = f"{title}: {', '.join(names) or '-'}"
            yield from wrap(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT * 2, break_on_hyphens=False)
    exercised_in_all, possible = sum(len(row.exercised) for row in rows), sum(len(row.possible) for row in rows)
    yield f"total: {exercised_in_all} of {possible}, {percent(rows):.0f} %, in {len(rows)} operations"


class FaultCoverage:
    """The plugin that collects it over a run, across the workers of pytest-xdist."""

    def __init__(self, config: pytest.Config, *, shows: bool, file: str | None, floor: float | None) -> None:
        self._config = config
        self._shows = shows
        self._file = file
        self._path = None if file is None else config.invocation_params.dir / file  # tests may go elsewhere
        self._floor = None if config.getoption("collectonly", default=False) else floor
        self._why_not_written = ""
        self._exercised = Exercised()
        _journal.watchers.append(self._exercised.note)
        config.add_cleanup(lambda: _journal.watchers.remove(self._exercised.note))

    @property
    def _is_short(self) -> bool:
        return self._floor is not None and percent(self._exercised.rows()) < self._floor

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401  a worker of pytest-xdist
        """Take in what a worker has exercised."""
        self._exercised.add(getattr(node, "workeroutput", {}).get(_WORKER_KEY, {}))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send a worker's share to the others' home; there, write the page and fail a run below the floor."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_WORKER_KEY] = self._exercised.as_data()
            return
        if self._path is not None:
            self._write(self._path)
        if (self._is_short or self._why_not_written) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(self._exercised.rows()), encoding="utf-8")
        except OSError as error:
            self._why_not_written = f"{type(error).__name__}: {error.strerror}"

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the report."""
        rows = self._exercised.rows()
        if self._shows:
            terminalreporter.section("KMS fault coverage")
            for line in lines(rows):
                terminalreporter.write_line(line)
        if self._why_not_written:
            text = f"KMS fault coverage could not be written to {self._file}: {self._why_not_written}."
            terminalreporter.write_line(text, red=True, bold=True)
        elif self._file is not None:
            terminalreporter.write_line(f"KMS fault coverage written to {self._file}")
        if self._is_short:
            none_called = "" if rows else " (no operation of AWS KMS was called)"
            text = f"KMS fault coverage is {percent(rows):.1f} %{none_called}, below the floor of {self._floor:g} %."
            terminalreporter.write_line(text, red=True, bold=True)

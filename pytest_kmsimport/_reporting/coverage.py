"""The plugin of pytest that collects fault and policy coverage over a run, across the workers of pytest-xdist."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .._service.call_record import CallRecord
from .._service.journal import watchers
from . import fault_coverage, policy_coverage
from .coverage_page import page
from .fault_coverage import Exercised, Scope
from .policy_coverage import Decided

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_WORKER_KEY = "kms_import_coverage"


class _Floor(NamedTuple):
    """A share that a run must reach: what of (in words), the least, what it has come to (both percent)."""

    what: str
    least: float
    reached: float
    nothing: str

    def __str__(self) -> str:
        return f"KMS {self.what} coverage is {self.reached:.1f} %{self.nothing}, below the floor of {self.least:g} %."


class Coverage:
    """Collects what a run has seen, reports it as the options say, and fails a run below a floor."""

    def __init__(self, config: pytest.Config, *, scope: Scope) -> None:
        self._config = config
        self._missing: bool = config.getoption("--kms-import-coverage-missing")
        self._shows = self._missing or config.getoption("--kms-import-coverage")
        self._home = config.invocation_params.dir  # tests may go elsewhere
        self._why_not_written: dict[str, str] = {}
        self._exercised = Exercised(scope, _running_test)
        self._decided = Decided(_running_test)
        watchers.append(self._note)
        config.add_cleanup(lambda: watchers.remove(self._note))

    def _note(self, record: CallRecord) -> None:
        self._exercised.note(record)
        self._decided.note(record)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401  a worker of pytest-xdist
        """Take in what a worker has seen."""
        faults, policies = getattr(node, "workeroutput", {}).get(_WORKER_KEY, ({}, {}))
        self._exercised.add(faults)
        self._decided.add(policies)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send a worker's share to the others' home; there, write the files and fail a run below a floor."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_WORKER_KEY] = (self._exercised.as_data(), self._decided.as_data())
            return
        for kind, write in {"html": self._page, "json": self._json}.items():
            if file := self._config.getoption(f"--kms-import-coverage-{kind}"):
                self._write(file, write())
        if (any(self._missed()) or self._why_not_written) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _missed(self) -> Iterator[_Floor]:
        """The floors that the run has not reached; one that had nothing to measure has reached none."""
        if self._config.getoption("collectonly", default=False):
            return
        rows, policies = self._exercised.rows(), self._decided.policies()
        none_called = "" if rows else " (no operation of AWS KMS was called)"
        none_put = "" if policies else " (no KMS key had another key policy than the default one)"
        for what, option, reached, nothing in (
            ("fault", "coverage", fault_coverage.percent(rows), none_called),
            ("policy", "policy-coverage", policy_coverage.percent(policies), none_put),
        ):
            least: float | None = self._config.getoption(f"--kms-import-{option}-fail-under")
            if least is not None and reached < least:
                yield _Floor(what, least, reached, nothing)

    def _page(self) -> str:
        rows = self._exercised.rows()
        return page(rows, fault_coverage.by_kind(rows), self._decided.policies(), _made())

    def _json(self) -> str:
        policies = policy_coverage.as_data(self._decided.policies())
        return json.dumps({"made": _made(), **fault_coverage.as_data(self._exercised.rows()), "key_policies": policies})

    def _write(self, file: str, text: str) -> None:
        path = Path(self._home) / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self._why_not_written[file] = f"{type(error).__name__}: {error.strerror}"

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the report."""
        if self._shows:
            terminalreporter.section("KMS fault coverage")
            for line in fault_coverage.lines(self._exercised.rows(), missing=self._missing):
                terminalreporter.write_line(line)
            policies = self._decided.policies()
            if policies:
                terminalreporter.section("KMS policy coverage")
            for line in policy_coverage.lines(policies):
                terminalreporter.write_line(line)
        for kind in ("html", "json"):
            file = self._config.getoption(f"--kms-import-coverage-{kind}")
            if why := self._why_not_written.get(file):
                text = f"KMS coverage could not be written to {file}: {why}."
                terminalreporter.write_line(text, red=True, bold=True)
            elif file:
                terminalreporter.write_line(f"KMS coverage written to {file}")
        for floor in self._missed():
            terminalreporter.write_line(str(floor), red=True, bold=True)


def _running_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]  # pytest's own


def _made() -> dict[str, str]:
    """When a report was made and with what."""
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        **{name: version(name) for name in ("pytest-kmsimport", "botocore", "pytest")},
    }

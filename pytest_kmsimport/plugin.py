"""What pytest loads: options, markers, hooks, and the fixtures of ``_fixtures``.

Every project that has this package installed loads this module, used or not: it imports pytest and what it costs
nothing to import until a fixture is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import pytest

from . import _active
from ._fixtures import (  # noqa: F401  pytest looks for them here
    FAULT_FIXTURE,
    FAULT_MARKER,
    FIXTURE,
    INI,
    MARKER,
    MOCK_OF_FIXTURE,
    RESTORING_FIXTURE,
    SESSION_FIXTURE,
    WRITE_CASES,
    _kms_import_session_restored,
    kms_fault,
    kms_import_async_client,
    kms_import_client,
    kms_import_mock,
    kms_import_server,
    kms_import_session_mock,
    misused,
)

if TYPE_CHECKING:
    from ._active import Mock
    from ._transports.interception import Guard
    from .faults import Case


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line and of the ini file."""
    group = parser.getgroup("kms_import", "AWS KMS in memory (pytest-kmsimport)")
    group.addoption(
        "--kms-import-coverage",
        action="store_true",
        help="print what can go wrong with each operation of AWS KMS that was called, and what of that was exercised;"
        " and which statements of key policies have ever decided something",
    )
    group.addoption(
        "--kms-import-coverage-html", metavar="FILE", help="write that as one page of HTML, operations by faults"
    )
    group.addoption("--kms-import-coverage-json", metavar="FILE", help="write that for machines, with the tests' names")
    group.addoption("--kms-import-coverage-missing", action="store_true", help="print what was not exercised too")
    for of, less in (("coverage", "exercised less"), ("policy-coverage", "decided by fewer statements")):
        group.addoption(
            f"--kms-import-{of}-fail-under", metavar="PERCENT", type=_percent, help=f"fail a run that has {less}"
        )
    for which in ("include", "exclude"):
        text = f"what to {which} in the coverage: operations, kinds, faults, or Operation-fault; * stands for anything"
        parser.addini(f"kms_import_coverage_{which}", text, type="linelist", default=[])
    parser.addini("kms_import_guard", "fail tests that call KMS outside any mock", type="bool", default=False)
    for name, (kind, purpose) in INI.items():
        text = f"kms_import_mock: {purpose}"
        parser.addini(f"kms_import_{name}", text, type=kind, default=None)  # type: ignore[arg-type]


def _percent(text: str) -> float:
    """A floor from the command line."""
    from argparse import ArgumentTypeError  # noqa: PLC0415  only for those who ask for it

    try:
        percent = float(text)
    except ValueError:
        percent = -1
    if not 0 <= percent <= 100:  # noqa: PLR2004
        raise ArgumentTypeError(f"{text!r} is no share of what can go wrong; write a number from 0 to 100")
    return percent


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and put up the guard where it is asked for."""
    options = ", ".join(f"{name}=..." for name in INI)
    config.addinivalue_line("markers", f"{MARKER}({options}): run the test within a mock of AWS KMS.")
    text = "(fault, on=..., times=...): plan a fault of pytest_kmsimport.faults, with what mock.inject takes."
    config.addinivalue_line("markers", f"{FAULT_MARKER}{text}")
    if config.pluginmanager.has_plugin("terminal") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Colours(config))
    _configure_coverage(config)
    # Of a test that has ended the run, whose fixtures are torn down without its hook.
    config.add_cleanup(_active.end_test)
    if config.getini("kms_import_guard"):
        from ._transports.interception import Guard  # noqa: PLC0415  only for those who ask for it

        guard = Guard()
        config.add_cleanup(guard.stop)
        config.pluginmanager.register(_GuardedTests(guard))


def _configure_coverage(config: pytest.Config) -> None:
    kinds = ["coverage", *(f"coverage-{kind}" for kind in ("missing", "html", "json", "fail-under"))]
    given = [config.getoption(f"--kms-import-{kind}") for kind in (*kinds, "policy-coverage-fail-under")]
    if all(value is None or value is False for value in given):
        return
    from ._reporting.coverage import Coverage  # noqa: PLC0415  only for those who ask for it
    from ._reporting.fault_coverage import Scope  # noqa: PLC0415

    patterns = [config.getini(f"kms_import_coverage_{which}") for which in ("include", "exclude")]
    try:
        scope = Scope.checked(*patterns)
    except ValueError as error:
        raise pytest.UsageError(f"kms_import_coverage_include or _exclude: {error}") from None
    config.pluginmanager.register(Coverage(config, scope=scope))


class _GuardedTests:
    """Fails the tests in which the guard has refused a call, also where they swallow that."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self) -> None:
        self._guard.complaints.raise_first()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let a marker alone be enough to have the mock, and have it before the test's other fixtures."""
    if not isinstance(item, pytest.Function):
        return
    if SESSION_FIXTURE in item.fixturenames:
        _put_first(item, RESTORING_FIXTURE)
    if item.get_closest_marker(MARKER) is not None or item.get_closest_marker(FAULT_MARKER) is not None:
        _put_first(item, FIXTURE)


def _put_first(item: pytest.Function, fixture: str) -> None:
    """Have a test get a fixture before all others of its scope."""
    names = item.fixturenames
    if fixture in names:
        names.remove(fixture)
    defined = item._fixtureinfo.name2fixturedefs  # noqa: SLF001  pytest has no public way to a fixture's scope
    wider = [name for name in names if name in defined and defined[name][-1].scope != "function"]
    names.insert(len(wider), fixture)  # pytest has those of wider scope first


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the mocks what a test has failed with, and the tester what was asked of them."""
    report = yield
    mocks = _active.of_this_test()
    if report.passed and report.when == "call":
        _check_cases(item, report, mocks)
    if report.passed and report.when != "setup":
        _check_leaks(report, mocks)
    elif call.excinfo is not None:
        _active.note_test_failure(call.excinfo.value)
    if report.failed:
        _tell(item, report, mocks)
    watching = [mock for mock in mocks if mock.leak_check.watches]
    if watching:
        from ._reporting.call_table import redact  # noqa: PLC0415  only for those who ask for it

        for mock in watching:
            redact(report, mock.leak_check.secrets)
    return report


def _cases(item: pytest.Item) -> dict[str, Case]:
    """The cases of faults that a test is parametrized with, by the name of the parameter, as they were written."""
    catalogue = sys.modules.get("pytest_kmsimport.faults._catalogue")
    callspec = getattr(item, "callspec", None)
    if catalogue is None or callspec is None:
        return {}
    return {name: value for name, value in callspec.params.items() if isinstance(value, catalogue.Case)}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Refuse a test whose ``kms_fault`` is the bare parameter and not the fixture, which would have planned it."""
    case = _cases(item).get(FAULT_FIXTURE)
    if case is not None and item.funcargs.get(FAULT_FIXTURE) is case:  # type: ignore[attr-defined]
        misused(f"Nothing has planned the fault of {case.id}: indirect=True is missing; {WRITE_CASES}")


def _check_cases(item: pytest.Item, report: pytest.TestReport, mocks: Sequence[Mock]) -> None:
    """Fail a test that has passed with the case of a fault, and a call that it is for, but without any fault."""
    if any(mock.plans or any(record.faults for record in mock.calls.kept) for mock in mocks):
        return
    for name, case in _cases(item).items():
        if any(record.operation == case.operation for mock in mocks for record in mock.calls.kept):
            by_hand = f"or plan it in the test: kms_import_mock.inject({name}.fault, on={name}.operation)."
            text = f"Nothing has planned the fault of {case.id}: only the fixture kms_fault does, not {name!r};"
            _fail(report, f"{text} {WRITE_CASES.rstrip('.')}, {by_hand}", "misuse")


def _check_leaks(report: pytest.TestReport, mocks: Sequence[Mock]) -> None:
    """Fail a test that has passed, but for a secret in its requests, its logs or what it printed."""
    printed = [(text, title) for title, text in report.sections if "stdout" in title or "stderr" in title]
    for mock in mocks:
        if leaks := mock.leaks_found(printed):
            _fail(report, leaks, "secret-leaked")


def _fail(report: pytest.TestReport, text: str, topic: str) -> None:
    from .engine.failures import explained  # noqa: PLC0415  not before a test has failed

    report.outcome, report.longrepr = "failed", explained(text, topic)


def _tell(item: pytest.Item, report: pytest.TestReport, mocks: Sequence[Mock]) -> None:
    from ._reporting.call_table import properties, report_of, title_of  # noqa: PLC0415  not before a test has failed
    from ._reporting.services import TITLE, services_report_of  # noqa: PLC0415

    fixture = item.stash.get(MOCK_OF_FIXTURE, None)
    for mock in mocks:
        if mock.calls or mock.plans or mock.service.integrated.looked_at:
            made = FIXTURE if mock is fixture else mock.as_written
            name = made if len(mocks) > 1 else ""
            report.sections.append((title_of(name), report_of(mock.calls, mock.plans)))
            if services := services_report_of(mock):
                report.sections.append((TITLE, services))
            found = list(properties(mock.calls.kept))
            item.user_properties.extend(found)
            if report.when == "teardown":  # this report has taken its copy already
                report.user_properties.extend(found)


class _Colours:
    """Colours the calls of failed tests where they are shown; workers of pytest-xdist leave that to the terminal."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self._config.get_terminal_writer().hasmarkup:
            from ._reporting.call_table import coloured, is_title  # noqa: PLC0415  not before a test has failed

            report.sections = [(title, coloured(text) if is_title(title) else text) for title, text in report.sections]


def pytest_runtest_setup() -> None:
    """Begin a test without the mocks of the one before."""
    _active.next_test()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """When all fixtures of a test are torn down, put right what they have put back of a mock that ended before them."""
    try:
        return (yield)
    finally:
        _active.end_test()

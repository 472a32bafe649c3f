"""What a test was told when it failed, however its exceptions hang together."""

from __future__ import annotations

import sys

import pytest

from pytest_kmsimport import RealAwsRefused
from pytest_kmsimport._active import Complaints

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

COMPLAINT = RealAwsRefused("sqs.ListQueues was about to be sent to real AWS.")


def raised(error, *, cause=None, context=None):
    """An exception as it is after ``raise error from cause``, or after being raised where another was handled."""
    error.__context__ = context
    if cause is not None:
        error.__cause__ = cause
    return error


def its_own_cause():
    """``raise e from e``."""
    error = ValueError()
    return raised(error, cause=error)


def each_others_cause():
    """Two exceptions, each the cause of the other."""
    first, second = ValueError(), TypeError()
    raised(second, cause=first)
    return raised(first, cause=second)


def cause_and_context_in_a_circle():
    """A cause whose context leads back."""
    first, second = ValueError(), TypeError()
    second.__context__ = first
    return raised(first, cause=second)


def group_in_a_circle():
    """An exception group that is the cause of what it holds."""
    inner = ValueError()
    group = BaseExceptionGroup("several", [inner])
    raised(inner, cause=group)
    return group


CIRCLES = [its_own_cause, each_others_cause, cause_and_context_in_a_circle, group_in_a_circle]


@pytest.fixture
def complaints():
    """What a mock has to say against a test."""
    return Complaints([COMPLAINT])


@pytest.mark.parametrize("circle", CIRCLES, ids=lambda circle: circle.__name__)
def test_exceptions_in_a_circle_come_to_an_end(complaints, circle):
    """A failure that leads back to itself, over however many steps, hides no complaint and hangs no run."""
    complaints.forget(circle())
    assert complaints == [COMPLAINT]
    assert complaints.reported


@pytest.mark.parametrize(
    "failure",
    [
        COMPLAINT,
        raised(ValueError(), cause=COMPLAINT),
        raised(ValueError(), context=COMPLAINT),
        raised(ValueError(), cause=raised(TypeError(), context=COMPLAINT)),
        BaseExceptionGroup("several", [ValueError(), COMPLAINT]),
        BaseExceptionGroup("several", [ValueError(), raised(TypeError(), cause=COMPLAINT)]),
    ],
    ids=["itself", "cause", "context", "context of a cause", "in a group", "cause in a group"],
)
def test_a_complaint_that_a_failure_shows_is_forgotten(complaints, failure):
    """What the test's report shows anyway is not told again."""
    complaints.forget(failure)
    assert complaints == []


@pytest.mark.parametrize(
    "failure", [ValueError(), raised(ValueError(), cause=TypeError(), context=COMPLAINT)], ids=["unrelated", "hidden"]
)
def test_a_complaint_that_a_failure_does_not_show_is_kept(complaints, failure):
    """A context that ``raise ... from`` hides was told to nobody."""
    complaints.forget(failure)
    assert complaints == [COMPLAINT]


def test_code_that_hides_a_complaint_does_not_silence_it(complaints):
    """``raise ... from None`` shows nothing of what was refused."""

    def hide():
        try:
            raise COMPLAINT
        except AssertionError:
            raise ValueError("hidden") from None

    with pytest.raises(ValueError, match="hidden") as caught:
        hide()
    complaints.forget(caught.value)
    assert complaints == [COMPLAINT]


ITS_OWN_CAUSE = """
        error = ValueError("its own cause")
        raise error from error
"""


@pytest.mark.parametrize(
    ("source", "ini"),
    [
        ("def test_a(kms_import_mock):", ""),
        ("def test_a():", "[pytest]\nkms_import_guard = true"),
        ("import pytest_kmsimport, unittest\n@pytest_kmsimport.mock_kms_import\nclass TestA(unittest.TestCase):", ""),
    ],
    ids=["fixture", "guard", "unittest"],
)
def test_no_run_hangs_on_an_exception_that_is_its_own_cause(pytester, source, ini):
    """Wherever the failures of tests are looked at, such a test fails like any other."""
    if "unittest" in source:
        source += "\n    def test_a(self):"
    pytester.makeini(ini)
    pytester.makepyfile(source + ITS_OWN_CAUSE)
    result = pytester.runpytest_subprocess(timeout=60)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ValueError: its own cause*"])

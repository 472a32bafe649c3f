"""A call that never came to an end is not in the journal as one that succeeded."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from pytest_kmsimport import MeanwhileFailed, faults
from pytest_kmsimport._service import journal as _journal
from pytest_kmsimport.engine.operations import OPERATIONS


def fail(error):
    """Raise an exception, as an expression."""
    raise error


def interrupt(*_):
    """Do what Ctrl-C does."""
    raise KeyboardInterrupt


def in_the_engine(mock, monkeypatch, error):
    """Break the operation."""
    broken = replace(OPERATIONS["ListKeys"], function=lambda *_, **__: fail(error))
    monkeypatch.setitem(OPERATIONS, "ListKeys", broken)


def in_a_condition(mock, monkeypatch, error):
    """Have the test's own condition for a fault fail."""
    mock.inject(faults.ReadTimeout(), on=lambda _: fail(error), must_strike=False)


def in_a_fault(mock, monkeypatch, error):
    """Be struck while the answer comes late, which is really waited for."""
    monkeypatch.setattr(time, "sleep", lambda _: fail(error))
    mock.inject(faults.Slow(1, really=True))


def in_a_watcher(mock, monkeypatch, error):
    """Be struck while something else looks at the call."""
    monkeypatch.setattr(_journal, "watchers", [lambda _: fail(error)])


PLACES = [in_the_engine, in_a_condition, in_a_fault, in_a_watcher]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), ZeroDivisionError("secret?")], ids=repr)
def test_the_journal_names_what_has_ended_a_call(kms_import_mock, kms, monkeypatch, place, error):
    """Whatever it is and wherever it strikes, the caller gets it, and the journal says so in a word."""
    place(kms_import_mock, monkeypatch, error)
    with pytest.raises(type(error)):
        kms.list_keys()
    (call,) = kms_import_mock.calls
    assert (call.error, call.message, call.response) == (type(error).__name__, "", None)
    assert f"ListKeys us-east-1: {type(error).__name__}" in repr(call)


def test_the_journal_names_an_action_that_has_failed(kms_import_mock, kms, make_key):
    """A call during which somebody else's action fails is none that succeeded either."""
    kms_import_mock.inject(faults.meanwhile(lambda *_: fail(ValueError())), "DescribeKey")
    with pytest.raises(MeanwhileFailed):
        kms.describe_key(KeyId=make_key())
    kms_import_mock.complaints.clear()
    assert kms_import_mock.calls[-1].error == "MeanwhileFailed"


def test_a_call_that_is_under_way_is_not_over(kms_import_mock, kms, make_key):
    """Who looks at the journal while a call is under way does not take it for one that has succeeded."""
    seen = []
    kms_import_mock.inject(faults.meanwhile(lambda mock, _: seen.append(mock.calls[-1].error)), "DescribeKey")
    kms.describe_key(KeyId=make_key())
    assert (seen, kms_import_mock.calls[-1].error) == (["Unfinished"], None)


def test_a_later_attempt_is_not_over_because_the_first_one_was(kms_import_mock, kms, monkeypatch):
    """An attempt that never came to an end is not known by the outcome of the one before it."""
    kms_import_mock.inject([faults.EmptyAnswer(503), None])
    answer = OPERATIONS["ListKeys"]
    monkeypatch.setitem(OPERATIONS, "ListKeys", replace(answer, function=interrupt))
    with pytest.raises(KeyboardInterrupt):
        kms.list_keys()
    assert (kms_import_mock.calls[-1].attempts, kms_import_mock.calls[-1].error) == (2, "KeyboardInterrupt")
    monkeypatch.setitem(OPERATIONS, "ListKeys", answer)


def test_who_watches_sees_a_call_as_it_has_ended(kms_import_mock, kms, monkeypatch):
    """Fault coverage is told of every attempt when its outcome is known."""
    seen = []
    monkeypatch.setattr(_journal, "watchers", [lambda record: seen.append(record.error)])
    kms.list_keys()
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="nonsense")
    assert seen == [None, "NotFoundException"]

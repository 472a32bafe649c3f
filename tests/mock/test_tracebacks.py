"""What is left in the frames of a traceback."""

from __future__ import annotations

import inspect
from collections import defaultdict
from pathlib import Path
from traceback import StackSummary, walk_tb

import pytest

import pytest_kmsimport
from pytest_kmsimport import MeanwhileFailed, faults, mock_kms_import, wrap_key_material

SECRET = b"this is 32 bytes of key material"
PACKAGE = Path(pytest_kmsimport.__file__).parent


def frames_of(error):
    """The frames that a tool could show, of an exception and of those that it came from."""
    frames = []
    while error is not None:
        frames += StackSummary.extract(walk_tb(error.__traceback__), capture_locals=True)
        error = error.__cause__ or error.__context__
    return frames


def locals_in(error):
    """The locals that a tool could show, by function."""
    return {frame.name: dict(frame.locals or {}) for frame in frames_of(error)}


def left_in(error):
    """What is left in the package's own frames: the name of each folder or module -> the locals of its frames."""
    left = defaultdict(list)
    for frame in frames_of(error):
        if Path(frame.filename).is_relative_to(PACKAGE):
            left[Path(frame.filename).relative_to(PACKAGE).parts[0]].append(frame.locals or {})
    return left


def test_frames_of_the_mock_are_empty(kms_import_mock):
    """From the function that was called inwards, whoever looks at the traceback."""
    with pytest.raises(ValueError, match="refused") as refused:
        kms_import_mock.import_key(SECRET, "RSA_2048")
    left = left_in(refused.value)
    left.pop("_tracebacks.py")  # which empties the others
    assert {"_mock", "engine"} <= left.keys()
    assert not any(values for frames in left.values() for values in frames)
    assert repr(SECRET) not in str(locals_in(refused.value))


def test_frames_of_others_stay_as_they_are(kms_import_mock, kms):
    """What somebody else's action had in hand can be looked at."""

    def rename(mock, call):
        new_name = "payroll"
        raise OSError(new_name)

    kms_import_mock.inject(faults.meanwhile(rename), on="ListKeys")
    with pytest.raises(MeanwhileFailed) as failed:
        kms.list_keys()
    kms_import_mock.complaints.clear()
    assert locals_in(failed.value)["rename"]["new_name"] == "'payroll'"
    assert left_in(failed.value)["faults"] == [{}]


def test_what_was_wrong_before_stays_as_it_is():
    """An exception that was being handled when the mock was asked is none of its business, nor what it came from."""

    def wrap_the_wrong_way():
        count = 3
        with mock_kms_import() as mock:
            mock.key(f"no key {count}")

    def wrap_after_that():
        try:
            wrap_the_wrong_way()
        except LookupError:
            wrap_key_material(b"no key", SECRET, "ROT13")

    with pytest.raises(ValueError, match="not a DER public key") as refused:
        wrap_after_that()
    left = locals_in(refused.value)
    assert left["wrap_the_wrong_way"]["count"] == "3"
    assert left["wrap_key_material"] == {}


def test_exceptions_that_are_each_others_cause(kms_import_mock, kms):
    """Are gone through once."""

    def fail_in_a_circle(mock, call):
        first, second = OSError("first"), OSError("second")
        first.__cause__, second.__cause__ = second, first
        raise first

    kms_import_mock.inject(faults.meanwhile(fail_in_a_circle), on="ListKeys")
    with pytest.raises(MeanwhileFailed, match="OSError: first"):
        kms.list_keys()
    kms_import_mock.complaints.clear()


def test_signatures_are_what_they_were():
    """Help and completion show the parameters."""
    assert list(inspect.signature(wrap_key_material).parameters) == ["public_key", "key_material", "wrapping_algorithm"]

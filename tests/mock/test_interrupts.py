"""An interrupt, wherever it comes: botocore and the environment are as before, and the journal tells no lies.

Python looks for signals where a function begins. So each function of the package that is called on the way is
interrupted where it begins, once for every call.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.configprovider import EnvironmentProvider
from botocore.endpoint import Endpoint
from botocore.hooks import EventAliaser

import pytest_kmsimport
from pytest_kmsimport import _active, faults, mock_kms_import

PACKAGE = str(Path(pytest_kmsimport.__file__).parent)
#: What botocore calls when it has its answer, in the order in which it does.
ANSWERED = "stream"
#: Where an interrupt comes before what is to be undone, and after what undoes it: nothing of ours is called again.
TOO_LATE = "__exit__"


class Interrupts:
    """Interrupts the call with a number of a function of the package; without one it lists them."""

    def __init__(self, number=None):
        self.number = number
        self.called = []

    def __call__(self, frame, event, _):
        if event != "call" or not frame.f_code.co_filename.startswith(PACKAGE):
            return
        self.called.append(frame.f_code.co_name)
        is_it = len(self.called) - 1 == self.number  # two runs need not call the same number of functions
        if is_it and frame.f_code.co_name != TOO_LATE:
            sys.settrace(None)
            raise KeyboardInterrupt


class State:
    """All that a mock changes in this process."""

    def __init__(self):
        self.environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        self.patches = (EventAliaser.emit, Endpoint.prepare_request, EnvironmentProvider.provide)
        self.active = _active.active()
        self.handlers = list(logging.getLogger().handlers)


def use_a_mock(kms, fault, mocks, answers):
    """Ask a mock for something, while it is watched for leaks."""
    with mock_kms_import(check_leaks=True, region="eu-west-3") as mock:
        mocks.append(mock)
        if fault is not None:
            mock.inject(fault)
        answers.append(kms.list_keys())
        answers.append(kms.list_keys())


def interrupted(number, kms, fault):
    """Use a mock and interrupt that; gives the calls that were made of the package, the mock's, and the answers."""
    interrupts, mocks, answers = Interrupts(number), [], []
    before = sys.gettrace()
    sys.settrace(interrupts)
    try:
        use_a_mock(kms, fault, mocks, answers)
    except KeyboardInterrupt:
        assert number is not None
    finally:
        sys.settrace(before)
    return interrupts.called, mocks, answers


# http.client complains of a response that was interrupted as it was made.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", [None, faults.Slow(1), faults.ReadTimeout()], ids=repr)
def test_an_interrupt_leaves_nothing_behind(fault):
    """Wherever a mock is interrupted, everything is as before, and no call is ok that was not answered."""
    config = Config(retries={"mode": "legacy"})  # the others have only so many retries for all calls
    kms = boto3.client("kms", "us-east-1", config=config, aws_access_key_id="anybody", aws_secret_access_key="x")
    fault = None if fault is None else [fault, None]
    interrupted(None, kms, fault)  # loads everything
    before = vars(State())
    called, _, answers = interrupted(None, kms, fault)
    assert len(answers) == 2
    for number, name in enumerate(called):
        if name == TOO_LATE:
            continue
        so_far, mocks, answers = interrupted(number, kms, fault)
        assert vars(State()) == before, f"interrupted in {name}, call {number} of {len(called)}"
        calls = mocks[0].calls if mocks else ()
        ok = [call for call in calls if call.error is None]
        assert len(ok) <= len(answers) + (ANSWERED in so_far), f"{calls} after {name}, call {number}"

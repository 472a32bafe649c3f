"""Every way in which a test with a mock ends, beside others that change the same things: all is as it was before.

One run of pytest has a test for everything that may be beside a mock, times every way in which a test can end; after
each of them (but within a class that has one mock), and after the run, the environment, botocore's functions and the
active mocks are compared with what they were.
"""

from __future__ import annotations

import logging
import os

import freezegun  # noqa: F401  loaded once, and not again for every run within this process
import moto  # noqa: F401  as above
import pytest
import time_machine  # noqa: F401  as above
from botocore.configprovider import EnvironmentProvider
from botocore.endpoint import Endpoint
from botocore.hooks import EventAliaser

from pytest_kmsimport import KmsImportMock, _active, mock_kms_import  # noqa: F401  the runs share what patches botocore

CONFTEST = """
import pytest
from tests.mock.test_endings import state

before, ran = [], []

def pytest_collection_finish():
    before.append(state())

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    ran.append((yield))
    class_goes_on = "TestTogether" in item.nodeid and nextitem is not None and nextitem.cls is item.cls
    if state() != before[0] and not class_goes_on:
        print("CHANGED", item.nodeid, state() ^ before[0])
    return ran[-1]

def pytest_sessionfinish():
    print("RAN", len(ran))
"""
COMMON = """
import asyncio, os, unittest
from contextlib import ExitStack, contextmanager
from datetime import datetime
from unittest.mock import patch

import boto3, freezegun, pytest, time_machine
from botocore.hooks import EventAliaser
from moto import mock_aws
from pytest_kmsimport import faults, mock_kms_import
from pytest_kmsimport._active import active

CHANGED = {"AWS_DEFAULT_REGION": "sa-east-1", "AWS_ACCESS_KEY_ID": "theirs", "AWS_SESSION_TOKEN": "theirs"}

@contextmanager
def of_emit():
    # what was there is saved, put on top of, and put back
    before = EventAliaser.emit
    EventAliaser.emit = lambda *args, **kwargs: before(*args, **kwargs)
    try:
        yield
    finally:
        EventAliaser.emit = before

@contextmanager
def of_environment():
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in CHANGED.items():
            monkeypatch.setenv(name, value)
        yield

COMPANIONS = {
    "monkeypatch": of_environment,
    "patch.dict": lambda: patch.dict(os.environ, CHANGED),
    "a patch of emit": of_emit,
    "freezegun": lambda: freezegun.freeze_time("2027-01-01"),
    "time-machine": lambda: time_machine.travel("2027-01-01T00:00+00:00"),
    "mock_aws": mock_aws,
    "another mock": lambda: mock_kms_import(region="eu-west-3"),
    "the same mock": mock_kms_import,
}
NAMES = globals().get("NAMES") or list(COMPANIONS)
ENDINGS = globals().get("ENDINGS") or [
    "returns", "fails", "raises", "exits", "skips", "xfails", "fails in its set-up", "fails in its tear-down",
    "swallows a complaint", "has a fault that never strikes",
]

KMS = boto3.Session("anybody", "secret").client("kms", "us-east-1")

def companion_of(name):
    return COMPANIONS[name]()

def end(ending):
    KMS.list_keys()
    if ending == "fails":
        assert 0
    if ending == "raises":
        raise KeyError
    if ending == "exits":
        raise SystemExit
    if ending == "skips":
        pytest.skip()
    if ending == "xfails":
        pytest.xfail()
    if ending == "swallows a complaint":
        try:
            KMS.describe_key(KeyId="alias/aws/unknown")
        except AssertionError:
            pass
    if ending == "has a fault that never strikes":
        active().inject(faults.ReadTimeout(), "Encrypt")
    if ending == "interrupts":
        raise KeyboardInterrupt
    if ending == "ends the run":
        pytest.exit("enough")

@pytest.fixture(params=ENDINGS)
def ending(request):
    return request.param

@pytest.fixture(params=NAMES)
def name(request):
    return request.param

@pytest.fixture
def companion(name):
    with companion_of(name) as made:
        yield made

@pytest.fixture
def around(ending):
    assert ending != "fails in its set-up"
    yield
    assert ending != "fails in its tear-down"

"""
WAYS = {
    "fixture first": """
def test_a(kms_import_mock, companion, ending, around):
    end(ending)
""",
    "fixture last": """
def test_a(companion, kms_import_mock, ending, around):
    end(ending)
""",
    "fixture, and the companion begins in the test": """
def test_a(request, name, kms_import_mock, ending, around):
    stack = ExitStack()
    request.addfinalizer(stack.close)
    stack.enter_context(companion_of(name))
    end(ending)
""",
    "fixture that ends while the companion goes on": """
@pytest.fixture
def later():
    with ExitStack() as stack:
        yield stack

def test_a(later, name, kms_import_mock, ending, around):
    later.enter_context(companion_of(name))
    end(ending)
""",
    "marker": """
@pytest.mark.kms_import(region="ap-south-1")
def test_a(companion, ending, around):
    end(ending)
""",
    "decorator": """
@mock_kms_import(region="ap-south-1")
def test_a(companion, ending, around):
    end(ending)
""",
    "decorator, and the companion within": """
@mock_kms_import
def test_a(name, ending, around):
    with companion_of(name):
        end(ending)
""",
    "decorator that ends while the companion goes on": """
@pytest.fixture
def later():
    with ExitStack() as stack:
        yield stack

@mock_kms_import
def test_a(later, name, ending, around):
    later.enter_context(companion_of(name))
    end(ending)
""",
    "context manager": """
def test_a(name, ending, around):
    with mock_kms_import(), companion_of(name):
        end(ending)
""",
    "async context manager": """
def test_a(name, ending, around):
    async def use():
        async with mock_kms_import():
            with companion_of(name):
                end(ending)
    asyncio.run(use())
""",
    "generator fixture": """
@pytest.fixture
@mock_kms_import
def generated(companion, ending):
    yield
    assert ending != "fails in its tear-down"

def test_a(generated, ending, around):
    end(ending)
""",
    "coroutine": """
@mock_kms_import
async def use(name, ending):
    with companion_of(name):
        await asyncio.sleep(0)
        end(ending)

def test_a(name, ending, around):
    asyncio.run(use(name, ending))
""",
    "test class": """
def class_of(given):
    @mock_kms_import
    class TestTogether:
        @pytest.fixture
        def name(self):
            return given

        def test_a(self, companion, ending, around):
            end(ending)

    return TestTogether

for name_of_class in NAMES:
    globals()[f"TestTogether {name_of_class}"] = class_of(name_of_class)
""",
    "unittest": """
class Case(unittest.TestCase):
    def setUp(self):
        self.addCleanup(self.clean_up)
        self.mock, self.companion = mock_kms_import(), companion_of(self.id().rpartition("test_")[2].partition(":")[0])
        self.mock.__enter__()
        self.companion.__enter__()
        assert "set-up" not in self.id()

    def clean_up(self):
        both = (self.mock, self.companion) if "InTheirOrder" in self.id() else (self.companion, self.mock)
        in_turn(*(lambda each=each: each.__exit__(None, None, None) for each in both))
        assert "tear-down" not in self.id()

def in_turn(first, second):
    try:
        first()
    finally:
        second()

class TestInTheirOrder(Case):
    pass

class TestTheOtherWayRound(Case):
    pass

for each_name in NAMES:
    for each in ENDINGS:
        for case in (TestInTheirOrder, TestTheOtherWayRound):
            setattr(case, f"test_{each_name}: {each}", lambda self, ending=each: end(ending))
del case
""",
    "decorated unittest": """
def class_of(given):
    @mock_kms_import
    class TestTogether(unittest.TestCase):
        def setUp(self):
            self.companion = companion_of(given)
            self.companion.__enter__()
            self.addCleanup(self.companion.__exit__, None, None, None)
            assert "set-up" not in self.id()

        def tearDown(self):
            assert "tear-down" not in self.id()

    for each in ENDINGS:
        setattr(TestTogether, f"test_{each}", lambda self, ending=each: end(ending))
    return TestTogether

for name_of_class in NAMES:
    globals()[f"TestTogether {name_of_class}"] = class_of(name_of_class)
""",
}
COMPANIONS = [
    "monkeypatch",
    "patch.dict",
    "a patch of emit",
    "freezegun",
    "time-machine",
    "mock_aws",
    "another mock",
    "the same mock",
]
NUMBER_OF_ENDINGS = 10


def state():
    """All that a mock changes in this process, as a set of facts."""
    return {
        *((name, value) for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"),
        ("emit", EventAliaser.emit),
        ("prepare_request", Endpoint.prepare_request),
        ("provide", EnvironmentProvider.provide),
        ("active", _active.active(), _active.guard()),
        ("log", *(type(handler).__name__ for handler in logging.getLogger().handlers)),
    }


def write(pytester, source, names=COMPANIONS, endings=()):
    """Write the file with the tests."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(f"NAMES = {list(names)}\nENDINGS = {list(endings)}\n{COMMON}{source}")


def run(pytester, source, names=COMPANIONS):
    """Run tests in this process; gives what was changed by which of them, how many there were, and how they ended."""
    write(pytester, source, names)
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-s", "--tb=no")
    (ran,) = (int(line.rpartition(" ")[2]) for line in result.outlines if "RAN " in line)
    return [line for line in result.outlines if "CHANGED" in line], ran, result.parseoutcomes()


@pytest.mark.parametrize("way", WAYS)
def test_all_is_as_before(pytester, way):
    """However a test has its mock, whatever is beside it, and however it ends."""
    before = state()
    changed, ran, outcomes = run(pytester, WAYS[way])
    assert changed == []
    assert state() == before
    assert ran == len(COMPANIONS) * NUMBER_OF_ENDINGS * (2 if way == "unittest" else 1)
    assert min(outcomes[outcome] for outcome in ("passed", "failed", "skipped")) >= len(COMPANIONS)


@pytest.mark.parametrize("ending", ["interrupts", "ends the run"])
@pytest.mark.parametrize("way", [way for way in WAYS if "unittest" not in way])
def test_all_is_as_before_a_run_that_was_ended(pytester, way, ending):
    """Ctrl-C and pytest.exit end the run, and leave nothing behind either."""
    before = state()
    write(pytester, WAYS[way], ["monkeypatch"], [ending, "returns"])
    result = pytester.inline_run("-p", "no:randomly", "--tb=no", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert state() == before


@pytest.mark.parametrize("companion", ["monkeypatch", "a patch of emit"])
def test_all_is_as_before_with_the_guard(pytester, companion):
    """With ``kms_import_guard`` botocore's functions are the guard's between the tests, and their own after the run."""
    pytester.makeini("[pytest]\nkms_import_guard = true")
    before = state()
    changed, ran, _ = run(pytester, WAYS["fixture last"], [companion])
    assert changed == []
    assert ran == NUMBER_OF_ENDINGS
    assert state() == before


def test_what_changes_something_is_seen(pytester):
    """A test that leaves something behind is told by the comparison."""
    changed, *_ = run(pytester, "def test_a(): os.environ['AWS_PROFILE'] = 'x'\n")
    os.environ.pop("AWS_PROFILE")
    assert len(changed) == 1

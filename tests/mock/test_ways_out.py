"""Every way out of a mock leaves everything as it was: the environment, botocore's emit, and which mocks are active."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import permutations

import boto3
import pytest
import time_machine
from botocore.hooks import EventAliaser
from freezegun import freeze_time
from moto import mock_aws

from pytest_kmsimport import _active, mock_kms_import


def world() -> tuple[dict[str, str], object, list[object]]:
    """What a mock changes while it is active."""
    return dict(os.environ), EventAliaser.emit, list(_active._mocks)


@contextmanager
def other_environment() -> Iterator[None]:
    """Variables of AWS that somebody else sets, empties and takes away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
        patch.setenv("AWS_SESSION_TOKEN", "")
        patch.delenv("AWS_ACCESS_KEY_ID", raising=False)
        yield


LAYERS = {
    "mock": lambda: mock_kms_import(region="eu-west-1"),
    "moto": mock_aws,
    "freezegun": lambda: freeze_time("2027-01-01"),
    "environment": other_environment,
}
WAYS = [
    None,
    ValueError(),
    AssertionError(),
    KeyboardInterrupt(),
    SystemExit(),
    GeneratorExit(),
    asyncio.CancelledError(),
    pytest.skip.Exception("skipped"),
    pytest.fail.Exception("failed"),
    pytest.exit.Exception("over"),
]
UNFIT = (GeneratorExit, asyncio.CancelledError)  # for coroutines and generators, which make something else of them


def leave_by(way: BaseException | None) -> None:
    """Go on, or not."""
    boto3.client("kms", "eu-west-1").list_keys()
    if way is not None:
        raise way


@contextmanager
def unchanged(way: BaseException | None) -> Iterator[None]:
    """What happens here ends in this way, and leaves the world as it was."""
    before = world()
    if way is None:
        yield
    else:
        with pytest.raises(type(way)):
            yield
    assert world() == before


@pytest.mark.parametrize(
    ("order", "way"),
    [(tuple(LAYERS), way) for way in WAYS]
    + [(order, way) for order in permutations(LAYERS) for way in (None, KeyboardInterrupt())],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else repr(value),
)
def test_any_order_and_any_way(order, way):
    """Whatever lies above and below the mock, and however it is left."""
    with unchanged(way), ExitStack() as stack:
        for name in order:
            stack.enter_context(LAYERS[name]())
        leave_by(way)


@pytest.mark.parametrize("ends", list(permutations(range(3))), ids=str)
def test_mocks_that_end_in_another_order(ends):
    """Each is gone when it has ended, and the rest go on."""
    with unchanged(None):
        mocks = [mock_kms_import(region=f"eu-west-{number}") for number in (1, 2, 3)]
        active = [mock.__enter__() for mock in mocks]
        for number in ends:
            mocks[number].__exit__(None, None, None)
            active[number] = None
            assert list(_active._mocks) == [mock for mock in active if mock is not None]


def decorated_function(way):
    """As a decorator."""

    @mock_kms_import(region="eu-west-1")
    def function():
        leave_by(way)

    function()


def decorated_coroutine(way):
    """As a decorator of a coroutine function."""

    @mock_kms_import(region="eu-west-1")
    async def coroutine():
        leave_by(way)

    asyncio.run(coroutine())


def decorated_generator(way):
    """As a decorator of a generator that is closed before its end."""

    @mock_kms_import(region="eu-west-1")
    def generator():
        yield leave_by(way)
        yield None

    made = generator()
    try:
        next(made)
    finally:
        made.close()


def inner_mock(way):
    """As an inner mock with options."""
    with mock_kms_import(), mock_kms_import(region="eu-west-1"):
        leave_by(way)


def with_time_machine(way):
    """Beside time-machine."""
    with time_machine.travel(0), mock_kms_import(region="eu-west-1"):
        leave_by(way)


@pytest.mark.parametrize(
    "way", [way for way in WAYS if not isinstance(way, (GeneratorExit, asyncio.CancelledError))], ids=repr
)
@pytest.mark.parametrize(
    "form", [decorated_function, decorated_coroutine, decorated_generator, inner_mock, with_time_machine]
)
def test_any_form_and_any_way(form, way):
    """However the mock is written, and however it is left."""
    with unchanged(way):
        form(way)


WATCH = """
    import os

    import pytest
    from botocore.hooks import EventAliaser
    from pytest_kmsimport import _active

    def world():
        return dict(os.environ, PYTEST_CURRENT_TEST=""), EventAliaser.emit, _active._mocks

    BEFORE = world()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(item):
        assert world() == BEFORE
"""
TESTS = """
    import unittest

    import boto3
    import pytest
    from pytest_kmsimport import mock_kms_import


    @pytest.fixture
    def broken(request):
        yield
        raise ValueError


    def changed(monkeypatch):
        monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)
        boto3.client("kms", "eu-west-1").list_keys()


    def test_one(monkeypatch, kms_import_mock):
        changed(monkeypatch)


    def test_other(kms_import_mock, monkeypatch):
        changed(monkeypatch)


    def test_failing(monkeypatch, kms_import_mock):
        changed(monkeypatch)
        assert False


    def test_skipped(kms_import_mock, monkeypatch):
        changed(monkeypatch)
        pytest.skip()


    def test_broken_teardown(monkeypatch, kms_import_mock, broken):
        changed(monkeypatch)


    def test_broken_between(broken, monkeypatch, kms_import_mock):
        changed(monkeypatch)


    @pytest.mark.kms_import(region="eu-west-1")
    def test_marked(monkeypatch):
        changed(monkeypatch)


    @mock_kms_import(region="eu-west-1")
    def test_decorated(monkeypatch, kms_import_mock):
        changed(monkeypatch)


    @mock_kms_import
    class TestCase(unittest.TestCase):
        def setUp(self):
            self.key = boto3.client("kms", "eu-west-1").create_key()

        def test_it(self):
            self.fail()

        def tearDown(self):
            raise ValueError


    def test_last():
        pass
"""


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_every_order_of_fixtures(pytester, seed):
    """After each test the next one finds the world as it was, whatever failed where."""
    pytester.makeconftest(WATCH)
    pytester.makepyfile(TESTS)
    order = ["-p", "no:randomly"] if seed is None else ["--randomly-seed", str(seed)]
    outcomes = pytester.runpytest(*order).parseoutcomes()
    assert (outcomes["failed"], outcomes["errors"], outcomes["skipped"]) == (2, 3, 1)
    assert outcomes["passed"] == 7

"""``mock_kms_import`` as a decorator and as a context manager, around every kind of function and class."""

from __future__ import annotations

import asyncio
import functools
import inspect
import unittest
from contextlib import ExitStack

import boto3
import pytest

from pytest_kmsimport import KmsImportMock, NotOffered, mock_kms_import
from pytest_kmsimport._active import active

WITHIN = "222222222222"
in_account = mock_kms_import(account=WITHIN)


def account():
    """The account of the mock that is active, None outside any."""
    mock = active()
    return mock and mock.account


def keys():
    """How many KMS keys the active mock has for its own account."""
    return len(boto3.client("kms").list_keys()["Keys"])


def make_key():
    """Make a KMS key in the active mock."""
    return boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]


# Functions


@in_account
def function(*args, **kwargs):
    """A plain function."""
    return account(), args, kwargs


@in_account
async def coroutine(*args, **kwargs):
    """A coroutine function."""
    await asyncio.sleep(0)
    return account(), args, kwargs


class Holder:
    """Methods of every kind, decorated below and above."""

    @in_account
    def method(self, *args, **kwargs):
        """A method."""
        assert isinstance(self, Holder)
        return account(), args, kwargs

    @classmethod
    @in_account
    def class_method_above(cls, *args, **kwargs):
        """A class method, decorated below."""
        assert cls is Holder
        return account(), args, kwargs

    @in_account
    @classmethod
    def class_method_below(cls, *args, **kwargs):
        """A class method, decorated above."""
        assert cls is Holder
        return account(), args, kwargs

    @staticmethod
    @in_account
    def static_method_above(*args, **kwargs):
        """A static method, decorated below."""
        return account(), args, kwargs

    @in_account
    @staticmethod
    def static_method_below(*args, **kwargs):
        """A static method, decorated above."""
        return account(), args, kwargs

    @in_account
    async def async_method(self, *args, **kwargs):
        """A method that is a coroutine function."""
        return account(), args, kwargs


CALLABLES = {
    "function": function,
    "coroutine": lambda *args, **kwargs: asyncio.run(coroutine(*args, **kwargs)),
    "method": Holder().method,
    "class method above": Holder.class_method_above,
    "class method below": Holder.class_method_below,
    "static method above": Holder.static_method_above,
    "static method below": Holder().static_method_below,
    "async method": lambda *args, **kwargs: asyncio.run(Holder().async_method(*args, **kwargs)),
    "partial": in_account(functools.partial(lambda *args, **kwargs: (account(), args, kwargs))),
}


@pytest.mark.parametrize("name", CALLABLES)
def test_what_is_decorated_runs_in_a_mock(name):
    """While it runs, and only then, the mock is active; arguments and result pass through."""
    assert CALLABLES[name](1, two=2) == (WITHIN, (1,), {"two": 2})
    assert account() is None


@pytest.mark.parametrize("name", CALLABLES)
def test_what_is_decorated_can_be_called_again(name):
    """Every call has its mock."""
    assert [CALLABLES[name]()[0] for _ in range(2)] == [WITHIN, WITHIN]


def test_every_call_has_an_empty_mock():
    """KMS keys of one call are not there in the next."""

    @mock_kms_import
    def make_and_count():
        make_key()
        return keys()

    assert [make_and_count(), make_and_count()] == [1, 1]


def test_recursion_stays_in_one_mock():
    """A bare decorated function that calls itself joins the mock that it is in."""

    @mock_kms_import
    def count(depth):
        make_key()
        return count(depth - 1) if depth else keys()

    assert count(2) == 3


def test_an_exception_passes_through():
    """What the function raises is what the caller gets, and the mock has ended."""

    @mock_kms_import
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert account() is None


def test_coroutines_run_side_by_side():
    """Two decorated coroutines that wait for one another each end their own mock."""

    async def both():
        return await asyncio.gather(coroutine(), coroutine())

    assert [result[0] for result in asyncio.run(both())] == [WITHIN, WITHIN]
    assert account() is None


@pytest.mark.parametrize("decorate", [mock_kms_import, in_account], ids=["bare", "with options"])
def test_signatures_are_kept(decorate):
    """A decorated function shows the same signature, name and docstring as before."""

    def importer(key_id: str, *, wrapping_key_spec: str = "RSA_4096") -> bytes:
        """Import a key."""

    decorated = decorate(importer)
    assert inspect.signature(decorated) == inspect.signature(importer)
    assert (decorated.__name__, decorated.__doc__, decorated.__module__) == ("importer", "Import a key.", __name__)


KINDS = ("iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "isfunction")


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_are_kept(kind):
    """What asks whether a function is a coroutine function, and so on, gets the same answer as before."""

    def plain():
        return None

    async def coro():
        return None

    def gen():
        yield

    async def async_gen():
        yield

    is_kind = getattr(inspect, kind)
    for thing in (plain, coro, gen, async_gen):
        assert is_kind(mock_kms_import(thing)) == is_kind(thing)


@in_account
@pytest.mark.parametrize("number", [1, 2])
def test_a_decorated_test_takes_fixtures_and_parameters(tmp_path, number):
    """Through the decorator, pytest sees which fixtures and parameters to pass."""
    assert (account(), tmp_path.is_dir(), number in {1, 2}) == (WITHIN, True, True)


# Generators


def test_a_generator_is_in_its_mock_from_start_to_end():
    """The mock begins with the first step and ends with the last; values, sent ones and the result pass through."""

    @in_account
    def generator():
        got = yield account()
        got = yield (account(), got)
        return got

    steps = generator()
    assert account() is None
    assert next(steps) == WITHIN
    assert steps.send("a") == (WITHIN, "a")
    with pytest.raises(StopIteration) as end:
        steps.send("b")
    assert (end.value.value, account()) == ("b", None)


def test_a_generator_that_is_closed_ends_its_mock():
    """A generator that is given up half-way leaves no mock behind."""
    seen = []

    @in_account
    def generator():
        try:
            yield
        finally:
            seen.append(account())

    steps = generator()
    next(steps)
    steps.close()
    assert (seen, account()) == ([WITHIN], None)


@in_account
async def async_generator():
    """An async generator that tells what is done to it."""
    got = "nothing"
    while True:
        try:
            got = yield account(), got
        except ValueError as error:
            got = error
        if got == "stop":
            return


def test_an_async_generator_is_in_its_mock():
    """Through ``async for`` every step is in the mock, and none after."""

    @in_account
    async def three():
        for number in range(3):
            yield number, account()

    async def collect():
        return [step async for step in three()]

    assert asyncio.run(collect()) == [(0, WITHIN), (1, WITHIN), (2, WITHIN)]
    assert account() is None


def test_asend_reaches_an_async_generator():
    """What is sent arrives, and a generator that returns ends its mock."""

    async def drive():
        steps = async_generator()
        first, second = await steps.asend(None), await steps.asend("a")
        with pytest.raises(StopAsyncIteration):
            await steps.asend("stop")
        return first, second

    assert asyncio.run(drive()) == ((WITHIN, "nothing"), (WITHIN, "a"))
    assert account() is None


def test_athrow_reaches_an_async_generator():
    """What is thrown arrives, and the generator may go on."""

    async def drive():
        steps, error = async_generator(), ValueError()
        await steps.asend(None)
        caught = (await steps.athrow(error))[1] is error
        await steps.aclose()
        return caught

    assert asyncio.run(drive())


def test_athrow_that_is_not_caught_ends_the_mock():
    """An exception that the generator does not handle comes out, and the mock has ended."""

    async def drive():
        steps = async_generator()
        await steps.asend(None)
        with pytest.raises(ZeroDivisionError):
            await steps.athrow(ZeroDivisionError())
        return account()

    assert asyncio.run(drive()) is None


def test_aclose_closes_an_async_generator():
    """The generator's own clean-up runs within the mock, which then ends."""
    seen = []

    @in_account
    async def generator():
        try:
            yield
        finally:
            await asyncio.sleep(0)
            seen.append(account())

    async def drive():
        steps = generator()
        await steps.asend(None)
        await steps.aclose()

    asyncio.run(drive())
    assert (seen, account()) == ([WITHIN], None)


# Fixtures


@pytest.fixture
@in_account
def made_by_a_generator():
    """A fixture that is a generator, decorated below."""
    yield make_key()
    assert keys() == 1


@pytest.fixture
@in_account
def made_by_a_function():
    """A fixture that is a plain function, decorated below."""
    make_key()
    return account()


def test_a_fixture_that_is_a_generator_keeps_its_mock(made_by_a_generator):
    """The test that asks for it is within its mock."""
    assert (account(), keys()) == (WITHIN, 1)


def test_a_fixture_that_is_a_function_is_done(made_by_a_function):
    """The mock of a plain fixture ends when the fixture returns."""
    assert (made_by_a_function, account()) == (WITHIN, None)


@pytest.mark.parametrize("decorate", [mock_kms_import, in_account], ids=["bare", "with options"])
def test_above_a_fixture_is_a_mistake(decorate):
    """Above @pytest.fixture the decorator says where to stand."""

    @pytest.fixture
    def fixture():
        """A fixture."""

    with pytest.raises(TypeError, match=r"write @pytest\.fixture first, @mock_kms_import below it"):
        decorate(fixture)


@pytest.mark.parametrize("thing", ["eu-central-1", 5, {"region": "eu-central-1"}], ids=str)
def test_other_things_cannot_be_decorated(thing):
    """An option in place of a function is refused with what is decorated."""
    with pytest.raises(TypeError, match="decorates functions and classes, not"):
        mock_kms_import(thing)


# Test classes


@in_account
class TestDecorated:
    """A pytest class, all of it within one mock."""

    @classmethod
    def setup_class(cls):
        cls.key_id = make_key()

    def setup_method(self, method):
        self.name = method.__name__
        make_key()

    def teardown_method(self):
        assert account() == WITHIN

    @classmethod
    def teardown_class(cls):
        assert (account(), keys()) == (WITHIN, 1)

    @pytest.mark.parametrize("turn", [1, 2])
    def test_every_test_starts_from_the_classes_state(self, turn):
        """The keys of setup_class and of its own setup_method are there, and those of other tests are not."""
        assert (keys(), turn in {1, 2}) == (2, True)
        make_key()

    def test_setup_method_gets_the_method(self):
        """Set-up functions get the arguments that pytest gives them."""
        assert self.name == "test_setup_method_gets_the_method"


class SetUpByParent:
    """What subclasses inherit is set up for them."""

    description = "parent"

    @classmethod
    def setup_class(cls):
        cls.set_up_for = cls.description


@mock_kms_import
class TestDecoratedParent(SetUpByParent):
    """A decorated class with a set-up that it inherits."""

    def test_set_up_belongs_to_the_class(self):
        """setup_class is called for the class whose tests run."""
        assert self.set_up_for == self.description


class TestSubclass(TestDecoratedParent):
    """A subclass of a decorated class, with the same test."""

    description = "child"


@in_account
class DecoratedCase(unittest.TestCase):
    """A unittest case, all of it within one mock."""

    description = "parent"

    @classmethod
    def setUpClass(cls):
        cls.set_up_for = cls.description
        make_key()

    @classmethod
    def tearDownClass(cls):
        assert (account(), keys()) == (WITHIN, 1)

    def setUp(self):
        make_key()
        self.addCleanup(self.check_clean_up)

    def check_clean_up(self):
        """Hold that clean-ups run within the mock."""
        assert account() == WITHIN

    def test_one(self):
        """The keys of setUpClass and setUp are there."""
        assert keys() == 2
        make_key()

    def test_two(self):
        """The same, whichever of the two ran first."""
        assert keys() == 2
        make_key()

    def test_set_up_belongs_to_the_class(self):
        """The set-up is called for the class whose tests run."""
        assert self.set_up_for == self.description


class SubclassOfDecoratedCase(DecoratedCase):
    """A subclass of a decorated case, with the same tests."""

    description = "child"


@in_account
class DecoratedAsyncCase(unittest.IsolatedAsyncioTestCase):
    """An asynchronous unittest case."""

    async def asyncSetUp(self):
        make_key()

    async def test_one(self):
        """The key of asyncSetUp is there, and no other."""
        assert (account(), keys()) == (WITHIN, 1)


def run_case(case):
    """Run a unittest case as unittest does, and give its result."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


@pytest.mark.parametrize("case", [DecoratedCase, DecoratedAsyncCase])
def test_cases_run_under_unittest_alone(case):
    """Under the runner of unittest a decorated case has its mock, too."""
    result = run_case(case)
    assert (result.errors, result.failures, account()) == ([], [], None)


def swallow():
    """Swallow a complaint of the mock's."""
    try:
        boto3.client("kms").describe_key(KeyId="alias/aws/unknown")
    except AssertionError:
        return


@pytest.mark.parametrize("where", ["test", "setUpClass", "tearDownClass"])
def test_a_case_that_swallows_a_complaint_fails(where):
    """Wherever the mock's complaint is swallowed in a decorated case, it fails something."""

    class Case(unittest.TestCase):
        def test(self):
            if where == "test":
                swallow()

    setattr(Case, where, Case.test if where == "test" else classmethod(lambda _: swallow()))
    result = run_case(mock_kms_import(Case))
    assert len(result.errors + result.failures) == 1
    assert "NotOffered" in (result.errors + result.failures)[0][1]


def test_a_complaint_that_a_case_shows_is_told_once():
    """A test of a decorated case that fails with the complaint itself does not fail twice."""

    @mock_kms_import
    class Case(unittest.TestCase):
        def test(self):
            boto3.client("kms").describe_key(KeyId="alias/aws/unknown")

    result = run_case(Case)
    assert len(result.errors + result.failures) == 1


def test_a_set_up_that_fails_ends_the_mock():
    """A case whose setUpClass fails leaves no mock behind."""

    @mock_kms_import
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            raise ZeroDivisionError

        def test(self):
            """Never run."""

    assert len(run_case(Case).errors) == 1
    assert account() is None


# Nesting, as a context manager


def test_without_options_the_inner_mock_is_the_outer_one():
    """A nested mock without options joins the outer, and leaves it running."""
    with mock_kms_import(region="eu-west-3") as outer, mock_kms_import() as inner:
        assert inner is outer
    assert account() is None


def test_the_outer_mock_outlives_one_that_joined():
    """When the inner block ends, the mock that it joined goes on."""
    with mock_kms_import() as outer:
        with mock_kms_import():
            make_key()
        assert (active(), keys()) == (outer, 1)


def test_with_options_the_inner_mock_stands_alone():
    """A nested mock with options has its own KMS keys until it ends."""
    with mock_kms_import() as outer:
        make_key()
        with in_account as inner:
            assert (inner is outer, keys(), account()) == (False, 0, WITHIN)
        assert keys() == 1


def test_decorated_functions_join_too(kms_import_mock):
    """A bare decorated helper works in the mock of the test that calls it."""
    mock_kms_import(make_key)()
    assert keys() == 1


def test_complaints_of_one_that_joined_are_told_by_the_outer_one():
    """A complaint that is swallowed in a joined block fails the outer mock, once."""
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(NotOffered))
        stack.enter_context(mock_kms_import())
        with mock_kms_import():
            swallow()


def test_async_with_is_the_same_mock():
    """``async with`` gives an active mock, as ``with`` does."""

    async def drive():
        async with mock_kms_import(account=WITHIN) as mock:
            assert isinstance(mock, KmsImportMock)
            return account()

    assert (asyncio.run(drive()), account()) == (WITHIN, None)


def test_one_object_can_be_entered_within_itself():
    """The object that mock_kms_import gives can be used again, also while it is in use."""
    with in_account as first, in_account as second:
        assert first is not second
    assert account() is None

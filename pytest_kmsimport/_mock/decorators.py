"""What the decorator does to each kind of thing it can decorate."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, TypeVar, cast
from unittest import TestCase

import wrapt

from .._active import note_test_failure

if TYPE_CHECKING:
    from .mock import KmsImportMock

Decorated = TypeVar("Decorated")
#: Makes a new mock to enter.
Fresh = Callable[[], "AbstractContextManager[Any]"]

_FIXTURE_ABOVE = (
    "@mock_kms_import stands above @pytest.fixture, where pytest would not see it: write @pytest.fixture first,"
    " @mock_kms_import below it."
)


def decorate(decorated: Decorated, fresh: Fresh) -> Decorated:
    """Wrap a function or a test class so that it runs within a mock; signatures stay as they are."""
    if isinstance(decorated, type):
        around = _around_test_case if issubclass(decorated, TestCase) else _around_test_class
        around(decorated, fresh)
        return decorated
    if type(decorated).__name__ == "FixtureFunctionDefinition" or hasattr(decorated, "_pytestfixturefunction"):
        raise TypeError(_FIXTURE_ABOVE)
    if not callable(decorated) and not isinstance(decorated, (classmethod, staticmethod)):
        raise TypeError(f"@mock_kms_import decorates functions and classes, not {decorated!r}.")
    return cast(Decorated, wrapt.FunctionWrapper(cast(Any, decorated), _wrapper(decorated, fresh)))


def _wrapper(decorated: Any, fresh: Fresh) -> Callable[..., Any]:  # noqa: ANN401  any function
    function = getattr(decorated, "__func__", decorated)
    for is_kind, wrap in _KINDS:
        if is_kind(function):
            return wrap(fresh)
    return _function(fresh)


def _function(fresh: Fresh) -> Callable[..., Any]:
    def call(wrapped: Callable[..., Any], _: object, args: Any, kwargs: Any) -> Any:  # noqa: ANN401
        with fresh():
            return wrapped(*args, **kwargs)

    return call


def _coroutine(fresh: Fresh) -> Callable[..., Any]:
    async def call(wrapped: Callable[..., Any], _: object, args: Any, kwargs: Any) -> Any:  # noqa: ANN401
        with fresh():
            return await wrapped(*args, **kwargs)

    return call


def _generator(fresh: Fresh) -> Callable[..., Any]:
    def call(wrapped: Callable[..., Any], _: object, args: Any, kwargs: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401
        with fresh():
            return (yield from wrapped(*args, **kwargs))

    return call


def _async_generator(fresh: Fresh) -> Callable[..., Any]:
    async def call(wrapped: Callable[..., Any], _: object, args: Any, kwargs: Any) -> AsyncGenerator[Any, Any]:  # noqa: ANN401
        with fresh():
            inner = wrapped(*args, **kwargs)
            step = inner.__anext__()
            while True:
                try:
                    item = await step
                except StopAsyncIteration:
                    return
                try:
                    sent = yield item
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001  handed to the decorated generator
                    step = inner.athrow(error)
                else:
                    step = inner.asend(sent)

    return call


_KINDS = (
    (inspect.isasyncgenfunction, _async_generator),
    (inspect.iscoroutinefunction, _coroutine),
    (inspect.isgeneratorfunction, _generator),
)


class _ClassMock:
    """The mock of a test class: it begins before the class's set-up, and every test starts from the same state."""

    def __init__(self, fresh: Fresh) -> None:
        self._fresh = fresh
        self._entered: AbstractContextManager[KmsImportMock] | None = None
        self._mock: KmsImportMock | None = None
        self._test: AbstractContextManager[None] = nullcontext()

    def begin(self, set_up: Callable[[], object]) -> None:
        self._entered = self._fresh()
        self._mock = self._entered.__enter__()
        try:
            set_up()
        except BaseException:
            self.end()
            raise

    def end(self, tear_down: Callable[[], object] = lambda: None) -> None:
        try:
            tear_down()
        finally:
            entered, self._entered, self._mock = self._entered, None, None
            if entered is not None:
                entered.__exit__(None, None, None)

    def begin_test(self) -> None:
        self._test = self._mock.restoring() if self._mock else nullcontext()
        self._test.__enter__()

    def end_test(self) -> None:
        self._test.__exit__(None, None, None)


@contextmanager
def _telling() -> Iterator[None]:
    """Note what a test fails with, which unittest reports only after the cleanups."""
    try:
        yield
    except BaseException as failure:
        note_test_failure(failure)
        raise


def _around_test_case(case: type[TestCase], fresh: Fresh) -> None:
    """Have a ``unittest.TestCase`` run within a mock, set-up, tear-down and cleanups included."""
    mock = _ClassMock(fresh)
    set_up_class, tear_down_class = (getattr_static(case, name) for name in ("setUpClass", "tearDownClass"))
    run = case.run

    def set_up(cls: type[TestCase]) -> None:
        mock.begin(set_up_class.__get__(None, cls))

    def tear_down(cls: type[TestCase]) -> None:
        mock.end(tear_down_class.__get__(None, cls))

    def run_within(self: TestCase, result: Any = None) -> Any:  # noqa: ANN401  as unittest has it
        mock.begin_test()
        self.addCleanup(mock.end_test)  # the first cleanup that is added is the last to run
        name = self.id().rpartition(".")[2]
        setattr(self, name, decorate(getattr(self, name), _telling))
        return run(self, result)

    case.setUpClass = classmethod(set_up)  # type: ignore[assignment]
    case.tearDownClass = classmethod(tear_down)  # type: ignore[assignment]
    case.run = run_within  # type: ignore[method-assign]


def _around_test_class(cls: type, fresh: Fresh) -> None:
    """Have a pytest class run within a mock, by its xunit-style set-up and tear-down."""
    mock = _ClassMock(fresh)
    names = ("setup_class", "teardown_class", "setup_method", "teardown_method")
    inner = {name: getattr_static(cls, name, None) for name in names}

    def setup_class(owner: type) -> None:
        mock.begin(lambda: _call(inner["setup_class"], None, owner))

    def teardown_class(owner: type) -> None:
        mock.end(lambda: _call(inner["teardown_class"], None, owner))

    def setup_method(self: object, method: object) -> None:
        mock.begin_test()
        _call(inner["setup_method"], self, method)

    def teardown_method(self: object, method: object) -> None:
        try:
            _call(inner["teardown_method"], self, method)
        finally:
            mock.end_test()

    for of_class in (setup_class, teardown_class):
        setattr(cls, of_class.__name__, classmethod(of_class))
    for of_method in (setup_method, teardown_method):
        setattr(cls, of_method.__name__, of_method)


def _call(function: Any, instance: object, argument: object) -> None:  # noqa: ANN401  any descriptor of a class
    """Call a set-up or tear-down as pytest does: with its argument if it takes one."""
    if function is None:
        return
    owner = argument if instance is None else type(instance)
    bound = function.__get__(instance, owner)
    bound(*([argument] if inspect.signature(bound).parameters else []))

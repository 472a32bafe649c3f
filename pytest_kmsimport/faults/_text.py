"""Faults as text, written as in Python: one way to say them on a command line, in JSON and in a file.

A text is parsed and looked up, never evaluated: it can name the faults of this package, its ready-made actions, and
literals. What a fault shows as its repr is such a text.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn

from .._service.fault import Fault
from .._service.plans import Steps
from .._wire.model import did_you_mean, error_codes
from ._actions import is_ready_made
from ._world import meanwhile

_LONGEST = 2000  # characters, so that nothing nests too deep to be read
_SHOWN = 60  # characters of what is wrong
_EXAMPLE = "AnswerLost(ConnectionClosed())"
_PLAN_EXAMPLE = f'{_EXAMPLE}, on="ImportKeyMaterial", times=1'
_POSITIONAL = ("fault", "on")  # of what inject takes
_NOTHING_ELSE = "nothing is evaluated here: write faults, ready-made actions and literals"


def parse(text: str) -> Fault | Steps:
    """Read a fault, or a sequence of them, from its text: ``parse("AnswerLost(ConnectionClosed())")``.

    The text is written as in Python, with the names of this module, the ready-made actions for ``meanwhile`` among
    them, and literals: ``meanwhile(disable_key)``, ``Slow(90, really=True)``, ``[Refusal("ThrottlingException"),
    None]``. It is what a fault shows as its repr. Nothing in it is evaluated, so it may come from anybody.

    Raises ValueError that says what to write instead; TypeError for what is no text.
    """
    with _readable(text, _EXAMPLE):
        return _read_as_fault(_tree(text))


def parse_plan(text: str) -> dict[str, Any]:
    """Read what ``mock.inject`` takes, as it is written there: a fault, and keywords that say where and when.

    Such as ``AnswerLost(), on="ImportKeyMaterial", times=1``. The fault is under ``fault``. Raises as ``parse`` does.
    """
    with _readable(text, _PLAN_EXAMPLE):
        return _read_as_plan(_tree(f"inject({text}\n)"), _shown(text))


@contextmanager
def _readable(text: str, example: str) -> Iterator[None]:
    """Refuse what is no text of Python at all."""
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no text; write a fault as one, such as {example!r}.")
    if len(text) > _LONGEST:
        raise ValueError(f"A fault of {len(text)} characters; write at most {_LONGEST}, such as {example}.")
    try:
        yield
    except (SyntaxError, UnicodeError, RecursionError, MemoryError):
        raise ValueError(f"{_shown(text)} is not written as in Python; write a fault such as {example}.") from None


def _tree(source: str) -> ast.expr:
    if "\0" in source:
        raise SyntaxError  # as from Python 3.12 on
    return ast.parse(source.strip(), mode="eval").body


def _read_as_plan(call: ast.expr, shown: str) -> dict[str, Any]:
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or len(call.args) > len(_POSITIONAL):
        raise ValueError(f"{shown} is no fault with keywords; write it such as {_PLAN_EXAMPLE}.")
    if not call.args:
        raise ValueError(f"{shown} has no fault; write it first, such as {_PLAN_EXAMPLE}.")
    members = _keywords(call)
    for name, node in zip(_POSITIONAL, call.args, strict=False):
        if name in members:
            raise ValueError(f"{shown} says {name} twice; write it once, such as {_PLAN_EXAMPLE}.")
        members[name] = _read_as_fault(node) if name == "fault" else _value(node)
    return members


def _read_as_fault(node: ast.expr) -> Fault | Steps:
    value = _value(node)
    if isinstance(value, Fault):
        return value
    if isinstance(value, (list, tuple)) and any(value) and all(isinstance(step, (Fault, type(None))) for step in value):
        return value
    return _refuse(node, f"write a fault such as {_EXAMPLE}, or a sequence of faults and None, such as [Slow(5), None]")


def _value(node: ast.expr) -> Any:  # noqa: ANN401  of a literal, or a fault
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float, type(None))):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        number = node.operand.value
        if type(number) in {int, float}:
            return -number  # type: ignore[operator]
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Call):
        return _made(node)
    if isinstance(node, ast.Name):
        return _action(node)
    if isinstance(node, ast.Lambda):
        _refuse(node, "functions of your own are for mock.inject in Python; here, meanwhile takes ready-made actions")
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        _refuse(node, f"write names alone, without what they are from: {node.attr}")
    return _refuse(node, _NOTHING_ELSE)


def _made(node: ast.Call) -> Fault:
    """The fault that a call of its name makes."""
    if not isinstance(node.func, ast.Name):
        _value(node.func)  # which says what is wrong with it
        _refuse(node, _NOTHING_ELSE)
    make = _known(node.func)
    if is_ready_made(make):
        _refuse(node, f"write meanwhile({node.func.id})")
    arguments, keywords = [_value(argument) for argument in node.args], _keywords(node)
    signature = inspect.signature(make)
    try:
        signature.bind(*arguments, **keywords)
    except TypeError as error:
        usage = f"{node.func.id}({', '.join(map(_parameter, signature.parameters.values()))})"
        _refuse(node, f"write {usage}: {error}")
    try:
        fault: Fault = make(*arguments, **keywords)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{_shown(ast.unparse(node))}: {error}") from None
    return fault


def _keywords(node: ast.Call) -> dict[str, Any]:
    keywords: dict[str, Any] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            _refuse(keyword.value, _NOTHING_ELSE)
        if keyword.arg in keywords:
            _refuse(node, f"write {keyword.arg} once")
        keywords[keyword.arg] = _value(keyword.value)
    return keywords


def _action(node: ast.Name) -> Callable[..., object]:
    """The ready-made action that a name alone stands for."""
    action = _known(node)
    if not is_ready_made(action):
        _refuse(node, f"write {node.id}(...), with its arguments if it has any")
    return action


def _known(node: ast.Name) -> Callable[..., Any]:
    """What a name stands for."""
    name, known = node.id, _vocabulary()
    if name in known:
        return known[name]
    meant = f' Did you mean Refusal("{name}")?' if name in error_codes() else did_you_mean(name, known)
    raise ValueError(f"There is no fault or ready-made action {name!r}.{meant or _all_of(known)}")


def _all_of(names: Iterable[str]) -> str:
    return f" Write one of {', '.join(names)}."


@cache
def _vocabulary() -> Mapping[str, Callable[..., Any]]:
    """The names that a text can have in it: the public ones that are a kind of fault or a ready-made action."""
    from .. import faults  # noqa: PLC0415  whose names are complete only when this module is loaded

    named = {name: getattr(faults, name) for name in faults.__all__}
    return {
        name: thing for name, thing in named.items() if thing is meanwhile or is_ready_made(thing) or _is_kind(thing)
    }


def _is_kind(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, Fault) and not inspect.isabstract(thing)


def _parameter(parameter: inspect.Parameter) -> str:
    """A parameter as the usage of a fault shows it."""
    if parameter.default is parameter.empty:
        return parameter.name
    default = parameter.default
    return f"{parameter.name}={default!r}" if isinstance(default, (str, int, float, type(None))) else parameter.name


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _refuse(node: ast.expr, instead: str) -> NoReturn:
    raise ValueError(f"{_shown(ast.unparse(node))} is no fault as text; {instead}.")

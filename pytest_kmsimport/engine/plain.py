"""Values of the engine as plain data, which JSON can hold, and back: by the types that their fields have."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .materials import load_held_key, to_pkcs8

Value = TypeVar("Value")

__tracebackhide__ = True

_MICROSECOND = timedelta(microseconds=1)


class UnfitError(ValueError):
    """Plain data is not what ``write`` gives; says where, and not what is there instead."""


class Form(NamedTuple):
    """How values of one type are written as plain data, and read from it; ``read`` refuses what was never written."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def write(value: object, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields of a dataclass or named tuple as plain data, but those that are left out."""
    forms = _forms_of(type(value))
    return {name: form.write(getattr(value, name)) for name, form in forms.items() if name not in without}


def read(kind: type[Value], plain: Any, **others: object) -> Value:  # noqa: ANN401  what JSON gives
    """A dataclass or named tuple of plain data, and of ``others``, which are as they are.

    A field that is not there has its default. Raises UnfitError for anything else that ``write`` does not write.
    """
    forms = _forms_of(kind)
    fields = dict(others)
    for name, item in _checked(dict, plain).items():
        if name not in forms or name in others:
            raise UnfitError(f"{kind.__name__} has no {name!r} to be read")
        try:
            fields[name] = forms[name].read(item)
        except UnfitError:
            raise
        except Exception:  # noqa: BLE001  of whatever makes the value
            raise UnfitError(f"{name} of {kind.__name__} is not one") from None
    try:
        return kind(**fields)
    except TypeError:
        raise UnfitError(f"{kind.__name__} has not all of its fields") from None


def _find_forms(kind: type) -> Mapping[str, Form]:
    """The forms of what the fields of a dataclass or named tuple hold."""
    return {name: form_of(hint) for name, hint in get_type_hints(kind).items()}


_forms_of: Callable[[type], Mapping[str, Form]] = cache(_find_forms)


def form_of(hint: Any) -> Form:  # noqa: ANN401  a type, or what typing makes of it
    """The form of a type, such as ``datetime | None`` or ``dict[str, KeyMaterial]``."""
    if hint in _FORMS:
        return _FORMS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        (kind,) = set(arguments) - {NoneType}
        form = form_of(kind)
        return Form(
            lambda value: None if value is None else form.write(value),
            lambda plain: None if plain is None else form.read(plain),
        )
    if origin in {dict, Mapping}:
        of_values = form_of(arguments[1])
        return Form(
            lambda value: {name: of_values.write(item) for name, item in value.items()},
            lambda plain: {name: of_values.read(item) for name, item in _checked(dict, plain).items()},
        )
    if origin is tuple:
        of_items = form_of(arguments[0])
        return Form(
            lambda value: [of_items.write(item) for item in value],
            lambda plain: tuple(of_items.read(item) for item in _checked(list, plain)),
        )
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Form(lambda value: value.value, hint)
    if is_dataclass(hint) or hasattr(hint, "_field_defaults"):
        return Form(write, lambda plain: read(hint, plain))
    raise TypeError(f"{hint} has no form as plain data: give it one in _FORMS of {__name__}.")


def _checked(kind: type[Value], plain: Any) -> Value:  # noqa: ANN401  what JSON gives
    """What is exactly of a type: 1 is not True."""
    if type(plain) is not kind:
        raise UnfitError(f"there is a {type(plain).__name__} where a {kind.__name__} belongs")
    return plain


def _as_it_is(kind: type) -> Form:
    return Form(lambda value: value, lambda plain: _checked(kind, plain))


def _moment(plain: str) -> datetime:
    moment = datetime.fromisoformat(plain)
    if moment.tzinfo is None:
        raise UnfitError("there is a time without a timezone")
    return moment


def _rsa_key(plain: str) -> RSAPrivateKey:
    key = load_held_key(_bytes(plain))
    if not isinstance(key, RSAPrivateKey):
        raise UnfitError("there is another private key where one of RSA belongs")
    return key


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


def _bytes(plain: str) -> bytes:
    return b64decode(plain, validate=True)


_FORMS: Mapping[Any, Form] = {
    str: _as_it_is(str),
    int: _as_it_is(int),
    bool: _as_it_is(bool),
    Any: Form(lambda value: value, lambda plain: plain),  # members of requests that are texts and what holds texts
    bytes: Form(_base64, _bytes),
    datetime: Form(datetime.isoformat, _moment),
    timedelta: Form(lambda value: value // _MICROSECOND, lambda plain: _checked(int, plain) * _MICROSECOND),
    RSAPrivateKey: Form(lambda key: _base64(to_pkcs8(key)), _rsa_key),
}

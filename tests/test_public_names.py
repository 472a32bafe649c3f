"""The names that users import: exact, documented, and loaded no sooner than they are used."""

from __future__ import annotations

import ast
import inspect
import pickle
import subprocess
import sys
import traceback
from dataclasses import asdict
from importlib.metadata import entry_points
from importlib.resources import files
from textwrap import dedent

import pytest

import pytest_kmsimport
from pytest_kmsimport._mock import context
from pytest_kmsimport._mock.options import Options
from pytest_kmsimport.engine.failures import PAGE

NAMES = pytest_kmsimport.__all__
HEAVY = ("botocore", "boto3", "cryptography", "wrapt", "moto")


def is_documented(thing):
    """Whether a class, function or method has a docstring of its own or inherits one."""
    return bool(inspect.getdoc(thing))


def is_exception(thing):
    """Whether it can be raised."""
    return inspect.isclass(thing) and issubclass(thing, BaseException)


def public_members(cls):
    """The public methods and properties that a class of this package defines."""
    return {
        name: member for name, member in vars(cls).items() if not name.startswith("_") and callable_or_property(member)
    }


def callable_or_property(member):
    """Tell methods and properties from attributes."""
    return isinstance(member, (property, classmethod, staticmethod)) or inspect.isfunction(member)


def test_all_is_sorted():
    """A reader finds a name where the alphabet has it."""
    assert sorted(NAMES) == NAMES


def test_all_is_what_the_package_offers():
    """The public names are these; one more or less is a change for users."""
    assert set(NAMES) == {
        "AttachedStatement",
        "BlastRadius",
        "Attestation",
        "CallRecord",
        "Calls",
        "CallsForgotten",
        "Clock",
        "CustomKeyStore",
        "Decision",
        "Dependent",
        "FaultNeverStruck",
        "KeyMaterialView",
        "KeyView",
        "KmsImportMock",
        "LeastPrivilege",
        "MeanwhileFailed",
        "NotOffered",
        "Permissions",
        "Plan",
        "RealAwsRefused",
        "Redacted",
        "RegisteredPrincipal",
        "SecretLeaked",
        "Server",
        "Snapshot",
        "TargetFailed",
        "mock_kms_import",
        "wrap_key_material",
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_imported(name):
    """What __all__ names is there, under its own name."""
    assert getattr(pytest_kmsimport, name).__name__ == name


def test_dir_lists_the_names():
    """Completion in an interpreter offers the public names before any of them was loaded."""
    assert set(NAMES) <= set(dir(pytest_kmsimport))


def test_a_star_import_gives_the_names():
    """``from pytest_kmsimport import *`` gives the public names and no others."""
    given = {}
    exec("from pytest_kmsimport import *", given)  # noqa: S102  a star is not allowed in a function
    assert set(given) - {"__builtins__"} == set(NAMES)


def test_another_name_is_an_attribute_error():
    """A name that the package does not have is refused as any module refuses it."""
    with pytest.raises(AttributeError, match="module 'pytest_kmsimport' has no attribute 'mock_kms'"):
        _ = pytest_kmsimport.mock_kms


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_documented(name):
    """Every public name says what it is for."""
    assert is_documented(getattr(pytest_kmsimport, name))


@pytest.mark.parametrize("name", [name for name in NAMES if inspect.isclass(getattr(pytest_kmsimport, name))])
def test_every_public_member_is_documented(name):
    """So does every public method and property of the public classes."""
    members = public_members(getattr(pytest_kmsimport, name))
    assert [member for member, thing in members.items() if not is_documented(thing)] == []


@pytest.mark.parametrize("option", inspect.signature(Options).parameters)
def test_every_option_is_documented(option):
    """The docstring of ``mock_kms_import`` has a line for each option."""
    line = f"* ``{option}``: "
    assert line in inspect.getdoc(pytest_kmsimport.mock_kms_import), f"write a line {line!r} in _mock/context.py"


def test_type_checkers_know_every_option():
    """The overload of ``mock_kms_import`` has a keyword for each, in the same order and with the same default."""
    module = ast.parse(inspect.getsource(context))
    overloads = [node.args for node in module.body if getattr(node, "name", "") == "mock_kms_import"]
    (options,) = (arguments for arguments in overloads if arguments.kwonlyargs)
    written = zip(options.kwonlyargs, options.kw_defaults, strict=True)
    keywords = {argument.arg: ast.unparse(default).strip("'") for argument, default in written}
    usual = {name: str(default) for name, default in asdict(Options()).items()}
    known = {"account": "DEFAULT_ACCOUNT", "quotas": "..."}
    assert keywords == usual | known, "the overload of mock_kms_import in _mock/context.py has others than Options"
    assert list(keywords) == list(usual)


@pytest.mark.parametrize("name", ["NotOffered", "RealAwsRefused"])
def test_the_mocks_own_complaints_are_assertion_errors(name):
    """That type is left alone by botocore's retry handlers, and pytest takes it for a failure."""
    assert issubclass(getattr(pytest_kmsimport, name), AssertionError)


EXCEPTIONS = [name for name in NAMES if is_exception(getattr(pytest_kmsimport, name))]


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exceptions_are_shown_where_users_find_them(name):
    """A failure names the exception as a test would import it, and its page; it can be sent to another process."""
    exception = getattr(pytest_kmsimport, name)
    shown = "".join(traceback.format_exception_only(exception, exception("what happened")))
    assert shown.startswith(f"pytest_kmsimport.{name}: what happened\n{PAGE}#")
    assert type(pickle.loads(pickle.dumps(exception("what happened")))) is exception  # noqa: S301  it is our own


def test_there_are_exceptions():
    """And these are they."""
    assert EXCEPTIONS == [
        "CallsForgotten",
        "FaultNeverStruck",
        "MeanwhileFailed",
        "NotOffered",
        "RealAwsRefused",
        "SecretLeaked",
        "TargetFailed",
    ]


@pytest.mark.parametrize("module", ["pytest_kmsimport", "pytest_kmsimport.plugin"])
def test_importing_loads_nothing_heavy(module):
    """Importing the package, or the plugin that pytest loads everywhere, costs no import of botocore and the like."""
    code = f"""
        import sys
        import {module}
        loaded = [name for name in {HEAVY} if name in sys.modules]
        assert not loaded, loaded
    """
    subprocess.run([sys.executable, "-c", dedent(code)], check=True)


def test_the_package_is_typed():
    """Type checkers may believe the annotations."""
    assert files(pytest_kmsimport).joinpath("py.typed").is_file()


def test_pytest_finds_the_plugin():
    """The entry point leads to the plugin module."""
    (plugin,) = [entry for entry in entry_points(group="pytest11") if entry.value.startswith("pytest_kmsimport")]
    assert plugin.load().__name__ == "pytest_kmsimport.plugin"

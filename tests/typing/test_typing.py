"""What type checkers know of this package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from botocore.client import BaseClient

from pytest_kmsimport import KmsImportMock, faults
from pytest_kmsimport._wire import names as _names

from ..support.installed import OPERATION_NAMES
from .generate_names import HOME, generated

ROOT = Path(__file__).parents[2]


def test_a_type_checker_finds_mistakes():
    """mypy takes every right use of the public names, and finds every mistake."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "tests/typing/api.py"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_pyright_finds_them_too():
    """It takes and finds the same; ``[tool.pyright]`` makes an ignore that hides no mistake an error."""
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_names_are_those_of_the_model():
    """Every operation of the installed botocore is a name that a type checker knows."""
    assert set(OPERATION_NAMES) <= set(get_args(_names.Operation))


def test_the_generated_module_is_up_to_date():
    """The module of names is what its command makes of a botocore that knows as many operations."""
    if set(OPERATION_NAMES) != set(get_args(_names.Operation)):
        pytest.skip("this botocore is older than the names; the newest is held against them")
    assert HOME.read_text() == generated()


def test_kinds_are_the_types():
    """A type checker knows the kinds of faults that there are."""
    assert set(get_args(_names.Kind)) == set(faults.KINDS)


def test_a_client_has_a_type_at_run_time():
    """Tools that resolve annotations find a botocore client where no stubs are loaded."""
    assert get_type_hints(KmsImportMock.client)["return"] is BaseClient

"""The layout is the architecture: imports run one way, and the engine takes time and chance from outside."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import pytest_kmsimport

PACKAGE = Path(pytest_kmsimport.__file__).parent
ENGINE = sorted((PACKAGE / "engine").rglob("*.py"))

#: Module of the package -> the layer it belongs to; each may import from its own and from lower ones.
LAYERS = {
    "engine": 0,
    "wrapping": 1,
    "_wire": 1,
    "_constraints": 1,
    "_known_names": 1,
    "_names": 0,
    "_named_keys": 1,
    "_readings": 1,
    "_leaks": 1,
    "_leak_check": 1,
    "_assertions": 2,
    "_calls": 1,
    "_journal": 1,
    "_views": 1,
    "_clock": 1,
    "_fault": 1,
    "_plans": 1,
    "_sockets": 1,
    "faults": 1,
    "_faulty": 2,
    "_service": 3,
    "_complaints": 1,
    "_environment": 1,
    "_tracebacks": 0,
    "_options": 1,
    "_regions": 1,
    "_rsa_pool": 1,
    "_ceremony": 2,
    "_coverage_page": 1,
    "_coverage": 2,
    "_patch": 1,
    "_real_aws": 1,
    "_signature": 1,
    "_active": 4,
    "_forks": 5,
    "_intercept": 6,
    "_report": 2,
    "_lifetime": 7,
    "_mock": 8,
    "_decorate": 9,
    "_decorator": 10,
    "plugin": 11,
    "__init__": 12,
}


def imported(path: Path) -> set[str]:
    """The modules that a file imports, those within the package by their path in it."""
    names: set[str] = set()
    inside = path.relative_to(PACKAGE).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*inside[: -node.level], *([node.module] if node.module else [])])
            names |= {f"/{base or alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.stem)
def test_the_engine_rests_on_the_standard_library_and_cryptography(path):
    """No file of the engine imports botocore, pytest or the rest of the package."""
    for name in imported(path):
        root = name.partition(".")[0]
        assert name.startswith("/engine") or root == "cryptography" or root in sys.stdlib_module_names


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.stem)
def test_the_engine_reads_no_clock_and_throws_no_dice(path):
    """No file of the engine asks the computer for the time or for random bytes, or does any input or output."""
    assert not imported(path) & {"os", "time", "random", "secrets", "socket", "pathlib", "io", "logging"}
    called = {node.func.attr for node in ast.walk(ast.parse(path.read_text())) if is_method_call(node)}
    asked_of_the_world = {"now"}
    assert (
        not called & {"utcnow", "today", "uuid4", "uuid1", "urandom", "generate", "generate_key"} - asked_of_the_world
    )


def is_method_call(node: ast.AST) -> bool:
    """Whether a node calls an attribute of a module or class of another library."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "uuid", "os", "rsa", "ec", "AESGCM", "Ed25519PrivateKey"}
    )


@pytest.mark.parametrize(
    "path",
    sorted([*PACKAGE.glob("*.py"), *PACKAGE.glob("faults/*.py")]),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_imports_run_one_way(path):
    """A module imports from layers below its own, and from nothing above."""
    own = LAYERS[path.stem if path.parent == PACKAGE else path.parent.name]
    for name in imported(path):
        if name.startswith("/"):
            layer = LAYERS[name[1:].partition(".")[0]]
            assert layer < own or (layer == own == 1)


def names_in(path) -> set[str]:
    """The names that the code of a module uses, without its texts."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def test_only_one_module_patches_botocore():
    """One file knows botocore's internals: no other mentions its emitters."""
    mentioning = {path.stem for path in PACKAGE.rglob("*.py") if "EventAliaser" in names_in(path)}
    assert mentioning == {"_patch"}


def test_the_plugin_imports_pytest_and_nothing_else():
    """Every project that has the package installed loads this file."""
    tree = ast.parse((PACKAGE / "plugin.py").read_text())
    roots = {
        name.partition(".")[0]
        for node in tree.body
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else names_of(node))
    }
    assert roots == {"__future__", "collections", "sys", "typing", "pytest"}


def names_of(node: ast.stmt) -> list[str]:
    """The modules of an import statement, none for other statements."""
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []

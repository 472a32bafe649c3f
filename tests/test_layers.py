"""The layout is the architecture: imports run one way, and the engine takes time and chance from outside."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import pytest_kmsimport

PACKAGE = Path(pytest_kmsimport.__file__).parent
LONGEST = 320  # lines
ENGINE = sorted((PACKAGE / "engine").rglob("*.py"))

#: Folder or module of the package -> those that it may import from, beside itself: the layers, one row each.
LAYERS = {
    "_tracebacks": set(),
    "engine": set(),
    "_wire": {"engine"},
    "_diagnosis": {"engine"},
    "_enclave": {"engine", "_tracebacks"},
    "wrapping": {"engine", "_tracebacks"},
}
LAYERS["_service"] = {*LAYERS, "engine"}
LAYERS["_around"] = {*LAYERS}
LAYERS["_active"] = {*LAYERS}
LAYERS["_integrated"] = {*LAYERS}
LAYERS["_transports"] = {*LAYERS}
LAYERS["faults"] = {*LAYERS}
LAYERS["_control"] = {*LAYERS}
LAYERS["_mock"] = {*LAYERS}
LAYERS["_reporting"] = {*LAYERS}
LAYERS["_fixtures"] = {*LAYERS}
LAYERS |= {"plugin": {*LAYERS}, "__init__": {*LAYERS}, "_command": {*LAYERS}}
LAYERS["__main__"] = {"_command"}


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


def room_of(path: Path) -> str:
    """The folder that a file is in, or its own name where it is in none."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    """A module imports from its own folder and from the layers below, and from nothing above or beside."""
    rooms = {name[1:].partition(".")[0] for name in imported(path) if name.startswith("/")}
    assert rooms <= {room_of(path), *LAYERS[room_of(path)]}


def test_every_folder_has_its_layer():
    """No module is exempt."""
    assert {room_of(path) for path in PACKAGE.rglob("*.py")} == set(LAYERS)


def module_of(path: Path) -> str:
    """The dotted name of a file's module within the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_imported(path: Path, known: set[str]) -> set[str]:
    """The modules of the package that a file imports when it is loaded, not those for type checkers alone."""
    found: set[str] = set()
    inside = path.relative_to(PACKAGE).with_suffix("").parts
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join([*inside[: -node.level], *([node.module] if node.module else [])])
            named = [f"{base}.{alias.name}".lstrip(".") for alias in node.names]
            found |= {name if name in known else base for name in named}
    return found - {""}


def test_no_imports_run_in_a_circle():
    """Every module can be loaded first."""
    paths = {module_of(path): path for path in PACKAGE.rglob("*.py")}
    imports = {name: modules_imported(path, set(paths)) - {name} for name, path in paths.items()}
    while imports:
        loaded = {name for name, needed in imports.items() if not needed}
        assert loaded, f"a circle among {sorted(imports)}"
        imports = {name: needed - loaded for name, needed in imports.items() if name not in loaded}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_short(path):
    """A newcomer reads a module in one go; generated ones are not read."""
    assert len(path.read_text().splitlines()) <= LONGEST or path.name == "names.py"


def names_in(path) -> set[str]:
    """The names that the code of a module uses, without its texts."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def test_only_one_module_patches_botocore():
    """One folder knows botocore's internals: no other module mentions its emitters."""
    mentioning = {path.stem for path in PACKAGE.rglob("*.py") if "EventAliaser" in names_in(path)}
    assert mentioning == {"events", "patch", "sessions"}


def roots_at_load(path: Path) -> set[str]:
    """The roots of what a module imports when it is loaded."""
    nodes = ast.parse(path.read_text()).body
    names = [name for node in nodes for name in names_of(node)]
    return {name.partition(".")[0] for name in names}


def names_of(node: ast.stmt) -> list[str]:
    """The modules of an import statement, those of the package by their path in it; none for other statements."""
    if isinstance(node, ast.ImportFrom):
        return [f"/{alias.name}" for alias in node.names] if node.level and not node.module else [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def test_the_plugin_imports_pytest_and_nothing_else():
    """Every project that has the package installed loads this file, and what that imports."""
    roots = roots_at_load(PACKAGE / "plugin.py") | roots_at_load(PACKAGE / "_fixtures.py")
    assert roots - sys.stdlib_module_names == {"pytest", "/_active", "_fixtures"}
    assert roots_at_load(PACKAGE / "_active.py") <= sys.stdlib_module_names

"""What a pytest run pays that has the plugin installed and does not use it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from .side_by_side import Contender, Line, compare

_TEST = """\
import json, pathlib, sys


def test_nothing():
    pathlib.Path("modules.json").write_text(json.dumps(sorted(sys.modules)))
"""
_HEAVY = ("botocore", "cryptography", "wrapt")
_OURS = "kms_import"
_WITHOUT_OURS = ("-p", f"no:{_OURS}")


def lines() -> Iterator[Line]:
    """The time of a run with one empty test, and how many heavy packages the plugin has it import."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text(_TEST)
        extra = _modules(folder) - _modules(folder, *_WITHOUT_OURS)
        if "pytest_kmsimport.plugin" not in extra:
            raise RuntimeError("pytest did not load the plugin; install the project into this environment first.")
        heavy = {module.partition(".")[0] for module in extra} & set(_HEAVY)
        with_plugin = Contender(lambda: _run(folder))
        without = Contender(lambda: _run(folder, *_WITHOUT_OURS))
        ours, theirs, ratio = compare(with_plugin, without, rounds=21, calls=1, clock=perf_counter)
    yield Line("an unrelated pytest run", "-p no:kms_import", ours / 1000, theirs / 1000, ratio, unit="ms")
    what = f"of {', '.join(_HEAVY)}, it imports"
    yield Line(what, "none", len(heavy), 0, len(heavy), 0, unit="")


def _modules(folder: Path, *options: str) -> set[str]:
    """The modules that a run has imported by the time a test runs."""
    _run(folder, *options)
    return set(json.loads((folder / "modules.json").read_text()))


def _run(folder: Path, *options: str) -> None:
    """Run pytest with no plugin but ours: what the others cost differs from place to place and hides it."""
    others = {point.name for point in entry_points(group="pytest11")} - {_OURS}
    blocked = [option for name in sorted(others) for option in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *blocked, *options, "."]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603  our own command

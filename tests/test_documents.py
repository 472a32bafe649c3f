"""What README and docs say is run, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_kmsimport._options import Options
from pytest_kmsimport.engine.operations import OPERATIONS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_python_in_a_document_runs(document, pytester):
    """Each block is a test file of its own."""
    blocks = BLOCK.findall(document.read_text())
    for number, block in enumerate(blocks):
        pytester.makepyfile(**{f"test_block_{number}": block})
    if blocks:
        outcomes = pytester.runpytest_subprocess("-p", "no:cacheprovider").parseoutcomes()
        assert set(outcomes) == {"passed"}
        assert outcomes["passed"] >= len(blocks)


def test_readme_lists_the_operations():
    """Exactly those that are offered."""
    offered = re.search(r"^Offered: (.*?), with every", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert offered is not None
    assert set(re.split(r",\s+", offered.group(1))) == set(OPERATIONS)


def test_readme_lists_the_options():
    """With their defaults."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    options = {name: default.strip("`").strip('"') for name, default in rows if name in Options.__slots__}
    assert set(options) == set(Options.__slots__)
    for name, default in options.items():
        if name != "region":
            assert default == str(getattr(Options(), name))


def test_fidelity_names_tests_that_exist():
    """Every behaviour's test is there, by file and name."""
    named = TEST.findall((ROOT / "docs" / "fidelity.md").read_text())
    assert len(named) > 50
    for file, function in named:
        source = (ROOT / file).read_text()
        assert not function or re.search(rf"^(def|class) {function}[(:]", source, re.MULTILINE), f"{file}::{function}"

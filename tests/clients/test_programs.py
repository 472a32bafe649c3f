"""Where clients come from, and what becomes of a test whose client is missing."""

from __future__ import annotations

import json

import pytest

from ..support.programs import EXAMPLES, FOUND, ROOT, need


@pytest.mark.parametrize(
    ("required", "outcome"),
    [(None, pytest.skip.Exception), ("1", pytest.fail.Exception)],
    ids=["elsewhere", "where none may be missing"],
)
def test_a_test_without_its_client(monkeypatch, required, outcome):
    """Says which it is and what installs it; ``.ci/run`` lets none be missing."""
    monkeypatch.delenv("REQUIRE_CLIENTS", raising=False)
    if required:
        monkeypatch.setenv("REQUIRE_CLIENTS", required)
    monkeypatch.setitem(FOUND, "curl", value=False)
    with pytest.raises(outcome, match=r"^curl is missing: \.ci/clients installs it$"):
        need("curl")


#: What .ci/run does, in this order.
STEPS = [".ci/clients", "finish clients", "export REQUIRE_CLIENTS=1", "while read -r command"]


def test_ci_lets_no_client_be_missing():
    """It installs them before README's commands are run, and has tests fail that have none."""
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    steps = [next(number for number, line in enumerate(lines) if step in line) for step in STEPS]
    assert steps == sorted(steps)


NPM = "https://registry.npmjs.org/"


def test_packages_of_node_come_from_any_registry():
    """The lockfile names versions and checksums, and no host but npm's own."""
    lock = json.loads((EXAMPLES / "node" / "package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert all(package.get("resolved", NPM).startswith(NPM) for package in packages)

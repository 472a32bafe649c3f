"""Programs in other languages under ``pytest-kmsimport run``: the examples' own tests, and their scripts."""

from __future__ import annotations

import os

import pytest

from ..support.commands import PROGRAM
from ..support.programs import CLIENTS, EXAMPLES, need, run


def test_the_tests_of_the_importer_in_javascript():
    """They control clock, faults and calls by HTTP, each starting from an empty AWS KMS."""
    need("Node.js", "AWS SDK for JavaScript")
    ended = run([*PROGRAM, "run", "--", "npm", "--prefix", str(EXAMPLES / "node"), "test"], os.environ)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " pass 5" in ended.stdout


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_a_script_that_meets_with_a_fault(tmp_path, client):
    """It ends as the script does, and shows the calls where that is a failure."""
    client.where_installed()
    material = tmp_path / "material.bin"
    material.write_bytes(os.urandom(32))
    fault = 'Refusal("AccessDeniedException"), on="ImportKeyMaterial"'
    ended = run([*PROGRAM, "run", "--fault", fault, "--", *client.importer, str(material)], os.environ)
    assert ended.returncode not in {0, 126, 127}
    assert "AccessDeniedException" in ended.stderr
    assert "GetParametersForImport" in ended.stderr

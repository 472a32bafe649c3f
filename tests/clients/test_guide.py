"""What docs/clients.md has its reader type is typed; what it says of JavaScript, test_under_the_command.py does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ..support.programs import CLIENTS, EXAMPLES, run
from ..support.sdk_table import DOCUMENT

SECTION = re.compile(r"^## (?P<heading>.+)\n(?P<text>(?:(?!## ).*\n)*)", re.MULTILINE)
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: A section -> whose commands it has.
TYPED = {
    "AWS CLI": "aws-cli",
    "curl and openssl": "curl",
}


@pytest.mark.parametrize("heading", TYPED)
def test_the_commands_of_the_guide_work(tmp_path, monkeypatch, heading):
    """In a folder that has the examples, one after the other."""
    CLIENTS[TYPED[heading]].where_installed()
    sections = {section["heading"]: section["text"] for section in SECTION.finditer(DOCUMENT.read_text())}
    (commands,) = BLOCK.findall(sections[heading])
    (tmp_path / "examples").symlink_to(EXAMPLES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    ended = run(["bash", "-euo", "pipefail", "-c", commands], {"HOME": str(tmp_path)})
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout

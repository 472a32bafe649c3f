"""What the help and the guide of the command say is run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kmsimport._command.command import _parser
from pytest_kmsimport._control.resources import RESOURCES

from ..support.commands import PATIENCE

GUIDE = Path(__file__).parents[2] / "docs" / "command.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^  (pytest-kmsimport .+)$", re.MULTILINE)

#: What the tools in the examples do, whatever they are: make KMS keys, import into one, and use it.
TOOL = """
import json, os, urllib.error, urllib.request

def ask(operation, **members):
    headers = {"X-Amz-Target": "TrentService." + operation}
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_KMS"], json.dumps(members).encode(), headers)
    try:
        return json.load(urllib.request.urlopen(request, timeout=0.5))
    except (OSError, ValueError):
        return {}

made = [ask("CreateKey") for _ in range(3)]
key = [answer["KeyMetadata"]["KeyId"] for answer in made if answer][0]
ask("ImportKeyMaterial", KeyId=key)
ask("Encrypt", KeyId=key, Plaintext="AAAA")
"""


def usages():
    """What --help says of the command and of its parts."""
    parser = _parser()
    (commands,) = parser._subparsers._group_actions
    return {"": parser, **commands.choices}


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A folder with this Python, the command, and something in the place of each tool of the examples."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "tool.py").write_text(TOOL)
    programs = dict.fromkeys(["npm", "go", "terraform", "mvn", "import-key.sh"], f"{sys.executable} {folder}/tool.py")
    programs |= {"python": f'{sys.executable} "$@"', "pytest-kmsimport": f'{sys.executable} -m pytest_kmsimport "$@"'}
    for name, does in programs.items():
        (folder / name).write_text(f"#!/bin/sh\nexec {does}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
    monkeypatch.chdir(folder)


EXAMPLES = [line for usage in usages().values() for line in EXAMPLE.findall(usage.epilog)]


@pytest.mark.parametrize("line", EXAMPLES)
def test_the_examples_of_the_help_run(tools, main, line):
    """Each of them succeeds; servers end at once, for they have no parent."""
    program, *arguments = shlex.split(line)
    assert program == "pytest-kmsimport"
    if arguments[0] == "serve" and "--help" not in arguments:
        arguments += ["--with-parent", "--port", "0", "--no-faults-must-strike"]
    status, _, said = main(*arguments)
    assert (status, said) == (0, "")


@pytest.mark.parametrize("name", usages())
def test_the_help_teaches(name):
    """With examples for each part of the command, and a word for every option."""
    usage = usages()[name]
    assert len(EXAMPLE.findall(usage.epilog)) >= 3
    assert [action.option_strings for action in usage._actions if action.option_strings and not action.help] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this computer")
def test_the_shell_in_the_guide_runs(tools):
    """One block after the other, in one folder."""
    blocks = BLOCK.findall(GUIDE.read_text())
    assert len(blocks) > 5
    environ = {**os.environ, "NO_PROXY": "127.0.0.1"}
    for block in blocks:
        shell = ["bash", "-euo", "pipefail", "-c", block]
        run = subprocess.run(shell, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert run.returncode == 0, f"{block}\n{run.stdout}\n{run.stderr}"


@pytest.mark.parametrize(
    ("name", "method"), [(name, method) for name, methods in RESOURCES.items() for method in methods]
)
def test_the_guide_has_every_request(name, method):
    """Of control, in its table."""
    assert f"| `{method} /_kms_import/{name}` |" in GUIDE.read_text(), f"add a row for {method} /_kms_import/{name}"

"""``--state FILE``: KMS keys and key materials from one run to the next."""

from __future__ import annotations

import json
import signal
import stat

import pytest

from ..support.commands import PATIENCE, asking, command, started


@pytest.fixture
def state(tmp_path):
    """A file that is not there yet."""
    return tmp_path / "kms.json"


def test_keys_live_on(state):
    """A run finds what the one before has made, and others may not read the file."""
    made = json.loads(command("run", "--state", str(state), "--", *asking("CreateKey")).stdout)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    later = command("run", "--state", str(state), "--", *asking("ListKeys"))
    assert [key["KeyId"] for key in json.loads(later.stdout)["Keys"]] == [made["KeyMetadata"]["KeyId"]]
    assert json.loads(command("run", "--", *asking("ListKeys")).stdout)["Keys"] == []


def test_a_program_that_fails_leaves_its_keys(state):
    """As it would in AWS."""
    run = command("run", "--state", str(state), "--", "sh", "-c", '"$@" && exit 3', "sh", *asking("CreateKey"))
    assert run.returncode == 3
    assert len(json.loads(command("run", "--state", str(state), "--", *asking("ListKeys")).stdout)["Keys"]) == 1


def test_a_server_leaves_its_keys_when_it_ends(state):
    """Told by a signal."""
    serve = started("serve", "--state", str(state))
    json.loads(serve.stdout.readline())
    assert not state.exists()
    serve.send_signal(signal.SIGTERM)
    serve.communicate(timeout=PATIENCE)
    assert serve.returncode == 0
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "said"), [("", "cannot be loaded"), ("something else", "cannot be loaded"), (None, "directory")]
)
def test_what_is_no_state_is_refused(tmp_path, content, said):
    """Before anything is run, and it stays as it is."""
    path = tmp_path / "file"
    if content is None:
        path.mkdir()
    else:
        path.write_text(content)
    run = command("run", "--state", str(path), "--", "touch", str(tmp_path / "was-run"))
    assert run.returncode == 2
    assert said in run.stderr
    assert not (tmp_path / "was-run").exists()
    assert content is None or path.read_text() == content

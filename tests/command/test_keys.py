"""``--key FILE``: KMS keys that are there when a program begins."""

from __future__ import annotations

import json

import pytest

from ..support.commands import asking, command

KEY_ID, OTHER_ID = "1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"
DESCRIBE = asking("DescribeKey", json.dumps({"KeyId": "alias/payroll"}))


@pytest.fixture
def file(tmp_path):
    """Write what a file of keys has, and give its path."""

    def write(content, name="keys.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def test_a_program_finds_the_keys(file):
    """Those of every file, one or many."""
    one = file({"key_id": KEY_ID, "aliases": ["alias/payroll"]}, "one.json")
    more = file([{"key_id": OTHER_ID}, {}], "more.json")
    listed = command("run", "--key", one, "--key", more, "--", *asking("ListKeys"))
    assert (listed.returncode, listed.stderr) == (0, "")
    key_ids = [key["KeyId"] for key in json.loads(listed.stdout)["Keys"]]
    assert key_ids[:2] == [KEY_ID, OTHER_ID]
    assert len(key_ids) == 3


def test_keys_that_the_state_has_stay_as_they_are(file, tmp_path):
    """From run to run, with what became of them."""
    options = ("--state", str(tmp_path / "kms.json"), "--key", file({"key_id": KEY_ID, "aliases": ["alias/payroll"]}))
    command("run", *options, "--", *asking("DisableKey", json.dumps({"KeyId": KEY_ID})))
    described = command("run", *options, "--", *DESCRIBE)
    assert described.stderr == ""
    assert json.loads(described.stdout)["KeyMetadata"]["KeyState"] == "Disabled"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "keys.json: it holds no JSON object, nor a list of them; write one such as"),
        ('["payroll"]', "it holds no JSON object, nor a list of them"),
        ([{"key_id": KEY_ID}, {"key_id": KEY_ID}], "already: choose another key ID"),
        ({"key_id": "payroll"}, "the key ID 'payroll' is none"),
        ({"material": "c2VjcmV0"}, "The key material is 6 bytes, and SYMMETRIC_DEFAULT takes 32."),
        ({"colour": "blue"}, "takes no colour"),
        ({"origin": "AWS_CLOUDHSM"}, "create_key() was refused: "),
    ],
)
def test_what_is_no_key_is_refused(file, content, said):
    """Before the program begins."""
    run = command("run", "--key", file(content), "--", "echo", "begun")
    assert (run.returncode, run.stdout) == (2, "")
    assert f"--key {file(content)}: " in run.stderr
    assert said in run.stderr


def test_a_file_that_is_not_there(tmp_path):
    """Is named."""
    run = command("run", "--key", str(tmp_path / "none.json"), "--", "echo", "begun")
    assert (run.returncode, run.stdout) == (2, "")
    assert "none.json" in run.stderr


def test_a_seed_is_the_same_in_every_run():
    """Whatever it is run with."""
    runs = [command("run", "--seed", "7", "--", *asking("CreateKey")).stdout for _ in range(2)]
    first, second = (json.loads(run)["KeyMetadata"]["KeyId"] for run in runs)
    assert first == second == "a7d1364f-e1fe-490a-ad56-43e819f0611c"


def test_a_seed_goes_on_with_the_state(tmp_path):
    """Nothing is drawn twice."""
    options = ("--seed", "7", "--state", str(tmp_path / "kms.json"))
    runs = [command("run", *options, "--", *asking("CreateKey")).stdout for _ in range(3)]
    made = [json.loads(run)["KeyMetadata"] for run in runs]
    assert len({key["KeyId"] for key in made}) == len({key["CurrentKeyMaterialId"][:32] for key in made}) == 3


def test_tags_of_another_emulator():
    """By the option whose name is that of the mock's."""
    asked = asking("CreateKey", json.dumps({"Tags": [{"TagKey": "_custom_id_", "TagValue": KEY_ID}]}))
    made = command("run", "--reserved-tags", "localstack", "--", *asked)
    assert json.loads(made.stdout)["KeyMetadata"]["KeyId"] == KEY_ID
    refused = command("run", "--", *asked)
    assert refused.returncode != 0
    assert "reserved_tags='localstack'" in refused.stderr

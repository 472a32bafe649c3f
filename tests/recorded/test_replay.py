"""The recorded answers, replayed: what AWS KMS answered in September 2026, row by row, with all its facts.

The text files beside this are the recordings, one for each: radkawar/stackd at commit 9dc356f5e5cc, testdata/aws/kms
(and others), one person's recordings of real AWS in one account, not repeated by anybody. ``replay.notation`` says how
to read them.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from pytest_kmsimport.engine.specs import SPECS

from ..support.installed import CAN_SIGN_ML_DSA, KEY_SPECS
from .replay.history import Played
from .replay.notation import Row, read
from .replay.player import play

ROOT = Path(__file__).parents[2]
PLAYS = {path.stem: read(path) for path in sorted(Path(__file__).parent.glob("*.txt"))}
IAM = "there is no IAM: any role may be there, and none has a unique ID, is new, or gets deleted"
TIMING = "states do not travel slowly: AWS still answered right after ScheduleKeyDeletion"
#: Recorded answers that the mock does not give -> why.
LISTED = {
    **dict.fromkeys(
        (f"rest_1_grants {case}" for case in (
            "missing_role", "missing_account_federated_user", "lifecycle_create_before_iam_propagation",
            "lifecycle_filter_id", "lifecycle_retirable_id", "lifecycle_named_id_retry", "lifecycle_list_deleted",
            "lifecycle_filter_deleted_arn", "lifecycle_retirable_deleted_arn", "lifecycle_filter_deleted_id",
            "lifecycle_retirable_deleted_id", "lifecycle_create_deleted_id", "lifecycle_list_recreated",
            "lifecycle_filter_recreated_before_iam_propagation", "lifecycle_recreated_old_grant",
            "lifecycle_recreated_named_grant",
        )),
        IAM,
    ),
    "rest_6_ecc ECC_SECG_P256K1_deleting_public_key": TIMING,
    "rest_6_ecc ECC_NIST_P521_KEY_AGREEMENT_deleting_public_key": TIMING,
}  # fmt: skip
needs_ml_dsa = pytest.mark.skipif(not CAN_SIGN_ML_DSA, reason="newer than this botocore or cryptography")
each_play = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[needs_ml_dsa] if "mldsa" in name else []) for name in PLAYS]
)


@cache
def played(name: str) -> dict[str, Played]:
    """What became of the rows of a play, which is played once; key specs newer than this botocore are left out."""
    return play(PLAYS[name], without=SPECS.keys() - KEY_SPECS)


def reason_of(name: str, row: Row) -> str:
    """Why the mock does not give a recorded answer; empty where it must."""
    return LISTED.get(f"{name} {row.case}", "")


@each_play
def test_the_recorded_answers(name):
    """Every answer agrees with the recorded one in all its facts, but for those that are listed."""
    wrong = [
        f"{name} {case} | {was.row.operation} | {was.disagreement}"
        for case, was in played(name).items()
        if was.disagreement and not reason_of(name, was.row)
    ]
    if wrong:
        pytest.fail("\n".join([f"{len(wrong)} answers disagree:", *wrong]), pytrace=False)


@each_play
def test_listed_answers_do_disagree(name):
    """An answer that the mock does give has no place in the list."""
    agreeing = [case for case, was in played(name).items() if reason_of(name, was.row) and not was.disagreement]
    assert not agreeing


def test_the_list_names_answers():
    """Every entry of the list is a row that is played."""
    rows = {f"{name} {row.case}" for name, script in PLAYS.items() for row in script.rows if not row.why_not}
    assert rows >= LISTED.keys()


@pytest.mark.parametrize("name", PLAYS)
def test_no_recorded_answer_is_left_out(name):
    """The rows of a file stand for as many answers as the recording has."""
    assert sum(row.count for row in PLAYS[name].rows) == PLAYS[name].answers


def test_how_many_answers_there_are():
    """What becomes of each is said here, so that none can be lost without being missed; the documents tell the sum."""
    recordings, fates = Counter[str](), Counter[str]()
    for name, script in PLAYS.items():
        recordings[name.partition("_")[0]] += script.answers
        for row in script.rows:
            fates[_fate(name, row)] += row.count
    assert recordings == {"imports": 400, "rest": 849}
    for page in ("README.md", "docs/fidelity.md"):
        told = f"{recordings.total():,} answers"
        assert told in (ROOT / page).read_text(), f"write {told!r} in {page}"
    assert fates == {"agrees": 1213, "not played": 15, IAM: 19, TIMING: 2}


def _fate(name: str, row: Row) -> str:
    if row.why_not:
        return "not played"
    return reason_of(name, row) or "agrees"

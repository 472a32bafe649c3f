"""The recorded answers, replayed: what real AWS KMS answered in September 2026, row by row, with all its facts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from .notation import Play, read
from .player import Player

PLAYS = sorted(Path(__file__).parent.glob("*.txt"))
#: Recorded answers that the mock does not give, and why not.
LISTED: dict[str, str] = {}


@cache
def play_of(name: str) -> Play:
    """A play by its file's name."""
    return read(Path(__file__).with_name(f"{name}.txt"))


@pytest.mark.parametrize("name", [path.stem for path in PLAYS])
def test_the_recorded_answers(name):
    """Every answer agrees with the recorded one in all its facts, but for those that are listed, which do not."""
    play = play_of(name)
    disagreements = {
        f"{name} {case}": f"{played.row.operation}: {played.disagreement}"
        for case, played in Player(play).play().items()
        if played.disagreement
    }
    listed = {case for case in LISTED if case.startswith(f"{name} ")}
    unexpected = [f"{case} | {text}" for case, text in disagreements.items() if case not in listed]
    agreeing = [f"{case} | is listed, and agrees" for case in sorted(listed - disagreements.keys())]
    if unexpected or agreeing:
        pytest.fail("\n".join([f"{len(unexpected)} answers disagree:", *unexpected, *agreeing]), pytrace=False)


@pytest.mark.parametrize("name", [path.stem for path in PLAYS])
def test_no_recorded_answer_is_left_out(name):
    """The rows of a file stand for as many answers as the recording has."""
    play = play_of(name)
    assert sum(row.count for row in play.rows) == play.answers

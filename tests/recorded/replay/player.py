"""The player of the recorded answers: it makes the requests of a play and holds the answers against the recorded ones.

What the mock answers otherwise is no error of the player's: it is gathered, and the play goes on as well as it can.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from pytest_kmsimport import mock_kms_import
from pytest_kmsimport.engine.authorization.principals import Principal

from ...support.key_policies import document
from .comparing import compare_answer, compare_refusal
from .history import DisagreementError, History, Played, duration
from .making import make_request
from .notation import NotSent, Play, Refusal, Row, Wait

#: How long the recordings' programs took from one call to the next.
BETWEEN_CALLS = timedelta(milliseconds=700)


def play(script: Play, without: Collection[str] = ()) -> dict[str, Played]:
    """Play the rows in a mock of their own; gives what became of each, by the row's case.

    Rows ``without`` are left out: those whose case names one of these.
    """
    with mock_kms_import(**script.options) as mock:
        mock.clock.freeze()
        player = _Player(mock, script)
        for step in script.steps:
            if isinstance(step, Wait):
                player.wait(step)
            elif not step.why_not and not any(name in step.case for name in without):
                player.play(step)
        mock.complaints.clear()
    return player.history.rows


class _Player:
    def __init__(self, mock: Any, script: Play) -> None:
        self._mock, self._callers = mock, script.callers
        self.history = History(mock.account)
        self._clients: dict[tuple[str, str], Any] = {}

    def wait(self, wait: Wait) -> None:
        """Let time pass."""
        now = self._mock.clock.now()
        try:
            until = now + duration(wait.duration) if wait.duration else self.history.date(wait.until)
        except DisagreementError:  # the row that says when was refused; that it disagrees is noted already
            return
        self._mock.clock.move_to(max(until, now))

    def play(self, row: Row) -> None:
        """Play a row."""
        played = self.history.begin(row, self._callers, self._mock.clock.advance(BETWEEN_CALLS))
        try:
            self._ask(played)
        except DisagreementError as disagreement:
            played.disagreement = str(disagreement)

    def _ask(self, played: Played) -> None:
        """Make a request, and compare what comes of it; raises DisagreementError."""
        operation = make_request(played)
        client, before = self._client(played), self._mock.snapshot()
        try:
            answer = client._make_api_call(operation, played.request)
        except (ClientError, ParamValidationError, AssertionError) as error:
            compare_refusal(error, played)
            return
        del answer["ResponseMetadata"]
        if isinstance(played.row.answer, (Refusal, NotSent)):
            self._mock.restore(before)  # for the rows that follow it did not happen
        else:
            played.answer = answer
            self.history.note(operation, played)
        compare_answer(answer, played)

    def _client(self, played: Played) -> Any:
        """A client of the caller's in the Region."""
        arn, facts = played.named("caller"), played.by.facts
        place = played.region, f"{arn} {' '.join(facts)}"
        if place not in self._clients:
            self._mock._engine.register(place[1], _principal(arn, facts))
            self._clients[place] = self._mock.client(*place)
        return self._clients[place]


def _principal(arn: str, facts: tuple[str, ...]) -> Principal:
    """The caller of a row: users, roles and their sessions have no policies but those that are told."""
    path = next((fact.removeprefix("at ") for fact in facts if fact.startswith("at ")), "/")
    session_policies = [_SESSION_POLICIES[fact] for fact in facts if fact in _SESSION_POLICIES]
    return Principal(
        arn,
        role=f"arn:aws:iam::{arn.split(':')[4]}:role{path}{arn.split('/')[1]}" if ":assumed-role/" in arn else "",
        policies=(document(allow("kms:*")),) if "allowed" in facts else (),
        boundary=document(allow(_OTHER)) if "bounded" in facts else None,
        session_policies=tuple(session_policies),
    )


def allow(action: str, effect: str = "Allow") -> dict[str, str]:
    """A statement of an IAM policy."""
    return {"Effect": effect, "Action": action, "Resource": "*"}


_OTHER = "s3:ListAllMyBuckets"
_SESSION_POLICIES = {
    "limited": document(allow(_OTHER)),
    "denied": document(allow("*"), allow("kms:*", "Deny")),
}

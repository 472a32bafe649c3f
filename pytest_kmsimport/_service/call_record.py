"""A call of the code under test: what was asked, what was answered, with all its attempts; secrets redacted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..engine.authorization.access import Decision
from ..engine.call import Asked, Call, KeysSeen, Response
from ..engine.chosen import NOTHING
from ..engine.operations.registry import traits_of
from ..engine.recipients import Recipient
from .fault import Fault
from .redacted import redact, redact_request

__tracebackhide__ = True

#: The outcome of a call that is under way, or was given up where nobody could say so.
UNFINISHED = "Unfinished"

#: An operation, and the error that a call of it ended with.
Outcome = tuple[str, str | None]

#: An attempt that AWS KMS has answered: when it came, what it asked, about which KMS keys, and the response, or code
#: and text of the refusal; and the enclave that it is for alone.
Answered = tuple[datetime, Call, tuple[str, ...], Response | tuple[str, str], Recipient | None]

_ARN, _ALIAS = "arn:", "alias/"


class CallRecord:
    """One call of the code under test, with all the attempts that its client made.

    ``time`` is the mock's, when the first attempt came. ``error`` is AWS's code for a refusal, or the name of the
    mock's own complaint or of the exception that a fault of the network, or anything else, has ended the call with;
    ``Unfinished`` while it is under way; None for a call that succeeded. ``message`` is the text that came with it,
    empty where AWS sends none. ``diagnosis`` is the likely cause and the cure of a refusal, for you and never on the
    wire; empty where there is nothing to add.

    What a client of ``mock.serve()`` makes of a broken answer is not known here. There ``error`` is the name of what
    happened to the answer (``ConnectionReset``, ``TruncatedBody``), and before a late one ``ClientGone`` where the
    client hung up, ``ServerStopped`` where the server ended; None says that the answer was sent whole.

    ``attempts`` counts what went over the wire, ``delays`` are the seconds that botocore wanted to wait before each
    further attempt. ``faults`` are the planned faults that struck, in order. ``effects`` counts the attempts that AWS
    KMS carried out, whether or not the client learned of it.

    ``key_arns`` are the key ARNs of the KMS keys that the call is about, however it names them: by key ID, alias,
    ciphertext or grant token, or in its answer. ``key_state_before`` and ``key_state_after`` are the states of the
    first of them, before the first attempt and after the last; None without one.

    ``decisions`` are those about what the caller may do, of the last attempt that AWS KMS saw: who, what, on what, and
    why. There is none where the root user calls under a key policy that, as the default one, lets it do everything.

    Pickles and copies of a record have no content of blobs in them.
    """

    error: str | None = UNFINISHED
    message = ""
    diagnosis = ""
    attempts = 1
    delays: tuple[float, ...] = ()
    faults: tuple[Fault, ...] = ()
    effects = 0
    key_arns: tuple[str, ...] = ()
    key_state_before: str | None = None
    key_state_after: str | None = None
    decisions: tuple[Decision, ...] = ()
    _asked: tuple[Asked, ...] = ()
    _response: Response | None = None
    _answers: tuple[Answered, ...] = ()

    def __init__(self, time: datetime, call: Call) -> None:
        self.time = time
        self._call = call

    def note(self, error: str | None, message: str = "", diagnosis: str = "") -> None:
        """Write down the outcome of an attempt."""
        self.error, self.message, self.diagnosis = error, message, diagnosis

    def note_keys(self, keys: KeysSeen) -> None:
        """Write down which KMS keys an attempt is about; those that an earlier one told of come first."""
        if self.key_arns:
            self.key_arns = tuple(dict.fromkeys((*self.key_arns, *keys.arns)))
        elif keys.arns:
            self.key_arns = keys.arns
            self.key_state_before = keys.before and keys.before.value
        if self.key_arns[:1] == keys.arns[:1]:  # an attempt may be about other ones, or find none any more
            self.key_state_after = keys.after and keys.after.value

    @property
    def operation(self) -> str:
        """The operation, in AWS's spelling."""
        return self._call.operation

    @property
    def region(self) -> str:
        """The Region that was called."""
        return self._call.region

    @property
    def account(self) -> str:
        """The account that called."""
        return self._call.account

    @property
    def request(self) -> dict[str, Any]:
        """The members of the request; blobs and passwords are ``Redacted``."""
        return redact_request(self._call.members, traits_of(self.operation).confided)

    @property
    def response(self) -> dict[str, Any] | None:
        """The members of the response, blobs ``Redacted``; None for a call that was refused."""
        redacted: dict[str, Any] | None = redact(self._response)
        return redacted

    @property
    def key_id(self) -> str | None:
        """The KMS key that the request names, as it names it; None where it names none."""
        key_id: str | None = self._call.members.get("KeyId")
        return key_id

    @property
    def via_service(self) -> str:
        """The AWS service that calls on the principal's behalf, such as ``s3``; empty where none does."""
        principal = self._call.caller.principal
        return "" if principal is None else principal.via

    def __getstate__(self) -> dict[str, Any]:
        call = self._call._replace(members=self.request, chosen=NOTHING)
        return {**vars(self), "_call": call, "_response": self.response, "_answers": ()}

    def __repr__(self) -> str:
        about = f" {self.key_id}" if self.key_id else ""
        by = f" by {self.via_service}" if self.via_service else ""
        attempts = f", {self.attempts} attempts" if self.attempts > 1 else ""
        faults = f", struck by {', '.join(fault.id for fault in self.faults)}" if self.faults else ""
        return f"<{self.operation} {self.region}{about}{by}: {self.error or 'ok'}{attempts}{faults}>"


def members_of(record: CallRecord) -> Mapping[str, Any]:
    """A request as it came, for those who look for secrets in it."""
    return record._call.members  # noqa: SLF001  not for users


def answers_to(record: CallRecord) -> tuple[Answered, ...]:
    """The attempts at a call that AWS KMS has answered, with all that may be secret in them."""
    return record._answers  # noqa: SLF001  not for users

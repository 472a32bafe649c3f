"""``mock.calls``: calls as a test looks at them, what was asked and what was answered; secrets redacted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn, overload

from .._wire.model import check_error, check_operation
from ..engine.arns import kms_arn
from ..engine.authorization.access import Decision
from ..engine.call import Asked, Call, KeysSeen, Response
from ..engine.chosen import NOTHING
from ..engine.failures import Failure
from ..engine.principals import is_principal
from ..engine.recipients import Recipient
from .fault import Fault
from .least_privilege import LeastPrivilege, least_privilege_for
from .named_keys import identifiers_in
from .redacted import redact

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
        """The members of the request; blobs are ``Redacted``."""
        redacted: dict[str, Any] = redact(self._call.members)
        return redacted

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


class CallsForgotten(Failure):
    """A test asks about calls that the journal does not keep any more, so that nobody can tell."""


CallsForgotten.__module__ = "pytest_kmsimport"


class Calls(Sequence[CallRecord]):
    """Calls in the order in which they came.

    The journal keeps the last ones alone, and what it has let go is not forgotten: it counts, and who asks for one
    of these calls, or goes through all of them, gets CallsForgotten. ``kept`` are those that are there.
    """

    def __init__(
        self, records: Sequence[CallRecord], earlier: Mapping[Outcome, int] | None = None, *, is_certain: bool = True
    ) -> None:
        self._records = tuple(records)
        self._earlier = Counter(earlier or {})  # how many calls before came out how
        self._is_certain = is_certain or not self._earlier  # whether all of those before belong to these

    @property
    def kept(self) -> Calls:
        """Those of the calls that the journal keeps, as if there had been no others."""
        return Calls(self._records)

    @overload
    def __getitem__(self, index: int) -> CallRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Calls: ...
    def __getitem__(self, index: int | slice) -> CallRecord | Calls:
        if isinstance(index, slice):
            self._check_slice(index)
            return Calls(self._records[index])
        if self._earlier and not -len(self._records) <= index < 0:
            self._cannot_tell()
        if not -len(self._records) <= index < len(self._records):
            raise IndexError(f"There is no call number {index}: {self._what} {'are' if len(self) != 1 else 'is'} all.")
        return self._records[index]

    def _check_slice(self, cut: slice) -> None:
        """Refuse to leave out, without a word, calls that are not there."""
        is_of_the_end = cut.start is not None and -len(self._records) <= cut.start < 0 and (cut.step or 1) > 0
        if self._earlier and not (is_of_the_end and (cut.stop is None or cut.stop < 0)):
            self._cannot_tell()

    def __len__(self) -> int:
        if not self._is_certain:
            self._cannot_tell()
        return len(self._records) + self._earlier.total()

    def __bool__(self) -> bool:
        return bool(self._records) or len(self) > 0

    def __iter__(self) -> Iterator[CallRecord]:
        self.check_all_kept()
        return iter(self._records)

    def __contains__(self, record: object) -> bool:
        if self._earlier and record not in self._records:
            self._cannot_tell()
        return record in self._records

    def __eq__(self, other: object) -> bool:
        """Whether these are the same calls, so that ``mock.calls.to("Encrypt") == []`` says what it seems to say."""
        if not isinstance(other, (Calls, list, tuple)):
            return NotImplemented
        if len(self) != len(other):
            return False
        return tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(self._records)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {record!r}" for record in self._records)
        return f"<{self._what}{lines}>"

    @property
    def _what(self) -> str:
        kept, earlier = len(self._records), self._earlier.total()
        count = "no calls" if not kept + earlier else f"{kept + earlier} call{'s' * (kept + earlier != 1)}"
        if not earlier:
            return count
        return f"{count}, of which the last {kept} are kept" if self._is_certain else f"{kept} calls and maybe more"

    def check_all_kept(self) -> None:
        """Raise CallsForgotten where some of the calls are not there any more, for what is true only of all of them."""
        if self._earlier:
            self._cannot_tell()

    def _cannot_tell(self) -> NoReturn:
        raise CallsForgotten(
            f"The journal has let go of {self._earlier.total()} earlier calls that may be asked for here:"
            f" {self._what}. Let it keep more with the option journal_size, ask for the last ones (calls[-1],"
            " calls[-10:]), or look at those that are there (calls.kept)."
        )

    def to(self, *operations: str) -> Calls:
        """The calls of these operations: ``calls.to("ImportKeyMaterial")``.

        Raises ValueError for what is no operation of AWS KMS.
        """
        for operation in operations:
            check_operation(operation)
        records = [record for record in self._records if record.operation in operations]
        earlier = {outcome: count for outcome, count in self._earlier.items() if outcome[0] in operations}
        return Calls(records, earlier, is_certain=self._is_certain)

    def about(self, key_id: str) -> Calls:
        """The calls about this KMS key, by key ID, key ARN or alias, however they name it themselves."""
        if not isinstance(key_id, str):
            raise TypeError(f"about() takes a key ID, key ARN or alias, not {key_id!r}: write about(key.id).")
        named = [(record, _names_in(record)) for record in self._records]
        resource = _resource_of(key_id)
        meant = {key_id}
        if not key_id.startswith(_ARN):
            meant = {name for _, names in named for name in names if _resource_of(name) == resource}
        if resource.startswith(_ALIAS):  # the KMS keys that it stood for
            meant |= {arn for record, names in named if not meant.isdisjoint(names) for arn in record.key_arns}
        records = [record for record, names in named if not meant.isdisjoint(names)]
        return Calls(records, self._earlier, is_certain=not self._earlier)

    def refused(self, code: str | None = None) -> Calls:
        """The calls that were refused, with any error code or with this one.

        Raises ValueError for what is no error code, nor an exception that a call can end with.
        """
        if code is not None and not any(record.error == code for record in self._records):
            check_error(code)
        records = [r for r in self._records if r.error is not None and code in {None, r.error}]
        earlier = {out: n for out, n in self._earlier.items() if out[1] is not None and code in {None, out[1]}}
        return Calls(records, earlier, is_certain=self._is_certain)

    def least_privilege(self, principal: str | None = None) -> LeastPrivilege:
        """The smallest key policies and identity-based policies that would have allowed these calls, for pasting.

        That is per KMS key and per caller: each action, with the very wrapping algorithms, wrapping key specs and
        expiration models of the import, also of calls that were refused. With ``principal``, the ARN of a user, role
        or session, as if that had made them all: most tests call as the root user, whom IAM does not limit.

        Raises CallsForgotten where some are not kept any more, ValueError for what is no ARN of a principal.
        """
        if principal is not None and not is_principal(principal):
            raise ValueError(f"{principal!r} is no principal: write an ARN as arn:aws:iam::111122223333:role/Importer.")
        return least_privilege_for(self, principal)


def _names_in(record: CallRecord) -> set[str]:
    """The ARNs of the KMS keys and aliases that a call is about, also of such as there are not."""
    call = record._call  # noqa: SLF001  what users do not see
    named = (name if name.startswith(_ARN) else _arn_of(name, record) for name in identifiers_in(call))
    return {*named, *record.key_arns}


def _arn_of(name: str, record: CallRecord) -> str:
    return kms_arn(record.region, record.account, _resource_of(name))


def _resource_of(name: str) -> str:
    """What of a key ID, alias name or ARN is the same in every account and Region."""
    if name.startswith(_ARN):
        return name.split(":", 5)[-1]
    return name if name.startswith(_ALIAS) else f"key/{name}"

"""``mock.calls``: calls as a test looks at them; those about something, refused ones, and none that is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, overload

from .._wire.model import check_error, check_operation
from ..engine.arns import kms_arn
from ..engine.failures import Failure
from ..engine.principals import is_principal
from .call_record import CallRecord, Outcome
from .least_privilege import LeastPrivilege, least_privilege_for
from .named_keys import identifiers_in

__tracebackhide__ = True

_ARN, _ALIAS = "arn:", "alias/"


class CallsForgotten(Failure):
    """A test asks about calls that the journal does not keep any more, so that nobody can tell."""


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

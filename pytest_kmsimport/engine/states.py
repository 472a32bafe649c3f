"""AWS's key-state table, as data that a reader can hold against AWS's page.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html

The cells are AWS's: ``ok`` succeeds; a number is the footnote that refuses; ``?9`` and ``ok,9`` succeed unless
footnote 9 applies; ``8/9`` is 9 where that applies and 8 otherwise, and so is 7; ``-`` cannot happen. Two things differ
from the page: where it says "2 or 3" for pending deletion, the wire says 3; and ImportKeyMaterial pending deletion,
where it has 9 alone, keeps the 8 of the page of 2023, because 9 says nothing about a KMS key that can import. Two cells
are what AWS was recorded to answer instead: in PendingImport GetKeyRotationStatus succeeds (6 on the page) and
GetPublicKey is refused (ok there). Operations below the line are not on AWS's page.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from . import messages
from .errors import DisabledException, KmsError, KMSInvalidStateException, UnsupportedOperationException

if TYPE_CHECKING:
    from collections.abc import Mapping


class KeyState(str, Enum):
    """The states of a KMS key, in AWS's words."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    PENDING_DELETION = "PendingDeletion"
    PENDING_REPLICA_DELETION = "PendingReplicaDeletion"
    PENDING_IMPORT = "PendingImport"
    UNAVAILABLE = "Unavailable"
    CREATING = "Creating"
    UPDATING = "Updating"


class Transition(NamedTuple):
    """A state that passes by itself, Creating or Updating, and when."""

    state: KeyState
    until: datetime


TABLE_AS_PUBLISHED = """
Operation                            Enabled Disabled PendingDeletion PendingImport Unavailable Creating Updating
CancelKeyDeletion                    4       4        ok              4             4,13        4        4
CreateAlias                          ok      ok       3               ok            ok          ok       ok
CreateGrant                          ok      1        3               5             ok          14       ok
Decrypt                              ok      1        3               5             11          14       ok
DeleteAlias                          ok      ok       ok              ok            ok          ok       ok
DeleteImportedKeyMaterial            ok,9    ok,9     ok,9            ok            -           14       15
DeriveSharedSecret                   ok      1        3               5             -           14       ok
DescribeKey                          ok      ok       ok              ok            ok          ok       ok
DisableKey                           ok      ok       3               5             ok,12       14       15
DisableKeyRotation                   ?7      1/7      3/7             6             7           14       ?7
EnableKey                            ok      ok       3               5             ok,12       14       15
EnableKeyRotation                    ?7      1/7      3/7             6             7           14       ?7
Encrypt                              ok      1        3               5             11          14       ok
GenerateDataKey                      ok      1        3               5             11          14       ok
GenerateDataKeyPair                  ok      1        3               5             7           14       ok
GenerateDataKeyPairWithoutPlaintext  ok      1        3               5             7           14       ok
GenerateDataKeyWithoutPlaintext      ok      1        3               5             11          14       ok
GenerateMac                          ok      1        3               5             -           14       ok
GetKeyPolicy                         ok      ok       ok              ok            ok          ok       ok
GetKeyRotationStatus                 ?7      ?7       ?7              ok            7           ?7       ?7
GetParametersForImport               ?9      ?9       8/9             ok            9           14       15
GetPublicKey                         ok      ok       3               5             -           14       ok
ImportKeyMaterial                    ?9      ?9       8/9             ok            9           14       ok,9
ListAliases                          ok      ok       ok              ok            ok          ok       ok
ListGrants                           ok      ok       ok              ok            ok          ok       ok
ListKeyPolicies                      ok      ok       ok              ok            ok          ok       ok
ListKeyRotations                     ?7      ?7       ?7              ok            7           ?7       ?7
ListResourceTags                     ok      ok       ok              ok            ok          ok       ok
PutKeyPolicy                         ok      ok       ok              ok            ok          ok       ok
ReEncrypt                            ok      1        3               5             11          14       ok
ReplicateKey                         ok      1        3               5             -           14       15
RetireGrant                          ok      ok       ok              ok            ok          ok       ok
RevokeGrant                          ok      ok       ok              ok            ok          ok       ok
RotateKeyOnDemand                    ?7      1/7      3/7             5             7           14       ?7
ScheduleKeyDeletion                  ok      ok       3               ok            ok          ok       15
Sign                                 ok      1        3               5             -           14       ok
TagResource                          ok      ok       3               ok            ok          ok       ok
UntagResource                        ok      ok       3               ok            ok          ok       ok
UpdateAlias                          ok      ok       ?10             ok            ok          ok       ok
UpdateKeyDescription                 ok      ok       3               ok            ok          ok       ok
UpdatePrimaryRegion                  ok      1        3               5             -           14       ok
Verify                               ok      1        3               5             -           14       ok
VerifyMac                            ok      1        3               5             -           14       ok
-----------------------------------
Encapsulate                          ok      1        3               5             -           14       ok
Decapsulate                          ok      1        3               5             -           14       ok
GetKeyLastUsage                      ok      ok       ok              ok            ok          ok       ok
"""


class Refusal(NamedTuple):
    """What a footnote of the table says: the error, and its text with the key ARN left open."""

    error: type[KmsError]
    message: str


#: The footnotes that refuse whatever the KMS key is. 10 speaks of the key that an alias is moved to.
FOOTNOTES: Mapping[int, Refusal] = {
    1: Refusal(DisabledException, messages.DISABLED),
    3: Refusal(KMSInvalidStateException, messages.PENDING_DELETION),
    4: Refusal(KMSInvalidStateException, messages.NOT_PENDING_DELETION),
    5: Refusal(KMSInvalidStateException, messages.PENDING_IMPORT),
    6: Refusal(UnsupportedOperationException, messages.WRONG_ORIGIN),
    8: Refusal(KMSInvalidStateException, messages.PENDING_DELETION),
    10: Refusal(KMSInvalidStateException, messages.PENDING_DELETION),
    11: Refusal(KMSInvalidStateException, messages.UNAVAILABLE),
    14: Refusal(KMSInvalidStateException, messages.CREATING),
    15: Refusal(KMSInvalidStateException, messages.UPDATING),
}

#: 12 and 13 refuse nothing.
NOT_REFUSING = {12, 13}
#: 7 refuses KMS keys in custom key stores, 9 those that cannot have imported key material, before anything else.
NOT_IN_STORE, IMPORTED_ONLY = 7, 9
_ORIGINS = ("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")


class Cell(NamedTuple):
    """One cell of the table: the origins that do not pass at all, and the footnote that refuses the others, if any."""

    barred: frozenset[str]
    footnote: int | None


_BARRED = {NOT_IN_STORE: {"AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"}, IMPORTED_ONLY: {*_ORIGINS} - {"EXTERNAL"}}
_OPEN = Cell(frozenset(), None)


def _cell(text: str) -> Cell:
    numbers = [int(n) for n in text.replace("?", "").replace(",", "/").split("/") if n not in {"ok", "-"}]
    refusing = [n for n in numbers if n not in {*NOT_REFUSING, *_BARRED}]
    barred = frozenset(origin for n in numbers for origin in _BARRED.get(n, ()))
    return Cell(barred, refusing[0] if refusing else None)


def _table(text: str) -> dict[str, dict[KeyState, Cell]]:
    lines = [line.split() for line in text.strip().splitlines() if not line.startswith("-")]
    columns = [KeyState(name) for name in lines[0][1:]]
    table = {name: dict(zip(columns, map(_cell, cells), strict=True)) for name, *cells in lines[1:]}
    for row in table.values():  # AWS has one column for both
        row[KeyState.PENDING_REPLICA_DELETION] = row[KeyState.PENDING_DELETION]
    return table


TABLE: Mapping[str, Mapping[KeyState, Cell]] = _table(TABLE_AS_PUBLISHED)


def refusals_of(operation: str) -> Mapping[tuple[KeyState, str], Refusal]:
    """What an operation is refused with, by key state and origin of the KMS key."""
    cases = [(state, origin) for state in KeyState for origin in _ORIGINS]
    found = {(state, origin): refusal_in(operation, state, origin) for state, origin in cases}
    return {which: refusal for which, refusal in found.items() if refusal is not None}


def refusal_in(operation: str, state: KeyState, origin: str = "EXTERNAL") -> Refusal | None:
    """What an operation on a KMS key, by default one with imported key material, is refused with in a state, if it is.

    Texts have ``{arn}`` and ``{origin}`` left open.
    """
    cell = TABLE[operation][state] if operation in TABLE else _OPEN
    if origin in cell.barred:
        return Refusal(UnsupportedOperationException, messages.WRONG_ORIGIN)
    if cell.footnote is None:
        return None
    if cell.footnote in {3, 8} and state is KeyState.PENDING_REPLICA_DELETION:
        return FOOTNOTES[cell.footnote]._replace(message=messages.PENDING_REPLICA_DELETION)
    return FOOTNOTES[cell.footnote]

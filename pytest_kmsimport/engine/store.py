"""Every account and Region, what is to happen to their KMS keys by itself, and the call that is being answered."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from copy import copy
from datetime import datetime, timedelta
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from .agenda import Agenda, Where
from .authorization.principals import Account, Attachment, Principal
from .call import Asked, Call, Caller, KeysSeen
from .keys import Key
from .quotas import Quotas
from .recipients import Recipient
from .region import Region
from .service_events import DELETION, ServiceEvents
from .states import KeyState
from .timers import apply_time, next_due
from .world import World
from .wrapping import ImportTokens, Issued

if TYPE_CHECKING:
    from .authorization.access import Decision

#: What is answered where somebody looks at something.
_NO_CALL = Call("", "", Caller(""), {})


class Deletion(NamedTuple):
    """When a KMS key is to go; the serial is that of the key, so that two on one date can be put in order."""

    date: datetime
    serial: int
    key: Key


class Visit(NamedTuple):
    """A call that is being answered, or a look at something: when it came, and the KMS keys that it is about so far.

    Each is noted with the state that it had before the call, None for one that the call has made. ``imported`` is the
    key material that the call brings in, ``decisions`` are those about whether the caller may do what it asks for,
    ``asked`` all permissions that it needs. ``recipients`` has whom its answer is for alone, and ``concealed`` the
    members that are in the answer for nobody else.
    """

    now: datetime
    call: Call
    touched: list[tuple[Key, KeyState | None]]
    imported: list[bytes]
    decisions: list[Decision]
    asked: list[Asked]
    recipients: list[Recipient]
    concealed: dict[str, bytes]

    def __repr__(self) -> str:
        return f"<Visit {self.call.request_id} at {self.now}>"

    def keys_seen(self, *, changed: bool) -> KeysSeen:
        """Which KMS keys it was about, and what has become of the first, where it may have ``changed``."""
        if not self.touched:
            return KeysSeen()
        first, before = self.touched[0]
        arns = (first.arn,) if len(self.touched) == 1 else tuple(dict.fromkeys(key.arn for key, _ in self.touched))
        return KeysSeen(arns, before, first.state if changed or before is None else before)


def _where(key: Key) -> Where:
    return key.account, key.region, key.id


class Store:
    """Every account and Region of one service, made when they are first asked for and kept while they have something.

    ``principals`` are those who call, by access key, "" for whoever is not among them; ``accounts`` is what holds for
    everybody of an account, ``attached`` what a test lets callers do or not. ``_asked_for`` are those that may have
    nothing in them, ``_deletions`` the KMS keys that are to go, next one first; each key is among them once at most, by
    its serial in ``_deletion_of``. ``agenda`` is there as soon as somebody waits for what AWS KMS does by itself.
    """

    def __init__(self, world: World, service: str, quotas: Quotas, *, strict_tokens: bool) -> None:
        self.world = world
        self.service = service
        self.quotas = quotas
        self.tokens = ImportTokens(world, strict=strict_tokens)
        self._regions: dict[tuple[str, str], Region] = {}
        self._asked_for: set[tuple[str, str]] = set()
        self._serials = count()
        self._deletions: list[Deletion] = []
        self._deletion_of: dict[int, Deletion] = {}
        self.principals: dict[str, Principal] = {}
        self.accounts: dict[str, Account] = {}
        self.service_events = ServiceEvents()
        self.attached: tuple[Attachment, ...] = ()
        self.agenda: Agenda | None = None
        self.visit = Visit(world.now(), _NO_CALL, [], [], [], [], [], {})

    def region(self, account: str, name: str) -> Region:
        """What an account has in a Region; to be used within one call, for an empty one does not last longer."""
        region = self._regions.get((account, name))
        if region is None:
            region = self._regions[account, name] = Region(name, account, self)
            self._asked_for.add((account, name))
        return region

    def regions(self) -> Sequence[Region]:
        """All that there are, of all accounts."""
        return list(self._regions.values())

    def apply_time(self) -> None:
        """Let time take effect on all KMS keys, for whoever asks what has happened to any of them."""
        for key in self.all_keys():
            apply_time(key, self.world, self.visit.now, self.service_events)

    def keep_agenda(self) -> datetime | None:
        """Let time take effect on the KMS keys that it is time for, and tell when something is due next.

        That is at the cost of these, and of those that calls have been about since the last time.
        """
        if self.agenda is None:
            self.agenda = Agenda({_where(key) for key in self.all_keys()})
        self._put_down_changes(self.agenda)
        due = [key for where in self.agenda.take(self.visit.now) if (key := self._at(where)) is not None]
        for key in due:
            apply_time(key, self.world, self.visit.now, self.service_events)
            self.note_change(key)
        self._put_down_changes(self.agenda)
        return self.agenda.first

    def note_change(self, key: Key) -> None:
        """Note that something else may be due of a KMS key, and of those related to it."""
        if self.agenda is not None:
            self.agenda.changed.update(map(_where, key.related))

    def _put_down_changes(self, agenda: Agenda) -> None:
        while agenda.changed:
            where = agenda.changed.pop()
            key = self._at(where)
            agenda.put(where, None if key is None else next_due(key, self.world))

    def _at(self, where: Where) -> Key | None:
        account, region, key_id = where
        there = self._regions.get((account, region))
        return None if there is None else there.keys.get(key_id)

    def all_keys(self) -> Sequence[Key]:
        """Every KMS key there is."""
        return [key for region in self.regions() for key in region.keys.by_age()]

    def next_serial(self) -> int:
        """Numbers that rise with everything made."""
        return next(self._serials)

    def schedule_deletion(self, key: Key, date: datetime) -> None:
        """Let a KMS key go at a date, unless that is called off or put elsewhere in between."""
        key.deletion_date, key.waiting_period = date, None
        earlier = self._deletion_of.get(key.serial)
        if earlier is not None:  # it was called off
            del self._deletions[bisect_right(self._deletions, earlier) - 1]
        deletion = self._deletion_of[key.serial] = Deletion(date, key.serial, key)
        insort(self._deletions, deletion)

    def begin_visit(self, call: Call = _NO_CALL) -> Visit:
        """Begin to answer a call, or to look at something: the clock is read once, and what is due has happened."""
        self.visit = Visit(self.world.now(), call, [], [], [], [], [], {})
        if self._deletions or self._asked_for:
            self.delete_due_keys()
        return self.visit

    def delete_due_keys(self) -> None:
        """Forget what nothing is in, and the KMS keys whose deletion date has come; at the cost of those alone."""
        while self._deletions and self._deletions[0].date <= self.visit.now:
            number = bisect_right(self._deletions, self.visit.now, key=attrgetter("date"))
            due, self._deletions = self._deletions[:number], self._deletions[number:]
            for deletion in due:
                del self._deletion_of[deletion.serial]
                if self._holds(deletion):
                    self._delete_key(deletion.key, deletion.date)
        while self._asked_for:
            where = self._asked_for.pop()
            if self._regions[where].is_empty:
                del self._regions[where]

    def _holds(self, deletion: Deletion) -> bool:
        """Whether a deletion was neither called off nor done."""
        key = deletion.key
        return key.deletion_date == deletion.date and self.region(key.account, key.region).keys.get(key.id) is key

    def _delete_key(self, key: Key, date: datetime) -> None:
        apply_time(key, self.world, date, self.service_events)
        self.service_events.note(DELETION, date, key)
        self.note_change(key)
        self.region(key.account, key.region).remove(key.id)
        self._asked_for.add((key.account, key.region))
        if key.family is None:
            return
        key.family.replicas.pop(key.region, None)
        primary = key.family.primary
        if primary.waiting_period is not None and not key.family.replicas:  # now its own waiting period begins
            self.schedule_deletion(primary, date + timedelta(days=primary.waiting_period))

    def begin_again(self, issued: Issued, first_serial: int) -> Store:
        """A store without KMS keys by the same rules, of the same callers, which knows the import tokens ``issued``."""
        other = Store(self.world, self.service, self.quotas, strict_tokens=self.tokens.strict)
        other.tokens = ImportTokens(self.world, strict=self.tokens.strict, issued=issued)
        other._serials = count(first_serial)
        other.principals, other.accounts, other.attached = self.principals, self.accounts, self.attached
        return other

    def copy(self) -> Store:
        """A store of its own with the same content."""
        other = copy(self)
        other.agenda = None
        other.tokens, other.service_events = self.tokens.copy(), self.service_events.copy()
        other._regions = {where: region.copy(other) for where, region in self._regions.items()}
        other.principals, other.accounts = dict(self.principals), dict(self.accounts)
        other._asked_for = set(self._asked_for)
        other._deletions = [d._replace(key=other._copy_of(d.key)) for d in self._deletions if self._holds(d)]
        other._deletion_of = {deletion.serial: deletion for deletion in other._deletions}
        for region in self._regions.values():
            for key in region.keys.by_age():
                if key.family is not None and not key.is_replica:
                    key.family.copy(other._copy_of)
        return other

    def _copy_of(self, key: Key) -> Key:
        other = self.region(key.account, key.region).keys.get(key.id)
        assert other is not None  # what is copied is all there
        return other

"""Waiting for what happens: rules hear of it when the clock passes it, and when a call has been answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Lock, get_ident
from typing import Any

from .._service.call_record import Answered
from .._service.clock import Clock
from .._service.journal import Journal
from .._wire.regions import check_place
from ..engine.engine import Engine
from .alarms import Alarm, earliest_expiry
from .events import Event, Rule, event_of_record, events_of_service_event
from .records import records_of_call
from .targets import TargetFailed, target_of

#: Rules and alarms.
Waiting = tuple[Rule | Alarm, ...]
#: How often a target may be called for what a target has done when it was called for what a target has done, and so on:
#: as often as AWS Lambda lets functions call themselves in the circles that it knows of.
_MOST_IN_A_ROW = 16
_IN_A_CIRCLE = (
    f"Targets were called for what targets do {_MOST_IN_A_ROW} times in a row, the last time for {{}}, and would be for"
    " ever, as on AWS. Have the rule's pattern leave out what its target does itself."
)


class Watch:
    """What a mock has as soon as somebody waits for something: it looks at the clock and at every call from then on.

    ``home`` is the mock's own Region and account; ``complain`` is told of targets that fail.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        journal: Journal,
        home: tuple[str, str],
        complain: Callable[[AssertionError], object],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._home = home
        self._complain = complain
        self._rules: list[Rule] = []
        self._alarms: list[Alarm] = []
        self._calls: deque[tuple[int, Answered]] = deque()  # each with how many others it follows from
        self._teller: int | None = None  # the thread that tells
        self._in_a_row = 0
        self._lock = Lock()
        self._told = 0
        self.begin_again()
        clock.stop_before = self.stop_before
        journal.tell = self.note_call

    @property
    def waiting(self) -> Waiting:
        """Who waits for something."""
        return (*self._rules, *self._alarms)

    def end_all_but(self, kept: Waiting) -> None:
        """Let nobody else wait for anything any more."""
        for one in self.waiting:
            if one not in kept:
                one.end()

    def begin_again(self) -> None:
        """Forget what has happened: nobody is told of it."""
        self._calls.clear()
        self._engine.catch_up()
        self._told = self._engine.count_of_service_events()

    def add_rule(
        self,
        pattern: object,
        handler: Callable[[Any, Any], object],
        state: str,
        region: str | None,
        account: str | None,
    ) -> Rule:
        """Let a rule hear of what happens from now on."""
        region, account = region or self._home[0], account or self._home[1]
        check_place(region, account)
        self.deliver()
        rule = Rule(pattern, target_of(handler, region, account, self._complain), state, region, account)
        self._rules = [*(other for other in self._rules if not other.has_ended), rule]
        return rule

    def add_alarm(self, alarm: Alarm, handler: Callable[[Any, Any], object]) -> Alarm:
        """Let an alarm look at its metric from now on."""
        alarm.call(target_of(handler, *alarm.where, self._complain))
        self._alarms = [*(other for other in self._alarms if not other.has_ended), alarm]
        self.deliver()
        return alarm

    def note_call(self, answered: Answered) -> None:
        """Tell of an attempt at a call that AWS KMS has answered, after what was due before it."""
        operation = answered[1].operation
        if any(rule.hears_of(operation) for rule in self._rules):
            in_a_row = self._in_a_row + 1 if self._teller == get_ident() else 0
            self._calls.append((in_a_row, answered))
        self.deliver()

    def stop_before(self, moment: datetime) -> datetime | None:
        """Tell what is due now, and at which moment before another one something is due next; None where nothing is."""
        if not self.deliver():
            return None
        now = self._clock.now()
        dates = [self._engine.catch_up(), *(alarm.next_due(now, self._expiry(alarm)) for alarm in self._alarms)]
        return min((due for due in dates if due is not None and now < due < moment), default=None)

    def _expiry(self, alarm: Alarm) -> datetime | None:
        """When the key material that an alarm looks at expires; None where there is none that does."""
        return None if alarm.has_ended else self._engine.look_up(alarm.key_id, *alarm.where, earliest_expiry)

    def deliver(self) -> bool:
        """Tell what has not been told, one after the other; not while somebody else is told, who goes on with it."""
        has_told = False
        while self._lock.acquire(blocking=False):
            self._teller = get_ident()
            try:
                while self._tell_rules() or self._look_at_alarms():
                    pass
            finally:
                self._teller = None
                self._lock.release()
            has_told = True
            if not self._calls:  # whoever came meanwhile has left theirs
                break
        return has_told

    def _tell_rules(self) -> bool:
        """Tell what is new; gives whether there was anything."""
        events = list(self._news())
        for self._in_a_row, event in events:
            if self._in_a_row > _MOST_IN_A_ROW:
                self._complain(TargetFailed(_IN_A_CIRCLE.format(event["detail"]["eventName"])))
                continue
            for rule in self._rules:
                rule.take(event)
        return bool(events)

    def _look_at_alarms(self) -> bool:
        """Have alarms look at their metrics; gives whether one has gone off."""
        self._in_a_row = 0
        looks = [(alarm, self._expiry(alarm)) for alarm in self._alarms if not alarm.has_ended]
        gone_off = [alarm for alarm, expiry in looks if alarm.evaluate(self._clock.now(), expiry)]
        return bool(gone_off)

    def _news(self) -> Iterator[tuple[int, Event]]:
        self._engine.catch_up()
        for done in self._engine.service_events_since(self._told):
            self._told = max(self._told, done.number + 1)
            yield from ((0, event) for event in events_of_service_event(done))
        while self._calls:
            in_a_row, answered = self._calls.popleft()
            yield from ((in_a_row, event_of_record(record)) for record in records_of_call(answered))

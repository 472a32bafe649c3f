"""What a mock is made of, from its beginning to its end, and what the plugin and the interception ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from inspect import iscoroutine

from .._active import Complaints
from .._around.events import Events, events_of
from .._around.metrics import Metrics
from .._around.trail import Trail, trail_of
from .._around.watch import Waiting, Watch
from .._diagnosis import diagnose
from .._enclave.enclaves import Enclaves
from .._service.call_record import CallRecord
from .._service.calls import Calls
from .._service.clock import Clock, ClockSetting
from .._service.fault import Action
from .._service.fault_layer import MeanwhileFailed
from .._service.journal import Kept
from .._service.leak_check import LeakCheck
from .._service.leaks import refuse
from .._service.plans import Plan
from .._service.service import Service
from .._transports import forks, iam
from .._wire.aws_json import new_request_id
from ..engine.engine import ANYBODY, Engine, Seen
from ..engine.keys import Key
from ..engine.quotas import Quotas
from ..engine.store import Store
from .chance import Chance
from .lifetime import Lifetime
from .options import Options
from .rsa_pool import RsaKeys
from .world import new_world

__tracebackhide__ = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A mock's state at one moment, for ``restore``: KMS keys, import tokens, principals, the clock, calls, faults.

    Rules and alarms are in it too. With a seed, chance goes back to it too.
    """

    _of: MockCore = field(repr=False)
    _store: Store = field(repr=False)
    _clock: ClockSetting = field(repr=False)
    _calls: Kept = field(repr=False)
    _plans: tuple[Plan, ...] = field(repr=False)
    _waiting: Waiting = field(repr=False)
    _drawn: Mapping[str, int] = field(repr=False)


class MockCore:
    """The parts of a mock, started and stopped, gone back to and begun anew; ``KmsImportMock`` is what users hold."""

    def __init__(self, options: Options) -> None:
        self.account = options.account
        self.region = options.home_region
        self.allow_real_aws = options.allow_real_aws
        self.sign_requests = options.sign_requests
        self.integrated_services = options.integrated_services
        self.clock = Clock()
        self.parent_url: str | None = None
        self.at_rest = False
        self._url_of_children: str | None = None
        self._options = options
        self._rsa_keys = RsaKeys()
        self._chance = None if options.seed is None else Chance(options.seed)
        self._enclaves = Enclaves(self._rsa_keys)
        self._world = new_world(options, self.clock, self._rsa_keys, self._enclaves, self._chance)
        self._lifetime = Lifetime()
        self._watch: Watch | None = None
        self.complaints = Complaints()
        self.leak_check = LeakCheck(watches=options.check_leaks)
        self.service = self._begin()

    def _begin(self) -> Service:
        """A service without KMS keys, whose callers are those of the options."""
        options = self._options
        self._engine = Engine(
            self._world,
            service=options.service,
            strict_tokens=options.strict_tokens,
            quotas=Quotas(**options.quotas),
            explain=diagnose,
        )
        anybody = options.anybody()
        if anybody is not None:
            self._engine.register(ANYBODY, anybody)
        return Service(
            self._engine,
            self.clock,
            options.journal_size,
            self.leak_check,
            self._act,
            ask=partial(iam.ask, self.region),
            reserved_tags=options.reserved_tags,
            new_request_id=new_request_id if self._chance is None else self._chance.request_id,
            sleep_on_retry=options.sleep_on_retry,
        )

    def _act(self, action: Action, call: CallRecord) -> None:
        """Let somebody else act while a call is under way."""
        try:
            done = action(self, call)
            if iscoroutine(done):
                done.close()
                raise TypeError("it gave a coroutine, which nobody awaits; ask mock.client(), which is sync")  # noqa: TRY301
        except Exception as error:
            text = f"meanwhile({getattr(action, '__name__', action)}) failed: {type(error).__name__}: {error}"
            raise self.complain(MeanwhileFailed(text)) from error

    def _look_up(self, key_id: str, region_name: str, account: str, see: Callable[[Key], Seen]) -> Seen:
        seen = self._engine.look_up(key_id, region_name, account, see)
        if seen is None:
            text = f"There is no KMS key {key_id!r} in {region_name} of account {account}"
            raise LookupError(f"{text}; name another with region_name= or account=.")
        return seen

    def missing_rsa_key(self, bits: int) -> Callable[[], None] | None:
        """What makes, ahead of time, the RSA key with which the mock answers next; None where it has one."""
        return self._rsa_keys.missing(bits)

    def __repr__(self) -> str:
        return f"<KmsImportMock account {self.account}, {self.region}, {len(self.calls)} calls>"

    # Starting and stopping

    def start(self) -> None:
        """Answer every KMS call from now on; ``mock_kms_import`` and the fixture do this for you.

        Raises RuntimeError where the mock is active already.
        """
        server = self._lifetime.begin(self, serve=self._options.serve)
        self.parent_url = None
        if server is not None:
            self._url_of_children = server.url
            forks.leave_to_parent(self)
        self.service.plans.forget_ended()

    def forget(self) -> None:
        """With the option ``serve``, have a process that is forked off ask its parent as other child processes do."""
        self.parent_url = self._url_of_children

    def stop(self) -> None:
        """Stop answering and put the environment back; complain of planned faults that never struck.

        Raises RuntimeError where the mock is not active.
        """
        self._lifetime.end(self)
        self.end_plans()

    def make_sure_it_stopped(self) -> None:
        """Undo what is left of the mock when it was interrupted as it began or ended; complain of nothing."""
        self._lifetime.make_over(self)

    @property
    def calls(self) -> Calls:
        """The calls of the code under test, oldest first; attempts at one call are one record."""
        return self.service.journal.calls

    @property
    def trail(self) -> Trail:
        """CloudTrail's records of the calls of the code under test, and of what AWS KMS has done by itself so far."""
        return trail_of(self.calls, self._engine.service_events())

    @property
    def events(self) -> Events:
        """What EventBridge has got of the code under test and of AWS KMS itself; ``events.rule`` waits for more."""
        if self._watch is not None:
            self._watch.deliver()
        return events_of(self.calls, self._engine.service_events(), self._watching)

    @property
    def metrics(self) -> Metrics:
        """CloudWatch's SecondsUntilKeyMaterialExpiration, and alarms on it."""
        return Metrics(self._engine, self.clock, (self.region, self.account), self._watching, self._look_up)

    def _watching(self) -> Watch:
        """What looks at the clock and at the calls, from the first time on that somebody waits for something."""
        if self._watch is None:
            home = (self.region, self.account)
            self._watch = Watch(self._engine, self.clock, self.service.journal, home, self.complain)
        return self._watch

    def snapshot(self) -> Snapshot:
        """Take down the state, to come back to it with ``restore``; costs little even for many KMS keys."""
        return Snapshot(
            self,
            self._engine.snapshot(),
            self.clock.snapshot(),
            self.service.journal.snapshot(),
            self.plans,
            () if self._watch is None else self._watch.waiting,
            self._drawn,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this mock, as often as needed; later KMS keys, tokens, calls and plans are gone.

        Rules and alarms that were made since have ended; what earlier ones have heard, they have heard.

        Raises ValueError for a snapshot of another mock, TypeError for what is none.
        """
        if not isinstance(snapshot, Snapshot):
            raise TypeError(f"restore() takes what snapshot() has given, not {snapshot!r}.")
        if snapshot._of is not self:  # noqa: SLF001  what it holds concerns nobody else
            raise ValueError(
                "This is a snapshot of another mock: restore() takes what this mock's snapshot() has given."
            )
        self._engine.restore(snapshot._store)  # noqa: SLF001
        self.clock.restore(snapshot._clock)  # noqa: SLF001
        self.service.journal.restore(snapshot._calls)  # noqa: SLF001
        self.service.plans.restore(snapshot._plans)  # noqa: SLF001
        self._draw_from(snapshot._drawn)  # noqa: SLF001
        self.service.forget_past()
        if self._watch is not None:
            self._watch.end_all_but(snapshot._waiting)  # noqa: SLF001
        self._forget_past()

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """Have everything that happens in the block undone at its end, as by ``restore``: for one test of several.

        What a mock has against a test at its end, it has at the end of the block: a planned fault that never struck, a
        complaint that the code has swallowed, and with ``check_leaks`` a secret that leaked are AssertionErrors. A
        block that fails by itself says what is wrong, and nothing more is.
        """
        begin, earlier = self.snapshot(), list(self.complaints)
        try:
            yield
            self.end_plans(since=begin)
            self.raise_complaints()
        finally:
            # The next block has nothing to do with those of this one.
            self.complaints[:] = [complaint for complaint in self.complaints if complaint in earlier]
            self.restore(begin)

    @property
    def _drawn(self) -> Mapping[str, int]:
        """How much was drawn of the seed."""
        return {} if self._chance is None else self._chance.snapshot()

    def _draw_from(self, drawn: Mapping[str, int]) -> None:
        """Have a seed go on from where so much was drawn of it."""
        if self._chance is not None:
            self._chance.restore(drawn)

    def _forget_past(self) -> None:
        """Have nobody told of what has happened in a state that is another one now."""
        if self._watch is not None:
            self._watch.begin_again()

    def reset(self) -> None:
        """Become as new: no KMS keys, no principals, no calls, the computer's time, and a seed from its beginning."""
        self.clock.reset()
        self.clock.stop_before = self._watch = None
        self.complaints.clear()
        self.service.journal.clear()
        self._draw_from({})
        self.service = self._begin()

    # What the plugin and the interception ask for

    def leaks_found(self, texts: Iterable[tuple[str, str]] = ()) -> str:
        """What the option ``check_leaks`` finds, in texts and where they come from too; each leak is told once."""
        if not self.leak_check.watches:
            return ""
        leaks = self.leak_check.new_leaks(self.calls.kept, texts)
        self.complaints.reported = self.complaints.reported or bool(leaks)
        return leaks

    def end_plans(self, since: Snapshot | None = None) -> None:
        """End the planned faults, all or those since a snapshot, and complain of those that never struck."""
        earlier = () if since is None else since._plans  # noqa: SLF001
        for plan in self.plans:
            if plan not in earlier and not plan.ended:
                plan.end()
                if plan.is_unstruck and not self.complaints.reported:
                    self.complaints.append(plan.complaint())

    def raise_complaints(self) -> None:
        """Fail a test that has come to its end, for what the mock has to say against it."""
        self.complaints.raise_first()
        refuse(self.leaks_found())

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The faults that were planned, in that order."""
        return tuple(self.service.plans.all)

    @property
    def as_written(self) -> str:
        """What a user has written to have it, or would have."""
        return str(self._options)

    @property
    def lock_owners(self) -> tuple[object, ...]:
        """What has a lock, or may have, for the sake of processes that are forked off; first the engine."""
        service = self.service
        some = (owner for owner in (self._watch, self._chance) if owner is not None)
        return (self._engine, service.journal, *some, *self.leak_check.lock_owners, *self.plans)

    def complain(self, complaint: AssertionError) -> AssertionError:
        """Remember a complaint of the mock's own, which fails the test even where the code swallows it."""
        self.complaints.append(complaint)
        return complaint

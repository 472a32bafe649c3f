"""What AWS services that are integrated with AWS KMS have of it: data keys that they go on using, and refusals."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

_MOST, _MOST_STORED = 1000, 10_000
_What = TypeVar("_What", bound=Hashable)
_Value = TypeVar("_Value")


class ServiceRefusal(NamedTuple):
    """What an AWS service has refused because AWS KMS has refused that to it.

    ``service`` is as in kms:ViaService (``s3``), ``operation`` and ``code`` are the service's, ``resource`` is the ARN
    of what stands on the KMS key, and ``key_id`` how the service names that.
    """

    time: datetime
    service: str
    operation: str
    resource: str
    key_id: str
    code: str


class DataKeyUse(NamedTuple):
    """What a service uses a data key for: to do what it asks AWS KMS for by an operation, for somebody."""

    service: str
    operation: str
    key_id: str
    region: str
    context: tuple[tuple[str, str], ...]
    requester: Hashable


class IntegratedServices:
    """Remembers, by the mock's clock, until when data keys are used without asking AWS KMS again."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._data_keys: OrderedDict[DataKeyUse, tuple[datetime, datetime]] = OrderedDict()
        self._keys: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._refusals: deque[ServiceRefusal] = deque(maxlen=_MOST)
        #: Those that are told of events, by Region and account; each with what says whether that has ended.
        self.event_buses: dict[tuple[str, str], Callable[[], bool]] = {}
        #: What a test has found to stand on a KMS key, as text, for the report of its failure.
        self.looked_at = ""

    def has_data_key(self, of: DataKeyUse) -> bool:
        """Whether a data key is still used, without asking AWS KMS."""
        since, until = self._data_keys.get(of, (None, None))
        return since is not None and until is not None and since <= self._now() < until

    def keep_data_key(self, of: DataKeyUse, seconds: float) -> None:
        """Use a data key from now on, for so many seconds."""
        now = self._now()
        _keep(self._data_keys, of, (now, now + timedelta(seconds=seconds)), _MOST)

    def data_key_until(self, shared: str) -> datetime | None:
        """Until when somebody still uses a data key that is for an ARN; None where nobody does."""
        until = [
            end
            for use, (_, end) in list(self._data_keys.items())
            if shared in dict(use.context).values() and self.has_data_key(use)
        ]
        return max(until, default=None)

    def note_key(self, stored: Iterable[str], alias: str, key_arn: str | None) -> None:
        """Remember the KMS key that an alias is for, under which things are kept from now on."""
        for one in stored:
            _keep(self._keys, (one, alias), key_arn or alias, _MOST_STORED)

    def key_of(self, stored: str, key_id: str) -> str:
        """The KMS key that something is kept under, whatever an alias is for by now."""
        return self._keys.get((stored, key_id), key_id)

    def note_refusal(self, service: str, operation: str, resource: str, key_id: str, code: str) -> None:
        """Write down what a service has refused."""
        self._refusals.append(ServiceRefusal(self._now(), service, operation, resource, key_id, code))

    @property
    def refusals(self) -> Sequence[ServiceRefusal]:
        """What services have refused, the last ones."""
        return tuple(self._refusals)

    def forget(self) -> None:
        """Have no data keys, and no memory of refusals; what services keep is still there."""
        self._data_keys.clear()
        self._refusals.clear()
        self.looked_at = ""


def _keep(kept: OrderedDict[_What, _Value], what: _What, value: _Value, most: int) -> None:
    """Remember something, and let the oldest go where that is more than there may be."""
    kept[what] = value
    kept.move_to_end(what)
    if len(kept) > most:
        kept.popitem(last=False)

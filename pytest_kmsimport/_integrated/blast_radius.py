"""What stands on a KMS key, what of it works now, and what would fail if its key material expired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .._service.questions import new_client, questions
from .._service.service import Service
from .requests import Integration, Kept, Refused, Request, is_customers
from .services import INTEGRATIONS


@dataclass(frozen=True, slots=True)
class Dependent:
    """Something that an AWS service keeps, and that stands on a KMS key.

    ``kind`` is ``S3 bucket``, ``S3 object``, ``secret``, ``parameter``, ``queue`` or ``topic``. ``operation`` is the
    service's, which needs the KMS key: ``works`` says whether it can be done now by somebody who may, and ``code`` is
    the service's error code where it cannot. With ``until`` it works by a data key, and no longer than that.
    ``would_fail`` is whether it fails once key material of the KMS key has expired, at the latest when it was to ask
    AWS KMS the next time.
    """

    kind: str
    arn: str
    operation: str
    works: bool
    code: str
    until: datetime | None
    would_fail: bool

    def __str__(self) -> str:
        after = f", then fails with {self.code}" if self.code else ""
        if not self.works:
            state = f"{self.operation} fails with {self.code}"
        elif self.until is None:
            state = "works"
        else:
            state = f"works until {self.until:%H:%M:%S} by a data key{after}"
        return f"{self.kind} {self.arn}: {state}{'; would fail' if self.would_fail and not self.code else ''}"


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What stands on a KMS key, at one moment; as a text, a line for each.

    ``dependents`` are what AWS services keep, as they tell themselves. ``expires`` is when key material of the KMS key
    expires next, None where none does. ``aliases`` (names), ``grants`` (grant IDs) and ``related_keys`` (key ARNs of
    its multi-Region family in other Regions) are AWS KMS's own.
    """

    key_arn: str
    key_state: str
    expires: datetime | None
    dependents: tuple[Dependent, ...]
    aliases: tuple[str, ...]
    grants: tuple[str, ...]
    related_keys: tuple[str, ...]

    @property
    def working(self) -> tuple[Dependent, ...]:
        """What works now, be it by a data key alone."""
        return tuple(one for one in self.dependents if one.works)

    @property
    def failing(self) -> tuple[Dependent, ...]:
        """What does not work now."""
        return tuple(one for one in self.dependents if not one.works)

    @property
    def would_fail(self) -> tuple[Dependent, ...]:
        """What works now and would fail if key material of the KMS key expired."""
        return tuple(one for one in self.working if one.would_fail)

    def __repr__(self) -> str:
        counts = f"{len(self.working)} work, {len(self.failing)} fail, {len(self.would_fail)} would fail"
        return f"<BlastRadius of {self.key_arn} ({self.key_state}): {counts}>"

    def __str__(self) -> str:
        expiry = "" if self.expires is None else f"; its key material expires at {self.expires:%Y-%m-%d %H:%M:%S} UTC"
        lines = [f"KMS key {self.key_arn} is {self.key_state}{expiry}"]
        lines += [str(one) for one in self.dependents]
        for kind, names in (("alias", self.aliases), ("grant", self.grants), ("related key", self.related_keys)):
            lines += [f"{kind} {name}" for name in names]
        if len(lines) == 1:
            lines.append("nothing stands on it")
        return "\n  ".join(lines)


def dependents_of(
    service: Service, key_arn: str, account: str, refused: Refused | None, *, can_expire: bool
) -> Iterator[Dependent]:
    """What AWS services keep that stands on a KMS key, as far as somebody plays these services.

    ``refused`` is what AWS KMS says of the KMS key's use now; None where it can be used.
    """
    region = key_arn.split(":")[3]
    for integration in INTEGRATIONS.values():
        for kept in _kept_by(integration, region, account):
            if not is_customers(kept.key_id):
                continue
            key_id = service.integrated.key_of(kept.stored, kept.key_id)
            if service.key_arn_of(key_id, kept.region, account) != key_arn:
                continue
            code, until = "", service.integrated.data_key_until(kept.shared) if kept.shared else None
            if refused is not None:
                request = Request(kept.operation, None, kept.region, account, None)
                code = integration.refuse(request, refused).code
            works = refused is None or until is not None
            yield Dependent(kept.kind, kept.arn, kept.operation, works, code, until, can_expire)


def _kept_by(integration: Integration, region: str, account: str) -> Sequence[Kept]:
    """All that a service keeps; nothing where nobody plays it."""
    try:
        with questions():
            return list(integration.kept(new_client(integration.name, region, account), region, account))
    except Exception:  # noqa: BLE001  as moto's that a service is not among those which it was told to play
        return ()

"""``mock.blast_radius(...)``: what stands on a KMS key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..engine.call import Call, Caller
from ..engine.keys import Key
from ..engine.states import refusal_in
from .core import MockCore

if TYPE_CHECKING:
    from .._integrated.blast_radius import BlastRadius, Dependent

__tracebackhide__ = True


class _Facts(NamedTuple):
    """What is to be known of the KMS key itself; ``refusal`` is code and text of what its state refuses a use with."""

    arn: str
    region: str
    account: str
    state: str
    is_external: bool
    expires: datetime | None
    related: tuple[str, ...]
    refusal: tuple[str, str] | None


def _facts(key: Key) -> _Facts:
    dates = [material.valid_to for material in key.materials.values() if material.is_present]
    related = tuple(other.arn for other in key.related if other is not key)
    refusal = refusal_in("Decrypt", key.state, key.origin)
    said = None if refusal is None else (refusal.error().code, refusal.message.format(arn=key.arn, origin=key.origin))
    expires = min(filter(None, dates), default=None)
    return _Facts(key.arn, key.region, key.account, key.state.value, key.is_external, expires, related, said)


class TellsBlastRadius(MockCore):
    """A mock that tells what stands on a KMS key."""

    def blast_radius(self, key_id: str, *, region_name: str | None = None, account: str | None = None) -> BlastRadius:
        """List what stands on a KMS key, what of it works now, and what would fail if its key material expired.

        ``key_id`` is a key ID, key ARN or alias. S3 buckets, objects, secrets, parameters, queues and topics are those
        that whoever plays these services, such as moto, tells of; aliases, grants and related multi-Region keys are the
        mock's. Nothing is used, and the journal stays as it is. With ``integrated_services=False`` no service needs the
        KMS key, so that none is asked. The report of a failed test has the last answer.

        Raises LookupError where there is no such KMS key, RuntimeError where the mock has ended.
        """
        from .._integrated.blast_radius import BlastRadius, dependents_of  # noqa: PLC0415  most tests need none
        from .._integrated.requests import Refused  # noqa: PLC0415

        self._lifetime.check_not_over("ask for the blast radius")
        facts = self._look_up(key_id, region_name or self.region, account or self.account, _facts)
        dependents: tuple[Dependent, ...] = ()
        if self._options.integrated_services:
            refused = None if facts.refusal is None else Refused(*facts.refusal, 400, "")
            found = dependents_of(self.service, facts.arn, facts.account, refused, can_expire=facts.is_external)
            dependents = tuple(found)
        radius = BlastRadius(
            facts.arn,
            facts.state,
            facts.expires,
            dependents,
            tuple(alias["AliasName"] for alias in self._listed("ListAliases", "Aliases", facts)),
            tuple(grant["GrantId"] for grant in self._listed("ListGrants", "Grants", facts)),
            facts.related,
        )
        self.service.integrated.looked_at = str(radius)
        return radius

    def _listed(self, operation: str, member: str, facts: _Facts) -> Iterator[dict[str, Any]]:
        """All that a list of AWS KMS's has about a KMS key."""
        members = {"KeyId": facts.arn}
        while True:
            call = Call(operation, facts.region, Caller(facts.account, arranges=True), members)
            page = self._engine(call)
            yield from page[member]
            if not page["Truncated"]:
                return
            members["Marker"] = page["NextMarker"]

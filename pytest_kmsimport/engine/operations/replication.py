"""Multi-Region keys: ReplicateKey and UpdatePrimaryRegion.

https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import messages
from ..arns import partition_of
from ..call import Response
from ..errors import (
    AlreadyExistsException,
    KMSInvalidStateException,
    UnsupportedOperationException,
    ValidationException,
)
from ..keys import Family, Key
from ..metadata import metadata
from ..policies import default_policy
from ..region import Region
from ..states import refusals_of
from ..tags import with_tags
from .admission import check_new_policy, check_state
from .permissions import in_replica_region, on_key, on_replica, tags_of_new_key
from .registry import operation


@operation(
    changes=True,
    needs=(on_key("ReplicateKey"), in_replica_region("CreateKey"), tags_of_new_key()),
    repeated="AlreadyExistsException",
)
def replicate_key(
    region: Region,
    key: Key,
    *,
    replica_region: str,
    policy: str | None = None,
    bypass_policy_lockout_safety_check: bool = False,
    description: str = "",
    tags: Sequence[Mapping[str, str]] = (),
) -> Response:
    """Make a related key with the same key ID in another Region; an EXTERNAL one waits there for its own import."""
    if key.family is None or key.is_replica:
        raise UnsupportedOperationException(messages.NOT_PRIMARY.format(arn=key.arn))
    family = key.family
    there = _region_for(region, family, replica_region)
    if policy is not None:
        check_new_policy(region, key, policy, bypass_lockout_check=bypass_policy_lockout_safety_check)
    new_tags = with_tags({}, tags, region.next_serial)
    there.check_room()
    if not key.is_external:
        key.usable_material(region.world)  # what the replica shares
    now = region.now
    replica = family.add_replica(replica_region, region.next_serial(), now, now + region.world.background)
    replica.policy = policy or default_policy(region.account, replica_region)
    replica.rules, replica.description, replica.tags = there.rules, description, new_tags
    there.keys.add(replica)
    region.touch(replica)
    region.service_events.note_synchronization(now, key)
    answer = {"ReplicaKeyMetadata": metadata(replica), "ReplicaPolicy": replica.policy}
    return answer | ({"ReplicaTags": list(tags)} if tags else {})


def _region_for(region: Region, family: Family, name: str) -> Region:
    """The Region for another replica key: of the same partition, and without one of the family yet."""
    if name == family.primary.region:
        raise ValidationException(messages.REPLICA_OF_PRIMARY_REGION.format(region=name))
    if partition_of(name) != partition_of(region.name):
        raise ValidationException(messages.REPLICA_PARTITION)
    if not region.world.is_region(name):
        raise ValidationException(messages.REPLICA_REGION.format(region=name))
    if name in family.replicas:
        raise AlreadyExistsException(messages.REPLICA_EXISTS)
    return region.in_region(name)


@operation(
    changes=True,
    needs=(on_key("UpdatePrimaryRegion"), on_replica("UpdatePrimaryRegion", "PrimaryRegion")),
    repeated="KMSInvalidStateException",
)
def update_primary_region(region: Region, key: Key, *, primary_region: str) -> Response:
    """Let a replica key be the primary one, and the primary key a replica."""
    if key.family is None or key.is_replica:
        raise KMSInvalidStateException(messages.NOT_PRIMARY_TO_UPDATE.format(arn=key.arn))
    if primary_region == key.region:
        return {}
    replica = key.family.replicas.get(primary_region)
    if replica is None:
        raise ValidationException(messages.NO_REPLICA.format(key_id=key.id))
    check_state(replica, replica.state, refusals_of("UpdatePrimaryRegion"))
    key.family.promote(replica, region.now + region.world.background)
    region.service_events.note_synchronization(region.now, replica)
    return {}

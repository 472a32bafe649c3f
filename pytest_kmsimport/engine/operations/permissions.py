"""What an operation needs permission for, where that is more or other than one KMS key: by AWS's permissions reference.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from .. import ciphertext
from ..arns import kms_arn
from ..authorization.access import Permission, Subject, check, is_open
from ..errors import KmsError, NotOffered
from ..keys import Key
from ..region import Region

Members = Mapping[str, Any]
#: Finds the KMS key that a request calls so; None where it will be refused for that.
Resolve = Callable[[Region, str], Key]


class Need(NamedTuple):
    """A permission: its action, and what it is about in a request, as far as that is there."""

    action: str
    subjects: Callable[[Region, Resolve, Members], Iterator[Subject]]


def in_account(action: str) -> Need:
    """A permission of IAM alone, about nothing in particular."""
    return Need(action, lambda *_: iter((Subject(),)))


def tags_of_new_key() -> Need:
    """The permission to make something with tags."""

    def subjects(region: Region, _: Resolve, members: Members) -> Iterator[Subject]:
        if members.get("Tags"):
            yield Subject(region=_replica_region(region, members))

    return Need("TagResource", subjects)


def on_key(action: str, member: str = "KeyId") -> Need:
    """A permission on the KMS key that a member names."""

    def subjects(region: Region, resolve: Resolve, members: Members) -> Iterator[Subject]:
        if member in members:
            yield from _found(region, resolve, members[member])

    return Need(action, subjects)


def on_key_of_ciphertext(action: str, member: str) -> Need:
    """A permission on the KMS key that a member names, or that has made the ciphertext."""

    def subjects(region: Region, resolve: Resolve, members: Members) -> Iterator[Subject]:
        if member in members:
            yield from _found(region, resolve, members[member])
        elif isinstance(blob := members.get("CiphertextBlob"), bytes):
            with suppress(KmsError):
                maker = region.of_material(ciphertext.parse(blob).material_id)
                if maker is not None:
                    yield Subject(maker)

    return Need(action, subjects)


def on_alias(action: str) -> Need:
    """A permission of IAM on an alias."""

    def subjects(region: Region, _: Resolve, members: Members) -> Iterator[Subject]:
        yield Subject(resource=kms_arn(region.name, region.account, members.get("AliasName", "")))

    return Need(action, subjects)


def on_target_of_alias(action: str) -> Need:
    """A permission on the KMS key that an alias stands for."""

    def subjects(region: Region, resolve: Resolve, members: Members) -> Iterator[Subject]:
        alias = region.aliases.get(members.get("AliasName", ""))
        if alias is not None:
            yield from _found(region, resolve, alias.key_id)

    return Need(action, subjects)


def on_replica(action: str, member: str) -> Need:
    """A permission on the related key in the Region that a member names."""

    def subjects(region: Region, resolve: Resolve, members: Members) -> Iterator[Subject]:
        for subject in _found(region, resolve, members.get("KeyId", "")):
            family = subject.key.family if subject.key else None
            replica = family.replicas.get(members.get(member, "")) if family else None
            if replica is not None:
                yield Subject(replica, replica.arn)

    return Need(action, subjects)


def in_replica_region(action: str) -> Need:
    """A permission of IAM alone, in the Region that a replica key is to be in."""

    def subjects(region: Region, resolve: Resolve, members: Members) -> Iterator[Subject]:
        for subject in _found(region, resolve, members.get("KeyId", "")):
            yield Subject(original=subject.key, region=_replica_region(region, members))

    return Need(action, subjects)


def on_grant(action: str) -> Need:
    """A permission on a grant, which is named by its token, or by its ID and KMS key."""

    def subjects(region: Region, resolve: Resolve, members: Members) -> Iterator[Subject]:
        with suppress(KmsError):
            if "GrantToken" in members:
                grant = region.grant_of(members["GrantToken"])
                key = region.in_account(grant.name.account).key(grant.name.key_id)
                yield Subject(key, grant.name.key_arn, grant=grant)
                return
        for subject in _found(region, resolve, members.get("KeyId", "")):
            assert subject.key is not None
            found = region.of_key(subject.key).grants.get(members.get("GrantId", ""))
            if found is not None and found.name.key_id == subject.key.id:
                yield subject._replace(grant=found)

    return Need(action, subjects)


def _found(region: Region, resolve: Resolve, identifier: str) -> Iterator[Subject]:
    with suppress(KmsError, NotOffered):
        yield Subject(resolve(region, identifier), identifier)


def _replica_region(region: Region, members: Members) -> Region | None:
    name = members.get("ReplicaRegion")
    return region.in_region(name) if name is not None and region.world.is_region(name) else None


def permissions_of(needs: tuple[Need, ...], region: Region, resolve: Resolve, members: Members) -> list[Permission]:
    """The permissions that a request needs, as far as what they are about is there."""
    found = [(need.action, subject) for need in needs for subject in need.subjects(region, resolve, members)]
    keys = tuple(subject.key for _, subject in found if subject.key is not None)
    return [Permission(action, subject, keys) for action, subject in found]


def check_all(permissions: list[Permission], region: Region) -> None:
    """Refuse a request that needs a permission which the caller has not; raises AccessDeniedException."""
    call = region.visit.call
    if not call.caller.arranges:
        for action, (key, _, resource, *_), _ in permissions:
            region.visit.asked.append((action, resource, "") if key is None else (action, key.arn, key.policy))
        for permission in permissions:
            subject = permission.subject
            if subject.grant is not None or not is_open(call.caller, subject.key):
                check(region, call, permission)

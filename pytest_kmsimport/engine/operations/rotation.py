"""Rotation: RotateKeyOnDemand, ListKeyRotations, GetKeyRotationStatus, EnableKeyRotation and DisableKeyRotation.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .. import messages
from ..call import Response
from ..errors import (
    ConflictException,
    KMSInvalidStateException,
    LimitExceededException,
    UnsupportedOperationException,
    ValidationException,
)
from ..keys import Key
from ..materials import KeyMaterial, KeyMaterialState
from ..pages import page
from ..region import Region
from ..rotations import DEFAULT_PERIOD, ON_DEMAND, Schedule
from ..states import KeyState
from ..timers import apply_time
from .registry import operation

_ALL_KEY_MATERIAL = "ALL_KEY_MATERIAL"
_BEFORE_AUTOMATIC = timedelta(minutes=20)


@operation(changes=True, repeated="KMSInvalidStateException", since=2024)
def rotate_key_on_demand(region: Region, key: Key) -> Response:
    """Make new key material current: what was imported for it, or for AWS_KMS keys what KMS makes.

    A request while a rotation is under way is answered with that one.
    """
    _check_rotates(key)
    _check_primary(key, "RotateKeyOnDemand")
    if key.rotation_started is not None:
        return {"KeyId": key.arn}
    if key.schedule is not None and key.schedule.next_date <= region.now + _BEFORE_AUTOMATIC:
        raise ConflictException
    if key.is_external:
        _check_pending(key)
    rotations = sum(material.rotation_type == ON_DEMAND for material in key.permanent)
    if rotations >= region.quotas.on_demand_rotations_per_key:
        raise LimitExceededException(messages.TOO_MANY_ROTATIONS.format(arn=key.arn))
    key.rotation_started = region.now
    apply_time(key, region.world, region.now, region.service_events)
    return {"KeyId": key.arn}


def _check_pending(key: Key) -> None:
    """Refuse to rotate to key material that was not imported, here or into a replica key."""
    if key.pending is None:
        raise KMSInvalidStateException(messages.NOTHING_PENDING.format(arn=key.arn))
    if key.material_state(key.pending) is not KeyMaterialState.PENDING_ROTATION:
        raise KMSInvalidStateException(messages.REPLICAS_WITHOUT_MATERIAL)


@operation(reads=True, since=2024)
def list_key_rotations(
    region: Region,
    key: Key,
    *,
    include_key_material: str = "ROTATIONS_ONLY",
    limit: int = 100,
    marker: str | None = None,
) -> Response:
    """List the completed rotations, or all key materials with the first one and the one that is pending."""
    everything = include_key_material == _ALL_KEY_MATERIAL
    if everything and not key.spec.is_symmetric:
        raise ValidationException(messages.ALL_KEY_MATERIAL_SYMMETRIC_ONLY)
    learnt = region.now, region.world.background
    materials = [material for material in key.materials.values() if everything or material.rotation_date is not None]
    return page(
        list(enumerate(materials)),
        listing=f"ListKeyRotations:{key.arn}:{include_key_material}",
        position=lambda numbered: numbered[0],
        limit=limit,
        marker=marker,
        member="Rotations",
        entries=lambda shown: [_entry(key, rotation, *learnt) for _, rotation in shown],
    )


def _entry(key: Key, material: KeyMaterial, now: datetime, delay: timedelta) -> dict[str, Any]:
    """One entry of the list, which learns of an expiry with a ``delay``; members that do not apply are absent."""
    entry: dict[str, Any] = {
        "KeyId": key.arn,
        "KeyMaterialId": material.id,
        "KeyMaterialState": key.material_state(material),
        "RotationDate": material.rotation_date,
        "RotationType": material.rotation_type,
    }
    if key.is_external:
        imported = material.is_listed_as_imported(now, delay)
        expires = "KEY_MATERIAL_EXPIRES" if material.valid_to else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        entry |= {
            "KeyMaterialDescription": material.description,
            "ImportState": "IMPORTED" if imported else "PENDING_IMPORT",
            "ExpirationModel": expires if imported else None,
            "ValidTo": material.valid_to if imported else None,
        }
    return {member: value for member, value in entry.items() if value is not None}


@operation(across_accounts=True, reads=True)
def get_key_rotation_status(region: Region, key: Key) -> Response:
    """Tell whether the KMS key rotates by itself, when next, and since when a rotation on demand is under way.

    Of AWS managed keys, which rotate once a year, AWS was recorded to tell that they do not.
    """
    schedule, started = key.primary.schedule, key.primary.rotation_started
    if key.state is KeyState.PENDING_DELETION or key.service is not None:  # the first comes back with the key
        schedule = None
    status: Response = {"KeyId": key.arn, "KeyRotationEnabled": schedule is not None}
    if schedule is not None:
        status |= {"RotationPeriodInDays": schedule.period.days, "NextRotationDate": schedule.next_date}
    if started is not None:
        status["OnDemandRotationStartDate"] = started
    return status


@operation(changes=True)
def enable_key_rotation(region: Region, key: Key, *, rotation_period_in_days: int | None = None) -> Response:
    """Have KMS rotate a key of its own making every so many days; without a number, as it does or once a year."""
    _check_rotates(key)
    _check_origin(key)
    _check_primary(key, "EnableKeyRotation")
    if key.schedule is None or rotation_period_in_days not in {None, key.schedule.period.days}:
        period = timedelta(days=rotation_period_in_days or DEFAULT_PERIOD)
        key.schedule = Schedule(period, region.now + period)
    return {}


@operation(changes=True)
def disable_key_rotation(region: Region, key: Key) -> Response:
    """Have KMS rotate the key no more by itself; keys that have one key material for life never did."""
    if key.spec.is_symmetric:
        _check_origin(key)
        _check_primary(key, "DisableKeyRotation")
        key.schedule = None
    return {}


def _check_rotates(key: Key) -> None:
    """Refuse keys that have one key material for life; AWS gives no reason."""
    if not key.spec.is_symmetric:
        raise UnsupportedOperationException


def _check_origin(key: Key) -> None:
    """Refuse imported keys, which do not rotate by themselves."""
    if key.is_external:
        raise UnsupportedOperationException(messages.WRONG_ORIGIN.format(arn=key.arn, origin=key.origin))


def _check_primary(key: Key, operation_name: str) -> None:
    """Refuse replica keys, which rotate with their primary key."""
    if key.is_replica:
        text = messages.ON_REPLICA.format(arn=key.arn, operation=operation_name)
        raise UnsupportedOperationException(text)

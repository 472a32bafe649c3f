"""Rotation: new key material for the same KMS key, on demand or by itself.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .. import messages
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
from ..rotations import ON_DEMAND, Schedule
from ..store import Region
from .registry import Response, operation

_DEFAULT_PERIOD = 365  # days
_ALL_KEY_MATERIAL = "ALL_KEY_MATERIAL"


@operation()
def rotate_key_on_demand(region: Region, key: Key) -> Response:
    """Make new key material current: what was imported for it, or for AWS_KMS keys what KMS makes."""
    _check_rotates(key)
    _check_primary(key)
    if key.rotation_started is not None:
        raise ConflictException
    pending = key.pending
    if key.is_external and (pending is None or key.stage(pending) is not KeyMaterialState.PENDING_ROTATION):
        raise KMSInvalidStateException(messages.NOTHING_PENDING.format(arn=key.arn))
    rotations = sum(material.rotation_type == ON_DEMAND for material in key.permanent)
    if rotations >= region.quotas.on_demand_rotations_per_key:
        raise LimitExceededException(messages.TOO_MANY_ROTATIONS.format(arn=key.arn))
    key.rotation_started = region.world.now()
    key.settle(region.world)
    return {"KeyId": key.arn}


@operation()
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
    _check_rotates(key)
    materials = [material for material in key.materials.values() if everything or material.rotation_date is not None]
    return page(
        list(enumerate(materials)),
        listing=f"ListKeyRotations:{key.arn}:{include_key_material}",
        position=lambda numbered: numbered[0],
        limit=limit,
        marker=marker,
        member="Rotations",
        entry=lambda numbered: _entry(key, numbered[1]),
    )


def _entry(key: Key, material: KeyMaterial) -> dict[str, Any]:
    """One entry of the list; members that do not apply are absent."""
    entry: dict[str, Any] = {
        "KeyId": key.id,
        "KeyMaterialId": material.id,
        "KeyMaterialState": key.stage(material),
        "RotationDate": material.rotation_date,
        "RotationType": material.rotation_type,
    }
    if key.is_external:
        expires = "KEY_MATERIAL_EXPIRES" if material.valid_to else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        entry |= {
            "KeyMaterialDescription": material.description,
            "ImportState": "IMPORTED" if material.is_imported else "PENDING_IMPORT",
            "ExpirationModel": expires if material.is_imported else None,
            "ValidTo": material.valid_to,
        }
    return {member: value for member, value in entry.items() if value is not None}


@operation(across_accounts=True)
def get_key_rotation_status(region: Region, key: Key) -> Response:
    """Tell whether the KMS key rotates by itself, when next, and since when a rotation on demand is under way."""
    _check_rotates(key)
    schedule, started = key.primary.schedule, key.primary.rotation_started
    status: Response = {"KeyId": key.id, "KeyRotationEnabled": schedule is not None}
    if schedule is not None:
        status |= {"RotationPeriodInDays": schedule.period.days, "NextRotationDate": schedule.next_date}
    if started is not None:
        status["OnDemandRotationStartDate"] = started
    return status


@operation()
def enable_key_rotation(region: Region, key: Key, *, rotation_period_in_days: int = _DEFAULT_PERIOD) -> Response:
    """Have KMS rotate a key of its own making every so many days."""
    _check_rotates_itself(key)
    period = timedelta(days=rotation_period_in_days)
    key.schedule = Schedule(period, region.world.now() + period)
    return {}


@operation()
def disable_key_rotation(region: Region, key: Key) -> Response:
    """Have KMS rotate the key no more by itself."""
    _check_rotates_itself(key)
    key.schedule = None
    return {}


def _check_rotates(key: Key) -> None:
    """Refuse keys that have one key material for life; AWS gives no reason."""
    if not key.spec.is_symmetric:
        raise UnsupportedOperationException


def _check_rotates_itself(key: Key) -> None:
    _check_rotates(key)
    if key.is_external:
        raise UnsupportedOperationException(messages.WRONG_ORIGIN.format(arn=key.arn, origin=key.origin))
    _check_primary(key)


def _check_primary(key: Key) -> None:
    """Refuse replica keys, which rotate with their primary key."""
    if key.is_replica:
        raise UnsupportedOperationException(messages.NOT_PRIMARY.format(arn=key.arn))

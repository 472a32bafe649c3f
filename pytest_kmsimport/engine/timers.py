"""What time does to a KMS key: expiry of key material, states that pass by themselves, rotations that are due.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .keys import Key
from .materials import KeyMaterialState, Loss, LossCause
from .rotations import AUTOMATIC, ON_DEMAND
from .states import KeyState
from .world import World


def apply_time(key: Key, world: World, now: datetime) -> None:
    """Let time take effect on a key and its family: whatever looks at a key comes through here first."""
    family = key.family
    for related in (key,) if family is None else family:
        for material in related.materials.values():
            if material.valid_to is not None and material.has_expired(now):
                _drop_expired(related, now)
                break
        if related.transition is not None and now >= related.transition.until:
            related.transition = None
    primary = key if family is None else family.primary
    if primary.schedule is not None or primary.rotation_started is not None:
        _complete_rotations(primary, world, now)


def _drop_expired(key: Key, now: datetime) -> None:
    """Forget the bytes of key material that has expired."""
    for material in list(key.materials.values()):
        if material.valid_to is not None and material.has_expired(now):
            loss = Loss(LossCause.EXPIRED, material.valid_to)
            key.materials[material.id] = replace(material, plaintext=None, loss=loss)


def _complete_rotations(key: Key, world: World, now: datetime) -> None:
    """Complete the rotations that are due, of a primary or single-Region key."""
    if key.rotation_started is not None and now >= key.rotation_started + world.background:
        date, key.rotation_started = key.rotation_started + world.background, None
        _rotate(key, world, date, ON_DEMAND)
    while key.schedule is not None and key.schedule.next_date <= now and key.state is KeyState.ENABLED:
        _rotate(key, world, key.schedule.next_date, AUTOMATIC)
        key.schedule = key.schedule.after(key.schedule.next_date)


def _rotate(key: Key, world: World, date: datetime, rotation_type: str) -> None:
    """Make the pending key material current, or new key material that KMS makes; of a primary key, everywhere."""
    following = key.pending
    if not key.is_external:
        following = key.make_material(world, KeyMaterialState.PENDING_ROTATION)
    if following is None:  # what was pending has been deleted meanwhile
        return
    for related in key.related if key.is_external else (key,):
        related.make_current(following.id, date, rotation_type)


def enable(key: Key, world: World, now: datetime) -> None:
    """Switch a key on; a rotation that fell due while it was off happens now, once."""
    if not key.enabled and key.schedule is not None and key.schedule.next_date <= now:
        _rotate(key, world, now, AUTOMATIC)
        key.schedule = key.schedule.after(now)
    key.enabled = True

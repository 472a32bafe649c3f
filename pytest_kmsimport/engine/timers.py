"""What time does to a KMS key: expiry of key material, states that pass by themselves, rotations that are due.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .keys import Key
from .materials import Loss, LossCause
from .rotations import AUTOMATIC, ON_DEMAND
from .states import KeyState
from .world import World


def apply_time(key: Key, world: World) -> None:
    """Let time take effect on a key and its family: whatever looks at a key comes through here first."""
    now = world.now()
    for related in key.related:
        _drop_expired(related, now)
    _complete_rotations(key.primary, world, now)


def _drop_expired(key: Key, now: datetime) -> None:
    """Forget the bytes of key material that has expired, and the transition that has passed."""
    for material in list(key.materials.values()):
        if material.has_expired(now):
            assert material.valid_to is not None  # else it never expires
            loss = Loss(LossCause.EXPIRED, material.valid_to)
            key.materials[material.id] = replace(material, plaintext=None, loss=loss)
    if key.transition is not None and now >= key.transition.until:
        key.transition = None


def _complete_rotations(key: Key, world: World, now: datetime) -> None:
    """Complete the rotations that are due, of a primary or single-Region key."""
    if key.rotation_started is not None and now >= key.rotation_started + world.background:
        date, key.rotation_started = key.rotation_started + world.background, None
        key.rotate(world, date, ON_DEMAND)
    while key.schedule is not None and key.schedule.next_date <= now and key.state is KeyState.ENABLED:
        key.rotate(world, key.schedule.next_date, AUTOMATIC)
        key.schedule = key.schedule.after(key.schedule.next_date)


def enable(key: Key, world: World) -> None:
    """Switch a key on; a rotation that fell due while it was off happens now, once."""
    now = world.now()
    if not key.enabled and key.schedule is not None and key.schedule.next_date <= now:
        key.rotate(world, now, AUTOMATIC)
        key.schedule = key.schedule.after(now)
    key.enabled = True

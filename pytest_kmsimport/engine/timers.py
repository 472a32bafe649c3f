"""What time does to a KMS key: expiry of key material, states that pass by themselves, rotations that are due.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from .keys import Key
from .materials import KeyMaterialState, Loss, LossCause
from .rotations import AUTOMATIC, ON_DEMAND
from .service_events import EXPIRY, ROTATION, ServiceEvents
from .states import KeyState
from .world import World


def apply_time(key: Key, world: World, now: datetime, done: ServiceEvents) -> None:
    """Let time take effect on a key and its family: whatever looks at a key comes through here first.

    What is done to it is noted in ``done``.
    """
    family = key.family
    if key.store is not None:
        key.store.settle(now)
    for related in (key,) if family is None else family:
        for material in related.materials.values():
            if material.valid_to is not None and material.has_expired(now):
                _drop_expired(related, now, done)
                break
        if related.transition is not None and now >= related.transition.until:
            related.transition = None
    primary = key if family is None else family.primary
    if primary.schedule is not None or primary.rotation_started is not None:
        _complete_rotations(primary, world, now, done)


def next_due(key: Key, world: World) -> datetime | None:
    """When AWS KMS does something to a KMS key by itself next, or its state passes; None where nothing is to come."""
    dates = [m.valid_to for m in key.materials.values() if m.is_present and m.valid_to is not None]
    if key.rotation_started is not None:
        dates.append(key.rotation_started + world.background)
    if key.schedule is not None and key.state is KeyState.ENABLED:
        dates.append(key.schedule.next_date)
    if key.deletion_date is not None:
        dates.append(key.deletion_date)
    if key.transition is not None:
        dates.append(key.transition.until)
    return min(dates, default=None)


def _drop_expired(key: Key, now: datetime, done: ServiceEvents) -> None:
    """Forget the bytes of key material that has expired, the first to expire first."""
    for valid_to, material in sorted(
        ((m.valid_to, m) for m in key.materials.values() if m.valid_to is not None), key=itemgetter(0)
    ):
        if material.has_expired(now):
            key.materials[material.id] = replace(material, plaintext=None, loss=Loss(LossCause.EXPIRED, valid_to))
            named = {"keyMaterialId": material.id} if key.spec.is_symmetric else {}
            done.note(EXPIRY, valid_to, key, {"keyId": key.id, **named})


def _complete_rotations(key: Key, world: World, now: datetime, done: ServiceEvents) -> None:
    """Complete the rotations that are due, of a primary or single-Region key."""
    if key.rotation_started is not None and now >= key.rotation_started + world.background:
        date, key.rotation_started = key.rotation_started + world.background, None
        _rotate(key, world, date, ON_DEMAND, done)
    while key.schedule is not None and key.schedule.next_date <= now and key.state is KeyState.ENABLED:
        _rotate(key, world, key.schedule.next_date, AUTOMATIC, done)
        key.schedule = key.schedule.after(key.schedule.next_date)


def _rotate(key: Key, world: World, date: datetime, rotation_type: str, done: ServiceEvents) -> None:
    """Make the pending key material current, or new key material that KMS makes; of a primary key, everywhere."""
    following = key.pending
    if not key.is_external:
        following = key.make_material(world, KeyMaterialState.PENDING_ROTATION)
    if following is None:  # what was pending has been deleted meanwhile
        return
    details = {
        "rotationType": rotation_type,
        "keyOrigin": key.origin,
        "previousKeyMaterialId": key.current.id if key.current else "",
        "currentKeyMaterialId": following.id,
        "keyId": key.id,
    }
    for related in key.related if key.is_external else (key,):
        related.make_current(following.id, date, rotation_type)
    for related in key.related:
        done.note(ROTATION, date, related, details)
    done.note_synchronization(date, key)


def enable(key: Key, world: World, now: datetime, done: ServiceEvents) -> None:
    """Switch a key on; a rotation that fell due while it was off happens now, once."""
    if not key.enabled and key.schedule is not None and key.schedule.next_date <= now:
        _rotate(key, world, now, AUTOMATIC, done)
        key.schedule = key.schedule.after(now)
    key.enabled = True

"""What the engine of a mock takes from outside, by the mock's options."""

from __future__ import annotations

import os
from datetime import timedelta

from .._enclave.enclaves import Enclaves
from .._service.clock import Clock
from .._wire.regions import is_region
from ..engine.world import World
from .chance import Chance
from .options import Options
from .rsa_pool import RsaKeys


def new_world(options: Options, clock: Clock, rsa_keys: RsaKeys, enclaves: Enclaves, chance: Chance | None) -> World:
    """The clock, chance, Regions and enclaves of a mock, and how long AWS takes for what it does."""
    background = timedelta(seconds=options.background_seconds)
    grants_spread = timedelta(seconds=options.grants_spread_seconds)
    draw, draw_key_id = os.urandom, None
    if chance is not None:
        draw, draw_key_id = chance.stream("bytes"), chance.stream("key IDs")
    return World(clock.now, draw, rsa_keys, is_region, background, grants_spread, draw_key_id, enclaves.read)

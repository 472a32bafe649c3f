"""The state of a mock in a file: ``mock.save(path)`` and ``mock.load(path)``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from .._service.clock import ClockSetting
from .._tracebacks import sealed
from ..engine import plain
from . import state_file
from .core import MockCore
from .rsa_pool import Given

__tracebackhide__ = True


class State(NamedTuple):
    """What a file has: everything in AWS KMS as the engine saves it, the clock, and what was drawn of what is random.

    That is which RSA keys were given away, and with a seed how far its streams have come.
    """

    kms: Any
    clock: ClockSetting
    rsa_keys: Given
    drawn: Mapping[str, int] = {}


class SavesState(MockCore):
    """The part of a mock that outlives its process."""

    @sealed
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state into a file, for ``load`` by this mock or another one, also in another process.

        That is all accounts and Regions: KMS keys with all their key materials, aliases, grants, import tokens with
        their wrapping keys, and how far the clock is from the computer's or where it is frozen; calls and planned
        faults are not in it. The file has secrets in it, so that only its owner can read it. One that is there is
        replaced at once or not at all.

        Raises OSError where the file cannot be written.
        """
        state = State(self._engine.save(), self.clock.snapshot(), self._rsa_keys.given, self._drawn)
        state_file.write(path, plain.write(state))

    @sealed
    def load(self, path: str | os.PathLike[str]) -> None:
        """Have the state that ``save`` has written, in the place of this mock's; calls and planned faults stay.

        Every KMS key keeps its Region and account, whatever those of this mock are; otherwise this mock's options hold,
        such as ``strict_tokens`` and ``quotas``. The clock is as far from the computer's as it was, or frozen where it
        was; a seed goes on where it was, so that nothing is drawn twice.

        Raises OSError where the file cannot be read, and ValueError for one that is damaged, from a newer version, by
        the rules of another ``service``, or none that ``save`` has written; then nothing has changed.
        """
        try:
            state, imported = state_file.read(path, self._load)
        except ValueError as error:
            why = str(error)
        else:
            self.clock.restore(state.clock)
            self._rsa_keys.go_on_from(state.rsa_keys)
            self._draw_from(state.drawn)
            self.service.forget_past()
            self._forget_past()
            for arn in imported:
                self.service.note_key_material(arn, self.region, self.account)
            return
        raise ValueError(f"{os.fspath(path)} cannot be loaded: {why}.")  # without the error, which may have the content

    def _load(self, content: object) -> tuple[State, list[str]]:
        """Let the engine have what is for it; all of the content is checked before."""
        state = plain.read(State, content)
        return state, self._engine.load(state.kms)

"""What a test has chosen of a KMS key that is to be made, where AWS KMS would leave it to chance."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from .materials import ImportTerms


class UnfitChoiceError(ValueError):
    """No KMS key can have what was chosen for it: a failure of the test, whose text says what to write instead."""


class Chosen(NamedTuple):
    """A key ID, and key materials, oldest first, in the format of the key spec; what is not here is left to chance.

    ``terms`` are those of the import, for an imported key material; ``next_rotation`` is when a KMS key with chosen key
    material rotates by itself next. ``unfit`` says what of the choice is no choice.
    """

    key_id: str | None = None
    materials: tuple[bytes, ...] = ()
    terms: ImportTerms = ImportTerms()
    next_rotation: datetime | None = None
    unfit: str = ""

    def __repr__(self) -> str:
        return f"<Chosen {self.key_id or 'any key ID'}, {len(self.materials)} key materials>"


NOTHING = Chosen()

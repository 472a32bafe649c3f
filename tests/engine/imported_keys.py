"""A small model of imported KMS keys, written from AWS's documents and recordings alone: what each call must answer.

It knows no code of the engine. A key is a family of one copy for each Region that it is in; key materials go by
letters. Every method is an operation: it gives AWS's error code, or None and the model has changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

SYMMETRIC = "SYMMETRIC_DEFAULT"
INVALID_STATE, DISABLED, VALIDATION = "KMSInvalidStateException", "DisabledException", "ValidationException"
INCORRECT, UNSUPPORTED = "IncorrectKeyMaterialException", "UnsupportedOperationException"
NEW = "NEW_KEY_MATERIAL"


@dataclass
class Copy:
    """A KMS key in one Region: which bytes are there, and until when (None for ever)."""

    present: dict[str, datetime | None] = field(default_factory=dict)
    expired: dict[str, datetime] = field(default_factory=dict)
    enabled: bool = True
    deletion: datetime | None = None
    waiting_days: int | None = None


@dataclass
class ImportedKey:
    """A KMS key with imported key material, in one Region or several.

    ``stages`` tells of each key material whether it is CURRENT, NON_CURRENT or PENDING.
    """

    spec: str
    multi_region: bool
    primary: str
    copies: dict[str, Copy]
    stages: dict[str, str] = field(default_factory=dict)

    # What it looks like

    def letter(self, stage: str) -> str | None:
        """The key material at a stage."""
        return next((letter for letter, its in self.stages.items() if its == stage), None)

    def permanent(self) -> list[str]:
        """The key materials that every copy needs."""
        return [letter for letter, stage in self.stages.items() if stage != "PENDING"]

    def complete(self, region: str) -> bool:
        """Whether all bytes are there that must be."""
        return bool(self.permanent()) and all(letter in self.copies[region].present for letter in self.permanent())

    def state(self, region: str) -> str:
        """The key state in a Region."""
        copy = self.copies[region]
        if copy.deletion is not None:
            return "PendingDeletion"
        if copy.waiting_days is not None:
            return "PendingReplicaDeletion"
        if not self.complete(region):
            return "PendingImport"
        return "Enabled" if copy.enabled else "Disabled"

    def valid_to(self, region: str) -> datetime | None:
        """The earliest expiry of what is permanently associated."""
        present = self.copies[region].present
        return min((date for letter in self.permanent() if (date := present.get(letter))), default=None)

    def everywhere(self, letter: str) -> bool:
        """Whether a pending key material was imported into every copy; expired ones count."""
        return all(letter in copy.present or letter in copy.expired for copy in self.copies.values())

    def listed(self, region: str) -> list[tuple[str, str, str, datetime | None]]:
        """ListKeyRotations with ALL_KEY_MATERIAL: letter, KeyMaterialState, ImportState, ValidTo."""
        copy, entries = self.copies[region], []
        for letter, stage in self.stages.items():
            pending = stage == "PENDING"
            shown = stage
            if pending:
                shown = "PENDING_ROTATION" if self.everywhere(letter) else "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
            there = letter in copy.present or (pending and letter in copy.expired)
            date = copy.present.get(letter, copy.expired.get(letter)) if there else None
            entries.append((letter, shown, "IMPORTED" if there else "PENDING_IMPORT", date))
        return entries

    # What is done to it

    def refusal(self, region: str, *, needs_key: bool = True) -> str | None:
        """What its state answers to a call that needs the key; or, without, to one that any settled key takes."""
        state = self.state(region)
        if needs_key and state == "Disabled":
            return DISABLED
        refusing = {"PendingDeletion", "PendingReplicaDeletion"} | ({"PendingImport"} if needs_key else set())
        return INVALID_STATE if state in refusing else None

    def import_material(
        self, region: str, letter: str, import_type: str | None, named: str | None, until: datetime | None
    ) -> str | None:
        """ImportKeyMaterial."""
        if (refusal := self.refusal(region, needs_key=False)) is not None:
            return refusal
        if self.spec != SYMMETRIC and (import_type or named):
            return VALIDATION
        new = import_type == NEW or (import_type is None and not self.stages)
        if (region != self.primary and import_type == NEW) or (named and new):
            return VALIDATION
        if new == (letter in self.stages) or (named and named != letter):
            return INCORRECT
        if new and self.letter("PENDING"):
            return INVALID_STATE
        self.stages.setdefault(letter, "PENDING" if self.stages else "CURRENT")
        copy = self.copies[region]
        copy.present[letter] = until
        copy.expired.pop(letter, None)
        copy.enabled = True
        return None

    def delete_material(self, region: str, named: str | None) -> str | None:
        """DeleteImportedKeyMaterial, which any state takes."""
        if named and (self.spec != SYMMETRIC or named not in self.stages):
            return VALIDATION
        letter = named or self.letter("CURRENT")
        if letter is None:
            return None
        vanishes = self.stages[letter] == "PENDING" and region == self.primary
        for name, copy in self.copies.items():
            if vanishes or name == region:
                copy.present.pop(letter, None)
                copy.expired.pop(letter, None)
        if vanishes:
            del self.stages[letter]
        return None

    def rotate(self, region: str) -> str | None:
        """RotateKeyOnDemand."""
        if (refusal := self.refusal(region)) is not None:
            return refusal
        if self.spec != SYMMETRIC or region != self.primary:
            return UNSUPPORTED
        pending, current = self.letter("PENDING"), self.letter("CURRENT")
        if pending is None or current is None or not self.everywhere(pending):
            return INVALID_STATE
        self.stages[current], self.stages[pending] = "NON_CURRENT", "CURRENT"
        return None

    def switch(self, region: str, *, enabled: bool) -> str | None:
        """EnableKey and DisableKey."""
        if self.state(region) not in {"Enabled", "Disabled"}:
            return INVALID_STATE
        self.copies[region].enabled = enabled
        return None

    def schedule_deletion(self, region: str, now: datetime, days: int) -> str | None:
        """ScheduleKeyDeletion; a primary key waits for its replicas."""
        if (refusal := self.refusal(region, needs_key=False)) is not None:
            return refusal
        if region == self.primary and len(self.copies) > 1:
            self.copies[region].waiting_days = days
        else:
            self.copies[region].deletion = now + timedelta(days=days)
        return None

    def cancel_deletion(self, region: str) -> str | None:
        """CancelKeyDeletion, which leaves the key Disabled."""
        copy = self.copies[region]
        if copy.deletion is None and copy.waiting_days is None:
            return INVALID_STATE
        copy.deletion = copy.waiting_days = None
        copy.enabled = False
        return None

    def replicate(self, region: str, target: str) -> str | None:
        """ReplicateKey."""
        if (refusal := self.refusal(region)) is not None:
            return refusal
        if not self.multi_region or region != self.primary:
            return UNSUPPORTED
        if target == self.primary:
            return VALIDATION
        if target in self.copies:
            return "AlreadyExistsException"
        self.copies[target] = Copy()
        return None

    def update_primary(self, region: str, target: str) -> str | None:
        """UpdatePrimaryRegion."""
        if (refusal := self.refusal(region)) is not None:
            return refusal
        if not self.multi_region or region != self.primary:
            return INVALID_STATE
        if target == self.primary:
            return None
        if target not in self.copies:
            return VALIDATION
        if (refusal := self.refusal(target)) is not None:
            return refusal
        self.primary = target
        return None

    def pass_time(self, now: datetime) -> None:
        """Bytes expire, and copies go; the primary key's waiting period begins when the last replica has gone."""
        for copy in self.copies.values():
            for letter, date in list(copy.present.items()):
                if date is not None and date <= now:
                    del copy.present[letter]
                    copy.expired[letter] = date
        for region, copy in sorted(self.copies.items(), key=lambda item: item[1].deletion or now):
            if copy.deletion is not None and copy.deletion <= now:
                self._go(region, copy.deletion)
        first = self.copies.get(self.primary)
        if first is not None and first.deletion is not None and first.deletion <= now:
            del self.copies[self.primary]

    def _go(self, region: str, date: datetime) -> None:
        del self.copies[region]
        first = self.copies.get(self.primary)
        if len(self.copies) == 1 and first is not None and first.waiting_days is not None:
            first.deletion, first.waiting_days = date + timedelta(days=first.waiting_days), None

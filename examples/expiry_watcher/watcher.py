"""Renew imported key material before it expires: every night, for all KMS keys of the Region.

    python -m expiry_watcher.watcher /vault --within-days 14 --valid-days 90

A vault is a folder with one file of 32 bytes for each key material, named as AWS's KeyMaterialDescription says. Exit
status: 0 nothing is about to expire any more, 1 something is, and needs somebody.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError
from ceremony import import_material


class Expiring(NamedTuple):
    """A key material that expires soon, or has expired already."""

    key_arn: str
    material_id: str
    description: str
    is_disabled: bool  # the KMS key


@dataclass(frozen=True)
class Watcher:
    """Looks after the symmetric KMS keys with imported key material of one Region."""

    kms: Any  # a KMS client of boto3
    vault: Path
    within: timedelta
    valid_for: timedelta
    now: datetime

    def expiring(self) -> Iterator[Expiring]:
        """Every key material that expires within the time, also those that a rotation has retired."""
        for page in self.kms.get_paginator("list_keys").paginate():
            for entry in page["Keys"]:
                key = self.kms.describe_key(KeyId=entry["KeyArn"])["KeyMetadata"]
                watched = key["Origin"] == "EXTERNAL" and key["KeySpec"] == "SYMMETRIC_DEFAULT"
                if watched and key["KeyState"] in {"Enabled", "Disabled", "PendingImport"}:
                    yield from self._expiring_of(key)

    def _expiring_of(self, key: dict[str, Any]) -> Iterator[Expiring]:
        pages = self.kms.get_paginator("list_key_rotations").paginate(
            KeyId=key["Arn"], IncludeKeyMaterial="ALL_KEY_MATERIAL"
        )
        for material in (entry for page in pages for entry in page["Rotations"]):
            valid_to = material.get("ValidTo")
            missing = material["ImportState"] == "PENDING_IMPORT"
            if missing or (valid_to is not None and valid_to - self.now <= self.within):
                description = material.get("KeyMaterialDescription", "")
                yield Expiring(key["Arn"], material["KeyMaterialId"], description, key["KeyState"] == "Disabled")

    def renew(self, expiring: Expiring) -> None:
        """Import the same bytes again; raises OSError where the vault has none, ClientError where KMS refuses.

        An import enables a Disabled KMS key, which is not for this program to decide: it is disabled again.
        """
        if not expiring.description:
            raise FileNotFoundError("nobody has written down where this key material is kept")
        material = (self.vault / expiring.description).read_bytes()
        import_material(
            self.kms,
            expiring.key_arn,
            material,
            ImportType="EXISTING_KEY_MATERIAL",
            KeyMaterialId=expiring.material_id,  # so that a mistaken vault entry is refused
            ValidTo=self.now + self.valid_for,
        )
        if expiring.is_disabled:
            self.kms.disable_key(KeyId=expiring.key_arn)

    def run(self) -> list[str]:
        """Renew what can be renewed, and say what cannot."""
        failures = []
        for expiring in self.expiring():
            name = f"{expiring.key_arn} {expiring.material_id[:8]} ({expiring.description or 'no description'})"
            try:
                self.renew(expiring)
                print(f"renewed: {name}")
            except (ClientError, OSError) as error:
                failures.append(f"{name}: {error}")
        return failures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and give the exit status."""
    parser = argparse.ArgumentParser(description="Renew imported key material before it expires.")
    parser.add_argument("vault", type=Path, help="folder with one file for each key material")
    parser.add_argument("--within-days", type=int, default=14, help="renew what expires within so many days")
    parser.add_argument("--valid-days", type=int, default=90, help="for how long")
    options = parser.parse_args(arguments)
    within, valid_for = timedelta(days=options.within_days), timedelta(days=options.valid_days)
    watcher = Watcher(boto3.client("kms"), options.vault, within, valid_for, datetime.now(timezone.utc))
    failures = watcher.run()
    for failure in failures:
        print(f"NOT RENEWED: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

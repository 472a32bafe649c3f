"""Bring one key into AWS KMS in several Regions, so that what is encrypted in one opens in all.

    python -m multi_region_importer.spread material.bin eu-central-1 eu-west-1 us-east-1
    python -m multi_region_importer.spread new-material.bin eu-central-1 eu-west-1 us-east-1 --key-id mrk-...

The first Region has the primary key. With --key-id, the key material is new: it is imported in every Region and then
rotated to. The key material is 32 bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from ceremony import import_material


class Spread:
    """One multi-Region key; ``regions`` are those that it is to be in, the primary Region first."""

    def __init__(self, regions: Sequence[str]) -> None:
        self.primary, *self.replicas = regions
        self.clients: dict[str, Any] = {region: boto3.client("kms", region_name=region) for region in regions}

    def create(self, material: bytes) -> str:
        """Make the key in all Regions and give its key ID; the primary key needs its key material first."""
        kms = self.clients[self.primary]
        key = kms.create_key(Origin="EXTERNAL", MultiRegion=True)["KeyMetadata"]
        import_material(kms, key["Arn"], material)
        for region in self.replicas:
            self._replicate(key["KeyId"], region)
            import_material(self.clients[region], key["KeyId"], material)
        return str(key["KeyId"])

    def _replicate(self, key_id: str, region: str) -> None:
        self.clients[self.primary].replicate_key(KeyId=key_id, ReplicaRegion=region)

    def rotate(self, key_id: str, material: bytes) -> None:
        """Give the key new key material everywhere, and rotate to it when the last Region has it."""
        import_material(self.clients[self.primary], key_id, material, ImportType="NEW_KEY_MATERIAL")
        for region in self.replicas:
            import_material(self.clients[region], key_id, material, ImportType="EXISTING_KEY_MATERIAL")
        self.clients[self.primary].rotate_key_on_demand(KeyId=key_id)

    def check(self, key_id: str) -> list[tuple[str, str]]:
        """The pairs of Regions in which what one encrypts does not open in the other; none is good."""
        pairs = [(here, there) for here in self.clients for there in self.clients]
        return [pair for pair in pairs if not self._opens(key_id, *pair)]

    def _opens(self, key_id: str, here: str, there: str) -> bool:
        try:
            blob = self.clients[here].encrypt(KeyId=key_id, Plaintext=b"probe")["CiphertextBlob"]
            self.clients[there].decrypt(KeyId=key_id, CiphertextBlob=blob)
        except ClientError:
            return False
        return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and give the exit status."""
    parser = argparse.ArgumentParser(description="Bring one key into AWS KMS in several Regions.")
    parser.add_argument("material", type=Path, help="file of 32 bytes")
    parser.add_argument("regions", nargs="+", help="the primary Region first")
    parser.add_argument("--key-id", help="multi-Region key that is to rotate to the key material")
    options = parser.parse_args(arguments)
    spread = Spread(options.regions)
    try:
        key_id = options.key_id or spread.create(options.material.read_bytes())
        if options.key_id:
            spread.rotate(key_id, options.material.read_bytes())
    except ClientError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    failures = spread.check(key_id)
    for here, there in failures:
        print(f"error: what {here} encrypts does not open in {there}", file=sys.stderr)
    print(key_id)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

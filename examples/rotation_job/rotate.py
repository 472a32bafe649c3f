"""Rotate a KMS key to new imported key material, and see that old and new ciphertexts open.

    python -m rotation_job.rotate arn:aws:kms:...:key/... new-material.bin

The key material is 32 bytes. The job can be run again after any interruption: what is imported already is not imported
again, and a rotation that is under way is waited for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from ceremony import import_material

WAIT = 5  # seconds between two looks at a rotation that is under way


class RotationFailedError(Exception):
    """The rotation was not begun, not completed in time, or ciphertexts do not open after it."""


def utc_now() -> datetime:
    """The time by this computer's clock."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Rotation:
    """Rotates one symmetric KMS key with imported key material."""

    kms: Any  # a KMS client of boto3
    key_arn: str
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], datetime] = utc_now

    def run(self, material: bytes, description: str, *, looks: int = 60) -> str:
        """Rotate to new key material and give its identifier.

        Raises ClientError where AWS KMS refuses, RotationFailedError where the outcome is not what it should be.
        """
        before = self.kms.encrypt(KeyId=self.key_arn, Plaintext=b"before")["CiphertextBlob"]
        pending = self._pending()
        if pending is None:
            pending = import_material(
                self.kms,
                self.key_arn,
                material,
                ImportType="NEW_KEY_MATERIAL",
                KeyMaterialDescription=description,
            )
        self.kms.rotate_key_on_demand(KeyId=self.key_arn)  # one that is under way is this one
        self._wait_for(pending, looks)
        self._check(before, pending)
        return pending

    def _pending(self) -> str | None:
        """The key material that an earlier run has imported and not rotated to.

        One that has expired meanwhile is listed as imported all the same. AWS KMS would rotate to it, and the KMS key
        would encrypt and decrypt nothing until it is imported again.
        """
        pages = self.kms.get_paginator("list_key_rotations").paginate(
            KeyId=self.key_arn, IncludeKeyMaterial="ALL_KEY_MATERIAL"
        )
        materials = [entry for page in pages for entry in page["Rotations"]]
        pending = next((m for m in materials if m["KeyMaterialState"] == "PENDING_ROTATION"), None)
        if pending is None:
            return None
        if "ValidTo" in pending and pending["ValidTo"] <= self.now():
            raise RotationFailedError(f"{pending['KeyMaterialId']} has expired: import it again, or delete it")
        return str(pending["KeyMaterialId"])

    def _wait_for(self, material_id: str, looks: int) -> None:
        for _ in range(looks):
            if self._current() == material_id:
                return
            self.sleep(WAIT)
        raise RotationFailedError(f"{material_id} is not current after {looks} looks")

    def _current(self) -> str:
        return str(self.kms.describe_key(KeyId=self.key_arn)["KeyMetadata"]["CurrentKeyMaterialId"])

    def _check(self, before: bytes, material_id: str) -> None:
        after = self.kms.encrypt(KeyId=self.key_arn, Plaintext=b"after")["CiphertextBlob"]
        old = self.kms.decrypt(KeyId=self.key_arn, CiphertextBlob=before)
        new = self.kms.decrypt(KeyId=self.key_arn, CiphertextBlob=after)
        if (old["Plaintext"], new["Plaintext"], new["KeyMaterialId"]) != (b"before", b"after", material_id):
            raise RotationFailedError("old and new ciphertexts do not both open as they should")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and give the exit status."""
    parser = argparse.ArgumentParser(description="Rotate a KMS key to new imported key material.")
    parser.add_argument("key_arn")
    parser.add_argument("material", type=Path, help="file of 32 bytes")
    options = parser.parse_args(arguments)
    rotation = Rotation(boto3.client("kms"), options.key_arn)
    try:
        print(f"current: {rotation.run(options.material.read_bytes(), options.material.name)}")
    except (ClientError, RotationFailedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

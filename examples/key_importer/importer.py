"""Bring a key of our own into AWS KMS and keep it there, by hand or every night from cron.

    python importer.py master.bin --valid-days 90
    python importer.py signing.pem --key-spec ECC_NIST_P256
    python importer.py master.bin --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --valid-days 90 --renew-days 14

The first two make a KMS key. With --key-id, the key material is imported again when it is missing or close to its
expiry, and left alone otherwise. Exit status: 0 the KMS key is ready, 1 AWS KMS refused, 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
    load_pem_private_key,
)

OAEP_SHA_256 = "RSAES_OAEP_SHA_256"
KEY_WRAP_SHA_256 = "RSA_AES_KEY_WRAP_SHA_256"
WRAPPING_KEY_SPEC = "RSA_4096"
LONGEST_DAYS = 365  # AWS KMS takes no later expiry


class Kind(NamedTuple):
    """What a KMS key of one key spec is for, and how its key material travels."""

    usage: str
    wrapping_algorithm: str


KINDS = {
    "SYMMETRIC_DEFAULT": Kind("ENCRYPT_DECRYPT", OAEP_SHA_256),
    "RSA_2048": Kind("SIGN_VERIFY", KEY_WRAP_SHA_256),
    "RSA_3072": Kind("SIGN_VERIFY", KEY_WRAP_SHA_256),
    "RSA_4096": Kind("SIGN_VERIFY", KEY_WRAP_SHA_256),
    "ECC_NIST_P256": Kind("SIGN_VERIFY", KEY_WRAP_SHA_256),
    "ECC_NIST_P384": Kind("SIGN_VERIFY", KEY_WRAP_SHA_256),
    "ECC_NIST_P521": Kind("SIGN_VERIFY", KEY_WRAP_SHA_256),
}

ADVICE = {
    "AccessDeniedException": "ask the owner of the KMS key for permission to import into it",
    "IncorrectKeyMaterialException": "this KMS key was first given other key material, or takes another kind",
    "InvalidCiphertextException": "the HSM did not wrap with SHA-256, or not under the public key that it was given",
    "KMSInvalidStateException": "the KMS key has to be in the state PendingImport or Enabled",
}


class Hsm(Protocol):
    """Where the key material lives: it comes out wrapped, or not at all."""

    def wrapped_under(self, public_key_der: bytes, algorithm: str) -> bytes:
        """The key material, wrapped under an RSA public key (DER) as AWS KMS names the algorithm."""


@dataclass(frozen=True)
class FileHsm:
    """Stands in for an HSM: key material from a file, 32 raw bytes or a private key in PEM or PKCS#8 DER."""

    material: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> FileHsm:
        """Take the key material from a file; raises OSError, or ValueError for PEM that is no open private key."""
        content = path.read_bytes()
        if content.startswith(b"-----BEGIN"):
            try:
                private_key = load_pem_private_key(content, password=None)
            except TypeError as error:  # it has a password
                raise ValueError(str(error)) from error
            content = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return cls(content)

    def wrapped_under(self, public_key_der: bytes, algorithm: str) -> bytes:
        """The key material, wrapped as AWS KMS wants it."""
        wrapping_key = load_der_public_key(public_key_der)
        if not isinstance(wrapping_key, RSAPublicKey):
            raise TypeError("AWS KMS gives RSA wrapping keys only.")
        oaep = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=None)
        if algorithm == OAEP_SHA_256:
            return wrapping_key.encrypt(self.material, oaep)
        aes_key = os.urandom(32)
        return wrapping_key.encrypt(aes_key, oaep) + aes_key_wrap_with_padding(aes_key, self.material)


class ImportRefusedError(Exception):
    """The KMS key is not one to import into, or does not work after an import that AWS KMS accepted."""


def utc_now() -> datetime:
    """The time by this computer's clock."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Importer:
    """Brings one key to AWS KMS.

    Without ``valid_for`` the key material does not expire; with it, it is imported again as soon as less than
    ``renew_within`` is left.
    """

    kms: Any  # a KMS client of boto3
    hsm: Hsm
    valid_for: timedelta | None = None
    renew_within: timedelta = timedelta()
    now: Callable[[], datetime] = utc_now
    report: Callable[[str], None] = print

    def create(self, key_spec: str) -> str:
        """Make a KMS key that waits for key material, and give its ARN."""
        key = self.kms.create_key(
            Origin="EXTERNAL",
            KeySpec=key_spec,
            KeyUsage=KINDS[key_spec].usage,
            Description="Key material brought by importer.py",
        )["KeyMetadata"]
        self.report(f"created {key['Arn']} ({key_spec})")
        return str(key["Arn"])

    def bring(self, key_id: str) -> bool:
        """Have the key material in a KMS key, for long enough; say whether that took an import.

        Raises ClientError where AWS KMS refuses, ImportRefusedError where the importer does.
        """
        key = self._describe(key_id)
        if key["KeyState"] == "Enabled" and not self._is_due(key):
            self.report(f"nothing to do: {_lifetime(key)}")
            return False
        if key["KeyState"] == "Disabled":
            raise ImportRefusedError("the KMS key is Disabled: somebody has to enable it first")
        kind = KINDS.get(key["KeySpec"])
        if kind is None:
            raise ImportRefusedError(f"this program does not import {key['KeySpec']} keys")
        self.report(f"importing: the KMS key is {key['KeyState']}")
        try:
            self._hold_ceremony(key["Arn"], kind)
        except self.kms.exceptions.ExpiredImportTokenException:
            self.report("the import token has expired: once more, with a new one")
            self._hold_ceremony(key["Arn"], kind)
        self._verify(key["Arn"])
        return True

    def _describe(self, key_id: str) -> dict[str, Any]:
        return dict(self.kms.describe_key(KeyId=key_id)["KeyMetadata"])

    def _is_due(self, key: dict[str, Any]) -> bool:
        return "ValidTo" in key and key["ValidTo"] - self.now() <= self.renew_within

    def _hold_ceremony(self, key_arn: str, kind: Kind) -> None:
        parameters = self.kms.get_parameters_for_import(
            KeyId=key_arn, WrappingAlgorithm=kind.wrapping_algorithm, WrappingKeySpec=WRAPPING_KEY_SPEC
        )
        self.report(f"wrapping: {kind.wrapping_algorithm} under {WRAPPING_KEY_SPEC}")
        wrapped = self.hsm.wrapped_under(parameters["PublicKey"], kind.wrapping_algorithm)
        self.kms.import_key_material(
            KeyId=key_arn,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrapped,
            **self._expiration(),
        )

    def _expiration(self) -> dict[str, Any]:
        if self.valid_for is None:
            return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": self.now() + self.valid_for}

    def _verify(self, key_arn: str) -> None:
        """See that the KMS key is ready and, where it encrypts, that it opens what it has closed."""
        key = self._describe(key_arn)
        if key["KeyState"] != "Enabled":
            raise ImportRefusedError(f"the KMS key is {key['KeyState']} after the import")
        if key["KeySpec"] == "SYMMETRIC_DEFAULT":
            probe = os.urandom(16)
            ciphertext = self.kms.encrypt(KeyId=key_arn, Plaintext=probe)["CiphertextBlob"]
            if self.kms.decrypt(KeyId=key_arn, CiphertextBlob=ciphertext)["Plaintext"] != probe:
                raise ImportRefusedError("the KMS key does not open what it has encrypted")
        self.report(f"ready: {_lifetime(key)}")


def _lifetime(key: dict[str, Any]) -> str:
    return f"valid until {key['ValidTo']:%Y-%m-%d %H:%M %Z}" if "ValidTo" in key else "the key material does not expire"


def explain(refusal: ClientError) -> str:
    """What AWS KMS refused, and what to do about it where we know."""
    code = refusal.response["Error"]["Code"]
    parts = [f"{refusal.operation_name} was refused: {code}", refusal.response["Error"]["Message"], ADVICE.get(code)]
    return "\n  ".join(part for part in parts if part)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and give the exit status."""
    parser = argparse.ArgumentParser(description="Bring a key of our own into AWS KMS and keep it there.")
    parser.add_argument("material", type=Path, help="file: 32 raw bytes, or a private key in PEM or PKCS#8 DER")
    parser.add_argument("--key-id", help="key ID or ARN of the KMS key to import into; without it, one is made")
    parser.add_argument("--key-spec", choices=KINDS, default="SYMMETRIC_DEFAULT", help="of a KMS key to be made")
    parser.add_argument("--valid-days", type=int, choices=range(1, LONGEST_DAYS + 1), metavar="1..365")
    parser.add_argument("--renew-days", type=int, default=7, help="import again when fewer days than these are left")
    parser.add_argument("--region", help="AWS Region; by default that of the environment")
    options = parser.parse_args(arguments)
    try:
        hsm = FileHsm.read(options.material)
    except (OSError, ValueError) as error:
        parser.error(f"{options.material} cannot be used: {error}")
    try:
        importer = Importer(
            boto3.client("kms", region_name=options.region),
            hsm,
            valid_for=options.valid_days and timedelta(days=options.valid_days),
            renew_within=timedelta(days=options.renew_days),
        )
        importer.bring(options.key_id or importer.create(options.key_spec))
    except ClientError as refusal:
        print(f"error: {explain(refusal)}", file=sys.stderr)
        return 1
    except (BotoCoreError, ImportRefusedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

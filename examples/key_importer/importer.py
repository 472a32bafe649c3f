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
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import boto3
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NetworkError
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

Result = TypeVar("Result")

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
    "IncorrectKeyMaterialException": "this KMS key was first given other key material",
    "InvalidCiphertextException": (
        "the key material is not of the KMS key's kind or length, or the HSM did not wrap it with SHA-256 under the"
        " public key that it was given"
    ),
    "KMSInvalidStateException": "the KMS key has to be in the state PendingImport or Enabled",
}


#: Refusals that mean: not now. NotFoundException comes for a KMS key that was made a moment ago.
TEMPORARY = {"DependencyTimeoutException", "KMSInternalException", "NotFoundException", "ThrottlingException"}
TRIES = 5  # of one step, each with as many attempts as botocore makes
SERVER_ERROR = 500  # and above


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


class IncompleteAnswerError(ImportRefusedError):
    """An answer lacks what was asked for: its body was lost on the way, which botocore does not notice."""


def is_temporary(error: Exception) -> bool:
    """Whether the same step may succeed in a moment."""
    if isinstance(error, ClientError):
        about = error.response["Error"]
        if about["Code"] == "NotFoundException" and not about["Message"].startswith("Key "):
            return False  # not even the name of a KMS key
        return about["Code"] in TEMPORARY or error.response["ResponseMetadata"]["HTTPStatusCode"] >= SERVER_ERROR
    return isinstance(error, (NetworkError, HTTPClientError, IncompleteAnswerError))


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
    sleep: Callable[[float], None] = time.sleep
    report: Callable[[str], None] = print

    def create(self, key_spec: str) -> str:
        """Make a KMS key that waits for key material, and give its ARN."""
        try:
            answer = self.kms.create_key(
                Origin="EXTERNAL",
                KeySpec=key_spec,
                KeyUsage=KINDS[key_spec].usage,
                Description="Key material brought by importer.py",
            )
            key = _member(answer, "KeyMetadata")
        except (NetworkError, HTTPClientError, IncompleteAnswerError) as error:
            raise ImportRefusedError(
                f"a KMS key may have been made: look for it before you try again ({error})"
            ) from error
        self.report(f"created {key['Arn']} ({key_spec})")
        return str(key["Arn"])

    def bring(self, key_id: str) -> bool:
        """Have the key material in a KMS key, for long enough; say whether that took an import.

        Raises ClientError where AWS KMS refuses, ImportRefusedError where the importer does.
        """
        key = self._persist(lambda: self._describe(key_id))
        if key["KeyState"] == "Enabled" and not self._is_due(key):
            self.report(f"nothing to do: {_lifetime(key)}")
            return False
        if key["KeyState"] == "Disabled":  # an import would enable it
            raise ImportRefusedError("the KMS key is Disabled: somebody has to enable it first")
        kind = KINDS.get(key["KeySpec"])
        if kind is None:
            raise ImportRefusedError(f"this program does not import {key['KeySpec']} keys")
        self.report(f"importing: the KMS key is {key['KeyState']}")
        expiration = self._expiration()
        try:
            self._persist(lambda: self._import(key, kind, expiration))
        except self.kms.exceptions.ExpiredImportTokenException:
            self.report("the import token has expired: once more, with a new one")
            self._persist(lambda: self._import(key, kind, expiration))
        self._verify(key["Arn"])
        return True

    def _persist(self, step: Callable[[], Result]) -> Result:
        """Take a step, again and again while what keeps it from succeeding is temporary."""
        for tried in range(1, TRIES):
            try:
                return step()
            except (BotoCoreError, ClientError, IncompleteAnswerError) as error:  # noqa: PERF203  that is the point
                if not is_temporary(error):
                    raise
                self.report(f"trying again in {2**tried} seconds: {error}")
                self.sleep(2**tried)
        return step()

    def _describe(self, key_id: str) -> dict[str, Any]:
        return dict(_member(self.kms.describe_key(KeyId=key_id), "KeyMetadata"))

    def _is_due(self, key: dict[str, Any]) -> bool:
        return "ValidTo" in key and key["ValidTo"] - self.now() <= self.renew_within

    def _import(self, key: dict[str, Any], kind: Kind, expiration: dict[str, Any]) -> None:
        """Hold a ceremony; where its end was not heard of, see whether the key material has arrived all the same."""
        try:
            self._hold_ceremony(key["Arn"], kind, expiration)
        except (NetworkError, HTTPClientError):
            now = self._describe(key["Arn"])
            is_new = key["KeyState"] != "Enabled" or now.get("ValidTo") != key.get("ValidTo")
            if now["KeyState"] != "Enabled" or not is_new:
                raise
            self.report("the answer was lost, and the key material has arrived")

    def _hold_ceremony(self, key_arn: str, kind: Kind, expiration: dict[str, Any]) -> None:
        parameters = self.kms.get_parameters_for_import(
            KeyId=key_arn, WrappingAlgorithm=kind.wrapping_algorithm, WrappingKeySpec=WRAPPING_KEY_SPEC
        )
        self.report(f"wrapping: {kind.wrapping_algorithm} under {WRAPPING_KEY_SPEC}")
        wrapped = self.hsm.wrapped_under(_member(parameters, "PublicKey"), kind.wrapping_algorithm)
        self.kms.import_key_material(
            KeyId=key_arn,
            ImportToken=_member(parameters, "ImportToken"),
            EncryptedKeyMaterial=wrapped,
            **expiration,
        )

    def _expiration(self) -> dict[str, Any]:
        if self.valid_for is None:
            return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": self.now() + self.valid_for}

    def _verify(self, key_arn: str) -> None:
        """See that the KMS key is ready and, where it encrypts, that it opens what it has closed."""
        key = self._persist(lambda: self._describe_ready(key_arn))
        if key["KeySpec"] == "SYMMETRIC_DEFAULT":
            self._persist(lambda: self._try_out(key_arn))
        self.report(f"ready: {_lifetime(key)}")

    def _describe_ready(self, key_arn: str) -> dict[str, Any]:
        key = self._describe(key_arn)
        if key["KeyState"] == "PendingImport":  # what AWS KMS tells may be a moment old
            raise IncompleteAnswerError("the KMS key is PendingImport after the import")
        if key["KeyState"] != "Enabled":
            raise ImportRefusedError(f"the KMS key is {key['KeyState']} after the import")
        return key

    def _try_out(self, key_arn: str) -> None:
        probe = os.urandom(16)
        ciphertext = _member(self.kms.encrypt(KeyId=key_arn, Plaintext=probe), "CiphertextBlob")
        opened = self.kms.decrypt(KeyId=key_arn, CiphertextBlob=ciphertext)
        if _member(opened, "Plaintext") != probe:
            raise ImportRefusedError("the KMS key does not open what it has encrypted")


def _member(answer: dict[str, Any], name: str) -> Any:
    if name not in answer:
        raise IncompleteAnswerError(f"AWS KMS has answered without {name}")
    return answer[name]


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
            sleep=time.sleep,
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

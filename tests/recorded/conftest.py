"""KMS keys of every kind that the recordings are about, made when a row asks for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.config import Config

from pytest_kmsimport import wrap_key_material

from ..support.clients import warm_client

SIGN, MAC, AGREE = "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"
#: Word of a row -> the CreateKey members of the KMS key it stands for.
KEYS: dict[str, dict[str, Any]] = {
    "symmetric": {},
    "another": {},
    "external": {"Origin": "EXTERNAL"},
    "imported": {"Origin": "EXTERNAL"},
    "deleted": {"Origin": "EXTERNAL"},
    "imported_ecc": {"Origin": "EXTERNAL", "KeySpec": "ECC_NIST_P256", "KeyUsage": SIGN},
    "imported_hmac": {"Origin": "EXTERNAL", "KeySpec": "HMAC_256", "KeyUsage": MAC},
    "disabled": {},
    "disabled_rsa": {"KeySpec": "RSA_4096", "KeyUsage": SIGN},
    "pending_deletion": {},
    "rsa": {"KeySpec": "RSA_2048", "KeyUsage": SIGN},
    "rsa_encrypting": {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
    "ecc": {"KeySpec": "ECC_NIST_P256", "KeyUsage": SIGN},
    "ecdh": {"KeySpec": "ECC_NIST_P256", "KeyUsage": AGREE},
    "hmac": {"KeySpec": "HMAC_256", "KeyUsage": MAC},
    "hmac_224": {"KeySpec": "HMAC_224", "KeyUsage": MAC},
    "multi_region": {"MultiRegion": True},
}
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


@dataclass
class Account:
    """An account whose KMS keys come into being when they are named."""

    mock: Any
    kms: Any
    _arns: dict[str, str] = field(default_factory=dict)

    def arn(self, name: str) -> str:
        """The key ARN of one of the keys above."""
        if name not in self._arns:
            members = KEYS[name]
            if name.startswith(("imported", "deleted")):
                self._arns[name] = self.mock.import_key(
                    key_spec=members.get("KeySpec", "SYMMETRIC_DEFAULT"),
                    **{k: v for k, v in members.items() if k == "KeyUsage"},
                ).arn
            else:
                self._arns[name] = self.kms.create_key(**members)["KeyMetadata"]["Arn"]
            self._bring(name)
        return self._arns[name]

    def _bring(self, name: str) -> None:
        steps = {
            "deleted": self.kms.delete_imported_key_material,
            "pending": self.kms.schedule_key_deletion,
            "disabled": self.kms.disable_key,
        }
        step = steps.get(name.partition("_")[0])
        if step is not None:
            step(KeyId=self._arns[name])

    def fill(self, value: Any) -> Any:
        """Put key ARNs, blobs and what else a row names in braces in its place."""
        if isinstance(value, dict):
            return {name: self.fill(content) for name, content in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if callable(value):
            return value(self)
        return re.sub(r"\{(\w+)\}", self._named, value) if isinstance(value, str) else value

    def _named(self, match: re.Match[str]) -> str:
        """The ARN for ``{symmetric}``, the bare key ID for ``{symmetric_id}``."""
        name = match.group(1)
        return self.arn(name.removesuffix("_id")).rpartition("/")[2] if name.endswith("_id") else self.arn(name)

    def blob(self, name: str = "symmetric", **members: object) -> bytes:
        """A ciphertext under one of the keys."""
        ciphertext: bytes = self.kms.encrypt(KeyId=self.arn(name), Plaintext=b"secret", **members)["CiphertextBlob"]
        return ciphertext

    def import_request(self, name: str, material: bytes, **members: object) -> dict[str, object]:
        """An ImportKeyMaterial request that is good but for what ``members`` change."""
        parameters = self.kms.get_parameters_for_import(KeyId=self.arn(name), **WRAPPING)
        blob = wrap_key_material(parameters["PublicKey"], material, WRAPPING["WrappingAlgorithm"])
        request = {"KeyId": self.arn(name), "ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": blob}
        return {**request, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", **members}


@pytest.fixture
def account(kms_import_mock):
    """An account, and a client that lets everything through to AWS."""
    return Account(kms_import_mock, warm_client(kms_import_mock.region, Config(parameter_validation=False)))

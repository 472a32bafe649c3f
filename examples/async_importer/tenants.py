"""Bring the keys of many tenants into AWS KMS at once.

    python tenants.py vault/     # a file of 32 bytes for each tenant, named after it

Every tenant has a KMS key under ``alias/tenant/NAME``. One that works is left alone, one that waits for its key
material gets it, so whatever was interrupted is completed by the next run. Exit status: 0 all are there, 1 some not.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

AT_ONCE = 8
PATIENCE = 120  # seconds for each tenant
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"}


class IncompleteAnswerError(Exception):
    """An answer lacks what was asked for: its body was lost on the way, which botocore does not notice."""


def member(answer: Mapping[str, Any], name: str) -> Any:
    """A member of an answer that is whole."""
    if name not in answer:
        raise IncompleteAnswerError(f"an answer of AWS KMS has no {name}")
    return answer[name]


async def find_or_create(kms: Any, alias: str) -> Mapping[str, Any]:
    """What AWS KMS says of a tenant's KMS key, which is made where there is none."""
    try:
        return member(await kms.describe_key(KeyId=alias), "KeyMetadata")
    except kms.exceptions.NotFoundException:
        metadata = member(await kms.create_key(Origin="EXTERNAL"), "KeyMetadata")
    await kms.create_alias(AliasName=alias, TargetKeyId=metadata["KeyId"])  # before anything else can go wrong
    return metadata


async def bring(kms: Any, tenant: str, material: bytes) -> str:
    """Have a tenant's key in AWS KMS, and give the ARN of its KMS key."""
    alias = f"alias/tenant/{tenant}"
    metadata = await find_or_create(kms, alias)
    if metadata["KeyState"] == "PendingImport":
        parameters = await kms.get_parameters_for_import(KeyId=metadata["Arn"], **WRAPPING)
        wrapping_key = load_der_public_key(member(parameters, "PublicKey"))
        assert isinstance(wrapping_key, RSAPublicKey)
        await kms.import_key_material(
            KeyId=metadata["Arn"],
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrapping_key.encrypt(material, OAEP(MGF1(SHA256()), SHA256(), None)),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        metadata = member(await kms.describe_key(KeyId=alias), "KeyMetadata")  # as the application will find it
    if metadata["KeyState"] != "Enabled":
        raise IncompleteAnswerError(f"the KMS key is {metadata['KeyState']}")
    return str(metadata["Arn"])


async def bring_all(
    kms: Any, materials: Mapping[str, bytes], at_once: int = AT_ONCE, patience: float = PATIENCE
) -> dict[str, str | Exception]:
    """Have all tenants' keys in AWS KMS: for each the ARN of its KMS key, or what went wrong."""
    turn = asyncio.Semaphore(at_once)

    async def bring_one(tenant: str, material: bytes) -> str | Exception:
        try:
            async with turn:
                return await asyncio.wait_for(bring(kms, tenant, material), patience)
        except (ClientError, BotoCoreError, IncompleteAnswerError, asyncio.TimeoutError) as error:
            return error

    results = await asyncio.gather(*(bring_one(*one) for one in materials.items()))
    return dict(zip(materials, results, strict=True))


async def main(materials: Mapping[str, bytes]) -> int:
    """Bring every key and report; gives the exit status."""
    async with get_session().create_client("kms") as kms:
        results = await bring_all(kms, materials)
    failed = {tenant: result for tenant, result in results.items() if isinstance(result, Exception)}
    for tenant, error in failed.items():
        print(f"{tenant}: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"{len(results) - len(failed)} of {len(results)} tenants have their keys in AWS KMS")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main({file.name: file.read_bytes() for file in sorted(Path(sys.argv[1]).iterdir())})))

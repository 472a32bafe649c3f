"""The five operations that answer enclaves, and what their answers have for everybody else."""

from __future__ import annotations

from ..support.installed import has_member
from ..support.prepared import KEYLESS, prepare

#: Operation -> the member of its answer that only the enclave gets.
PLAINTEXTS = {
    "Decrypt": "Plaintext",
    "DeriveSharedSecret": "SharedSecret",
    "GenerateDataKey": "Plaintext",
    "GenerateDataKeyPair": "PrivateKeyPlaintext",
    "GenerateRandom": "Plaintext",
}
OPERATIONS = [name for name in PLAINTEXTS if has_member(name, "Recipient")]


def ask(kms, mock, operation: str, **members: object) -> dict[str, object]:
    """Call an operation, on a KMS key of its own."""
    request = KEYLESS.get(operation) or prepare(kms, mock, operation)
    response: dict[str, object] = kms._make_api_call(operation, {**request, **members})
    del response["ResponseMetadata"]
    return response

"""What a call costs when the mock answers it, against botocore's own floor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from pytest_kmsimport import KmsImportMock, mock_kms_import, wrap_key_material
from pytest_kmsimport._mock.options import Options

from .floor import call_of, floor_of, running
from .side_by_side import Contender, Line, compare

_DESCRIBE_KEY = 0.85  # of the floor, which signs
_SIGNED = 1.12
_CALL = 1.00
#: The key material of all imports: the same each time, for a KMS key takes no other.
MATERIAL = os.urandom(32)
_OAEP_SHA_256 = OAEP(MGF1(SHA256()), SHA256(), None)


def lines() -> Iterator[Line]:
    """DescribeKey, also signed, and ImportKeyMaterial with a small and a large wrapping key."""
    yield _describe("DescribeKey", _DESCRIBE_KEY)
    if "sign_requests" in {option.name for option in fields(Options)}:
        yield _describe("DescribeKey with sign_requests=True", _SIGNED, sign_requests=True)
    with mock_kms_import() as mock:
        key_id = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    for bits, rounds in ((2048, 80), (4096, 40)):
        yield _import(mock, key_id, bits, rounds)


def _describe(what: str, limit: float, **options: Any) -> Line:  # noqa: ANN401  options of every type
    with mock_kms_import(**options) as mock:
        key_id = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    ours = Contender(call_of(mock, "DescribeKey", KeyId=key_id), partial(running, mock))
    floor = Contender(floor_of(mock, "DescribeKey", KeyId=key_id))
    return Line(what, "floor", *compare(ours, floor, rounds=150, calls=20), limit)


def import_members(mock: KmsImportMock, key_id: str, bits: int) -> dict[str, Any]:
    """What ImportKeyMaterial is called with, for a KMS key and a size of the wrapping key."""
    with running(mock):
        parameters = mock.client().get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec=f"RSA_{bits}"
        )
    return {
        "KeyId": key_id,
        "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": wrap_key_material(parameters["PublicKey"], MATERIAL, "RSAES_OAEP_SHA_256"),
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }


def _import(mock: KmsImportMock, key_id: str, bits: int, rounds: int) -> Line:
    members = import_members(mock, key_id, bits)
    ours = Contender(call_of(mock, "ImportKeyMaterial", **members), partial(running, mock))
    floor = floor_of(mock, "ImportKeyMaterial", **members)
    theirs = Contender(with_decryption(floor, generate_private_key(65537, bits)))
    what = f"ImportKeyMaterial under RSA_{bits}"
    return Line(what, "floor + RSA decryption", *compare(ours, theirs, rounds=rounds, calls=4), _CALL)


def with_decryption(floor: Callable[[], object], private_key: RSAPrivateKey) -> Callable[[], object]:
    """A floor of ImportKeyMaterial, and the RSA decryption that AWS KMS would do as well."""
    wrapped = private_key.public_key().encrypt(MATERIAL, _OAEP_SHA_256)

    def call() -> None:
        floor()
        private_key.decrypt(wrapped, _OAEP_SHA_256)

    return call

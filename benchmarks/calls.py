"""What a call costs when the mock answers it, against botocore's own floor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from pytest_kmsimport import KmsImportMock, mock_kms_import, wrap_key_material

from .floor import call_of, floor_of, running
from .side_by_side import Contender, Line, compare

_CALL = 1.10  # of the floor
_OAEP_SHA_256 = OAEP(MGF1(SHA256()), SHA256(), None)


def lines() -> Iterator[Line]:
    """DescribeKey, and ImportKeyMaterial with a small and a large wrapping key."""
    with mock_kms_import() as mock:
        key_id = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    around = partial(running, mock)
    ours = Contender(call_of(mock, "DescribeKey", KeyId=key_id), around)
    floor = Contender(floor_of(mock, "DescribeKey", KeyId=key_id))
    yield Line("DescribeKey", "floor", *compare(ours, floor, rounds=150, calls=20), _CALL)
    material = os.urandom(32)  # the same each time, for a KMS key takes no other
    for bits, rounds in ((2048, 80), (4096, 40)):
        yield _import(mock, key_id, material, bits, rounds)


def _import(mock: KmsImportMock, key_id: str, material: bytes, bits: int, rounds: int) -> Line:
    with running(mock):
        parameters = mock.client().get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec=f"RSA_{bits}"
        )
    members = {
        "KeyId": key_id,
        "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": wrap_key_material(parameters["PublicKey"], material, "RSAES_OAEP_SHA_256"),
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
    ours = Contender(call_of(mock, "ImportKeyMaterial", **members), partial(running, mock))
    floor = floor_of(mock, "ImportKeyMaterial", **members)
    theirs = Contender(_with_decryption(floor, generate_private_key(65537, bits), material))
    what = f"ImportKeyMaterial under RSA_{bits}"
    return Line(what, "floor + RSA decryption", *compare(ours, theirs, rounds=rounds, calls=4), _CALL)


def _with_decryption(floor: Callable[[], object], private_key: RSAPrivateKey, material: bytes) -> Callable[[], object]:
    wrapped = private_key.public_key().encrypt(material, _OAEP_SHA_256)

    def call() -> None:
        floor()
        private_key.decrypt(wrapped, _OAEP_SHA_256)

    return call

"""What using an imported key costs, against botocore's floor with the bare cryptography on top."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pytest_kmsimport import KmsImportMock, mock_kms_import

from .floor import call_of, floor_of, running
from .side_by_side import Contender, Line, compare

_CALL = 1.00  # of the floor with the cryptography
_PLAINTEXT = b"secret" * 10
_NONCE = 12


def lines() -> Iterator[Line]:
    """Encrypt, GenerateDataKey and Sign."""
    private_key = generate_private_key(SECP256R1())
    der = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with mock_kms_import() as mock:
        symmetric = mock.import_key().id
        signing = mock.import_key(der, "ECC_NIST_P256", KeyUsage="SIGN_VERIFY").id
    cipher = AESGCM(os.urandom(32))
    signed = {"KeyId": signing, "Message": _PLAINTEXT, "SigningAlgorithm": "ECDSA_SHA_256"}
    sign = partial(private_key.sign, _PLAINTEXT, ECDSA(SHA256()))
    encrypted = {"KeyId": symmetric, "Plaintext": _PLAINTEXT}
    yield _line(mock, "Encrypt", encrypted, lambda: cipher.encrypt(os.urandom(_NONCE), _PLAINTEXT, None))
    data_key = {"KeyId": symmetric, "KeySpec": "AES_256"}
    yield _line(mock, "GenerateDataKey", data_key, lambda: cipher.encrypt(os.urandom(_NONCE), os.urandom(32), None))
    yield _line(mock, "Sign", signed, sign)


def _line(mock: KmsImportMock, operation: str, members: dict[str, Any], cryptography: Callable[[], object]) -> Line:
    floor = floor_of(mock, operation, **members)

    def with_cryptography() -> None:
        floor()
        cryptography()

    ours = Contender(call_of(mock, operation, **members), partial(running, mock))
    theirs = Contender(with_cryptography)
    return Line(operation, "floor + cryptography", *compare(ours, theirs, rounds=100, calls=20), _CALL)

"""What a whole test of an import costs: a mock and a client of its own, five calls and the wrapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pytest_kmsimport import KmsImportMock, mock_kms_import, wrap_key_material

from .calls import MATERIAL, import_members, with_decryption
from .floor import floor_of, running
from .mocks import warm_client_of
from .side_by_side import Contender, Line, compare

_OF_ITS_PARTS = 1.5
_OF_MOTO = 0.5
_ALGORITHM = "RSAES_OAEP_SHA_256"
_ASKED = {"WrappingAlgorithm": _ALGORITHM, "WrappingKeySpec": "RSA_2048"}


def lines() -> Iterator[Line]:
    """A ceremony against what nobody can do without; to be run before moto is imported."""
    with mock_kms_import() as mock:
        key_id = mock.import_key().id
    figures = compare(Contender(_test), Contender(_parts_of(mock, key_id)), rounds=60, calls=2)
    yield Line("a whole test of a ceremony under RSA_2048", "warm client, 5 floor calls, RSA", *figures, _OF_ITS_PARTS)


def line_beside_moto(mock_aws: Callable[[], AbstractContextManager[object]]) -> Line:
    """The same test, with those calls that moto has."""
    with mock_kms_import() as mock:
        build = warm_client_of(mock)

    def theirs() -> None:
        with mock_aws():
            _calls_of_moto(build())

    figures = compare(Contender(_test_of_moto), Contender(theirs), rounds=30, calls=1)
    return Line("a test with CreateKey, DescribeKey and Encrypt", "moto", *figures, _OF_MOTO)


def _test() -> None:
    with mock_kms_import() as mock:
        client: Any = mock.client()
        key_id = client.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        parameters = client.get_parameters_for_import(KeyId=key_id, **_ASKED)
        client.import_key_material(
            KeyId=key_id,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrap_key_material(parameters["PublicKey"], MATERIAL, _ALGORITHM),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        client.describe_key(KeyId=key_id)
        client.encrypt(KeyId=key_id, Plaintext=MATERIAL)


def _parts_of(mock: KmsImportMock, key_id: str) -> Callable[[], None]:
    """A client of a warm session, botocore's floor of the five calls, and RSA at both ends."""
    with running(mock):
        waiting = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    private_key = generate_private_key(65537, 2048)
    public_key = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    floors = [
        floor_of(mock, "CreateKey", Origin="EXTERNAL"),
        floor_of(mock, "GetParametersForImport", KeyId=waiting, **_ASKED),
        with_decryption(floor_of(mock, "ImportKeyMaterial", **import_members(mock, waiting, 2048)), private_key),
        floor_of(mock, "DescribeKey", KeyId=key_id),
        floor_of(mock, "Encrypt", KeyId=key_id, Plaintext=MATERIAL),
    ]
    build = warm_client_of(mock)

    def parts() -> None:
        build()
        for floor in floors:
            floor()
        wrap_key_material(public_key, MATERIAL, _ALGORITHM)

    return parts


def _test_of_moto() -> None:
    with mock_kms_import() as mock:
        _calls_of_moto(mock.client())


def _calls_of_moto(client: Any) -> None:  # noqa: ANN401  botocore makes the methods at run time
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    client.describe_key(KeyId=key_id)
    client.encrypt(KeyId=key_id, Plaintext=MATERIAL)

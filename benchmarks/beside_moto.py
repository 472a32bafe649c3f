"""What a call costs here and in moto, where moto has the operation.

To be run last: with moto imported, every client made from then on has a handler of moto's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from pytest_kmsimport import KmsImportMock, mock_kms_import

from . import ceremony
from .floor import running
from .side_by_side import Contender, Line, compare

Calls = dict[str, Callable[[], object]]

#: Operation -> rounds, and calls in each; moto makes an RSA key pair for every KMS key.
_EFFORT = {
    "DescribeKey": (50, 20),
    "CreateKey": (20, 1),
    "Encrypt": (50, 20),
    "GenerateDataKey": (50, 20),
    "Sign": (50, 20),
    "ListKeys": (50, 20),
}


def lines() -> Iterator[Line]:
    """A whole test, and operations that both have; ListKeys over the few KMS keys that were made for the others."""
    from moto import mock_aws  # noqa: PLC0415  see above

    yield ceremony.line_beside_moto(mock_aws)
    with mock_kms_import() as mock:
        ours = _calls(mock.client())
    around = partial(running, mock)
    moto = _Moto(mock)
    for operation, (rounds, calls) in _EFFORT.items():
        theirs = Contender(moto.calls[operation], moto.running)
        yield Line(operation, "moto", *compare(Contender(ours[operation], around), theirs, rounds=rounds, calls=calls))


class _Moto:
    """moto with a KMS key in it, to be switched on and off."""

    def __init__(self, mock: KmsImportMock) -> None:
        from moto import mock_aws  # noqa: PLC0415  see above

        self._mock_aws = mock_aws()
        with self.running():
            self.calls = _calls(mock.client())

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have moto answer, with what it has."""
        self._mock_aws.start(reset=False)
        try:
            yield
        finally:
            self._mock_aws.stop(remove_data=False)


def _calls(client: Any) -> Calls:  # noqa: ANN401  botocore makes the methods at run time
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    signing = client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signed = {"KeyId": signing, "Message": b"message", "SigningAlgorithm": "ECDSA_SHA_256"}
    return {
        "DescribeKey": lambda: client.describe_key(KeyId=key_id),
        "CreateKey": client.create_key,
        "GenerateDataKey": lambda: client.generate_data_key(KeyId=key_id, KeySpec="AES_256"),
        "ListKeys": client.list_keys,
        "Sign": lambda: client.sign(**signed),
        "Encrypt": lambda: client.encrypt(KeyId=key_id, Plaintext=b"secret"),
    }

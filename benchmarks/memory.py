"""What a mock keeps of the calls that it has answered: in the long run nothing."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

from pytest_kmsimport import mock_kms_import

from .side_by_side import Line

_GROWTH = 1.01
_EARLY = 0.1  # of the calls, by when the journal is full
CALLS = 20_000


def lines(calls: int = CALLS) -> Iterator[Line]:
    """How many blocks of memory Python has allocated after a tenth of many calls, and after all of them."""
    with mock_kms_import() as mock:
        client, key_id = mock.client(), mock.import_key().id
        blocks = []
        for part in (_EARLY, 1 - _EARLY):
            for _ in range(int(calls * part) // 2):
                client.describe_key(KeyId=key_id)
                client.encrypt(KeyId=key_id, Plaintext=b"secret")
            gc.collect()
            blocks.append(sys.getallocatedblocks())
    early, late = blocks
    what, against = f"memory after {calls:,} calls in one mock", f"after {int(calls * _EARLY):,}"
    yield Line(what, against, late / 1000, early / 1000, late / early, _GROWTH, unit="k blocks")

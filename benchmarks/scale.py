"""What many KMS keys cost: time per call, and memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from functools import partial

from pytest_kmsimport import KmsImportMock, mock_kms_import

from .floor import call_of, running
from .side_by_side import Contender, Line, compare

_FEW, _MANY, _WEIGHED = 10, 20_000, 1_000
_GROWTH = 1.05


def lines() -> Iterator[Line]:
    """DescribeKey among many KMS keys and among few, and the memory of one."""
    many, few = (_describe(_with_keys(number), number) for number in (_MANY, _FEW))
    figures = compare(many, few, rounds=150, calls=20)
    yield Line(f"DescribeKey among {_MANY:,} KMS keys", f"among {_FEW}", *figures, _GROWTH)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    mock = _with_keys(_WEIGHED)
    grown = (tracemalloc.get_traced_memory()[0] - before) / _WEIGHED / 1024
    tracemalloc.stop()
    del mock
    yield Line("memory of a KMS key", "", grown, 0, 0, unit="KiB")


def _with_keys(number: int) -> KmsImportMock:
    with mock_kms_import(journal_size=1) as mock:
        create = mock.client().create_key
        for _ in range(number):
            create(Origin="EXTERNAL")
    return mock


def _describe(mock: KmsImportMock, number: int) -> Contender:
    with running(mock):
        keys = mock.client().get_paginator("list_keys").paginate().build_full_result()["Keys"]
    return Contender(call_of(mock, "DescribeKey", KeyId=keys[number // 2]["KeyId"]), partial(running, mock))

"""What many KMS keys cost: time per call, and memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from functools import partial

from pytest_kmsimport import KmsImportMock, mock_kms_import

from .floor import call_of, floor_of, running
from .side_by_side import Contender, Line, compare

_FEW, _MANY, _WEIGHED = 10, 20_000, 1_000
_GROWTH = 1.05
_CALL = 1.10  # of the floor


def lines() -> Iterator[Line]:
    """DescribeKey among many KMS keys and among few, a page of ListKeys in their midst, and the memory of one."""
    mocks = {number: _with_keys(number) for number in (_MANY, _FEW)}
    many, few = (_describe(mock, number) for number, mock in mocks.items())
    figures = compare(many, few, rounds=150, calls=20)
    yield Line(f"DescribeKey among {_MANY:,} KMS keys", f"among {_FEW}", *figures, _GROWTH)
    yield _list_keys(mocks[_MANY])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    mock = _with_keys(_WEIGHED)
    grown = (tracemalloc.get_traced_memory()[0] - before) / _WEIGHED / 1024
    tracemalloc.stop()
    del mock
    yield Line("memory of a KMS key", "", grown, 0, 0, unit="KiB")


def _list_keys(mock: KmsImportMock) -> Line:
    """The page of 100 KMS keys in the middle of all; parsing it is botocore's, and the floor's as well."""
    with running(mock):
        pages = mock.client().get_paginator("list_keys").paginate(PaginationConfig={"MaxItems": _MANY // 2})
        marker = list(pages)[-1]["NextMarker"]
    ours = Contender(call_of(mock, "ListKeys", Marker=marker), partial(running, mock))
    floor = Contender(floor_of(mock, "ListKeys", Marker=marker))
    return Line(f"ListKeys, a page among {_MANY:,}", "floor", *compare(ours, floor, rounds=100, calls=10), _CALL)


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

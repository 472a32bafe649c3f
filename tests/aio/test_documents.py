"""The Python in documents that wants aiobotocore is run."""

from __future__ import annotations

import pytest

from ..support import async_clients  # noqa: F401  which skips these where there are none
from ..support.documents import DOCUMENTS, blocks_in

BLOCKS = [block for document in DOCUMENTS for block in blocks_in(document, asynchronous=True)]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_python_in_a_document_runs(block, pytester):
    """Each block is a test file of its own."""
    pytester.makepyfile(block)
    outcomes = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio").parseoutcomes()
    assert set(outcomes) == {"passed"}

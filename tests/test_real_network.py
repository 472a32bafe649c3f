"""An injected fault and the same thing on a real socket: a client cannot tell them apart."""

from __future__ import annotations

import pytest

from .fault_table import MODES, generation, in_earnest, injected, table, table_in_document
from .real_network import ALL


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.id)
def test_a_fault_is_what_it_is_in_earnest(fault, mode):
    """The same exception with the same text, or the same response, after the same number of attempts."""
    url, real = in_earnest(fault, mode)
    ours = injected(fault, mode, url)
    assert ours.outcome == real.outcome
    assert ours.attempts == real.attempts
    if fault.id != "proxy-error":  # it names the proxy, which is another one
        assert ours.text == real.text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", [fault for fault in ALL if fault.kind != "network"], ids=lambda fault: fault.id)
def test_a_fault_that_passes_is_what_it_is_in_earnest(fault, mode):
    """Where it happens once and botocore tries again, the second attempt succeeds."""
    url, real = in_earnest(fault, mode, times=1)
    assert injected(fault, mode, url, times=1).attempts == real.attempts


@pytest.mark.skipif(generation() is None, reason="docs/faults.md has tables of the oldest and newest botocore")
def test_the_guide_tells_what_happens_in_earnest():
    """docs/faults.md has what real sockets have shown; ``python -m tests.fault_table`` writes it."""
    assert table_in_document() == table()

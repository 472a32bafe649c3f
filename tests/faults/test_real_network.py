"""An injected fault and the same thing on a real socket: a client cannot tell them apart."""

from __future__ import annotations

import pytest

from ..support.fault_table import HEAD, MODES, generation, in_earnest, injected, row, table_in_document
from ..support.real_network import ALL


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.id)
def test_a_fault_is_what_it_is_in_earnest(fault):
    """In every retry mode: the same exception and text, or the same response, after as many attempts.

    docs/faults.md says what real sockets have shown; ``python -m tests.support.fault_table`` writes its tables.
    """
    for mode in MODES:
        url, real = in_earnest(fault, mode)
        ours = injected(fault, mode, url)
        assert ours.outcome == real.outcome
        assert ours.attempts == real.attempts
        if fault.id != "proxy-error":  # it names the proxy, which is another one
            assert ours.text == real.text
    if generation() is not None:
        assert row(fault) in table_in_document()


@pytest.mark.parametrize(
    "fault", [fault for fault in ALL if fault.kind != "network" and fault.id != "empty-429"], ids=lambda fault: fault.id
)
def test_a_fault_that_passes_is_what_it_is_in_earnest(fault):
    """Where it happens once and botocore tries again, the second attempt succeeds."""
    for mode in MODES:
        url, real = in_earnest(fault, mode, times=1)
        assert injected(fault, mode, url, times=1).attempts == real.attempts


@pytest.mark.skipif(generation() is None, reason="docs/faults.md has tables of the oldest and newest botocore")
def test_the_guide_has_a_row_for_every_fault():
    """And no more."""
    assert table_in_document().startswith(HEAD)
    assert len(table_in_document().splitlines()) == len(HEAD.splitlines()) + len(ALL)

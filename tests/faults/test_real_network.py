"""An injected fault and the same thing on a real socket: a client cannot tell them apart."""

from __future__ import annotations

import pytest

from pytest_kmsimport import faults
from pytest_kmsimport.faults._network import NetworkFault

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


def test_every_fault_of_the_network_is_tried_in_earnest():
    """What ``NetworkFault`` has below it, by its public name."""
    public = [getattr(faults, name) for name in faults.__all__]
    kinds = [kind for kind in public if isinstance(kind, type) and issubclass(kind, NetworkFault)]
    missing = [kind.__name__ for kind in kinds if kind() not in ALL]
    assert not missing, f"tell in BEHAVIOURS of tests/support/real_network.py what a server does for {missing}"


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

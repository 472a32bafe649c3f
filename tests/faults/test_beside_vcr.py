"""Beside vcrpy, which puts classes of its own in the place of botocore's connections."""

from __future__ import annotations

import pytest
import vcr

from pytest_kmsimport import mock_kms_import

from ..support.fault_table import injected
from ..support.real_network import ALL

URLS = ["https://kms.eu-central-1.amazonaws.com", "http://127.0.0.1:4566"]


@pytest.fixture(params=["none", "once", "new_episodes", "all"])
def cassette(request, tmp_path):
    """A cassette on which nothing is, in every mode of recording."""
    with vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode=request.param) as cassette:
        yield cassette


@pytest.mark.parametrize("url", URLS, ids=["https", "http"])
@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.id)
def test_a_fault_is_what_it_is_without_vcrpy(tmp_path, fault, url):
    """The same exception and text, or the same response, after as many attempts."""
    without = injected(fault, "standard", url)
    with vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode="none"):
        assert injected(fault, "standard", url) == without


def test_kms_is_answered_and_not_recorded(cassette):
    """A cassette has nothing of calls that the mock answers."""
    with mock_kms_import() as mock:
        mock.client().list_keys()
    assert (len(mock.calls), len(cassette)) == (1, 0)

"""What the engine does not offer fails the test by name."""

from __future__ import annotations

import pytest

from pytest_kmsimport.engine.errors import NotOffered


def test_a_member_that_is_not_offered(ask):
    """The complaint says which member of which operation, such as one of a newer model, and which there are."""
    with pytest.raises(NotOffered, match=r"^DescribeKey with Newer is not offered by the mock\. It offers: "):
        ask("DescribeKey", KeyId="alias/payroll", Newer="anything")

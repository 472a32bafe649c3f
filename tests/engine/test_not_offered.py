"""What the engine does not offer fails the test by name."""

from __future__ import annotations

import pytest

from pytest_kmsimport.engine.errors import NotOffered
from pytest_kmsimport.engine.operations import OPERATIONS

MEMBERS = [(name, member) for name, operation in OPERATIONS.items() for member in sorted(operation.traits.not_offered)]


@pytest.mark.parametrize(("operation", "member"), MEMBERS)
def test_a_member_that_is_not_offered(ask, operation, member):
    """The complaint says which member of which operation, and which there are."""
    with pytest.raises(NotOffered, match=f"{operation} with {member} is not offered by the mock. It offers: "):
        ask(operation, **{member: "anything"})

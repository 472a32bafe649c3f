"""What a refusal comes to, and what came near to allowing it."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Denial(Enum):
    """The kinds of refusals."""

    EXPLICIT = "explicit-deny"
    NO_STATEMENT = "no-statement"
    CONDITION_UNMET = "condition-unmet"
    NOT_SPREAD = "grant-not-spread"


class NearMiss(NamedTuple):
    """What a policy or a grant is lacking to allow something, in words, and what a refusal for that comes to."""

    text: str
    denial: Denial = Denial.NO_STATEMENT

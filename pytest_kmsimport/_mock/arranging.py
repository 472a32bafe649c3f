"""Calls with which the mock itself arranges something for a test: past the journal, the faults and all permissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._diagnosis import words
from .._wire.constraints import refusal_of
from .._wire.regions import check_place
from ..engine.call import Call, Caller, Response
from ..engine.chosen import NOTHING, Chosen
from ..engine.engine import Engine
from ..engine.specs import SPECS

#: Calls an operation with the members of its request; CreateKey with what is chosen too.
Arrange = Callable[..., Response]


def arranging(engine: Engine, region: str, account: str) -> Arrange:
    """What calls operations in a Region of an account; it raises KmsError where AWS would refuse.

    Raises ValueError where there is no such Region, or no such account.
    """
    check_place(region, account)

    def arrange(operation: str, members: Mapping[str, Any], chosen: Chosen = NOTHING) -> Response:
        call = Call(operation, region, Caller(account, arranges=True), members, chosen=chosen)
        if (refusal := refusal_of(call, words.explain)) is not None:
            raise refusal
        return engine(call)

    return arrange


def usual_usage(key_spec: str) -> dict[str, str]:
    """The member KeyUsage where nobody says it: none for what is no key spec, which AWS refuses."""
    return {"KeyUsage": next(iter(SPECS[key_spec].algorithms))} if key_spec in SPECS else {}

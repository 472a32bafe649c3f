"""The table of operations, and the door that every call about a KMS key passes through.

An operation is a function: its name in snake case is its name in KMS, its keyword arguments are the members of the
request, the dict it returns is AWS's response. Where it takes a ``key``, that is the KMS key that the member KeyId
names, found and let pass by the key-state table before the function is called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import states
from ..errors import NotOffered
from ..keys import Key
from ..store import Region

Response = dict[str, Any]
Function = Callable[..., Response]

#: AWS's name of an operation -> the operation.
OPERATIONS: dict[str, Operation] = {}


def _aws_name(snake_case: str) -> str:
    return "".join(word.capitalize() for word in snake_case.split("_"))


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of AWS KMS.

    ``aliases`` says whether its KeyId may be an alias, ``across_accounts`` whether it may be another account's key.
    ``parameters`` maps AWS's members to the arguments for them, ``not_offered`` are members not built.
    """

    name: str
    function: Function = field(repr=False)
    aliases: bool
    across_accounts: bool
    takes_key: bool
    parameters: Mapping[str, str]
    not_offered: Collection[str]

    def __call__(self, region: Region, members: Mapping[str, Any]) -> Response:
        """Answer a call whose members have passed the constraints of the service model."""
        arguments = {}
        for member, value in members.items():
            if member not in self.parameters:
                offered = ", ".join(sorted(self.parameters))
                raise NotOffered(f"{self.name} with {member} is not offered by the mock. It offers: {offered}.")
            arguments[self.parameters[member]] = value
        if not self.takes_key:
            return self.function(region, **arguments)
        key = self.admit(region, arguments.pop("key_id"))
        return self.function(region, key, **arguments)

    def admit(self, region: Region, identifier: str) -> Key:
        """Find the KMS key that a call is about and let the call pass, or refuse it.

        Every call about a KMS key comes through here: this is the place for whatever decides who may do what.
        """
        key = region.find(identifier, self.name, aliases=self.aliases, across_accounts=self.across_accounts)
        states.check(self.name, key)
        return key


def operation(
    *, aliases: bool = False, across_accounts: bool = False, not_offered: Collection[str] = ()
) -> Callable[[Function], Function]:
    """Enter a function into the table of operations."""

    def enter(function: Function) -> Function:
        signature = inspect.signature(function).parameters
        names = [name for name, p in signature.items() if p.kind is inspect.Parameter.KEYWORD_ONLY]
        takes_key = "key" in signature
        parameters = {_aws_name(name): name for name in [*names, *(["key_id"] if takes_key else [])]}
        name = _aws_name(function.__name__)
        OPERATIONS[name] = Operation(name, function, aliases, across_accounts, takes_key, parameters, not_offered)
        return function

    return enter

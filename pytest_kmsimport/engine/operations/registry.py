"""The table of operations: each is a function, and its decorator says everything about it that AWS's documents do.

The function's name in snake case is the operation's in KMS, its keyword arguments are the members of the request, the
dict that it returns is AWS's response. Where it takes a ``key``, that is the KMS key that the member KeyId names, which
has been found and let pass; where it takes ``this``, it finds its KMS keys itself, with ``this.resolve_key``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import envelopes
from ..authorization.access import Permission, authorize
from ..call import Response
from ..errors import NotOffered
from ..keys import Key
from ..recipients import Recipient, recipient_of
from ..region import Region
from ..states import KeyState, Refusal, refusals_of
from .admission import check_grant_tokens, check_state, check_use, conclude
from .permissions import Need, check_all, on_key, permissions_of

Function = Callable[..., Response]

#: AWS's name of an operation -> the operation.
OPERATIONS: dict[str, Operation] = {}

_BEGIN = 2014
_USES = {"GrantTokens": "grant_tokens", "DryRun": "dry_run"}
_RECIPIENT = {"Recipient": "recipient"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What there is to know of an operation beside its members.

    * ``keys``: the members that name KMS keys. ``aliases``: whether they may be aliases; ``across_accounts``: whether
      they may be another account's; ``predefined``: whether an alias of AWS's own that has no KMS key gets one.
    * ``usage``: the KeyUsage that the KMS key must have, for cryptographic operations alone. Its algorithms must have
      the one in the member that ends in Algorithm, or ``algorithm`` where there is no such member.
    * ``changes``: whether it changes what the KMS key in KeyId is. ``reads``: whether it answers from the KMS key
      alone, so that AWS may answer with what the key was a moment ago.
    * ``secrets``: members of the answer that are secrets made for the caller, and what they are.
    * ``recipient``: the member of the answer that is encrypted for an enclave where the request has a Recipient.
    * ``confided``: members of the request that are secrets though they are no blobs: they are shown nowhere.
    * ``repeated``: what a second attempt is refused with, where the first was carried out and its answer was lost.
    * ``needs``: the permissions that it asks for, where that is not one by its own name on the KMS key in KeyId.
    * ``grants``: the names by which a grant can permit it. ``of``: the KMS keys that it is for, ``symmetric``
      encryption keys or ``asymmetric`` ones, where that does not follow from the usage.
    * ``since``: the year in which AWS introduced it. ``not_offered``: members that are not built.
    """

    keys: tuple[str, ...] = ("KeyId",)
    aliases: bool = False
    across_accounts: bool = False
    predefined: bool = False
    usage: str | None = None
    algorithm: str | None = None
    changes: bool = False
    reads: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict)
    recipient: str = ""
    confided: Collection[str] = ()
    repeated: str | None = None
    needs: tuple[Need, ...] = ()
    grants: Collection[str] = ()
    of: str | None = None
    since: int = _BEGIN
    not_offered: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of AWS KMS; ``parameters`` maps AWS's members to the arguments for them.

    ``refusals`` are what AWS's key-state table has for it.
    """

    name: str
    function: Function = field(repr=False)
    traits: Traits
    takes: str | None
    parameters: Mapping[str, str]
    refusals: Mapping[tuple[KeyState, str], Refusal] = field(repr=False)
    algorithm_argument: str
    default_algorithm: str | None

    @property
    def ends_a_use(self) -> bool:
        """Whether it is a cryptographic operation with one KMS key, whose use is checked and ended for it."""
        return self.takes == "key" and self.traits.usage is not None

    def __call__(self, region: Region, members: Mapping[str, Any]) -> Response:
        """Answer a call whose members have passed the constraints of the service model."""
        parameters = self.parameters
        try:
            arguments = {parameters[member]: value for member, value in members.items()}
        except KeyError as unknown:
            reason = f"{self.name} with {unknown.args[0]} is not offered by the mock."
            raise NotOffered(reason, sorted(parameters)) from None
        if self.traits.needs:
            check_all(self.permissions(region, members), region)
        key = self.resolve_key(region, arguments.pop("key_id")) if self.takes == "key" else None
        recipient = None if arguments.pop("recipient", None) is None else recipient_of(region, members)
        if key is None:
            response = self.function(region, *([self] if self.takes == "this" else []), **arguments)
        elif self.traits.usage is None:
            response = self.function(region, key, **arguments)
        else:
            response = self._use(region, key, self.traits.usage, arguments)
        return response if recipient is None else self._for_alone(recipient, response, region)

    def _for_alone(self, recipient: Recipient, response: Response, region: Region) -> Response:
        """An answer whose plaintext nobody but one enclave can read."""
        plaintext = region.visit.concealed[self.traits.recipient] = response.pop(self.traits.recipient)
        sealed = envelopes.seal(plaintext, recipient.public_key, region.world.random_bytes)
        return {**response, "CiphertextForRecipient": sealed}

    def resolve_key(self, region: Region, identifier: str) -> Key:
        """Find the KMS key that a call is about and let the call pass, or refuse it.

        Who may do what is decided before anything is told of the KMS key; where more than this one permission is
        needed, that has been done.
        """
        traits = self.traits
        key = region.resolve(
            identifier,
            self.name,
            aliases=traits.aliases,
            across_accounts=traits.across_accounts,
            predefined=traits.predefined,
        )
        state = key.state
        region.touch(key, state)
        if not traits.needs:
            authorize(region, self.name, key, identifier)
        check_state(key, state, self.refusals)
        return key

    def permissions(self, region: Region, members: Mapping[str, Any]) -> list[Permission]:
        """The permissions that a call needs, as far as what they are about is there."""
        needs = self.traits.needs or (on_key(self.name),)
        return permissions_of(needs, region, self.find_key, members)

    def find_key(self, region: Region, identifier: str) -> Key:
        """The KMS key that a request calls so, whatever becomes of the call."""
        traits = self.traits
        return region.resolve(
            identifier,
            self.name,
            aliases=traits.aliases,
            across_accounts=traits.across_accounts,
            predefined=traits.predefined,
        )

    def _use(self, region: Region, key: Key, usage: str, arguments: dict[str, Any]) -> Response:
        check_grant_tokens(region, arguments.pop("grant_tokens", ()))
        dry_run = arguments.pop("dry_run", False)
        algorithm = arguments.get(self.algorithm_argument, self.default_algorithm)
        check_use(key, self.name, usage, algorithm)
        response = self.function(region, key, **arguments)
        conclude(region, key, self.name, dry_run=dry_run)
        return response


class operation(Traits):  # noqa: N801  a decorator
    """Enter a function into the table of operations, with what there is to know of it."""

    def __call__(self, function: Function) -> Function:
        """Enter it under its name."""
        signature = inspect.signature(function).parameters
        names = [name for name, p in signature.items() if p.kind is inspect.Parameter.KEYWORD_ONLY]
        takes = next((name for name in ("key", "this") if name in signature), None)
        parameters = {_aws_name(name): name for name in [*names, *(["key_id"] if takes == "key" else [])]}
        if takes == "key" and self.usage is not None:
            parameters |= _USES
        if self.recipient:
            parameters |= _RECIPIENT
        algorithm = next((name for name in names if name.endswith("_algorithm")), "")
        default = signature[algorithm].default if algorithm else self.algorithm
        name = _aws_name(function.__name__)
        OPERATIONS[name] = Operation(name, function, self, takes, parameters, refusals_of(name), algorithm, default)
        return function


def traits_of(name: str) -> Traits:
    """What there is to know of an operation; of one that is not offered, nothing."""
    operation = OPERATIONS.get(name)
    return _NOTHING if operation is None else operation.traits


_NOTHING = Traits()


def _aws_name(snake_case: str) -> str:
    return "".join(word.capitalize() for word in snake_case.split("_"))

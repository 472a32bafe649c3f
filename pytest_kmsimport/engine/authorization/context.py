"""What a policy can ask about a request: condition keys, and the values that a request has for them.

A key that AWS documents and the request does not have is absent. One whose value nobody here can know, and one that AWS
does not document, is the mock's own complaint.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import NotOffered
from ..grants import Grant
from ..keys import Key
from ..recipients import is_measurement
from ..region import Region
from .condition_keys import KEYS_OF, VALUES, WITHOUT_KEY
from .patterns import Values
from .principals import Account, Kind, Principal

_Value = Callable[["Situation", str], object]
_YES, _NO = ("true",), ("false",)
_CONTEXT, _ATTESTATION = "kms:encryptioncontext:", "kms:recipientattestation:"
_UNKNOWN = """\
The policy asks for {key}, and nobody here knows what it is in this call: say so where the principal is registered, or
by mock.govern for its account, with context={{"{key}": "value"}}, or None where the call has no such key."""
_NO_KEY = """\
The policy asks for {key}, and neither KMS nor IAM documents such a condition key for KMS: check how it is spelt. AWS
would find it in no request."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One permission that a call asks for, and everything that is known of it.

    ``action`` is without the prefix; ``key`` is the KMS key, as the request calls it ``identifier``; None for an alias
    or for nothing. ``others`` are all KMS keys that the call needs permissions on, ``original`` is the one of which a
    replica key is to be made, ``grant`` the one that is to be retired.
    """

    principal: Principal
    account: Account
    region: Region
    action: str
    members: Mapping[str, Any]
    key: Key | None = None
    identifier: str = ""
    others: tuple[Key, ...] = ()
    original: Key | None = None
    grant: Grant | None = None

    @property
    def like(self) -> Key | None:
        """The KMS key, or the one of which a replica key is to be made."""
        return self.key or self.original

    def get(self, key: str) -> Values | None:
        """The values of a condition key; None where the request does not have it.

        Raises NotOffered for one that nobody here knows.
        """
        name = key.lower()
        for given in (self.principal.context, self.account.context):
            for known, value in given.items():
                if known.lower() == name:
                    return (value,) if isinstance(value, str) else value
        base, argument = _parts(name)
        if base in VALUES:
            is_of_action = base in KEYS_OF[self.action] and (self.key is not None or self.action in WITHOUT_KEY)
            return _listed(VALUES[base](self, argument)) if is_of_action else None
        if base in _GLOBAL:
            return _listed(_GLOBAL[base](self, argument))
        raise NotOffered((_UNKNOWN if base in _NEVER_KNOWN else _NO_KEY).format(key=key))


def _parts(name: str) -> tuple[str, str]:
    """A condition key without the part that a policy's author chooses, and that part."""
    if name.startswith(_CONTEXT):
        return _CONTEXT, name.removeprefix(_CONTEXT)
    if name.startswith(_ATTESTATION) and is_measurement(name.removeprefix(_ATTESTATION)):
        return _ATTESTATION, name.removeprefix(_ATTESTATION)
    base, slash, argument = name.partition("/")
    return base + slash, argument


def _listed(value: object) -> Values | None:
    """Values as texts, as many as there are."""
    if value is None:
        return None
    return tuple(map(str, value)) if isinstance(value, (tuple, list)) else (str(value),)


def _is_temporary(asked: Situation) -> bool:
    return asked.principal.kind in {Kind.SESSION, Kind.FEDERATED}


def _of_network(key: str, *others: str) -> _Value:
    """A key about where a call came from: absent where the test has said by another one where that was."""

    def value(asked: Situation, _: str) -> None:
        given = {name.lower() for context in (asked.principal.context, asked.account.context) for name in context}
        if given.isdisjoint(others):
            raise NotOffered(_UNKNOWN.format(key=key))

    return value


def _called_via(asked: Situation, _: str) -> object:
    return (asked.principal.via and f"{asked.principal.via}.amazonaws.com") or None


def _is_service(asked: Situation) -> bool:
    return asked.principal.kind is Kind.SERVICE


def _owner(asked: Situation) -> Account:
    """What holds in the account that the KMS key is of, or anything else that is asked for."""
    return asked.region.settings_of(asked.key.account if asked.key else asked.region.account)


def _said(yes: object) -> Values:
    return _YES if yes else _NO


_INTERNET, _VPC = "aws:sourceip", ("aws:sourcevpce", "aws:sourcevpc")
_GLOBAL: Mapping[str, _Value] = {
    "aws:principalarn": lambda asked, _: None if _is_service(asked) else asked.principal.policy_arn,
    "aws:principalaccount": lambda asked, _: None if _is_service(asked) else asked.principal.account,
    "aws:principaltype": lambda asked, _: None if _is_service(asked) else asked.principal.kind.value,
    "aws:principaltag/": lambda asked, tag: _folded(asked.principal.tags, tag),
    "aws:principalorgid": lambda asked, _: None if _is_service(asked) else asked.account.organization,
    "aws:principalorgpaths": lambda asked, _: asked.account.paths or None,
    "aws:principalisawsservice": lambda asked, _: _said(_is_service(asked)),
    "aws:principalservicename": lambda asked, _: asked.principal.arn if _is_service(asked) else None,
    "aws:principalservicenameslist": lambda asked, _: asked.principal.arn if _is_service(asked) else None,
    "aws:userid": lambda asked, _: None if _is_service(asked) else asked.principal.user_id,
    "aws:username": lambda asked, _: (
        asked.principal.arn.rpartition("/")[2] if asked.principal.kind is Kind.USER else None
    ),
    "aws:currenttime": lambda asked, _: asked.region.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "aws:epochtime": lambda asked, _: int(asked.region.now.timestamp()),
    "aws:requestedregion": lambda asked, _: asked.region.name,
    "aws:resourceaccount": lambda asked, _: asked.key.account if asked.key else asked.region.account,
    "aws:resourceorgid": lambda asked, _: _owner(asked).organization,
    "aws:resourceorgpaths": lambda asked, _: _owner(asked).paths or None,
    "aws:securetransport": lambda *_: _YES,
    "aws:viaawsservice": lambda asked, _: _said(asked.principal.via),
    "aws:calledvia": _called_via,
    "aws:calledviafirst": _called_via,
    "aws:calledvialast": _called_via,
    "aws:multifactorauthpresent": lambda asked, _: _NO if _is_temporary(asked) else None,
    "aws:multifactorauthage": lambda *_: None,
    "aws:sourceidentity": lambda *_: None,
    "aws:federatedprovider": lambda *_: None,
    "aws:referer": lambda *_: None,
    "aws:assumedroot": lambda *_: None,
    "aws:chatbotsourcearn": lambda *_: None,
    "aws:sourceip": _of_network("aws:SourceIp", *_VPC),
    **{
        name.lower(): _of_network(name, _INTERNET)
        for name in (
            *("aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp"),
            *("aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"),
        )
    },
    # of calls that an AWS service makes by itself, which say so where they are registered
    "aws:sourcearn": lambda *_: None,
    "aws:sourceaccount": lambda *_: None,
    "aws:sourceorgid": lambda *_: None,
    "aws:sourceorgpaths": lambda *_: None,
}
#: Keys that a call may well have, and that only the test can tell.
_NEVER_KNOWN = {"aws:useragent", "aws:tokenissuetime", "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4"}


def _folded(tags: Mapping[str, str], name: str) -> str | None:
    """The value of a tag whose key may be spelt in either case."""
    return next((value for key, value in tags.items() if key.lower() == name), None)

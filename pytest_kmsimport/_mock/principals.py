"""Who calls: ``mock.principal(...)`` registers somebody, and ``mock.can(...)`` asks what they may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.utils import parse_to_aware_datetime
from botocore.validate import ParamValidator

from .._wire.model import check_operation, members_of
from .._wire.sts import looks_issued
from ..engine.authorization.access import Decision
from ..engine.authorization.principals import Principal, role_session
from ..engine.call import Call, Caller
from ..engine.engine import ANYBODY, Engine
from ..engine.errors import KmsError
from ..engine.operations import OPERATIONS
from .documents import PolicyDocument, text_of, texts_of

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient  # Any for a type checker that has no stubs
else:
    KMSClient = BaseClient  # for typing.get_type_hints

__tracebackhide__ = True

_SESSION = "pytest"
_KEY_LENGTH = 16  # behind AKIA or ASIA


@dataclass(frozen=True, slots=True)
class RegisteredPrincipal:
    """Somebody whom the mock knows by an access key.

    ``arn`` is who AWS says it is, of a role its session. ``access_key_id``, ``secret_access_key`` and ``session_token``
    (None for users) are credentials as any client takes them, in this process or another one.
    """

    arn: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    _client: Callable[..., KMSClient] = field(repr=False, compare=False)

    def client(self, region_name: str | None = None, config: Config | None = None) -> KMSClient:
        """Build a botocore KMS client that calls as this principal, for a Region, by default the mock's."""
        return self._client(
            region_name,
            config,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            aws_session_token=self.session_token,
        )

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables by which programs find the credentials."""
        token = {} if self.session_token is None else {"AWS_SESSION_TOKEN": self.session_token}
        return {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret_access_key, **token}


@dataclass(frozen=True, slots=True)
class Permissions:
    """Whether somebody may do something, and why: true where AWS KMS would let them.

    ``decisions`` are one for each permission that the operation asks for. As a text, it says who may do what, or why
    not.
    """

    decisions: tuple[Decision, ...]

    def __bool__(self) -> bool:
        return all(decision.allowed for decision in self.decisions)

    def __str__(self) -> str:
        return "\n".join(map(str, self.decisions))


def make_principal(  # noqa: PLR0913  what there is to say of somebody
    arn: str,
    *,
    policies: PolicyDocument | Sequence[PolicyDocument] = (),
    boundary: PolicyDocument | None = None,
    session_policy: PolicyDocument | Sequence[PolicyDocument] | None = None,
    tags: Mapping[str, str] | None = None,
    session: str | None = None,
    via_service: str = "",
    account: str,
    context: Mapping[str, str | tuple[str, ...] | None] | None = None,
) -> Principal:
    """Somebody as the engine knows them; a role is a session of it. Raises ValueError and TypeError in words."""
    is_role = ":role/" in arn
    if session is not None and not is_role:
        raise ValueError(f"{arn} has no sessions that can be named: session= is for the ARN of a role.")
    return Principal(
        role_session(arn, session or _SESSION) if is_role else arn,
        account,
        arn if is_role else "",
        texts_of(policies),
        None if boundary is None else text_of(boundary),
        () if session_policy is None else texts_of(session_policy),
        dict(tags or {}),
        via_service.removesuffix(".amazonaws.com"),
        dict(context or {}),
    )


def register(engine: Engine, principal: Principal, client: Callable[..., KMSClient]) -> RegisteredPrincipal:
    """Let an access key of its own stand for a principal."""
    is_session = ":sts:" in principal.arn
    digest = sha256(f"{principal!r} {engine.principals}".encode()).hexdigest()
    access_key = f"{'ASIA' if is_session else 'AKIA'}{digest[:_KEY_LENGTH].upper()}"
    engine.register(access_key, principal)
    token = f"{digest}{digest}" if is_session else None
    return RegisteredPrincipal(principal.arn, access_key, digest[_KEY_LENGTH:], token, client)


def access_key_of(principal: RegisteredPrincipal | str | None) -> str:
    """The access key of somebody: registered, by the access key ID that STS or IAM has issued, or whoever is not known.

    Raises ValueError for a name that is no access key ID, TypeError for what is nobody.
    """
    if principal is None:
        return ANYBODY
    if isinstance(principal, RegisteredPrincipal):
        return principal.access_key_id
    if not isinstance(principal, str):
        raise TypeError(f"{principal!r} is nobody: write what mock.principal() has given, or an access key ID.")
    if not looks_issued(principal):
        raise ValueError(
            f"{principal!r} is no access key ID: register who it is, principal=mock.principal({principal!r}), or write"
            " the AccessKeyId that STS or IAM has issued."
        )
    return principal


def permissions(  # noqa: PLR0913, PLR0917  what there is to say of a call
    engine: Engine,
    caller: Caller,
    region: str,
    operation: str,
    key_id: str | None,
    members: Mapping[str, Any],
) -> Permissions:
    """Whether somebody may do something; raises ValueError for what is not there, TypeError for unknown members."""
    known = OPERATIONS.get(operation)
    if known is None:
        check_operation(operation)
    else:
        if key_id is not None:
            members = {**members, _name_of_key(operation, known.traits.keys): key_id}
        for member in members:
            if member not in known.parameters:
                raise TypeError(f"can() takes no {member}: {operation} has {', '.join(sorted(known.parameters))}.")
        members = {member: _as_received(operation, member, value) for member, value in members.items()}
    try:
        return Permissions(engine.can(Call(operation, region, caller, members)))
    except KmsError as error:
        raise ValueError(f"There is nothing to decide: {error.code} {error.message}".strip()) from error


def _as_received(operation: str, member: str, value: object) -> object:
    """A member as AWS receives it; raises TypeError for what no client could send."""
    shape = members_of(operation)[member]
    if ParamValidator().validate(value, shape).has_errors():
        of = f"which is of AWS's type {shape.type_name}; it was of Python's type {type(value).__name__}"
        raise TypeError(f"can() takes no such value for {operation}'s {member}, {of}.")
    return parse_to_aware_datetime(value) if shape.type_name == "timestamp" else value


def _name_of_key(operation: str, names: Sequence[str]) -> str:
    """The member by which an operation's request names its KMS key."""
    if not names:
        raise ValueError(f"{operation} is about no KMS key: leave key_id out.")
    return names[0]

"""A call of AWS KMS, who makes it, and what is answered: the words that everything around the engine shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .arns import partition_of
from .authorization.principals import Principal
from .chosen import NOTHING, Chosen
from .errors import KmsError
from .recipients import Recipient
from .states import KeyState

if TYPE_CHECKING:
    from .authorization.access import Decision

Response = dict[str, Any]
#: A permission that a call needs: the action, what it is about (ARN, or ``*``), and the key policy, where it has one.
Asked = tuple[str, str, str]


_NOTHING: Mapping[str, bytes] = {}


class Caller(NamedTuple):
    """Who calls: the account (12 digits), and the access key that the request was signed with, empty for nobody's.

    ``principal`` is who that is; None for the account's root user. ``arranges`` tells the mock itself, which may do
    everything as it arranges something for a test.
    """

    account: str
    access_key: str = ""
    principal: Principal | None = None
    arranges: bool = False


class Call(NamedTuple):
    """One call of an operation: who asks, in which Region, what, and with which members.

    ``invocation`` is the same for all attempts that a client makes at one call; empty where that is not known.
    ``request_id`` is what the answer will carry as its request ID. ``chosen`` is what CreateKey does not leave to
    chance.
    """

    operation: str
    region: str
    caller: Caller
    members: Mapping[str, Any]
    invocation: str = ""
    request_id: str = ""
    chosen: Chosen = NOTHING

    def __repr__(self) -> str:
        return f"<Call {self.operation} {self.region} {self.account} with {', '.join(self.members)}>"

    @property
    def account(self) -> str:
        """The account that calls."""
        return self.caller.account

    @property
    def caller_arn(self) -> str:
        """The ARN of who calls."""
        principal = self.caller.principal
        return principal.arn if principal else f"arn:{partition_of(self.region)}:iam::{self.account}:root"


class KeysSeen(NamedTuple):
    """The KMS keys that a call is about, by key ARN, and the state of the first of them before and after it."""

    arns: tuple[str, ...] = ()
    before: KeyState | None = None
    after: KeyState | None = None


class Answer(NamedTuple):
    """What AWS KMS makes of a call: a response, or the error that it refuses with, and which KMS keys it looked at.

    ``imported`` is the key material that the call has brought in, in its canonical form. ``decisions`` are those about
    what the caller may do, none where a key policy lets the whole account do everything, and its root user calls.
    ``asked`` are all permissions that the call needs, whether decided about or not. ``recipient`` is whom the response
    is for alone, and ``concealed`` are the members that are in it for nobody else.
    """

    result: Response | KmsError
    keys: KeysSeen
    imported: bytes | None
    decisions: tuple[Decision, ...] = ()
    asked: tuple[Asked, ...] = ()
    recipient: Recipient | None = None
    concealed: Mapping[str, bytes] = _NOTHING

    def __repr__(self) -> str:
        return f"<Answer about {', '.join(self.keys.arns) or 'no KMS key'}>"

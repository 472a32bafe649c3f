"""What becomes of one attempt at a call: a value that faults change, transports deliver and the journal writes down."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .._wire.aws_json import WireResponse
from .._wire.network import Delay, NetworkEvent
from ..engine.authorization.access import Decision
from ..engine.call import Asked, KeysSeen, Response
from ..engine.errors import KmsError
from ..engine.recipients import Recipient

if TYPE_CHECKING:
    from .fault import Fault


class Reply(NamedTuple):
    """What AWS KMS makes of an attempt, and what the client gets of that.

    ``result`` is AWS's response or refusal, None where it was never asked. ``keys`` are the KMS keys that the call is
    about, ``carried_out`` says whether the call has taken effect. ``instead`` is what is answered in the place of AWS
    KMS, ``event`` what the network does to the answer on its way, ``delays`` what makes it come late; ``faults`` are
    those that have struck, the outer ones first. ``decisions`` are those about what the caller may do, ``asked`` all
    permissions that it needs. ``lost`` is what AWS KMS has answered where nobody hears it, ``recipient`` is whom it has
    answered alone.
    """

    result: Response | KmsError | None = None
    keys: KeysSeen = KeysSeen()
    carried_out: bool = False
    instead: WireResponse | None = None
    event: NetworkEvent | None = None
    delays: tuple[Delay, ...] = ()
    faults: tuple[Fault, ...] = ()
    decisions: tuple[Decision, ...] = ()
    lost: Response | KmsError | None = None
    asked: tuple[Asked, ...] = ()
    recipient: Recipient | None = None

    def __repr__(self) -> str:
        refusal = self.result.code if isinstance(self.result, KmsError) else ""
        return f"<Reply {refusal or ('ok' if self.result is not None else 'of nobody')}>"

"""Network faults: the network fails, before AWS KMS has heard of the call or after it has carried it out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError

from .._service.fault import Attempt, ClientOutcome, Fault
from .._service.reply import Reply
from .._transports.clients import play
from .._wire.aws_json import WireResponse
from .._wire.model import has_output
from .._wire.network import Delay, Ending, NetworkEvent, Opening, Sent


@dataclass(frozen=True)
class NetworkFault(Fault):
    """Something that happens to a connection; what the client makes of it is its own HTTP library's doing."""

    kind = "network"
    event: ClassVar[NetworkEvent]

    @property
    def id(self) -> str:
        """Such as ``read-timeout``."""
        return re.sub("(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    @property
    def takes_effect(self) -> bool:
        """Whether the call reached AWS KMS."""
        return False

    def why_impossible_for(self, operation: str) -> str:  # noqa: ARG002  of all faults
        """It can happen to any operation."""
        return ""

    def strike(self, attempt: Attempt) -> Reply:  # noqa: ARG002
        """Never reach AWS KMS."""
        return Reply(event=self.event)

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:
        """What the client's HTTP session raises, if it does."""
        request = AWSRequest("POST", client.meta.endpoint_url, headers={}, data=b"{}").prepare()
        body = b"{}" if has_output(operation) else b""
        answer = WireResponse(200, {"Content-Length": str(len(body))}, body)
        try:
            play(client, self.event, request, answer)
        except BotoCoreError as error:
            return ClientOutcome(type(error), raised=error)
        return ClientOutcome(empty=True)


@dataclass(frozen=True)
class ConnectTimeout(NetworkFault):
    """The connection does not open within the client's connect timeout."""

    event = NetworkEvent(Opening.TIMED_OUT)


@dataclass(frozen=True)
class EndpointUnreachable(NetworkFault):
    """Nobody listens at the endpoint, or its name is not known."""

    event = NetworkEvent(Opening.REFUSED)


@dataclass(frozen=True)
class TlsError(NetworkFault):
    """The endpoint's certificate is not one that the client trusts."""

    event = NetworkEvent(Opening.UNTRUSTED)


@dataclass(frozen=True)
class ProxyError(NetworkFault):
    """The client's proxy cannot be reached."""

    event = NetworkEvent(Opening.REFUSED_BY_PROXY)


@dataclass(frozen=True)
class ReadTimeout(NetworkFault):
    """The request is lost, and no answer comes within the client's read timeout; the call has no effect.

    ``AnswerLost()`` is the other case that looks like this to the client.
    """

    event = NetworkEvent(ending=Ending.SILENCE)


@dataclass(frozen=True)
class ConnectionClosed(NetworkFault):
    """The connection is closed before an answer comes; the call has no effect."""

    event = NetworkEvent()


@dataclass(frozen=True)
class ConnectionReset(NetworkFault):
    """The connection is reset before an answer comes; the call has no effect."""

    event = NetworkEvent(ending=Ending.RESET)


_BEFORE_IT_WAS_SENT = (ConnectTimeout, EndpointUnreachable, TlsError, ProxyError)


@dataclass(frozen=True)
class _BrokenBody(NetworkFault):
    """AWS KMS carries the call out, and the body of its answer does not arrive whole."""

    @property
    def takes_effect(self) -> bool:
        """Always."""
        return True

    def why_impossible_for(self, operation: str) -> str:
        """An answer without a body has none that could break."""
        return "" if has_output(operation) else f"{operation} answers without a body"

    def strike(self, attempt: Attempt) -> Reply:
        """Let AWS KMS answer, and break the answer, unless that does not arrive anyway."""
        reply = attempt.reply()
        return reply if reply.event is not None or reply.instead is not None else reply._replace(event=self.event)


@dataclass(frozen=True)
class TruncatedBody(_BrokenBody):
    """The connection is closed in the middle of the body, short of its Content-Length.

    botocore from 1.44 on, or any with urllib3 1.26, reports success with an empty dict; others, and aiobotocore on
    aiohttp, raise ConnectionClosedError and try again; on httpx it is HTTPClientError.
    """

    event = NetworkEvent(sent=Sent.HALF_OF_BODY)


@dataclass(frozen=True)
class TruncatedChunks(_BrokenBody):
    """The connection is closed in the middle of a body that comes in chunks."""

    event = NetworkEvent(sent=Sent.HALF_IN_CHUNKS)


@dataclass(frozen=True)
class StalledBody(_BrokenBody):
    """The rest of the body does not come within the client's read timeout."""

    event = NetworkEvent(sent=Sent.HALF_OF_BODY, ending=Ending.SILENCE)


@dataclass(frozen=True)
class EmptyBody(_BrokenBody):
    """The answer is 200 OK without a body; botocore reports success, with an empty dict."""

    event = NetworkEvent(sent=Sent.NO_BODY)


_SEEN = {"network", "http", "refusal"}
_SLOWEST = 1_000_000_000  # seconds; the computer's own clocks do not go much further


@dataclass(frozen=True)
class AnswerLost(Fault):
    """AWS KMS carries the call out, and its answer never arrives.

    ``seen`` is the fault that the client sees in its place, by default a read timeout; one that leaves it open whether
    the request has arrived: not a connection that never opened.
    """

    seen: Fault = field(default_factory=ReadTimeout)

    kind = "lost answer"

    def __post_init__(self) -> None:
        may_hide_an_effect = isinstance(self.seen, Fault) and not self.seen.takes_effect and self.seen.kind in _SEEN
        if not may_hide_an_effect:
            raise ValueError(f"AnswerLost has seen={self.seen!r}; write what the client sees, such as ReadTimeout().")
        if isinstance(self.seen, _BEFORE_IT_WAS_SENT):
            text = f"With {self.seen!r} the request is never sent, so that no answer can be lost."
            raise ValueError(text)  # noqa: TRY004  the value is at fault, whatever its type

    @property
    def id(self) -> str:
        """Such as ``answer-lost``, with what is seen where that is no read timeout."""
        return "answer-lost" if self.seen == ReadTimeout() else f"answer-lost-{self.seen.id}"

    @property
    def takes_effect(self) -> bool:
        """Always."""
        return True

    def why_impossible_for(self, operation: str) -> str:
        """What the client sees must be able to happen."""
        return self.seen.why_impossible_for(operation)

    def strike(self, attempt: Attempt) -> Reply:
        """Let AWS KMS answer, and nobody hear it."""
        reply = attempt.reply()
        seen = self.seen.strike(attempt)
        lost = reply.result if reply.lost is None else reply.lost
        return reply._replace(result=seen.result, instead=seen.instead, event=seen.event, lost=lost)

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:
        """What is seen instead."""
        return self.seen.client_outcome(client, operation)


@dataclass(frozen=True)
class Slow(Fault):
    """The answer comes ``seconds`` late.

    That moves the mock's clock and takes no time, unless ``really`` is asked for: then it takes the time, and the clock
    goes on as it does. A client whose read timeout is shorter times out after that, and the call has taken effect.

    Raises ValueError where the seconds are not positive, or more than a thousand million.
    """

    seconds: float
    really: bool = False

    kind = "slow"

    def __post_init__(self) -> None:
        if type(self.seconds) not in {int, float} or not 0 < self.seconds <= _SLOWEST:
            raise ValueError(f"Slow has seconds={self.seconds!r}; write how late the answer comes, more than 0.")
        if type(self.really) is not bool:
            raise ValueError(f"Slow has really={self.really!r}; write True for a delay that takes its time.")

    @property
    def id(self) -> str:
        """Such as ``slow-90s``."""
        return f"slow-{self.seconds:g}s"

    @property
    def takes_effect(self) -> bool:
        """Always."""
        return True

    def why_impossible_for(self, operation: str) -> str:  # noqa: ARG002  of all faults
        """It can happen to any operation."""
        return ""

    def strike(self, attempt: Attempt) -> Reply:
        """Let AWS KMS answer, and delay the answer."""
        reply = attempt.reply()
        return reply._replace(delays=(Delay(self.seconds, self.really), *reply.delays))

    def client_outcome(self, client: BaseClient, operation: str) -> ClientOutcome:
        """A read timeout for a client that does not wait so long."""
        timeout = client.meta.config.read_timeout
        is_too_late = timeout is not None and timeout <= self.seconds
        return ReadTimeout().client_outcome(client, operation) if is_too_late else ClientOutcome()

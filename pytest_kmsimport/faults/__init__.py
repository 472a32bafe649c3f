"""Making AWS KMS fail on purpose.

What can go wrong is a value; ``mock.inject`` plans it, the marker ``kms_fault`` too, and ``catalogue`` gives a test
parameter for everything that can go wrong with an operation.

=================  ===================================================================================================
kind               faults
=================  ===================================================================================================
``refusal``        ``Refusal``: AWS refuses, with any error code of the operation or common to all
``denial``         ``ExplicitDeny``, ``NoStatement``, ``ConditionUnmet``, ``GrantNotSpread``: AWS refuses whoever calls
``http``           ``HtmlAnswer``, ``EmptyAnswer``: something in front of AWS KMS answers in its place
``network``        ``ConnectTimeout``, ``EndpointUnreachable``, ``TlsError``, ``ProxyError``, ``ReadTimeout``,
                   ``ConnectionClosed``, ``ConnectionReset``: AWS KMS never hears of the call; ``TruncatedBody``,
                   ``TruncatedChunks``, ``StalledBody``, ``EmptyBody``: it has carried it out
``lost answer``    ``AnswerLost``: the call takes effect, and the client sees a timeout or another fault
``race``           ``meanwhile``: somebody else acts between the request and the answer
``consistency``    ``StaleRead``, ``NotYetVisible``: AWS has not heard everywhere of what was done
``slow``           ``Slow``: the answer comes late
=================  ===================================================================================================

``parse`` reads a fault from a text that is written as in Python, such as ``AnswerLost(ConnectionClosed())``.

docs/faults.md says what each looks like to a client of botocore, and how often it is tried again.
"""

from __future__ import annotations

from .._service.fault import Fault
from ._actions import delete_material, disable_key, expire_material, expire_token, import_first, schedule_deletion
from ._catalogue import CEREMONY, KINDS, Case, Expectation, catalogue
from ._denials import ConditionUnmet, ExplicitDeny, GrantNotSpread, NoStatement
from ._network import (
    AnswerLost,
    ConnectionClosed,
    ConnectionReset,
    ConnectTimeout,
    EmptyBody,
    EndpointUnreachable,
    ProxyError,
    ReadTimeout,
    Slow,
    StalledBody,
    TlsError,
    TruncatedBody,
    TruncatedChunks,
)
from ._refusals import EmptyAnswer, HtmlAnswer, Refusal
from ._text import parse
from ._world import NotYetVisible, StaleRead, meanwhile

__all__ = [
    "CEREMONY",
    "KINDS",
    "AnswerLost",
    "Case",
    "ConditionUnmet",
    "ConnectTimeout",
    "ConnectionClosed",
    "ConnectionReset",
    "EmptyAnswer",
    "EmptyBody",
    "EndpointUnreachable",
    "Expectation",
    "ExplicitDeny",
    "Fault",
    "GrantNotSpread",
    "HtmlAnswer",
    "NoStatement",
    "NotYetVisible",
    "ProxyError",
    "ReadTimeout",
    "Refusal",
    "Slow",
    "StaleRead",
    "StalledBody",
    "TlsError",
    "TruncatedBody",
    "TruncatedChunks",
    "catalogue",
    "delete_material",
    "disable_key",
    "expire_material",
    "expire_token",
    "import_first",
    "meanwhile",
    "parse",
    "schedule_deletion",
]

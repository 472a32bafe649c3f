"""Where mocks and the guard come between botocore and the network.

The patches go on with the first mock (or guard) and come off with the last.
"""

from __future__ import annotations

from botocore.signers import RequestSigner

from .. import _active
from .._active import Complaints, Mock, active
from . import forks, real_aws
from .botocore import before_send, before_sign, needs_retry
from .environment import Environment
from .patch import NO_AUTH, AuthPatch, EmitPatch, EnvironmentPatch, PreparePatch, late


def activate(mock: Mock) -> None:
    """Let a mock answer KMS, in front of those that are active already."""
    with _active.changing():
        outer = active()
        if outer is not None and not _seam.is_on:
            outer.complain(real_aws.was_switched_off())
        forks.watch(mock)
        _active.add_mock(mock)
        _patch()


def deactivate(mock: Mock) -> None:
    """Take a mock out, wherever it stands."""
    with _active.changing():
        _active.remove_mock(mock)
        _unpatch()


def after_test() -> None:
    """Put right what others have put back after the last mock had ended, which they had found while it was there."""
    Environment.after_test()
    with _active.changing():
        _unpatch()


class Guard:
    """Refuses KMS calls outside any mock, from its making until it is stopped."""

    def __init__(self) -> None:
        self.complaints = Complaints()
        with _active.changing():
            _active.add_guard(self)
            _patch()

    def complain(self, complaint: AssertionError) -> AssertionError:
        """Remember a complaint, so that it fails the test even if the code under test swallows it."""
        self.complaints.append(complaint)
        return complaint

    def stop(self) -> None:
        """Let KMS calls go where botocore sends them."""
        with _active.changing():
            _active.remove_guard(self)
            _unpatch()


def _patch() -> None:
    for patch in (*_PATCHES, *late):
        patch.put_on()


def _unpatch() -> None:
    if active() is None and _active.guard() is None:
        for patch in (*_PATCHES, *late):
            patch.take_off()


def _check_seam(service: str, url: str) -> None:
    """Refuse a request that would leave because somebody has taken the patch off."""
    mock, guard = _active.innermost, _active.last_guard
    if (mock is None and guard is None) or _seam.is_on:
        return
    host = real_aws.host_of(url)
    others_may_leave = mock is None or mock.allow_real_aws or not real_aws.is_real_aws(host)
    if service == "kms" or not others_may_leave:
        somebody = mock or guard
        assert somebody is not None
        raise somebody.complain(real_aws.refused_past_patch(host))


_seam = EmitPatch({"before-sign": before_sign, "before-send": before_send, "needs-retry": needs_retry})
_PATCHES = (
    _seam,
    PreparePatch(_check_seam),
    AuthPatch(RequestSigner, NO_AUTH),
    EnvironmentPatch(Environment.as_it_was),
)
_active.on_test_end(after_test)

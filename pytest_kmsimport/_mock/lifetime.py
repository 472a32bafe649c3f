"""From a mock's beginning to its end: all that it changes in this process, and puts back."""

from __future__ import annotations

from .._active import Mock
from .._transports import interception as _intercept
from .._transports.environment import Environment


class Lifetime:
    """Of one mock, which may begin again when it has ended."""

    def __init__(self) -> None:
        self._environment = Environment()
        self._is_active = False
        self._has_ended = False

    def begin(self, mock: Mock) -> None:
        """Let the mock answer; raises RuntimeError where it does already."""
        if self._is_active:
            text = "This mock is active already: mock_kms_import and kms_import_mock start theirs themselves."
            raise RuntimeError(text)
        self._is_active, self._has_ended = True, False
        _intercept.activate(mock)
        self._environment.enter(mock.region, keep_credentials=mock.allow_real_aws)
        mock.leak_check.start()

    def end(self, mock: Mock) -> None:
        """Let it answer no more; raises RuntimeError where it does not."""
        if not self._is_active:
            text = (
                "This mock is not active, or not any more: mock_kms_import and kms_import_mock stop theirs themselves."
            )
            raise RuntimeError(text)
        self.make_over(mock)

    def make_over(self, mock: Mock) -> None:
        """Undo what is left of it, also where that was begun before: an interrupt leaves nothing half-way."""
        self._has_ended = True
        mock.leak_check.stop()
        self._environment.leave()
        _intercept.deactivate(mock)
        self._is_active = False

    def check_not_over(self) -> None:
        """Refuse to plan for a mock that has ended, with a RuntimeError."""
        if self._has_ended:
            raise RuntimeError("This mock has ended: plan faults while it is active, or before it begins.")

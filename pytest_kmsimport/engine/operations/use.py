"""What every use of a KMS key in cryptography checks, beyond the key's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import messages
from ..errors import (
    DryRunOperationException,
    InvalidGrantTokenException,
    InvalidKeyUsageException,
    NotOffered,
    ValidationException,
)
from ..keys import Key


def check_use(key: Key, operation: str, usage: str, algorithm: str | None = None) -> None:
    """Refuse a KMS key that was made for another use, or whose spec does not have the algorithm."""
    if key.usage != usage:
        text = messages.WRONG_USAGE.format(arn=key.arn, usage=key.usage, operation=operation)
        raise InvalidKeyUsageException(text)
    if algorithm is not None and algorithm not in key.algorithms:
        raise InvalidKeyUsageException(messages.WRONG_ALGORITHM.format(algorithm=algorithm, spec=key.spec.name))


def check_no_context(context: Mapping[str, str] | None) -> None:
    """Refuse an encryption context where the algorithm cannot bind one."""
    if context:
        raise ValidationException(messages.CONTEXT_NOT_SUPPORTED)


def check_grant_tokens(tokens: Sequence[str]) -> None:
    """Refuse every grant token: there are no grants yet that could have issued one."""
    if tokens:
        raise InvalidGrantTokenException


def check_recipient(operation: str, recipient: Mapping[str, Any] | None) -> None:
    """Fail the test where an answer for a Nitro enclave is asked for."""
    if recipient is not None:
        raise NotOffered(f"{operation} with Recipient (Nitro Enclaves) is not offered.")


def stop_if_dry(*, dry_run: bool) -> None:
    """Answer a dry run that got this far: everything was checked, and nothing is given away."""
    if dry_run:
        raise DryRunOperationException(messages.DRY_RUN)

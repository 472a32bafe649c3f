"""What the installed botocore knows: tests that enumerate AWS's values leave out those that are newer."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_kmsimport._wire import kms_model

KEY_SPECS = set(kms_model().shape_for("KeySpec").enum)


def known(specs: Iterable[str]) -> list[str]:
    """The key specs that a client can ask for."""
    return [spec for spec in specs if spec in KEY_SPECS]


def has_member(operation: str, member: str) -> bool:
    """Whether a client can send this member."""
    return member in kms_model().operation_model(operation).input_shape.members

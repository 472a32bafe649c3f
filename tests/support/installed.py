"""What the installed botocore knows: tests that enumerate AWS's values leave out those that are newer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timezone

import botocore

from pytest_kmsimport._wire.model import kms_model
from pytest_kmsimport.engine.errors import NotOffered
from pytest_kmsimport.engine.specs import SPECS
from pytest_kmsimport.engine.world import World

NEWEST_MODEL = tuple(map(int, botocore.__version__.split(".")[:2])) >= (1, 44)
OPERATION_NAMES = set(kms_model().operation_names)
KEY_SPECS = set(kms_model().shape_for("KeySpec").enum)


def _can_make(spec: str) -> bool:
    try:
        SPECS[spec].material.generate(World(lambda: datetime.now(timezone.utc), os.urandom, lambda _: None, bool))
    except NotOffered:
        return False
    return spec in KEY_SPECS


#: Whether a client can ask for keys of ML-DSA and ML-KEM, and ``cryptography`` can make them.
CAN_SIGN_ML_DSA, CAN_ENCAPSULATE = _can_make("ML_DSA_44"), _can_make("ML_KEM_768")


def known(specs: Iterable[str]) -> list[str]:
    """The key specs that a client can ask for."""
    return [spec for spec in specs if spec in KEY_SPECS]


def has_member(operation: str, member: str) -> bool:
    """Whether a client can send this member."""
    return member in kms_model().operation_model(operation).input_shape.members

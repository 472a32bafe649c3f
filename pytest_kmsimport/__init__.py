"""Test code that brings its own keys to AWS KMS, without AWS.

``mock_kms_import`` puts an in-memory AWS KMS behind botocore's real request pipeline; the fixture ``kms_import_mock``
does the same for one test. ``wrap_key_material`` is the client's half of the key ceremony.

Names are loaded when they are first used, so that importing this package costs nothing and patches nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._calls import CallRecord, Calls, CallsForgotten, Redacted
    from ._clock import Clock
    from ._decorator import mock_kms_import
    from ._faulty import MeanwhileFailed
    from ._leaks import SecretLeaked
    from ._mock import KmsImportMock, Snapshot
    from ._plans import FaultNeverStruck, Plan
    from ._real_aws import RealAwsRefused
    from ._views import KeyMaterialView, KeyView
    from .engine.errors import NotOffered
    from .wrapping import wrap_key_material

__all__ = [
    "CallRecord",
    "Calls",
    "CallsForgotten",
    "Clock",
    "FaultNeverStruck",
    "KeyMaterialView",
    "KeyView",
    "KmsImportMock",
    "MeanwhileFailed",
    "NotOffered",
    "Plan",
    "RealAwsRefused",
    "Redacted",
    "SecretLeaked",
    "Snapshot",
    "mock_kms_import",
    "wrap_key_material",
]

_HOMES = {
    "CallRecord": "_calls",
    "Calls": "_calls",
    "CallsForgotten": "_calls",
    "Clock": "_clock",
    "FaultNeverStruck": "_plans",
    "KeyMaterialView": "_views",
    "KeyView": "_views",
    "KmsImportMock": "_mock",
    "MeanwhileFailed": "_faulty",
    "NotOffered": "engine.errors",
    "Plan": "_plans",
    "RealAwsRefused": "_real_aws",
    "Redacted": "_calls",
    "SecretLeaked": "_leaks",
    "Snapshot": "_mock",
    "mock_kms_import": "_decorator",
    "wrap_key_material": "wrapping",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

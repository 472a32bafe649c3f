"""Test code that brings its own keys to AWS KMS, without AWS.

``mock_kms_import`` puts an in-memory AWS KMS behind botocore's real request pipeline; the fixture ``kms_import_mock``
does the same for one test. ``wrap_key_material`` is the client's half of the key ceremony.

Names are loaded when they are first used, so that importing this package costs nothing and patches nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._around.targets import TargetFailed
    from ._enclave.attestation import Attestation
    from ._integrated.blast_radius import BlastRadius, Dependent
    from ._mock.context import mock_kms_import
    from ._mock.core import Snapshot
    from ._mock.key_stores import CustomKeyStore
    from ._mock.mock import KmsImportMock
    from ._mock.principals import Permissions, RegisteredPrincipal
    from ._mock.server import Server
    from ._mock.statements import AttachedStatement
    from ._mock.views import KeyMaterialView, KeyView
    from ._service.call_record import CallRecord
    from ._service.calls import Calls, CallsForgotten
    from ._service.clock import Clock
    from ._service.fault_layer import MeanwhileFailed
    from ._service.leaks import SecretLeaked
    from ._service.least_privilege import LeastPrivilege
    from ._service.plans import FaultNeverStruck, Plan
    from ._service.redacted import Redacted
    from ._transports.real_aws import RealAwsRefused
    from .engine.authorization.access import Decision
    from .engine.errors import NotOffered
    from .wrapping import wrap_key_material

__all__ = [
    "AttachedStatement",
    "Attestation",
    "BlastRadius",
    "CallRecord",
    "Calls",
    "CallsForgotten",
    "Clock",
    "CustomKeyStore",
    "Decision",
    "Dependent",
    "FaultNeverStruck",
    "KeyMaterialView",
    "KeyView",
    "KmsImportMock",
    "LeastPrivilege",
    "MeanwhileFailed",
    "NotOffered",
    "Permissions",
    "Plan",
    "RealAwsRefused",
    "Redacted",
    "RegisteredPrincipal",
    "SecretLeaked",
    "Server",
    "Snapshot",
    "TargetFailed",
    "mock_kms_import",
    "wrap_key_material",
]

_HOMES = {
    "AttachedStatement": "_mock.statements",
    "BlastRadius": "_integrated.blast_radius",
    "Attestation": "_enclave.attestation",
    "CallRecord": "_service.call_record",
    "Calls": "_service.calls",
    "CallsForgotten": "_service.calls",
    "Clock": "_service.clock",
    "CustomKeyStore": "_mock.key_stores",
    "Decision": "engine.authorization.access",
    "Dependent": "_integrated.blast_radius",
    "FaultNeverStruck": "_service.plans",
    "KeyMaterialView": "_mock.views",
    "KeyView": "_mock.views",
    "KmsImportMock": "_mock.mock",
    "LeastPrivilege": "_service.least_privilege",
    "MeanwhileFailed": "_service.fault_layer",
    "NotOffered": "engine.errors",
    "Permissions": "_mock.principals",
    "Plan": "_service.plans",
    "RealAwsRefused": "_transports.real_aws",
    "Redacted": "_service.redacted",
    "RegisteredPrincipal": "_mock.principals",
    "SecretLeaked": "_service.leaks",
    "Server": "_mock.server",
    "Snapshot": "_mock.core",
    "TargetFailed": "_around.targets",
    "mock_kms_import": "_mock.context",
    "wrap_key_material": "wrapping",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

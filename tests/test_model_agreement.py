"""The operations, held against botocore's service model."""

from __future__ import annotations

import inspect

import pytest

from pytest_kmsimport._wire import kms_model
from pytest_kmsimport.engine import errors
from pytest_kmsimport.engine.operations import OPERATIONS

from .conftest import COMMON_ERRORS
from .installed import NEWEST_MODEL, OPERATION_NAMES

#: Members that a newer model leaves optional; the engine asks for them itself.
REQUIRED_IN_OLDER_MODELS = {"CiphertextBlob", "GranteePrincipal", "RetiringPrincipal"}
#: The operations that a client can ask for.
INSTALLED = [operation for name, operation in OPERATIONS.items() if name in OPERATION_NAMES]


@pytest.mark.parametrize("operation", INSTALLED, ids=lambda operation: operation.name)
def test_an_operation_takes_the_members_of_its_request(operation):
    """Every member of the installed model is a keyword; with the newest botocore, every keyword is a member too."""
    members = set(kms_model().operation_model(operation.name).input_shape.members)
    known = {*operation.parameters, *operation.not_offered}
    assert members <= known
    if NEWEST_MODEL:
        assert members == known


@pytest.mark.parametrize("operation", INSTALLED, ids=lambda operation: operation.name)
def test_an_operation_requires_what_the_model_requires(operation):
    """Arguments without default are the required members."""
    required = {"KeyId"} if operation.takes_key else set()
    for member, name in operation.parameters.items():
        parameter = inspect.signature(operation.function).parameters.get(name)
        if parameter is not None and parameter.default is inspect.Parameter.empty:
            required.add(member)
    modelled = set(kms_model().operation_model(operation.name).input_shape.required_members)
    assert required - {"KeyId"} == modelled - {"KeyId"} - REQUIRED_IN_OLDER_MODELS
    assert operation.takes_key == ("KeyId" in modelled)


def test_operations_are_aws_operations():
    """There is no operation that AWS does not have."""
    newer = {"Decapsulate", "Encapsulate", "GetKeyLastUsage"}
    assert set(OPERATIONS) - newer <= OPERATION_NAMES
    if NEWEST_MODEL:
        assert newer <= OPERATION_NAMES


def test_every_error_is_one_that_some_operation_models():
    """An error class is in the service model, or one of the few that every AWS service can answer with."""
    on_the_wire = {"SerializationException", *COMMON_ERRORS}
    codes = {cls.__name__ for cls in errors.KmsError.__subclasses__() if cls.__module__ == errors.__name__}
    assert codes - on_the_wire <= {shape.name for shape in kms_model().error_shapes}

"""The operations, held against botocore's service model."""

from __future__ import annotations

import inspect

import pytest

from pytest_kmsimport._wire.model import kms_model
from pytest_kmsimport.engine import errors
from pytest_kmsimport.engine.operations import OPERATIONS

from ..conftest import COMMON_ERRORS
from ..support.installed import NEWEST_MODEL, OPERATION_NAMES

#: Members that a newer model leaves optional; the engine asks for them itself.
REQUIRED_IN_OLDER_MODELS = {"CiphertextBlob", "GranteePrincipal", "RetiringPrincipal"}
#: The operations that a client can ask for.
INSTALLED = [operation for name, operation in OPERATIONS.items() if name in OPERATION_NAMES]


@pytest.mark.parametrize("operation", INSTALLED, ids=lambda operation: operation.name)
def test_an_operation_takes_the_members_of_its_request(operation):
    """Every member of the installed model is a keyword; with the newest botocore, every keyword is a member too."""
    members = set(kms_model().operation_model(operation.name).input_shape.members)
    known = {*operation.parameters, *operation.traits.not_offered}
    assert members <= known, f"take {sorted(members - known)} as keywords, or name them in not_offered"
    if NEWEST_MODEL:
        assert members == known


@pytest.mark.parametrize("operation", INSTALLED, ids=lambda operation: operation.name)
def test_an_operation_requires_what_the_model_requires(operation):
    """Arguments without default are the required members."""
    required = {"KeyId"} if (operation.takes == "key") else set()
    for member, name in operation.parameters.items():
        parameter = inspect.signature(operation.function).parameters.get(name)
        if parameter is not None and parameter.default is inspect.Parameter.empty:
            required.add(member)
    modelled = set(kms_model().operation_model(operation.name).input_shape.required_members)
    assert required - {"KeyId"} == modelled - {"KeyId"} - REQUIRED_IN_OLDER_MODELS
    assert (operation.takes == "key") == ("KeyId" in modelled)


@pytest.mark.parametrize("operation", INSTALLED, ids=lambda operation: operation.name)
def test_what_an_operation_says_of_itself_agrees_with_the_model(operation):
    """The keys that it names, its secrets, its use and its refusals are in AWS's model of it."""
    traits, model = operation.traits, kms_model().operation_model(operation.name)
    members = set(model.input_shape.members)
    keys = {name for name in members if name.endswith("KeyId")} - {"XksKeyId"}
    assert set(traits.keys) == keys, f"write @operation(keys={tuple(sorted(keys))})"
    answer = set(model.output_shape.members) if model.output_shape is not None else set()
    assert set(traits.secrets) <= answer
    assert traits.repeated in {None, *(shape.name for shape in model.error_shapes)}
    assert not (traits.changes and traits.reads)
    if traits.changes or traits.reads:
        assert operation.takes == "key", "changes and reads are for operations whose function takes a key"
    if traits.usage is not None and NEWEST_MODEL:
        assert {"GrantTokens", "DryRun"} <= members


def test_secrets_made_for_the_caller_are_told():
    """Whatever answer has a plaintext or a shared secret that was not asked to be decrypted."""
    secret = {"Plaintext", "PrivateKeyPlaintext", "SharedSecret"}
    for operation in INSTALLED:
        output = kms_model().operation_model(operation.name).output_shape
        there = secret & set(output.members) if output is not None else set()
        if operation.name not in {"Decrypt", "GenerateRandom"}:
            assert set(operation.traits.secrets) == there, operation.name


@pytest.mark.skipif(not NEWEST_MODEL, reason="the newest model knows all operations that can be granted")
def test_grants_can_permit_what_the_model_says():
    """Each name of GrantOperation is that of one operation."""
    names = [name for operation in OPERATIONS.values() for name in operation.traits.grants]
    assert sorted(names) == sorted(kms_model().shape_for("GrantOperation").enum)


def test_operations_are_aws_operations():
    """There is no operation that AWS does not have."""
    newer = {"Decapsulate", "Encapsulate", "GetKeyLastUsage"}
    unknown = sorted(set(OPERATIONS) - newer - OPERATION_NAMES)
    assert not unknown, f"botocore's model has no {unknown}; what only the newest one has stands in newer"
    if NEWEST_MODEL:
        assert newer <= OPERATION_NAMES


def test_every_error_is_one_that_some_operation_models():
    """An error class is in the service model, or one of the few that every AWS service can answer with."""
    on_the_wire = {"SerializationException", *COMMON_ERRORS}
    codes = {cls.__name__ for cls in errors.KmsError.__subclasses__() if cls.__module__ == errors.__name__}
    assert codes - on_the_wire <= {shape.name for shape in kms_model().error_shapes}

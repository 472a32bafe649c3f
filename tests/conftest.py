"""Fixtures of the tests, and the check that every answer of every test keeps to botocore's service model."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis  # loaded once, and not again for every run of pytest within this process
import pytest
from botocore.validate import ParamValidator

from pytest_kmsimport import wrap_key_material
from pytest_kmsimport._wire.model import kms_model
from pytest_kmsimport.engine.call import Answer, Call
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.errors import KmsError

from .support.clients import warm_client

#: Errors that any operation can answer with, beside those that the model lists for it.
COMMON_ERRORS = {"ValidationException", "AccessDeniedException", "NotAuthorizedException"}

# Examples for each property that does not say how many: few while one works, and as many as there is time for with
# --hypothesis-profile=thorough.
hypothesis.settings.register_profile("quick", max_examples=30)
hypothesis.settings.register_profile("longer", max_examples=100)
hypothesis.settings.register_profile("thorough", max_examples=1000)
hypothesis.settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long to look for requests that are not answered as AWS would, and where."""
    parser.addoption("--fuzz-requests", type=int, default=1500, help="how many mangled requests to send to each mock")
    parser.addoption("--fuzz-operation", help="send those alone that are made from one operation's")
    parser.addoption("--fuzz-seed", help="send the same ones again: the seed that a failure has named")


@pytest.fixture(autouse=True)
def answers_agree_with_the_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold every answer of the engine, in every test, against the operation's output shape and modelled errors."""
    answer = Engine.answer
    disagreements: list[str] = []

    def held_against_the_model(self: Engine, call: Call) -> Answer:
        model = kms_model().operation_model(call.operation)
        answered = answer(self, call)
        response = answered.result
        if isinstance(response, KmsError):
            if response.code not in COMMON_ERRORS | {shape.name for shape in model.error_shapes}:
                disagreements.append(f"{call.operation} does not model {response.code}")
        elif model.output_shape is None:
            if response:
                disagreements.append(f"{call.operation} has no output, and got {response}")
        else:
            report = ParamValidator().validate(response, model.output_shape)
            unknown = set(response) - set(model.output_shape.members)
            if report.has_errors() or unknown:
                disagreements.append(f"{call.operation}: {report.generate_report()} {unknown or ''}")
        return answered

    monkeypatch.setattr(Engine, "answer", held_against_the_model)
    yield
    assert not disagreements


@pytest.fixture
def kms(kms_import_mock):
    """A botocore client of the mock's own account and Region."""
    return warm_client(kms_import_mock.region)


@pytest.fixture
def make_key(kms):
    """Make a KMS key with imported origin, or with what else CreateKey takes, and give its key ID."""

    def make(**members: object) -> str:
        key_id: str = kms.create_key(**{"Origin": "EXTERNAL", **members})["KeyMetadata"]["KeyId"]
        return key_id

    return make


@pytest.fixture
def import_material(kms):
    """Hold a ceremony for an existing KMS key and give ImportKeyMaterial's response."""

    def hold(key_id: str, material: bytes, **members: object):
        parameters = kms.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        blob = wrap_key_material(parameters["PublicKey"], material, "RSAES_OAEP_SHA_256")
        if "ValidTo" not in members:
            members.setdefault("ExpirationModel", "KEY_MATERIAL_DOES_NOT_EXPIRE")
        return kms.import_key_material(
            KeyId=key_id, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=blob, **members
        )

    return hold

"""Every fault at every operation, as a client sees it: what ``Case.expect`` says is what happens."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ParamValidationError

from pytest_kmsimport import faults, mock_kms_import
from pytest_kmsimport.faults import Case
from pytest_kmsimport.faults._catalogue import everything

from ..support.clients import warm_client
from ..support.fault_table import MODES
from ..support.prepared import OF_AWS_KMS, OFFERED, prepare


def outcome(kms, operation, request):
    """The exception's class, the error code and whether the answer was empty, as an Expectation has them."""
    try:
        response = kms._make_api_call(operation, request)
    except Exception as error:  # noqa: BLE001  whatever a fault leads to
        return type(error), (getattr(error, "response", None) or {}).get("Error", {}).get("Code"), False
    return None, None, set(response) == {"ResponseMetadata"}


def has_output(kms, operation):
    """Whether the operation answers with anything."""
    shape = kms.meta.service_model.operation_model(operation).output_shape
    return shape is not None and bool(shape.members)


def check(case, mode="standard"):
    """Let a case happen, and hold it against what it says of itself."""
    with mock_kms_import() as mock:
        kms = warm_client(mock.region, Config(retries={"mode": mode}))
        request = prepare(warm_client(mock.region), mock, case.operation)
        plan = mock.inject(case.fault, case.operation, times=case.times)
        if isinstance(case.fault, faults.StaleRead):
            kms.tag_resource(KeyId=request["KeyId"], Tags=[{"TagKey": "new", "TagValue": "x"}])
        expected = case.expect(kms)
        exception, code, empty = outcome(kms, case.operation, request)
        assert exception is not ParamValidationError, f"tests/support/prepared.py has no request of {case.operation}"
        record = mock.calls[-1]
        assert (exception, code) == (expected.exception, expected.error_code)
        assert empty == expected.empty or not has_output(kms, case.operation)
        assert record.attempts == expected.attempts
        assert (record.effects > 0) == expected.takes_effect
        assert plan.strikes == len(record.faults) > 0
        assert record.error == (None if exception is None else code or exception.__name__)
        assert set(record.faults) == {case.fault}


@pytest.mark.parametrize("kind", faults.KINDS)
@pytest.mark.parametrize("operation", OFFERED)
def test_what_a_client_sees(operation, kind):
    """Exception, error code, attempts and effect of each fault of a kind, at all attempts."""
    for fault in everything(operation):
        if fault.kind == kind and not (kind == "race" and operation in OF_AWS_KMS):
            check(Case(operation, fault))


@pytest.mark.parametrize("operation", OFFERED)
def test_a_lost_answer_and_another_attempt(operation):
    """botocore asks again for what was done already, and some operations cannot be done twice."""
    check(Case(operation, faults.AnswerLost(), times=1))


def test_a_lost_request_and_another_attempt():
    """What was never done can be done once."""
    check(Case("ScheduleKeyDeletion", faults.ReadTimeout(), times=1))


@pytest.mark.parametrize("seconds", [59.9, 60, 60.1])
def test_an_answer_as_late_as_the_read_timeout(seconds):
    """botocore's is 60 seconds."""
    check(Case("ListKeys", faults.Slow(seconds)))


def test_a_lost_answer_makes_a_second_key(kms_import_mock):
    """botocore tries CreateKey again, and nobody knows of the first KMS key."""
    kms_import_mock.inject(faults.AnswerLost(), on="CreateKey", times=1)
    kms = kms_import_mock.client()
    kms.create_key(Origin="EXTERNAL")
    assert len(kms.list_keys()["Keys"]) == 2
    assert kms_import_mock.calls.to("CreateKey")[0].effects == 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("operation", "times"), [("ImportKeyMaterial", 1), ("ImportKeyMaterial", None), ("CreateKey", 2)]
)
def test_what_a_client_sees_in_each_retry_mode(operation, mode, times):
    """The same, for the operations of the ceremony, where the fault passes before the client gives up and where not."""
    for fault in everything(operation):
        check(Case(operation, fault, times), mode)


@pytest.mark.parametrize(
    ("operation", "fault", "error", "said"),
    [
        ("Encypt", faults.ReadTimeout(), ValueError, "no operation of AWS KMS. Did you mean Encrypt?"),
        ("Encrypt", "ReadTimeout", TypeError, "'ReadTimeout' is no fault"),
        ("CreateKey", faults.StaleRead(), ValueError, "StaleRead() cannot happen to CreateKey"),
    ],
)
def test_a_case_that_cannot_be(operation, fault, error, said):
    """It is refused where it is written."""
    with pytest.raises(error) as caught:
        Case(operation, fault)
    assert said in str(caught.value)


@pytest.mark.parametrize("service", ["s3", "sts"])
def test_a_case_expects_nothing_of_other_clients(kms_import_mock, service):
    """What the client of another service would see is not known."""
    client = boto3.client(service, region_name="eu-west-1")
    with pytest.raises(TypeError, match="takes a client of AWS KMS"):
        Case("Encrypt", faults.ReadTimeout()).expect(client)


@pytest.mark.parametrize("meant", ["Throttled", "throttling", "ThrottlingError"])
def test_a_refusal_asks_what_was_meant(meant):
    """With and without the end that most error codes have."""
    with pytest.raises(ValueError, match="Did you mean ThrottlingException"):
        faults.Refusal(meant)

"""What services are made to say, held against botocore's models of them."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from pytest_kmsimport._integrated.requests import Refused, Request
from pytest_kmsimport._integrated.services import INTEGRATIONS

#: Codes that any operation of a service can answer with, which models do not list.
COMMON = {"AccessDeniedException", "InternalError", "ThrottlingException"}
#: What AWS KMS may say to a service.
REFUSALS = [
    Refused("AccessDeniedException", "x", 400, ""),
    Refused("DisabledException", "x", 400, ""),
    Refused("KMSInvalidStateException", "x", 400, ""),
    Refused("NotFoundException", "x", 400, ""),
    Refused("ThrottlingException", "x", 400, ""),
    Refused("KMSInternalException", "x", 500, ""),
]
ROWS = [(name, operation) for name, integration in INTEGRATIONS.items() for operation in integration.needs]


def model_of(name):
    """botocore's model of a service."""
    return botocore.session.get_session().get_service_model(INTEGRATIONS[name].name)


@pytest.mark.parametrize(("name", "operation"), ROWS)
def test_operations_and_errors(name, operation):
    """Every operation is there under that name, and models what it is refused with; S3 models nothing."""
    model = model_of(name)
    assert model.service_id.hyphenize() == name
    shapes = model.operation_model(operation).error_shapes
    if name == "s3":
        return
    known = {shape.error_code or shape.name for shape in shapes} | {shape.name for shape in shapes} | COMMON
    parser = create_parser(model.protocol)
    for members in ({}, {"KmsKeyId": "x"}) if name == "secrets-manager" else ({},):
        request = Request(operation, None, "us-east-1", "123456789012", None)
        request.__dict__["members"] = members
        for refused in REFUSALS:
            refusal = INTEGRATIONS[name].refuse(request, refused)
            status, headers, body = INTEGRATIONS[name].write(refusal, "id")
            answer = {"status_code": status, "headers": HeadersDict(headers), "body": body}
            error = parser.parse(answer, model.operation_model(operation).output_shape)["Error"]
            assert error["Message"] == refusal.message
            assert error["Code"] == refusal.code
            code = error.get("QueryErrorCode", error["Code"])
            assert code in known, f"{operation}: {code} is none of {sorted(known)}"

"""Whose call it is, and in which Region: what was signed, whatever else happens between signing and sending."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from pytest_kmsimport import mock_kms_import

OTHER = ("eu-west-3", "111122223333")


def where(kms):
    """The Region and account of a KMS key that a client makes."""
    return tuple(kms.create_key()["KeyMetadata"]["Arn"].split(":")[3:5])


@contextmanager
def in_a_handler(kms, event, act):
    """Have something done by a handler of the client's."""
    kms.meta.events.register(f"{event}.kms", lambda **_: act())
    yield


@contextmanager
def in_a_log_handler(_kms, _event, act):
    """Have something done by whatever writes botocore's log, when a request is about to be sent."""
    handler, logger = logging.Handler(), logging.getLogger("botocore.endpoint")
    handler.emit = lambda record: act() if record.msg.startswith("Sending http request") else None
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(handler)


MOMENTS = {
    "provide-client-params": in_a_handler,
    "before-call": in_a_handler,
    "request-created": in_a_handler,
    "choose-signer": in_a_handler,
    "before-sign": in_a_handler,
    "the log": in_a_log_handler,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_call_within_a_call_does_not_take_its_place(kms_import_mock, moment):
    """A handler that asks another account in another Region changes nothing for the call that it comes in between."""
    seen = []

    def ask_elsewhere():
        if not seen:  # and not for its own call
            seen.append(None)
            seen[0] = where(kms_import_mock.client(*OTHER))

    kms = kms_import_mock.client("ap-south-1", "444455556666")
    with MOMENTS[moment](kms, moment, ask_elsewhere):
        assert where(kms) == ("ap-south-1", "444455556666")
    assert seen == [OTHER]


@pytest.mark.parametrize("first", [False, True], ids=["nobody before", "after a call elsewhere"])
def test_an_unsigned_request_is_of_its_clients_region(kms_import_mock, first):
    """A client whose signing handler was taken off asks its own Region, whoever has signed before."""
    if first:
        where(kms_import_mock.client(*OTHER))
    kms = boto3.client("kms", "ap-south-1")
    kms.meta.events.unregister("request-created.kms", kms._request_signer.handler)
    assert where(kms) == ("ap-south-1", kms_import_mock.account)


def test_a_request_is_of_the_region_that_it_is_signed_for(kms_import_mock):
    """A client that signs by a handler of its own, for another account and Region, is answered there."""
    kms = boto3.client("kms", "ap-south-1")
    kms.meta.events.unregister("request-created.kms", kms._request_signer.handler)
    signer = SigV4Auth(Credentials(OTHER[1], "secret"), "kms", OTHER[0])
    kms.meta.events.register("request-created.kms", lambda request, **_: signer.add_auth(request))
    assert where(kms) == OTHER


def test_an_access_key_may_have_a_slash(kms_import_mock):
    """However made up it is."""
    kms = boto3.client("kms", "ap-south-1", aws_access_key_id="made/up", aws_secret_access_key="x")
    assert where(kms) == ("ap-south-1", kms_import_mock.account)


def test_the_newest_signing_algorithm_names_no_region(kms_import_mock):
    """What is signed for a set of Regions is of the client's own."""
    kms = boto3.client("kms", "ap-south-1")
    authorization = "AWS4-ECDSA-P256-SHA256 Credential=111122223333/20261124/kms/aws4_request, SignedHeaders=host"
    kms.meta.events.register_last(
        "request-created.kms", lambda request, **_: request.headers.replace_header("Authorization", authorization)
    )
    assert where(kms) == ("ap-south-1", kms_import_mock.account)


def test_a_request_with_nothing_but_itself_is_answered(kms_import_mock):
    """A request that did not come from a method of a client, and is not signed, is of the mock's own Region."""
    kms = boto3.client("kms", "ap-south-1")
    kms.meta.events.unregister("request-created.kms", kms._request_signer.handler)
    headers = {"X-Amz-Target": "TrentService.CreateKey", "Content-Type": "application/x-amz-json-1.1"}
    request = {"method": "POST", "url": kms.meta.endpoint_url, "body": b"{}", "headers": headers, "context": {}}
    model = kms.meta.service_model.operation_model("CreateKey")
    parsed = kms._endpoint.make_request(model, request)[1]
    assert parsed["KeyMetadata"]["Arn"].split(":")[3:5] == [kms_import_mock.region, kms_import_mock.account]


def test_urls_can_be_presigned(kms_import_mock):
    """A presigned URL is botocore's own business, and no call."""
    kms = boto3.client("kms", "ap-south-1")
    url = kms.generate_presigned_url("list_keys")
    assert url.startswith("https://kms.ap-south-1.amazonaws.com/?")
    assert "%2Fap-south-1%2Fkms%2Faws4_request" in url
    assert not kms_import_mock.calls


def test_urls_can_be_presigned_without_credentials(monkeypatch):
    """With a client that was built when there were none."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/does/not/exist")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    kms = boto3.client("kms", "ap-south-1")
    with mock_kms_import():
        assert "X-Amz-Signature=" in kms.generate_presigned_url("list_keys")


def test_a_signer_of_ones_own_signs(kms_import_mock):
    """A RequestSigner that somebody has made signs what it is given, request of a client or not."""
    events = boto3.client("kms", "ap-south-1").meta.events
    signer = RequestSigner(ServiceId("KMS"), "ap-south-1", "kms", "v4", Credentials("anybody", "secret"), events)
    request = AWSRequest("POST", "https://kms.ap-south-1.amazonaws.com/", data=b"{}")
    signer.sign("ListKeys", request)
    assert "Credential=anybody/" in request.headers["Authorization"]


def test_each_attempt_is_of_the_same_caller(kms_import_mock):
    """Retries are signed anew, and answered in the same place."""
    kms = boto3.client("kms", "ap-south-1", config=Config(retries={"mode": "standard"}))
    with pytest.raises(kms.exceptions.LimitExceededException):
        kms.create_key(Policy="x" * 40_000)
    (call,) = kms_import_mock.calls
    assert (call.attempts, call.region) == (3, "ap-south-1")


def test_threads_do_not_take_each_others_place(kms_import_mock):
    """Many threads in many accounts and Regions at once are each answered in their own."""
    callers = [(region, f"{number:012}") for number, region in enumerate(["eu-west-1", "us-west-2", "sa-east-1"] * 4)]
    with ThreadPoolExecutor(len(callers)) as pool:
        clients = [kms_import_mock.client(*caller) for caller in callers]
        for _ in range(5):
            assert list(pool.map(where, clients)) == callers

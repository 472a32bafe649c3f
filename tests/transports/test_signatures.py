"""What the mock answers in memory is not signed, and nobody can see that; everything else is."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from copy import deepcopy
from io import BytesIO
from types import SimpleNamespace

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.auth import AUTH_TYPE_MAPS, SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse, HeadersDict
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import UnknownSignatureVersionError
from botocore.history import get_global_history_recorder
from botocore.signers import RequestSigner

from pytest_kmsimport import faults, mock_kms_import
from pytest_kmsimport._transports.interception import Guard

ACCOUNT = "111122223333"


@pytest.fixture
def signatures(monkeypatch):
    """The requests that are really signed, by their targets."""
    signed = []
    add_auth = SigV4Auth.add_auth

    def count(self, request):
        signed.append(request.headers.get("X-Amz-Target", "another"))
        add_auth(self, request)

    monkeypatch.setattr(SigV4Auth, "add_auth", count)
    return signed


def client_of(account=ACCOUNT, **config):
    """A client of an account, as code under test builds one."""
    return boto3.client(
        "kms", "eu-west-1", aws_access_key_id=account, aws_secret_access_key="x", config=Config(**config)
    )


def account_of(kms):
    """The account that a client acts in."""
    return kms.create_key()["KeyMetadata"]["AWSAccountId"]


def test_a_call_is_not_signed(kms_import_mock, signatures):
    """And is of the caller that it would have been signed by."""
    assert account_of(client_of()) == ACCOUNT
    assert not signatures


def test_each_attempt_is_of_the_same_caller_unsigned(kms_import_mock, signatures):
    """Retries are not signed either, and by nobody else."""
    kms_import_mock.inject([faults.ReadTimeout(), faults.Refusal("KMSInternalException")], "CreateKey")
    assert account_of(client_of(retries={"mode": "standard", "total_max_attempts": 4})) == ACCOUNT
    assert (kms_import_mock.calls[-1].attempts, signatures) == (3, [])


@pytest.mark.kms_import(sign_requests=True)
def test_another_mock_signs_a_later_attempt(kms_import_mock, signatures):
    """Where the one that answered the first has ended, what that left out is no matter."""
    kms, unsigned = client_of(retries={"mode": "standard"}), ExitStack()
    inner = unsigned.enter_context(mock_kms_import(account="999999999999"))
    inner.inject(faults.ReadTimeout(), "CreateKey", times=1)
    kms.meta.events.register("needs-retry.kms", lambda **_: unsigned.close())
    assert account_of(kms) == ACCOUNT
    assert len(kms_import_mock.calls) == 1
    assert signatures == ["TrentService.CreateKey"]


def test_a_handler_copies_what_a_request_carries(kms_import_mock):
    """As ever: credentials that are left out do not get in the way."""
    kms, copies = client_of(), []
    for event in ("before-sign.kms", "response-received.kms"):
        kms.meta.events.register(
            event,
            lambda request=None, context=None, **_: copies.append(deepcopy(context or request.context)["signing"]),
        )
    kms.list_keys()
    assert [signing["request_credentials"].access_key for signing in copies] == [ACCOUNT] * 2


@pytest.mark.kms_import(sign_requests=True)
def test_a_call_is_signed_where_that_is_asked_for(kms_import_mock, signatures):
    """For code that looks at what is signed in ways of its own."""
    assert account_of(client_of()) == ACCOUNT
    assert signatures == ["TrentService.CreateKey"]


@pytest.mark.parametrize("sign", [False, True])
@pytest.mark.parametrize("event", ["choose-signer", "before-sign"])
def test_handlers_see_what_they_always_see(signatures, event, sign):
    """The events of signing come, with the same arguments, once for each attempt."""
    seen = []
    kms = client_of()
    kms.meta.events.register(f"{event}.kms.CreateKey", lambda **told: seen.append(told))
    with mock_kms_import(sign_requests=sign):
        account_of(kms)
    (told,) = seen
    assert (told["signature_version"], told["signing_name"], told["region_name"]) == ("v4", "kms", "eu-west-1")


@pytest.mark.usefixtures("kms_import_mock")
@pytest.mark.parametrize("register", ["register_last", "register"])
def test_who_looks_at_a_signed_request_finds_it_signed(signatures, register):
    """A handler that gets the request after its signer has its signature; one before never had it."""
    seen = []
    kms = client_of()
    getattr(kms.meta.events, register)(
        "request-created.kms", lambda request, **_: seen.append("Authorization" in request.headers)
    )
    assert account_of(kms) == ACCOUNT
    assert seen == [True]


@pytest.mark.usefixtures("kms_import_mock")
def test_choose_signer_is_honoured(signatures):
    """A handler decides that the request is not signed, or by what."""
    kms = client_of()
    kms.meta.events.register("choose-signer.kms.ListKeys", lambda **_: UNSIGNED)
    kms.list_keys()
    assert not signatures
    used = []

    class OfOnesOwn(SigV4Auth):
        def add_auth(self, request):
            used.append(self.credentials.access_key)

    AUTH_TYPE_MAPS["of-ones-own"] = OfOnesOwn
    try:
        kms.meta.events.register("choose-signer.kms.CreateKey", lambda **_: "of-ones-own")
        assert account_of(kms) == ACCOUNT
    finally:
        del AUTH_TYPE_MAPS["of-ones-own"]
    assert used == [ACCOUNT]


@pytest.mark.usefixtures("kms_import_mock")
def test_an_unknown_algorithm_is_refused_by_botocore():
    """As without the mock."""
    kms = client_of()
    kms.meta.events.register("choose-signer.kms", lambda **_: "v5")
    with pytest.raises(UnknownSignatureVersionError):
        kms.list_keys()


@pytest.mark.usefixtures("kms_import_mock")
@pytest.mark.parametrize("name", ["botocore.endpoint", "botocore.auth"])
def test_a_log_of_requests_has_them_signed(caplog, signatures, name):
    """Where botocore logs what it sends, or how it signs that, it does so as ever."""
    with caplog.at_level(logging.DEBUG, name):
        client_of().list_keys()
    assert signatures == ["TrentService.ListKeys"]


@pytest.mark.usefixtures("kms_import_mock")
def test_a_history_of_requests_has_them_signed():
    """botocore's recorder gets what would have gone over the wire."""
    events = []
    recorder = get_global_history_recorder()
    recorder.add_handler(SimpleNamespace(emit=lambda *event: events.append(event)))
    recorder.enable()
    try:
        client_of().list_keys()
    finally:
        recorder.disable()
        recorder._handlers.pop()
    sent = next(payload for kind, payload, _ in events if kind == "HTTP_REQUEST")
    assert {"Authorization", "Content-Length", "X-Amz-Date"} <= set(sent["headers"])


@pytest.mark.usefixtures("kms_import_mock")
def test_who_signs_within_a_call_signs(signatures):
    """A handler of the call that signs something by hand, with the client's own signer or another one."""
    requests = []

    def sign(request_signer, **_):
        others = RequestSigner(
            kms.meta.service_model.service_id, "eu-west-1", "kms", "v4", Credentials("other", "x"), kms.meta.events
        )
        if not requests:
            for signer in (request_signer, others):
                requests.append(AWSRequest("POST", "https://kms.eu-west-1.amazonaws.com/", data=b"{}"))
                signer.sign("ListKeys", requests[-1])

    kms = client_of()
    kms.meta.events.register("before-sign.kms.CreateKey", sign)
    assert account_of(kms) == ACCOUNT
    for request, who in zip(requests, (ACCOUNT, "other"), strict=True):
        assert f"Credential={who}/" in request.headers["Authorization"]
    assert signatures == ["another", "another"]


def test_credentials_that_are_fresh_are_the_callers(kms_import_mock, signatures):
    """Refreshable ones as well; they are asked for their access key as botocore would."""
    session = botocore.session.Session()
    kms = session.create_client("kms", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    kms._request_signer._credentials = RefreshableCredentials.create_from_metadata(
        {"access_key": ACCOUNT, "secret_key": "x", "token": "x", "expiry_time": "2990-01-01T00:00:00Z"},
        refresh_using=lambda: pytest.fail("nothing is to be refreshed"),
        method="test",
    )
    assert account_of(kms) == ACCOUNT
    assert not signatures


def test_a_patch_on_top_signs_with_the_clients_credentials(kms_import_mock, monkeypatch, signatures):
    """Somebody who takes the place of what signs gets credentials that he can sign with."""
    inner = RequestSigner.get_auth_instance.__wrapped__
    monkeypatch.setattr(RequestSigner, "get_auth_instance", inner)
    assert account_of(client_of()) == ACCOUNT
    assert signatures == ["TrentService.CreateKey"]


def answer_beyond_mocks(kms, sent):
    """Let a client's own handler answer what goes out, and note it."""

    def answer(request, **_):
        body = BytesIO(b'{"Keys": []}')
        body.stream = lambda: iter([body.read()])
        sent.append(request)
        return AWSResponse("https://kms", 200, {}, body)

    kms.meta.events.register("before-send.kms", answer)


def test_after_the_mock_calls_are_signed(signatures):
    """Nothing stays."""
    kms = client_of(retries={"total_max_attempts": 1})
    with mock_kms_import():
        kms.list_keys()
    assert not signatures
    answer_beyond_mocks(kms, [])
    kms.list_keys()
    assert signatures == ["TrentService.ListKeys"]


@pytest.mark.parametrize("event", ["before-sign", "needs-retry"])
def test_a_mock_that_ends_within_a_call_leaves_a_whole_request(event):
    """It is signed and made ready for the wire, also where the guard keeps everything patched."""
    kms, sent, guard, ends = client_of(retries={"mode": "standard"}), [], Guard(), ExitStack()
    inner = ends.enter_context(mock_kms_import(faults_must_strike=False))
    inner.inject(faults.ReadTimeout(), times=1)
    kms.meta.events.register(f"{event}.kms", lambda **_: ends.close())
    answer_beyond_mocks(kms, sent)
    try:
        kms.list_keys()
    finally:
        guard.stop()
    assert {"Authorization", "Content-Length"} <= set(sent[0].headers)
    assert isinstance(sent[0].headers, HeadersDict)

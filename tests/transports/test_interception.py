"""Every botocore client reaches the mock, whenever and however it was built, and nothing else does."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from textwrap import dedent
from threading import Event, Thread
from unittest.mock import patch

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials, RefreshableCredentials
from botocore.exceptions import ClientError
from botocore.hooks import EventAliaser
from botocore.httpsession import URLLib3Session
from botocore.stub import Stubber
from moto import mock_aws

from pytest_kmsimport import NotOffered, RealAwsRefused, mock_kms_import
from pytest_kmsimport._transports.interception import Guard
from pytest_kmsimport.engine.operations import OPERATIONS

RETRY_MODES = ("legacy", "standard", "adaptive")
TOO_LONG_POLICY = "x" * 40_000
KEYS = {"aws_access_key_id": "anybody", "aws_secret_access_key": "secret"}


@pytest.fixture
def sent(monkeypatch):
    """Answer what botocore would send over the network with an empty 200, and list the URLs."""
    urls = []

    def send(_, request):
        urls.append(request.url)
        body = type("Raw", (), {"stream": lambda *_, **__: iter([b"{}"])})()
        return AWSResponse(request.url, 200, {}, body)

    monkeypatch.setattr(URLLib3Session, "send", send)
    return urls


@pytest.fixture
def loopback_server():
    """A web server on loopback that answers every POST with 200 and an empty JSON object; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def arn_of_new_key(kms) -> str:
    """Make a KMS key and give its ARN."""
    return kms.create_key()["KeyMetadata"]["Arn"]


def build_with_boto3():
    """A client of boto3's default session."""
    return boto3.client("kms", region_name="us-east-1", **KEYS)


def build_with_boto3_session():
    """A client of a boto3 session that holds the credentials."""
    return boto3.Session(region_name="us-east-1", **KEYS).client("kms")


def build_with_botocore():
    """A client without boto3."""
    return botocore.session.Session().create_client("kms", region_name="us-east-1", **KEYS)


BUILDERS = [build_with_boto3, build_with_boto3_session, build_with_botocore]


@pytest.mark.parametrize("build", BUILDERS)
def test_a_client_built_before_the_mock_is_answered(build):
    """A client that a module made when it was imported reaches the mock."""
    kms = build()
    with mock_kms_import() as mock:
        assert mock.key(arn_of_new_key(kms)).state == "Enabled"


@pytest.mark.parametrize("build", BUILDERS)
def test_a_client_built_within_the_mock_is_answered(build):
    """A client that is made while the mock is active reaches it."""
    with mock_kms_import() as mock:
        assert mock.key(arn_of_new_key(build())).state == "Enabled"


@pytest.mark.parametrize("build", [lambda: boto3.client("kms"), lambda: boto3.Session().client("kms")])
def test_neither_credentials_nor_region_are_needed(build, monkeypatch):
    """A client that is given nothing acts in the mock's account and Region."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    with mock_kms_import(region="eu-west-3", account="210987654321"):
        assert arn_of_new_key(build()).startswith("arn:aws:kms:eu-west-3:210987654321:key/")


def test_a_client_built_before_the_mock_without_credentials_is_answered(monkeypatch):
    """Signing does not ask for credentials that were not there when the client was built."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/does/not/exist")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    kms = botocore.session.Session().create_client("kms", region_name="us-east-1")
    with mock_kms_import():
        assert arn_of_new_key(kms).startswith("arn:aws:kms:us-east-1:123456789012:key/")


def test_clients_work_in_threads(kms_import_mock):
    """Clients that threads build, and one that they share, all reach the one mock."""
    shared = boto3.client("kms")
    clients = [None, None, None, shared, shared, shared]
    with ThreadPoolExecutor(6) as pool:
        # Each thread has a boto3 session of its own, because boto3's default session is not safe to share.
        arns = list(pool.map(lambda kms: arn_of_new_key(kms or boto3.Session().client("kms")), clients))
    assert {kms_import_mock.key(arn).arn for arn in arns} == set(arns)


HOSTS = {
    "https://kms.eu-west-1.amazonaws.com": ("aws", "eu-west-1", {}),
    "https://kms.eu-west-1.api.aws": ("aws", "eu-west-1", {"config": Config(use_dualstack_endpoint=True)}),
    "https://kms-fips.us-west-2.amazonaws.com": ("aws", "us-west-2", {"config": Config(use_fips_endpoint=True)}),
    "https://vpce-0a1b-2c3d.kms.eu-west-1.vpce.amazonaws.com": ("aws", "eu-west-1", "endpoint_url"),
    "https://kms.cn-north-1.amazonaws.com.cn": ("aws-cn", "cn-north-1", {}),
    "https://kms.us-gov-west-1.amazonaws.com": ("aws-us-gov", "us-gov-west-1", {}),
    "http://localhost:4566": ("aws", "ap-south-1", "endpoint_url"),
    "https://kms.example.com": ("aws", "sa-east-1", "endpoint_url"),
}


@pytest.mark.parametrize("url", HOSTS)
@pytest.mark.parametrize("signature", [None, UNSIGNED], ids=["signed", "unsigned"])
def test_every_endpoint_is_answered_in_its_region(kms_import_mock, url, signature):
    """Whatever the host is called, the KMS key is made in the Region and partition of the client."""
    partition, region, options = HOSTS[url]
    options = {"endpoint_url": url} if options == "endpoint_url" else dict(options)
    options["config"] = options.get("config", Config()).merge(Config(signature_version=signature))
    kms = boto3.client("kms", region_name=region, **options)
    assert kms.meta.endpoint_url == url
    assert arn_of_new_key(kms).startswith(f"arn:{partition}:kms:{region}:{kms_import_mock.account}:key/")


def test_a_pseudo_region_stands_for_its_region(kms_import_mock):
    """``us-west-2-fips`` is a way to write the FIPS endpoint of us-west-2."""
    assert ":us-west-2:" in arn_of_new_key(boto3.client("kms", region_name="us-west-2-fips"))


@pytest.mark.parametrize(
    ("access_key", "account"),
    [
        ("111122223333", "111122223333"),
        ("AKIAIOSFODNN7EXAMPLE", "123456789012"),
        ("11112222333", "123456789012"),
        ("1111222233334", "123456789012"),
        ("11112222333x", "123456789012"),
    ],
)
def test_an_access_key_of_twelve_digits_names_the_account(kms_import_mock, access_key, account):
    """Static credentials choose the account by an access key of twelve digits, and no other access key does."""
    kms = boto3.client("kms", aws_access_key_id=access_key, aws_secret_access_key="secret")
    assert f":{account}:key/" in arn_of_new_key(kms)


def refuse_to_refresh():
    """Stand in for a request to an identity provider."""
    pytest.fail("credentials were refreshed")


def refreshable(*, expires_in: timedelta):
    """Temporary credentials of an account, as an assumed role has them."""
    expiry = datetime.now(timezone.utc) + expires_in
    return RefreshableCredentials("111122223333", "secret", "token", expiry, refuse_to_refresh, "test")


@pytest.mark.parametrize(
    ("credentials", "account"),
    [
        (refreshable(expires_in=timedelta(hours=-1)), "123456789012"),
        (DeferredRefreshableCredentials(refuse_to_refresh, "test"), "123456789012"),
        (refreshable(expires_in=timedelta(days=1)), "111122223333"),
    ],
    ids=["expired", "never fetched", "still good"],
)
def test_credentials_are_not_refreshed(kms_import_mock, credentials, account):
    """Credentials that would have to be fetched give way to the mock's own; those that are still good are used."""
    session = botocore.session.Session()
    session._credentials = credentials
    kms = session.create_client("kms", region_name="us-east-1")
    assert f":{account}:key/" in arn_of_new_key(kms)


@pytest.mark.parametrize(("mode", "attempts"), [("legacy", 1), ("standard", 3), ("adaptive", 3)])
def test_retries_are_botocores_own(kms_import_mock, mode, attempts):
    """LimitExceededException is tried again where botocore's retry mode counts it among throttling errors."""
    kms = boto3.client("kms", config=Config(retries={"mode": mode}))
    with pytest.raises(kms.exceptions.LimitExceededException) as caught:
        kms.create_key(Policy=TOO_LONG_POLICY)
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] + 1 == attempts
    assert [call.attempts for call in kms_import_mock.calls] == [attempts]


@pytest.fixture
def slept(monkeypatch):
    """What the code asks time.sleep for, in seconds, without sleeping."""
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize("mode", ["standard", "adaptive"])
def test_retries_do_not_wait(kms_import_mock, slept, mode):
    """The waits before further attempts are noted in the journal and left out."""
    kms = boto3.client("kms", config=Config(retries={"mode": mode, "total_max_attempts": 4}))
    with pytest.raises(ClientError, match="reached max retries: 3"):
        kms.create_key(Policy=TOO_LONG_POLICY)
    assert len(kms_import_mock.calls[0].delays) == 3
    assert sum(slept) == 0


def test_retries_in_legacy_mode_do_not_wait(kms_import_mock, slept):
    """A wait that a handler of the legacy mode asks for is left out, and its attempt is made all the same."""
    kms = boto3.client("kms", config=Config(retries={"mode": "legacy"}))
    waits = iter([7, None])
    kms.meta.events.register_first("needs-retry.kms.ListKeys", lambda **_: next(waits))
    kms.list_keys()
    assert (kms_import_mock.calls[0].attempts, kms_import_mock.calls[0].delays) == (2, (7,))
    assert sum(slept) == 0


def test_retries_wait_on_request(slept):
    """With ``sleep_on_retry`` botocore waits as long as it would for AWS."""
    with mock_kms_import(sleep_on_retry=True) as mock:
        kms = boto3.client("kms", config=Config(retries={"mode": "standard"}))
        with pytest.raises(ClientError):
            kms.create_key(Policy=TOO_LONG_POLICY)
    assert tuple(slept) == mock.calls[0].delays


def test_refusals_have_botocores_types_and_metadata(kms):
    """A refusal is the modelled exception, with the HTTP status and the request ID of the answer."""
    with pytest.raises(kms.exceptions.NotFoundException) as caught:
        kms.describe_key(KeyId="12345678-1234-1234-1234-123456789012")
    metadata = caught.value.response["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 400
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]


def test_every_answer_has_its_own_request_id(kms):
    """No two answers share a request ID."""
    assert len({kms.list_keys()["ResponseMetadata"]["RequestId"] for _ in range(5)}) == 5


# Beside other mocks


@pytest.mark.parametrize("order", [(mock_aws, mock_kms_import), (mock_kms_import, mock_aws)], ids=["outer", "inner"])
def test_moto_keeps_its_services_and_kms_is_answered_here(order):
    """Whether moto's mock stands outside or inside, S3 is moto's, and KMS has the imports that moto lacks."""
    first, second = order
    with first(), second():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="keys")
        kms = boto3.client("kms", region_name="us-east-1")
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
        assert kms.get_parameters_for_import(KeyId=key_id, **wrapping)["ImportToken"]
        assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["keys"]


def test_moto_answers_kms_again_when_the_mock_has_ended():
    """What moto's KMS had before the mock, it has afterwards, and nothing of the mock's."""
    with mock_aws():
        kms = boto3.client("kms", region_name="us-east-1")
        before = kms.create_key()["KeyMetadata"]["KeyId"]
        with mock_kms_import():
            kms.create_key()
        assert [key["KeyId"] for key in kms.list_keys()["Keys"]] == [before]


def test_a_stubbed_client_stays_stubbed(kms_import_mock):
    """A client with botocore's Stubber on it gets the stub's answer, before the mock hears of the call."""
    kms = boto3.client("kms")
    with Stubber(kms) as stubber:
        stubber.add_response("list_keys", {"Keys": [{"KeyId": "stubbed"}]})
        assert kms.list_keys()["Keys"] == [{"KeyId": "stubbed"}]
    assert not kms_import_mock.calls


# No request to real AWS


def list_queues(mode="standard"):
    """Call a service that nobody mocks."""
    config = Config(retries={"mode": mode})
    return boto3.client("sqs", region_name="us-east-1", config=config, **KEYS).list_queues()


@pytest.mark.parametrize("mode", RETRY_MODES)
def test_calls_of_other_services_to_real_aws_are_refused(kms_import_mock, sent, mode):
    """A call that would have gone to real AWS fails the test, names itself, and is not sent."""
    with pytest.raises(RealAwsRefused, match=r"sqs\.ListQueues was about to be sent to real AWS \(sqs\.us-east-1\."):
        list_queues(mode)
    kms_import_mock.complaints.clear()
    assert not sent


@pytest.mark.parametrize(
    ("region", "dual_stack"),
    [
        *[(name, False) for name in ("eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1")],
        *[(name, True) for name in ("eu-central-1", "cn-north-1", "us-gov-west-1")],
    ],
)
def test_real_aws_is_known_in_every_partition(kms_import_mock, sent, region, dual_stack):
    """Hosts of AWS are told by the domains of all partitions, dual-stack ones included."""
    sqs = boto3.client("sqs", region_name=region, config=Config(use_dualstack_endpoint=dual_stack))
    with pytest.raises(RealAwsRefused):
        sqs.list_queues()
    kms_import_mock.complaints.clear()
    assert not sent


@pytest.mark.parametrize("url", ["https://sqs.us-east-1.amazonaws.com.", "https://SQS.us-east-1.AmazonAWS.com"])
def test_real_aws_is_known_however_its_name_is_written(kms_import_mock, sent, url):
    """A host's name means the same with a dot at its end, and in capitals."""
    with pytest.raises(RealAwsRefused):
        boto3.client("sqs", endpoint_url=url).list_queues()
    kms_import_mock.complaints.clear()
    assert not sent


@pytest.mark.parametrize("mode", RETRY_MODES)
def test_operations_that_are_not_offered_fail_the_test(kms_import_mock, mode, monkeypatch):
    """An operation that the mock lacks is no AWS error: it fails the test, at once, and lists what there is."""
    monkeypatch.delitem(OPERATIONS, "ListKeys")  # as one that AWS has introduced since
    kms = boto3.client("kms", config=Config(retries={"mode": mode}))
    with pytest.raises(NotOffered, match=r"does not offer ListKeys\. It offers: .*ImportKeyMaterial"):
        kms.list_keys()
    kms_import_mock.complaints.clear()
    (call,) = kms_import_mock.calls
    assert (call.attempts, call.error) == (1, "NotOffered")
    assert call.message == "The mock does not offer ListKeys."  # the exception has the list


@pytest.mark.parametrize(
    "way", ["mock_kms_import(allow_real_aws=True)", "@pytest.mark.kms_import(allow_real_aws=True)"]
)
def test_the_refusal_says_how_to_let_such_calls_through(kms_import_mock, way):
    """However the test has come by its mock."""
    with pytest.raises(RealAwsRefused) as caught:
        list_queues()
    kms_import_mock.complaints.clear()
    assert way in str(caught.value)


def test_real_aws_can_be_allowed(sent):
    """With ``allow_real_aws`` other services are sent on; KMS still is not."""
    with mock_kms_import(allow_real_aws=True):
        list_queues()
        build_with_boto3().create_key()
    assert sent == ["https://sqs.us-east-1.amazonaws.com/"]


def test_endpoints_on_loopback_are_let_through(kms_import_mock, loopback_server):
    """A service that the test runs on this computer gets its calls."""
    sqs = boto3.client("sqs", endpoint_url=loopback_server)
    assert sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_kms_on_loopback_is_answered_by_the_mock(kms_import_mock, sent):
    """A KMS client that is set up for a local emulator reaches the mock and not the emulator."""
    boto3.client("kms", endpoint_url="http://127.0.0.1:4566").list_keys()
    assert not sent
    assert len(kms_import_mock.calls.to("ListKeys")) == 1


@pytest.fixture
def original():
    """What botocore's own class holds while no mock is active."""
    return EventAliaser.__dict__["emit"]


@pytest.fixture
def guarded():
    """kms_import_guard, as the ini option puts it up."""
    guard = Guard()
    yield guard
    guard.stop()


# Threads that do not care when a mock begins and ends


@pytest.fixture
def hurried():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("guards", [False, True], ids=["", "guarded"])
def test_threads_may_outlive_their_mock(hurried, sent, guards):
    """A call that is under way when mocks begin and end is answered by one, sent, or refused, and nothing else."""
    kms, sqs = build_with_boto3(), boto3.client("sqs", region_name="us-east-1", **KEYS)
    ended, failed = Event(), []

    def keep_calling(call):
        try:
            while not ended.is_set():
                with suppress(RealAwsRefused):
                    call()
        except Exception as error:  # noqa: BLE001  whatever it is
            failed.append(error)

    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        stack.callback(ended.set)
        for call in (kms.list_keys, sqs.list_queues) * 2:
            pool.submit(keep_calling, call)
        for _ in range(150):
            guard = Guard() if guards else None
            with suppress(RealAwsRefused), mock_kms_import():
                time.sleep(0)
            if guard is not None:
                guard.stop()
        ended.set()
    assert not failed


def test_a_call_that_began_before_the_mock_is_answered():
    """A request that was signed when there was no mock, and is sent when there is one, is of its own Region."""
    kms = boto3.client("kms", region_name="ap-south-1", **KEYS)
    mock = mock_kms_import()
    kms.meta.events.register_last("request-created.kms", lambda **_: mock.__enter__())
    arn = arn_of_new_key(kms)
    mock.__exit__(None, None, None)
    assert ":ap-south-1:" in arn


# The patch


def test_importing_the_package_patches_nothing():
    """After every module of the package was imported, botocore is as it was."""
    code = """
        from botocore.hooks import EventAliaser
        before = EventAliaser.__dict__["emit"]
        import pytest_kmsimport, pytest_kmsimport.plugin
        for name in pytest_kmsimport.__all__:
            getattr(pytest_kmsimport, name)
        pytest_kmsimport.mock_kms_import(region="eu-west-1")(lambda: None)
        assert EventAliaser.__dict__["emit"] is before
    """
    subprocess.run([sys.executable, "-c", dedent(code)], check=True)


def test_the_last_mock_out_leaves_botocore_as_it_was(original):
    """The very function that botocore's class held before is there again, and not sooner."""
    with mock_kms_import():
        with mock_kms_import(region="eu-west-1"):
            pass
        assert EventAliaser.__dict__["emit"] is not original
    assert EventAliaser.__dict__["emit"] is original


def test_a_mock_that_fails_leaves_botocore_as_it_was(original):
    """An exception that ends the mock takes the patch off as well."""
    with pytest.raises(ZeroDivisionError), mock_kms_import():
        raise ZeroDivisionError
    assert EventAliaser.__dict__["emit"] is original


def test_what_others_have_patched_on_top_stays(original, monkeypatch):
    """Somebody who patched later keeps his patch when our mock ends, and the next mock works beneath it."""
    seen = []
    with mock_kms_import():
        ours = EventAliaser.emit

        def theirs(self, event_name, **kwargs):
            seen.append(event_name)
            return ours(self, event_name, **kwargs)

        monkeypatch.setattr(EventAliaser, "emit", theirs)
    assert EventAliaser.__dict__["emit"] is theirs
    with mock_kms_import() as mock:
        mock.client().list_keys()
        assert [call.operation for call in mock.calls] == ["ListKeys"]
        monkeypatch.undo()
    assert "before-send.kms.ListKeys" in seen
    assert EventAliaser.__dict__["emit"] is original


# A mock that somebody has switched off


@pytest.fixture
def put_back(original):
    """Do what careless code does that has saved botocore's own function before the mock began."""
    yield lambda: setattr(EventAliaser, "emit", original)
    assert EventAliaser.__dict__["emit"] is original


SWITCHED_OFF = r"was about to be sent to {host}.* past the mock.*EventAliaser\.emit"


@pytest.mark.parametrize("mode", RETRY_MODES)
@pytest.mark.parametrize("build", [lambda _, config: boto3.client("kms", config=config), lambda mock, _: mock.client()])
def test_a_mock_that_is_switched_off_fails_the_test(put_back, sent, mode, build):
    """Where something has taken the patch off, the next KMS call fails by name, and is not sent."""
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(RealAwsRefused))  # that of the second call, which was swallowed
        mock = stack.enter_context(mock_kms_import())
        kms = build(mock, Config(retries={"mode": mode}))
        kms.list_keys()
        put_back()
        with pytest.raises(RealAwsRefused, match=SWITCHED_OFF.format(host="kms.us-east-1")):
            kms.list_keys()
        assert len(mock.complaints) == 1
    assert (sent, len(mock.calls)) == ([], 1)


def test_a_mock_that_is_switched_off_keeps_other_services_from_aws(put_back, sent):
    """Nor does a call of another service leave."""
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(RealAwsRefused, match=SWITCHED_OFF.format(host="sqs.us-east-1")))
        stack.enter_context(mock_kms_import())
        put_back()
        list_queues()
    assert not sent


def test_a_mock_that_is_switched_off_lets_through_what_it_may(put_back, sent):
    """With ``allow_real_aws`` other services go on as ever."""
    with mock_kms_import(allow_real_aws=True):
        put_back()
        list_queues()
    assert len(sent) == 1


def test_the_next_mock_is_on_again(put_back):
    """A mock answers, whatever has become of the one before it."""
    with mock_kms_import():
        put_back()
    with mock_kms_import() as mock:
        mock.client().list_keys()
        assert len(mock.calls) == 1


def test_a_mock_within_one_that_is_switched_off_is_on(put_back):
    """It answers, and the outer one, which did not, fails its test."""
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(RealAwsRefused, match=r"was off.*EventAliaser\.emit"))
        outer = stack.enter_context(mock_kms_import())
        put_back()
        with mock_kms_import(region="eu-west-1") as mock:
            mock.client().list_keys()
        assert (len(mock.calls), len(outer.calls)) == (1, 0)


def test_the_guard_notices_that_it_is_switched_off(original, guarded, sent):
    """With the guard's patch gone, a KMS call fails by name as well; other services are not its business."""
    EventAliaser.emit = original
    with pytest.raises(RealAwsRefused, match=SWITCHED_OFF.format(host="kms.us-east-1")):
        build_with_boto3().list_keys()
    assert len(guarded.complaints) == 1
    list_queues()
    assert sent == ["https://sqs.us-east-1.amazonaws.com/"]


def test_a_mock_begins_on_top_of_what_lets_nothing_through(original):
    """Where somebody has put something else in the place of botocore's function, the mock begins in front of that."""
    with patch.object(EventAliaser, "emit", lambda *_, **__: []), mock_kms_import() as mock:
        assert build_with_boto3().list_keys()["Keys"] == []
        assert len(mock.calls) == 1
    assert EventAliaser.__dict__["emit"] is original


def test_what_others_have_saved_of_a_mock_does_no_harm(original, slept):
    """Our function, put back by somebody after its mock has ended, is not in the way of the next one's."""
    with mock_kms_import():
        ours = EventAliaser.emit
    EventAliaser.emit = ours
    with mock_kms_import() as mock:
        kms = boto3.client("kms", config=Config(retries={"mode": "standard"}))
        with pytest.raises(ClientError):
            kms.create_key(Policy=TOO_LONG_POLICY)
        assert [delay > 0 for delay in mock.calls[0].delays] == [True, True]
    assert EventAliaser.__dict__["emit"] is original


def test_mocks_need_not_end_in_order(original):
    """The mock that began first may end first; the other goes on answering until it ends."""
    kms = build_with_boto3()
    first, second = mock_kms_import(account="111111111111"), mock_kms_import(account="222222222222")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert ":222222222222:" in arn_of_new_key(kms)
    second.__exit__(None, None, None)
    assert EventAliaser.__dict__["emit"] is original


def test_the_outer_mock_goes_on_when_the_inner_one_ends(kms_import_mock):
    """A nested mock with options answers alone while it lasts, and leaves nothing behind."""
    kms = build_with_boto3()
    with mock_kms_import(account="222222222222"):
        inner = arn_of_new_key(kms)
    assert [key["KeyArn"] for key in kms.list_keys()["Keys"]] == []
    assert ":222222222222:" in inner


# The guard


@pytest.mark.parametrize("mode", RETRY_MODES)
def test_the_guard_refuses_kms_outside_any_mock(guarded, sent, mode):
    """With the guard up, a KMS call that no mock answers fails the test by name."""
    kms = boto3.client("kms", region_name="us-east-1", config=Config(retries={"mode": mode}), **KEYS)
    with pytest.raises(RealAwsRefused, match=r"kms\.ListKeys was about to be sent .* outside any mock"):
        kms.list_keys()
    assert not sent


@pytest.mark.parametrize("mock", [mock_kms_import, mock_aws])
def test_the_guard_lets_mocks_answer(guarded, mock):
    """With the guard up, this mock and moto's answer KMS as ever."""
    with mock():
        assert build_with_boto3().create_key()["KeyMetadata"]["KeyState"] == "Enabled"


def test_the_guard_leaves_other_services_alone(guarded, sent):
    """The guard is about KMS: outside any mock, SQS is the test's own business."""
    list_queues()
    assert sent == ["https://sqs.us-east-1.amazonaws.com/"]


@pytest.mark.parametrize("host", ["localhost", "localhost.", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_the_guard_lets_loopback_through(guarded, sent, host):
    """An emulator of KMS that the test runs on this computer gets its calls."""
    boto3.client("kms", region_name="us-east-1", endpoint_url=f"http://{host}:4566", **KEYS).list_keys()
    assert sent == [f"http://{host}:4566/"]


def test_the_guard_leaves_botocore_as_it_was(original):
    """Taken down, the guard takes the patch off."""
    Guard().stop()
    assert EventAliaser.__dict__["emit"] is original

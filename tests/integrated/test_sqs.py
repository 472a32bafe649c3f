"""SQS: what a queue under a KMS key of the mock needs of it, how long a data key is used, and SQS's own refusals."""

from __future__ import annotations

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_kmsimport import faults

from ..support.iam_policies import HOME, allow
from ..support.refusal import refused_like
from .conftest import OWN, REGION, UNUSABLE, credentials_of, in_full

ARN = f"arn:aws:sqs:{REGION}:{OWN}:orders"
#: Codes of AWS KMS -> SQS's.
CODES = {"DisabledException": "KMS.DisabledException", "KMSInvalidStateException": "KMS.InvalidStateException"}


@pytest.fixture
def sqs(client):
    """A client of moto's SQS."""
    return client("sqs")


def make_queue(sqs, key_id, **attributes):
    """Make a queue whose messages are encrypted under a KMS key; a message that was received is there at once again."""
    given = {"KmsMasterKeyId": key_id, "VisibilityTimeout": "0", **attributes}
    return sqs.create_queue(QueueName="orders", Attributes=given)["QueueUrl"]


@pytest.fixture
def queue(sqs, key):
    """The URL of such a queue."""
    return make_queue(sqs, key.id)


def send(sqs, queue, body="first"):
    """Send a message."""
    sqs.send_message(QueueUrl=queue, MessageBody=body)


def receive(sqs, queue):
    """The messages that there are."""
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


REQUESTS = {
    "SendMessage": send,
    "SendMessageBatch": lambda sqs, queue: sqs.send_message_batch(
        QueueUrl=queue, Entries=[{"Id": "1", "MessageBody": "first"}]
    ),
    "ReceiveMessage": receive,
}


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_key_that_cannot_be_used(sqs, queue, end, state, kms_import_mock, request_):
    """Each request that needs it is refused by SQS's code, and the queue is as it was."""
    send(sqs, queue)
    text = end(state)
    kms_import_mock.clock.advance(minutes=5)
    with refused_like(CODES[state.code], in_full(text, state.code)):
        REQUESTS[request_](sqs, queue)
    answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    assert answer["Attributes"]["ApproximateNumberOfMessages"] == "1"


@pytest.mark.parametrize(
    ("key_id", "text"),
    [
        ("testKeyId", "Invalid keyId 'testKeyId'"),
        ("alias/nowhere", f"Alias arn:aws:kms:{REGION}:{OWN}:alias/nowhere is not found."),
    ],
)
def test_a_key_that_is_not_there(sqs, key_id, text):
    """Is taken for the queue, and missed when a message is sent; an empty queue is received from."""
    queue = make_queue(sqs, key_id)
    assert receive(sqs, queue) == []
    with refused_like("KMS.NotFoundException", in_full(text, "NotFoundException")):
        send(sqs, queue)


@pytest.mark.parametrize("seconds", [60, 300])
def test_how_long_a_data_key_is_used(sqs, key, end, made, kms_import_mock, seconds):
    """For KmsDataKeyReusePeriodSeconds by the mock's clock, in which nobody notices what has become of the key."""
    queue = make_queue(sqs, key.id, KmsDataKeyReusePeriodSeconds=str(seconds))
    context = {"aws:sqs:arn": ARN}
    for body in ("first", "second"):
        send(sqs, queue, body)
    assert receive(sqs, queue) == ["first", "second"]
    assert made() == [("GenerateDataKey", "sqs", context), ("Decrypt", "sqs", context)]
    end(UNUSABLE["disabled"])
    kms_import_mock.clock.advance(seconds=seconds - 1)
    send(sqs, queue, "third")
    assert len(receive(sqs, queue)) == 3
    kms_import_mock.clock.advance(seconds=1)
    for request in (send, receive):
        with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
            request(sqs, queue)


def test_a_change_of_the_key(sqs, queue, made, kms_import_mock):
    """Has no use for a data key of the one before."""
    send(sqs, queue)
    other = kms_import_mock.import_key()
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": other.id})
    made()
    send(sqs, queue)
    assert len(made()) == 2
    assert kms_import_mock.calls[-1].key_arns == (other.arn,)


def test_whoever_may_not(client, sqs, queue, key, kms_import_mock):
    """Is told which permission is missing; an empty queue is received from."""
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice", policies=allow("sqs:*"))
    theirs = client("sqs", **credentials_of(alice))
    assert receive(theirs, queue) == []
    denied = (
        f"User: {alice.arn} is not authorized to perform: kms:GenerateDataKey on resource: {key.arn} because no"
        " identity-based policy allows the kms:GenerateDataKey action"
    )
    with refused_like("KMS.AccessDeniedException", in_full(denied, "AccessDeniedException")):
        send(theirs, queue)
    send(sqs, queue)
    with pytest.raises(ClientError, match=r"KMS\.AccessDeniedException.*kms:Decrypt"):
        receive(theirs, queue)


def test_requesters(client, sqs, queue, kms_import_mock, made):
    """Sessions of a role are one, whatever they are called; other session policies make another."""
    role, everything = f"arn:aws:iam::{HOME}:role/Sender", allow("kms:*")

    def session(name, policy=None):
        who = kms_import_mock.principal(role, session=name, policies=everything, session_policy=policy)
        return client("sqs", **credentials_of(who))

    send(session("one"), queue)
    made()
    send(session("two"), queue)
    assert made() == []
    with pytest.raises(ClientError, match=r"KMS\.AccessDeniedException"):
        send(session("three", allow("sqs:*")), queue)


def test_aws_kms_fails(client, queue, kms_import_mock):
    """SQS fails too; that AWS KMS was asked too often has a code of its own."""
    once = client("sqs", config=Config(retries={"total_max_attempts": 1}))
    for code, theirs, status in (
        ("ThrottlingException", "KMS.ThrottlingException", 400),
        ("KMSInternalException", "InternalError", 500),
    ):
        kms_import_mock.inject(faults.Refusal(code), on="GenerateDataKey", times=1)
        with pytest.raises(ClientError) as caught:
            send(once, queue)
        assert caught.value.response["Error"]["Code"] == theirs
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("attributes", [{}, {"KmsMasterKeyId": "alias/aws/sqs"}, {"SqsManagedSseEnabled": "true"}])
def test_what_stands_on_no_key_of_the_mocks(sqs, made, attributes):
    """Is left alone."""
    queue = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    send(sqs, queue)
    assert receive(sqs, queue) == ["first"]
    assert made() == []


def test_what_is_not_there(sqs, made):
    """Is SQS's business."""
    with pytest.raises(ClientError, match="NonExistentQueue"):
        send(sqs, f"https://sqs.{REGION}.amazonaws.com/{OWN}/nothing")
    assert made() == []

"""SNS: what a topic under a KMS key of the mock needs of it, and SNS's own refusals."""

from __future__ import annotations

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_kmsimport import faults

from ..support.iam_policies import HOME, allow
from ..support.refusal import refused_like
from .conftest import OWN, REGION, UNUSABLE, credentials_of, in_full

ARN = f"arn:aws:sns:{REGION}:{OWN}:orders"
CODES = {"DisabledException": "KMSDisabled", "KMSInvalidStateException": "KMSInvalidState"}


@pytest.fixture
def sns(client):
    """A client of moto's SNS."""
    return client("sns")


@pytest.fixture
def topic(sns, key):
    """The ARN of a topic whose messages are encrypted under the KMS key."""
    return sns.create_topic(Name="orders", Attributes={"KmsMasterKeyId": key.id})["TopicArn"]


REQUESTS = {
    "Publish": lambda sns, arn: sns.publish(TopicArn=arn, Message="first"),
    "Publish, to a target": lambda sns, arn: sns.publish(TargetArn=arn, Message="first"),
    "PublishBatch": lambda sns, arn: sns.publish_batch(
        TopicArn=arn, PublishBatchRequestEntries=[{"Id": "1", "Message": "first"}]
    ),
}
publish = REQUESTS["Publish"]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_key_that_cannot_be_used(client, sns, topic, end, state, request_):
    """Each request is refused by SNS's code, and nobody who has subscribed gets anything."""
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{OWN}:subscriber")
    text = end(state)
    with refused_like(CODES[state.code], in_full(text, state.code)):
        REQUESTS[request_](sns, topic)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_the_calls(sns, topic, made, end, kms_import_mock):
    """For the topic's ARN; a data key is used for five minutes."""
    context = {"aws:sns:topicArn": ARN}
    publish(sns, topic)
    publish(sns, topic)
    assert made() == [("GenerateDataKey", "sns", context), ("Decrypt", "sns", context)]
    end(UNUSABLE["disabled"])
    kms_import_mock.clock.advance(seconds=299)
    publish(sns, topic)
    kms_import_mock.clock.advance(seconds=1)
    with pytest.raises(ClientError, match="KMSDisabled"):
        publish(sns, topic)


def test_a_key_that_is_not_there(sns):
    """Is missed when a message is published."""
    topic = sns.create_topic(Name="orders", Attributes={"KmsMasterKeyId": "testKeyId"})["TopicArn"]
    with refused_like("KMSNotFound", in_full("Invalid keyId 'testKeyId'", "NotFoundException")):
        publish(sns, topic)


def test_whoever_may_not(client, topic, key, kms_import_mock):
    """Is told which permission is missing."""
    alice = kms_import_mock.principal(f"arn:aws:iam::{HOME}:user/Alice", policies=allow("sns:*"))
    denied = (
        f"User: {alice.arn} is not authorized to perform: kms:GenerateDataKey on resource: {key.arn} because no"
        " identity-based policy allows the kms:GenerateDataKey action"
    )
    with refused_like("KMSAccessDenied", in_full(denied, "AccessDeniedException")):
        publish(client("sns", **credentials_of(alice)), topic)


def test_aws_kms_fails(client, topic, kms_import_mock):
    """SNS fails too; that AWS KMS was asked too often has a code of its own."""
    once = client("sns", config=Config(retries={"total_max_attempts": 1}))
    for code, theirs, status in (
        ("ThrottlingException", "KMSThrottling", 400),
        ("KMSInternalException", "InternalError", 500),
    ):
        kms_import_mock.inject(faults.Refusal(code), on="GenerateDataKey", times=1)
        with pytest.raises(ClientError) as caught:
            publish(once, topic)
        assert caught.value.response["Error"]["Code"] == theirs
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_what_stands_on_no_key_of_the_mocks(sns, made):
    """Is left alone: topics without encryption or under the default key, and telephones."""
    publish(sns, sns.create_topic(Name="plain")["TopicArn"])
    publish(sns, sns.create_topic(Name="usual", Attributes={"KmsMasterKeyId": "alias/aws/sns"})["TopicArn"])
    sns.publish(PhoneNumber="+15005550006", Message="first")
    with pytest.raises(ClientError, match="NotFound"):
        publish(sns, ARN)
    assert made() == []

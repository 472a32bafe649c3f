"""A shop: invoices in S3, the token for its bank in Secrets Manager, orders in a queue, all under one imported KMS key.

``check`` is what its status page shows: what of the shop does not work, by the service's error code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

BUCKET, SECRET, QUEUE = "invoices", "bank/token", "orders"


@dataclass(frozen=True)
class Shop:
    """Takes orders, and ships them."""

    s3: Any
    secrets: Any
    sqs: Any
    queue_url: str

    def order(self, number: int, text: str) -> None:
        """Bill an order, and have it shipped."""
        self.bill(number, text)
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=str(number))

    def bill(self, number: int, text: str) -> None:
        """Write an invoice; the bank has to know of it by our token."""
        token = self.token()
        self.s3.put_object(Bucket=BUCKET, Key=f"{number}.txt", Body=f"{text}, by {len(token)} characters".encode())

    def token(self) -> str:
        """The token for our bank."""
        return str(self.secrets.get_secret_value(SecretId=SECRET)["SecretString"])

    def invoice(self, number: int) -> str:
        """The invoice of an order."""
        return str(self.s3.get_object(Bucket=BUCKET, Key=f"{number}.txt")["Body"].read().decode())

    def to_ship(self) -> list[int]:
        """The orders that are to be shipped; they are done by that."""
        received = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        for message in received:
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [int(message["Body"]) for message in received]

    def check(self, number: int) -> Mapping[str, str]:
        """What does not work, by the service's error code; ``number`` is that of an order with an invoice."""
        parts: dict[str, Callable[[], object]] = {
            "bank": self.token,
            "invoices": lambda: self.invoice(number),
            "orders": lambda: self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=str(number)),
        }
        return {name: code for name, use in parts.items() if (code := _error_of(use))}


def _error_of(use: Callable[[], object]) -> str:
    try:
        use()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def open_shop(key_arn: str, token: str) -> Shop:
    """Make everything that the shop needs, under a KMS key."""
    s3, secrets, sqs = (boto3.client(service) for service in ("s3", "secretsmanager", "sqs"))
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    secrets.create_secret(Name=SECRET, SecretString=token, KmsKeyId=key_arn)
    queue = sqs.create_queue(QueueName=QUEUE, Attributes={"KmsMasterKeyId": key_arn})
    return Shop(s3, secrets, sqs, queue["QueueUrl"])

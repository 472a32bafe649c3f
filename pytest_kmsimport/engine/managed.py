"""AWS managed keys: which AWS services have one, and what it is like.

AWS makes one in an account and Region when it is first needed, which is when somebody asks DescribeKey for its alias.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from . import messages
from .aliases import RESERVED
from .arns import partition_of
from .keys import Key
from .rotations import Schedule
from .rules import Rules
from .specs import SYMMETRIC_DEFAULT

_YEAR = timedelta(days=365)
_SUFFIX = "amazonaws.com"
_OPEN, _SEAL, _GRANT = "kms:Decrypt", ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*"), "kms:CreateGrant"
_DATA_KEYS, _GRANTS, _DESCRIBE = "kms:GenerateDataKey*", "kms:ListGrants", "kms:DescribeKey"
_USUAL = (*_SEAL, _DATA_KEYS, _GRANT, _DESCRIBE)


class Service(NamedTuple):
    """An AWS service with a managed key.

    ``policy_id`` is the Id of its key policy, ``name`` what that calls the service, ``protects`` what the key's
    description says that it protects, ``endpoint`` the first word of kms:ViaService. Whoever may use the service may do
    ``actions`` through it, and those ``anywhere`` also through other Regions' endpoints. ``describes`` is the Sid of a
    statement for the service itself.
    """

    policy_id: str
    name: str
    protects: str
    endpoint: str
    actions: tuple[str, ...] = _USUAL
    anywhere: tuple[str, ...] = ()
    describes: str = ""


#: What stands behind alias/aws/ -> the service. docs/fidelity.md says what the rows rest on.
SERVICES: Mapping[str, Service] = {
    "acm": Service("auto-acm-1", "ACM", "ACM private keys", "acm"),
    "backup": Service("auto-backup-1", "Backup", "Backup data", "backup", (_GRANT, _OPEN, _DATA_KEYS)),
    "codecommit": Service("auto-codecommit-1", "CodeCommit", "CodeCommit repositories", "codecommit"),
    "dynamodb": Service(
        "auto-dynamodb-3",
        "Amazon DynamoDB",
        "DynamoDB data",
        "dynamodb",
        actions=(),
        anywhere=_USUAL,
        describes="Allow DynamoDB to directly describe the key",
    ),
    "ebs": Service("auto-ebs-2", "EBS", "EBS volumes", "ec2"),
    "elasticfilesystem": Service("auto-elasticfilesystem-1", "EFS", "EFS filesystems", "elasticfilesystem"),
    "es": Service(
        "auto-es-2",
        "OpenSearch Service",
        "Amazon OpenSearch Service (successor to Amazon Elasticsearch Service) data",
        "es",
        describes="Allow OpenSearch service principals to describe the key directly",
    ),
    "fsx": Service("auto-fsx-1", "FSx", "FSx resources", "fsx"),
    "glue": Service("auto-glue-1", "Glue", "Glue data", "glue"),
    "kafka": Service("auto-kafka-1", "Kafka", "Kafka data", "kafka", (*_SEAL, _DATA_KEYS, _GRANT, _GRANTS, _DESCRIBE)),
    "kinesis": Service("auto-kinesis-1", "Kinesis", "Kinesis data", "kinesis"),
    "kinesisvideo": Service("auto-kinesisvideo-1", "Kinesis Video Streams", "Kinesis Video data", "kinesisvideo"),
    "lambda": Service("auto-awslambda", "AWS Lambda", "Lambda functions", "lambda"),
    "rds": Service("auto-rds-2", "RDS", "RDS database volumes", "rds", (*_USUAL[:-1], _GRANTS, _DESCRIBE)),
    "redshift": Service("auto-redshift-1", "Redshift", "Redshift clusters", "redshift"),
    "s3": Service("auto-s3-2", "S3", "S3 objects", "s3", (*_SEAL, _DATA_KEYS, _DESCRIBE)),
    "secretsmanager": Service(
        "auto-secretsmanager-2",
        "AWS Secrets Manager",
        "Secrets Manager data",
        "secretsmanager",
        actions=(*_SEAL, _GRANT, _DESCRIBE),
        anywhere=(_DATA_KEYS,),
    ),
    "sns": Service("auto-sns-1", "SNS", "SNS data", "sns", (_OPEN, _DATA_KEYS, _GRANT, _GRANTS, _DESCRIBE)),
    "sqs": Service("auto-sqs-1", "SQS", "SQS messages", "sqs"),
    "ssm": Service("auto-ssm-1", "SSM", "SSM parameters", "ssm", (*_SEAL, _DATA_KEYS, _DESCRIBE)),
    "workspaces": Service("auto-workspaces-1", "WorkSpaces", "WorkSpaces volumes", "workspaces"),
    "xray": Service("auto-xray-1", "X-Ray", "X-Ray data", "xray"),
}


def service_behind(alias: str) -> str | None:
    """The service whose managed key an alias stands for, such as ``s3``; None for every other alias."""
    name = alias.removeprefix(RESERVED)
    return name if alias.startswith(RESERVED) and name in SERVICES else None


def managed_key(  # noqa: PLR0913  what it is made of
    service: str, *, key_id: str, region: str, account: str, serial: int, rules: Rules, now: datetime
) -> Key:
    """The managed key of a service, as AWS makes it; it has a rotation once a year."""
    return Key(
        id=key_id,
        region=region,
        account=account,
        serial=serial,
        spec=rules.specs[SYMMETRIC_DEFAULT],
        usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
        created=now,
        policy=policy_of(SERVICES[service], account, region),
        rules=rules,
        description=messages.MANAGED_KEY.format(protects=SERVICES[service].protects),
        schedule=Schedule(_YEAR, now + _YEAR),
        service=service,
    )


def policy_of(service: Service, account: str, region: str) -> str:
    """The key policy of a service's managed key, laid out as AWS prints it."""
    through = f"Allow access through {service.name} for all principals in the account that are authorized to use"
    statements = []
    here = {"StringEquals": {"kms:CallerAccount": account, "kms:ViaService": f"{service.endpoint}.{region}.{_SUFFIX}"}}
    if service.actions:
        statements.append(_allow(f"{through} {service.name}", {"AWS": "*"}, service.actions, here))
    if service.anywhere:
        everywhere = {
            "StringEquals": {"kms:CallerAccount": account},
            "StringLike": {"kms:ViaService": f"{service.endpoint}.*.{_SUFFIX}"},
        }
        statements.append(_allow(f"{through} {service.name}", {"AWS": "*"}, service.anywhere, everywhere))
    looking = ("kms:Describe*", "kms:Get*", "kms:List*")
    grants = _GRANT in service.actions + service.anywhere
    root = {"AWS": f"arn:{partition_of(region)}:iam::{account}:root"}
    direct = (*looking, "kms:RevokeGrant") if grants else looking
    statements.append(_allow("Allow direct access to key metadata to the account", root, direct))
    if service.describes:
        statements.append(_allow(service.describes, {"Service": f"{service.endpoint}.{_SUFFIX}"}, looking))
    return _printed({"Version": "2012-10-17", "Id": service.policy_id, "Statement": statements})


def _allow(
    sid: str, principal: Mapping[str, str], actions: tuple[str, ...], condition: Mapping[str, object] | None = None
) -> dict[str, object]:
    conditions = {"Condition": condition} if condition else {}
    allowed = {"Principal": principal, "Action": list(actions), "Resource": "*"}
    return {"Sid": sid, "Effect": "Allow", **allowed, **conditions}


def _printed(value: Any, indent: str = "") -> str:  # noqa: ANN401  what JSON can hold
    """JSON with AWS's line breaks and spaces."""
    if isinstance(value, dict):
        inner = f"{indent}  "
        members = ",\n".join(f'{inner}"{name}" : {_printed(item, inner)}' for name, item in value.items())
        return f"{{\n{members}\n{indent}}}"
    if isinstance(value, list):
        return f"[ {', '.join(_printed(item, indent) for item in value)} ]"
    return json.dumps(value)

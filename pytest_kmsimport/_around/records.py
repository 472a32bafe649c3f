"""CloudTrail's records of calls, and of what AWS KMS does by itself.

https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from .._service.call_record import Answered
from ..engine import ciphertext, messages
from ..engine.arns import kms_arn, partition_of
from ..engine.call import Call, Response
from ..engine.errors import InvalidCiphertextException
from ..engine.operations.registry import traits_of
from ..engine.recipients import Recipient
from ..engine.service_events import DELETION, SYNCHRONIZATION, ServiceEvent
from .elements import request_parameters, response_elements
from .identity import identity_abroad, service_between, user_identity

Record = dict[str, Any]

_INTERNAL = "AWS Internal"
_DENIED = "AccessDeniedException"
#: What stands for the client, which the mock is not told of.
_ADDRESS, _AGENT = "127.0.0.1", "pytest-kmsimport"
#: The first words of operations that change something; all others only read, and so do cryptographic operations.
_WRITING = (
    "Cancel", "Connect", "Create", "Delete", "Disable", "Disconnect", "Enable", "Import", "Put", "Replicate", "Retire",
    "Revoke", "Rotate", "Schedule", "Tag", "Untag", "Update",
)  # fmt: skip
#: Whether of NitroTPM -> registers whose measurements are recorded, by what name.
_RECORDED_PCRS = {
    False: {
        0: "attestationDocumentEnclaveImageDigest",
        **{number: f"attestationDocumentEnclavePCR{number}" for number in (1, 2, 3, 4, 8)},
    },
    True: {number: f"attestationDocumentNitroTPMPCR{number}" for number in (4, 7, 8, 9, 16, 23)},
}
_WITHOUT_TEXT = {"IncorrectKeyException": messages.INCORRECT_KEY_IN_TRAIL}


def instant(time: datetime) -> str:
    """A time as CloudTrail and EventBridge have it."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def event_id(*about: object) -> str:
    """The ID of an event, the same whenever it is asked for."""
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, about))))


def only_reads(operation: str) -> bool:
    """What readOnly says of an operation."""
    return not operation.startswith(_WRITING)


def account_of(arn: str) -> str:
    """The account of a KMS key or alias."""
    return arn.split(":")[4]


def records_of_call(answered: Answered) -> Iterator[Record]:
    """What is recorded of an attempt at a call: for its account and those of its KMS keys, and of a new replica key."""
    _, call, arns, answer, _ = answered
    others = list(dict.fromkeys(owner for arn in arns if (owner := account_of(arn)) != call.account))
    if isinstance(answer, tuple) and answer[0] == _DENIED:
        others = []
    shared = {"sharedEventID": event_id(call.request_id, "shared")} if others or service_between(call) else {}
    yield _record(answered, call.account, shared)
    for other in others:
        yield _record(answered, other, shared)
    if call.operation == "ReplicateKey" and not isinstance(answer, tuple):
        yield _record(_creation_of_replica(answered), call.account, {})


def _record(answered: Answered, recipient: str, shared: dict[str, str]) -> Record:
    time, call, arns, answer, enclave = answered
    service, when = service_between(call), instant(time)
    refusal = answer if isinstance(answer, tuple) else None
    response = {} if isinstance(answer, tuple) else answer
    is_denied = refusal is not None and refusal[0] == _DENIED
    context = {} if call.caller.principal is None else call.caller.principal.context
    record: Record = {
        "eventVersion": "1.11",
        "userIdentity": user_identity(call, when) if recipient == call.account else identity_abroad(call),
        "eventTime": when,
        "eventSource": "kms.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": service or context.get("aws:SourceIp") or _ADDRESS,
        "userAgent": service or context.get("aws:UserAgent") or _AGENT,
        **(_refusal(*refusal) if refusal else {}),
        "requestParameters": None if is_denied else request_parameters(call),
        "responseElements": None if refusal or only_reads(call.operation) else response_elements(call, response, arns),
    }
    if not refusal and (more := _key_materials(call, response) | _measurements(enclave)):
        record["additionalEventData"] = more
    record |= {
        "requestID": call.request_id,
        "eventID": event_id(call.request_id, call.operation, recipient),
        "readOnly": only_reads(call.operation),
    }
    if not is_denied:
        record["resources"] = [_resource(arn) for arn in _named(call, arns)]
    record |= {"eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": recipient, **shared}
    if service:
        return record | {"vpcEndpointId": service, "vpcEndpointAccountId": service, "eventCategory": "Management"}
    return record | {"eventCategory": "Management", "tlsDetails": _tls(call.region)}


def _refusal(code: str, text: str) -> dict[str, str]:
    code = "AccessDenied" if code == _DENIED else code
    text = text or _WITHOUT_TEXT.get(code, "")
    return {"errorCode": code, **({"errorMessage": text} if text else {})}


def _key_materials(call: Call, response: Response) -> dict[str, Any]:
    """What additionalEventData names: the key materials that a cryptographic operation has used."""
    if traits_of(call.operation).usage is None and call.operation not in {"Decrypt", "ReEncrypt"}:
        return {}
    names = ("DestinationKeyMaterialId", "SourceKeyMaterialId", "KeyMaterialId")
    found = {name[0].lower() + name[1:]: response[name] for name in names if name in response}
    if not found and call.operation == "Encrypt":
        with suppress(InvalidCiphertextException):
            found = {"keyMaterialId": ciphertext.parse(response["CiphertextBlob"]).material_id}
    return found


def _measurements(enclave: Recipient | None) -> dict[str, Any]:
    """What additionalEventData tells of an enclave: those of its measurements that AWS records, in base64."""
    if enclave is None:
        return {}
    measured = {
        name: b64encode(enclave.pcrs[number]).decode()
        for number, name in _RECORDED_PCRS[enclave.is_nitrotpm].items()
        if number in enclave.pcrs
    }
    return {"recipient": {"attestationDocumentModuleId": enclave.module_id, **measured}}


def _named(call: Call, arns: tuple[str, ...]) -> tuple[str, ...]:
    """The ARNs in resources: the KMS keys, and the alias that the call is about.

    A request that names its KMS key is about that one alone, wherever the ciphertext is from, whatever it makes.
    """
    if "KeyId" in call.members:
        arns = arns[:1]
    name = call.members.get("AliasName")
    return arns if name is None else (*arns, kms_arn(call.region, call.account, name))


def _resource(arn: str) -> dict[str, str]:
    return {"accountId": account_of(arn), "type": "AWS::KMS::Key", "ARN": arn}


def _tls(region: str) -> dict[str, str]:
    suffix = "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": f"kms.{region}.{suffix}",
        "keyExchange": "X25519MLKEM768",
    }


def _creation_of_replica(answered: Answered) -> Answered:
    """CreateKey in the Region of a replica key, which ReplicateKey results in."""
    time, call, _, answer, _ = answered
    assert not isinstance(answer, tuple)
    made = answer["ReplicaKeyMetadata"]
    members = {name: call.members[name] for name in ("Description", "Policy", "Tags") if name in call.members}
    members |= {name: made[name] for name in ("KeySpec", "KeyUsage", "Origin", "MultiRegion")}
    creation = call._replace(operation="CreateKey", region=call.members["ReplicaRegion"], members=members)
    return time, creation, (made["Arn"],), {"KeyMetadata": made}, None


def record_of_service_event(event: ServiceEvent) -> Record:
    """What is recorded of something that AWS KMS has done by itself."""
    account, is_synchronization = account_of(event.key_arn), event.name == SYNCHRONIZATION
    affected = event.name in {DELETION, SYNCHRONIZATION}
    ids = {"requestID": event_id(event, "request")} if is_synchronization else {}
    return {
        "eventVersion": "1.11",
        "userIdentity": {"accountId": account, "invokedBy": _INTERNAL},
        "eventTime": instant(event.time),
        "eventSource": "kms.amazonaws.com",
        "eventName": event.name,
        "awsRegion": event.key_arn.split(":")[3],
        "sourceIPAddress": _INTERNAL,
        "userAgent": _INTERNAL,
        "requestParameters": None,
        "responseElements": {"keyId": event.key_arn} if affected else None,
        **ids,
        "eventID": event_id(event),
        "readOnly": False,
        "resources": [_resource(event.key_arn)],
        "eventType": "AwsApiCall" if is_synchronization else "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": account,
        **({"serviceEventDetails": dict(event.details)} if event.details else {}),
        "eventCategory": "Management",
    }

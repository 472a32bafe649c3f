"""The condition keys of AWS KMS: which of them a request for each action has, and where their values come from.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..arns import parse
from ..errors import ValidationException
from ..recipients import recipient_of
from .principals import Kind

if TYPE_CHECKING:
    from .context import Situation

_MOST_ALIASES = 50
_DEFAULT_WINDOW, _DEFAULT_PERIOD = 30, 365  # days

#: What each action has beside the key resource set, by AWS's table; an action in [brackets] has none of that.
TABLE_AS_PUBLISHED = """
CreateGrant                          EncryptionContext: EncryptionContextKeys GrantConstraintSourceArn
                                     GrantConstraintType GranteePrincipal GranteeServicePrincipal GrantIsForAWSResource
                                     GrantOperations RetiringPrincipal RetiringServicePrincipal
[CreateKey]                          BypassPolicyLockoutSafetyCheck CallerAccount CustomerMasterKeySpec
                                     CustomerMasterKeyUsage KeySpec KeyUsage KeyOrigin MultiRegion MultiRegionKeyType
                                     ViaService aws:RequestTag/ aws:ResourceTag/ aws:TagKeys
CancelKeyDeletion
CreateAlias
Decapsulate                          RequestAlias
Decrypt                              EncryptionAlgorithm RequestAlias EncryptionContext: EncryptionContextKeys
                                     RecipientAttestation:
DeleteAlias
DeleteImportedKeyMaterial
DeriveSharedSecret                   KeyAgreementAlgorithm RecipientAttestation:
DescribeKey                          RequestAlias
DisableKey                           TrailingDaysWithoutKeyUsage
DisableKeyRotation
EnableKey
EnableKeyRotation                    RotationPeriodInDays
Encapsulate                          RequestAlias
Encrypt                              EncryptionAlgorithm RequestAlias EncryptionContext: EncryptionContextKeys
GenerateDataKey                      EncryptionAlgorithm RequestAlias EncryptionContext: EncryptionContextKeys
                                     RecipientAttestation:
GenerateDataKeyPair                  EncryptionAlgorithm RequestAlias EncryptionContext: EncryptionContextKeys
                                     DataKeyPairSpec RecipientAttestation:
GenerateDataKeyPairWithoutPlaintext  EncryptionAlgorithm RequestAlias EncryptionContext: EncryptionContextKeys
                                     DataKeyPairSpec
GenerateDataKeyWithoutPlaintext      EncryptionAlgorithm RequestAlias EncryptionContext: EncryptionContextKeys
GenerateMac                          MacAlgorithm RequestAlias
[GenerateRandom]
[ConnectCustomKeyStore]              CallerAccount
[CreateCustomKeyStore]               CallerAccount
[DeleteCustomKeyStore]               CallerAccount
[DescribeCustomKeyStores]            CallerAccount
[DisconnectCustomKeyStore]           CallerAccount
[UpdateCustomKeyStore]               CallerAccount
GetKeyLastUsage
GetKeyPolicy                         PolicyName
GetKeyRotationStatus
GetParametersForImport               WrappingAlgorithm WrappingKeySpec
GetPublicKey                         RequestAlias
ImportKeyMaterial                    ExpirationModel ValidTo
[ListAliases]
ListGrants                           GrantIsForAWSResource
ListKeyPolicies
ListKeyRotations
[ListKeys]
ListResourceTags
[ListRetirableGrants]
PutKeyPolicy                         BypassPolicyLockoutSafetyCheck PolicyName
ReEncryptFrom                        EncryptionAlgorithm RequestAlias EncryptionContext: EncryptionContextKeys
                                     ReEncryptOnSameKey
ReEncryptTo                          EncryptionAlgorithm RequestAlias EncryptionContext: EncryptionContextKeys
                                     ReEncryptOnSameKey
ReplicateKey                         ReplicaRegion
[RetireGrant]                        EncryptionContext: EncryptionContextKeys GrantConstraintType CallerAccount
                                     ResourceAliases aws:ResourceTag/ ViaService
RevokeGrant                          GrantIsForAWSResource
RotateKeyOnDemand
ScheduleKeyDeletion                  ScheduleKeyDeletionPendingWindowInDays TrailingDaysWithoutKeyUsage
Sign                                 MessageType SigningAlgorithm RequestAlias
TagResource                          aws:RequestTag/ aws:TagKeys
UntagResource                        aws:RequestTag/ aws:TagKeys
UpdateAlias
UpdateKeyDescription
UpdatePrimaryRegion                  PrimaryRegion
Verify                               MessageType SigningAlgorithm RequestAlias
VerifyMac                            MacAlgorithm RequestAlias
"""
#: What every action on a KMS key has.
KEY_RESOURCE_SET = """
CallerAccount CustomerMasterKeySpec CustomerMasterKeyUsage KeySpec KeyUsage KeyOrigin MultiRegion MultiRegionKeyType
ResourceAliases aws:ResourceTag/ ViaService
"""


def _names(words: list[str]) -> frozenset[str]:
    return frozenset(word.lower() if word.startswith("aws:") else f"kms:{word.lower()}" for word in words)


def _rows(text: str) -> Mapping[str, Collection[str]]:
    rows: dict[str, list[str]] = {}
    action = ""
    for line in text.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            action, *words = words
            rows[action.strip("[]")] = [] if action.startswith("[") else KEY_RESOURCE_SET.split()
        rows[action.strip("[]")] += words
    return {name: _names(words) for name, words in rows.items()}


#: Action -> the condition keys that a request for it can have, in lower case.
KEYS_OF: Mapping[str, Collection[str]] = {
    **_rows(TABLE_AS_PUBLISHED),
    "GenerateRandom": _names(["RecipientAttestation:"]),  # the page about the condition keys has it, the table has not
}
#: Actions that have them without a KMS key; others have none where they are about an alias.
WITHOUT_KEY = {*re.findall(r"^\[(\w+)\]", TABLE_AS_PUBLISHED, re.MULTILINE), "TagResource"}


def _member(name: str, default: object = None) -> Callable[[Situation, str], object]:
    """The value of a request's member, or what AWS takes in its place."""
    return lambda asked, _: asked.members.get(name, default)


def _flag(name: str) -> Callable[[Situation, str], object]:
    """A member that is true or false, and absent where the request lacks it."""
    return lambda asked, _: str(asked.members[name]).lower() if name in asked.members else None


def _of_key(of_key: Callable[[Any], object], member: str, default: object) -> Callable[[Situation, str], object]:
    """A property of the KMS key; of one that is to be made, what the request says."""
    return lambda asked, _: asked.members.get(member, default) if asked.like is None else of_key(asked.like)


def _key_spec(asked: Situation, _: str) -> object:
    if asked.like is not None:
        return asked.like.spec.name
    return asked.members.get("KeySpec") or asked.members.get("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT")


_key_usage = _of_key(lambda key: key.usage, "KeyUsage", "ENCRYPT_DECRYPT")


def _is_multi_region(asked: Situation) -> bool:
    return bool(asked.members.get("MultiRegion")) if asked.like is None else asked.like.is_multi_region


def _multi_region_type(asked: Situation, _: str) -> object:
    if not _is_multi_region(asked):
        return None
    is_replica = asked.like is not None and (asked.key is None or asked.key.is_replica)  # made, or there
    return "REPLICA" if is_replica else "PRIMARY"


def _aliases(asked: Situation, _: str) -> object:
    """The aliases of the KMS key; a key with more than there may be for this counts as having none."""
    if asked.key is None:
        return None
    names = [alias.name for alias in asked.region.of_key(asked.key).aliases.by_age(asked.key.id)]
    return names if 0 < len(names) <= _MOST_ALIASES else None


def _resource_tag(asked: Situation, name: str) -> object:
    """A tag of the KMS key, or that a new one is to have; the case of its key does not matter."""
    if asked.key is None:
        return _request_tag(asked, name)
    return next((tag.value for key, tag in asked.key.tags.items() if key.lower() == name), None)


def _request_tag(asked: Situation, name: str) -> object:
    tags = asked.members.get("Tags", ())
    return next((tag["TagValue"] for tag in tags if tag["TagKey"].lower() == name), None)


def _tag_keys(asked: Situation, _: str) -> object:
    keys = [*asked.members.get("TagKeys", ()), *(tag["TagKey"] for tag in asked.members.get("Tags", ()))]
    return keys or None


def _via_service(asked: Situation, _: str) -> object:
    via = asked.principal.via
    return f"{via}.{asked.region.name}.amazonaws.com" if via else None


def _request_alias(asked: Situation, _: str) -> object:
    name = parse(asked.identifier)
    return name.resource if name.is_alias else None


#: Side of ReEncrypt -> what its members begin with.
_SIDES = {"ReEncryptFrom": "Source", "ReEncryptTo": "Destination"}


def encryption_context(asked: Situation) -> Mapping[str, str]:
    """The encryption context that a request brings, or that a grant is about."""
    if asked.action in {"CreateGrant", "RetireGrant"}:
        constraints = asked.grant.permission.constraints if asked.grant else asked.members.get("Constraints") or {}
        pairs = constraints.get("EncryptionContextEquals") or constraints.get("EncryptionContextSubset")
    else:
        pairs = asked.members.get(f"{_SIDES.get(asked.action, '')}EncryptionContext")
    return pairs or {}


def _context_value(asked: Situation, name: str) -> object:
    return next((value for key, value in encryption_context(asked).items() if key.lower() == name), None)


def _attestation(asked: Situation, name: str) -> object:
    """A measurement of the enclave that an answer is for; absent without an attestation document that is valid."""
    try:
        recipient = recipient_of(asked.region, asked.members)
    except ValidationException:
        return None
    return None if recipient is None else recipient.measurement(name)


def _encryption_algorithm(asked: Situation, _: str) -> object:
    return asked.members.get(f"{_SIDES.get(asked.action, '')}EncryptionAlgorithm", "SYMMETRIC_DEFAULT")


def _on_same_key(asked: Situation, _: str) -> object:
    return str(all(other is asked.key for other in asked.others)).lower()


def _constraint_type(asked: Situation, _: str) -> object:
    constraints = asked.grant.permission.constraints if asked.grant else asked.members.get("Constraints") or {}
    return [kind for kind in ("EncryptionContextEquals", "EncryptionContextSubset") if constraints.get(kind)] or None


def _source_arn(asked: Situation, _: str) -> object:
    return (asked.members.get("Constraints") or {}).get("SourceArn")


def _valid_to(asked: Situation, _: str) -> object:
    valid_to = asked.members.get("ValidTo")
    return valid_to.timestamp() if isinstance(valid_to, datetime) else None


def _trailing_days(asked: Situation, _: str) -> object:
    """Whole days since the last cryptographic operation; since it was made for a KMS key that was never used."""
    assert asked.key is not None  # the table has it for actions on KMS keys alone
    last = asked.key.last_use.time if asked.key.last_use else asked.key.created
    return (asked.region.now - last).days


def _is_for_aws(asked: Situation, _: str) -> object:
    return "true" if asked.principal.via or asked.principal.kind is Kind.SERVICE else "false"


#: Condition key, in lower case -> its values in a request; None where it is absent.
VALUES: Mapping[str, Callable[[Situation, str], object]] = {
    "kms:calleraccount": lambda asked, _: asked.principal.account,
    "kms:customermasterkeyspec": _key_spec,
    "kms:customermasterkeyusage": _key_usage,
    "kms:keyspec": _key_spec,
    "kms:keyusage": _key_usage,
    "kms:keyorigin": _of_key(lambda key: key.origin, "Origin", "AWS_KMS"),
    "kms:multiregion": lambda asked, _: str(_is_multi_region(asked)).lower(),
    "kms:multiregionkeytype": _multi_region_type,
    "kms:resourcealiases": _aliases,
    "aws:resourcetag/": _resource_tag,
    "kms:viaservice": _via_service,
    "aws:requesttag/": _request_tag,
    "aws:tagkeys": _tag_keys,
    "kms:requestalias": _request_alias,
    "kms:encryptionalgorithm": _encryption_algorithm,
    "kms:encryptioncontext:": _context_value,
    "kms:encryptioncontextkeys": lambda asked, _: list(encryption_context(asked)) or None,
    "kms:recipientattestation:": _attestation,
    "kms:datakeypairspec": _member("KeyPairSpec"),
    "kms:reencryptonsamekey": _on_same_key,
    "kms:messagetype": _member("MessageType", "RAW"),
    "kms:signingalgorithm": _member("SigningAlgorithm"),
    "kms:macalgorithm": _member("MacAlgorithm"),
    "kms:keyagreementalgorithm": _member("KeyAgreementAlgorithm"),
    "kms:grantconstraintsourcearn": _source_arn,
    "kms:grantconstrainttype": _constraint_type,
    "kms:granteeprincipal": _member("GranteePrincipal"),
    "kms:granteeserviceprincipal": _member("GranteeServicePrincipal"),
    "kms:grantisforawsresource": _is_for_aws,
    "kms:grantoperations": _member("Operations"),
    "kms:retiringprincipal": _member("RetiringPrincipal"),
    "kms:retiringserviceprincipal": _member("RetiringServicePrincipal"),
    "kms:rotationperiodindays": _member("RotationPeriodInDays", _DEFAULT_PERIOD),
    "kms:schedulekeydeletionpendingwindowindays": _member("PendingWindowInDays", _DEFAULT_WINDOW),
    "kms:trailingdayswithoutkeyusage": _trailing_days,
    "kms:replicaregion": _member("ReplicaRegion"),
    "kms:primaryregion": _member("PrimaryRegion"),
    "kms:bypasspolicylockoutsafetycheck": _flag("BypassPolicyLockoutSafetyCheck"),
    "kms:policyname": _member("PolicyName", "default"),
    "kms:wrappingalgorithm": _member("WrappingAlgorithm"),
    "kms:wrappingkeyspec": _member("WrappingKeySpec"),
    "kms:expirationmodel": _member("ExpirationModel"),
    "kms:validto": _valid_to,
}

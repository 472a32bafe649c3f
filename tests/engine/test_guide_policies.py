"""The example policies of AWS's guide: each allows what its text says, and nothing beside it.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
"""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pytest_kmsimport.engine.authorization.principals import Account, Principal, role_session
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.errors import AccessDeniedException

from ..support.key_policies import document, root, statement

HOME, EXTERNAL = "111122223333", "444455556666"
USER = f"arn:aws:iam::{HOME}:user/ExampleUser"
ROLE = f"arn:aws:iam::{HOME}:role/RoleForExampleApp"
ADMIN = f"arn:aws:iam::{HOME}:role/ExampleAdminRole"
ALICE, APP = Principal(USER), Principal(role_session(ROLE, "app"))
BOB = Principal(f"arn:aws:iam::{HOME}:user/Bob")
ADMINS = Principal(role_session(ADMIN, "x"))
ACCOUNT = statement(root(HOME))
VALID_TO = datetime(2018, 12, 31, 11, 59, 59, tzinfo=timezone.utc)  # as the guide has 1546257599.0


def only(principal: object, action: object, **condition: dict[str, object]) -> dict[str, object]:
    """An example statement of a key policy: an Allow under a condition, whose operators have no colon here."""
    return statement(principal, action, Condition={name.replace("_", ":"): keys for name, keys in condition.items()})


def iam(action: object, resource: object = "*", effect: str = "Allow", **condition: dict[str, object]) -> str:
    """An example of an IAM policy."""
    conditions = {name.replace("_", ":"): keys for name, keys in condition.items()}
    return document({"Effect": effect, "Action": action, "Resource": resource, "Condition": conditions})


def by(principal: Principal, *policies: str, **more: object) -> Principal:
    """Somebody with identity-based policies."""
    return Principal(principal.arn, policies=policies, **more)


CONTEXT = "EncryptionContext"
OAEP = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
EXPIRES, NEVER = {"ExpirationModel": "KEY_MATERIAL_EXPIRES"}, {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
EXAMPLE_APP = {"StringEquals": {"kms:EncryptionContext:AppName": "ExampleApp"}}
GRANT = {"GranteePrincipal": ROLE, "Operations": ["Encrypt", "Decrypt"]}
FOR_AWS = {"Bool": {"kms:GrantIsForAWSResource": True}}
SIGNING_KEY = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
SECOND = f"arn:aws:kms:us-east-1:{HOME}:key/12345678-1234-1234-1234-123456789012"
VIA = {"StringEquals": {"kms:ViaService": ["ec2.us-east-1.amazonaws.com", "rds.us-east-1.amazonaws.com"]}}

#: What the guide's example is called -> statements of the key policy, what is allowed, and what is not: each is who
#: asks for what, with which members.
EXAMPLES = {
    "the account lets IAM decide": (
        [ACCOUNT],
        [(Principal(root(HOME)), "ScheduleKeyDeletion", {}), (by(ALICE, iam("kms:Encrypt")), "Encrypt", {})],
        [(ALICE, "Encrypt", {}), (by(ALICE, iam("kms:Encrypt")), "Decrypt", {})],
    ),
    "key administrators": (
        [ACCOUNT, statement(ADMIN, [
            "kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*",
            "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource",
            "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand",
        ])],
        [(ADMINS, operation, {}) for operation in (
            "DescribeKey", "PutKeyPolicy", "ScheduleKeyDeletion", "GetParametersForImport", "CreateGrant",
            "DeleteImportedKeyMaterial", "RotateKeyOnDemand",
        )],
        [(ADMINS, operation, {}) for operation in ("Encrypt", "Decrypt", "GenerateDataKey", "ImportKeyMaterial")]
        + [(APP, "DescribeKey", {})],
    ),
    "key users": (
        [
            ACCOUNT,
            statement(ROLE, [
                "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey",
            ]),
            only(ROLE, ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], **FOR_AWS),
        ],
        [(APP, "Encrypt", {}), (APP, "GenerateDataKeyPairWithoutPlaintext", {}), (APP, "ReEncrypt", {}),
         (Principal(APP.arn, via="ec2"), "CreateGrant", GRANT)],
        [(APP, "CreateGrant", GRANT), (APP, "ListGrants", {}), (APP, "Sign", {}), (APP, "DisableKey", {})],
    ),
    "external accounts": (
        [ACCOUNT, statement(root(EXTERNAL), ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"])],
        [(by(Principal(f"arn:aws:iam::{EXTERNAL}:user/x"), iam("kms:*", "{arn}")), "Encrypt", {}),
         (Principal(root(EXTERNAL)), "Decrypt", {})],
        [(Principal(f"arn:aws:iam::{EXTERNAL}:user/x"), "Encrypt", {}),
         (by(Principal(f"arn:aws:iam::{EXTERNAL}:user/x"), iam("kms:*", SECOND)), "Encrypt", {}),
         (by(Principal(f"arn:aws:iam::{EXTERNAL}:user/x"), iam("kms:*")), "CreateGrant", GRANT),
         (by(Principal(f"arn:aws:iam::{EXTERNAL}:user/x"), iam("kms:*")), "DisableKey", {})],
    ),
    "kms:BypassPolicyLockoutSafetyCheck, in IAM": (
        [ACCOUNT],
        [(by(ALICE, iam("kms:*"), iam("kms:CreateKey", effect="Deny",
                                      Bool={"kms:BypassPolicyLockoutSafetyCheck": "true"})), "CreateKey", {})],
        [(by(ALICE, iam("kms:*"), iam("kms:CreateKey", effect="Deny",
                                      Bool={"kms:BypassPolicyLockoutSafetyCheck": "true"})),
          "CreateKey", {"BypassPolicyLockoutSafetyCheck": True})],
    ),
    "kms:BypassPolicyLockoutSafetyCheck, must not be there": (
        [statement("*", "kms:PutKeyPolicy", Condition={"Null": {"kms:BypassPolicyLockoutSafetyCheck": "true"}})],
        [(APP, "PutKeyPolicy", {})],
        [(APP, "PutKeyPolicy", {"BypassPolicyLockoutSafetyCheck": value}) for value in (True, False)],
    ),
    "kms:CallerAccount and kms:ViaService of an AWS managed key": (
        [only("*", ["kms:Encrypt", "kms:Decrypt"], StringEquals={
            "kms:ViaService": "sqs.us-east-1.amazonaws.com", "kms:CallerAccount": HOME})],
        [(Principal(USER, via="sqs"), "Encrypt", {})],
        [(ALICE, "Encrypt", {}), (Principal(USER, via="s3"), "Encrypt", {}),
         (by(Principal(f"arn:aws:iam::{EXTERNAL}:user/x"), iam("*"), via="sqs"), "Encrypt", {})],
    ),
    "kms:DataKeyPairSpec": (
        [only(ROLE, "kms:GenerateDataKeyPair", StringLike={"kms:DataKeyPairSpec": "RSA*"})],
        [(APP, "GenerateDataKeyPair", {"KeyPairSpec": "RSA_4096"})],
        [(APP, "GenerateDataKeyPair", {"KeyPairSpec": "ECC_NIST_P256"})],
    ),
    "kms:EncryptionAlgorithm": (
        [statement(ROLE), only("*", "kms:Encrypt", StringLike={"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_1"})
         | {"Effect": "Deny"}],
        [(APP, "Encrypt", {}), (APP, "Encrypt", {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"})],
        [(APP, "Encrypt", {"EncryptionAlgorithm": "RSAES_OAEP_SHA_1"})],
    ),
    "kms:EncryptionContext requires a pair": (
        [only(ROLE, "kms:GenerateDataKey", **EXAMPLE_APP)],
        [(APP, "GenerateDataKey", {CONTEXT: {"appname": "ExampleApp"}}),
         (APP, "GenerateDataKey", {CONTEXT: {"AppName": "ExampleApp", "Stage": "Test"}})],
        [(APP, "GenerateDataKey", {}), (APP, "GenerateDataKey", {CONTEXT: {"AppName": "exampleapp"}})],
    ),
    "kms:EncryptionContext forbids all other pairs": (
        [only(USER, "kms:GenerateDataKey", **EXAMPLE_APP,
              ForAllValues_StringEquals={"kms:EncryptionContextKeys": ["AppName"]})],
        [(ALICE, "GenerateDataKey", {CONTEXT: {"AppName": "ExampleApp"}})],
        [(ALICE, "GenerateDataKey", {CONTEXT: {"AppName": "ExampleApp", "Stage": "Test"}}),
         (ALICE, "GenerateDataKey", {})],
    ),
    "kms:EncryptionContext is denied": (
        [statement(ROLE), only(ROLE, "kms:GenerateDataKey", StringEquals={
            "kms:EncryptionContext:Stage": ["Restricted", "Production"]}) | {"Effect": "Deny"}],
        [(APP, "GenerateDataKey", {CONTEXT: {"Stage": "Test"}}), (APP, "GenerateDataKey", {})],
        [(APP, "GenerateDataKey", {CONTEXT: {"Stage": stage, "a": "b"}}) for stage in ("Restricted", "Production")],
    ),
    "kms:EncryptionContext, two pairs": (
        [only(ROLE, "kms:Decrypt", StringEquals={
            "kms:EncryptionContext:Department": "IT", "kms:EncryptionContext:Project": "Alpha"})],
        [(APP, "Decrypt", {CONTEXT: {"Department": "IT", "Project": "Alpha"}})],
        [(APP, "Decrypt", {CONTEXT: {"Department": "IT"}}), (APP, "Decrypt", {CONTEXT: {"Project": "Alpha"}})],
    ),
    "kms:EncryptionContext with a variable": (
        [only("*", ["kms:Decrypt", "kms:Encrypt"], StringEquals={"kms:EncryptionContext:user": "${aws:username}"})],
        [(BOB, "Encrypt", {CONTEXT: {"user": "Bob"}}), (ALICE, "Decrypt", {CONTEXT: {"user": "ExampleUser"}})],
        [(ALICE, "Decrypt", {CONTEXT: {"user": "Bob"}}), (APP, "Decrypt", {CONTEXT: {"user": "Bob"}})],
    ),
    "kms:EncryptionContextKeys requires a context": (
        [statement(USER, "kms:GenerateDataKey", Condition={"Null": {"kms:EncryptionContextKeys": False}})],
        [(ALICE, "GenerateDataKey", {CONTEXT: {"a": "b"}})],
        [(ALICE, "GenerateDataKey", {})],
    ),
    "kms:EncryptionContextKeys requires one of two keys": (
        [only(ROLE, "kms:GenerateDataKey", ForAnyValue_StringEquals={
            "kms:EncryptionContextKeys": ["AppName", "Purpose"]})],
        [(APP, "GenerateDataKey", {CONTEXT: {"AppName": "x", "Other": "y"}})],
        [(APP, "GenerateDataKey", {CONTEXT: {"appname": "x"}}), (APP, "GenerateDataKey", {})],
    ),
    "kms:ExpirationModel": (
        [only(USER, "kms:ImportKeyMaterial", StringEquals={"kms:ExpirationModel": "KEY_MATERIAL_EXPIRES"})],
        [(ALICE, "ImportKeyMaterial", EXPIRES)],
        [(ALICE, "ImportKeyMaterial", NEVER), (ALICE, "ImportKeyMaterial", {})],
    ),
    "kms:ExpirationModel is required": (
        [statement(USER), statement("*", "kms:ImportKeyMaterial", Effect="Deny",
                                    Condition={"Null": {"kms:ExpirationModel": "true"}})],
        [(ALICE, "ImportKeyMaterial", EXPIRES), (ALICE, "ImportKeyMaterial", NEVER)],
        [(ALICE, "ImportKeyMaterial", {})],
    ),
    "kms:GrantConstraintType": (
        [only(USER, "kms:CreateGrant", StringEquals={"kms:GrantConstraintType": "EncryptionContextEquals"})],
        [(ALICE, "CreateGrant", {**GRANT, "Constraints": {"EncryptionContextEquals": {"a": "b"}}})],
        [(ALICE, "CreateGrant", {**GRANT, "Constraints": {"EncryptionContextSubset": {"a": "b"}}}),
         (ALICE, "CreateGrant", GRANT)],
    ),
    "kms:GrantOperations": (
        [only(USER, "kms:CreateGrant", ForAllValues_StringEquals={
            "kms:GrantOperations": ["Encrypt", "ReEncryptTo"]})],
        [(ALICE, "CreateGrant", {**GRANT, "Operations": operations})
         for operations in (["Encrypt"], ["ReEncryptTo", "Encrypt"])],
        [(ALICE, "CreateGrant", GRANT)],
    ),
    "kms:GranteePrincipal and kms:RetiringPrincipal": (
        [only(USER, "kms:CreateGrant", StringEquals={
            "kms:GranteePrincipal": ROLE, "kms:RetiringPrincipal": ADMIN})],
        [(ALICE, "CreateGrant", {**GRANT, "RetiringPrincipal": ADMIN})],
        [(ALICE, "CreateGrant", GRANT),
         (ALICE, "CreateGrant", {**GRANT, "GranteePrincipal": ADMIN, "RetiringPrincipal": ADMIN})],
    ),
    "kms:KeyOrigin of a new key": (
        [ACCOUNT],
        [(by(ALICE, iam("kms:CreateKey", StringEquals={"kms:KeyOrigin": "EXTERNAL"})), "CreateKey",
          {"Origin": "EXTERNAL"})],
        [(by(ALICE, iam("kms:CreateKey", StringEquals={"kms:KeyOrigin": "EXTERNAL"})), "CreateKey", members)
         for members in ({}, {"Origin": "AWS_KMS"})],
    ),
    "kms:KeyOrigin of a key": (
        [ACCOUNT],
        [(by(ALICE, iam("kms:Encrypt", StringEquals={"kms:KeyOrigin": "EXTERNAL"})), "Encrypt", {})],
        [(by(ALICE, iam("kms:Encrypt", StringEquals={"kms:KeyOrigin": "AWS_CLOUDHSM"})), "Encrypt",
          {})],
    ),
    "kms:KeySpec and kms:KeyUsage of a new key": (
        [ACCOUNT],
        [(by(ALICE, iam("kms:CreateKey", StringEquals={
            "kms:KeySpec": "ECC_NIST_P256", "kms:KeyUsage": "SIGN_VERIFY"})), "CreateKey", SIGNING_KEY)],
        [(by(ALICE, iam("kms:CreateKey", StringEquals={
            "kms:KeySpec": "ECC_NIST_P256", "kms:KeyUsage": "SIGN_VERIFY"})), "CreateKey", members)
         for members in ({}, {**SIGNING_KEY, "KeyUsage": "KEY_AGREEMENT"})],
    ),
    "kms:MacAlgorithm": (
        [only(ROLE, ["kms:GenerateMac", "kms:VerifyMac"], StringEquals={"kms:MacAlgorithm": "HMAC_SHA_256"})],
        [(APP, "VerifyMac", {"MacAlgorithm": "HMAC_SHA_256"})],
        [(APP, "GenerateMac", {"MacAlgorithm": "HMAC_SHA_384"})],
    ),
    "kms:MessageType and kms:SigningAlgorithm": (
        [only(USER, "kms:Sign", StringEquals={"kms:MessageType": "RAW"},
              StringLike={"kms:SigningAlgorithm": "RSASSA_PSS*"})],
        [(ALICE, "Sign", {"SigningAlgorithm": "RSASSA_PSS_SHA_256"})],
        [(ALICE, "Sign", {"SigningAlgorithm": "RSASSA_PSS_SHA_256", "MessageType": "DIGEST"}),
         (ALICE, "Sign", {"SigningAlgorithm": "ECDSA_SHA_256"})],
    ),
    "kms:MultiRegion of a new key": (
        [ACCOUNT],
        [(by(ALICE, iam("kms:CreateKey", Bool={"kms:MultiRegion": False})), "CreateKey", {})],
        [(by(ALICE, iam("kms:CreateKey", Bool={"kms:MultiRegion": False})), "CreateKey", {"MultiRegion": True})],
    ),
    "kms:PrimaryRegion and kms:ReplicaRegion": (
        [ACCOUNT, only(ROLE, "kms:UpdatePrimaryRegion", StringEquals={"kms:PrimaryRegion": ["us-east-1", "eu-west-3"]}),
         only(ROLE, "kms:ReplicateKey", StringEquals={"kms:ReplicaRegion": ["us-east-1", "eu-west-3"]})],
        [(APP, "UpdatePrimaryRegion", {"PrimaryRegion": "eu-west-3"}),
         (by(APP, iam("kms:CreateKey")), "ReplicateKey", {"ReplicaRegion": "eu-west-3"})],
        [(APP, "UpdatePrimaryRegion", {"PrimaryRegion": "eu-west-1"}),
         (by(APP, iam("kms:CreateKey")), "ReplicateKey", {"ReplicaRegion": "ap-east-1"})],
    ),
    "kms:ReEncryptOnSameKey": (
        [only(USER, "kms:ReEncrypt*", Bool={"kms:ReEncryptOnSameKey": True})],
        [(ALICE, "ReEncrypt", {"SourceKeyId": "{id}", "DestinationKeyId": "{arn}"})],
        [(ALICE, "ReEncrypt", {"SourceKeyId": "{id}", "DestinationKeyId": "{other}"})],
    ),
    "kms:RequestAlias": (
        [only(ROLE, ["kms:Encrypt", "kms:GenerateDataKey*"], StringLike={"kms:RequestAlias": "alias/ExampleAlias*"})],
        [(APP, "Encrypt", {"KeyId": "alias/ExampleAlias1"})],
        [(APP, "Encrypt", {}), (APP, "Encrypt", {"KeyId": "alias/Other"})],
    ),
    "kms:ResourceAliases": (
        [ACCOUNT],
        [(by(ALICE, iam("kms:*", ForAnyValue_StringLike={"kms:ResourceAliases": "alias/Ex*"})), "DisableKey", {})],
        [(by(ALICE, iam("kms:*", ForAnyValue_StringLike={"kms:ResourceAliases": "alias/Finance*"})), "DisableKey", {})],
    ),
    "kms:RotationPeriodInDays": (
        [only(ROLE, "kms:EnableKeyRotation", NumericLessThanEquals={"kms:RotationPeriodInDays": "180"})],
        [(APP, "EnableKeyRotation", {"RotationPeriodInDays": 180})],
        [(APP, "EnableKeyRotation", {"RotationPeriodInDays": 181}), (APP, "EnableKeyRotation", {})],
    ),
    "kms:ScheduleKeyDeletionPendingWindowInDays": (
        [statement(ROLE), only("*", "kms:ScheduleKeyDeletion", NumericNotEquals={
            "kms:ScheduleKeyDeletionPendingWindowInDays": "21"}) | {"Effect": "Deny"}],
        [(APP, "ScheduleKeyDeletion", {"PendingWindowInDays": 21})],
        [(APP, "ScheduleKeyDeletion", {"PendingWindowInDays": 7}), (APP, "ScheduleKeyDeletion", {})],
    ),
    "kms:TrailingDaysWithoutKeyUsage": (
        [statement(ROLE), only("*", "kms:DisableKey", NumericLessThan={"kms:TrailingDaysWithoutKeyUsage": "90"})
         | {"Effect": "Deny"}],
        [(APP, "DescribeKey", {})],
        [(APP, "DisableKey", {})],
    ),
    "kms:ValidTo": (
        [only(USER, "kms:ImportKeyMaterial", NumericLessThanEquals={"kms:ValidTo": "1546257599.0"})],
        [(ALICE, "ImportKeyMaterial", {**EXPIRES, "ValidTo": VALID_TO})],
        [(ALICE, "ImportKeyMaterial", {**EXPIRES, "ValidTo": VALID_TO.replace(hour=12)}),
         (ALICE, "ImportKeyMaterial", NEVER)],
    ),
    "kms:ViaService": (
        [only(USER, ["kms:Encrypt", "kms:CreateGrant"], **VIA)],
        [(Principal(USER, via="rds"), "CreateGrant", GRANT), (Principal(USER, via="ec2"), "Encrypt", {})],
        [(ALICE, "Encrypt", {}), (Principal(USER, via="lambda"), "Encrypt", {})],
    ),
    "kms:WrappingAlgorithm and kms:WrappingKeySpec": (
        [only(USER, "kms:GetParametersForImport", StringEquals={
            "kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256", "kms:WrappingKeySpec": "RSA_2048"})],
        [(ALICE, "GetParametersForImport", OAEP)],
        [(ALICE, "GetParametersForImport", {**OAEP, "WrappingAlgorithm": "RSAES_OAEP_SHA_1"}),
         (ALICE, "GetParametersForImport", {**OAEP, "WrappingKeySpec": "RSA_4096"})],
    ),
    "multi-factor authentication, at most five minutes ago": (
        [ACCOUNT, only(USER, "kms:ScheduleKeyDeletion", NumericLessThan={"aws:MultiFactorAuthAge": "300"})],
        [(Principal(USER, context={"aws:MultiFactorAuthAge": "299"}), "ScheduleKeyDeletion", {})],
        [(ALICE, "ScheduleKeyDeletion", {}),
         (Principal(USER, context={"aws:MultiFactorAuthAge": "300"}), "ScheduleKeyDeletion", {})],
    ),
    "aws:PrincipalOrgID": (
        [only("*", "kms:Encrypt", StringEquals={"aws:PrincipalOrgID": "o-xxxxxxxxxxx"})],
        [(by(Principal(f"arn:aws:iam::{EXTERNAL}:user/x"), iam("kms:Encrypt")), "Encrypt", {})],
        [(by(Principal("arn:aws:iam::777788889999:user/x"), iam("kms:Encrypt")), "Encrypt", {})],
    ),
    "aws:SourceVpce": (
        [statement(USER), only("*", "kms:Encrypt", StringNotEquals={"aws:sourceVpce": "vpce-1234abcdf5678c90a"})
         | {"Effect": "Deny"}],
        [(Principal(USER, context={"aws:SourceVpce": "vpce-1234abcdf5678c90a"}), "Encrypt", {})],
        [(Principal(USER, context={"aws:SourceVpce": "vpce-other"}), "Encrypt", {}),
         (Principal(USER, context={"aws:SourceIp": "203.0.113.7"}), "Encrypt", {})],
    ),
    "aws:ResourceTag, the same as the principal's": (
        [ACCOUNT],
        [(by(APP, iam("kms:Encrypt", StringEquals={"aws:ResourceTag/Project": "${aws:PrincipalTag/Project}"}),
             tags={"Project": "Alpha"}), "Encrypt", {})],
        [(by(APP, iam("kms:Encrypt", StringEquals={"aws:ResourceTag/Project": "${aws:PrincipalTag/Project}"}),
             tags=tags), "Encrypt", {}) for tags in ({"Project": "Beta"}, {})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_of_the_guide(ask, example):
    """What the example is for is allowed, and all that differs from it is not."""
    statements, allowed, refused = EXAMPLES[example]
    engine, owner = ask.engine, Caller(HOME, arranges=True)

    def arrange(operation: str, **members: object):
        return engine(Call(operation, "us-east-1", owner, members))

    tags = [{"TagKey": "Project", "TagValue": "Alpha"}]
    made = {"Policy": document(*statements), "Tags": tags}
    key = arrange("CreateKey", Origin="EXTERNAL", MultiRegion=True, **made)["KeyMetadata"]
    other = arrange("CreateKey", **made)["KeyMetadata"]
    for alias in ("ExampleAlias1", "Other"):
        arrange("CreateAlias", AliasName=f"alias/{alias}", TargetKeyId=key["KeyId"])
    engine.govern(EXTERNAL, Account(organization="o-xxxxxxxxxxx"))
    names = {"{id}": key["KeyId"], "{arn}": key["Arn"], "{other}": other["Arn"]}

    def may(principal: Principal, operation: str, members: dict[str, object]) -> bool:
        named = (
            {"SourceKeyId": "{arn}", "DestinationKeyId": "{arn}"} if operation == "ReEncrypt" else {"KeyId": "{arn}"}
        )
        filled = {name: names.get(value, value) if isinstance(value, str) else value
                  for name, value in {**named, **members}.items()}  # fmt: skip
        policies = tuple(policy.replace("{arn}", key["Arn"]) for policy in principal.policies)
        caller = Principal(
            principal.arn, policies=policies, via=principal.via, tags=principal.tags, context=principal.context
        )
        try:
            decisions = engine.can(Call(operation, "us-east-1", Caller(principal.account, "", caller), filled))
        except AccessDeniedException:  # AWS does not offer it across accounts
            return False
        assert decisions
        return all(decision.allowed for decision in decisions)

    for asked in allowed:
        assert may(*asked), asked
    for asked in refused:
        assert not may(*asked), asked

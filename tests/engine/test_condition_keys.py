"""Which condition keys a request has, and what they say: AWS's table of permissions, row by row, both ways.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pytest_kmsimport.engine.authorization.principals import Account, Principal, role_session
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.errors import NotOffered
from pytest_kmsimport.engine.operations import OPERATIONS
from pytest_kmsimport.engine.quotas import Quotas

from ..support.key_policies import document, statement

HOME = "123456789012"
USER = f"arn:aws:iam::{HOME}:user/division/Alice"
ROLE = f"arn:aws:iam::{HOME}:role/service/Importer"
BUCKET = "arn:aws:s3:::bucket"

# AWS's table. What a request has of each key is on the right; "-" says that these requests do not have it.
KEY_RESOURCE_SET = {
    "kms:CallerAccount": HOME,
    "kms:CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
    "kms:CustomerMasterKeyUsage": "ENCRYPT_DECRYPT",
    "kms:KeyOrigin": "EXTERNAL",
    "kms:KeySpec": "SYMMETRIC_DEFAULT",
    "kms:KeyUsage": "ENCRYPT_DECRYPT",
    "kms:MultiRegion": "true",
    "kms:MultiRegionKeyType": "PRIMARY",
    "kms:ResourceAliases": "alias/x",
    "kms:ViaService": "s3.us-east-1.amazonaws.com",
    "aws:ResourceTag/team": "keys",
}
ENCRYPTION = {
    "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    "kms:RequestAlias": "alias/x",
    "kms:EncryptionContext:Department": "IT",
    "kms:EncryptionContextKeys": "department",
}
ATTESTED = {
    "kms:RecipientAttestation:ImageSha384": "00" * 48,
    "kms:RecipientAttestation:PCR3": "03" * 48,
    "kms:RecipientAttestation:PCR4": "-",
    "kms:RecipientAttestation:NitroTPMPCR3": "-",
}
NEW_TAGS = {"aws:RequestTag/team": "new", "aws:TagKeys": "team"}
TABLE = {
    "CancelKeyDeletion": {},
    "CreateAlias": {},
    "CreateGrant": {
        "kms:EncryptionContext:Department": "IT",
        "kms:EncryptionContextKeys": "department",
        "kms:GrantConstraintSourceArn": BUCKET,
        "kms:GrantConstraintType": "EncryptionContextSubset",
        "kms:GranteePrincipal": ROLE,
        "kms:GranteeServicePrincipal": "-",
        "kms:GrantIsForAWSResource": "true",
        "kms:GrantOperations": "Decrypt",
        "kms:RetiringPrincipal": USER,
        "kms:RetiringServicePrincipal": "-",
    },
    "Decrypt": {**ENCRYPTION, **ATTESTED},
    "DeleteAlias": {},
    "DeleteImportedKeyMaterial": {},
    "DeriveSharedSecret": {"kms:KeyAgreementAlgorithm": "ECDH", **ATTESTED},
    "DescribeKey": {"kms:RequestAlias": "alias/x"},
    "DisableKey": {"kms:TrailingDaysWithoutKeyUsage": "3"},
    "DisableKeyRotation": {},
    "EnableKey": {},
    "EnableKeyRotation": {"kms:RotationPeriodInDays": "90"},
    "Encrypt": ENCRYPTION,
    "GenerateDataKey": {**ENCRYPTION, **ATTESTED},
    "GenerateDataKeyPair": {**ENCRYPTION, **ATTESTED, "kms:DataKeyPairSpec": "RSA_2048"},
    "GenerateDataKeyPairWithoutPlaintext": {**ENCRYPTION, "kms:DataKeyPairSpec": "RSA_2048"},
    "GenerateDataKeyWithoutPlaintext": ENCRYPTION,
    "GenerateMac": {"kms:MacAlgorithm": "HMAC_SHA_256", "kms:RequestAlias": "alias/x"},
    "GetKeyLastUsage": {},
    "GetKeyPolicy": {"kms:PolicyName": "default"},
    "GetKeyRotationStatus": {},
    "GetParametersForImport": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256", "kms:WrappingKeySpec": "RSA_4096"},
    "GetPublicKey": {"kms:RequestAlias": "alias/x"},
    "ImportKeyMaterial": {"kms:ExpirationModel": "KEY_MATERIAL_EXPIRES", "kms:ValidTo": "1767312000.0"},
    "ListGrants": {"kms:GrantIsForAWSResource": "true"},
    "ListKeyPolicies": {},
    "ListKeyRotations": {},
    "ListResourceTags": {},
    "PutKeyPolicy": {"kms:BypassPolicyLockoutSafetyCheck": "true", "kms:PolicyName": "default"},
    "ReEncryptFrom": {**ENCRYPTION, "kms:ReEncryptOnSameKey": "true"},
    "ReEncryptTo": {**ENCRYPTION, "kms:EncryptionContext:Department": "HR", "kms:ReEncryptOnSameKey": "true"},
    "ReplicateKey": {"kms:ReplicaRegion": "eu-west-1"},
    "RevokeGrant": {"kms:GrantIsForAWSResource": "true"},
    "RotateKeyOnDemand": {},
    "ScheduleKeyDeletion": {
        "kms:ScheduleKeyDeletionPendingWindowInDays": "7",
        "kms:TrailingDaysWithoutKeyUsage": "3",
    },
    "Sign": {"kms:MessageType": "DIGEST", "kms:SigningAlgorithm": "ECDSA_SHA_256", "kms:RequestAlias": "alias/x"},
    "TagResource": NEW_TAGS,
    "UntagResource": {"aws:RequestTag/team": "-", "aws:TagKeys": "team"},
    "UpdateAlias": {},
    "UpdateKeyDescription": {},
    "UpdatePrimaryRegion": {"kms:PrimaryRegion": "us-east-1"},
    "Verify": {"kms:MessageType": "DIGEST", "kms:SigningAlgorithm": "ECDSA_SHA_256", "kms:RequestAlias": "alias/x"},
    "VerifyMac": {"kms:MacAlgorithm": "HMAC_SHA_256", "kms:RequestAlias": "alias/x"},
    # not in AWS's table yet
    "Decapsulate": {"kms:RequestAlias": "alias/x"},
    "Encapsulate": {"kms:RequestAlias": "alias/x"},
}
#: Actions that do not have the key resource set, with all that they have.
OTHERS = {
    "CreateKey": {
        "kms:BypassPolicyLockoutSafetyCheck": "true",
        **{name: KEY_RESOURCE_SET[name] for name in KEY_RESOURCE_SET if name != "kms:ResourceAliases"},
        **NEW_TAGS,
        "aws:ResourceTag/team": "new",
    },
    "GenerateRandom": ATTESTED,  # by the page about these keys
    **{
        f"{verb}CustomKeyStore{'s' * (verb == 'Describe')}": {"kms:CallerAccount": HOME}
        for verb in ("Connect", "Create", "Delete", "Describe", "Disconnect", "Update")
    },
    "ListAliases": {},
    "ListKeys": {},
    "ListRetirableGrants": {},
    "RetireGrant": {
        "kms:EncryptionContext:Department": "IT",
        "kms:EncryptionContextKeys": "department",
        "kms:GrantConstraintType": "EncryptionContextSubset",
        **{
            name: KEY_RESOURCE_SET[name]
            for name in ("kms:CallerAccount", "kms:ResourceAliases", "aws:ResourceTag/team", "kms:ViaService")
        },
    },
}
ROWS = {**{action: {**KEY_RESOURCE_SET, **keys} for action, keys in TABLE.items()}, **OTHERS}
NAMES = sorted({name for keys in ROWS.values() for name in keys})

# Requests that have everything of which a condition can ask
IT, TAGS = {"department": "IT"}, [{"TagKey": "team", "TagValue": "new"}]
CONTEXT = {"EncryptionContext": IT}
RECIPIENT = {"Recipient": {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"x"}}
MEMBERS = {
    "CreateAlias": {"AliasName": "alias/new", "TargetKeyId": "{id}"},
    "CreateGrant": {
        "Operations": ["Encrypt", "Decrypt"],
        "GranteePrincipal": ROLE,
        "RetiringPrincipal": USER,
        "Constraints": {"EncryptionContextSubset": IT, "SourceArn": BUCKET},
    },
    "CreateKey": {
        "Origin": "EXTERNAL",
        "MultiRegion": True,
        "BypassPolicyLockoutSafetyCheck": True,
        "Tags": [{"TagKey": "team", "TagValue": "new"}],
    },
    "Decrypt": {"KeyId": "alias/x", **CONTEXT, **RECIPIENT},
    "DeleteAlias": {"AliasName": "alias/x"},
    "DeriveSharedSecret": {"KeyAgreementAlgorithm": "ECDH", **RECIPIENT},
    "EnableKeyRotation": {"RotationPeriodInDays": 90},
    "Encrypt": CONTEXT,
    "GenerateDataKey": {**CONTEXT, **RECIPIENT},
    "GenerateDataKeyPair": {"KeyPairSpec": "RSA_2048", **CONTEXT, **RECIPIENT},
    "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "RSA_2048", **CONTEXT},
    "GenerateDataKeyWithoutPlaintext": CONTEXT,
    "GenerateMac": {"MacAlgorithm": "HMAC_SHA_256"},
    "GenerateRandom": RECIPIENT,
    "GetParametersForImport": {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"},
    "ImportKeyMaterial": {
        "ExpirationModel": "KEY_MATERIAL_EXPIRES",
        "ValidTo": datetime(2026, 1, 2, tzinfo=timezone.utc),
    },
    "PutKeyPolicy": {"BypassPolicyLockoutSafetyCheck": True},
    "ReEncrypt": {
        "SourceKeyId": "alias/x",
        "DestinationKeyId": "arn:aws:kms:us-east-1:123456789012:alias/x",
        "SourceEncryptionContext": IT,
        "DestinationEncryptionContext": {"department": "HR"},
    },
    "ReplicateKey": {"ReplicaRegion": "eu-west-1"},
    "RetireGrant": {"GrantToken": "{grant}"},
    "ScheduleKeyDeletion": {"PendingWindowInDays": 7},
    "Sign": {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"},
    "TagResource": {"Tags": TAGS},
    "UntagResource": {"TagKeys": ["team"]},
    "UpdateAlias": {"AliasName": "alias/x", "TargetKeyId": "{id}"},
    "UpdatePrimaryRegion": {"PrimaryRegion": "us-east-1"},
    "Verify": {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"},
    "VerifyMac": {"MacAlgorithm": "HMAC_SHA_256"},
}
OPERATION_OF = {"ReEncryptFrom": "ReEncrypt", "ReEncryptTo": "ReEncrypt"}


class World:
    """An account with one KMS key that has an alias, a tag and a grant, and was made three days ago."""

    def __init__(self, ask, universe) -> None:
        self.engine = ask.engine
        tags = [{"TagKey": "Team", "TagValue": "keys"}]
        key = ask("CreateKey", Origin="EXTERNAL", MultiRegion=True, Tags=tags)["KeyMetadata"]
        self.id, self.arn = key["KeyId"], key["Arn"]
        ask("CreateAlias", AliasName="alias/x", TargetKeyId=self.id)
        with_key = ask("CreateKey", Tags=tags)["KeyMetadata"]["KeyId"]  # grants are for keys that can be used
        ask("CreateAlias", AliasName="alias/y", TargetKeyId=with_key)
        self.grant = ask(
            "CreateGrant",
            KeyId=with_key,
            GranteePrincipal=ROLE,
            Operations=["Decrypt"],
            Constraints={"EncryptionContextSubset": IT},
        )["GrantToken"]
        universe.pass_time(days=3)

    def members(self, operation: str, **changes: object) -> dict[str, object]:
        """What a request for an operation has, beside what it is about."""
        given = {**MEMBERS.get(operation, {}), **changes}
        if operation not in {"ReEncrypt", "RetireGrant", "CreateAlias", "UpdateAlias", "DeleteAlias"}:
            given.setdefault("KeyId", "alias/x" if "kms:RequestAlias" in ROWS[operation] else self.id)
        fill = {"{id}": self.id, "{grant}": self.grant}
        return {name: fill.get(value, value) if isinstance(value, str) else value for name, value in given.items()}

    def may(self, action: str, condition: dict[str, object], principal: Principal | None = None, **changes: object):
        """Whether somebody may do something who is allowed it on this condition alone."""
        on = self.arn if action not in OTHERS else "*"
        conditional = {"Effect": "Allow", "Action": f"kms:{action}", "Resource": on, "Condition": condition}
        rest = [{"Effect": "Allow", "NotAction": f"kms:{action}", "Resource": "*"}]
        if action not in OTHERS:
            rest.append({"Effect": "Allow", "Action": "*", "NotResource": on})
        principal = principal or Principal(USER, via="s3")
        policies = (document(conditional, *rest),)
        caller = Principal(
            principal.arn, principal.account, principal.role, policies,
            tags=principal.tags, via=principal.via, context=principal.context,
        )  # fmt: skip
        operation = OPERATION_OF.get(action, action)
        call = Call(operation, "us-east-1", Caller(HOME, "", caller), self.members(operation, **changes))
        decisions = self.engine.can(call)
        assert f"kms:{action}" in {decision.action for decision in decisions}
        return all(decision.allowed for decision in decisions)


@pytest.fixture
def there(ask, universe) -> World:
    """An account with a KMS key."""
    return World(ask, universe)


def test_the_table_has_every_action():
    """Each operation's, and the two of ReEncrypt."""
    assert ROWS.keys() == OPERATIONS.keys() - {"ReEncrypt"} | {"ReEncryptFrom", "ReEncryptTo"}


@pytest.mark.parametrize("action", ROWS)
def test_what_a_request_says(there, action):
    """Each key of its row has its value, and no other; keys of other rows are absent."""
    for name in NAMES:
        expected = ROWS[action].get(name, "-")
        expected = "alias/y" if action == "RetireGrant" and name == "kms:ResourceAliases" else expected
        assert there.may(action, {"Null": {name: str(expected == "-").lower()}}), name
        assert not there.may(action, {"Null": {name: str(expected != "-").lower()}}), name
        if expected != "-":
            assert there.may(action, {"ForAnyValue:StringEquals": {name.upper(): expected}}), name
            assert not there.may(action, {"ForAllValues:StringEquals": {name: f"{expected}x"}}), name


DEFAULTS = [
    ("EnableKeyRotation", "kms:RotationPeriodInDays", "365", "RotationPeriodInDays"),  # recorded
    ("Encrypt", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT", "EncryptionAlgorithm"),
    ("CreateKey", "kms:KeyOrigin", "AWS_KMS", "Origin"),
    ("CreateKey", "kms:MultiRegion", "false", "MultiRegion"),
    ("CreateKey", "kms:MultiRegionKeyType", "-", "MultiRegion"),
    ("CreateKey", "kms:BypassPolicyLockoutSafetyCheck", "-", "BypassPolicyLockoutSafetyCheck"),
    ("CreateKey", "aws:TagKeys", "-", "Tags"),
    ("PutKeyPolicy", "kms:BypassPolicyLockoutSafetyCheck", "-", "BypassPolicyLockoutSafetyCheck"),
    ("ImportKeyMaterial", "kms:ExpirationModel", "-", "ExpirationModel"),
    ("ImportKeyMaterial", "kms:ValidTo", "-", "ValidTo"),
    ("ScheduleKeyDeletion", "kms:ScheduleKeyDeletionPendingWindowInDays", "30", "PendingWindowInDays"),
    ("Sign", "kms:MessageType", "RAW", "MessageType"),
    ("Encrypt", "kms:EncryptionContextKeys", "-", "EncryptionContext"),
    ("CreateGrant", "kms:GrantConstraintType", "-", "Constraints"),
    ("Decrypt", "kms:RecipientAttestation:ImageSha384", "-", "Recipient"),
]


@pytest.mark.parametrize(("action", "name", "expected", "lacking"), DEFAULTS)
def test_members_that_a_request_lacks(there, monkeypatch, action, name, expected, lacking):
    """Some count with AWS's default, others are absent."""
    monkeypatch.setitem(MEMBERS, action, {k: v for k, v in MEMBERS.get(action, {}).items() if k != lacking})
    assert there.may(action, {"Null": {name: str(expected == "-").lower()}})
    assert there.may(action, {"StringEqualsIfExists": {name: expected}})


def test_a_key_that_is_named_by_no_alias(there):
    """kms:RequestAlias is there for aliases alone, by name or ARN."""
    for identifier, expected in ((there.id, "true"), (there.arn, "true"), ("alias/x", "false")):
        assert there.may("DescribeKey", {"Null": {"kms:RequestAlias": expected}}, KeyId=identifier)


def test_a_key_that_has_too_many_aliases(universe):
    """More than 50, where a quota allows them, count as none."""
    engine = Engine(universe.world, quotas=Quotas(aliases_per_key=51))

    def ask(operation: str, **members: object):
        return engine(Call(operation, "us-east-1", Caller(HOME), members))

    ask.engine = engine
    there = World(ask, universe)
    of_aliases = {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}}
    for number in range(49):
        ask("CreateAlias", AliasName=f"alias/{number}", TargetKeyId=there.id)
    assert there.may("DescribeKey", of_aliases)
    ask("CreateAlias", AliasName="alias/more", TargetKeyId=there.id)
    assert not there.may("DescribeKey", of_aliases)


def test_replica_keys(there, ask):
    """The type of a multi-Region key, and of one that is to be made of it in another Region."""
    to_be = {"StringEquals": {"kms:MultiRegionKeyType": "REPLICA", "kms:KeyOrigin": "EXTERNAL"}}
    conditional = {"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*", "Condition": to_be}
    here = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    rest = {"Effect": "Allow", "Action": "kms:ReplicateKey", "Resource": "*"}
    for condition, expected in (
        (to_be, True),
        ({"StringEquals": {"kms:MultiRegionKeyType": "PRIMARY"}}, False),
        (here, True),
    ):
        caller = Principal(USER, policies=(document({**conditional, "Condition": condition}, rest),))
        call = Call(
            "ReplicateKey", "us-east-1", Caller(HOME, "", caller), {"KeyId": there.id, "ReplicaRegion": "eu-west-1"}
        )
        assert all(decision.allowed for decision in there.engine.can(call)) is expected


# Global condition keys

SESSION = Principal(role_session(ROLE, "ceremony"), role=ROLE, tags={"Team": "red"})
GLOBAL = [
    (SESSION, "aws:PrincipalArn", ROLE),
    (SESSION, "aws:PrincipalAccount", HOME),
    (SESSION, "aws:PrincipalType", "AssumedRole"),
    (SESSION, "aws:PrincipalTag/team", "red"),
    (SESSION, "aws:PrincipalTag/other", "-"),
    (SESSION, "aws:PrincipalIsAWSService", "false"),
    (SESSION, "aws:username", "-"),
    (SESSION, "aws:userid", f"{SESSION.role_id}:ceremony"),
    (SESSION, "aws:MultiFactorAuthPresent", "false"),
    (SESSION, "aws:PrincipalOrgID", "-"),
    (Principal(USER), "aws:PrincipalArn", USER),
    (Principal(USER), "aws:username", "Alice"),
    (Principal(USER), "aws:PrincipalType", "User"),
    (Principal(USER), "aws:MultiFactorAuthPresent", "-"),
    (Principal(USER), "aws:ViaAWSService", "false"),
    (Principal(USER), "aws:CalledVia", "-"),
    (Principal(USER, via="s3"), "aws:ViaAWSService", "true"),
    (Principal(USER, via="s3"), "aws:CalledViaFirst", "s3.amazonaws.com"),
    (Principal(USER), "aws:CurrentTime", "2026-01-04T00:00:00Z"),
    (Principal(USER), "aws:EpochTime", "1767484800"),
    (Principal(USER), "aws:RequestedRegion", "us-east-1"),
    (Principal(USER), "aws:ResourceAccount", HOME),
    (Principal(USER), "aws:SecureTransport", "true"),
    (Principal(USER), "aws:SourceArn", "-"),
    (Principal(USER, context={"aws:SourceIp": "203.0.113.7"}), "aws:sourceip", "203.0.113.7"),
    (Principal(USER, context={"aws:SourceIp": "203.0.113.7"}), "aws:SourceVpce", "-"),
    (Principal(USER, context={"aws:SourceIp": "203.0.113.7"}), "aws:VpceOrgID", "-"),
    (Principal(USER, context={"aws:SourceVpce": "vpce-1"}), "aws:SourceIp", "-"),
    (Principal(USER, context={"aws:MultiFactorAuthPresent": "true"}), "aws:MultiFactorAuthPresent", "true"),
    (Principal(USER, context={"saml:aud": ("a", "b")}), "saml:aud", "b"),
    (Principal(USER, context={"aws:UserAgent": None}), "aws:UserAgent", "-"),
]  # fmt: skip


@pytest.mark.parametrize(("principal", "name", "expected"), GLOBAL, ids=lambda value: getattr(value, "arn", value))
def test_global_keys(there, principal, name, expected):
    """What is known of the principal, of the time and of the network."""
    assert there.may("DescribeKey", {"Null": {name: str(expected == "-").lower()}}, principal)
    if expected != "-":
        assert there.may("DescribeKey", {"ForAnyValue:StringEquals": {name: expected}}, principal)
        assert not there.may("DescribeKey", {"ForAllValues:StringEquals": {name: "x"}}, principal)


def test_grants_that_services_make(there):
    """kms:GrantIsForAWSResource is true for calls on somebody's behalf, and for a service's own."""
    condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    policy = document(statement({"Service": "ec2.amazonaws.com"}, "kms:ListGrants", Condition=condition))
    put = {"KeyId": there.id, "Policy": policy, "BypassPolicyLockoutSafetyCheck": True}
    there.engine(Call("PutKeyPolicy", "us-east-1", Caller(HOME, arranges=True), put))
    ec2 = Caller(HOME, "", Principal("ec2.amazonaws.com", HOME))
    (decision,) = there.engine.can(Call("ListGrants", "us-east-1", ec2, {"KeyId": there.id}))
    assert decision.allowed


def test_keys_of_an_account(there):
    """Its organization, and what holds for everybody in it."""
    settings = Account(organization="o-1", paths=("o-1/r-1/",), context={"aws:SourceIp": "203.0.113.7"})
    there.engine.govern(HOME, settings)
    for name, value in {
        "aws:PrincipalOrgID": "o-1",
        "aws:PrincipalOrgPaths": "o-1/r-1/",
        "aws:ResourceOrgID": "o-1",
        "aws:ResourceOrgPaths": "o-1/r-1/",
        "aws:SourceIp": "203.0.113.7",
    }.items():
        assert there.may("DescribeKey", {"ForAnyValue:StringEquals": {name: value}})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("aws:SourceIp", 'context={"aws:SourceIp": "value"}'),
        ("aws:UserAgent", "nobody here knows what it is in this call"),
        ("aws:SourceVpce", "nobody here knows"),
        ("kms:WrapingAlgorithm", "check how it is spelt"),
        ("s3:prefix", "check how it is spelt"),
    ],
)
def test_keys_that_nobody_knows(there, name, told):
    """The test that asks for them fails, and is told what to say; AWS would go on in silence."""
    with pytest.raises(NotOffered) as complaint:
        there.may("GetParametersForImport", {"StringEquals": {name: "x"}})
    assert told in str(complaint.value)
    assert name in str(complaint.value)


def test_keys_that_nobody_asks_for(there):
    """A statement about something else asks for nothing."""
    unknown = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*", "Condition": {"Bool": {"x:y": "true"}}}
    caller = Principal(USER, policies=(document(unknown, {"Effect": "Allow", "Action": "*", "Resource": "*"}),))
    call = Call("DescribeKey", "us-east-1", Caller(HOME, "", caller), {"KeyId": there.id})
    assert [decision.allowed for decision in there.engine.can(call)] == [True]

"""Who may do what, as clients see it: which permissions an operation asks for, in which order, and AWS's texts."""

from __future__ import annotations

import pytest

from pytest_kmsimport.engine.authorization.principals import Account, ControlPolicy, Principal, role_session

from ..support.installed import has_member
from ..support.key_policies import document, root, shared, statement
from ..support.prepared import KEYLESS, OF_AWS_KMS, OFFERED, ON_KEY_STORES, Prepared
from ..support.refusal import refused

HOME, OTHER = "123456789012", "111122223333"
USER, STRANGER = f"arn:aws:iam::{HOME}:user/Alice", f"arn:aws:iam::{OTHER}:user/Eve"
ROLE = f"arn:aws:iam::{HOME}:role/service/Importer"
SESSION = role_session(ROLE, "ceremony")
NO_IDENTITY = "because no identity-based policy allows the kms:{action} action"
NOT_HERE = (
    "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based"
    " policy explicitly denies access"
)
OF_RULE = {"SourceArn": "arn:aws:events:us-east-1:123456789012:rule/x"}
service_grants = pytest.mark.skipif(
    not has_member("CreateGrant", "GranteeServicePrincipal"), reason="newer than this botocore"
)
DRY = "The request would have succeeded, but the DryRun option is set."


def iam(*actions: str, effect: str = "Allow", resource: str = "*") -> str:
    """An IAM policy of one statement."""
    return document({"Effect": effect, "Action": list(actions), "Resource": resource})


ALL, NOTHING = iam("kms:*"), iam("s3:*")


@pytest.fixture
def client_of(kms_import_mock):
    """A client of a principal's: ``client_of(USER, policies=...)``."""

    def client(arn: str, account: str = "", region: str = "us-east-1", **more: object):
        principal = Principal(arn, account, **more)
        access_key = f"AKIA{len(kms_import_mock._engine._store.principals)}"
        kms_import_mock._engine.register(access_key, principal)
        return kms_import_mock.client(region, access_key)

    return client


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


def denied(action: str, on: str, reason: str = NO_IDENTITY, who: str = USER):
    """The refusal of what nothing allows."""
    where = " on this resource" if on == "this" else f" on resource: {on}" if on else ""
    text = f"User: {who} is not authorized to perform: kms:{action}{where} {reason.format(action=action)}"
    return refused("AccessDeniedException", text)


# Permissions

WITHOUT_KEY = {
    "CreateKey": {},
    "GenerateRandom": {"NumberOfBytes": 8},
    "ListAliases": {},
    "ListKeys": {},
    "ListRetirableGrants": {"RetiringPrincipal": USER},
}


@pytest.mark.parametrize("operation", WITHOUT_KEY)
def test_what_iam_alone_decides(client_of, operation):
    """Operations about no KMS key, for which the resource has to be ``*``."""
    members = WITHOUT_KEY[operation]
    client_of(USER, policies=(iam(f"kms:{operation}"),))._make_api_call(operation, members)
    with denied(operation, "*"):
        client_of(USER, policies=(iam("kms:*", resource="arn:aws:kms:*:*:*"),))._make_api_call(operation, members)


ABOUT_ONE_KEY = sorted(set(OFFERED) - set(KEYLESS) - set(ON_KEY_STORES) - {
    "CreateAlias", "ListAliases", "ReEncrypt", "ReplicateKey", "RetireGrant", "UpdateAlias", "UpdatePrimaryRegion",
})  # fmt: skip


@pytest.mark.parametrize("operation", ABOUT_ONE_KEY)
def test_every_operation_on_a_key_asks_for_its_permission(kms, kms_import_mock, client_of, operation):
    """By its own name, on the key ARN; with it and no other, it succeeds."""
    prepared = Prepared(kms, kms_import_mock, "AWS_KMS" if operation in OF_AWS_KMS else "EXTERNAL", operation)
    if operation == "CancelKeyDeletion":
        kms.schedule_key_deletion(KeyId=prepared.key_id)
    others = (iam("kms:*", resource=prepared.arn.replace(":key/", ":alias/")),)
    with denied(operation, prepared.arn):
        client_of(USER, policies=others)._make_api_call(operation, prepared.request)
    its_own = (iam(f"kms:{operation}", resource=prepared.arn),)
    client_of(USER, policies=its_own)._make_api_call(operation, prepared.request)


ALIAS = f"arn:aws:kms:us-east-1:{HOME}:alias/x"


def test_aliases_ask_for_the_alias_and_the_key(kms, kms_import_mock, client_of, key):
    """CreateAlias, UpdateAlias and DeleteAlias need the permission on each of them."""
    other = kms_import_mock.import_key()
    calls = [
        ("CreateAlias", {"AliasName": "alias/x", "TargetKeyId": key.id}, [ALIAS, key.arn]),
        ("UpdateAlias", {"AliasName": "alias/x", "TargetKeyId": other.id}, [ALIAS, key.arn, other.arn]),
        ("DeleteAlias", {"AliasName": "alias/x"}, [ALIAS, other.arn]),
    ]
    for operation, members, needed in calls:
        for lacking in needed:
            rest = document({"Effect": "Allow", "Action": f"kms:{operation}", "NotResource": lacking})
            with denied(operation, lacking):
                client_of(USER, policies=(rest,))._make_api_call(operation, members)
        policies = tuple(iam(f"kms:{operation}", resource=resource) for resource in needed)
        client_of(USER, policies=policies)._make_api_call(operation, members)


def test_a_key_policy_gives_no_alias(client_of, kms_import_mock):
    """Its half is about the KMS key; IAM decides about the alias."""
    key = kms_import_mock.import_key(Policy=document(statement(root(HOME)), statement(USER, "kms:CreateAlias")))
    with denied("CreateAlias", ALIAS):
        client_of(USER).create_alias(AliasName="alias/x", TargetKeyId=key.id)
    client_of(USER, policies=(iam("kms:CreateAlias", resource=ALIAS),)).create_alias(
        AliasName="alias/x", TargetKeyId=key.id
    )


def test_reencrypt_asks_for_two_keys(kms, kms_import_mock, client_of, key):
    """kms:ReEncryptFrom on the one that opens, which the ciphertext may name, and kms:ReEncryptTo on the other."""
    other = kms_import_mock.import_key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    from_key, to_other = iam("kms:ReEncryptFrom", resource=key.arn), iam("kms:ReEncryptTo", resource=other.arn)
    members = {"CiphertextBlob": blob, "DestinationKeyId": other.id}
    client_of(USER, policies=(from_key, to_other)).re_encrypt(**members)
    with denied("ReEncryptTo", other.arn):
        client_of(USER, policies=(from_key,)).re_encrypt(**members)
    for named in ({}, {"SourceKeyId": key.arn}):
        with denied("ReEncryptFrom", key.arn):
            client_of(USER, policies=(to_other,)).re_encrypt(**members, **named)


def test_tags_of_a_new_key(client_of):
    """CreateKey with Tags asks for kms:TagResource too; the text names no resource."""
    with denied("TagResource", ""):
        client_of(USER, policies=(iam("kms:CreateKey"),)).create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])
    client_of(USER, policies=(iam("kms:CreateKey", "kms:TagResource"),)).create_key(
        Tags=[{"TagKey": "a", "TagValue": "b"}]
    )


def test_replicas_ask_for_a_new_key(kms, client_of):
    """ReplicateKey needs its permission on the primary key, and kms:CreateKey where the replica is to be."""
    arn = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    replicate, create = iam("kms:ReplicateKey", resource=arn), iam("kms:CreateKey")
    members = {"KeyId": arn, "ReplicaRegion": "eu-west-1"}
    with denied("ReplicateKey", arn):
        client_of(USER, policies=(create,)).replicate_key(**members)
    with denied("CreateKey", "*"):
        client_of(USER, policies=(replicate,)).replicate_key(**members)
    with denied("TagResource", ""):
        client_of(USER, policies=(replicate, create)).replicate_key(**members, Tags=[{"TagKey": "a", "TagValue": "b"}])
    client_of(USER, policies=(replicate, create)).replicate_key(**members)


def test_a_new_primary_region_asks_for_both_keys(kms, client_of):
    """kms:UpdatePrimaryRegion on the primary key, and on the replica that is to be the primary one."""
    arn = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    replica = kms.replicate_key(KeyId=arn, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
    policies = {resource: iam("kms:UpdatePrimaryRegion", resource=resource) for resource in (arn, replica)}
    for lacking, other in ((arn, replica), (replica, arn)):
        with denied("UpdatePrimaryRegion", lacking):
            client_of(USER, policies=(policies[other],)).update_primary_region(KeyId=arn, PrimaryRegion="eu-west-1")
    client_of(USER, policies=tuple(policies.values())).update_primary_region(KeyId=arn, PrimaryRegion="eu-west-1")


ONLY_RSA = {"StringEquals": {"kms:KeySpec": "RSA_2048"}}


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ([statement(root(HOME)), statement("*", "kms:Describe*", Effect="Deny")], "with an explicit deny in a {}"),
        ([statement(root(HOME), Condition=ONLY_RSA)], "because no {} allows the kms:DescribeKey action"),
        ([statement(root(HOME), "kms:Encrypt")], "because no {} allows the kms:DescribeKey action"),
        ([statement(USER)], "because no {} allows the kms:DescribeKey action"),
    ],
)
def test_the_root_user_is_kept_out_too(kms, kms_import_mock, policy, reason):
    """Whoever is nobody else is the account's root user, which needs the key policy as anybody does."""
    key = kms_import_mock.import_key(Policy=document(*policy))
    with denied("DescribeKey", key.arn, reason.format("resource-based policy"), root(HOME)):
        kms.describe_key(KeyId=key.id)


def test_the_root_user_of_another_account(kms_import_mock):
    """Is no owner: what a default key policy lets its own account do is not theirs."""
    key = kms_import_mock.import_key()
    with denied("DescribeKey", "this", NOT_HERE, root(OTHER)):
        kms_import_mock.client(account=OTHER).describe_key(KeyId=key.arn)


# Order


def test_what_is_asked_first(kms, client_of, key):
    """Whether the key is there, then whether the caller may, then what the key is and what the request says."""
    alice = client_of(USER)
    unknown = "1234abcd-12ab-34cd-56ef-1234567890ab"
    with refused("NotFoundException", f"Key 'arn:aws:kms:us-east-1:{HOME}:key/{unknown}' does not exist"):
        alice.encrypt(KeyId=unknown, Plaintext=b"x")
    kms.disable_key(KeyId=key.id)
    with denied("Encrypt", key.arn):
        alice.encrypt(KeyId=key.id, Plaintext=b"x", GrantTokens=["x"])
    with denied("Sign", key.arn):
        alice.sign(KeyId=key.id, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")
    with denied("PutKeyPolicy", key.arn):
        alice.put_key_policy(KeyId=key.id, Policy="no policy")


def test_a_dry_run_asks_first(client_of, key):
    """It tells whether one may: AccessDeniedException, or that it would have succeeded."""
    with denied("GenerateDataKey", key.arn):
        client_of(USER).generate_data_key(KeyId=key.id, KeySpec="AES_256", DryRun=True)
    with refused("DryRunOperationException", DRY):
        client_of(USER, policies=(ALL,)).generate_data_key(KeyId=key.id, KeySpec="AES_256", DryRun=True)


def test_a_refused_call_changes_nothing(kms, client_of, key):
    """And uses nothing up."""
    before = kms.get_key_policy(KeyId=key.id)["Policy"]
    with denied("PutKeyPolicy", key.arn):
        client_of(USER).put_key_policy(KeyId=key.id, Policy=shared(HOME, OTHER))
    with denied("DeleteImportedKeyMaterial", key.arn):
        client_of(USER).delete_imported_key_material(KeyId=key.id)
    assert kms.get_key_policy(KeyId=key.id)["Policy"] == before
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "Enabled"


def test_an_alias_is_asked_for_by_its_key(kms, client_of, key):
    """The text names the key ARN, and an alias in a policy is no KMS key."""
    kms.create_alias(AliasName="alias/x", TargetKeyId=key.id)
    with denied("DescribeKey", key.arn):
        client_of(USER, policies=(iam("kms:DescribeKey", resource=ALIAS),)).describe_key(KeyId="alias/x")


# Texts


def test_texts_of_refusals(kms_import_mock, client_of, key):
    """By the type of policy that denies."""
    text = "with an explicit deny in a{} policy"
    with denied("DescribeKey", key.arn, text.format("n identity-based")):
        client_of(USER, policies=(ALL, iam("kms:*", effect="Deny"))).describe_key(KeyId=key.id)
    with denied("DescribeKey", key.arn, "with an explicit deny in a permissions boundary"):
        client_of(USER, policies=(ALL,), boundary=iam("*", effect="Deny")).describe_key(KeyId=key.id)
    with denied("DescribeKey", key.arn, text.format(" session"), SESSION):
        client_of(SESSION, role=ROLE, session_policies=(iam("*", effect="Deny"),)).describe_key(KeyId=key.id)
    with denied("DescribeKey", key.arn, "because no permissions boundary allows the kms:DescribeKey action"):
        client_of(USER, policies=(ALL,), boundary=NOTHING).describe_key(KeyId=key.id)
    arn = "arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1"
    kms_import_mock._engine.govern(HOME, Account(service_control=(ControlPolicy(arn, NOTHING),)))
    with denied("DescribeKey", key.arn, "because no service control policy allows the kms:DescribeKey action"):
        client_of(USER, policies=(ALL,)).describe_key(KeyId=key.id)
    control = ControlPolicy(arn, iam("*", effect="Deny"))
    kms_import_mock._engine.govern(HOME, Account(service_control=(control,)))
    with denied("DescribeKey", key.arn, f"with an explicit deny in a service control policy: {arn}", root(HOME)):
        kms_import_mock.client().describe_key(KeyId=key.id)


def test_another_accounts_key_tells_nothing(kms_import_mock, client_of):
    """Neither that it is there nor what its policy says; the caller's own IAM is told."""
    key = kms_import_mock.import_key()
    eve = client_of(STRANGER, policies=(ALL,))
    with denied("DescribeKey", "this", NOT_HERE, STRANGER):
        eve.describe_key(KeyId=key.arn)
    blob = kms_import_mock.client().encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    with pytest.raises(
        eve.exceptions.ClientError, match="The ciphertext refers to a customer master key that does not"
    ):
        eve.decrypt(CiphertextBlob=blob)
    kms_import_mock.client().put_key_policy(KeyId=key.id, Policy=shared(HOME, OTHER))
    assert eve.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    with denied("DescribeKey", "this", who=STRANGER):
        client_of(STRANGER).describe_key(KeyId=key.arn)
    with denied("EnableKey", "this", NOT_HERE, STRANGER):
        eve.enable_key(KeyId=key.arn)


def test_a_service_is_told_everything_at_once(kms_import_mock, client_of):
    """As EventBridge passes it on."""
    key = kms_import_mock.import_key()
    events = client_of("events.amazonaws.com", HOME)
    text = f"events.amazonaws.com is not authorized to perform: kms:GenerateDataKey on {key.arn} {NOT_HERE}"
    with refused("AccessDeniedException", text):
        events.generate_data_key(KeyId=key.arn, KeySpec="AES_256")
    policy = document(statement(root(HOME)), statement({"Service": "events.amazonaws.com"}, "kms:GenerateDataKey"))
    kms_import_mock.client().put_key_policy(KeyId=key.id, Policy=policy)
    events.generate_data_key(KeyId=key.arn, KeySpec="AES_256")


def test_the_diagnosis_has_the_reason(kms_import_mock, client_of, key):
    """In the call's record: which statement came near, and what it is lacking."""
    with denied("Encrypt", key.arn):
        client_of(USER, policies=(iam("kms:Decrypt"),)).encrypt(KeyId=key.id, Plaintext=b"x")
    assert kms_import_mock.calls[-1].diagnosis == (
        "No identity-based policy allows it; no statement of the identity-based policy allows kms:Encrypt. Give the"
        f" caller an identity-based policy that allows kms:Encrypt on {key.arn}, or name them in the key policy."
    )


# Grants


def test_the_constraints_of_a_grant(kms, client_of, key):
    """Equals is that context and no other, Subset at least that; the case of values matters, that of keys does not."""
    alice = client_of(USER)
    for kind, context, expected in [
        ("EncryptionContextEquals", {"A": "b"}, True),
        ("EncryptionContextEquals", {"a": "b"}, True),
        ("EncryptionContextEquals", {"A": "B"}, False),
        ("EncryptionContextEquals", {"A": "b", "c": "d"}, False),
        ("EncryptionContextEquals", {}, False),
        ("EncryptionContextSubset", {"a": "b", "c": "d"}, True),
        ("EncryptionContextSubset", {"c": "d"}, False),
    ]:
        members = {"KeyId": key.id, "GranteePrincipal": USER, "Operations": ["Encrypt", "DescribeKey"]}
        grant_id = kms.create_grant(**members, Constraints={kind: {"A": "b"}})["GrantId"]
        alice.describe_key(KeyId=key.id)
        if expected:
            alice.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext=context)
        else:
            with denied("Encrypt", key.arn):
                alice.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext=context)
        kms.revoke_grant(KeyId=key.id, GrantId=grant_id)
        with denied("DescribeKey", key.arn):
            alice.describe_key(KeyId=key.id)


def test_a_grant_is_for_its_operations(kms, client_of, key):
    """And for its grantee; GenerateDataKey is not Encrypt."""
    kms.create_grant(KeyId=key.id, GranteePrincipal=USER, Operations=["Encrypt", "ReEncryptTo"])
    client_of(USER).encrypt(KeyId=key.id, Plaintext=b"x")
    with denied("GenerateDataKey", key.arn):
        client_of(USER).generate_data_key(KeyId=key.id, KeySpec="AES_256")
    with denied("Encrypt", key.arn, who=f"{USER}2"):
        client_of(f"{USER}2").encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_grant_to_a_session_by_the_roles_id(kms, client_of, key):
    """``<role ID>:<session>`` is the session."""
    principal = Principal(SESSION, role=ROLE)
    kms.create_grant(KeyId=key.id, GranteePrincipal=f"{principal.role_id}:ceremony", Operations=["Encrypt"])
    client_of(SESSION, role=ROLE).encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_deny_wins_over_a_grant(kms, client_of, key):
    """The key policy's as any other."""
    kms.create_grant(KeyId=key.id, GranteePrincipal=USER, Operations=["Encrypt"])
    deny = statement(USER, "kms:Encrypt", Effect="Deny")
    kms.put_key_policy(KeyId=key.id, Policy=document(statement(root(HOME)), deny))
    with denied("Encrypt", key.arn, "with an explicit deny in a resource-based policy"):
        client_of(USER).encrypt(KeyId=key.id, Plaintext=b"x")


@pytest.mark.kms_import(grants_spread_seconds=60)
def test_a_grant_takes_its_time(kms, kms_import_mock, client_of, key):
    """Until it has spread, only its token makes it known."""
    alice, members = client_of(USER), {"KeyId": key.id, "Plaintext": b"x"}
    token = kms.create_grant(KeyId=key.id, GranteePrincipal=USER, Operations=["Encrypt"])["GrantToken"]
    with denied("Encrypt", key.arn):
        alice.encrypt(**members)
    assert "has not spread yet: bring its grant token, or wait" in kms_import_mock.calls[-1].diagnosis
    alice.encrypt(**members, GrantTokens=[token])
    kms_import_mock.clock.advance(minutes=2)
    alice.encrypt(**members)


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        ({}, {}, True),
        ({"EncryptionContextEquals": {"a": "b"}}, {"EncryptionContextEquals": {"a": "b"}}, True),
        ({"EncryptionContextEquals": {"a": "b"}}, {"EncryptionContextSubset": {"a": "b"}}, False),
        ({"EncryptionContextSubset": {"a": "b"}}, {"EncryptionContextSubset": {"a": "b", "c": "d"}}, True),
        ({"EncryptionContextSubset": {"a": "b"}}, {"EncryptionContextSubset": {"c": "d"}}, False),
        pytest.param(OF_RULE, {}, False, marks=service_grants),
        pytest.param(OF_RULE, OF_RULE, True, marks=service_grants),
    ],
)
def test_grants_by_grantees_are_no_wider(kms, client_of, key, parent, child, expected):
    """A grantee gives what it was given, under the same constraint or a stricter one."""
    operations = ["CreateGrant", "Decrypt"]
    kms.create_grant(KeyId=key.id, GranteePrincipal=USER, Operations=operations, Constraints=parent)
    members = {"KeyId": key.id, "GranteePrincipal": ROLE, "Operations": ["Decrypt"], "Constraints": child}
    if expected:
        client_of(USER).create_grant(**members)
    else:
        with denied("CreateGrant", key.arn):
            client_of(USER).create_grant(**members)


@service_grants
def test_grants_to_services_are_for_their_source(kms, client_of, key):
    """A SourceArn is held against what the service says it calls for."""
    kms.create_grant(
        KeyId=key.id,
        GranteeServicePrincipal="events.amazonaws.com",
        RetiringPrincipal=USER,
        Operations=["Encrypt"],
        Constraints={"SourceArn": "arn:aws:events:us-east-1:123456789012:rule/x"},
    )
    for rule, expected in (("x", True), ("y", False)):
        context = {"aws:SourceArn": f"arn:aws:events:us-east-1:123456789012:rule/{rule}"}
        events = client_of("events.amazonaws.com", HOME, context=context)
        if expected:
            events.encrypt(KeyId=key.id, Plaintext=b"x")
        else:
            with pytest.raises(events.exceptions.ClientError, match="is not authorized"):
                events.encrypt(KeyId=key.id, Plaintext=b"x")


@service_grants
def test_the_source_of_a_grant_is_for_services(kms, client_of, key):
    """Nobody else says for whom they call."""
    source = {"SourceArn": "arn:aws:events:us-east-1:123456789012:rule/x"}
    kms.create_grant(KeyId=key.id, GranteePrincipal=USER, Operations=["Encrypt"], Constraints=source)
    client_of(USER).encrypt(KeyId=key.id, Plaintext=b"x")


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ({"arn": USER}, True),  # the retiring principal
        ({"arn": SESSION, "role": ROLE}, True),  # the grantee, whom it lets retire it
        ({"arn": root(HOME)}, True),  # the account that has made it
        ({"arn": f"{USER}2"}, False),
        ({"arn": f"{USER}2", "policies": (iam("kms:RetireGrant"),)}, True),
        ({"arn": STRANGER, "policies": (ALL,)}, False),
        ({"arn": "events.amazonaws.com", "account": HOME}, False),
        ({"arn": USER, "policies": (iam("kms:RetireGrant", effect="Deny"),)}, False),
    ],
)
def test_who_retires_a_grant(kms, client_of, key, caller, expected):
    """Key policies have no say in it."""
    operations = ["Encrypt", "RetireGrant"]
    made = kms.create_grant(KeyId=key.id, GranteePrincipal=ROLE, RetiringPrincipal=USER, Operations=operations)
    kms.put_key_policy(
        KeyId=key.id, Policy=document(statement(root(HOME)), statement("*", "kms:RetireGrant", Effect="Deny"))
    )
    client, named = client_of(**caller), {"KeyId": key.arn, "GrantId": made["GrantId"]}
    if expected:
        client.retire_grant(**named)
        assert kms.list_grants(KeyId=key.id)["Grants"] == []
    else:
        with pytest.raises(client.exceptions.ClientError, match="not authorized to perform: kms:RetireGrant"):
            client.retire_grant(GrantToken=made["GrantToken"])
        assert len(kms.list_grants(KeyId=key.id)["Grants"]) == 1


def test_resource_control_policies_do_not_hold_retiring_back(kms, kms_import_mock, client_of, key):
    """As AWS was recorded to answer, while everything else is denied."""
    made = kms.create_grant(KeyId=key.id, GranteePrincipal=ROLE, RetiringPrincipal=USER, Operations=["Encrypt"])
    deny = document({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"})
    control = ControlPolicy("arn:aws:organizations::999999999999:policy/o-1/resource_control_policy/p-1", deny)
    kms_import_mock._engine.govern(HOME, Account(resource_control=(control,)))
    with denied("RevokeGrant", key.arn, f"with an explicit deny in a resource control policy: {control.arn}"):
        client_of(USER, policies=(ALL,)).revoke_grant(KeyId=key.id, GrantId=made["GrantId"])
    client_of(USER).retire_grant(KeyId=key.arn, GrantId=made["GrantId"])


# Lockout

LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."


@pytest.mark.parametrize(
    ("caller", "policy", "expected"),
    [
        ({"arn": USER, "policies": (ALL,)}, [statement(root(HOME))], True),
        ({"arn": USER, "policies": (iam("kms:CreateKey"),)}, [statement(root(HOME))], False),
        ({"arn": USER, "policies": (iam("kms:CreateKey"),)}, [statement(USER, "kms:PutKeyPolicy")], True),
        ({"arn": SESSION, "role": ROLE, "policies": (ALL,)}, [statement(USER)], False),
        ({"arn": SESSION, "role": ROLE, "policies": (ALL,)}, [statement(ROLE)], True),
        (
            {"arn": SESSION, "role": ROLE, "policies": (ALL,)},
            [statement(root(HOME)), statement("*", "kms:Put*", Effect="Deny")],
            False,
        ),
    ],
)
def test_a_policy_must_not_lock_the_caller_out(client_of, caller, policy, expected):
    """Whoever makes a KMS key has to be let change its policy, by it and by IAM; others do not count."""
    client = client_of(**caller)
    if expected:
        client.create_key(Policy=document(*policy))
        return
    with refused("MalformedPolicyDocumentException", LOCKED_OUT):
        client.create_key(Policy=document(*policy))
    client.create_key(Policy=document(*policy), BypassPolicyLockoutSafetyCheck=True)

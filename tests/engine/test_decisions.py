"""Who may do what: key policies, IAM policies, limits, grants and control policies together, as AWS decides.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kmsimport._wire.regions import is_region
from pytest_kmsimport.engine.authorization.principals import Account, ControlPolicy, Principal, role_session
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.errors import AccessDeniedException
from pytest_kmsimport.engine.world import World

from ..support.key_policies import document, root, statement

HOME, OTHER = "123456789012", "999988887777"
ROOT = root(HOME)
ROLE = f"arn:aws:iam::{HOME}:role/service/Importer"
SESSION = role_session(ROLE, "ceremony")
USER = f"arn:aws:iam::{HOME}:user/Alice"
FEDERATED = f"arn:aws:sts::{HOME}:federated-user/Bob"
STRANGER = f"arn:aws:iam::{OTHER}:user/Eve"


def iam(action: object = "kms:*", effect: str = "Allow", **elements: object) -> str:
    """An IAM policy of one statement."""
    return document({"Effect": effect, "Action": action, "Resource": "*", **elements})


NOTHING, ALL, DENY = iam("s3:*"), iam(), iam("*", "Deny")
session_of_role = Principal(SESSION, role=ROLE)
USER_ALONE, STRANGER_ALONE = Principal(USER), Principal(STRANGER)


@pytest.fixture
def decide(ask):
    """Who may DescribeKey a KMS key with a key policy: the type of policy that decided, or an empty text if allowed."""
    key_id = ask("CreateKey")["KeyMetadata"]["Arn"]

    def decided(principal: Principal | None, *policy: dict[str, object], **members: object) -> str:
        put = {"KeyId": key_id, "Policy": document(*policy), "BypassPolicyLockoutSafetyCheck": True}
        arranging = Caller(HOME, arranges=True)
        if policy:
            ask.engine(Call("PutKeyPolicy", "us-east-1", arranging, put))
        caller = Caller(principal.account if principal else HOME, "", principal)
        (decision,) = ask.engine.can(Call("DescribeKey", "us-east-1", caller, {"KeyId": key_id, **members}))
        assert decision.explicit is ("explicitly" in str(decision.reason) or "denies it" in decision.reason)
        return "" if decision.allowed else f"{'Deny: ' if decision.explicit else ''}{decision.source}"

    decided.key_id, decided.engine = key_id, ask.engine
    return decided


ROOT_SAYS, EVERYBODY = statement(ROOT), statement("*")


@pytest.mark.parametrize(
    ("principal", "policy", "expected"),
    [
        # the account, which lets IAM decide
        (None, ROOT_SAYS, ""),
        (Principal(ROOT), ROOT_SAYS, ""),
        (Principal(ROOT), statement(HOME), ""),
        (USER_ALONE, ROOT_SAYS, "identity-based policy"),
        (replace(USER_ALONE, policies=(NOTHING,)), ROOT_SAYS, "identity-based policy"),
        (replace(USER_ALONE, policies=(NOTHING, ALL)), ROOT_SAYS, ""),
        (replace(USER_ALONE, policies=(ALL,), boundary=NOTHING), ROOT_SAYS, "permissions boundary"),
        (replace(USER_ALONE, policies=(ALL,), boundary=ALL), ROOT_SAYS, ""),
        (replace(session_of_role, policies=(ALL,), session_policies=(NOTHING,)), ROOT_SAYS, "session policy"),
        (replace(session_of_role, policies=(ALL,), session_policies=(NOTHING, ALL)), ROOT_SAYS, ""),
        (replace(session_of_role, policies=(ALL,)), statement(root(OTHER)), "resource-based policy"),
        (replace(session_of_role, session_policies=(NOTHING,)), ROOT_SAYS, "identity-based policy"),
        # nothing is implied
        (None, statement(ROLE), "resource-based policy"),
        (None, statement(ROOT, "kms:Encrypt"), "resource-based policy"),
        (replace(USER_ALONE, policies=(ALL,)), statement(ROOT, "kms:Encrypt"), "resource-based policy"),
        # a user that is named needs nothing else, and is not limited
        (USER_ALONE, statement(USER), ""),
        (replace(USER_ALONE, boundary=NOTHING), statement(USER), ""),
        (replace(USER_ALONE, boundary=DENY), statement(USER), "Deny: permissions boundary"),
        # a role is limited, its session is not
        (session_of_role, statement(ROLE), ""),
        (replace(session_of_role, boundary=NOTHING), statement(ROLE), "permissions boundary"),
        (replace(session_of_role, session_policies=(NOTHING,)), statement(ROLE), "session policy"),
        (replace(session_of_role, session_policies=(NOTHING,), boundary=NOTHING), statement(SESSION), ""),
        (replace(session_of_role, session_policies=(DENY,)), statement(SESSION), "Deny: session policy"),
        (session_of_role, statement(f"arn:aws:iam::{HOME}:role/Importer"), "resource-based policy"),
        (session_of_role, statement(role_session(ROLE, "another")), "resource-based policy"),
        (Principal(FEDERATED, session_policies=(NOTHING,)), statement(FEDERATED), ""),
        (Principal(FEDERATED, session_policies=(NOTHING,)), EVERYBODY, ""),
        # other accounts
        (Principal(root(OTHER)), ROOT_SAYS, "resource-based policy"),
        (Principal(root(OTHER)), statement(root(OTHER)), ""),
        (STRANGER_ALONE, statement(root(OTHER)), "identity-based policy"),
        (STRANGER_ALONE, statement(STRANGER), "identity-based policy"),
        (STRANGER_ALONE, EVERYBODY, "identity-based policy"),
        (replace(STRANGER_ALONE, policies=(ALL,)), statement(STRANGER), ""),
        (replace(STRANGER_ALONE, policies=(ALL,)), ROOT_SAYS, "resource-based policy"),
        (replace(STRANGER_ALONE, policies=(ALL,), boundary=NOTHING), statement(STRANGER), "permissions boundary"),
        # services
        (Principal("events.amazonaws.com", HOME), statement({"Service": "events.amazonaws.com"}), ""),
        (Principal("events.amazonaws.com", HOME), statement({"Service": "s3.amazonaws.com"}), "resource-based policy"),
        (Principal("events.amazonaws.com", HOME), ROOT_SAYS, "resource-based policy"),
        (Principal("events.amazonaws.com", HOME), EVERYBODY, ""),
        # other kinds of principals are others, whatever they are called
        (USER_ALONE, statement({"Federated": ["*", USER]}), "resource-based policy"),
        (USER_ALONE, statement({"CanonicalUser": "*", "AWS": ROLE}), "resource-based policy"),
    ],
)  # fmt: skip
def test_what_a_key_policy_lets_one_do(decide, principal, policy, expected):
    """How far a statement goes depends on whom it names; IAM's policies do the rest."""
    assert decide(principal, policy) == expected


def test_what_is_lacking_is_told_of_what_came_nearest(decide):
    """The statement that goes farthest, and of what limits it the boundary before the session policy."""
    limited = replace(session_of_role, session_policies=(NOTHING,))
    assert decide(limited, ROOT_SAYS, statement(ROLE)) == "session policy"
    both = replace(limited, policies=(ALL,), boundary=NOTHING)
    for statements in ([ROOT_SAYS], [statement(ROLE)]):
        assert decide(both, *statements) == "permissions boundary"


@pytest.mark.parametrize(
    ("principal", "named", "denied"),
    [
        (USER_ALONE, [ROOT, USER], False),
        (USER_ALONE, [HOME, USER], False),
        (USER_ALONE, [USER], True),
        (USER_ALONE, [ROOT], True),
        (session_of_role, [ROOT, ROLE, SESSION], False),
        (session_of_role, [ROOT, ROLE], True),
        (Principal(ROOT), [ROOT], False),
        (STRANGER_ALONE, [ROOT, USER], True),
        (replace(USER_ALONE, boundary=ALL), [ROOT, USER], True),
        (replace(session_of_role, boundary=ALL), [ROOT, ROLE, SESSION], True),
    ],
)
def test_not_principal(decide, principal, named, denied):
    """A Deny for all others excepts whoever is named with account, role and session, and has no boundary."""
    others = {**statement(Effect="Deny"), "NotPrincipal": {"AWS": named}}
    del others["Principal"]
    caller = replace(principal, policies=(ALL,))
    expected = "Deny: resource-based policy" if denied else ""
    assert decide(caller, statement([ROOT, root(OTHER)]), others) == expected


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ({"policies": (ALL, DENY)}, "Deny: identity-based policy"),
        ({"policies": (ALL, iam("kms:Describe*", "Deny"))}, "Deny: identity-based policy"),
        ({"boundary": DENY}, "Deny: permissions boundary"),
        ({"session_policies": (ALL, DENY)}, "Deny: session policy"),
        ({"policies": (iam("kms:Encrypt", "Deny"),)}, ""),
    ],
)
def test_an_explicit_deny_wins(decide, caller, expected):
    """Wherever it is, whatever the key policy says."""
    assert decide(replace(session_of_role, **caller), statement(SESSION)) == expected


def test_a_deny_of_the_key_policy(decide):
    """It is about the principals that it names, the account's own root user among them."""
    deny = statement(ROOT, "kms:Describe*", Effect="Deny")
    assert decide(None, ROOT_SAYS, deny) == "Deny: resource-based policy"
    assert decide(USER_ALONE, statement(USER), deny) == "Deny: resource-based policy"
    assert decide(USER_ALONE, statement(USER), {**deny, "Principal": {"AWS": ROLE}}) == ""


# Control policies


def control(policy: str) -> ControlPolicy:
    """A control policy with its ARN."""
    return ControlPolicy(f"arn:aws:organizations::{OTHER}:policy/o-1/p-1", policy)


FULL_ACCESS = control(iam("*"))
RCP = control(document({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Account(service_control=(FULL_ACCESS,)), ""),
        (Account(service_control=(control(NOTHING),)), "service control policy"),
        (Account(service_control=(FULL_ACCESS, control(DENY))), "Deny: service control policy"),
        (Account(resource_control=(RCP,)), "Deny: resource control policy"),
    ],
)
def test_control_policies(decide, settings, expected):
    """They limit whoever is in the account, its root user and whoever the key policy names."""
    decide.engine.govern(HOME, settings)
    for principal in (Principal(ROOT), USER_ALONE):
        assert decide(principal, statement([ROOT, USER])) == expected


def test_service_control_policies_are_for_users_and_roles(decide):
    """An AWS service is neither; resource control policies hold it back as well."""
    service, named = Principal("events.amazonaws.com", HOME), statement({"Service": "events.amazonaws.com"})
    decide.engine.govern(HOME, Account(service_control=(control(DENY),)))
    assert decide(service, named) == ""
    decide.engine.govern(HOME, Account(resource_control=(RCP,)))
    assert decide(service, named) == "Deny: resource control policy"


def test_control_policies_are_those_of_an_account(decide):
    """Those on what is done are of the KMS key's account, those on who does it are of the caller's."""
    decide.engine.govern(HOME, Account(service_control=(control(NOTHING),), resource_control=(RCP,)))
    stranger = replace(STRANGER_ALONE, policies=(ALL,))
    assert decide(stranger, statement(STRANGER)) == "Deny: resource control policy"
    decide.engine.govern(HOME, Account(service_control=(control(NOTHING),)))
    assert decide(stranger, statement(STRANGER)) == ""


def test_the_root_user_is_governed_without_being_registered(decide):
    """Whoever signs with an access key of the account, or with nobody's."""
    decide.engine.govern(HOME, Account(resource_control=(RCP,)))
    call = Call("DescribeKey", "us-east-1", decide.engine.identify(Caller(HOME), "us-east-1"), {"KeyId": decide.key_id})
    with pytest.raises(AccessDeniedException, match="with an explicit deny in a resource control policy: arn:aws:org"):
        decide.engine(call)


# Who signs


def test_who_an_access_key_is(decide):
    """Registered ones are principals, 12 digits are an account, and all others are whoever nobody else is."""
    engine = decide.engine
    assert engine.identify(Caller(HOME, "AKIA1"), "us-east-1") == Caller(HOME, "AKIA1")
    engine.register("AKIA1", STRANGER_ALONE)
    assert engine.identify(Caller(HOME, "AKIA1"), "us-east-1") == Caller(OTHER, "AKIA1", STRANGER_ALONE)
    assert engine.identify(Caller(HOME, "AKIA2"), "us-east-1").principal is None
    engine.register("", USER_ALONE)
    assert engine.identify(Caller(HOME, "AKIA2"), "us-east-1") == Caller(HOME, "AKIA2", USER_ALONE)
    assert engine.identify(Caller(HOME, ""), "us-east-1").principal == USER_ALONE
    assert engine.identify(Caller(OTHER, OTHER), "us-east-1").principal is None


def test_snapshots_have_who_is_registered(decide):
    """And what holds for accounts; whoever has got an access key since does not become the root user for it."""
    engine = decide.engine
    engine.register("AKIA1", USER_ALONE)
    before = engine.snapshot()
    engine.register("AKIA1", STRANGER_ALONE)
    engine.register("AKIA2", STRANGER_ALONE)
    engine.register("", STRANGER_ALONE)
    engine.govern(HOME, Account(resource_control=(RCP,)))
    after = engine.snapshot()
    engine.restore(before)
    assert engine.identify(Caller(HOME, "AKIA1"), "us-east-1").principal == USER_ALONE
    assert engine.identify(Caller(HOME, "AKIA2"), "us-east-1").principal == STRANGER_ALONE
    assert engine.identify(Caller(HOME, "AKIA3"), "us-east-1").principal is None
    assert decide(Principal(ROOT)) == ""
    engine.restore(after)
    assert engine.identify(Caller(HOME, "AKIA1"), "us-east-1").principal == STRANGER_ALONE
    assert decide(Principal(ROOT)) == "Deny: resource control policy"


@pytest.mark.parametrize(
    ("arn", "more", "told"),
    [
        ("Alice", {}, "'Alice' is nobody who calls"),
        (ROLE, {}, "a session of a role"),
        (f"arn:aws:iam::{HOME}:group/x", {}, "is nobody who calls"),
        ("events.amazonaws.com", {}, "acts for an account: name it"),
        (USER, {"role": ROLE}, "is no session of a role"),
        (SESSION, {"role": f"arn:aws:iam::{HOME}:role/Other"}, f"is no session of arn:aws:iam::{HOME}:role/Other"),
        (SESSION, {"role": "Importer"}, "'Importer' is no ARN of a role"),
        (USER, {"policies": ("{",)}, "The policy is no JSON"),
        (USER, {"policies": (document(ROOT_SAYS),)}, "names a Principal"),
        (USER, {"boundary": document({"Effect": "Allow", "Action": "*"})}, "has no Resource"),
        (USER, {"session_policies": (iam(Condition={"Equals": {"a": "b"}}),)}, "'Equals' is no condition operator"),
    ],
)
def test_who_is_nobody(arn, more, told):
    """A principal that cannot be is refused, with what it would have to be."""
    with pytest.raises(ValueError, match=told):
        Principal(arn, **more)


@pytest.mark.parametrize("settings", [{"service_control": (control("x"),)}, {"resource_control": (control(ALL),)}])
def test_settings_that_are_none(settings):
    """A resource control policy names principals, others do not."""
    with pytest.raises(ValueError, match=r"no JSON|names no Principal"):
        Account(**settings)


# Reasons

CEREMONY = statement(
    ROLE, ["kms:ImportKeyMaterial", "kms:GetParametersForImport"], Sid="Ceremony",
    Condition={"StringEquals": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256"}},
)  # fmt: skip
OF_SHA_256 = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"}
OF_SHA_1 = {"WrappingAlgorithm": "RSAES_OAEP_SHA_1", "WrappingKeySpec": "RSA_4096"}


def reason(decide, principal: Principal, *policy: dict[str, object], **members: object) -> str:
    """Why a principal may or may not ask for import parameters."""
    decide(None, *policy)
    call = Call("GetParametersForImport", "us-east-1", Caller(HOME, "", principal), {"KeyId": decide.key_id, **members})
    (decision,) = decide.engine.can(call)
    return decision.reason


def test_why_no_statement_allows(decide):
    """For each policy: the condition that is not met, for whom its statements are, or that there is none."""
    told = reason(decide, session_of_role, ROOT_SAYS, CEREMONY, **OF_SHA_1)
    assert told == (
        "no identity-based policy allows it; Allow GetParametersForImport in Sid 'Ceremony' of the key policy needs"
        " kms:WrappingAlgorithm RSAES_OAEP_SHA_256; the call had RSAES_OAEP_SHA_1."
    )
    told = reason(decide, USER_ALONE, CEREMONY, **OF_SHA_1)
    assert told == (
        "no resource-based policy allows it; Allow GetParametersForImport in Sid 'Ceremony' of the key policy is for"
        f" {ROLE}."
    )
    caller = replace(USER_ALONE, policies=(NOTHING,))
    told = reason(decide, caller, ROOT_SAYS)
    assert told == (
        "no identity-based policy allows it; no statement of the identity-based policy allows"
        " kms:GetParametersForImport."
    )
    elsewhere = replace(USER_ALONE, policies=(iam(Resource="arn:aws:kms:*:*:alias/*"),))
    assert "in statement 1 of the identity-based policy is for arn:aws:kms:*:*:alias/*" in reason(
        decide, elsewhere, ROOT_SAYS
    )


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"Null": {"kms:ViaService": "false"}}, "needs a kms:ViaService; the call had none"),
        ({"Null": {"kms:WrappingKeySpec": "true"}}, "needs no kms:WrappingKeySpec; the call had RSA_4096"),
        (
            {"StringLike": {"kms:WrappingKeySpec": ["RSA_2*", "RSA_3*"]}},
            "needs kms:WrappingKeySpec StringLike RSA_2* or",
        ),
        ({"ForAnyValue:StringEqualsIfExists": {"kms:WrappingKeySpec": "x"}}, "ForAnyValue:StringEqualsIfExists x"),
    ],
)
def test_how_conditions_are_told(decide, condition, told):
    """With their operator where it is another one than StringEquals."""
    assert told in reason(decide, Principal(ROOT), {**ROOT_SAYS, "Condition": condition}, **OF_SHA_1)


def test_what_nobody_knows_is_told_where_nothing_depends_on_it(decide):
    """A key policy that leaves the caller out does so whatever IAM asks for."""
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    caller = replace(USER_ALONE, policies=(iam(Condition=condition),))
    told = reason(decide, caller, CEREMONY)
    assert "needs aws:SourceIp IpAddress 203.0.113.0/24; nobody here knows what the call had" in told


def test_decisions_name_the_statement(decide):
    """By its Sid, or its number, and count it."""
    decide(None, ROOT_SAYS, CEREMONY, statement("*", "kms:Sign", Effect="Deny"))
    importing = Call("ImportKeyMaterial", "us-east-1", Caller(HOME, "", session_of_role), {"KeyId": decide.key_id})
    signing = importing._replace(operation="Sign")
    told = [decide.engine.can(call)[0] for call in (importing, signing, signing._replace(operation="Encrypt"))]
    assert [(decision.statement, decision.number) for decision in told] == [("", 0), ("statement 3", 3), ("", 0)]
    (decision,) = decide.engine.can(
        importing._replace(operation="GetParametersForImport", members={**importing.members, **OF_SHA_256})
    )
    assert (decision.statement, decision.number, decision.source) == ("Sid 'Ceremony'", 2, "resource-based policy")


def test_what_denies_and_what_allows(decide):
    """The statement, and of which policy it is; for a Deny with the condition that was met."""
    met = {"StringNotEquals": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256"}}
    deny = statement("*", "kms:GetParametersForImport", Effect="Deny", Sid="OAEP only", Condition=met)
    assert reason(decide, Principal(ROOT), ROOT_SAYS, deny, **OF_SHA_1) == (
        "Sid 'OAEP only' of the key policy denies it, with kms:WrappingAlgorithm StringNotEquals RSAES_OAEP_SHA_256:"
        " the call had RSAES_OAEP_SHA_1."
    )
    assert reason(decide, Principal(ROOT), ROOT_SAYS) == "statement 1 of the key policy allows it."
    assert reason(decide, replace(USER_ALONE, policies=(NOTHING, ALL)), ROOT_SAYS) == (
        "statement 1 of the key policy lets IAM decide, and statement 1 of the identity-based policy allows it."
    )
    assert reason(decide, session_of_role, statement(ROLE)) == "statement 1 of the key policy allows it."


# Properties

principals = st.builds(
    lambda who, policies, boundary, session: replace(
        who, policies=tuple(policies), boundary=boundary, session_policies=session if who.role else ()
    ),
    st.sampled_from([USER_ALONE, session_of_role, STRANGER_ALONE]),
    st.lists(st.sampled_from([ALL, NOTHING, DENY, iam("kms:Describe*")]), max_size=2),
    st.sampled_from([None, ALL, NOTHING]),
    st.sampled_from([(), (ALL,), (NOTHING,)]),
)
statements = st.builds(
    statement,
    st.sampled_from([ROOT, ROLE, SESSION, USER, root(OTHER), STRANGER, "*"]),
    st.sampled_from(["kms:*", "kms:DescribeKey", "kms:Encrypt"]),
    Effect=st.sampled_from(["Allow", "Allow", "Deny"]),
)
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
ENGINE = Engine(World(lambda: NOW, Random(1).randbytes, lambda _: None, is_region))  # noqa: S311  repeatable on purpose
KEY_ARN = ENGINE(Call("CreateKey", "us-east-1", Caller(HOME), {"Origin": "EXTERNAL"}))["KeyMetadata"]["Arn"]


def may(principal: Principal, policy: list[dict[str, object]]) -> bool:
    """Whether somebody may DescribeKey a KMS key with a key policy."""
    put = {"KeyId": KEY_ARN, "Policy": document(*policy), "BypassPolicyLockoutSafetyCheck": True}
    ENGINE(Call("PutKeyPolicy", "us-east-1", Caller(HOME, arranges=True), put))
    call = Call("DescribeKey", "us-east-1", Caller(principal.account, "", principal), {"KeyId": KEY_ARN})
    return all(decision.allowed for decision in ENGINE.can(call))


@given(principals, st.lists(statements, min_size=1, max_size=4), statements)
def test_more_allows_allow_more(principal, policy, another):
    """A statement more in a key policy takes nothing away that it allows, and gives nothing that it denies."""
    before, after = may(principal, policy), may(principal, [*policy, another])
    assert after is before or after is (another["Effect"] == "Allow")


@given(principals, st.lists(statements, min_size=1, max_size=4))
def test_limits_limit(principal, policy):
    """Nobody may do less without a boundary and a session policy, nor with one more policy that allows everything."""
    if may(principal, policy):
        assert may(replace(principal, boundary=None, session_policies=()), policy)
        assert may(replace(principal, policies=(*principal.policies, ALL)), policy)
        assert not may(replace(principal, policies=(*principal.policies, DENY)), policy)

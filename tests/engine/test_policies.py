"""Key policies that AWS takes and refuses."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone

import pytest

from pytest_kmsimport._wire.regions import is_region
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.errors import KmsError
from pytest_kmsimport.engine.policies import default_policy
from pytest_kmsimport.engine.world import World

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ENGINE = Engine(World(lambda: datetime(2026, 1, 1, tzinfo=timezone.utc), os.urandom, lambda _: None, is_region))
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."


def policy(**changes: object) -> str:
    """A policy that lets the account do everything, with changes to its one statement."""
    statement = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*", **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]})


def refusal(text: str, *, bypass: bool = False) -> tuple[str, str] | None:
    """The code and message with which a new KMS key is refused for its policy, None if it is taken."""
    made = ENGINE.answer(
        Call("CreateKey", "us-east-1", Caller(ACCOUNT), {"Policy": text, "BypassPolicyLockoutSafetyCheck": bypass})
    ).result
    return (made.code, made.message) if isinstance(made, KmsError) else None


def test_the_default_policy_is_taken():
    """AWS's own policy passes AWS's check."""
    assert refusal(default_policy(ACCOUNT, "us-east-1")) is None
    assert json.loads(default_policy(ACCOUNT, "cn-north-1"))["Statement"][0]["Principal"] == {
        "AWS": f"arn:aws-cn:iam::{ACCOUNT}:root"
    }


@pytest.mark.parametrize(
    "principal",
    [{"AWS": ROOT}, {"AWS": ACCOUNT}, {"AWS": ["999999999999", ROOT]}, {"AWS": ["*"]}, "*"],
)
@pytest.mark.parametrize(
    "action", ["kms:*", "*", ["kms:PutKeyPolicy"], ["kms:Encrypt", "kms:Put*"], "KMS:PUTKEYPOLICY"]
)
def test_the_caller_may_change_it(principal, action):
    """The account's root user is who calls, and actions match as IAM matches them."""
    assert refusal(policy(Principal=principal, Action=action)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"AWS": "arn:aws:iam::999999999999:root"}},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/a"}},
        {"Condition": {"StringEquals": {"kms:PolicyName": "AWS_RAM"}}},
        {"Condition": {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "false"}}},
        {"Action": "kms:Encrypt"},
        {"Effect": "Deny"},
        {"Principal": {"Service": "s3.amazonaws.com"}},
    ],
)
def test_the_caller_may_not_be_locked_out(changes):
    """A policy that the caller could not change again is refused, unless the check is bypassed."""
    assert refusal(policy(**changes)) == ("MalformedPolicyDocumentException", LOCKED_OUT)
    assert refusal(policy(**changes), bypass=True) is None


NO_POLICIES = {
    "empty": "",
    "no JSON": "no JSON",
    "a list": "[]",
    "a Python dict": str(json.loads(default_policy(ACCOUNT, "us-east-1"))),
    "no Statement": "{}",
    "no statements": '{"Statement": []}',
    "a text as Statement": '{"Statement": "x"}',
    "a number as statement": '{"Statement": [1]}',
    "nested": "[" * 20_000,
    "a name twice": policy().replace('"Effect"', '"Effect": "Deny", "Effect"'),
    "another Version": policy().replace("2012-10-17", "2012-10-18"),
    "Statements": policy().replace('"Statement"', '"Statements"'),
    "an element of the document": json.dumps({**json.loads(policy()), "Comment": "x"}),
    "Effect": policy(Effect="Perhaps"),
    "effect": policy(Effect="allow"),
    "no Effect": policy(Effect=None),
    "Sid": policy(Sid=5),
    "an element of the statement": policy(Actions="kms:*"),
    "an element in lower case": policy(action="kms:*"),
    "both Actions": policy(NotAction="kms:Get*"),
    "both Principals": policy(NotPrincipal={"AWS": ROOT}),
    "another Resource": policy(Resource=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/x"),
    "one more Resource": policy(Resource=["*", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/x"]),
    "a text as Condition": policy(Condition="x"),
    "an unknown operator": policy(Condition={"StringEqual": {"kms:CallerAccount": ACCOUNT}}),
    "an unknown quantifier": policy(Condition={"ForSomeValues:StringEquals": {"kms:CallerAccount": ACCOUNT}}),
    "a condition without operator": policy(Condition={"kms:CallerAccount": ACCOUNT}),
    "an operator without key": policy(Condition={"Bool": "true"}),
    "a value that is none": policy(Condition={"Bool": {"kms:GrantIsForAWSResource": None}}),
    "values that are none": policy(Condition={"StringEquals": {"kms:ViaService": ["x", {"y": "z"}]}}),
    "Null where it exists": policy(Condition={"NullIfExists": {"kms:ViaService": "true"}}),
}


@pytest.mark.parametrize("text", NO_POLICIES.values(), ids=list(NO_POLICIES))
def test_what_is_no_policy_is_refused(text):
    """Nothing can bypass that."""
    assert refusal(text, bypass=True) == ("MalformedPolicyDocumentException", "")


@pytest.mark.parametrize("principal", [None, "", {}, [], {"AWS": []}, {"AWS": ""}, {"AWS": None, "Service": []}])
def test_every_statement_names_a_principal(principal):
    """A key policy has no implicit one."""
    for element in ("Principal", "NotPrincipal"):
        text = policy(**{"Principal": None, element: principal})
        assert refusal(text, bypass=True) == (
            "MalformedPolicyDocumentException",
            "Policy contains a statement with no principal.",
        )


USER = f"arn:aws:iam::{ACCOUNT}:user/division/alice"


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "x"},
        {"AWS": ["*", "x"]},
        {"AWS": 5},
        {"AWS": "AIDACKCEVSQ6C2EXAMPLE"},
        {"AWS": f"arn:aws:iam:::{ACCOUNT}:root"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:group/admins"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:*"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/path/R/session"},
        {"AWS": f"{USER},{ROOT}"},
        {"Service": "s3"},
        {"Service": "https://s3.amazonaws.com"},
        {"aws": ROOT},
        {"IAM": ROOT},
        ROOT,
        ["*"],
    ],
    ids=str,
)
def test_principals_are_well_formed(principal):
    """Whether they exist, the engine does not know."""
    text = "Policy contains a statement with one or more invalid principals."
    assert refusal(policy(Principal=principal), bypass=True) == ("MalformedPolicyDocumentException", text)


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": [USER, f"arn:aws-us-gov:iam::{ACCOUNT}:role/R", f"arn:aws:sts::{ACCOUNT}:assumed-role/R/s@x.org"]},
        {"Service": ["logs.us-east-1.amazonaws.com", "ec2.amazonaws.com.cn"]},
        {"Federated": "cognito-identity.amazonaws.com", "AWS": "*"},
        {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    ],
    ids=str,
)
def test_principals_of_every_kind(principal):
    """Of accounts and services, alone and together."""
    assert refusal(policy(Principal=principal), bypass=True) is None
    assert refusal(policy(Principal=None, NotPrincipal=principal), bypass=True) is None


@pytest.mark.parametrize("element", ["Action", "Resource"])
@pytest.mark.parametrize("value", [None, "", [], 5, ["*", 5], {}])
def test_every_statement_has_an_action_and_a_resource(element, value):
    """AWS took statements without them until August 2025, and they had no effect."""
    text = f"Missing required field {element}"
    assert refusal(policy(**{element: value}), bypass=True) == ("MalformedPolicyDocumentException", text)


def test_not_action_is_an_action():
    """And the same of it."""
    assert refusal(policy(Action=None, NotAction="kms:ScheduleKeyDeletion")) is None
    assert refusal(policy(Action=None, NotAction=[])) is not None


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringEquals": {"kms:ViaService": ["s3.us-east-1.amazonaws.com"], "kms:CallerAccount": ACCOUNT}},
        {"stringlike": {"kms:EncryptionContext:department": "IT*"}},
        {"NumericGreaterThanIfExists": {"kms:RotationPeriodInDays": 100}},
        {"Bool": {"kms:GrantIsForAWSResource": True}, "Null": {"kms:EncryptionContext:a": "false"}},
        {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}},
        {"ForAnyValue:StringLikeIfExists": {"kms:EncryptionContextKeys": "a"}},
        {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "a", "aws:TagKeys": "b"}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}, "ArnNotEquals": {"aws:PrincipalArn": ROOT}},
    ],
    ids=str,
)
def test_conditions_of_every_kind(condition):
    """IAM's operators, with their quantifiers."""
    assert refusal(policy(Condition=condition), bypass=True) is None


@pytest.mark.parametrize(
    ("key", "what", "words"),
    [
        ("kms:EncryptionContext:department", "EncryptionContext", "encryption context"),
        ("KMS:encryptioncontext:x", "EncryptionContext", "encryption context"),
        ("aws:RequestTag/department", "RequestTag", "tag"),
    ],
)
def test_for_all_values_of_one_is_too_much(key, what, words):
    """It is true of requests that have none."""
    text = (
        f"OverlyPermissiveCondition:{what}: Using the ForAllValues set operator with a single-valued condition key"
        f" matches requests without the specified {words} or with an unspecified {words}. To fix, remove ForAllValues."
    )
    refused = ("MalformedPolicyDocumentException", text)
    for operator in ("ForAllValues:StringEquals", "forallvalues:StringLikeIfExists"):
        assert refusal(policy(Condition={operator: {"aws:TagKeys": "x", key: ["a", "b"]}}), bypass=True) == refused
    assert refusal(policy(Condition={"ForAnyValue:StringEquals": {key: "a"}}), bypass=True) is None


@pytest.mark.parametrize("key", ["aws:ResourceTag/department", "kms:ResourceAliases", "KMS:resourcealiases"])
def test_conditions_on_the_key_itself(key):
    """They are for IAM policies."""
    text = (
        "These condition keys are not permitted in a key policy: aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases"
    )
    refused = ("MalformedPolicyDocumentException", text)
    assert refusal(policy(Condition={"StringEquals": {key: "a"}}), bypass=True) == refused


def test_the_sids_of_a_policy_differ():
    """Statements without one are as many as one likes."""
    statement = json.loads(policy())["Statement"][0]

    def of(*sids: str | None) -> str:
        return json.dumps({"Statement": [{**statement, **({} if sid is None else {"Sid": sid})} for sid in sids]})

    assert refusal(of("Allow all", "and all", None, None)) is None
    assert refusal(of("a", "b", "a"), bypass=True) == ("MalformedPolicyDocumentException", "")


def test_a_flaw_of_any_statement_counts():
    """Not only of the first."""
    document = json.loads(policy())
    document["Statement"].append({**document["Statement"][0], "Effect": "Perhaps"})
    assert refusal(json.dumps(document)) == ("MalformedPolicyDocumentException", "")


@pytest.mark.parametrize(("length", "code"), [(32768, None), (32769, "LimitExceededException")])
def test_a_policy_has_at_most_32_kib(length, code):
    """LimitExceededException above 32768 bytes, which is AWS's limit for the document."""
    text = policy(Sid="")
    padded = text.replace('"Sid": ""', f'"Sid": "{"x" * (length - len(text))}"')
    assert len(padded) == length
    assert (refusal(padded) or (None,))[0] == code


def test_one_statement_needs_no_list():
    """IAM's grammar lets a single statement stand alone."""
    document = json.loads(policy())
    assert refusal(json.dumps({**document, "Statement": document["Statement"][0]})) is None

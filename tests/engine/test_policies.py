"""Key policies that AWS takes and refuses."""

from __future__ import annotations

import json

import pytest

from pytest_kmsimport.engine.errors import KmsError
from pytest_kmsimport.engine.policies import check_policy, default_policy
from pytest_kmsimport.engine.quotas import Quotas

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."


def policy(**changes: object) -> str:
    """A policy that lets the account do everything, with changes to its one statement."""
    statement = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*", **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]})


def refusal(text: str, *, bypass: bool = False) -> tuple[str, str] | None:
    """The code and message with which a policy is refused, None if it is taken."""
    try:
        check_policy(text, ACCOUNT, Quotas(), bypass_lockout_check=bypass)
    except KmsError as error:
        return error.code, error.message
    return None


def test_the_default_policy_is_taken():
    """AWS's own policy passes AWS's check."""
    assert refusal(default_policy(ACCOUNT, "cn-north-1")) is None
    assert json.loads(default_policy(ACCOUNT, "cn-north-1"))["Statement"][0]["Principal"] == {
        "AWS": f"arn:aws-cn:iam::{ACCOUNT}:root"
    }


@pytest.mark.parametrize(
    "principal", [{"AWS": ROOT}, {"AWS": ACCOUNT}, {"AWS": ["x", ROOT]}, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/a"}, "*"]
)
@pytest.mark.parametrize(
    "action", ["kms:*", "*", ["kms:PutKeyPolicy"], ["kms:Encrypt", "kms:Put*"], "KMS:PUTKEYPOLICY"]
)
def test_whoever_in_the_account_may_change_it_is_enough(principal, action):
    """The account, its users and roles count, and actions match as IAM matches them."""
    assert refusal(policy(Principal=principal, Action=action)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"AWS": "arn:aws:iam::999999999999:root"}},
        {"Action": "kms:Encrypt"},
        {"Effect": "Deny"},
        {"Resource": None},
        {"Action": None},
        {"Principal": {"Service": "s3.amazonaws.com"}},
    ],
)
def test_nobody_may_be_locked_out(changes):
    """A policy that nobody in the account could change again is refused, unless the check is bypassed."""
    assert refusal(policy(**changes)) == ("MalformedPolicyDocumentException", LOCKED_OUT)
    assert refusal(policy(**changes), bypass=True) is None


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "{}", '{"Statement": []}', '{"Statement": "x"}', '{"Statement": [1]}',
             policy(Effect="Perhaps")],
)  # fmt: skip
def test_what_is_no_policy_is_refused(text):
    """Nothing can bypass that."""
    assert refusal(text, bypass=True) == ("MalformedPolicyDocumentException", "")


def test_every_statement_names_a_principal():
    """A key policy has no implicit one."""
    assert refusal(policy(Principal=None), bypass=True) == (
        "MalformedPolicyDocumentException",
        "Policy contains a statement with no principal.",
    )


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

"""``mock.deny(...)`` and ``mock.allow(...)``: one refusal in one line."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ..support.key_policies import document, root, statement
from ..support.refusal import refused

HOME, OTHER = "123456789012", "111122223333"
ALICE, PYTEST = f"arn:aws:iam::{HOME}:user/Alice", f"arn:aws:iam::{HOME}:user/pytest"
ALL = document({"Effect": "Allow", "Action": "kms:*", "Resource": "*"})
NOTHING = document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
EXPLICIT = "with an explicit deny in an identity-based policy"


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


def denied(action: str, resource: str, reason: str = EXPLICIT, who: str = PYTEST):
    """The refusal of something."""
    text = f"User: {who} is not authorized to perform: kms:{action} on resource: {resource} {reason}"
    return refused("AccessDeniedException", text)


def not_allowed(action: str) -> str:
    """The reason where no policy of the caller's allows something."""
    return f"because no identity-based policy allows the kms:{action} action"


def test_a_deny_refuses_what_it_names(kms_import_mock, kms_import_client, key):
    """In AWS's words, of an IAM user in the place of the root user, who may do everything else."""
    kms_import_mock.deny("kms:Encrypt", "kms:ListKeys")
    with denied("Encrypt", key.arn):
        kms_import_client.encrypt(KeyId=key.id, Plaintext=b"x")
    with denied("ListKeys", "*"):
        kms_import_client.list_keys()
    kms_import_client.describe_key(KeyId=key.id)
    kms_import_client.create_key()
    assert "of the identity-based policy denies it" in kms_import_mock.calls.to("Encrypt")[0].diagnosis


def test_an_allow_leaves_nothing_else(kms_import_mock, kms_import_client, key):
    """Several add up, and a deny takes away from them; wildcards are as in policies."""
    kms_import_mock.allow("kms:Describe*")
    kms_import_mock.allow("kms:listkeys")
    kms_import_client.describe_key(KeyId=key.id)
    kms_import_client.list_keys()
    with denied("Encrypt", key.arn, not_allowed("Encrypt")):
        kms_import_client.encrypt(KeyId=key.id, Plaintext=b"x")
    kms_import_mock.deny("kms:DescribeKey")
    with denied("DescribeKey", key.arn):
        kms_import_client.describe_key(KeyId=key.id)


@pytest.mark.parametrize("effect", ["deny", "allow"])
def test_they_end_with_their_block(kms_import_mock, kms_import_client, key, effect):
    """By an exception too, or when they are told to; then the root user calls again."""
    with pytest.raises(KeyError), getattr(kms_import_mock, effect)("kms:ScheduleKeyDeletion"):
        raise KeyError
    attached = getattr(kms_import_mock, effect)("kms:Encrypt")
    attached.end()
    kms_import_client.encrypt(KeyId=key.id, Plaintext=b"x")
    assert kms_import_mock.calls[-1].decisions == ()


def test_each_ends_alone(kms_import_mock, kms_import_client, key):
    """One that says the same stays."""
    one, _other = kms_import_mock.deny("kms:Encrypt"), kms_import_mock.deny("kms:Encrypt")
    one.end()
    with denied("Encrypt", key.arn):
        kms_import_client.encrypt(KeyId=key.id, Plaintext=b"x")


def test_one_key_alone(kms_import_mock, kms_import_client, key):
    """Named by key ID, key ARN or alias."""
    other = kms_import_mock.import_key()
    kms_import_client.create_alias(AliasName="alias/other", TargetKeyId=other.id)
    for name in (other.id, other.arn, "alias/other"):
        with kms_import_mock.deny("kms:Encrypt", key_id=name), denied("Encrypt", other.arn):
            kms_import_client.encrypt(KeyId=other.id, Plaintext=b"x")
    kms_import_mock.deny("kms:Encrypt", key_id=other.id)
    kms_import_client.encrypt(KeyId=key.id, Plaintext=b"x")


def test_one_condition_alone(kms_import_mock, kms_import_client):
    """What the condition does not mean is as before."""
    key_id = kms_import_client.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    kms_import_mock.deny(
        "kms:GetParametersForImport", condition={"StringEquals": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_1"}}
    )
    wanted = {"KeyId": key_id, "WrappingKeySpec": "RSA_2048"}
    with denied("GetParametersForImport", key_id):
        kms_import_client.get_parameters_for_import(WrappingAlgorithm="RSAES_OAEP_SHA_1", **wanted)
    kms_import_client.get_parameters_for_import(WrappingAlgorithm="RSAES_OAEP_SHA_256", **wanted)


@pytest.mark.parametrize("effect", ["deny", "allow"])
def test_one_principal_alone(kms_import_mock, kms_import_client, key, effect):
    """Others call as they did, and the key policy's own permissions hold."""
    alice = kms_import_mock.principal(ALICE, policies=[ALL])
    bob = kms_import_mock.principal(ALICE.replace("Alice", "Bob"), policies=[ALL])
    action, reason = ("Encrypt", EXPLICIT) if effect == "deny" else ("ListKeys", not_allowed("Encrypt"))
    getattr(kms_import_mock, effect)(f"kms:{action}", principal=alice)
    with denied("Encrypt", key.arn, reason, ALICE):
        alice.client().encrypt(KeyId=key.id, Plaintext=b"x")
    assert not kms_import_mock.can(alice, "Encrypt", key.id)
    assert kms_import_mock.can(alice, "ListKeys")
    bob.client().encrypt(KeyId=key.id, Plaintext=b"x")
    kms_import_client.encrypt(KeyId=key.id, Plaintext=b"x")


def test_key_policies_hold_as_before(kms_import_mock, key):
    """Who is named there needs no policy of their own, and an explicit Deny wins all the same."""
    policy = document(statement(root(HOME)), statement(ALICE, "kms:Encrypt"))
    kms_import_mock.client().put_key_policy(KeyId=key.id, Policy=policy)
    alice = kms_import_mock.principal(ALICE)
    kms_import_mock.allow("kms:ListKeys")
    alice.client().encrypt(KeyId=key.id, Plaintext=b"x")
    kms_import_mock.deny("kms:Encrypt")
    with denied("Encrypt", key.arn, who=ALICE):
        alice.client().encrypt(KeyId=key.id, Plaintext=b"x")


def test_a_boundary_holds_as_before(kms_import_mock, key):
    """An allow is no more than an identity-based policy."""
    bounded = kms_import_mock.principal(ALICE, boundary=document({"Effect": "Deny", "Action": "*", "Resource": "*"}))
    kms_import_mock.allow("kms:Encrypt")
    with denied("Encrypt", key.arn, "with an explicit deny in a permissions boundary", ALICE):
        bounded.client().encrypt(KeyId=key.id, Plaintext=b"x")


def test_services_have_no_policies(kms_import_mock, key):
    """Nothing is attached to them."""
    kms_import_mock.client().put_key_policy(
        KeyId=key.id, Policy=document(statement(root(HOME)), statement({"Service": "events.amazonaws.com"}))
    )
    kms_import_mock.deny("kms:*")
    kms_import_mock.principal("events.amazonaws.com").client().encrypt(KeyId=key.id, Plaintext=b"x")


def test_every_account_and_partition(kms_import_mock):
    """The user in the place of a root user is of the account that calls, also of one that is registered."""
    kms_import_mock.deny("kms:ListKeys")
    registered = kms_import_mock.principal(root(OTHER))
    for client, partition in (
        (kms_import_mock.client(account=OTHER), "aws"),
        (registered.client(), "aws"),
        (kms_import_mock.client("cn-north-1", OTHER), "aws-cn"),
    ):
        with denied("ListKeys", "*", who=f"arn:{partition}:iam::{OTHER}:user/pytest"):
            client.list_keys()


def test_arrangements_are_not_kept_out(kms_import_mock):
    """What the mock arranges is no call of anybody's."""
    kms_import_mock.deny("kms:*")
    assert kms_import_mock.import_key().state == "Enabled"


def test_snapshots_have_them(kms_import_mock, kms_import_client):
    """They come and go with a snapshot, and ``reset`` ends them."""
    before = kms_import_mock.snapshot()
    kms_import_mock.deny("kms:ListKeys")
    during = kms_import_mock.snapshot()
    kms_import_mock.restore(before)
    kms_import_client.list_keys()
    kms_import_mock.restore(during)
    with denied("ListKeys", "*"):
        kms_import_client.list_keys()
    kms_import_mock.reset()
    kms_import_client.list_keys()


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ((), r"write deny\('kms:ImportKeyMaterial'\)"),
        (("ImportKeyMaterial",), "Did you mean kms:ImportKeyMaterial"),
        (("kms:ImportKeyMateral",), "Did you mean kms:ImportKeyMaterial"),
        (("s3:GetObject",), "no action of AWS KMS"),
        ((3,), "3 is no action of AWS KMS"),
    ],
)
def test_what_is_no_action(kms_import_mock, kms_import_client, actions, said):
    """Is refused, with what was probably meant, and nothing is attached."""
    with pytest.raises(ValueError, match=said):
        kms_import_mock.deny(*actions)
    kms_import_client.list_keys()


def test_what_is_not_there(kms_import_mock):
    """A KMS key that is none, and a condition that AWS would not take."""
    with pytest.raises(LookupError, match="There is no KMS key 'alias/none'"):
        kms_import_mock.deny("kms:Encrypt", key_id="alias/none")
    with pytest.raises(ValueError, match="StringEqual"):
        kms_import_mock.deny("kms:Encrypt", condition={"StringEqual": {"kms:ViaService": "x"}})
    assert kms_import_mock._engine._store.attached == ()


@pytest.mark.parametrize(
    ("policy", "more", "cure"),
    [
        (document(statement(root(HOME))), {}, "allows kms:Encrypt on {arn}, or name them in the key policy."),
        (document(statement(OTHER)), {}, "Let a statement of the key policy allow kms:Encrypt to the caller."),
        (document(statement(root(HOME))), {"policies": ALL, "boundary": NOTHING}, "Let the permissions boundary allow"),
        (document(statement(), statement(Effect="Deny", action="kms:Encrypt")), {}, "No Allow outweighs a Deny: "),
    ],
)
def test_a_refusal_comes_with_the_cure(kms_import_mock, key, policy, more, cure):
    """What would let the caller, by what kept them out."""
    kms_import_mock.client().put_key_policy(KeyId=key.id, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    alice = kms_import_mock.principal(ALICE, **more)
    with pytest.raises(ClientError):
        alice.client().encrypt(KeyId=key.id, Plaintext=b"x")
    assert cure.format(arn=key.arn) in kms_import_mock.calls[-1].diagnosis


def test_the_key_policy_cannot_help_everybody(kms_import_mock, key):
    """Not another account's, nor who retires a grant, nor where no KMS key is asked."""
    kms_import_mock.client().put_key_policy(
        KeyId=key.id, Policy=document(statement(root(HOME)), statement(root(OTHER)))
    )
    grant = kms_import_mock.client().create_grant(KeyId=key.id, GranteePrincipal=root(OTHER), Operations=["Encrypt"])
    eve = kms_import_mock.principal(f"arn:aws:iam::{OTHER}:user/Eve").client()
    alice = kms_import_mock.principal(ALICE).client()
    for call in (
        lambda: eve.encrypt(KeyId=key.arn, Plaintext=b"x"),
        lambda: alice.retire_grant(GrantToken=grant["GrantToken"]),
        alice.list_keys,
    ):
        with pytest.raises(ClientError):
            call()
        told = kms_import_mock.calls[-1].diagnosis
        assert "Give the caller an identity-based policy that allows kms:" in told
        assert "key policy." not in told

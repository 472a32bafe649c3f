"""KMS keys that AWS RAM shares, as far as AWS's model tells of them."""

from __future__ import annotations

import pytest

from pytest_kmsimport import mock_kms_import

from ..support.installed import has_member
from ..support.key_policies import document, root, statement
from ..support.refusal import refused

HOME, OTHER = "123456789012", "111122223333"
SHARED = document(statement(root(OTHER), ["kms:Encrypt", "kms:DescribeKey"], Sid="Shared"))
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
OWN, THEIRS = "SELF", "OTHER_ACCOUNTS_VIA_RAM"
in_lists = pytest.mark.skipif(not has_member("ListKeys", "ResourceOwners"), reason="newer than this botocore")


@pytest.fixture
def shared(kms, kms_import_mock):
    """The ARN of a KMS key that is shared with the other account."""
    arn = kms_import_mock.import_key().arn
    kms_import_mock.share_key(arn, [OTHER], SHARED)
    return arn


@pytest.fixture
def other(kms_import_mock):
    """A client of the other account."""
    return kms_import_mock.client(account=OTHER)


def listed(kms, **members: object) -> list[str]:
    """The key ARNs of one page."""
    return [key["KeyArn"] for key in kms.list_keys(**members)["Keys"]]


def test_what_it_allows(kms_import_mock, other, shared):
    """What the key policy AWS_RAM says, beside the default one, which is for its own account; until it is no more."""
    assert other.encrypt(KeyId=shared, Plaintext=b"x")["KeyId"] == shared
    blob = kms_import_mock.client().encrypt(KeyId=shared, Plaintext=b"x")["CiphertextBlob"]
    with pytest.raises(other.exceptions.ClientError, match="AccessDenied"):
        other.decrypt(KeyId=shared, CiphertextBlob=blob)
    user = kms_import_mock.principal(f"arn:aws:iam::{OTHER}:user/Bob", policies=EVERYTHING)
    assert "Sid 'Shared' (AWS_RAM) of the key policy" in str(kms_import_mock.can(user, "Encrypt", shared))
    kms_import_mock.unshare_key(shared)
    with pytest.raises(other.exceptions.ClientError, match="AccessDenied"):
        other.encrypt(KeyId=shared, Plaintext=b"x")


def test_which_statement_has_decided(kms_import_mock, other, shared):
    """Those of AWS_RAM are counted behind those of the default key policy."""
    other.encrypt(KeyId=shared, Plaintext=b"x")
    kms_import_mock.client().describe_key(KeyId=shared)
    theirs, own = (kms_import_mock.calls[number].decisions[-1] for number in (-2, -1))
    assert (theirs.statement, theirs.number) == ("Sid 'Shared' (AWS_RAM)", 2)
    assert (own.statement, own.number) == ("Sid 'Enable IAM User Permissions'", 1)


def test_it_denies_whoever_it_names(kms, kms_import_mock, shared):
    """Also the root user of the KMS key's own account, whom the default key policy lets do everything."""
    denied = document(statement(root(HOME), "kms:Encrypt", Effect="Deny"))
    kms_import_mock.share_key(shared, [OTHER], denied)
    with pytest.raises(kms.exceptions.ClientError, match="with an explicit deny in a resource-based policy"):
        kms.encrypt(KeyId=shared, Plaintext=b"x")


def test_its_key_policies(kms, shared):
    """There are two, of which one is RAM's alone to change."""
    names = kms.list_key_policies(KeyId=shared)
    assert (names["PolicyNames"], names["Truncated"]) == (["default", "AWS_RAM"], False)
    first = kms.list_key_policies(KeyId=shared, Limit=1)
    rest = kms.list_key_policies(KeyId=shared, Limit=1, Marker=first["NextMarker"])
    assert (first["PolicyNames"], rest["PolicyNames"], rest["Truncated"]) == (["default"], ["AWS_RAM"], False)
    answer = kms.get_key_policy(KeyId=shared, PolicyName="AWS_RAM")
    assert (answer["Policy"], answer["PolicyName"]) == (SHARED, "AWS_RAM")
    with refused("ValidationException", "The AWS_RAM policy can only be managed by the RAM service."):
        kms.put_key_policy(KeyId=shared, PolicyName="AWS_RAM", Policy=SHARED)


def test_the_lockout_check_looks_at_the_default_one_alone(kms, kms_import_mock, shared):
    """The key policy AWS_RAM makes up for nothing."""
    kms_import_mock.share_key(shared, [OTHER], document(statement(root(HOME))))
    with pytest.raises(kms.exceptions.MalformedPolicyDocumentException, match="will not allow you to update"):
        kms.put_key_policy(KeyId=shared, Policy=document(statement(root(OTHER))))


@in_lists
def test_who_has_it_in_the_list(kms, kms_import_mock, other, shared):
    """The account that it is shared with, in its Region, where it asks for such."""
    own = other.create_key()["KeyMetadata"]["Arn"]
    assert listed(other) == listed(other, ResourceOwners=[OWN]) == [own]
    assert listed(other, ResourceOwners=[THEIRS]) == [shared]
    assert listed(kms, ResourceOwners=[THEIRS]) == []
    assert listed(kms, ResourceOwners=[OWN]) == [shared]
    for elsewhere in (kms_import_mock.client("eu-west-1", account=OTHER), kms_import_mock.client(account="4" * 12)):
        assert listed(elsewhere, ResourceOwners=[THEIRS]) == []


@in_lists
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
@pytest.mark.parametrize("owners", [[OWN, THEIRS], [THEIRS, OWN]])
def test_both_kinds_in_one_list(kms_import_mock, other, shared, limit, owners):
    """Its own first, whichever is the older and whatever is asked for first, and no page with both."""
    kms_import_mock.share_key(second := kms_import_mock.import_key().arn, [OTHER], SHARED)
    own = [other.create_key()["KeyMetadata"]["Arn"] for _ in range(3)]
    pages, marker = [], {}
    while not pages or marker:
        answer = other.list_keys(ResourceOwners=owners, Limit=limit, **marker)
        pages.append([key["KeyArn"] for key in answer["Keys"]])
        marker = {"Marker": answer["NextMarker"]} if answer["Truncated"] else {}
    assert [arn for page in pages for arn in page] == [*own, shared, second]
    assert all(len({arn.split(":")[4] for arn in page}) == 1 and len(page) <= limit for page in pages)


def test_a_replica_key_is_not_shared_with_it(kms, kms_import_mock):
    """Each key of a family has key policies of its own."""
    key = kms_import_mock.import_key(MultiRegion=True)
    kms_import_mock.share_key(key.id, [OTHER], SHARED)
    kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
    away = kms_import_mock.client("eu-west-1")
    assert away.list_key_policies(KeyId=key.id)["PolicyNames"] == ["default"]


def test_it_is_saved(kms_import_mock, shared, tmp_path):
    """With the accounts and the policy."""
    kms_import_mock.save(tmp_path / "state")
    with mock_kms_import() as another:
        another.load(tmp_path / "state")
        assert another.client(account=OTHER).encrypt(KeyId=shared, Plaintext=b"x")["KeyId"] == shared


@pytest.mark.parametrize(
    ("accounts", "policy", "error", "said"),
    [
        (["1"], SHARED, ValueError, "accounts has '1'; write a list of accounts"),
        (["1" * 12], "{}", ValueError, "The key policy AWS_RAM is no key policy"),
        (["1" * 12], 5, TypeError, "A policy is a dict, JSON or the path of a file"),
    ],
)
def test_misuse(kms, kms_import_mock, shared, accounts, policy, error, said):
    """It is said what to write, and what was shared stays so."""
    with pytest.raises(error, match=said):
        kms_import_mock.share_key(shared, accounts, policy)
    with pytest.raises(LookupError):
        kms_import_mock.share_key("alias/none", [OTHER], SHARED)
    assert kms.get_key_policy(KeyId=shared, PolicyName="AWS_RAM")["Policy"] == SHARED

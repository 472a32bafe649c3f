"""Aliases: CreateAlias, UpdateAlias, DeleteAlias and ListAliases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ..support.refusal import refused

HOME = "arn:aws:kms:us-east-1:123456789012:"
OTHER_ACCOUNT = "111122223333"
PREFIX = (
    'Alias must start with the prefix "alias/".'
    " Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)
SYMMETRIC, RSA = {"Origin": "AWS_KMS"}, {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
HMAC = {"Origin": "AWS_KMS", "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
SIGNING = {"Origin": "AWS_KMS", "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
AGREEING = {"Origin": "AWS_KMS", "KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}
ENCAPSULATING = {"Origin": "AWS_KMS", "KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}


def sealed(kms, key_id: str) -> bytes:
    """A ciphertext."""
    blob: bytes = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    return blob


def listed(kms, **members: object) -> dict[str, str]:
    """ListAliases: names and the key IDs that they stand for."""
    return {alias["AliasName"]: alias["TargetKeyId"] for alias in kms.list_aliases(**members)["Aliases"]}


# CreateAlias


@pytest.mark.parametrize("form", ["{}", HOME + "key/{}"])
def test_creating_an_alias(kms, kms_import_mock, make_key, form):
    """The list shows it with its ARN, the key ID and the date; the answer itself is empty."""
    kms_import_mock.clock.freeze(kms_import_mock.clock.now().replace(microsecond=0))
    now = kms_import_mock.clock.now()
    key_id = make_key()
    answer = kms.create_alias(AliasName="alias/x", TargetKeyId=form.format(key_id))
    assert set(answer) == {"ResponseMetadata"}
    expected = {"AliasName": "alias/x", "AliasArn": f"{HOME}alias/x", "TargetKeyId": key_id}
    dates = {"CreationDate": now, "LastUpdatedDate": now}
    assert kms.list_aliases()["Aliases"] == [{**expected, **dates}]


@pytest.mark.parametrize("name", ["x", "aliasx", "Alias/x", "alias", "/alias/x"])
@pytest.mark.parametrize("operation", ["CreateAlias", "UpdateAlias", "DeleteAlias"])
def test_a_name_begins_with_alias(kms, make_key, operation, name):
    """AWS says where it is described."""
    target = {} if operation == "DeleteAlias" else {"TargetKeyId": make_key()}
    with refused("ValidationException", PREFIX):
        kms._make_api_call(operation, {"AliasName": name, **target})


@pytest.mark.parametrize("name", ["alias/aws/s3", "alias/aws/", "alias/aws/x:y"])
@pytest.mark.parametrize("operation", ["CreateAlias", "UpdateAlias", "DeleteAlias"])
def test_reserved_names(kms, make_key, operation, name):
    """``alias/aws/`` is for the keys that AWS manages; two of the operations model no InvalidAliasNameException."""
    target = {} if operation == "DeleteAlias" else {"TargetKeyId": make_key()}
    with refused("NotAuthorizedException"):
        kms._make_api_call(operation, {"AliasName": name, **target})
    assert listed(kms) == {}


def test_a_name_is_more_than_its_prefix(kms, make_key):
    """There cannot be such an alias, so that it is not found either."""
    with refused("InvalidAliasNameException"):
        kms.create_alias(AliasName="alias/", TargetKeyId=make_key())
    with refused("NotFoundException", f"Alias {HOME}alias/ is not found."):
        kms.update_alias(AliasName="alias/", TargetKeyId=make_key())
    with refused("NotFoundException", f"Alias {HOME}alias/ is not found."):
        kms.delete_alias(AliasName="alias/")


@pytest.mark.parametrize("operation", ["CreateAlias", "UpdateAlias", "DeleteAlias"])
def test_a_name_has_no_colon(kms, make_key, operation):
    """Though the model's pattern has one."""
    target = {} if operation == "DeleteAlias" else {"TargetKeyId": make_key()}
    with refused("ValidationException", "alias/my:alias contains invalid characters for an alias"):
        kms._make_api_call(operation, {"AliasName": "alias/my:alias", **target})
    assert listed(kms) == {}


@pytest.mark.parametrize("name", ["alias/awsx", "alias/AWS/x", "alias/x/aws/y", "alias/aws", "alias/" + "x" * 250])
def test_names_that_only_look_reserved(kms, make_key, name):
    """These are anybody's, up to 256 characters."""
    key_id = make_key()
    kms.create_alias(AliasName=name, TargetKeyId=key_id)
    assert listed(kms) == {name: key_id}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("alias/a b", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$"),
        ("alias/é", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$"),
        ("alias/" + "x" * 251, "Member must have length less than or equal to 256"),
    ],
)
def test_names_beyond_the_model(kms, make_key, name, text):
    """The model's pattern and length, in AWS's words."""
    text = f"1 validation error detected: Value '{name}' at 'aliasName' failed to satisfy constraint: {text}"
    with refused("ValidationException", text):
        kms.create_alias(AliasName=name, TargetKeyId=make_key())


def test_a_name_is_there_once(kms, make_key):
    """Also for the same KMS key; nothing changes."""
    key_id = make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    for target in (key_id, make_key()):
        with refused("AlreadyExistsException", f"An alias with the name {HOME}alias/x already exists"):
            kms.create_alias(AliasName="alias/x", TargetKeyId=target)
    assert listed(kms) == {"alias/x": key_id}


def test_names_tell_upper_case_from_lower(kms, make_key):
    """Two names, two aliases."""
    lower, upper = make_key(), make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=lower)
    kms.create_alias(AliasName="alias/X", TargetKeyId=upper)
    assert kms.describe_key(KeyId="alias/X")["KeyMetadata"]["KeyId"] == upper


@pytest.mark.parametrize("target", ["alias/x", f"{HOME}alias/x"])
@pytest.mark.parametrize("operation", ["CreateAlias", "UpdateAlias"])
def test_an_alias_is_no_target(kms, make_key, operation, target):
    """Neither operation models InvalidArnException, with which others refuse an alias."""
    kms.create_alias(AliasName="alias/x", TargetKeyId=make_key())
    name = "alias/x" if operation == "UpdateAlias" else "alias/y"
    with refused("ValidationException", "Aliases must refer to keys. Not aliases"):
        kms._make_api_call(operation, {"AliasName": name, "TargetKeyId": target})


@pytest.mark.parametrize("operation", ["CreateAlias", "UpdateAlias"])
def test_a_target_of_another_account(kms, kms_import_mock, make_key, operation):
    """An alias stands for a KMS key of its own account only."""
    kms.create_alias(AliasName="alias/x", TargetKeyId=make_key(**SYMMETRIC))
    theirs = kms_import_mock.client(account=OTHER_ACCOUNT).create_key()["KeyMetadata"]["Arn"]
    text = (
        f"User: arn:aws:iam::123456789012:root is not authorized to perform: kms:{operation} on this resource because"
        " the resource does not exist in this Region, no resource-based policies allow access, or a resource-based"
        " policy explicitly denies access"
    )
    name = "alias/x" if operation == "UpdateAlias" else "alias/y"
    with refused("AccessDeniedException", text):
        kms._make_api_call(operation, {"AliasName": name, "TargetKeyId": theirs})


# UpdateAlias


def test_a_moved_alias(kms, kms_import_mock, make_key):
    """It stands for the other KMS key from then on; its creation date stays, and old ciphertexts still open."""
    first, second = make_key(**SYMMETRIC), make_key(**SYMMETRIC)
    clock = kms_import_mock.clock
    clock.freeze(clock.now().replace(microsecond=0))
    kms.create_alias(AliasName="alias/x", TargetKeyId=first)
    blob = sealed(kms, "alias/x")
    created = clock.now()
    clock.advance(days=1)
    assert set(kms.update_alias(AliasName="alias/x", TargetKeyId=second)) == {"ResponseMetadata"}
    (entry,) = kms.list_aliases()["Aliases"]
    assert (entry["CreationDate"], entry["LastUpdatedDate"]) == (created, created + timedelta(days=1))
    assert kms.encrypt(KeyId="alias/x", Plaintext=b"x")["KeyId"] == f"{HOME}key/{second}"
    assert kms.decrypt(CiphertextBlob=blob)["KeyId"] == f"{HOME}key/{first}"
    assert (listed(kms, KeyId=first), listed(kms, KeyId=second)) == ({}, {"alias/x": second})


def test_moving_an_alias_to_where_it_is(kms, make_key):
    """Is no error."""
    key_id = make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    kms.update_alias(AliasName="alias/x", TargetKeyId=key_id)
    assert listed(kms) == {"alias/x": key_id}


@pytest.mark.parametrize("operation", ["UpdateAlias", "DeleteAlias"])
def test_an_unknown_alias(kms, make_key, operation):
    """AWS names the ARN that it would have."""
    target = {"TargetKeyId": make_key()} if operation == "UpdateAlias" else {}
    with refused("NotFoundException", f"Alias {HOME}alias/x is not found."):
        kms._make_api_call(operation, {"AliasName": "alias/x", **target})


@pytest.mark.parametrize("following", [SYMMETRIC, HMAC, AGREEING])
def test_an_alias_keeps_its_usage(kms, make_key, following):
    """Code that uses the alias must not find a KMS key for something else behind it."""
    key_id = make_key(**SIGNING)
    kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    usage = following.get("KeyUsage", "ENCRYPT_DECRYPT")
    text = (
        f"Alias alias/x cannot be changed from a CMK with key usage SIGN_VERIFY to a CMK with key usage {usage}."
        " The key usage of the current CMK and the new CMK must be the same."
    )
    with refused("ValidationException", text):
        kms.update_alias(AliasName="alias/x", TargetKeyId=make_key(**following))
    assert listed(kms) == {"alias/x": key_id}


def test_an_alias_keeps_its_type(kms, make_key):
    """Symmetric stays symmetric, where the usage is the same."""
    kms.create_alias(AliasName="alias/x", TargetKeyId=make_key())
    text = (
        "Alias alias/x cannot be changed from a KMS key with key spec SYMMETRIC_DEFAULT to a KMS key with key spec"
        " RSA_2048. The current KMS key and the new KMS key must be of the same type."
    )
    with refused("ValidationException", text):
        kms.update_alias(AliasName="alias/x", TargetKeyId=make_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT"))


def test_an_alias_may_change_its_key_spec(kms, make_key):
    """Another asymmetric key with the same usage will do, of whatever origin."""
    following = make_key(**RSA)
    kms.create_alias(AliasName="alias/x", TargetKeyId=make_key(**SIGNING))
    kms.update_alias(AliasName="alias/x", TargetKeyId=following)
    assert listed(kms) == {"alias/x": following}


# Aliases of keys that go


@pytest.mark.parametrize("operation", ["CreateAlias", "UpdateAlias"])
def test_a_key_pending_deletion_gets_no_alias(kms, make_key, operation):
    """Neither a new one nor one of another KMS key."""
    kms.create_alias(AliasName="alias/x", TargetKeyId=make_key())
    going = make_key()
    kms.schedule_key_deletion(KeyId=going)
    name = "alias/x" if operation == "UpdateAlias" else "alias/y"
    with refused("KMSInvalidStateException", f"{HOME}key/{going} is pending deletion."):
        kms._make_api_call(operation, {"AliasName": name, "TargetKeyId": going})


def test_an_alias_can_leave_a_key_pending_deletion(kms, make_key):
    """This is how code is moved away from a KMS key that goes."""
    going, following = make_key(), make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=going)
    kms.schedule_key_deletion(KeyId=going)
    kms.update_alias(AliasName="alias/x", TargetKeyId=following)
    assert listed(kms) == {"alias/x": following}


def test_aliases_go_with_their_key(kms, kms_import_mock, make_key):
    """On the date of its deletion, not before; then the names are free again."""
    key_id, other = make_key(), make_key()
    for name, target in (("alias/x", key_id), ("alias/y", key_id), ("alias/z", other)):
        kms.create_alias(AliasName=name, TargetKeyId=target)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    assert listed(kms, KeyId=key_id) == {"alias/x": key_id, "alias/y": key_id}
    kms_import_mock.clock.advance(days=7)
    with refused("NotFoundException", f"Alias {HOME}alias/x is not found."):
        kms.describe_key(KeyId="alias/x")
    assert listed(kms) == {"alias/z": other}
    kms.create_alias(AliasName="alias/x", TargetKeyId=other)
    assert listed(kms, KeyId=other) == {"alias/z": other, "alias/x": other}


@pytest.mark.parametrize("first", ["list", "create", "update", "delete"])
def test_aliases_are_gone_whatever_is_asked_first(kms, kms_import_mock, make_key, first):
    """No call has to be about the KMS key itself for its deletion to be noticed."""
    key_id, other = make_key(), make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    kms_import_mock.clock.advance(days=7)
    if first == "list":
        assert listed(kms) == {}
    elif first == "create":
        kms.create_alias(AliasName="alias/x", TargetKeyId=other)
        assert listed(kms) == {"alias/x": other}
    else:
        with refused("NotFoundException", f"Alias {HOME}alias/x is not found."):
            if first == "update":
                kms.update_alias(AliasName="alias/x", TargetKeyId=other)
            else:
                kms.delete_alias(AliasName="alias/x")


# DeleteAlias and ListAliases


def test_deleting_an_alias(kms, make_key):
    """The KMS key stays, and so do its other aliases; the answer is empty."""
    key_id = make_key()
    for name in ("alias/x", "alias/y"):
        kms.create_alias(AliasName=name, TargetKeyId=key_id)
    assert set(kms.delete_alias(AliasName="alias/x")) == {"ResponseMetadata"}
    assert listed(kms) == {"alias/y": key_id}
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyId"] == key_id


def test_listing_the_aliases_of_one_key(kms, make_key):
    """By key ID and by key ARN; a KMS key without any has an empty list."""
    key_id, other, bare = make_key(), make_key(), make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    kms.create_alias(AliasName="alias/y", TargetKeyId=other)
    assert listed(kms, KeyId=key_id) == listed(kms, KeyId=f"{HOME}key/{key_id}") == {"alias/x": key_id}
    assert listed(kms, KeyId=bare) == {}


def test_a_name_is_free_again(kms, make_key):
    """What was deleted names nothing, until it is given again."""
    key_id = make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    kms.delete_alias(AliasName="alias/x")
    with refused("NotFoundException", f"Alias {HOME}alias/x is not found."):
        kms.describe_key(KeyId="alias/x")
    kms.create_alias(AliasName="alias/x", TargetKeyId=make_key())
    assert kms.describe_key(KeyId="alias/x")["KeyMetadata"]["KeyId"] != key_id


def test_a_snapshot_holds_the_aliases(kms, kms_import_mock, make_key):
    """What is given or taken away after it is undone."""
    key_id = make_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
    snapshot = kms_import_mock.snapshot()
    kms.delete_alias(AliasName="alias/x")
    kms.create_alias(AliasName="alias/y", TargetKeyId=key_id)
    kms_import_mock.restore(snapshot)
    assert listed(kms) == {"alias/x": key_id}


def test_a_moved_alias_keeps_its_place(kms, make_key):
    """It is as old as it was, in the list of all and in that of its new key."""
    first, second = make_key(), make_key()
    for number, key_id in enumerate((first, second, second)):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=key_id)
    kms.update_alias(AliasName="alias/0", TargetKeyId=second)
    assert list(listed(kms)) == list(listed(kms, KeyId=second)) == ["alias/0", "alias/1", "alias/2"]

"""``mock.calls.least_privilege()``: policies that allow the calls of a test, and nothing that they did not need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsimport import CallsForgotten, mock_kms_import

HOME, OTHER = "123456789012", "111122223333"
ROLE, USER = f"arn:aws:iam::{HOME}:role/service/Importer", f"arn:aws:iam::{HOME}:user/Alice"
EVE, ROOT = f"arn:aws:iam::{OTHER}:user/Eve", f"arn:aws:iam::{HOME}:root"
ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256")
SPECS = ("RSA_2048", "RSA_3072", "RSA_4096")
EXPIRES = ({}, {"ExpirationModel": "KEY_MATERIAL_EXPIRES"}, {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"})


def shared_with_all() -> str:
    """A key policy that lets every account here decide."""
    accounts = [f"arn:aws:iam::{account}:root" for account in (HOME, OTHER)]
    return json.dumps({"Version": "2012-10-17", "Statement": {**ALL["Statement"], "Principal": {"AWS": accounts}}})


ASKING = st.tuples(
    st.just("get_parameters_for_import"),
    st.integers(0, 1),
    st.fixed_dictionaries({"WrappingAlgorithm": st.sampled_from(OAEP), "WrappingKeySpec": st.sampled_from(SPECS)}),
)
IMPORTING = st.tuples(
    st.just("import_key_material"),
    st.integers(0, 1),
    st.sampled_from([{"EncryptedKeyMaterial": b"x", "ImportToken": b"x", **more} for more in EXPIRES]),
)
REST = st.tuples(
    st.sampled_from(["describe_key", "delete_imported_key_material", "list_grants", "get_key_policy"]),
    st.integers(0, 1),
    st.just({}),
)
WITHOUT_KEY = st.tuples(st.sampled_from(["list_keys", "generate_random"]), st.none(), st.just({}))
OF_ALIAS = st.tuples(st.just("create_alias"), st.integers(0, 1), st.just({"AliasName": "alias/x"}))
WHAT = st.one_of(ASKING, ASKING, IMPORTING, IMPORTING, REST, WITHOUT_KEY, OF_ALIAS)
ACROSS = st.one_of(
    WITHOUT_KEY, st.tuples(st.sampled_from(["describe_key", "get_key_rotation_status"]), st.integers(0, 1), st.just({}))
)
CALLS = st.lists(
    st.one_of(st.tuples(st.sampled_from([ROLE, USER]), WHAT), st.tuples(st.just(EVE), ACROSS)), min_size=1, max_size=8
)


class Stage:
    """A mock with two KMS keys, and calls that are made again and again under other policies.

    Nothing can be imported into the keys, which AWS says to who may import alone: no RSA key has to be made for it.
    """

    def __init__(self, mock, calls):
        self.mock, self.calls = mock, calls
        kms = mock.client()
        policy = shared_with_all()
        self.keys = [kms.create_key(Policy=policy)["KeyMetadata"]["Arn"] for _ in range(2)]
        self.before = mock.snapshot()

    def refused(self, policies: dict[str, Any], key_policies: dict[str, Any]) -> list[Any]:
        """Make the calls, and tell those that are denied."""
        self.mock.restore(self.before)
        nobody = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:PutKeyPolicy", "Resource": "*"}
        for arn in self.keys:
            policy = key_policies.get(arn) or {"Version": "2012-10-17", "Statement": nobody}
            self.mock.client().put_key_policy(KeyId=arn, Policy=json.dumps(policy), BypassPolicyLockoutSafetyCheck=True)
        clients = {
            arn: self.mock.principal(arn, policies=[policies[arn]] if arn in policies else []).client()
            for arn in (ROLE, USER, EVE)
        }
        begin = len(self.mock.calls)
        for who, (operation, number, members) in self.calls:
            self.ask(clients[who], operation, number, members)
        return [call for call in self.mock.calls[begin:] if call.error == "AccessDeniedException"]

    def ask(self, client, operation, number, members):
        """Make one call, whatever becomes of it otherwise."""
        name = "TargetKeyId" if operation == "create_alias" else "KeyId"
        key = {} if number is None else {name: self.keys[number]}
        more = {"NumberOfBytes": 8} if operation == "generate_random" else {}
        with suppress(ClientError):
            getattr(client, operation)(**key, **members, **more)


def with_less(policies: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Policies by ARN, each time without one statement, or one of several values anywhere in one."""
    for arn, policy in policies.items():
        for number, statement in enumerate(policy["Statement"]):
            less = deepcopy(policies)
            del less[arn]["Statement"][number]
            if not less[arn]["Statement"]:
                del less[arn]
            yield f"without statement {number} of {arn}", less
            for path in paths_of(statement):
                *way, last = path
                less = deepcopy(policies)
                place = less[arn]["Statement"][number]
                for step in way:
                    place = place[step]
                del place[last]
                yield f"without {path} of statement {number} of {arn}", less


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each of several values in a list."""
    if isinstance(value, list):
        yield from ((*path, number) for number in range(len(value)))
    elif isinstance(value, dict):
        for name, inside in value.items():
            yield from paths_of(inside, (*path, name))


@settings(max_examples=40, deadline=None)
@given(CALLS)
def test_they_allow_the_calls_and_nothing_can_be_left_out(calls):
    """Under these policies no call is denied; without any statement, action, principal, resource or value, one is."""
    with mock_kms_import() as mock:
        stage = Stage(mock, calls)
        everything = dict.fromkeys(stage.keys, json.loads(shared_with_all()))
        assert not stage.refused(dict.fromkeys((ROLE, USER, EVE), ALL), everything)
        least = mock.calls.to(*OPERATIONS).least_privilege()
        by_key, by_iam = dict(least.key_policies), dict(least.identity_policies)
        assert not stage.refused(by_iam, by_key)
        for how, less in with_less(by_key):
            assert stage.refused(by_iam, less), how
        for how, less in with_less(by_iam):
            assert stage.refused(less, by_key), how
        stage.refused({}, {})
        assert mock.calls.to(*OPERATIONS).least_privilege() == least, "of calls that were refused"


OPERATIONS = (
    *("GetParametersForImport", "ImportKeyMaterial", "DescribeKey", "DeleteImportedKeyMaterial", "ListGrants"),
    *("GetKeyPolicy", "ListKeys", "GenerateRandom", "CreateAlias", "GetKeyRotationStatus"),
)


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """What is expected."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}


def test_a_ceremony_of_the_root_users_as_a_role(kms_import_mock, kms_import_client):
    """The role needs CreateKey by IAM and the rest by the key policy, with the very values of the import."""
    key_id = kms_import_client.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    wanted = {"KeyId": key_id, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    token = kms_import_client.get_parameters_for_import(**wanted)["ImportToken"]
    with pytest.raises(ClientError, match="InvalidCiphertext"):
        kms_import_client.import_key_material(
            KeyId=key_id,
            ImportToken=token,
            EncryptedKeyMaterial=b"x" * 256,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
    kms_import_client.describe_key(KeyId=key_id)
    least = kms_import_mock.calls.least_privilege(ROLE)
    arn = kms_import_mock.key(key_id).arn
    named = {"Principal": {"AWS": ROLE}, "Resource": "*"}
    algorithm = {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256", "kms:WrappingKeySpec": "RSA_2048"}
    model = {"kms:ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    assert least.key_policies == {
        arn: policy(
            {"Action": "kms:DescribeKey", **named},
            {"Action": "kms:GetParametersForImport", **named, "Condition": {"StringEquals": algorithm}},
            {"Action": "kms:ImportKeyMaterial", **named, "Condition": {"StringEquals": model}},
        )
    }
    assert least.identity_policies == {ROLE: policy({"Action": "kms:CreateKey", "Resource": "*"})}
    assert least.grants == {}
    assert json.loads(str(least)) == {
        "key_policies": least.key_policies,
        "identity_policies": least.identity_policies,
        "grants": {},
    }
    as_root = kms_import_mock.calls.least_privilege()
    assert as_root.identity_policies == {}
    assert as_root.key_policies[arn]["Statement"][0]["Principal"] == {"AWS": ROOT}


def test_a_value_that_may_be_absent(kms_import_mock, kms_import_client):
    """Imports with and without ExpirationModel are one statement, which holds without the condition key too."""
    arn = kms_import_client.create_key()["KeyMetadata"]["Arn"]
    for more in EXPIRES[:2]:
        with pytest.raises(ClientError):
            kms_import_client.import_key_material(KeyId=arn, ImportToken=b"x", EncryptedKeyMaterial=b"x", **more)
    (statement,) = kms_import_mock.calls.least_privilege(USER).key_policies[arn]["Statement"]
    assert statement["Condition"] == {"StringEqualsIfExists": {"kms:ExpirationModel": "KEY_MATERIAL_EXPIRES"}}


def test_somebody_else_has_not_the_callers_grants(kms_import_mock, key):
    """As if another had made the calls, the key policy has to allow what a grant has allowed."""
    alice = kms_import_mock.principal(USER)
    kms_import_mock.client().create_grant(KeyId=key.id, GranteePrincipal=USER, Operations=["Encrypt"])
    alice.client().encrypt(KeyId=key.id, Plaintext=b"x")
    least = kms_import_mock.calls.to("Encrypt").least_privilege(ROLE)
    assert least.grants == {}
    assert [statement["Action"] for statement in least.key_policies[key.arn]["Statement"]] == ["kms:Encrypt"]


def test_what_a_grant_allows_needs_no_statement(kms_import_mock, key):
    """It is told as what it is; across accounts the caller's own account has to allow it too."""
    kms = kms_import_mock.client()
    alice, eve = kms_import_mock.principal(USER), kms_import_mock.principal(EVE, policies=[ALL])
    for who in (alice, eve):
        kms.create_grant(KeyId=key.id, GranteePrincipal=who.arn, Operations=["Encrypt", "DescribeKey"])
    begin = len(kms_import_mock.calls)
    for who in (alice, eve):
        who.client().encrypt(KeyId=key.arn, Plaintext=b"x")
    least = kms_import_mock.calls[begin:].least_privilege()
    assert least.key_policies == {}
    assert least.identity_policies == {EVE: policy({"Action": "kms:Encrypt", "Resource": key.arn})}
    assert least.grants == {
        key.arn: (
            {"GranteePrincipal": USER, "Operations": ["Encrypt"]},
            {"GranteePrincipal": EVE, "Operations": ["Encrypt"]},
        )
    }
    decision = kms_import_mock.calls[-1].decisions[0]
    assert (decision.grant != "", decision.by_iam) == (True, "statement 1")


def test_who_retires_a_grant(kms_import_mock, key):
    """IAM's alone, on the KMS key; nothing for whom the grant names."""
    kms = kms_import_mock.client()
    grants = [
        kms.create_grant(KeyId=key.id, GranteePrincipal=EVE, RetiringPrincipal=who, Operations=["Encrypt"])
        for who in (USER, EVE)
    ]
    begin = len(kms_import_mock.calls)
    alice = kms_import_mock.principal(USER).client()
    alice.retire_grant(GrantToken=grants[0]["GrantToken"])
    assert kms_import_mock.calls[begin:].least_privilege().identity_policies == {}
    with pytest.raises(ClientError):
        alice.retire_grant(GrantToken=grants[1]["GrantToken"])
    least = kms_import_mock.calls[begin:].least_privilege()
    assert least.key_policies == least.grants == {}
    assert least.identity_policies == {USER: policy({"Action": "kms:RetireGrant", "Resource": key.arn})}


def test_a_service_is_named_as_one(kms_import_mock, key):
    """Beside those who have an ARN, where they do the same."""
    service = kms_import_mock.principal("events.amazonaws.com")
    for client in (service.client(), kms_import_mock.client()):
        with suppress(ClientError):  # the service may not, yet
            client.encrypt(KeyId=key.id, Plaintext=b"x")
    least = kms_import_mock.calls.least_privilege()
    (statement,) = least.key_policies[key.arn]["Statement"]
    assert statement["Principal"] == {"AWS": ROOT, "Service": "events.amazonaws.com"}
    assert least.identity_policies == {}


def test_what_never_reached_a_decision_needs_nothing(kms_import_mock, kms_import_client):
    """No such KMS key, and a request that AWS does not take."""
    for key_id in ("00000000-0000-0000-0000-000000000000", "x" * 3000):
        with pytest.raises(ClientError):
            kms_import_client.describe_key(KeyId=key_id)
    least = kms_import_mock.calls.least_privilege(USER)
    assert (least.key_policies, least.identity_policies, least.grants) == ({}, {}, {})


def test_who_is_no_principal(kms_import_mock):
    """It is said, with what to write."""
    with pytest.raises(ValueError, match="'Importer' is no principal: write an ARN"):
        kms_import_mock.calls.least_privilege("Importer")


@pytest.mark.kms_import(journal_size=1)
def test_calls_that_are_not_kept(kms_import_mock, kms_import_client):
    """Policies without them would be too small."""
    for _ in range(2):
        kms_import_client.list_keys()
    with pytest.raises(CallsForgotten):
        kms_import_mock.calls.least_privilege()

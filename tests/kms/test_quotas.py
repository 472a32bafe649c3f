"""AWS's limits, which a test can lower to meet them."""

from __future__ import annotations

import pytest

from pytest_kmsimport import mock_kms_import
from pytest_kmsimport.engine.policies import default_policy

from ..support.refusal import refused

TOO_MANY_KEYS = "The KMS keys limit has been reached for this account and Region."
GRANT = {"GranteePrincipal": "arn:aws:iam::123456789012:root", "Operations": ["DescribeKey"]}


def test_keys_per_region():
    """Replica keys and keys to be deleted count as well; what is deleted does not, nor does another Region."""
    with mock_kms_import(quotas={"keys": 2}, region="us-east-1") as mock:
        kms, away = mock.client(), mock.client("eu-west-1")
        first = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
        with refused("LimitExceededException", TOO_MANY_KEYS):
            kms.create_key()
        mock.clock.advance(days=8)
        kms.create_key()
        for _ in range(2):
            away.create_key()
        with refused("LimitExceededException", TOO_MANY_KEYS):
            kms.replicate_key(KeyId=first, ReplicaRegion="eu-west-1")
        assert kms.describe_key(KeyId=first)["KeyMetadata"]["MultiRegionConfiguration"]["ReplicaKeys"] == []


def test_aliases_per_key():
    """Also those that are moved there; moving one to where it is is no more."""
    with mock_kms_import(quotas={"aliases_per_key": 1}) as mock:
        kms = mock.client()
        full, other = (mock.import_key() for _ in range(2))
        kms.create_alias(AliasName="alias/a", TargetKeyId=full.id)
        kms.create_alias(AliasName="alias/b", TargetKeyId=other.id)
        text = f"The aliases limit has been reached for the given keyId: {full.arn}"
        with refused("LimitExceededException", text):
            kms.create_alias(AliasName="alias/c", TargetKeyId=full.id)
        with refused("LimitExceededException", text):
            kms.update_alias(AliasName="alias/b", TargetKeyId=full.id)
        kms.update_alias(AliasName="alias/a", TargetKeyId=full.id)


def test_grants_per_key():
    """A request that names an existing grant makes none."""
    with mock_kms_import(quotas={"grants_per_key": 1}) as mock:
        kms, key = mock.client(), mock.import_key()
        kms.create_grant(KeyId=key.id, Name="x", **GRANT)
        with refused("LimitExceededException", f"The grants limit has been reached for the given keyId: {key.arn}"):
            kms.create_grant(KeyId=key.id, **GRANT)
        with refused("LimitExceededException", f"The grants limit has been reached for the given keyId: {key.arn}"):
            kms.create_grant(KeyId=key.id, Name="y", **GRANT)
        kms.create_grant(KeyId=key.id, Name="x", **GRANT)


def test_on_demand_rotations_per_key():
    """Automatic ones do not count."""
    with mock_kms_import(quotas={"on_demand_rotations_per_key": 1}) as mock:
        kms = mock.client()
        key = kms.create_key()["KeyMetadata"]
        key_id = key["KeyId"]
        kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
        mock.clock.advance(days=91)
        kms.rotate_key_on_demand(KeyId=key_id)
        text = (
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be"
            f" performed for this key: {key['Arn']}"
        )
        with refused("LimitExceededException", text):
            kms.rotate_key_on_demand(KeyId=key_id)


def test_key_policy_bytes():
    """Exactly as many are good."""
    policy = default_policy("123456789012", "us-east-1")
    with mock_kms_import(quotas={"key_policy_bytes": len(policy)}, region="us-east-1") as mock:
        kms, key = mock.client(), mock.import_key()
        kms.put_key_policy(KeyId=key.id, Policy=policy)
        with refused("LimitExceededException", f"The key policy exceeds the limit of {len(policy)} bytes."):
            kms.put_key_policy(KeyId=key.id, Policy=policy + " ")


@pytest.mark.kms_import(quotas={"keys": 0})
def test_the_marker_takes_quotas(kms):
    """As the context manager does."""
    with refused("LimitExceededException", TOO_MANY_KEYS):
        kms.create_key()


@pytest.mark.parametrize(
    ("quotas", "text"),
    [
        ({"alias": 1}, "quotas has no 'alias'; write one of keys, custom_key_stores, aliases_per_key"),
        ({"keys": -1}, "quotas has keys=-1; write a number, 0 or more."),
        ({"keys": "2"}, "quotas has keys='2'; write a number, 0 or more."),
        (5, r"quotas is 5; write a dict such as \{'aliases_per_key': 2\}\."),
    ],
)
def test_quotas_that_are_none(quotas, text):
    """It is said what to write."""
    with pytest.raises(ValueError, match=text):
        mock_kms_import(quotas=quotas)

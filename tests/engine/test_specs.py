"""Key specs, held against botocore's enums and AWS's tables."""

from __future__ import annotations

import pytest

from pytest_kmsimport._wire.model import kms_model
from pytest_kmsimport.engine.rules import SERVICES, rules_of
from pytest_kmsimport.engine.specs import ALGORITHM_MEMBERS, SPECS

METADATA = kms_model().shape_for("KeyMetadata")


def enum(shape: str) -> set[str]:
    """The values that botocore's model has for an enum."""
    return set(kms_model().shape_for(shape).enum)


def test_every_key_spec_of_the_model_is_known():
    """SM2 alone is missing: it exists in the China Regions only, and is not offered there."""
    assert enum("KeySpec") - set(SPECS) == {"SM2"}


KNOWN = [spec for spec in SPECS.values() if spec.name in enum("KeySpec")]


def test_every_usage_of_the_model_has_its_member_of_key_metadata():
    """Each KeyUsage lists its algorithms in a member of its own."""
    assert enum("KeyUsageType") <= set(ALGORITHM_MEMBERS)
    for usage in enum("KeyUsageType"):
        assert ALGORITHM_MEMBERS[usage] in METADATA.members


@pytest.mark.parametrize("spec", KNOWN, ids=lambda spec: spec.name)
def test_algorithms_are_aws_algorithms(spec):
    """Every algorithm of a spec is in the enum of the member that lists it, where the model has the member."""
    for usage, algorithms in spec.algorithms.items():
        member = METADATA.members.get(ALGORITHM_MEMBERS[usage])
        if member is not None:
            assert set(algorithms) <= set(member.member.enum)


@pytest.mark.parametrize("spec", SPECS.values(), ids=lambda spec: spec.name)
def test_wrappings_are_aws_wrappings(spec):
    """Wrapping algorithms and wrapping key specs are in the enums of GetParametersForImport."""
    assert set(spec.wrappings) <= enum("AlgorithmSpec")
    for sizes in spec.wrappings.values():
        assert set(sizes) <= enum("WrappingKeySpec")


@pytest.mark.parametrize("spec", SPECS.values(), ids=lambda spec: spec.name)
def test_what_can_be_imported_can_be_wrapped(spec):
    """Post-quantum keys have no way to be wrapped, and cannot be imported."""
    assert bool(spec.wrappings) == spec.is_importable == (not spec.name.startswith("ML_"))


@pytest.mark.parametrize("service", SERVICES)
def test_partitions_without_rules_of_their_own_have_those_of_aws(service):
    """GovCloud is like the commercial Regions; China is not."""
    assert rules_of(service, "aws-us-gov") is rules_of(service, "aws")
    assert rules_of(service, "aws-cn") is not rules_of(service, "aws")

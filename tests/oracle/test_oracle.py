"""An oracle that is not ours: another IAM decides the same questions, and each difference is argued.

It is ``@cloud-copilot/iam-simulate`` of npm, a program of its own under the AGPL, that ``.ci/clients`` installs.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from pytest_kmsimport._mock.rsa_pool import RsaKeys
from pytest_kmsimport._wire.regions import is_region
from pytest_kmsimport.engine.authorization.principals import Principal
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.world import World

from ..support.key_policies import root, statement
from ..support.programs import need
from . import differences
from .cases import (
    ALIAS,
    ALICE,
    BOB,
    CALLS,
    EVERYTHING,
    HOME,
    NOW,
    REGION,
    SERVICE,
    TAGS,
    Case,
    Json,
    cases,
    ours,
    question,
)
from .differences import IN_ONE_QUESTION, retold

FOLDER = Path(__file__).parent
#: How many questions there are for each example that a profile asks for.
TIMES = 20
_engine = Engine(World(lambda: NOW, Random(1).randbytes, RsaKeys(), is_region))  # noqa: S311  repeatable on purpose


def _made() -> str:
    """A KMS key without key material, with a tag and an alias; its ARN."""
    home = Caller(HOME)
    tags = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    made = _engine(Call("CreateKey", REGION, home, {"Origin": "EXTERNAL", "Tags": tags}))["KeyMetadata"]
    _engine(Call("CreateAlias", REGION, home, {"AliasName": ALIAS, "TargetKeyId": made["KeyId"]}))
    return made["Arn"]


KEY = _made()


@pytest.fixture(scope="module")
def oracle() -> Iterator[Callable[[Case], bool]]:
    """Whether the oracle allows something: one process that answers them all."""
    need("Node.js", "iam-simulate")
    command = ["node", str(FOLDER / "decide.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:

        def allows(case: Case) -> bool:
            process.stdin.write(json.dumps(question(case)) + "\n")
            answer = json.loads(process.stdout.readline())
            assert "refused" not in answer, answer
            return answer["decided"] == "Allowed"

        yield allows
        process.stdin.close()


def test_it_decides_as_another_iam_does(oracle):
    """Of thousands of random policies, with principals and calls, but for the differences."""
    allowed = []
    examples = settings.default.max_examples * TIMES

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(cases(KEY))
    def ask(case: Case) -> None:
        mine = ours(_engine, case)
        assert mine is any(oracle(each) for each in retold(case))
        allowed.append(mine)

    ask()
    assert len(allowed) / 20 < sum(allowed) < len(allowed) * 19 / 20  # it is no foregone conclusion


ACCOUNT, S3_ALONE = statement(root(HOME)), {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def case(arn: str, *key_policy: Json, operation: str = "DescribeKey", **policies: object) -> Case:
    """A question about a call of the account's own."""
    asked = next(each for each in CALLS if each.operation == operation)
    return Case(Principal(arn, HOME), asked, key_policy, key_arn=KEY, **policies)


def everybody_if(**condition: object) -> Json:
    """A statement for everybody, on a condition: operator and a condition key's values."""
    return statement(Condition={name.replace("_", ":"): wanted for name, wanted in condition.items()})


def deny(**elements: object) -> Json:
    """A statement of a key policy that denies."""
    return {"Effect": "Deny", "Action": "kms:*", "Resource": "*", **elements}


#: Difference -> a case of it, and what is decided; the oracle decides the opposite.
SHOWN = {
    differences.the_root_user: (case(root(HOME), ACCOUNT), True),
    differences.encryption_contexts: (
        case(ALICE, everybody_if(StringEquals={"kms:EncryptionContext:tenant": "T1"}), operation="Encrypt"),
        True,
    ),
    differences.exceptions_of_not_principal: (
        case(ALICE, ACCOUNT, deny(NotPrincipal={"AWS": [ALICE]}), identity=(EVERYTHING,)),
        False,
    ),
    differences.variables_without_a_value: (
        case(
            ALICE,
            statement(),
            deny(Principal="*", Condition={"StringNotEquals": {"aws:username": "${aws:PrincipalTag/none}"}}),
        ),
        False,
    ),
    differences.arns_in_parts: (
        case(ALICE, everybody_if(ArnLike={"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:user/*"})),
        True,
    ),
    differences.dates_in_seconds: (
        case(ALICE, everybody_if(DateEquals={"aws:CurrentTime": str(int(NOW.timestamp()))})),
        True,
    ),
    differences.any_value_if_it_exists: (
        case(ALICE, everybody_if(ForAnyValue_StringEqualsIfExists={"kms:GrantOperations": "Encrypt"})),
        True,
    ),
    differences.services_under_service_control: (
        case(SERVICE, statement({"Service": SERVICE}), service_control=(S3_ALONE,)),
        True,
    ),
    differences.permissions_past_limits: (case(BOB, statement(BOB), session=(S3_ALONE,)), True),
}


def test_every_difference_is_shown():
    """None is there that has no case."""
    assert set(SHOWN) == {*IN_ONE_QUESTION, differences.permissions_past_limits}


@pytest.mark.parametrize("difference", SHOWN, ids=lambda difference: difference.__name__)
def test_a_difference_is_one(oracle, difference):
    """The oracle decides otherwise, until it is asked so that this difference makes none."""
    asked, allowed = SHOWN[difference]
    assert ours(_engine, asked) is allowed
    assert oracle(asked) is not allowed
    assert oracle(difference(asked)) is allowed
    assert any(oracle(each) for each in retold(asked)) is allowed

"""Questions of who may do what, drawn at random, and how each is put to ours and to the oracle."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, NamedTuple

from hypothesis import strategies as st

from pytest_kmsimport.engine.authorization.principals import Account, ControlPolicy, Kind, Principal, role_session
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine

from ..support.key_policies import document, root

HOME, OTHER, REGION = "123456789012", "999988887777", "us-east-1"
ROLE, FOREIGN_ROLE = (f"arn:aws:iam::{account}:role/Importer" for account in (HOME, OTHER))
ALICE, EVE = f"arn:aws:iam::{HOME}:user/Alice", f"arn:aws:iam::{OTHER}:user/Eve"
BOB = f"arn:aws:sts::{HOME}:federated-user/Bob"
SESSION, FOREIGN_SESSION = (role_session(role, "ceremony") for role in (ROLE, FOREIGN_ROLE))
SERVICE = "events.amazonaws.com"
ALIAS, TAGS = "alias/ceremony", {"team": "payments"}
NOW, SOURCE_IP = datetime(2026, 1, 1, tzinfo=timezone.utc), "203.0.113.7"

Json = dict[str, Any]
Statements = Sequence[Json]


class Asked(NamedTuple):
    """A call: its operation and members, what AWS's documents say that conditions see of it, and from where it works.

    ``context`` is what the call has beside what every call has; written by hand, by the table of condition keys.
    """

    operation: str
    members: Mapping[str, Any]
    context: Mapping[str, str | list[str]]
    across_accounts: bool = False
    by_alias: bool = False


_CONTEXT = {"tenant": "T1", "Purpose": "backup"}
_OF_CONTEXT = {
    "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    "kms:EncryptionContext:tenant": "T1",
    "kms:EncryptionContext:Purpose": "backup",
    "kms:EncryptionContextKeys": ["tenant", "Purpose"],
}
CALLS = (
    Asked(
        "GetParametersForImport",
        {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"},
        {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256", "kms:WrappingKeySpec": "RSA_4096"},
    ),
    Asked(
        "ImportKeyMaterial",
        {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": datetime(2026, 2, 1, tzinfo=timezone.utc)},
        {"kms:ExpirationModel": "KEY_MATERIAL_EXPIRES", "kms:ValidTo": "1769904000.0"},
    ),
    Asked("ImportKeyMaterial", {}, {}),
    Asked("DeleteImportedKeyMaterial", {}, {}),
    Asked("Encrypt", {"EncryptionContext": _CONTEXT}, _OF_CONTEXT, across_accounts=True),
    Asked("Encrypt", {}, {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}, across_accounts=True),
    Asked("DescribeKey", {}, {"kms:RequestAlias": ALIAS}, across_accounts=True, by_alias=True),
    Asked("DescribeKey", {}, {}, across_accounts=True),
    Asked(
        "CreateGrant",
        {"GranteePrincipal": ALICE, "Operations": ["Encrypt", "Decrypt"]},
        {"kms:GranteePrincipal": ALICE, "kms:GrantOperations": ["Encrypt", "Decrypt"]}
        | {"kms:GrantIsForAWSResource": "false"},
        across_accounts=True,
    ),
    Asked("EnableKeyRotation", {"RotationPeriodInDays": 180}, {"kms:RotationPeriodInDays": "180"}),
    Asked(
        "TagResource",
        {"Tags": [{"TagKey": "team", "TagValue": "payments"}, {"TagKey": "cost", "TagValue": "7"}]},
        {"aws:RequestTag/team": "payments", "aws:RequestTag/cost": "7", "aws:TagKeys": ["team", "cost"]},
    ),
    Asked(
        "ScheduleKeyDeletion",
        {"PendingWindowInDays": 7},
        {"kms:ScheduleKeyDeletionPendingWindowInDays": "7", "kms:TrailingDaysWithoutKeyUsage": "0"},
    ),
)


@dataclass(frozen=True)
class Case:
    """A question: policies of every type, who calls, and what; None where there is no policy of a type."""

    principal: Principal
    asked: Asked
    key_policy: Statements
    identity: Statements = ()
    boundary: Statements | None = None
    session: Statements | None = None
    service_control: Statements | None = None
    resource_control: Statements | None = None
    key_arn: str = ""

    def fit(self) -> Case:
        """Without the policies that nobody attaches to somebody like this."""
        kind = self.principal.kind
        return replace(
            self,
            identity=self.identity if kind in {Kind.USER, Kind.SESSION, Kind.FEDERATED} else (),
            boundary=self.boundary if kind in {Kind.USER, Kind.SESSION} else None,
            session=self.session if kind in {Kind.SESSION, Kind.FEDERATED} else None,
        )

    @property
    def is_at_home(self) -> bool:
        """Whether the caller is of the KMS key's account."""
        return self.principal.account == HOME


def ours(engine: Engine, case: Case) -> bool:
    """What the engine decides."""
    arranging = Caller(HOME, arranges=True)
    put = {"KeyId": case.key_arn, "Policy": document(*case.key_policy), "BypassPolicyLockoutSafetyCheck": True}
    engine(Call("PutKeyPolicy", REGION, arranging, put))
    controls = [
        () if statements is None else (ControlPolicy("arn:aws:organizations::1:policy/p", document(*statements)),)
        for statements in (case.service_control, case.resource_control)
    ]
    for account in (HOME, OTHER):
        engine.govern(account, Account(*controls))
    principal = replace(
        case.principal,
        policies=(document(*case.identity),) if case.identity else (),
        boundary=None if case.boundary is None else document(*case.boundary),
        session_policies=() if case.session is None else (document(*case.session),),
    )
    caller = Caller(principal.account, "", principal)
    members = {"KeyId": _identifier(case), **case.asked.members}
    return all(one.allowed for one in engine.can(Call(case.asked.operation, REGION, caller, members)))


def _identifier(case: Case) -> str:
    return f"arn:aws:kms:{REGION}:{HOME}:{ALIAS}" if case.asked.by_alias else case.key_arn


def question(case: Case) -> Json:
    """The same, as the oracle takes it."""
    asked = {
        "request": {
            "principal": case.principal.arn,
            "action": f"kms:{case.asked.operation}",
            "resource": {"resource": case.key_arn, "accountId": HOME},
            "contextVariables": context_of(case),
        },
        "identityPolicies": _named(case.identity) if case.identity else [],
        "permissionBoundaryPolicies": None if case.boundary is None else _named(case.boundary),
        "sessionPolicy": None if case.session is None else _document(case.session),
        "serviceControlPolicies": _control(case.service_control),
        "resourceControlPolicies": _control(case.resource_control),
        "resourcePolicy": _document(case.key_policy),
    }
    return {name: value for name, value in asked.items() if value is not None}


def _document(statements: Statements) -> Json:
    return json.loads(document(*statements))


def _named(statements: Statements) -> list[Json]:
    return [{"name": "policy", "policy": _document(statements)}]


def _control(statements: Statements | None) -> list[Json]:
    return [] if statements is None else [{"orgIdentifier": "o-1", "policies": _named(statements)}]


def context_of(case: Case) -> dict[str, str | list[str]]:
    """What conditions see of a call, by AWS's documents."""
    who, is_service = case.principal, case.principal.kind is Kind.SERVICE
    principal: dict[str, str | list[str]] = {
        "aws:PrincipalArn": who.role or who.arn,
        "aws:PrincipalAccount": who.account,
        "aws:PrincipalType": who.kind.value,
        **{f"aws:PrincipalTag/{name}": value for name, value in who.tags.items()},
    }
    if who.kind is Kind.USER:
        principal["aws:username"] = who.arn.rpartition("/")[2]
    if is_service:
        principal = {"aws:PrincipalServiceName": who.arn}
    on_behalf = {"kms:GrantIsForAWSResource": "true"} if is_service and case.asked.operation == "CreateGrant" else {}
    return {
        "kms:CallerAccount": who.account,
        "kms:KeySpec": "SYMMETRIC_DEFAULT",
        "kms:KeyUsage": "ENCRYPT_DECRYPT",
        "kms:KeyOrigin": "EXTERNAL",
        "kms:MultiRegion": "false",
        "kms:ResourceAliases": [ALIAS],
        **{f"aws:ResourceTag/{name}": value for name, value in TAGS.items()},
        "aws:RequestedRegion": REGION,
        "aws:SecureTransport": "true",
        "aws:SourceIp": SOURCE_IP,
        "aws:CurrentTime": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(NOW.timestamp())),
        "aws:PrincipalIsAWSService": str(is_service).lower(),
        "aws:ViaAWSService": "false",
        **principal,
        **case.asked.context,
        **on_behalf,
    }


# Drawing

EVERYTHING: Json = {"Effect": "Allow", "Action": "*", "Resource": "*"}

_STRINGS = ("StringEquals", "StringLike", "StringEqualsIgnoreCase")
_STRINGS += tuple(name.replace("String", "StringNot") for name in _STRINGS)
_NUMBERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_NUMERIC, _DATES = ([f"{kind}{name}" for name in _NUMBERS] for kind in ("Numeric", "Date"))
_ARNS = ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
_ALGORITHMS = ("RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1", "RSAES_*", "rsaes_oaep_sha_256", "SYMMETRIC_?EFAULT")
_WORDS = ("payments", "PAYMENTS", "pay*", "T1", "t?", "backup", "*", "${aws:username}", "${aws:PrincipalTag/team}")
_WORDS += ("${aws:PrincipalTag/none, 'payments'}", "x-${aws:PrincipalTag/none}", "${*}", "")
_ARN_VALUES = (ALICE, ROLE, "arn:aws:iam::*:role/*", "arn:*:iam::${aws:PrincipalAccount}:user/*", BOB, "arn:aws:*")
_DAYS = ("7", "180", "365", "0", "1769904000", "1769904000.0", "1767225600")
_TIMES = ("2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-02", "1767225600")

#: Condition key -> operators for it, values to ask for. In a key policy those of ``_IN_IAM_ALONE`` may not stand.
_SINGLE: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "kms:WrappingAlgorithm": (_STRINGS, _ALGORITHMS),
    "KMS:wrappingkeyspec": (_STRINGS, ("RSA_4096", "RSA_2048", "RSA_*")),
    "kms:ExpirationModel": (_STRINGS, ("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE")),
    "kms:ValidTo": (_NUMERIC, _DAYS),
    "kms:RotationPeriodInDays": (_NUMERIC, _DAYS),
    "kms:ScheduleKeyDeletionPendingWindowInDays": (_NUMERIC, _DAYS),
    "kms:TrailingDaysWithoutKeyUsage": (_NUMERIC, _DAYS),
    "kms:EncryptionAlgorithm": (_STRINGS, _ALGORITHMS),
    "kms:EncryptionContext:tenant": (_STRINGS, _WORDS),
    "kms:EncryptionContext:purpose": (_STRINGS, _WORDS),
    "kms:EncryptionContext:none": (_STRINGS, _WORDS),
    "kms:RequestAlias": (_STRINGS, (ALIAS, "alias/*", "alias/x")),
    "kms:GranteePrincipal": (_STRINGS, (ALICE, "arn:aws:iam::*")),
    "kms:GrantIsForAWSResource": (("Bool",), ("true", "false")),
    "kms:CallerAccount": (_STRINGS, (HOME, OTHER, "${aws:PrincipalAccount}")),
    "kms:KeyOrigin": (_STRINGS, ("EXTERNAL", "AWS_KMS")),
    "kms:MultiRegion": (("Bool",), ("true", "false")),
    "kms:MultiRegionKeyType": (_STRINGS, ("PRIMARY", "REPLICA")),
    "kms:ViaService": (_STRINGS, ("s3.us-east-1.amazonaws.com", "*")),
    "aws:RequestTag/team": (_STRINGS, _WORDS),
    "aws:ResourceTag/team": (_STRINGS, _WORDS),
    "aws:PrincipalArn": (_ARNS, _ARN_VALUES),
    "aws:PrincipalAccount": (_STRINGS, (HOME, OTHER)),
    "aws:PrincipalTag/team": (_STRINGS, _WORDS),
    "aws:PrincipalTag/none": (_STRINGS, _WORDS),
    "aws:PrincipalType": (_STRINGS, ("User", "AssumedRole", "Account")),
    "aws:PrincipalIsAWSService": (("Bool",), ("true", "false")),
    "aws:username": (_STRINGS, ("Alice", "alice", "A*")),
    "aws:RequestedRegion": (_STRINGS, (REGION, "eu-*")),
    "aws:SecureTransport": (("Bool",), ("true", "false")),
    "aws:SourceIp": (("IpAddress", "NotIpAddress"), ("203.0.113.0/24", "203.0.113.7", "10.0.0.0/8", "2001:db8::/32")),
    "aws:CurrentTime": (_DATES, _TIMES),
    "aws:EpochTime": (_NUMERIC, _DAYS),
}
_MULTIPLE: Mapping[str, Sequence[str]] = {
    "kms:EncryptionContextKeys": ("tenant", "Purpose", "purpose", "t*", "x"),
    "kms:GrantOperations": ("Encrypt", "Decrypt", "*crypt", "CreateGrant"),
    "aws:TagKeys": ("team", "cost", "Team", "x"),
    "kms:ResourceAliases": (ALIAS, "alias/*", "alias/x"),
}
_IN_IAM_ALONE = ("aws:ResourceTag", "kms:ResourceAliases")
_ACTIONS = (
    "kms:*",
    "kms:*",
    "kms:*",
    "kms:*",
    "*",
    "kms:Encrypt",
    "KMS:*key*",
    "kms:Get*",
    "kms:Import?eyMaterial",
    "kms:DescribeKey",
)
_ACTIONS += ("kms:CreateGrant", "kms:Enable*", "kms:TagResource", "s3:*")
_NAMED = (root(HOME), HOME, root(OTHER), ALICE, ROLE, SESSION, BOB, EVE, FOREIGN_ROLE, "*")


@st.composite
def _conditions(draw: st.DrawFn, *, in_iam: bool) -> Json:
    keys = [
        key for key in (*_SINGLE, *_MULTIPLE, *_MULTIPLE, *_MULTIPLE) if in_iam or not key.startswith(_IN_IAM_ALONE)
    ]
    conditions: Json = {}
    for key in draw(st.lists(st.sampled_from(keys), max_size=2, unique=True)):
        operators, values = _SINGLE[key] if key in _SINGLE else (_STRINGS, _MULTIPLE[key])
        operator = draw(st.sampled_from(operators))
        if key in _MULTIPLE:
            operator = f"{draw(st.sampled_from(['ForAllValues', 'ForAnyValue']))}:{operator}"
        operator += draw(st.sampled_from(["", "", "IfExists"]))
        wanted: Any = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))
        if draw(st.integers(0, 7)) == 0:
            operator, wanted = "Null", draw(st.sampled_from(["true", "false"]))
        conditions.setdefault(operator, {})[key] = wanted
    return conditions


@st.composite
def _statement(draw: st.DrawFn, resources: Sequence[str], *, effects: Sequence[str]) -> Json:
    actions = draw(st.lists(st.sampled_from(_ACTIONS), min_size=1, max_size=3, unique_by=str.lower))
    named = draw(st.lists(st.sampled_from(resources), min_size=1, max_size=2, unique=True))
    statement = {"Effect": draw(st.sampled_from(effects)), "Resource": named}
    statement["NotAction" if draw(st.integers(0, 5)) == 0 else "Action"] = actions
    if "*" not in named and draw(st.booleans()):
        statement["NotResource"] = statement.pop("Resource")
    conditions = draw(_conditions(in_iam=len(resources) > 1))
    return {**statement, **({"Condition": conditions} if conditions else {})}


@st.composite
def _of_key(draw: st.DrawFn) -> Json:
    """A statement of a key policy, or of a resource control policy if it denies something to everybody."""
    statement = draw(_statement(("*",), effects=("Allow", "Allow", "Allow", "Deny")))
    named = draw(st.lists(st.sampled_from(_NAMED), min_size=1, max_size=3, unique=True))
    service = {"Service": SERVICE} if draw(st.integers(0, 3)) == 0 else {}
    others = statement["Effect"] == "Deny" and "*" not in named and draw(st.booleans())
    return {**statement, "NotPrincipal" if others else "Principal": {"AWS": named, **service}}


def _several(statement: st.SearchStrategy[Json]) -> st.SearchStrategy[Statements]:
    return st.lists(statement, min_size=1, max_size=2)


def _principals(key_id: str) -> Iterator[Principal]:
    known: dict[str, Any] = {"context": {"aws:SourceIp": SOURCE_IP}}
    for arn in (ALICE, SESSION):
        yield Principal(arn, tags={"team": "payments", "key": key_id}, **known)
    for arn in (BOB, EVE, FOREIGN_SESSION, root(HOME)):
        yield Principal(arn, **known)
    yield Principal(SERVICE, HOME, **known)


def cases(key_arn: str) -> st.SearchStrategy[Case]:
    """Questions about a KMS key of the account HOME."""
    resources = ("*", "*", key_arn, f"arn:aws:kms:*:{HOME}:key/*", f"arn:aws:kms:{REGION}:{HOME}:{ALIAS}")
    resources += (f"arn:aws:kms:{REGION}:${{aws:PrincipalAccount}}:key/*", f"arn:aws:kms:*:{OTHER}:*")
    resources += ("arn:aws:kms:*:*:key/${aws:PrincipalTag/key}", "arn:aws:kms:*:*:${aws:PrincipalTag/none}*")
    in_iam = _statement(resources, effects=("Allow", "Allow", "Allow", "Deny"))
    limit = st.none() | st.none() | _several(in_iam | st.just(EVERYTHING))
    denied = _statement(("*", key_arn), effects=("Deny",)).filter(lambda s: "Action" in s and "*" not in s["Action"])
    account = {"Effect": "Allow", "Principal": {"AWS": root(HOME)}, "Action": "kms:*", "Resource": "*"}
    return (
        st.builds(
            Case,
            principal=st.sampled_from([*_principals(key_arn.rpartition("/")[2])]),
            asked=st.sampled_from(CALLS),
            key_policy=_several(_of_key() | st.just(account)),
            identity=_several(in_iam | st.just(EVERYTHING)) | st.just(()),
            boundary=limit,
            session=limit,
            service_control=limit,
            resource_control=st.none() | _several(denied.map(lambda s: {**s, "Principal": "*"})),
            key_arn=st.just(key_arn),
        )
        .filter(lambda case: case.is_at_home or case.asked.across_accounts)
        .map(Case.fit)
    )

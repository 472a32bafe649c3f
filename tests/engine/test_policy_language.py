"""The language of IAM policies: elements, wildcards, variables and condition operators, by IAM's guide."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kmsimport.engine.authorization.documents import Ask, compiled
from pytest_kmsimport.engine.authorization.operators import OPERATORS
from pytest_kmsimport.engine.authorization.patterns import wildcard

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
K = "kms:EncryptionContextKeys"


class Request(dict):
    """What is known of a request, by condition key; the case of keys does not matter."""

    def get(self, key):
        """The values of a key."""
        return next((values for name, values in self.items() if name.lower() == key.lower()), None)


def statement(**elements: object) -> dict[str, object]:
    """A statement that allows everything, with changes; None takes an element away."""
    return {k: v for k, v in {"Effect": "Allow", "Action": "*", "Resource": "*", **elements}.items() if v is not None}


def allows(
    *statements: dict[str, object],
    action: str = "kms:decrypt",
    resource: str = KEY,
    version: str = "2012-10-17",
    **known,
) -> bool:
    """Whether a policy allows, and does not deny, what is asked with ``known`` values of condition keys."""
    policy = compiled(json.dumps({"Version": version, "Statement": list(statements)}))
    ask = Ask(action, resource, Request(known.get("context", {})))
    return policy.permission(ask) is not None and policy.denial(ask, Nobody()) is None


class Nobody:
    """A principal without names, for statements that name none."""

    names: dict[str, int] = {}  # noqa: RUF012  is not changed


def holds(operator: str, wanted: object, *found: str, **context: tuple[str, ...]) -> bool:
    """Whether a condition holds for the values that a request has; without any, the key is absent."""
    known = {**({K: found} if found else {}), **{name.replace("_", ":", 1): value for name, value in context.items()}}
    return allows(statement(Condition={operator: {K.upper(): wanted}}), context=known)


# Operators

MATCHING = [
    ("StringEquals", "IT", "IT", "it"),
    ("StringEquals", "*", "*", "x"),
    ("StringEqualsIgnoreCase", "It", "iT", "I"),
    ("StringLike", "a*c?", "abbcd", "abbc"),
    ("StringLike", "[ab]", "[ab]", "a"),
    ("StringLike", "a.c", "a.c", "abc"),
    ("NumericEquals", "1546257599.0", "1546257599", "1546257598"),
    ("NumericLessThan", "100", "99", "100"),
    ("NumericLessThanEquals", 100, "100", "100.5"),
    ("NumericGreaterThan", "100", "180", "100"),
    ("NumericGreaterThanEquals", "100", "100", "9"),
    ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", "2026-01-01T00:00:01Z"),
    ("DateLessThan", "2026-01-02", "2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z"),
    ("DateLessThanEquals", "2026-01-02T01:00:00+01:00", "2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z"),
    ("DateGreaterThan", "1767225600", "2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z"),
    ("DateGreaterThanEquals", "2026-01-01", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"),
    ("Bool", "true", "True", "false"),
    ("Bool", True, "true", "false"),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", "QmluYXJ6"),
    ("IpAddress", "203.0.113.0/24", "203.0.113.7", "203.0.114.7"),
    ("IpAddress", "203.0.113.7/24", "203.0.113.9", "203.0.1.9"),
    ("IpAddress", "2001:db8::/32", "2001:db8::1", "203.0.113.7"),
    ("ArnEquals", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/a/b", "arn:aws:iam::1:role/a"),
    ("ArnLike", "arn:*:iam::*:user/A?", "arn:aws-cn:iam::1:user/Al", "arn:aws:iam::1:user/Bo"),
]
NEGATED = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}


@pytest.mark.parametrize(("operator", "wanted", "match", "other"), MATCHING, ids=str)
def test_operators(operator, wanted, match, other):
    """Each tells the value that it asks for from another one; its negation does the opposite."""
    for name in (operator, operator.lower(), f"{operator}IfExists"):
        assert (holds(name, wanted, match), holds(name, wanted, other)) == (True, False)
    if operator in NEGATED:
        assert (holds(NEGATED[operator], wanted, match), holds(NEGATED[operator], wanted, other)) == (False, True)


def test_every_operator_is_tried():
    """None of IAM's operators is missing above."""
    tried = {row[0] for row in MATCHING}
    assert {operator.name for operator in OPERATORS.values()} == {*tried, *NEGATED.values(), "Null"}


@pytest.mark.parametrize("operator", sorted({row[0] for row in MATCHING}))
def test_a_key_that_is_absent(operator):
    """It matches nothing, so that a negation holds; with IfExists nothing is asked of it."""
    wanted = next(row[1] for row in MATCHING if row[0] == operator)
    assert (holds(operator, wanted), holds(f"{operator}IfExists", wanted)) == (False, True)
    if operator in NEGATED:
        assert holds(NEGATED[operator], wanted)


@pytest.mark.parametrize("operator", ["NumericEquals", "NumericLessThan", "DateEquals", "Bool", "IpAddress"])
def test_what_cannot_be_read_matches_nothing(operator):
    """Neither in a policy nor in a request."""
    assert not holds(operator, "x", "1")
    assert not holds(operator, next(row[1] for row in MATCHING if row[0] == operator), "x")


@pytest.mark.parametrize(("wanted", "found", "expected"), [
    ("true", (), True), ("true", ("a",), False), ("false", (), False), ("false", ("a",), True), (False, ("a",), True),
])  # fmt: skip
def test_null(wanted, found, expected):
    """Asks whether the key is absent."""
    assert holds("Null", wanted, *found) is expected


def test_one_of_several_values_is_enough():
    """And for a negation, none of them may match."""
    assert holds("StringEquals", ["a", "b"], "b")
    assert not holds("StringNotEquals", ["a", "b"], "b")
    assert holds("StringNotEquals", ["a", "b"], "c")


@pytest.mark.parametrize(("found", "all_of", "any_of", "none_of", "not_all_of"), [
    ((), True, False, True, False),
    (("a",), True, True, False, False),
    (("a", "b"), True, True, False, False),
    (("a", "x"), False, True, False, True),
    (("x", "y"), False, False, True, True),
])  # fmt: skip
def test_set_operators(found, all_of, any_of, none_of, not_all_of):
    """ForAllValues holds where there is no value at all, ForAnyValue does not."""
    wanted = ["a", "b"]
    assert holds("ForAllValues:StringEquals", wanted, *found) is all_of
    assert holds("ForAnyValue:StringEquals", wanted, *found) is any_of
    assert holds("forallvalues:stringnotequals", wanted, *found) is none_of
    assert holds("ForAnyValue:StringNotEquals", wanted, *found) is not_all_of


def test_set_operators_with_if_exists():
    """Nothing is asked of a key that is absent, whichever they are."""
    for operator in ("ForAnyValue:StringEqualsIfExists", "ForAllValues:StringNotEqualsIfExists"):
        assert holds(operator, "a")
    assert not holds("ForAnyValue:StringEqualsIfExists", "a", "b")


values = st.lists(st.sampled_from("abcd*"), max_size=4)


@given(st.sampled_from(sorted(NEGATED)[4:]), values.filter(bool), values)
def test_for_any_is_not_for_all_not(operator, wanted, found):
    """Each set operator is the other one of the negation, negated."""
    some = holds(f"ForAnyValue:{operator}", wanted, *found)
    assert some is not holds(f"ForAllValues:{NEGATED[operator]}", wanted, *found)


def test_all_conditions_have_to_hold():
    """Of all operators and all keys."""
    context = {K: ("a",), "kms:ViaService": ("x",)}
    for via, expected in (("x", True), ("y", False)):
        both = {"StringEquals": {K: "a", "kms:ViaService": via}}
        apart = {"StringEquals": {K: "a"}, "StringLike": {"kms:ViaService": via}}
        assert allows(statement(Condition=both), context=context) is expected
        assert allows(statement(Condition=apart), context=context) is expected


# Wildcards and variables


def stands_for(pattern: str, text: str) -> bool:
    """Whether a pattern stands for a text, sign by sign."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(stands_for(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and stands_for(pattern[1:], text[1:])


@given(st.text("ab*?[]!.", max_size=6), st.text("ab[]!.\n", max_size=6))
def test_wildcards(pattern, text):
    """One is for any signs, one for a single sign, and brackets stand for themselves."""
    assert wildcard(pattern)(text) is stands_for(pattern, text)
    assert holds("StringLike", f"${{star}}{pattern}", f"*{text}", star=("*",)) is stands_for(pattern, text)


def test_many_wildcards_take_no_time():
    """A text is not tried in all the ways in which it might be one."""
    assert not wildcard("*a" * 20 + "b")("a" * 500)
    assert not holds("StringLike", "${star}" + "*a" * 20 + "b", "*" + "a" * 500, star=("*",))


@pytest.mark.parametrize(("wanted", "found", "expected"), [
    ("${aws:username}", "alice", True),
    ("${AWS:UserName}", "bob", False),
    ("home-${aws:username}-x", "home-alice-x", True),
    ("${aws:PrincipalTag/team, 'none'}", "none", True),
    ("${aws:PrincipalTag/team}", "", False),
    ("${*}${?}${$}", "*?$", True),
    ("${star}", "*", True),
])  # fmt: skip
def test_variables_in_texts(wanted, found, expected):
    """They stand for the one value of their key, or their default."""
    known = {"aws_username": ("alice",), "star": ("*",)}
    assert holds("StringEquals", wanted, found, **known) is expected


def test_the_value_of_a_variable_is_no_pattern():
    """Neither is a wildcard that is written as one."""
    known = {"aws_username": ("a*",)}
    assert holds("StringLike", "${aws:username}/*", "a*/x", **known)
    assert not holds("StringLike", "${aws:username}/*", "ab/x", **known)
    assert not holds("StringLike", "${*}", "x", **known)
    assert holds("StringLike", "${aws:username}", "a*", aws_username=("a*",))


def test_a_variable_of_several_values_stands_for_none():
    """There is no telling which."""
    assert not holds("StringEquals", "${aws:username}", "a", aws_username=("a", "b"))


def test_a_variable_without_a_value():
    """It is no text at all, not even an empty one."""
    assert not holds("StringEquals", "${aws:username}", "")
    assert not holds("StringLike", "*${aws:username}", "a")
    assert holds("StringNotEquals", "${aws:username}", "a")


def test_old_documents_have_no_variables():
    """In Version 2008-10-17 they are texts."""
    asked = statement(Condition={"StringEquals": {K: "${aws:username}"}})
    context = {K: ("${aws:username}",), "aws:username": ("alice",)}
    assert allows(asked, version="2008-10-17", context=context)
    assert not allows(asked, context=context)


# Elements


@pytest.mark.parametrize(("element", "written", "expected"), [
    ("Action", "kms:Decrypt", True), ("Action", "KMS:dec*", True), ("Action", "kms:De?rypt", True),
    ("Action", ["kms:Encrypt", "kms:Re*"], False), ("Action", "s3:*", False), ("Action", "kms", False),
    ("NotAction", "kms:Decrypt", False), ("NotAction", ["kms:Encrypt"], True),
])  # fmt: skip
def test_actions(element, written, expected):
    """Their case does not matter; NotAction is all others."""
    assert allows(statement(**{"Action": None, element: written})) is expected


@pytest.mark.parametrize(("element", "written", "expected"), [
    ("Resource", KEY, True), ("Resource", KEY.upper(), False), ("Resource", "arn:aws:kms:*:111122223333:key/*", True),
    ("Resource", "arn:aws:kms:us-east-1:*:alias/*", False), ("Resource", "arn:aws:kms:*", True),
    ("Resource", "arn:aws:kms:*:key/*", True), ("Resource", "arn:aws:kms:*:*:key/mrk-*", False),
    ("Resource", ["x", "*"], True), ("NotResource", KEY, False), ("NotResource", "arn:aws:s3:::*", True),
    ("Resource", "arn:aws:kms:us-east-1:111122223333:${aws:PrincipalTag/kind}/*", True),
    ("Resource", "arn:aws:kms:us-east-1:111122223333:${aws:username}/*", False),
    ("Resource", "arn:aws:kms:us-east-1:${aws:PrincipalAccount}:key/*", False),
])  # fmt: skip
def test_resources(element, written, expected):
    """A wildcard may go on beyond its part, a variable stand in the last one; NotResource is all others."""
    context = {"aws:PrincipalAccount": ("111122223333",), "aws:PrincipalTag/kind": ("key",)}
    assert allows(statement(**{"Resource": None, element: written}), context=context) is expected


@pytest.mark.parametrize(("written", "expected"), [("*", True), ("arn:aws:kms:*:*:*", False), (["x", "*"], True)])
def test_what_is_about_nothing_in_particular(written, expected):
    """Such as CreateKey: only ``*`` means it."""
    assert allows(statement(Resource=written), resource="*") is expected


def test_a_single_statement_needs_no_list():
    """A document may have the statement itself."""
    policy = compiled(json.dumps({"Version": "2012-10-17", "Statement": statement()}))
    assert policy.permission(Ask("kms:decrypt", KEY, Request())) is not None


some_statement = st.builds(
    statement,
    Effect=st.sampled_from(["Allow", "Deny"]),
    Action=st.sampled_from(["*", "kms:*", "kms:Decrypt", "kms:Encrypt"]),
    Resource=st.sampled_from(["*", KEY, "arn:aws:kms:*:*:alias/*"]),
    Condition=st.sampled_from([{}, {"StringEquals": {K: "a"}}, {"Null": {K: "true"}}, {"StringNotLike": {K: "b*"}}]),
)
contexts = st.sampled_from([{}, {K: ("a",)}, {K: ("b", "a")}])


@given(st.lists(some_statement, min_size=1, max_size=5), some_statement, contexts, st.randoms())
def test_a_policy_only_grows_by_allow_and_shrinks_by_deny(statements, another, context, random):
    """One more Allow takes nothing away, one more Deny gives nothing; and the order does not matter."""
    before, after = allows(*statements, context=context), allows(*statements, another, context=context)
    assert after is before or after is (another["Effect"] == "Allow")
    shuffled = random.sample([*statements, another], len(statements) + 1)
    assert allows(*shuffled, context=context) is after


@given(st.lists(some_statement, max_size=5), contexts)
def test_an_explicit_deny_wins(statements, context):
    """Whatever else is there."""
    assert not allows(statement(Effect="Deny"), *statements, context=context)
    assert not allows(*statements, statement(Effect="Deny", Action="kms:DECRYPT"), context=context)

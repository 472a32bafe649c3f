"""Why it was decided so, in words for the tester: which statement did it, or what each that came near was lacking."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import NotOffered
from .context import Situation
from .decision import Attached, Source, Verdict, attached_policies
from .documents import Ask, Condition, Policy, Statement
from .grants import near_misses
from .operators import NULL

_NAMES = {
    Source.KEY: "the key policy",
    Source.IDENTITY: "the identity-based policy",
    Source.BOUNDARY: "the permissions boundary",
    Source.SESSION: "the session policy",
    Source.SERVICE_CONTROL: "the service control policy",
    Source.RESOURCE_CONTROL: "the resource control policy",
}


def reason_of(asked: Situation, ask: Ask, key_policy: Policy | None, verdict: Verdict) -> str:
    """What decided; where nothing allows, for each policy why not."""
    if verdict.allowed:
        if verdict.statement is None and not verdict.grant:
            return "IAM does not limit it."
        allowing = verdict.grant or _place(verdict)
        if verdict.by_iam is not None:
            return f"{allowing} lets IAM decide, and {verdict.by_iam.name} of {_NAMES[Source.IDENTITY]} allows it."
        return f"{allowing} allows it."
    if verdict.explicit:
        assert verdict.statement is not None
        return f"{_place(verdict)} denies it{_met(verdict.statement, ask)}."
    assert verdict.source is not None
    lines = [f"no {verdict.source.value} allows it"]
    for attached in attached_policies(asked, key_policy):
        lines += _of_policy(asked, ask, attached)
    if key_policy is not None:
        lines += near_misses(asked)
    return "; ".join(lines) + "."


def _place(verdict: Verdict) -> str:
    assert verdict.statement is not None
    assert verdict.source is not None
    return f"{verdict.statement.name} of {_NAMES[verdict.source]}{f' {verdict.arn}' if verdict.arn else ''}"


def _of_policy(asked: Situation, ask: Ask, attached: Attached) -> Iterator[str]:
    """What each statement that allows the action is lacking; of a policy with none, that it has none."""
    name = _NAMES[attached.source]
    if attached.source is Source.RESOURCE_CONTROL:
        return
    about = [s for s in attached.policy.statements if s.allows and s.actions.cover(ask.action, ask.context)]
    if not about:
        yield f"no statement of {name} allows kms:{asked.action}"
    for statement in about:
        lacking = _lacking(asked, ask, statement)
        if lacking:
            yield f"Allow {asked.action} in {statement.name} of {name} {lacking}"


def _lacking(asked: Situation, ask: Ask, statement: Statement) -> str:
    """Why a statement about the action does not allow it; empty where it does."""
    if not statement.is_about(asked.principal):
        assert statement.principals is not None
        others = "all but " if statement.principals.others else ""
        return f"is for {others}{', '.join(sorted(statement.principals.named))}"
    if not statement.resources.cover(ask.resource, ask.context):
        others = "all but " if statement.resources.others else ""
        return f"is for {others}{', '.join(statement.resources.written)}"
    return next(filter(None, (_unmet(condition, ask) for condition in statement.conditions)), "")


def _unmet(condition: Condition, ask: Ask) -> str:
    """What a condition needs and the call has not; empty where it holds."""
    try:
        if condition.holds(ask.context):
            return ""
    except NotOffered:  # nothing depends on it, or the call would have failed for it
        return f"needs {_wanted(condition)}; nobody here knows what the call had"
    return f"needs {_wanted(condition)}; the call had {_found(condition, ask)}"


def _met(statement: Statement, ask: Ask) -> str:
    """The conditions of a Deny, which the call has met."""
    met = (f"{_wanted(condition)}: the call had {_found(condition, ask)}" for condition in statement.conditions)
    return "".join(f", with {one}" for one in met)


def _wanted(condition: Condition) -> str:
    if condition.operator is NULL:
        return f"no {condition.key}" if "true" in map(str.lower, condition.wanted) else f"a {condition.key}"
    name = condition.operator.name + ("IfExists" if condition.if_exists else "")
    if condition.quantifier:
        quantifier = "ForAllValues" if condition.quantifier == "forallvalues" else "ForAnyValue"
        name = f"{quantifier}:{name}"
    plain = name == "StringEquals"
    return f"{condition.key} {'' if plain else f'{name} '}{' or '.join(condition.wanted)}"


def _found(condition: Condition, ask: Ask) -> str:
    return ", ".join(ask.context.get(condition.key) or ("none",))

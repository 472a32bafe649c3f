"""Why it was decided so, in words for the tester: which statement did it, or what each that came near was lacking."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import NotOffered
from .context import Situation
from .decision import Attached, Source, Verdict, attached_policies
from .denial import Denial, NearMiss
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


def reason_of(asked: Situation, ask: Ask, key_policy: Policy | None, verdict: Verdict) -> tuple[str, Denial | None]:
    """What decided, and of a refusal what it comes to; where nothing allows, for each policy why not."""
    if verdict.allowed:
        if verdict.statement is None and not verdict.grant:
            return "IAM does not limit it.", None
        allowing = verdict.grant or _place(verdict)
        if verdict.by_iam is not None:
            by_iam = f"{verdict.by_iam.name} of {_NAMES[Source.IDENTITY]}"
            return f"{allowing} lets IAM decide, and {by_iam} allows it.", None
        return f"{allowing} allows it.", None
    if verdict.explicit:
        assert verdict.statement is not None
        return f"{_place(verdict)} denies it{_met(verdict.statement, ask)}.", Denial.EXPLICIT
    assert verdict.source is not None
    misses = [miss for attached in attached_policies(asked, key_policy) for miss in _of_policy(asked, ask, attached)]
    if key_policy is not None:
        misses += near_misses(asked)
    near = {miss.denial for miss in misses}
    denial = next((one for one in (Denial.NOT_SPREAD, Denial.CONDITION_UNMET) if one in near), Denial.NO_STATEMENT)
    return "; ".join([f"no {verdict.source.value} allows it", *(miss.text for miss in misses)]) + ".", denial


def _place(verdict: Verdict) -> str:
    assert verdict.statement is not None
    assert verdict.source is not None
    return f"{verdict.statement.name} of {_NAMES[verdict.source]}{f' {verdict.arn}' if verdict.arn else ''}"


def _of_policy(asked: Situation, ask: Ask, attached: Attached) -> Iterator[NearMiss]:
    """What each statement that allows the action is lacking; of a policy with none, that it has none."""
    name = _NAMES[attached.source]
    if attached.source is Source.RESOURCE_CONTROL:
        return
    about = [s for s in attached.policy.statements if s.allows and s.actions.cover(ask.action, ask.context)]
    if not about:
        yield NearMiss(f"no statement of {name} allows kms:{asked.action}")
    for statement in about:
        place = f"Allow {asked.action} in {statement.name} of {name}"
        if is_for := _whom_or_what(asked, ask, statement):
            yield NearMiss(f"{place} {is_for}")
        elif unmet := next(filter(None, (_unmet(condition, ask) for condition in statement.conditions)), ""):
            yield NearMiss(f"{place} {unmet}", Denial.CONDITION_UNMET)


def _whom_or_what(asked: Situation, ask: Ask, statement: Statement) -> str:
    """Whom or what a statement about the action is for, where that is somebody or something else."""
    if not statement.is_about(asked.principal):
        assert statement.principals is not None
        others = "all but " if statement.principals.others else ""
        return f"is for {others}{', '.join(sorted(statement.principals.named))}"
    if not statement.resources.cover(ask.resource, ask.context):
        others = "all but " if statement.resources.others else ""
        return f"is for {others}{', '.join(statement.resources.written)}"
    return ""


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

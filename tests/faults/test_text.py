"""Faults as text: what can be said, what is refused, and that nothing is ever evaluated."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies

from pytest_kmsimport import faults
from pytest_kmsimport.faults import AnswerLost, ConnectionClosed, ReadTimeout, Refusal, Slow, meanwhile, parse
from pytest_kmsimport.faults._catalogue import everything
from pytest_kmsimport.faults._text import _vocabulary, parse_plan

from ..support.prepared import OFFERED

CATALOGUE = {fault.id: fault for operation in OFFERED for fault in everything(operation)}
MORE = [
    Slow(0.25, really=True),
    Refusal("ThrottlingException", message='it\'s "too" much\n\\', status=429),
    meanwhile(faults.expire_material),
    meanwhile(faults.disable_key, after=True),
    AnswerLost(Refusal("InternalFailure")),
    AnswerLost(faults.EmptyAnswer(500)),
]


@pytest.mark.parametrize("fault", [*CATALOGUE.values(), *MORE], ids=repr)
def test_a_fault_is_what_its_repr_says(fault):
    """Every fault of the catalogue, and those that take more, come back equal from their own repr."""
    assert parse(repr(fault)) == fault


@pytest.mark.parametrize("steps", [[ReadTimeout(), None], (None, Slow(5), ReadTimeout())], ids=repr)
def test_a_sequence_is_what_its_repr_says(steps):
    """In whatever brackets."""
    assert parse(repr(steps)) == list(steps)


def test_every_public_fault_and_action_has_its_name():
    """Whatever is a fault or an action is understood; helpers of tests are not."""
    helpers = {"CEREMONY", "KINDS", "Case", "Expectation", "Fault", "catalogue", "parse"}
    assert set(_vocabulary()) == set(faults.__all__) - helpers


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("", "is not written as in Python; write a fault such as AnswerLost(ConnectionClosed())."),
        ("Slow(5", "is not written as in Python"),
        ("Slow(5)\0", "is not written as in Python"),
        ("Slow(5)\ud800", "is not written as in Python"),
        ("Encrypt: Slow(5)", "is not written as in Python"),
        ("x = Slow(5)", "is not written as in Python"),
        ("-" * 1990 + "1", "is not written as in Python"),
        ("Slow(5)" + " " * 2000, "A fault of 2007 characters; write at most 2000"),
        ("ReadTimeot()", "Did you mean ReadTimeout?"),
        ("Meanwhile(disable_key)", "Did you mean meanwhile?"),
        ("meanwhile(disable_keys)", "Did you mean disable_key?"),
        ("ThrottlingException()", 'Did you mean Refusal("ThrottlingException")?'),
        ("ThrottlingException", 'Did you mean Refusal("ThrottlingException")?'),
        ("Refusal('Throttling')", "AWS KMS has no error 'Throttling'. Did you mean ThrottlingException?"),
        ("Refusal([])", "AWS KMS has no error []"),
        ("Refusal('InternalFailure', 5)", "message is 5; write a text"),
        ("Refusal('InternalFailure', status=200)", "status is 200; write the HTTP status of an error"),
        ("ReadTimeout", "write ReadTimeout(...)"),
        ("meanwhile(ReadTimeout)", "write ReadTimeout(...)"),
        ("meanwhile(5)", "write meanwhile(disable_key)"),
        ("meanwhile(disable_key, after=1)", "write after=True"),
        ("disable_key()", "write meanwhile(disable_key)"),
        ("disable_key", "write a fault such as AnswerLost(ConnectionClosed())"),
        ("'Slow(5)'", "write a fault such as AnswerLost(ConnectionClosed())"),
        ("[]", "or a sequence of faults and None, such as [Slow(5), None]"),
        ("[None]", "or a sequence of faults and None"),
        ("[Slow(5), 5]", "or a sequence of faults and None"),
        ("Slow()", "write Slow(seconds, really=False): missing a required argument: 'seconds'"),
        ("Slow(5, 6, 7)", "write Slow(seconds, really=False): too many positional arguments"),
        ("Slow(5, quick=True)", "write Slow(seconds, really=False): got an unexpected keyword argument 'quick'"),
        ("Slow(5, really=1)", "write True for a delay that takes its time"),
        ("Slow(-1)", "write how late the answer comes"),
        ("Slow(1e400)", "write how late the answer comes"),
        ("Slow(seconds=5, seconds=6)", "write seconds once"),
        ("AnswerLost(TlsError())", "no answer can be lost"),
        ("faults.Slow(5)", "write names alone, without what they are from: Slow"),
        ("meanwhile(lambda mock, call: mock.reset())", "functions of your own are for mock.inject in Python"),
        ("__import__('os').system('true')", "nothing is evaluated here"),
        ("__import__('os')", "There is no fault or ready-made action '__import__'. Did you mean"),
        ("catalogue('Encrypt')", "There is no fault or ready-made action 'catalogue'. Write one of AnswerLost, "),
        ("parse('Slow(5)')", "There is no fault or ready-made action 'parse'"),
        ("Fault()", "There is no fault or ready-made action 'Fault'"),
        ("Slow.__init__(5)", "write names alone"),
        ("Slow(5).__class__()", "nothing is evaluated here"),
        ("Slow(5)()", "nothing is evaluated here"),
        ("Slow(2 + 3)", "nothing is evaluated here"),
        ("Slow(*[5])", "nothing is evaluated here"),
        ("Slow(**{'seconds': 5})", "nothing is evaluated here"),
        ("[Slow(n) for n in [1]]", "nothing is evaluated here"),
        ("(fault := Slow(5))", "nothing is evaluated here"),
        ("Slow(5) if True else None", "nothing is evaluated here"),
        ("Refusal(f'{5}')", "nothing is evaluated here"),
        ("Refusal(b'InternalFailure')", "nothing is evaluated here"),
        ("...", "nothing is evaluated here"),
    ],
)
def test_what_is_no_fault_is_refused(text, instead):
    """With what to write instead, and before anything of it has happened."""
    with pytest.raises(ValueError, match=re.escape(instead)):
        parse(text)


def test_what_is_no_text_is_refused():
    """A fault that is one already, for one."""
    with pytest.raises(TypeError, match="write a fault as one, such as"):
        parse(Slow(5))


NAMES = strategies.sampled_from([*_vocabulary(), "Refusal", "__import__", "open", "x", "faults.Slow", "Slow.__class__"])
VALUES = strategies.one_of(
    strategies.none(), strategies.booleans(), strategies.integers(), strategies.floats(), strategies.text(max_size=4)
).map(repr)
TEXTS = strategies.recursive(
    NAMES | VALUES,
    lambda inner: (
        strategies.builds(
            "{}{}{}{}".format, NAMES, strategies.sampled_from("([{"), inner, strategies.sampled_from(")]}")
        )
        | strategies.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | strategies.builds("{}({}, after={})".format, NAMES, inner, inner)
    ),
)


@given(TEXTS | strategies.text())
def test_whatever_is_said_is_a_fault_or_refused(text):
    """What is understood is a fault or a sequence that can be said again; anything else is a ValueError."""
    try:
        fault = parse(text)
    except ValueError:
        return
    assert parse(repr(fault)) == fault


# With where and when


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("ReadTimeout()", {"fault": ReadTimeout()}),
        ("ReadTimeout(), 'Encrypt'", {"fault": ReadTimeout(), "on": "Encrypt"}),
        (
            "[ReadTimeout(), None], on=('Encrypt', 'Decrypt')",
            {"fault": [ReadTimeout(), None], "on": ["Encrypt", "Decrypt"]},
        ),
        ("fault=ReadTimeout(), times=1", None),
        (
            "AnswerLost(ConnectionClosed()), nth=[1, 3], must_strike=False, probability=0.5, seed=-1  # as in Python",
            {
                "fault": AnswerLost(ConnectionClosed()),
                "nth": [1, 3],
                "must_strike": False,
                "probability": 0.5,
                "seed": -1,
            },
        ),
    ],
)
def test_a_plan_is_what_inject_takes(text, members):
    """As it stands between its brackets in a test."""
    if members is None:
        with pytest.raises(ValueError, match="has no fault; write it first"):
            parse_plan(text)
    else:
        assert parse_plan(text) == members


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("", "has no fault; write it first, such as AnswerLost"),
        ("on='Encrypt'", "has no fault; write it first"),
        (
            "ReadTimeout(), 'Encrypt', 1",
            'write it such as AnswerLost(ConnectionClosed()), on="ImportKeyMaterial", times=1',
        ),
        ("ReadTimeout(), 'Encrypt', on='Decrypt'", "says on twice"),
        ("ReadTimeout(), times=1, times=2", "write times once"),
        ("ReadTimeout()) or inject(None", "is no fault with keywords"),
        ("ReadTimeout())(5", "is no fault with keywords"),
        ("Encrypt: ReadTimeout()", "is not written as in Python"),
        ("ReadTimeout(), on=lambda call: True", "functions of your own are for mock.inject in Python"),
        ("'Encrypt'", "write a fault such as"),
        ("ReadTimeout(), **{}", "nothing is evaluated here"),
    ],
)
def test_what_is_no_plan_is_refused(text, instead):
    """With what to write instead."""
    with pytest.raises(ValueError, match=re.escape(instead)):
        parse_plan(text)

"""EventBridge's event patterns, held against what AWS's pages say of each operator.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import pytest

from pytest_kmsimport._around.patterns import compiled

#: Pattern -> what matches it, and what does not: the examples of AWS's pages first.
OPERATORS = [
    ({"time": [{"prefix": "2017-10-02"}]}, [{"time": "2017-10-02T18:43:48Z"}], [{"time": "2017-10-03T00:00:00Z"}, {}]),
    (
        {"detail": {"service": [{"prefix": {"equals-ignore-case": "EventB"}}]}},
        [{"detail": {"service": "eventbridge"}}, {"detail": {"service": "EVENTBus"}}],
        [{"detail": {"service": "event"}}, {"service": "eventbridge"}],
    ),
    ({"FileName": [{"suffix": ".png"}]}, [{"FileName": "a.png"}], [{"FileName": "a.PNG"}, {"FileName": 1}]),
    ({"FileName": [{"suffix": {"equals-ignore-case": ".png"}}]}, [{"FileName": "a.PNG"}], [{"FileName": "png"}]),
    (
        {"state": [{"anything-but": "initializing"}]},
        [{"state": "running"}, {"state": 1}],
        [{"state": "initializing"}, {}],
    ),
    ({"x-limit": [{"anything-but": 123}]}, [{"x-limit": 124}, {"x-limit": "123"}], [{"x-limit": 123}]),
    ({"state": [{"anything-but": ["stopped", "overloaded"]}]}, [{"state": "running"}], [{"state": "overloaded"}]),
    ({"x-limit": [{"anything-but": [100, 200, 300]}]}, [{"x-limit": 150}], [{"x-limit": 200}]),
    (
        {"state": [{"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}}]},
        [{"state": "running"}],
        [{"state": "INITIALIZING"}, {"state": "Stopped"}],
    ),
    ({"state": [{"anything-but": {"prefix": "init"}}]}, [{"state": "running"}], [{"state": "initializing"}]),
    ({"state": [{"anything-but": {"prefix": ["init", "stop"]}}]}, [{"state": "up"}], [{"state": "stopped"}]),
    ({"f": [{"anything-but": {"suffix": [".txt", ".rtf"]}}]}, [{"f": "a.png"}], [{"f": "a.rtf"}]),
    (
        {"p": [{"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}]},
        [{"p": "/usr/share/x"}],
        [{"p": "/usr/lib/x"}, {"p": "/bin/x"}],
    ),
    (
        {"c": [{"numeric": [">", 0, "<=", 5]}]},
        [{"c": 5}, {"c": 0.5}],
        [{"c": 0}, {"c": 6}, {"c": "3"}, {"c": True}],
    ),
    ({"x": [{"numeric": ["=", 3.018e2]}]}, [{"x": 301.8}], [{"x": 301}]),
    (
        {"ip": [{"cidr": "10.0.0.0/24"}]},
        [{"ip": "10.0.0.255"}],
        [{"ip": "10.0.1.0"}, {"ip": "secretsmanager.amazonaws.com"}, {"ip": "::1"}],
    ),
    ({"ip": [{"cidr": "2001:db8::/32"}]}, [{"ip": "2001:db8::1"}], [{"ip": "10.0.0.1"}]),
    (
        {"detail": {"state": [{"exists": True}]}},
        [{"detail": {"state": "pending"}}, {"detail": {"state": None}}],
        [{"detail": {"c-count": {"c1": 100}}}, {}],
    ),
    (
        {"detail": {"c": [{"exists": False}]}},
        [{"detail": {"c": {"c1": 100}}}, {"detail": {"d": 1}}],
        [{"detail": {"c": 1}}],
    ),
    ({"d": [{"equals-ignore-case": "ec2 change"}]}, [{"d": "EC2 Change"}, {"d": ["x", "EC2 Change"]}], [{"d": "EC2"}]),
    ({"f": [{"wildcard": "dir/*.png"}]}, [{"f": "dir/a/b.png"}], [{"f": "dir/a.jpg"}, {"f": "xdir/a.png"}]),
    ({"f": [{"wildcard": r"a\*b\\*"}]}, [{"f": "a*b\\c"}], [{"f": "axb\\c"}, {"f": "a*bc"}]),
    (
        {"resources": ["b", "c"]},
        [{"resources": ["a", "b"]}, {"resources": "c"}],
        [{"resources": ["a"]}, {"resources": []}],
    ),
    ({"v": [""]}, [{"v": ""}], [{"v": None}, {}]),
    ({"v": [None]}, [{"v": None}], [{"v": ""}, {}]),
    ({"v": [True]}, [{"v": True}], [{"v": 1}, {"v": "true"}]),
    ({"v": [300]}, [{"v": 300}], [{"v": 300.0}, {"v": "300"}]),  # "300, 300.0, and 3.0e2 are not considered equal"
    ({"a": ["x"], "b": ["y"]}, [{"a": "x", "b": "y"}], [{"a": "x"}, {"b": "y"}]),
    ({"$or": [{"a": ["x"]}, {"b": [{"numeric": ["<", 10]}]}]}, [{"a": "x"}, {"b": 9}], [{"a": "y", "b": 10}]),
    ({"r": {"ARN": ["k"]}}, [{"r": [{"ARN": "i"}, {"ARN": "k"}]}], [{"r": [{"ARN": "i"}]}, {"r": "k"}]),
]


@pytest.mark.parametrize(("pattern", "matching", "others"), OPERATORS, ids=lambda value: str(value)[:40])
def test_what_a_pattern_is_for(pattern, matching, others):
    """As AWS's page says."""
    matches = compiled(pattern)
    assert [event for event in matching if not matches(event)] == []
    assert [event for event in others if matches(event)] == []


def test_a_pattern_may_be_json():
    """As PutRule takes it."""
    assert compiled('{"source": ["aws.kms"]}')({"source": "aws.kms"})


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ({}, "An event pattern is an object"),
        ("{", "is no JSON"),
        ("[]", "An event pattern is an object"),
        ({"source": "aws.kms"}, "has a list of values"),
        ({"source": []}, "has a list of values"),
        ({"detail": {}}, "has nothing for detail"),
        ({"a": [["x"]]}, "within a list"),
        ({"a": [{"prefixes": "x"}]}, "no operator 'prefixes'. Did you mean prefix?"),
        ({"a": [{"prefix": "x", "suffix": "y"}]}, "write one operator"),
        ({"a": [{"prefix": 1}]}, "write a text"),
        ({"a": [{"suffix": {"prefix": "x"}}]}, "equals-ignore-case"),
        ({"a": [{"exists": "yes"}]}, "write true or false"),
        ({"a": [{"numeric": [">"]}]}, "write comparisons"),
        ({"a": [{"numeric": ["!=", 1]}]}, "write comparisons"),
        ({"a": [{"cidr": "10.0.0.0/99"}]}, "write addresses"),
        ({"a": [{"wildcard": "a**b"}]}, "one * at a time"),
        ({"a": [{"wildcard": r"a\b"}]}, "a backslash before"),
        ({"a": [{"anything-but": []}]}, "write a text, a number or a list"),
        ({"a": [{"anything-but": {"numeric": ["=", 1]}}]}, "prefix, suffix"),
        ({"$or": {"a": ["x"]}}, "a list of event patterns"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern, text):
    """With what to write instead, as EventBridge refuses it with InvalidEventPatternException."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the text is held below
        compiled(pattern)
    assert text in str(caught.value)

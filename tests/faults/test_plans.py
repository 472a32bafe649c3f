"""When planned faults strike, and what is said where they do not."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from pytest_kmsimport import FaultNeverStruck, faults, mock_kms_import
from pytest_kmsimport.engine.operations import OPERATIONS
from pytest_kmsimport.faults import AnswerLost, NotYetVisible, ReadTimeout, Refusal, StaleRead, meanwhile

from ..support.refusal import refused

DENIED = Refusal("AccessDeniedException")  # is not tried again


@pytest.fixture
def struck(kms, kms_import_mock):
    """Make so many calls of ListKeys with a plan, and give the numbers of those that a fault has struck."""

    def call(count, **timing):
        kms_import_mock.inject(DENIED, "ListKeys", **timing)
        for _ in range(count):
            with suppress(ClientError):
                kms.list_keys()
        return [number for number, record in enumerate(kms_import_mock.calls.to("ListKeys"), 1) if record.faults]

    return call


@pytest.mark.parametrize(
    ("timing", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"times": 1}, [1]),
        ({"times": 3}, [1, 2, 3]),
        ({"nth": 1}, [1]),
        ({"nth": 3}, [3]),
        ({"nth": [2, 5]}, [2, 5]),
        ({"nth": range(6, 9)}, [6, 7, 8]),
        ({"after": 6}, [7, 8]),
        ({"after": 2, "times": 2}, [3, 4]),
        ({"every": 3}, [3, 6]),
        ({"every": 2, "after": 3}, [5, 7]),
        ({"every": 2, "times": 2}, [2, 4]),
        ({"probability": 1}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"probability": 0.5, "seed": 1}, [1, 4, 5, 6]),
        ({"probability": 0.5, "seed": 2}, [3, 4, 8]),
    ],
)
def test_timing(struck, timing, numbers):
    """Attempts are counted from 1."""
    assert struck(8, **timing) == numbers or "seed" in timing


def test_a_seed_repeats_itself(struck, kms_import_mock):
    """What is left to chance is so once, and the same with the seed that the plan shows."""
    first = struck(30, probability=0.5)
    seed = int(repr(kms_import_mock.plans[0]).partition("seed=")[2].partition(":")[0])
    kms_import_mock.reset()
    assert struck(30, probability=0.5, seed=seed) == first
    assert 0 < len(first) < 30


def test_a_seed_is_shown_when_the_test_fails(pytester):
    """So that the failure can be had again."""
    pytester.makepyfile(
        """
        from pytest_kmsimport import faults

        def test_a(kms_import_mock, kms_import_client):
            kms_import_mock.inject(faults.Refusal("AccessDeniedException"), on="ListKeys", probability=0.999)
            for _ in range(5):
                kms_import_client.list_keys()
        """
    )
    shown = " ".join(pytester.runpytest().stdout.str().split())
    assert re.search(
        r"planned faults Refusal\(.*\) on ListKeys, probability=0.999, seed=\d+: struck 1 of 1 attempts", shown
    )


@pytest.mark.parametrize(
    ("timing", "said"),
    [
        ({"nth": [1, 3]}, ", nth=[1, 3]"),
        ({"nth": {2}}, ", nth={2}"),
        ({"nth": 2}, ", nth=2"),
        ({"times": 1, "after": 2}, ", times=1, after=2"),
        ({}, ""),
    ],
)
def test_a_plan_says_when_it_strikes(kms_import_mock, timing, said):
    """As it was planned, in whatever kind of collection, and nothing that goes without saying."""
    plan = kms_import_mock.inject(ReadTimeout(), on="ListKeys", must_strike=False, **timing)
    assert str(plan) == f"ReadTimeout() on ListKeys{said}: struck 0 of 0 attempts"


def test_attempts_are_counted_on_the_wire(kms, kms_import_mock):
    """A fault for two attempts does not outlive botocore's three; one for four strikes the next call as well."""
    kms_import_mock.inject(ReadTimeout(), on="ListKeys", times=2)
    kms.list_keys()
    assert kms_import_mock.calls[-1].attempts == 3
    kms_import_mock.inject(ReadTimeout(), on="ListKeys", times=4)
    with pytest.raises(ReadTimeoutError):
        kms.list_keys()
    kms.list_keys()
    assert [record.attempts for record in kms_import_mock.calls] == [3, 3, 2]


@pytest.fixture(autouse=True)
def standard_retries(monkeypatch):
    """The same retry mode with every botocore."""
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")


def test_delays_are_recorded_and_not_slept(kms, kms_import_mock):
    """botocore's back-off is on the record, one for each further attempt."""
    kms_import_mock.inject(Refusal("ThrottlingException"), on="ListKeys", times=2)
    kms.list_keys()
    delays = kms_import_mock.calls[-1].delays
    assert len(delays) == 2
    assert all(0 <= delay <= 20 for delay in delays)


# What a plan is about


def test_operations(kms, kms_import_mock):
    """One, several, or all to which the fault can happen."""
    key_id = kms_import_mock.import_key().id
    with kms_import_mock.inject(DENIED, on=["ListKeys", "Encrypt"]), refused("AccessDeniedException", TEXT):
        kms.list_keys()
    kms_import_mock.inject(Refusal("InvalidMarkerException"))
    kms.describe_key(KeyId=key_id)
    with refused("InvalidMarkerException"):
        kms.list_keys()


TEXT = "User: arn:aws:iam::123456789012:root is not authorized to perform: kms:ListKeys"


def test_a_key(kms, kms_import_mock):
    """By key ID, for calls that name it by key ARN too."""
    one, other = kms_import_mock.import_key(), kms_import_mock.import_key()
    kms_import_mock.inject(Refusal("DisabledException"), key_id=one.id)
    kms.encrypt(KeyId=other.arn, Plaintext=b"x")
    with refused("DisabledException", f"{one.arn} is disabled."):
        kms.encrypt(KeyId=one.arn, Plaintext=b"x")


def test_a_key_by_another_name(kms, kms_import_mock):
    """A call that names it by an alias is about it, and a plan may name it so too."""
    key = kms_import_mock.import_key()
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key.id)
    kms_import_mock.inject(Refusal("DisabledException", "by key ID"), on="Encrypt", key_id=key.id, times=1)
    kms_import_mock.inject(Refusal("DisabledException", "by alias"), on="Encrypt", key_id="alias/mine", times=1)
    for text in ("by key ID", "by alias"):
        with refused("DisabledException", text):
            kms.encrypt(KeyId="alias/mine", Plaintext=b"x")
    kms_import_mock.inject(Refusal("NotFoundException", "unknown"), key_id="1234abcd-12ab-34cd-56ef-1234567890ab")
    with refused("NotFoundException", "unknown"):
        kms.describe_key(KeyId="arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab")


def test_a_region(kms_import_mock):
    """Calls to other Regions go through."""
    kms_import_mock.inject(DENIED, on="ListKeys", region="eu-west-1")
    kms_import_mock.client().list_keys()
    with pytest.raises(ClientError):
        kms_import_mock.client("eu-west-1").list_keys()


def test_a_condition(kms, kms_import_mock):
    """A function of the call's record decides."""
    kms_import_mock.inject(Refusal("KMSInternalException"), on=lambda call: call.request.get("KeySpec") == "RSA_2048")
    kms_import_mock.inject(faults.Slow(1), on=lambda call: call.time.year == 2099, must_strike=False)
    kms.create_key()
    with pytest.raises(kms.exceptions.KMSInternalException):
        kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")


# Sequences, nesting, ending


def test_a_sequence(kms, kms_import_mock):
    """One after the other, None lets an attempt through, and afterwards all go through."""
    kms_import_mock.inject([DENIED, None, Refusal("ValidationException", "no")], on="ListKeys")
    for _ in range(5):
        with suppress(ClientError):
            kms.list_keys()
    errors = [record.error for record in kms_import_mock.calls]
    assert errors == ["AccessDeniedException", None, "ValidationException", None, None]


def test_a_block(kms, kms_import_mock):
    """A plan ends with its block, and with end()."""
    with kms_import_mock.inject(DENIED, on="ListKeys"), pytest.raises(ClientError):
        kms.list_keys()
    kms.list_keys()
    plan = kms_import_mock.inject(DENIED, on="ListKeys")
    plan.end()
    kms.list_keys()


def test_plans_nest(kms, kms_import_mock):
    """The one planned first is the outer one: what it answers alone, the other never sees."""
    slow = kms_import_mock.inject(faults.Slow(5), on="ListKeys")
    denied = kms_import_mock.inject(DENIED, on="ListKeys", times=1)
    late = kms_import_mock.inject(faults.Slow(2), on="ListKeys")
    before = kms_import_mock.clock.freeze()
    with pytest.raises(ClientError):
        kms.list_keys()
    assert (slow.strikes, denied.strikes, late.strikes) == (1, 1, 0)
    kms.list_keys()
    assert (slow.strikes, denied.strikes, late.strikes) == (2, 1, 1)
    assert (kms_import_mock.clock.now() - before).total_seconds() == 5 + 7
    assert kms_import_mock.calls[-1].faults == (faults.Slow(5), faults.Slow(2))


@pytest.mark.parametrize("inner", [faults.ConnectTimeout(), faults.HtmlAnswer(), AnswerLost()], ids=lambda f: f.id)
@pytest.mark.parametrize("outer", [faults.EmptyBody(), faults.TruncatedBody()], ids=lambda f: f.id)
def test_a_body_that_never_comes_does_not_break(kms, kms_import_mock, outer, inner):
    """What strikes within, so that there is no answer of AWS's, is what the client sees."""
    kms_import_mock.inject(outer, on="ListKeys", times=1)
    kms_import_mock.inject(inner, on="ListKeys", times=1)
    assert kms.list_keys()["Keys"] == []
    record = kms_import_mock.calls[-1]
    assert (record.faults, record.attempts) == ((outer, inner), 2)


def test_an_answer_is_late_and_lost(kms, kms_import_mock):
    """The time that it would have taken has passed all the same."""
    kms_import_mock.inject(AnswerLost(), on="ListKeys", times=1)
    kms_import_mock.inject(faults.Slow(5), on="ListKeys", times=1)
    before = kms_import_mock.clock.freeze()
    kms.list_keys()
    assert (kms_import_mock.clock.now() - before).total_seconds() == 5


def test_threads_share_a_plan(kms, kms_import_mock):
    """Three attempts are struck, however many clients there are."""
    plan = kms_import_mock.inject(faults.Slow(1), on="ListKeys", times=3)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: kms.list_keys(), range(40)))
    assert (plan.strikes, plan.seen) == (3, 40)


def test_snapshots_have_the_plans(kms, kms_import_mock):
    """What was planned later is gone after a return."""
    snapshot = kms_import_mock.snapshot()
    kms_import_mock.inject(DENIED, on="ListKeys")
    kms_import_mock.restore(snapshot)
    kms.list_keys()


# Plans that never struck


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (
            lambda mock: mock.inject(ReadTimeout(), on="Encrypt"),
            r"A planned fault never struck: ReadTimeout\(\), planned on Encrypt\. It waited for Encrypt; none came\.",
        ),
        (
            lambda mock: mock.inject(DENIED, on="ListKeys", nth=2),
            "planned on ListKeys, nth=2.*; 1 came, and none was due",
        ),
        (lambda mock: mock.inject(DENIED, on="ListKeys", key_id="abc"), "waited for ListKeys about abc; none came"),
        (lambda mock: mock.inject(DENIED, on="ListKeys", region="eu-west-1"), "ListKeys in eu-west-1; none came"),
        (
            lambda mock: mock.inject([faults.Slow(1), faults.Slow(1)], on="ListKeys"),
            "sequence of faults was not used up.*; 1 came",
        ),
        (lambda mock: mock.inject(StaleRead()), "on any operation"),
    ],
)
def test_a_plan_that_never_struck_fails_the_test(plan, said):
    """At its end, with what it waited for."""

    @mock_kms_import(region="eu-central-1")
    def test():
        with mock_kms_import() as mock:
            plan(mock)
            mock.client().list_keys()

    with pytest.raises(FaultNeverStruck, match=said):
        test()


def test_a_block_fails_at_its_end(kms_import_mock):
    """And the test does not fail once more."""
    with pytest.raises(FaultNeverStruck, match="none came"), kms_import_mock.inject(ReadTimeout(), on="Encrypt"):
        pass


def test_a_block_hides_no_failure(kms_import_mock):
    """What was raised within it is raised on."""
    with pytest.raises(KeyError), kms_import_mock.inject(ReadTimeout(), on="Encrypt"):
        raise KeyError


@pytest.mark.parametrize(
    "plan",
    [
        lambda mock: mock.inject(ReadTimeout(), on="Encrypt", must_strike=False),
        lambda mock: mock.inject(ReadTimeout(), on="Encrypt", probability=0.1),
        lambda mock: mock.inject([ReadTimeout()], on="Encrypt", must_strike=False),
        lambda mock: mock.inject(ReadTimeout(), on="Encrypt").end(),
    ],
    ids=["must_strike", "probability", "sequence", "ended"],
)
def test_a_plan_may_be_allowed_not_to_strike(kms_import_mock, plan):
    """By its own word, or where it is left to chance."""
    plan(kms_import_mock)


def test_all_plans_may_be_allowed_not_to_strike():
    """By an option; one plan may still insist."""
    with mock_kms_import(faults_must_strike=False) as mock:
        mock.inject(ReadTimeout(), on="Encrypt")
    with pytest.raises(FaultNeverStruck), mock_kms_import(faults_must_strike=False) as mock:
        mock.inject(ReadTimeout(), on="Encrypt", must_strike=True)


FAILING = """
    import unittest
    import pytest
    from pytest_kmsimport import faults, mock_kms_import

    def test_a_fixture(kms_import_mock):
        kms_import_mock.inject(faults.ReadTimeout(), on="Encrypt")

    @mock_kms_import(region="eu-west-1")
    def test_a_decorator():
        with mock_kms_import() as mock:
            mock.inject(faults.ReadTimeout(), on="Encrypt")

    @pytest.mark.kms_fault(faults.ReadTimeout(), on="Encrypt")
    def test_a_marker(): pass

    @mock_kms_import
    class TestA(unittest.TestCase):
        def test_one(self):
            with mock_kms_import() as mock:
                mock.inject(faults.ReadTimeout(), on="Encrypt")

        def test_two(self):
            with mock_kms_import() as mock:
                assert not mock.plans

    def test_failed(kms_import_mock):
        kms_import_mock.inject(faults.ReadTimeout(), on="Encrypt")
        assert not kms_import_mock.plans
"""


def test_however_a_test_has_its_mock(pytester):
    """It fails once, and a test that has failed by itself is not told anything else; the report lists the plan."""
    pytester.makepyfile(FAILING)
    result = pytester.runpytest("-p", "no:randomly")
    result.assert_outcomes(passed=3, failed=3, errors=2)
    output = result.stdout.str()
    assert output.count("It waited for Encrypt; none came") >= 4
    assert "ReadTimeout() on Encrypt: struck 0 of 0 attempts" in output


def test_a_failed_test_speaks_for_itself_alone(pytester):
    """In a mock that several tests share, a plan of a later one is complained of."""
    pytester.makepyfile(
        """
        import pytest
        from pytest_kmsimport import faults, mock_kms_import

        @pytest.fixture(scope="module")
        def mock():
            with mock_kms_import(region="eu-west-1") as mock:
                yield mock

        def test_a(mock):
            assert False

        def test_b(mock):
            mock.inject(faults.ReadTimeout(), on="Encrypt")
        """
    )
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=1, failed=1, errors=1)


# Markers and the fixture


def test_the_marker_plans_a_fault(pytester):
    """Module, class and function together, before the test's other fixtures; mistakes are told."""
    pytester.makepyfile(
        """
        import boto3, pytest
        from pytest_kmsimport import faults

        pytestmark = pytest.mark.kms_fault(faults.Slow(1), on="CreateKey", must_strike=False)

        @pytest.fixture
        def key():
            return boto3.client("kms").create_key()

        @pytest.mark.kms_fault(faults.ReadTimeout(), on="CreateKey", times=1)
        def test_a(key, kms_import_mock):
            assert kms_import_mock.calls[0].faults == (faults.Slow(1), faults.ReadTimeout(), faults.Slow(1))[:1] + (
                faults.ReadTimeout(), faults.Slow(1))

        @pytest.mark.kms_fault(faults.ReadTimeout(), on="create_key")
        def test_b(): pass

        @pytest.mark.kms_fault()
        def test_c(): pass
        """
    )
    result = pytester.runpytest("-p", "no:randomly")
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(["*@pytest.mark.kms_fault: on='create_key': *Did you mean CreateKey?"])


@pytest.mark.parametrize("kms_fault", faults.catalogue("ListKeys", kinds="network"), indirect=True)
def test_the_fixture_plans_a_case(kms_import_mock, kms_fault):
    """And hands it over with what a client should see."""
    kms = kms_import_mock.client(config=Config(retries={"mode": "standard", "total_max_attempts": 2}))
    expected = kms_fault.expect(kms)
    if expected.exception is not None:
        with pytest.raises(expected.exception):
            kms.list_keys()
    else:
        kms.list_keys()
    assert kms_import_mock.calls[-1].attempts == expected.attempts <= 2
    assert kms_fault.plan.strikes == expected.attempts


@pytest.mark.parametrize("kms_fault", [faults.Case("ListKeys", ReadTimeout(), times=1)], indirect=True)
def test_a_case_of_ones_own(kms, kms_fault):
    """A fault that passes before botocore gives up."""
    assert kms_fault.expect(kms).exception is None
    assert kms.list_keys()["Keys"] == []


def test_the_fixture_takes_cases_alone(pytester):
    """And says so."""
    pytester.makepyfile(
        """
        import pytest
        from pytest_kmsimport import faults

        def test_a(kms_fault): pass

        @pytest.mark.parametrize("kms_fault", [faults.ReadTimeout()], indirect=True)
        def test_b(kms_fault): pass
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(errors=2)
    assert result.stdout.str().count("kms_fault takes cases: write @pytest.mark.parametrize") >= 2


def test_the_catalogue():
    """Readable ids, every kind, and the whole ceremony."""
    ids = [case.id for case in faults.catalogue("ImportKeyMaterial")]
    assert len(ids) == len(set(ids)) > 40
    assert "ImportKeyMaterial-ExpiredImportTokenException" in ids
    assert "ImportKeyMaterial-answer-lost" in ids
    assert "ImportKeyMaterial-meanwhile-expire_token" in ids
    kinds = {case.values[0].fault.kind for case in faults.catalogue("ImportKeyMaterial", "DescribeKey")}
    assert kinds == set(faults.KINDS)
    ceremony = [case.values[0].operation for case in faults.catalogue(*faults.CEREMONY, kinds=["race", "lost answer"])]
    assert set(ceremony) == set(faults.CEREMONY)


# Misuse is refused when it is planned


def test_an_operation_that_is_not_offered(kms_import_mock, monkeypatch):
    """Such as one that AWS has introduced since."""
    monkeypatch.delitem(OPERATIONS, "ListKeys")
    with pytest.raises(ValueError, match="on='ListKeys': is not offered by the mock"):
        kms_import_mock.inject(ReadTimeout(), "ListKeys")


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (
            (ReadTimeout(), "import_key_material"),
            ValueError,
            "no operation of AWS KMS. Did you mean ImportKeyMaterial?",
        ),
        ((ReadTimeout(), "ImportKeyMateriel"), ValueError, "Did you mean ImportKeyMaterial?"),
        ((ReadTimeout(), []), ValueError, "on is empty"),
        ((Refusal("ExpiredImportTokenException"), "DescribeKey"), ValueError, "DescribeKey never answers with"),
        ((faults.TruncatedBody(), "DisableKey"), ValueError, "DisableKey answers without a body"),
        ((faults.EmptyBody(), ["DescribeKey", "DisableKey"]), ValueError, "cannot happen to DisableKey"),
        ((StaleRead(), "Encrypt"), ValueError, "Encrypt does not read a KMS key"),
        ((NotYetVisible(), "CreateKey"), ValueError, "CreateKey is not about a KMS key"),
        ((meanwhile(faults.expire_token), "Encrypt"), ValueError, "is about ImportKeyMaterial"),
        ((meanwhile(faults.disable_key), "ListKeys"), ValueError, "names no KMS key"),
        (("ThrottlingException", "ListKeys"), TypeError, "is no fault: write one of pytest_kmsimport.faults"),
        (([ReadTimeout(), "x"], "ListKeys"), TypeError, "'x' is no fault"),
        (([None], "ListKeys"), ValueError, "has no fault in it"),
        ((ReadTimeout(), 5), ValueError, "on is 5; write an operation such as 'Encrypt'"),
        ((ReadTimeout(), ["Encrypt", 5]), ValueError, "write an operation such as 'Encrypt', several of them, or a"),
    ],
)
def test_misuse(kms_import_mock, arguments, error, said):
    """Of operations and faults."""
    with pytest.raises(error) as caught:
        kms_import_mock.inject(*arguments)
    assert said in str(caught.value)
    assert not kms_import_mock.plans


@pytest.mark.parametrize(
    ("timing", "error", "said"),
    [
        ({"times": 0}, ValueError, "times is 0; write a number, 1 or more"),
        ({"times": True}, ValueError, "times is True"),
        ({"after": -1}, ValueError, "after is -1; write a number, 0 or more"),
        ({"every": 0}, ValueError, "every is 0"),
        ({"nth": 0}, ValueError, "nth is 0"),
        ({"nth": []}, ValueError, "nth is empty"),
        ({"nth": 1, "times": 2}, ValueError, "leave out times, after and every"),
        ({"probability": 0}, ValueError, "probability is 0; write more than 0, at most 1"),
        ({"probability": 1.1}, ValueError, "probability is 1.1"),
        ({"probability": "0.5"}, ValueError, "probability is '0.5'; write more than 0, at most 1"),
        ({"seed": 1}, ValueError, "write probability= too"),
        ({"probability": 0.5, "seed": []}, ValueError, "seed is []; write a whole number"),
        ({"nth": 1.5}, ValueError, "nth is 1.5; write a number, 1 or more"),
        ({"key_id": 5}, ValueError, "key_id is 5; write a text"),
        ({"region": ["eu-west-1"]}, ValueError, "region is ['eu-west-1']; write a text"),
        ({"must_strike": "no"}, ValueError, "must_strike is 'no'; write True or False"),
        ({"time": 1}, TypeError, "inject() got an unexpected keyword argument 'time'"),
    ],
)
def test_misuse_of_timing(kms_import_mock, timing, error, said):
    """Of every parameter."""
    with pytest.raises(error) as caught:
        kms_import_mock.inject(ReadTimeout(), **timing)
    assert said in str(caught.value)


def test_a_sequence_times_itself(kms_import_mock):
    """Only where it begins can be said."""
    with pytest.raises(ValueError, match="it takes after= alone"):
        kms_import_mock.inject([ReadTimeout()], on="ListKeys", times=2)
    kms_import_mock.inject([ReadTimeout()], on="ListKeys", after=1, must_strike=False)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Refusal("ThrottledException"), ValueError, "no error 'ThrottledException'. Did you mean Thrott"),
        (lambda: Refusal("Throttled Exception?"), ValueError, "has no error"),
        (lambda: Refusal("ThrottlingException", status=200), ValueError, "from 400 to 599"),
        (lambda: faults.HtmlAnswer(200), ValueError, "from 400 to 599"),
        (lambda: AnswerLost(faults.ConnectTimeout()), ValueError, "the request is never sent"),
        (lambda: AnswerLost(faults.Slow(1)), ValueError, "write what the client sees"),
        (lambda: AnswerLost("timeout"), ValueError, "write what the client sees"),
        (lambda: faults.Slow(0), ValueError, "more than 0"),
        (lambda: faults.Slow(seconds=True), ValueError, "more than 0"),
        (lambda: meanwhile("disable"), TypeError, r"write meanwhile\(disable_key\)"),
        (lambda: faults.catalogue("Import"), ValueError, "is no operation"),
        (lambda: faults.catalogue("ListKeys", kinds=["refusals"]), ValueError, "write some of refusal, denial, http"),
    ],
)
def test_misuse_of_faults(make, error, said):
    """Of what they are made from."""
    with pytest.raises(error, match=said):
        make()


def test_ended_plans_do_not_add_up(kms, kms_import_mock):
    """A mock that has had thousands of plans keeps the last of them, for the report."""
    for _ in range(200):
        with kms_import_mock.inject(faults.EmptyAnswer(), on="CreateKey", must_strike=False):
            pass
    assert len(kms_import_mock.plans) <= 31


def test_stale_reads_remember_so_many_keys(kms, kms_import_mock):
    """What KMS keys were is forgotten with time, however many have been changed."""
    kms_import_mock.inject(faults.StaleRead(), on="DescribeKey", must_strike=False)
    for _ in range(1100):
        kms.disable_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert len(kms_import_mock.service.access._before) == 1000

"""The plugin in runs of its own: fixtures, marker, ini options, guard, and what a run pays that uses none of them."""

from __future__ import annotations

import socket

import boto3  # noqa: F401  loaded once, and not again for every run within this process
import pytest

from pytest_kmsimport import KmsImportMock, mock_kms_import  # noqa: F401  the runs share what patches botocore
from pytest_kmsimport.faults import Case  # noqa: F401  and what the plugin takes for one

SWALLOW = """
    import boto3, pytest

    def swallow():
        try:
            boto3.client("kms").describe_key(KeyId="alias/aws/unknown")
        except AssertionError:
            pass
"""


@pytest.fixture
def run(pytester):
    """Run a test file in this process, with warnings as errors, and give the result."""

    def run_file(source, *arguments):
        pytester.makepyfile(source)
        return pytester.runpytest("-W", "error", *arguments)

    return run_file


# Fixtures


def test_the_fixture_is_an_active_and_empty_mock(run):
    """Each test that asks for ``kms_import_mock`` gets a mock of its own, and after it there is none."""
    run(
        """
        import pytest
        from pytest_kmsimport import KmsImportMock
        from pytest_kmsimport._active import active

        @pytest.mark.parametrize("turn", [1, 2])
        def test_a(kms_import_mock, turn):
            assert isinstance(kms_import_mock, KmsImportMock) and active() is kms_import_mock
            assert kms_import_mock.client().list_keys()["Keys"] == []
            kms_import_mock.client().create_key()

        @pytest.fixture(autouse=True)
        def nothing_left():
            yield
            assert active() is None
        """
    ).assert_outcomes(passed=2)


def test_the_client_is_of_the_mock(run):
    """``kms_import_client`` is a client of the very mock that ``kms_import_mock`` is."""
    run(
        """
        def test_a(kms_import_client, kms_import_mock):
            kms_import_client.create_key()
            assert len(kms_import_mock.calls) == 1
        """
    ).assert_outcomes(passed=1)


def test_fixtures_are_listed(run):
    """``pytest --fixtures`` says what both are for."""
    run("", "--fixtures").stdout.fnmatch_lines_random(
        ["kms_import_mock *", "*An active, empty mock*", "kms_import_client *", "*A botocore KMS client*"]
    )


# The marker


def test_the_marker_brings_the_mock(run):
    """A marked test is within a mock without asking for the fixture."""
    run(
        """
        import boto3, pytest

        @pytest.mark.kms_import
        def test_a():
            assert boto3.client("kms").list_keys()["Keys"] == []
        """
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize("asked_for", ["key_id", "key_id, kms_import_mock"])
def test_the_mock_is_there_before_other_fixtures(run, asked_for):
    """The fixtures of a marked test are set up within its mock, whether or not it asks for the mock beside them."""
    run(
        f"""
        import boto3, pytest

        @pytest.fixture
        def key_id():
            return boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]

        @pytest.mark.kms_import(region="eu-west-3")
        def test_a({asked_for}):
            assert boto3.client("kms").describe_key(KeyId=key_id)
        """
    ).assert_outcomes(passed=1)


def test_fixtures_of_longer_scopes_are_set_up_outside_the_mock(run):
    """A mock that a session shares does not become a part of the first marked test that asks for it."""
    run(
        """
        import pytest
        from pytest_kmsimport import mock_kms_import
        from pytest_kmsimport._active import active

        @pytest.fixture(scope="session")
        def shared():
            with mock_kms_import() as mock:
                yield mock

        @pytest.mark.kms_import
        def test_a(shared):
            assert shared is not active()

        def test_b(shared):
            assert shared is active()
        """,
        "-p",
        "no:randomly",
    ).assert_outcomes(passed=2)


def test_the_nearest_marker_wins(run):
    """Options of the function go before those of the class, and these before those of the module."""
    run(
        """
        import pytest
        pytestmark = pytest.mark.kms_import(region="eu-west-1", account="111111111111", journal_size=1)

        def options(mock):
            for _ in range(3):
                mock.client().list_keys()
            return mock.region, mock.account, len(mock.calls.kept)

        def test_module(kms_import_mock):
            assert options(kms_import_mock) == ("eu-west-1", "111111111111", 1)

        @pytest.mark.kms_import(region="eu-west-2", account="222222222222")
        class TestClass:
            def test_class(self, kms_import_mock):
                assert options(kms_import_mock) == ("eu-west-2", "222222222222", 1)

            @pytest.mark.kms_import(region="eu-west-3")
            def test_function(self, kms_import_mock):
                assert options(kms_import_mock) == ("eu-west-3", "222222222222", 1)
        """
    ).assert_outcomes(passed=3)


def test_parameters_can_be_marked(run):
    """A marker on one parameter set holds for that one."""
    run(
        """
        import pytest

        @pytest.mark.parametrize("expected", [
            "us-east-1", pytest.param("eu-west-3", marks=pytest.mark.kms_import(region="eu-west-3"))
        ])
        def test_a(kms_import_mock, expected, monkeypatch):
            assert kms_import_mock.region == expected
        """
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        ("kms_import(regoin='eu-west-1')", "*no option 'regoin'. Did you mean region? Options are region, account,*"),
        ("kms_import(account=123456789012)", "*account is 123456789012; write a str*"),
        ("kms_import('eu-west-1')", "*kms_import takes keywords only: write kms_import(region='eu-central-1').*"),
    ],
)
def test_a_misused_marker_says_what_to_write(run, marker, text):
    """A marker that cannot be understood is an error of its test, with one message and no traceback."""
    result = run(f"import pytest\n@pytest.mark.{marker}\ndef test_a(): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([text])
    result.stdout.no_fnmatch_line("*plugin.py:*")


def test_the_marker_is_declared(run):
    """With strict markers ``kms_import`` is known, and ``pytest --markers`` lists its options."""
    run("", "--strict-markers", "--markers").stdout.fnmatch_lines(["@pytest.mark.kms_import(region=*, account=*)*"])


def test_unittest_cases_can_be_marked(run):
    """Tests and set-up of a marked unittest case are within a mock."""
    run(
        """
        import unittest
        import boto3, pytest

        @pytest.mark.kms_import(region="eu-west-3")
        class Case(unittest.TestCase):
            def setUp(self):
                self.arn = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]

            def test_one(self):
                assert ":eu-west-3:" in self.arn
                assert len(boto3.client("kms").list_keys()["Keys"]) == 1

            test_two = test_one
        """
    ).assert_outcomes(passed=2)


def test_doctests_and_the_marker_do_not_mind_each_other(pytester):
    """Items that are no functions are left alone."""
    pytester.makepyfile('"""\n>>> 1 + 1\n2\n"""\nimport pytest\npytestmark = pytest.mark.kms_import')
    pytester.runpytest("--doctest-modules").assert_outcomes(passed=1)


# Complaints


@pytest.mark.parametrize("how", ["def test_a(kms_import_mock)", "@pytest.mark.kms_import\n    def test_a()"])
def test_a_swallowed_complaint_fails_the_test(run, how):
    """A complaint that the code swallows comes up when the test is over."""
    result = run(f"{SWALLOW}\n    {how}:\n        swallow()")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*NotOffered: DescribeKey with alias/aws/unknown is not offered*"])


def test_a_swallowed_complaint_fails_unittest_cases(run):
    """So it does in a marked unittest case."""
    source = """
    import unittest

    @pytest.mark.kms_import
    class Case(unittest.TestCase):
        def test_a(self):
            swallow()
    """
    run(SWALLOW + source).assert_outcomes(passed=1, errors=1)


def test_a_complaint_that_the_test_shows_is_told_once(run):
    """A test that fails with the complaint itself has no error beside it."""
    source = """
        import boto3
        def test_a(kms_import_mock):
            boto3.client("kms").describe_key(KeyId="alias/aws/unknown")
    """
    run(source).assert_outcomes(failed=1)


def test_a_complaint_that_a_set_up_shows_is_told_once(run):
    """A fixture that fails with the complaint is one error, not two."""
    source = """
        import boto3, pytest

        @pytest.fixture
        def random(kms_import_mock):
            return boto3.client("kms").describe_key(KeyId="alias/aws/unknown")

        def test_a(random): pass
    """
    run(source).assert_outcomes(errors=1)


def test_a_complaint_fails_beside_another_failure(run):
    """A test that swallows a complaint and then fails for its lack shows both."""
    result = run(f"{SWALLOW}\n    def test_a(kms_import_mock):\n        swallow()\n        assert 1 == 2")
    result.assert_outcomes(failed=1, errors=1)


def test_a_cleared_complaint_is_forgotten(run):
    """A test about a complaint clears it, and passes."""
    run(
        f"{SWALLOW}\n    def test_a(kms_import_mock):\n        swallow()\n        kms_import_mock.complaints.clear()"
    ).assert_outcomes(passed=1)


# The ini file


def test_ini_options_reach_the_mock(pytester, run):
    """Every option of the mock can be set in the ini file, files by their paths from there."""
    pytester.mkdir("policies").joinpath("alice.json").write_text(
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}'
    )
    pytester.makeini("""
        [pytest]
        kms_import_region = eu-west-3
        kms_import_account = 111122223333
        kms_import_principal = arn:aws:iam::111122223333:user/Alice
        kms_import_policies = policies/alice.json
        kms_import_service = 2022
        kms_import_strict_tokens = true
        kms_import_allow_real_aws = true
        kms_import_sign_requests = true
        kms_import_sleep_on_retry = true
        kms_import_faults_must_strike = false
        kms_import_check_leaks = true
        kms_import_serve = true
        kms_import_integrated_services = false
        kms_import_background_seconds = 5
        kms_import_grants_spread_seconds = 6
        kms_import_journal_size = 7
        kms_import_quotas =
            aliases_per_key = 2
            keys=30
        kms_import_seed = -8
        kms_import_reserved_tags = floci
    """)
    run(
        """
        from dataclasses import asdict as vars_of
        from pathlib import Path
        from pytest_kmsimport._mock.options import Options

        def test_a(kms_import_mock):
            assert kms_import_mock._options == Options(
                region="eu-west-3", account="111122223333", principal="arn:aws:iam::111122223333:user/Alice",
                policies=[Path(__file__).parent / "policies" / "alice.json"],
                service="2022", strict_tokens=True, allow_real_aws=True,
                sign_requests=True, sleep_on_retry=True, faults_must_strike=False, check_leaks=True,
                serve=True, integrated_services=False, background_seconds=5, grants_spread_seconds=6, journal_size=7,
                quotas={"aliases_per_key": 2, "keys": 30}, seed=-8, reserved_tags="floci",
            )
            given = vars_of(kms_import_mock._options)
            left_out = [name for name, usual in vars_of(Options()).items() if given[name] == usual]
            assert not left_out, f"set kms_import_{left_out[0]} above, to another value than the usual one"
        """
    ).assert_outcomes(passed=1)


def test_the_marker_goes_before_the_ini_file(pytester, run):
    """A marker overrides the ini file option by option."""
    pytester.makeini("[pytest]\nkms_import_region = eu-west-3\nkms_import_account = 111122223333")
    run(
        """
        import pytest

        @pytest.mark.kms_import(region="eu-west-1")
        def test_a(kms_import_mock):
            assert (kms_import_mock.region, kms_import_mock.account) == ("eu-west-1", "111122223333")
        """
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("kms_import_journal_size = many", "*journal_size is 'many'; write a*int*"),
        ("kms_import_journal_size = 0", "*journal_size is 0; write how many calls to keep*"),
        ("kms_import_journal_size = -1", "*journal_size is -1; write how many calls to keep*"),
        ("kms_import_account = 1234", "*account is '1234'; write the 12 digits*"),
        ("kms_import_quotas = alias_per_key = 2", "*quotas has no 'alias_per_key'; write one of*"),
        ("kms_import_quotas = keys", "*quotas has keys=''; write a number*"),
        ("kms_import_quotas = keys = -1", "*quotas has keys=-1; write a number*"),
        ("kms_import_service = 2021", "*service is '2021'; write one of*"),
    ],
)
def test_a_misused_ini_option_says_what_to_write(pytester, run, line, text):
    """A value that cannot be understood is an error of the test that needs it."""
    pytester.makeini(f"[pytest]\n{line}")
    result = run("def test_a(kms_import_mock): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([text])


# The guard

UNMOCKED = """
    import boto3
    from botocore.config import Config

    def test_a():
        keys = {"aws_access_key_id": "anybody", "aws_secret_access_key": "secret"}
        once = Config(retries={"total_max_attempts": 1})
        boto3.client("kms", "us-east-1", endpoint_url="https://kms.invalid", config=once, **keys).list_keys()
"""


def test_the_guard_fails_tests_that_call_kms_unmocked(pytester):
    """With ``kms_import_guard`` a KMS call outside any mock fails its test, and says how to mock it."""
    pytester.makeini("[pytest]\nkms_import_guard = true")
    pytester.makepyfile(UNMOCKED)
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*RealAwsRefused: kms.ListKeys was about to be sent to kms.invalid outside any mock*"])


def test_the_guard_is_not_silenced_by_swallowing(pytester):
    """A test that swallows the guard's refusal fails at its end; the next one starts anew."""
    pytester.makeini("[pytest]\nkms_import_guard = true")
    pytester.makepyfile(
        UNMOCKED.replace("boto3.client", "try: boto3.client").rstrip()
        + "\n        except AssertionError: pass\n\n    def test_b(): pass\n"
    )
    pytester.runpytest().assert_outcomes(passed=2, errors=1)


def test_without_the_guard_unmocked_calls_are_botocores_business(pytester):
    """Without ``kms_import_guard`` a call outside any mock goes where botocore sends it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    pytester.makepyfile(UNMOCKED.replace("https://kms.invalid", f"http://127.0.0.1:{port}"))  # nobody listens there
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*EndpointConnectionError*"])


def test_the_guard_leaves_mocked_tests_alone(pytester):
    """With the guard up, the fixture works as ever, and so does moto's mock."""
    pytester.makeini("[pytest]\nkms_import_guard = true")
    pytester.makepyfile("""
        import boto3
        from moto import mock_aws

        def test_ours(kms_import_client):
            assert kms_import_client.list_keys()["Keys"] == []

        @mock_aws
        def test_motos():
            assert boto3.client("kms", region_name="us-east-1").list_keys()["Keys"] == []
    """)
    pytester.runpytest().assert_outcomes(passed=2)


# Beside other plugins, and for those who use none of this

MANY = """
    import boto3, pytest

    @pytest.mark.parametrize("turn", range(8))
    def test_a(kms_import_mock, turn):
        assert boto3.client("kms").list_keys()["Keys"] == []
        boto3.client("kms").create_key()

    @pytest.mark.kms_import(region="eu-west-3")
    @pytest.mark.parametrize("turn", range(4))
    def test_b(turn):
        assert ":eu-west-3:" in boto3.client("kms").create_key()["KeyMetadata"]["Arn"]

    def test_c():
        from pytest_kmsimport._active import active
        assert active() is None
"""


@pytest.mark.parametrize(
    "arguments",
    [["-n", "2"], ["-p", "randomly", "-p", "no:xdist", "-p", "no:cacheprovider"], ["-p", "no:randomly"]],
    ids=["xdist", "random", "in order"],
)
def test_tests_do_not_disturb_each_other(pytester, arguments):
    """Under xdist, in random order and in the file's, every test has a mock to itself."""
    pytester.makepyfile(MANY)
    pytester.runpytest("-W", "error", *arguments).assert_outcomes(passed=13)


def test_an_unrelated_run_loads_nothing_heavy(pytester):
    """A run that uses nothing of this imports neither botocore nor cryptography nor wrapt."""
    pytester.makepyfile("""
        import sys

        def test_a(request):
            assert request.config.pluginmanager.hasplugin("kms_import")
            assert not {"botocore", "cryptography", "wrapt"} & set(sys.modules)
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_an_unrelated_test_is_not_in_a_mock(run):
    """Without fixture, marker or decorator, nothing is patched."""
    run(
        """
        from pytest_kmsimport._active import active

        def test_a(request):
            assert "kms_import_mock" not in request.fixturenames
            assert active() is None
        """
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize("order", ["mock_kms_import\n    @pytest.fixture", "pytest.fixture\n    @mock_kms_import"])
def test_the_decorator_stands_below_fixture(run, order):
    """Above @pytest.fixture the decorator says so when the file is collected; below, it works."""
    result = run(f"""
    import boto3, pytest
    from pytest_kmsimport import mock_kms_import

    @{order}
    def keys():
        yield boto3.client("kms").list_keys()["Keys"]

    def test_a(keys):
        assert keys == []
    """)
    if order.startswith("pytest"):
        result.assert_outcomes(passed=1)
    else:
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*TypeError: @mock_kms_import stands above @pytest.fixture*"])


# Cases of faults


@pytest.fixture
def run_with_a_case(run):
    """Run a test of CreateKey that has the case of a refusal as a parameter."""

    def run_test(name, arguments, body, more=""):
        return run(
            f"""
            import pytest
            from pytest_kmsimport import faults

            @pytest.mark.parametrize("{name}", faults.catalogue("CreateKey", kinds="http"){more})
            def test_a({arguments}):
                {body}
            """
        )

    return run_test


CREATE = "kms_import_client.create_key()"


def test_a_forgotten_indirect_is_refused(run_with_a_case):
    """Without it the parameter takes the fixture's place and nothing is planned: no such test passes, or begins."""
    result = run_with_a_case("kms_fault", "kms_fault, kms_import_client", f"{CREATE}; print('has begun')")
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["*fault of CreateKey-html-502: indirect=True is missing; write @pytest.mark.par*"])
    result.stdout.no_fnmatch_line("*has begun*")


@pytest.mark.parametrize("more", ["", ", indirect=True"], ids=["bare", "through a fixture"])
def test_a_case_under_another_name_that_nobody_plans_is_refused(run, run_with_a_case, pytester, more):
    """The test makes the very call that the case is about, no fault is planned, and it passes: that proves nothing."""
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef trouble(request):\n    return request.param")
    result = run_with_a_case("trouble", "trouble, kms_import_client", CREATE, more)
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        ["*fault of CreateKey-html-502: only the fixture kms_fault does, not 'trouble'*inject(trouble.fault, on=trou*"]
    )


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (
            "case, kms_import_client, kms_import_mock",
            f"kms_import_mock.inject(case.fault, case.operation, times=1); {CREATE}",
        ),
        (
            "case, kms_import_client, kms_import_mock",
            f"kms_import_mock.inject(case.fault, nth=9, must_strike=False); {CREATE}",
        ),
        ("case, kms_import_client", "kms_import_client.list_keys(); assert case.expect(kms_import_client)"),
        ("case", "assert case.operation == 'CreateKey'"),
    ],
    ids=["planned by hand", "planned, never due", "another operation", "no mock"],
)
def test_a_case_may_be_used_by_hand(run_with_a_case, arguments, body):
    """Who plans it, or only asks it what a client would see, is let alone."""
    run_with_a_case("case", arguments, body).assert_outcomes(passed=4)

"""Mocks that live longer than a test: ``kms_import_session_mock``, and ``mock.restoring()`` around each test."""

from __future__ import annotations

import boto3  # noqa: F401  loaded once, and not again for every run within this process
import pytest

from pytest_kmsimport import FaultNeverStruck, NotOffered, SecretLeaked, mock_kms_import
from pytest_kmsimport.faults import Refusal

from ..support.fuzz_world import fingerprint


@pytest.fixture
def run(pytester):
    """Run a test file in this process, with warnings as errors, and give the result."""

    def run_file(source, *arguments):
        pytester.makepyfile(source)
        return pytester.runpytest("-W", "error", *arguments)

    return run_file


# A block that is undone


def test_a_block_is_undone(kms_import_mock, kms):
    """KMS keys, calls, the clock and planned faults are as they were, also of a block that fails."""
    kms_import_mock.clock.freeze()
    kms_import_mock.create_key()
    before, now = fingerprint(kms_import_mock), kms_import_mock.clock.now()
    for failure in (None, KeyError):
        with pytest.raises(KeyError) if failure else kms_import_mock.restoring(), kms_import_mock.restoring():
            kms.create_key()
            kms_import_mock.clock.advance(days=1)
            kms_import_mock.inject(Refusal("ThrottlingException"), must_strike=False)
            if failure is not None:
                raise failure
        assert fingerprint(kms_import_mock) == before
        assert (kms_import_mock.clock.now(), list(kms_import_mock.calls), kms_import_mock.plans) == (now, [], ())


def test_a_fault_that_never_struck_fails_the_block(kms_import_mock):
    """One that was planned in it, and not one around it."""
    kms_import_mock.inject(Refusal("ThrottlingException"), "Encrypt", must_strike=False)
    with pytest.raises(FaultNeverStruck, match="CreateKey"), kms_import_mock.restoring():
        kms_import_mock.inject(Refusal("ThrottlingException"), "CreateKey")
    assert len(kms_import_mock.plans) == 1
    assert not kms_import_mock.plans[0].ended


def test_a_complaint_fails_the_block(kms_import_mock):
    """Though the code under test has swallowed it; what the block fails with itself comes first."""
    with pytest.raises(NotOffered), kms_import_mock.restoring(), pytest.raises(NotOffered):
        kms_import_mock.client().describe_key(KeyId="alias/aws/unknown")
    assert not kms_import_mock.complaints
    with pytest.raises(KeyError), kms_import_mock.restoring():  # noqa: PT012  it is about the whole block
        kms_import_mock.inject(Refusal("ThrottlingException"), "CreateKey")
        raise KeyError


def test_the_next_block_hears_nothing_of_a_complaint(kms_import_mock):
    """That a block has failed with, or in spite of which it has failed with something else."""
    with pytest.raises(NotOffered), kms_import_mock.restoring():
        kms_import_mock.client().describe_key(KeyId="alias/aws/unknown")
    with pytest.raises(KeyError), kms_import_mock.restoring():  # noqa: PT012  it is about the whole block
        with pytest.raises(NotOffered):
            kms_import_mock.client().describe_key(KeyId="alias/aws/unknown")
        raise KeyError
    with kms_import_mock.restoring():
        kms_import_mock.create_key()
    assert not kms_import_mock.complaints


def test_a_complaint_from_before_fails_one_block(kms_import_mock):
    """As a test of pytest fails with what a fixture of wider scope has swallowed."""
    with pytest.raises(NotOffered):
        kms_import_mock.client().describe_key(KeyId="alias/aws/unknown")
    with pytest.raises(NotOffered), kms_import_mock.restoring():
        pass
    with kms_import_mock.restoring():
        kms_import_mock.create_key()


def test_a_leak_fails_the_block():
    """With the option that looks for leaks."""
    with mock_kms_import(check_leaks=True) as mock, pytest.raises(SecretLeaked), mock.restoring():  # noqa: PT012
        material = bytes(range(32))
        mock.import_key(material)
        mock.client().create_key(Description=material.hex())


# The mock of the session


def test_tests_of_a_session_share_a_mock(run):
    """Each begins where the fixtures of wider scope have left it, whatever the tests before it have done."""
    run(
        """
        import boto3, pytest
        from pytest_kmsimport import KmsImportMock
        from pytest_kmsimport._active import active

        MADE = []

        @pytest.fixture(scope="session")
        def key(kms_import_session_mock):
            MADE.append(kms_import_session_mock.import_key())
            return MADE[-1]

        @pytest.fixture(autouse=True)
        def of_each_test(kms_import_session_mock):
            assert len(boto3.client("kms").list_keys()["Keys"]) == len(MADE)
            boto3.client("kms").create_key()

        @pytest.mark.parametrize("turn", [1, 2])
        def test_a(kms_import_session_mock, key, turn):
            assert isinstance(kms_import_session_mock, KmsImportMock) and active() is kms_import_session_mock
            kms = boto3.client("kms")
            assert len(kms.list_keys()["Keys"]) == 2
            assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "Enabled"
            kms.schedule_key_deletion(KeyId=key.id)
            kms_import_session_mock.clock.advance(days=90)
            assert len(kms_import_session_mock.calls) == 5

        @pytest.fixture(scope="module")
        def of_the_module(kms_import_session_mock):
            MADE.append(kms_import_session_mock.import_key())

        class TestB:
            def test_b(self, of_the_module):
                assert len(boto3.client("kms").list_keys()["Keys"]) == 3

            def test_c(self):
                assert len(boto3.client("kms").list_keys()["Keys"]) == 3
        """,
        "-p",
        "no:randomly",
    ).assert_outcomes(passed=4)


def test_the_session_mock_ends_with_the_session(run):
    """And takes its options from the ini file."""
    result = run(
        """
        import pytest
        from pytest_kmsimport._active import active

        @pytest.fixture(scope="session", autouse=True)
        def at_the_end():
            yield
            assert active() is None

        def test_a(kms_import_session_mock):
            assert kms_import_session_mock.region == "eu-west-3"
        """,
        "-o",
        "kms_import_region=eu-west-3",
    )
    result.assert_outcomes(passed=1)


def test_what_the_mock_has_against_a_test_fails_that_test(run):
    """Complaints, and faults that never struck, are told at the end of the test that they are of."""
    result = run(
        """
        import boto3
        from pytest_kmsimport import faults

        def test_a(kms_import_session_mock):
            try:
                boto3.client("kms").describe_key(KeyId="alias/aws/unknown")
            except AssertionError:
                pass

        def test_b(kms_import_session_mock):
            kms_import_session_mock.inject(faults.Refusal("ThrottlingException"), "CreateKey")

        def test_c(kms_import_session_mock):
            boto3.client("kms").create_key()
        """,
        "-p",
        "no:randomly",
    )
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_a*",
            "*alias/aws/unknown is not offered*",
            "*ERROR at teardown of test_b*",
            "*never struck*",
        ]
    )


@pytest.mark.parametrize(
    "asks",
    [
        "def test_a(kms_import_session_mock, kms_import_mock): pass",
        "def test_a(kms_import_client, kms_import_session_mock): pass",
        "def test_a(kms_import_session_mock, kms_import_server): pass",
        "@pytest.mark.kms_import(region='eu-west-1')\ndef test_a(kms_import_session_mock): pass",
        "@pytest.mark.kms_fault(faults.ReadTimeout())\ndef test_a(kms_import_session_mock): pass",
        "@pytest.fixture(autouse=True)\ndef every(kms_import_session_mock): pass\ndef test_a(kms_import_mock): pass",
    ],
)
def test_two_mocks_in_one_test_are_misuse(run, asks):
    """Nobody could tell which of them answers: the test says so, and what to write."""
    result = run(f"import pytest\nfrom pytest_kmsimport import faults\n{asks}\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*This test has kms_import_session_mock, and asks for kms_import_mock too*"])


def test_a_mock_of_one_test_beside_that_of_the_session(run):
    """Tests that do not ask for the latter have their own, and it is empty; those that do share it."""
    run(
        """
        import boto3, pytest
        from pytest_kmsimport import mock_kms_import

        def test_a(kms_import_session_mock):
            boto3.client("kms").create_key()

        def test_b(kms_import_mock):
            assert boto3.client("kms").list_keys()["Keys"] == []

        @mock_kms_import
        def test_c():
            assert boto3.client("kms").list_keys()["Keys"] == []
            boto3.client("kms").create_key()

        @mock_kms_import
        class TestD:
            def test_d(self):
                assert boto3.client("kms").list_keys()["Keys"] == []
                boto3.client("kms").create_key()

        @pytest.fixture(scope="session")
        def key(kms_import_session_mock):
            kms_import_session_mock.create_key()

        @mock_kms_import
        def test_e(kms_import_session_mock, key):
            assert len(boto3.client("kms").list_keys()["Keys"]) == 1
        """,
        "-p",
        "no:randomly",
    ).assert_outcomes(passed=5)


def test_the_report_of_another_test_is_without_its_calls(run):
    """Of one that fails and has nothing to do with it; of those that have, it tells the test's own."""
    result = run(
        """
        import boto3, pytest

        @pytest.fixture(scope="session", autouse=True)
        def key(kms_import_session_mock):
            boto3.client("kms").create_key()

        def test_a(kms_import_session_mock):
            boto3.client("kms").list_keys()
            assert False
        """,
        "-p",
        "no:randomly",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*KMS calls*", "*CreateKey*", "*ListKeys*"])
    result = run(
        """
        import boto3, pytest

        @pytest.fixture(scope="session")
        def key(kms_import_session_mock):
            boto3.client("kms").create_key()

        def test_a(key):
            pass

        def test_b():
            assert False
        """,
        "-p",
        "no:randomly",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*KMS calls*")


def test_a_seed_begins_anew_for_each_test_of_the_session(run):
    """So that their order does not matter."""
    run(
        """
        import boto3, pytest
        seen = set()

        @pytest.fixture(scope="session")
        def key(kms_import_session_mock):
            return kms_import_session_mock.import_key()

        @pytest.mark.parametrize("turn", [1, 2, 3])
        def test_a(key, turn):
            seen.add(boto3.client("kms").create_key()["KeyMetadata"]["KeyId"])
            assert len(seen) == 1
        """,
        "-o",
        "kms_import_seed=7",
    ).assert_outcomes(passed=3)

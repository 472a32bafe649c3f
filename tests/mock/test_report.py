"""What a failed test shows of its calls to KMS."""

from __future__ import annotations

import os
import re
from datetime import datetime, timezone

import pytest
from botocore.config import Config

from pytest_kmsimport import faults
from pytest_kmsimport._reporting.call_table import coloured, report_of
from pytest_kmsimport.engine.failures import PAGE

FAILING = """
    import boto3, pytest
    from pytest_kmsimport import mock_kms_import, wrap_key_material

    def ceremony(kms):
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        parameters = kms.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
        kms.import_key_material(
            KeyId=key_id, ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrap_key_material(parameters["PublicKey"], bytes(32), "RSAES_OAEP_SHA_1"),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
"""


@pytest.mark.parametrize(
    "test",
    [
        "def test_a(kms_import_mock):\n        ceremony(boto3.client('kms'))",
        "@mock_kms_import\n    def test_a():\n        ceremony(boto3.client('kms'))",
        "def test_a():\n        with mock_kms_import() as mock:\n            ceremony(mock.client())",
    ],
    ids=["fixture", "decorator", "context manager"],
)
def test_a_failed_test_shows_its_calls(pytester, test):
    """However it had its mock: what was asked, the outcome, and the diagnosis."""
    pytester.makepyfile(f"{FAILING}\n    {test}\n")
    result = pytester.runpytest()
    result.stdout.fnmatch_lines(
        [
            "*- KMS calls -*",
            "time     operation              key      outcome                    attempts",
            "* CreateKey              * ok, PendingImport          1",
            "* GetParametersForImport * ok                         1",
            "* ImportKeyMaterial      * InvalidCiphertextException 1",
            "*The blob opens with RSAES_OAEP_SHA_1, but this token was issued for*",
        ]
    )
    assert result.stdout.str().count("- KMS calls -") == 1


def test_a_passed_test_shows_nothing(pytester):
    """Nor does a failed one show the calls of the test before, or of a mock that nobody asked."""
    pytester.makepyfile(
        """
        def test_a(kms_import_client):
            kms_import_client.list_keys()

        def test_b():
            assert False

        def test_c(kms_import_mock):
            assert False
        """
    )
    result = pytester.runpytest("-rA", "-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=2)
    assert "KMS calls" not in result.stdout.str()


def test_it_reads_in_80_columns(kms, kms_import_mock):
    """Long names, long messages, aliases, multi-Region keys, but for a URL; earlier calls are counted."""
    key = kms_import_mock.import_key(MultiRegion=True)
    for _ in range(30):
        kms.generate_data_key_pair_without_plaintext(KeyId=key.arn, KeyPairSpec="ECC_NIST_P256")
    for identifier in ("alias/a-long-name-of-a-key", "fake-key-id"):
        with pytest.raises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId=identifier)
    lines = report_of(kms_import_mock.calls).splitlines()
    assert max(len(line) for line in lines if not line.startswith("https://")) <= 80
    assert lines[1].strip() == "(2 earlier calls)"
    assert key.id.removeprefix("mrk-")[:8] in lines[2]
    assert any(" alias/a-long- NotFoundException " in line for line in lines)
    assert any("Alias arn:aws:kms:us-east-1:123456789012:alias/a-long-name" in line for line in lines)


def test_it_leads_to_the_page_about_refusals(kms, kms_import_mock):
    """Where there is a diagnosis, once; a report of calls that have succeeded says nothing of it."""
    kms.list_keys()
    assert PAGE not in report_of(kms_import_mock.calls)
    for _ in range(2):
        with pytest.raises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId="alias/none")
    assert report_of(kms_import_mock.calls).splitlines()[-1] == f"{PAGE}#refusals"


def test_it_shows_no_secret(kms, kms_import_mock):
    """Neither of requests nor of answers."""
    secret = os.urandom(24).hex()
    key = kms_import_mock.import_key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=secret.encode())["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    assert secret not in report_of(kms_import_mock.calls)


def test_faults_have_a_column(kms_import_mock):
    """Each once, with how often it struck; what has no room is told below, and what was planned at the end."""
    kms = kms_import_mock.client(config=Config(retries={"mode": "standard"}))
    kms_import_mock.inject([faults.ReadTimeout(), faults.AnswerLost(faults.ConnectionReset())], on="CreateKey")
    kms_import_mock.inject(faults.ReadTimeout(), on="Encrypt", probability=0.5, seed=7, must_strike=False)
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    with kms_import_mock.inject(faults.ReadTimeout()), pytest.raises(Exception, match="Read timeout"):
        kms.get_key_rotation_status(KeyId=key_id)
    lines = report_of(kms_import_mock.calls, kms_import_mock.plans).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[1:] == ["CreateKey", key_id[:8], "ok,", "Enabled", "read-timeout,", "~", "3"]
    assert lines[2].strip() == "read-timeout, answer-lost-connection-reset"
    assert "3 x read-timeo~ 3" in lines[3]
    assert lines[-5] == "planned faults"
    assert "probability=0.5, seed=7: struck 0 of 0 attempts" in " ".join(line.strip() for line in lines[-4:])


def test_a_repeated_call_is_explained(kms, kms_import_mock):
    """A refusal that comes from botocore's own second attempt says so."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms_import_mock.inject(faults.AnswerLost(), on="ScheduleKeyDeletion", times=1)
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.schedule_key_deletion(KeyId=key_id)
    assert kms_import_mock.calls[-1].diagnosis.startswith("An earlier attempt at this call was carried out")
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.schedule_key_deletion(KeyId=key_id)
    assert kms_import_mock.calls[-1].diagnosis.startswith("The KMS key will be deleted at")


def test_colours_say_what_went_wrong(kms, kms_import_mock):
    """Green, red, and yellow for faults; without the colours it is the same text."""
    kms_import_mock.inject(faults.Refusal("AccessDeniedException"), on="ListKeys")
    kms.create_key()
    with pytest.raises(Exception, match="not authorized"):
        kms.list_keys()
    text = report_of(kms_import_mock.calls)
    shown = coloured(text)
    created, listed = (line for line in shown.splitlines() if line[:1].isdigit())
    assert "\x1b[32mok, Enabled" in created
    assert "\x1b[31mAccessDeniedException" in listed
    assert "\x1b[33mAccessDeniedException" in listed
    for code in (0, 1, 31, 32, 33):
        shown = shown.replace(f"\x1b[{code}m", "")
    assert shown == text


@pytest.mark.parametrize("options", [[], ["-n1"]], ids=["alone", "xdist"])
def test_the_terminal_decides_about_colours(pytester, options):
    """With colours where it has them, and without elsewhere, also from a worker of pytest-xdist."""
    pytester.makepyfile("def test_a(kms_import_client):\n    kms_import_client.list_keys()\n    assert False")
    assert "\x1b[32mok" in pytester.runpytest("--color=yes", *options).stdout.str()
    if not options:
        assert "\x1b" not in pytester.runpytest("--color=no").stdout.str()


def test_junit_xml_has_the_diagnoses(pytester):
    """As properties of the test case, for failed tests alone."""
    pytester.makepyfile(f"{FAILING}\n    def test_a(kms_import_mock):\n        ceremony(boto3.client('kms'))\n")
    pytester.runpytest("--junit-xml=report.xml")
    xml = (pytester.path / "report.xml").read_text()
    assert '<property name="kms_import_calls" value="3"' in xml
    assert 'name="kms_import_refusal" value="ImportKeyMaterial: InvalidCiphertextException - The blob opens' in xml


def test_junit_xml_has_what_failed_at_the_end(pytester):
    """Where a planned fault never struck, the calls are there too."""
    pytester.makepyfile(
        """
        from pytest_kmsimport import faults

        def test_a(kms_import_mock, kms_import_client):
            kms_import_mock.inject(faults.ReadTimeout(), on="Encrypt")
            kms_import_client.list_keys()
        """
    )
    pytester.runpytest("--junit-xml=report.xml")
    assert '<property name="kms_import_calls" value="1"' in (pytester.path / "report.xml").read_text()


@pytest.mark.kms_import(strict_tokens=True)
def test_a_repeated_import_is_explained(kms, kms_import_mock, make_key, import_material):
    """With tokens that are good once, botocore's second attempt at an import is refused."""
    kms_import_mock.inject(faults.AnswerLost(), on="ImportKeyMaterial", times=1)
    with pytest.raises(kms.exceptions.InvalidImportTokenException):
        import_material(make_key(), os.urandom(32))
    assert kms_import_mock.calls[-1].diagnosis.startswith("An earlier attempt at this call was carried out")


def test_another_day_has_its_date(kms, kms_import_mock):
    """An hour later reads as an hour later, and 25 hours later as the next day."""
    kms_import_mock.clock.move_to(datetime(2030, 5, 17, 9, 30, tzinfo=timezone.utc))
    kms_import_mock.clock.freeze()
    kms.list_keys()
    kms_import_mock.clock.advance(hours=1)
    kms.list_aliases()
    assert "---" not in report_of(kms_import_mock.calls)
    kms_import_mock.clock.advance(hours=24)
    kms.create_key()
    lines = [line[:20].rstrip() for line in report_of(kms_import_mock.calls).splitlines()[1:]]
    assert lines == [
        "--- 2030-05-17 ---",
        "09:30:00 ListKeys",
        "10:30:00 ListAliases",
        "--- 2030-05-18 ---",
        "10:30:00 CreateKey",
    ]


def test_two_mocks_are_told_apart(pytester):
    """The decorator with options has a mock of its own beside the fixture's; each table says whose it is."""
    pytester.makepyfile(
        """
        import boto3, pytest
        from pytest_kmsimport import mock_kms_import

        @pytest.fixture
        def key(kms_import_client):
            return kms_import_client.list_keys()

        @mock_kms_import(region="eu-west-3", journal_size=9)
        def test_a(key):
            boto3.client("kms").list_aliases()
            with mock_kms_import(strict_tokens=True) as mock:
                mock.client().create_key()
            assert False
        """
    )
    result = pytester.runpytest("--color=yes")
    text = re.sub("\x1b\\[[0-9;]*m", "", result.stdout.str())
    titles = [line.strip(" -") for line in text.splitlines() if "KMS calls" in line]
    assert sorted(titles) == [
        "KMS calls of kms_import_mock",
        "KMS calls of mock_kms_import(region='eu-west-3', journal_size=9)",
        "KMS calls of mock_kms_import(strict_tokens=True)",
    ]
    assert result.stdout.str().count("\x1b[32mok") == 3

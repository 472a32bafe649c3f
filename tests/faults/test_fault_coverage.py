"""Fault coverage of a test run."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import botocore
import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport import faults, mock_kms_import
from pytest_kmsimport._reporting.fault_coverage import Exercised, _counted_as
from pytest_kmsimport._service.journal import watchers
from pytest_kmsimport.faults._catalogue import everything

TESTS = """
    import pytest
    from pytest_kmsimport import faults

    def test_throttled(kms_import_mock, kms_import_client):
        kms_import_mock.inject(faults.Refusal("ThrottlingException"), on="DescribeKey", times=1)
        kms_import_client.describe_key(KeyId=kms_import_mock.import_key().id)

    def test_unknown(kms_import_client):
        with pytest.raises(Exception):
            kms_import_client.describe_key(KeyId="fake")

    def test_slow(kms_import_mock, kms_import_client):
        kms_import_mock.inject(faults.Slow(7), on="GenerateRandom")
        kms_import_mock.inject(faults.AnswerLost(faults.HtmlAnswer()), on="GenerateRandom", times=1)
        kms_import_client.generate_random(NumberOfBytes=8)
"""


@pytest.fixture
def run(pytester):
    """Run the tests above."""
    pytester.makepyfile(TESTS)

    def run_with(*options):
        return pytester.runpytest("-p", "no:randomly", *options)

    return run_with


@pytest.mark.parametrize("options", [[], ["-n2"]], ids=["alone", "xdist"])
def test_the_report(run, options):
    """What was struck on purpose and what AWS KMS refused by itself count; what is left is named, with totals."""
    output = run("--kms-import-coverage-missing", *options).stdout.str()
    report = output[output.index("KMS fault coverage") :]
    described = re.search(r"DescribeKey: 2 of (\d+)\n    exercised: ThrottlingException, NotFoundException\n", report)
    assert described
    random = re.search(r"GenerateRandom: 2 of (\d+)\n    exercised: answer-lost, slow-5s\n    not exercised: ", report)
    assert random
    possible = int(described[1]) + int(random[1])
    assert f"total: 4 of {possible}, {400 / possible:.0f} %, in 2 operations" in report
    assert max(map(len, report.splitlines()[1:-1])) <= 80


def test_nothing_is_said_unasked(run):
    """Nor is anything collected."""
    assert "fault coverage" not in run().stdout.str()


@pytest.mark.parametrize("options", [[], ["-n1"]], ids=["alone", "xdist"])
def test_the_floor(run, options):
    """A run below it fails, although all tests pass; a run that reaches it does not."""
    below = run("--kms-import-coverage-fail-under=50", *options)
    below.assert_outcomes(passed=3)
    assert below.ret == 1
    below.stdout.re_match_lines([r"KMS fault coverage is \d+\.\d %, below the floor of 50 %\."])
    assert options or run("--kms-import-coverage-fail-under=4").ret == 0


def test_no_operation(pytester):
    """A run without AWS KMS has nothing to report and reaches no floor: its fixtures may have got lost."""
    pytester.makepyfile("def test_a(): pass")
    result = pytester.runpytest("--kms-import-coverage", "--kms-import-coverage-fail-under=90")
    result.stdout.fnmatch_lines(
        [
            "No operation of AWS KMS was called.",
            "KMS fault coverage is 0.0 % (no operation of AWS KMS was called), below the floor of 90 %.",
        ]
    )
    assert result.ret == 1
    assert pytester.runpytest("--kms-import-coverage-fail-under=90", "--collect-only").ret == 0


@pytest.mark.parametrize("floor", ["150", "-1", "nan", "most"])
def test_a_floor_that_is_none(pytester, floor):
    """What no run can reach, or every run does, is refused before any test."""
    result = pytester.runpytest(f"--kms-import-coverage-fail-under={floor}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*'{floor}' is no share of what can go wrong; write a number from 0 to 100*"])


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (faults.Slow(7), "slow-5s"),
        (faults.Slow(70), "slow-90s"),
        (faults.HtmlAnswer(504), "html-502"),
        (faults.HtmlAnswer(503), "html-503"),
        (faults.AnswerLost(faults.ConnectionReset()), "answer-lost"),
        (faults.Refusal("ThrottlingException", "slow down"), "ThrottlingException"),
        (faults.meanwhile(print), "meanwhile-print"),
    ],
)
def test_what_a_fault_counts_as(fault, name):
    """What is not in the catalogue itself counts as the nearest that is; another's own action as nothing."""
    assert _counted_as(fault, "ImportKeyMaterial") == name


class Grid(HTMLParser):
    """The table of a page: the class of each cell by operation."""

    def __init__(self):
        super().__init__()
        self.columns = []
        self.rows = {}
        self.links = []
        self._tag = ""

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.links += [value for name, value in attrs if name in {"src", "href"}]
        self._tag = "row" if attributes.get("scope") == "row" else tag
        if tag == "td" and attributes["class"] != "share":
            list(self.rows.values())[-1].append(attributes["class"])

    def handle_data(self, data):
        if self._tag == "span" and "\n" not in data and not self.rows:
            self.columns.append(data)
        elif self._tag == "row":
            self.rows[data] = []
        self._tag = ""


def test_the_page(run, pytester):
    """Operations by faults, with every cell, and nothing from elsewhere."""
    run("--kms-import-coverage-html=faults.html").stdout.fnmatch_lines(["*written to faults.html"])
    text = (pytester.path / "faults.html").read_text()
    grid = Grid()
    grid.feed(text[text.index("<table>") :])
    assert list(grid.rows) == ["DescribeKey", "GenerateRandom"]
    cells = {name: dict(zip(grid.columns, row, strict=True)) for name, row in grid.rows.items()}
    assert [name for name, state in cells["DescribeKey"].items() if state == "done"] == [
        "ThrottlingException",
        "NotFoundException",
    ]
    assert cells["DescribeKey"]["stale-read"] == "open"
    assert cells["GenerateRandom"]["stale-read"] == "none"
    assert not grid.links
    assert "http" not in re.sub(r"http \d+/\d+</th>", "", text)


def test_the_page_makes_its_folders(pytester):
    """It stands below the folder in which pytest began, although a test has gone to another one."""
    pytester.mkdir("elsewhere")
    pytester.makepyfile("import os\ndef test_a(kms_import_client):\n    os.chdir('elsewhere')")
    result = pytester.runpytest("--kms-import-coverage-html=new/folder/faults.html")
    assert result.ret == 0
    assert (pytester.path / "new" / "folder" / "faults.html").read_text().startswith("<!doctype html>")


def test_a_page_that_cannot_be_written(pytester):
    """The run keeps its summary, says why, and fails."""
    pytester.makepyfile("def test_a(): pass")
    pytester.mkdir("taken")
    result = pytester.runpytest("--kms-import-coverage-html=taken", "--kms-import-coverage")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "No operation of AWS KMS was called.",
            "KMS coverage could not be written to taken: IsADirectoryError: Is a directory.",
        ]
    )
    assert result.ret == 1


def test_what_is_missing_is_said_on_demand_and_once(run):
    """Without the option no missing fault is named; with it, what all operations miss stands in one place."""
    assert "not exercised" not in run("--kms-import-coverage").stdout.str()
    output = run("--kms-import-coverage-missing").stdout.str()
    assert output.count("read-timeout") == 1
    assert re.search(r"by kind: refusal 2 of \d+, denial 0 of 7, http 0 of 8, network 0 of \d+", output)


def test_a_real_denial_counts_as_what_it_is():
    """What policies and grants decide is as good as a planned fault."""
    exercised = Exercised()
    with mock_kms_import(grants_spread_seconds=300) as mock:
        key = mock.import_key()
        watchers.append(exercised.note)
        try:
            alice = mock.principal("arn:aws:iam::123456789012:user/Alice")
            mock.client().create_grant(KeyId=key.id, GranteePrincipal=alice.arn, Operations=["DescribeKey"])
            needs = {"StringEquals": {"kms:EncryptionContext:a": "b"}}
            mock.allow("kms:Encrypt", principal=alice, condition=needs)
            mock.deny("kms:Decrypt", principal=alice)
            for call in (
                lambda kms: kms.describe_key(KeyId=key.id),
                lambda kms: kms.encrypt(KeyId=key.id, Plaintext=b"x"),
                lambda kms: kms.decrypt(KeyId=key.id, CiphertextBlob=b"x"),
                lambda kms: kms.list_keys(),
            ):
                with pytest.raises(ClientError, match="AccessDenied"):
                    call(alice.client())
        finally:
            watchers.remove(exercised.note)
    counted = {row.operation: set(row.exercised) - {"AccessDeniedException"} for row in exercised.rows()}
    assert {operation: names for operation, names in counted.items() if names} == {
        "DescribeKey": {"grant-not-spread"},
        "Encrypt": {"condition-unmet"},
        "Decrypt": {"explicit-deny"},
        "ListKeys": {"no-statement"},
    }


def test_errors_of_custom_key_stores_do_not_count():
    """No imported key is in one; what has gone wrong with their own operations counts."""
    exercised = Exercised()
    exercised.add({"CreateKey": {}, "CreateCustomKeyStore": {}})
    of_keys, of_stores = sorted(exercised.rows(), key=lambda row: "CustomKeyStore" in row.operation)
    assert "XksKeyNotFoundException" in {fault.id for fault in everything("CreateKey")}
    assert not [name for name in of_keys.possible if name.startswith(("Xks", "CustomKeyStore", "CloudHsm"))]
    assert {"CustomKeyStoreNameInUseException", "XksProxyUriUnreachableException"} <= set(of_stores.possible)


def test_what_counts_can_be_chosen(run, pytester):
    """By operation, kind, fault or both, in the ini file; what is left out is in no total."""
    pytester.makeini(
        "[pytest]\nkms_import_coverage_include =\n    Describe*\nkms_import_coverage_exclude =\n    network\n"
        "    DescribeKey-stale-read\n    DependencyTimeout*"
    )
    run("--kms-import-coverage-json=a.json")
    data = json.loads((pytester.path / "a.json").read_text())
    assert list(data["operations"]) == ["DescribeKey"]
    assert "network" not in data["kinds"]
    assert not {"stale-read", "DependencyTimeoutException"} & set(data["operations"]["DescribeKey"]["missing"])
    assert "html-502" in data["operations"]["DescribeKey"]["missing"]


def test_a_pattern_that_fits_nothing(run, pytester):
    """A misspelt one would silently change what the floor means."""
    pytester.makeini("[pytest]\nkms_import_coverage_exclude = DescribKey")
    result = run("--kms-import-coverage")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'DescribKey' is nothing that can go wrong; write an operation*"])


@pytest.mark.parametrize("options", [[], ["-n2"]], ids=["alone", "xdist"])
def test_the_tests_are_named(run, pytester, options):
    """The page and the JSON say which tests have seen what, and with which versions."""
    run("--kms-import-coverage-json=a.json", "--kms-import-coverage-html=a.html", *options)
    data = json.loads((pytester.path / "a.json").read_text())
    (throttled,) = data["operations"]["DescribeKey"]["exercised"]["ThrottlingException"]
    assert throttled.endswith(".py::test_throttled")
    page = (pytester.path / "a.html").read_text()
    assert f"<dt>ThrottlingException</dt><dd>{throttled}</dd>" in page
    assert f"botocore {botocore.__version__}" in page
    assert data["made"]["date"][:4] in page

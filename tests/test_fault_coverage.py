"""Fault coverage of a test run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from pytest_kmsimport import faults
from pytest_kmsimport._coverage import _counted_as

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
        return pytester.runpytest_subprocess("-p", "no:randomly", *options)

    return run_with


@pytest.mark.parametrize("options", [[], ["-n2"]], ids=["alone", "xdist"])
def test_the_report(run, options):
    """What was struck on purpose and what AWS KMS refused by itself count; what is left is named, with totals."""
    output = run("--kms-import-coverage", *options).stdout.str()
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
    result = pytester.runpytest_subprocess("--kms-import-coverage", "--kms-import-coverage-fail-under=90")
    result.stdout.fnmatch_lines(
        [
            "No operation of AWS KMS was called.",
            "KMS fault coverage is 0.0 % (no operation of AWS KMS was called), below the floor of 90 %.",
        ]
    )
    assert result.ret == 1
    assert pytester.runpytest_subprocess("--kms-import-coverage-fail-under=90", "--collect-only").ret == 0


@pytest.mark.parametrize("floor", ["150", "-1", "nan", "most"])
def test_a_floor_that_is_none(pytester, floor):
    """What no run can reach, or every run does, is refused before any test."""
    result = pytester.runpytest_subprocess(f"--kms-import-coverage-fail-under={floor}")
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
    assert "http" not in text.replace("http</th>", "")


def test_the_page_makes_its_folders(pytester):
    """It stands below the folder in which pytest began, although a test has gone to another one."""
    pytester.mkdir("elsewhere")
    pytester.makepyfile("import os\ndef test_a(kms_import_client):\n    os.chdir('elsewhere')")
    result = pytester.runpytest_subprocess("--kms-import-coverage-html=new/folder/faults.html")
    assert result.ret == 0
    assert (pytester.path / "new" / "folder" / "faults.html").read_text().startswith("<!doctype html>")


def test_a_page_that_cannot_be_written(pytester):
    """The run keeps its summary, says why, and fails."""
    pytester.makepyfile("def test_a(): pass")
    pytester.mkdir("taken")
    result = pytester.runpytest_subprocess("--kms-import-coverage-html=taken", "--kms-import-coverage")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "No operation of AWS KMS was called.",
            "KMS fault coverage could not be written to taken: IsADirectoryError: Is a directory.",
        ]
    )
    assert result.ret == 1

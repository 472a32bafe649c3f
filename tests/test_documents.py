"""What README and docs say is run, and what they name exists."""

from __future__ import annotations

import re
from importlib.metadata import metadata
from importlib.util import find_spec

import pytest
import yaml

from pytest_kmsimport import faults
from pytest_kmsimport._mock.options import Options
from pytest_kmsimport.faults import Fault

from .support.coverage_table import table, table_in_the_manual
from .support.documents import DOCUMENTS, ROOT, blocks_in, headings
from .support.installed import NEWEST_MODEL

PAGES = sorted({*DOCUMENTS, *ROOT.glob("*.md"), *ROOT.glob("benchmarks/*.md")})
ISSUE_FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
LINK = re.compile(r"\]\((?!https?://)(?P<file>[^)#]*)#?(?P<heading>[^)]*)\)")
RUN = re.compile(r"python3? -m ((?:tests|benchmarks)[\w.]*)")
SCRIPT = re.compile(r"(?<![\w/])\.ci/\w+(?:\.py)?")
PYTHON = "Programming Language :: Python :: 3."
TEST = re.compile(r"`(tests/[\w/]+\.(?:py|txt))(?:::(\w+))?`")
ROW = re.compile(r"^\| (?P<behaviour>.+?) \| (?P<evidence>.+?) \| (?P<test>.+) \|$", re.MULTILINE)
ASSUMED = re.compile(r"^\| A(?P<number>\d+) \| .+? \| (?P<calls>.+?) \| `tests/", re.MULTILINE)
KINDS = ("recorded (2026)", "recorded (2020-2025)", "documented", "observed")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_python_in_a_document_runs(document, pytester):
    """Each block is a test file of its own; ``tests/aio`` has those that want aiobotocore."""
    blocks = blocks_in(document, asynchronous=False)
    for number, block in enumerate(blocks):
        pytester.makepyfile(**{f"test_block_{number}": block})
    if blocks:
        outcomes = pytester.runpytest_subprocess("-p", "no:cacheprovider").parseoutcomes()
        assert set(outcomes) == {"passed"}
        assert outcomes["passed"] >= len(blocks)


@pytest.mark.skipif(not NEWEST_MODEL, reason="the table is that of the newest botocore")
def test_the_manual_tells_what_is_covered():
    """Every operation and member of the newest model; ``python -m tests.support.coverage_table`` writes the table."""
    assert table_in_the_manual() == table(), "run python -m tests.support.coverage_table"


def test_the_manual_lists_the_options():
    """With their defaults."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", (ROOT / "docs" / "options.md").read_text(), re.MULTILINE)
    options = {name: default.strip("`").strip('"') for name, default in rows if name in Options.__slots__}
    missing = sorted(set(Options.__slots__) - set(options))
    assert not missing, f"docs/options.md has no row for {missing}: | `name` | `default` | meaning |"
    for name, default in options.items():
        if name != "region":
            assert default == str(getattr(Options(), name)), name


def test_fidelity_names_tests_that_exist():
    """Every behaviour's test is there, by file and name."""
    named = TEST.findall((ROOT / "docs" / "fidelity.md").read_text())
    assert len(named) > 50
    for file, function in named:
        source = (ROOT / file).read_text()
        assert not function or re.search(rf"^(def|class) {function}[(:]", source, re.MULTILINE), f"{file}::{function}"


def fidelity() -> str:
    """The page that says what each behaviour rests on."""
    return (ROOT / "docs" / "fidelity.md").read_text()


def test_every_behaviour_rests_on_one_kind_of_evidence():
    """Recorded, documented or observed, and nothing in between; what is assumed is in a list of its own."""
    facts = fidelity().split("## On the wire")[1].split("## Not offered")[0]
    rows = [row for row in ROW.finditer(facts) if row["behaviour"] not in {"behaviour", "---"}]
    assert {row["evidence"] for row in rows} == set(KINDS)
    assert all(TEST.search(row["test"]) for row in rows)


def test_the_counts_of_evidence_are_true():
    """A reader can trust the numbers on the first screen."""
    text = fidelity()
    counted = {
        kind: len(re.findall(rf"^\| .+ \| {re.escape(kind)} \| .*`tests/", text, re.MULTILINE)) for kind in KINDS
    }
    counted["assumed"] = len(ASSUMED.findall(text))
    told = {row["behaviour"]: int(row["test"]) for row in ROW.finditer(text) if row["test"].isdigit()}
    assert told == counted


def test_what_is_assumed_is_numbered_and_says_what_would_settle_it():
    """From A1 on without a gap; the numbers in the text are among them."""
    rows = list(ASSUMED.finditer(fidelity()))
    assert [int(row["number"]) for row in rows] == list(range(1, len(rows) + 1))
    assert set(re.findall(r"\[A(\d+)\]", fidelity())) <= {row["number"] for row in rows}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page):
    """To a file that is there, and to a heading that it has."""
    for link in LINK.finditer(page.read_text()):
        target = page.parent / link["file"] if link["file"] else page
        assert target.exists(), link["file"]
        assert not link["heading"] or link["heading"] in headings(target), link["heading"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_name_what_is_there(page):
    """The modules and scripts of this repository that a page has its reader run."""
    text = page.read_text()
    assert [name for name in RUN.findall(text) if find_spec(name) is None] == []
    assert [name for name in SCRIPT.findall(text) if not (ROOT / name).is_file()] == []


def test_the_supported_pythons_are_the_same_everywhere():
    """In the classifiers, in README and in the matrix of the workflow."""
    classifiers = metadata("pytest-kmsimport").get_all("Classifier")
    minors = [int(line.removeprefix(PYTHON)) for line in classifiers if line.startswith(PYTHON)]
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert f"Python 3.{minors[0]} to 3.{minors[-1]}," in (ROOT / "README.md").read_text()
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in minors]


@pytest.mark.parametrize("form", ISSUE_FORMS, ids=lambda path: path.name)
def test_an_issue_form_asks_for_everything_it_needs(form):
    """Each of its fields has an id of its own and a label, and an answer is required."""
    fields = [part for part in yaml.safe_load(form.read_text())["body"] if part["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert len({field["attributes"]["label"] for field in fields}) == len(fields)
    assert all(field["validations"]["required"] for field in fields)


def test_every_text_has_a_letter_for_its_evidence():
    """A text of AWS's without one is a text that somebody has made up."""
    pages = ("messages.py", "key_store_messages.py")
    lines = [line for page in pages for line in (ROOT / "pytest_kmsimport" / "engine" / page).read_text().splitlines()]
    texts = [line for line in lines if re.match(r"[A-Z_]+ = ", line)]
    assert len(texts) > 100
    without = [line for line in texts if not re.search(r"  # [RDOEA]\b", line)]
    assert not without, f"end the line with what it rests on, such as '  # A' for an assumption: {without}"


def is_fault(thing: object) -> bool:
    """Whether it is a kind of fault that a user can plan."""
    return isinstance(thing, type) and issubclass(thing, Fault) and thing is not Fault


FAULTS = sorted(name for name in faults.__all__ if is_fault(getattr(faults, name)))


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_in_the_tables_of_kinds(name):
    """In that of docs/faults.md, and in the docstring that editors show."""
    guide = (ROOT / "docs" / "faults.md").read_text().partition("## What can go wrong")[2].partition("\n## ")[0]
    assert f"`{name}(" in guide, f"name `{name}()` in docs/faults.md, in the table of what can go wrong"
    assert f"``{name}``" in faults.__doc__, f"name ``{name}`` in the docstring of faults/__init__.py"


MODULES = sorted((ROOT / "pytest_kmsimport").rglob("*.py"))


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name != "__init__.py"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_architecture_has_every_module(path):
    """Whoever comes in cold finds each in a row of its folder."""
    inside = path.relative_to(ROOT / "pytest_kmsimport")
    folder = str(inside.parent) if inside.parent.name else inside.stem
    page = (ROOT / "docs" / "architecture.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith(f"| `{folder}` |")]
    assert any(f"`{path.name}`" in row for row in rows), f"name `{path.name}` in docs/architecture.md's row of {folder}"

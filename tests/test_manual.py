"""The manual has everything that users can name, and every page of it is found; ``.ci/docs`` builds it as a site."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from importlib.metadata import version

import pytest

import pytest_kmsimport
from pytest_kmsimport import faults
from pytest_kmsimport._command.command import _parser
from pytest_kmsimport._fixtures import INI
from pytest_kmsimport._mock.core import MockCore
from pytest_kmsimport.engine.failures import PAGE, Failure

from .support.documents import DOCUMENTS, ROOT, Lesson, headings

MANUAL = ROOT / "docs"
DIRECTIVE = re.compile(r"^\.\. auto\w+:: (\w+)", re.MULTILINE)
CHANGES = re.compile(r"\b\d\d:\d\d:\d\d\b|\b[0-9a-f]{8}\b|\bin [0-9.]+s")  # the time, a KMS key, how long it took
LESSONS = [path for path in DOCUMENTS if "```python\n# " in path.read_text() and "\n$ pytest" in path.read_text()]
PUBLIC = [getattr(pytest_kmsimport, name) for name in pytest_kmsimport.__all__]
TOPICS = [
    str(thing("")).rpartition("#")[2] for thing in PUBLIC if isinstance(thing, type) and issubclass(thing, Failure)
]
LISTED = re.compile(r"^\* \[.+\]\((\S+\.md)\): .", re.MULTILINE)


def commands() -> dict[str, ArgumentParser]:
    """The parts of the command, and what each takes."""
    (parts,) = _parser()._subparsers._group_actions
    return parts.choices


def page(name: str) -> str:
    """The text of a page."""
    return (MANUAL / name).read_text()


def test_the_index_lists_every_page():
    """Each once, with what it is for; the site makes its navigation of these lists."""
    listed = LISTED.findall(page("index.md"))
    pages = [str(path.relative_to(MANUAL)) for path in MANUAL.rglob("*.md") if path.name != "index.md"]
    assert sorted(listed) == sorted(pages), "name each page in docs/index.md: * [Title](page.md): what it is for"


def test_the_reference_has_every_public_name():
    """Those of the package each in a place of its own."""
    named = [name for name in DIRECTIVE.findall(page("api.md")) if name in pytest_kmsimport.__all__]
    assert sorted(named) == pytest_kmsimport.__all__, "write '.. autoclass:: Name' or so in docs/api.md"


@pytest.mark.parametrize("name", faults.__all__)
def test_the_reference_leaves_out_no_fault(name):
    """It has all of the module but for what it excludes: members that every fault has, and what has a place below."""
    text = page("api-faults.md")
    (excluded,) = re.findall(r":exclude-members: (.+)", text)
    assert name not in excluded.split(", ") or name in DIRECTIVE.findall(text)


@pytest.mark.parametrize("document", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_goes_as_it_says(document, tmp_path, monkeypatch):
    """From an empty folder, each run of pytest prints what the page says, in that order."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # the lesson changes a file twice in a second
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly -p no:cacheprovider")
    runs = 0
    for command, shown in Lesson(document, tmp_path).commands():
        if command.startswith("pytest"):
            run = [sys.executable, "-m", *shlex.split(command)]
            printed = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
            lines = iter(CHANGES.sub("~", printed).splitlines())
            for line in shown:
                assert CHANGES.sub("~", line) in lines, f"{line!r} does not follow, in {printed}"
            runs += 1
    assert runs


TODAYS_MOTO = tuple(map(int, version("moto").split(".")[:2])) > (5, 0)


def test_there_is_a_lesson():
    """The tutorial is one."""
    assert MANUAL / "tutorial.md" in LESSONS


@pytest.mark.skipif(not TODAYS_MOTO, reason="what an older moto answers is another story")
def test_the_suite_before_does_not_notice_a_wrong_hash(pytester):
    """With SHA1 in it moto's suite stays green, and four of five tests after fail, as docs/from-moto.md says."""
    suite = pytester.path / "migration_moto"
    shutil.copytree(ROOT / "examples" / "migration_moto", suite, ignore=shutil.ignore_patterns("__pycache__"))
    program = suite / "tenant_keys.py"
    program.write_text(program.read_text().replace("SHA256", "SHA1"))
    arguments = ["-o", "pythonpath=.", "-p", "no:cacheprovider"]
    before = pytester.runpytest_subprocess(*arguments, suite / "test_tenant_keys_with_moto.py")
    assert before.parseoutcomes() == {"passed": 3}
    after = pytester.runpytest_subprocess(*arguments, suite / "test_tenant_keys.py")
    assert after.parseoutcomes() == {"failed": 4, "passed": 1}


SEEN = {  # an option of pytest that lists them -> what they look like there, and in docs/options.md
    "--fixtures": (r"^(kms_\w+)", "`{}` (fixture)"),
    "--markers": (r"^@pytest\.mark\.(kms_\w+)", "`@pytest.mark.{}("),
    "--help": (r"^ +((?:--kms-import|kms_import_)[\w-]*)", "`{}"),
}


@pytest.mark.parametrize("option", SEEN)
def test_the_reference_has_all_that_pytest_lists(pytester, option):
    """Every fixture, marker, option and ini option; those of a mock have a table without the prefix."""
    listed, written = SEEN[option]
    names = set(re.findall(listed, "\n".join(pytester.runpytest(option).outlines), re.MULTILINE))
    assert len(names) > 1
    of_a_mock = {f"kms_import_{name}" for name in INI}
    missing = [name for name in sorted(names - of_a_mock) if written.format(name) not in page("options.md")]
    assert not missing, f"write a row for each in docs/options.md: {missing}"


@pytest.mark.parametrize("command", commands())
def test_the_reference_has_every_option_of_the_command(command):
    """Of each of its parts."""
    options = {name for action in commands()[command]._actions for name in action.option_strings} - {"-h", "--help"}
    section = page("options.md").partition("## The command\n")[2]
    missing = [name for name in sorted(options) if not re.search(rf"`{name}[ `]", section)]
    assert not missing, f"write a row for each in docs/options.md: {missing}"


def test_the_reference_has_what_a_mock_can_do():
    """Every method of the mock that users call; what the plugin and the interception ask for is in its core."""
    parts = [part for part in pytest_kmsimport.KmsImportMock.__mro__ if part.__module__ != MockCore.__module__]
    names = {name for part in parts[:-1] for name, value in vars(part).items() if name[0] != "_" and callable(value)}
    assert {"inject", "principal"} <= names
    listed = page("options.md")
    missing = [name for name in sorted(names) if f"`mock.{name}(" not in listed and f"`.{name}(" not in listed]
    assert not missing, f"write a row for each in docs/options.md: {missing}"


@pytest.mark.parametrize("topic", [*TOPICS, "misuse", "refusals"])
def test_every_failure_has_a_place_of_its_own(topic):
    """That its text leads to."""
    assert topic in headings(MANUAL / "failures.md"), f"docs/failures.md has no heading for {topic}"


def test_failures_lead_to_the_manual():
    """In the repository that the package names."""
    (repository,) = re.findall(r'^Repository = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert f"{repository}/blob/main/{(MANUAL / 'failures.md').relative_to(ROOT)}" == PAGE


def test_the_changelog_has_the_version():
    """With a date, and what comes next above it; docs/releasing.md says when."""
    released = re.findall(
        r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    (of_project,) = re.findall(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert released[0] == ("Unreleased", "")
    assert released[1][0] == of_project
    assert released[1][1]

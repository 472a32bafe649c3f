"""The manual has everything that users can name, and every page of it is found; ``.ci/docs`` builds it as a site."""

from __future__ import annotations

import re

import pytest

import pytest_kmsimport
from pytest_kmsimport import faults

from .support.documents import ROOT

MANUAL = ROOT / "docs"
DIRECTIVE = re.compile(r"^\.\. auto\w+:: (\w+)", re.MULTILINE)
LISTED = re.compile(r"^\* \[.+\]\((\S+\.md)\): .", re.MULTILINE)


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

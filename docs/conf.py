"""The manual as a site: Sphinx reads this folder's pages and the docstrings. ``.ci/docs`` builds it.

The pages are plain Markdown, as a code-hosting site shows them. What a site needs besides is made of them here: the
navigation of the lists in ``index.md``, and links to other files of the repository.
"""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
_INSTALLED = metadata("pytest-kmsimport")
_URLS = dict(line.split(", ") for line in _INSTALLED.get_all("Project-URL", []))
_LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
_PART = re.compile(r"^## (.+)\n((?:.*\n)+?)(?=## |\Z)", re.MULTILINE)

project = "pytest-kmsimport"
author = _INSTALLED["Author"]
copyright = author  # noqa: A001  Sphinx's name for it
version = release = _INSTALLED["Version"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["requirements.txt"]

myst_heading_anchors = 4  # those of a code-hosting site; a link to another one is a warning

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("Operation", "ErrorCode", "Kind", "PolicyDocument")}  # they are long
add_module_names = False
python_maximum_signature_line_length = 100

html_theme = "furo"
html_title = f"pytest-kmsimport {release}"
html_theme_options = {"source_repository": _URLS["Repository"], "source_branch": "main", "source_directory": "docs/"}
copybutton_prompt_text = "$ "


def prepare(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give a page what the site needs and a code-hosting site does not, before it is read."""
    folder = Path(app.srcdir, docname).parent
    text = _LINK.sub(lambda link: f"]({at_the_repository(folder, link[1])}", source[0])
    source[0] = _PART.sub(with_navigation, text) if docname == "index" else text


def at_the_repository(folder: Path, target: str) -> str:
    """Where a link leads that leaves the manual; one that leads nowhere stays, for Sphinx to complain of it."""
    path = (folder / target).resolve()
    if not path.exists() or path.is_relative_to(HERE):
        return target
    kind = "tree" if path.is_dir() else "blob"
    return f"{_URLS['Repository']}/{kind}/main/{path.relative_to(HERE.parent)}"


def with_navigation(part: re.Match[str]) -> str:
    """A part of the index, with the pages that it lists as a part of the navigation."""
    pages = "\n".join(re.findall(r"^\* \[.+?\]\((\S+)\.md\)", part[2], re.MULTILINE))
    return f"{part[0]}\n```{{toctree}}\n:hidden:\n:caption: {part[1]}\n\n{pages}\n```\n\n"


def setup(app: Sphinx) -> None:
    """What Sphinx asks this file for."""
    app.connect("source-read", prepare)

"""README and what else is read, with the Python in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
GLOBS = ("README.md", "docs/**/*.md", "examples/*.md", "examples/*/*.md")  # and not what npm installs
DOCUMENTS = [document for glob in GLOBS for document in sorted(ROOT.glob(glob))]
_BLOCK = re.compile(r"^```python\n(?!# \w+\.py\n)(.*?)^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def blocks_in(document: Path, *, asynchronous: bool) -> list[str]:
    """The blocks of Python that stand alone in a document, those that want aiobotocore or the others."""
    return [block for block in _BLOCK.findall(document.read_text()) if ("aiobotocore" in block) is asynchronous]


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in _HEADING.findall(page.read_text())}


class Lesson:
    """What the reader of a page does in an empty folder, block by block.

    A block of Python whose first line is ``# name.py`` is that file, a diff changes the file that has its lines, and a
    console has commands.
    """

    _STEP = re.compile(r"^```(python|diff|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    _COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)

    def __init__(self, document: Path, folder: Path) -> None:
        self._text = document.read_text()
        self._folder = folder

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Write and change files until a command comes, and give it with the lines that it is said to print."""
        for kind, text in self._STEP.findall(self._text):
            if kind == "console":
                for command, shown in self._COMMAND.findall(text):
                    yield command, [line for line in shown.splitlines() if line != "..."]
            elif kind == "diff":
                self._change(text.splitlines())
            elif text.startswith("# "):
                name, _, code = text.partition("\n")
                (self._folder / name.removeprefix("# ")).write_text(code)

    def _change(self, diff: list[str]) -> None:
        old, new = ("\n".join(line[1:] for line in diff if line.startswith(sign)) for sign in "-+")
        (file,) = [path for path in self._folder.glob("*.py") if old in path.read_text()]
        file.write_text(file.read_text().replace(old, new))

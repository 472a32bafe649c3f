"""README and what else is read, with the Python in it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GLOBS = ("README.md", "docs/**/*.md", "examples/*.md", "examples/*/*.md")  # and not what npm installs
DOCUMENTS = [document for glob in GLOBS for document in sorted(ROOT.glob(glob))]
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks_in(document: Path, *, asynchronous: bool) -> list[str]:
    """The blocks of Python in a document, those that want aiobotocore or the others."""
    return [block for block in _BLOCK.findall(document.read_text()) if ("aiobotocore" in block) is asynchronous]

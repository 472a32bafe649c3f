"""A mock's state as a file: JSON with a checksum, which nobody else may read, and nothing in it that could be run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import mkstemp
from typing import Any, TypeVar

Taken = TypeVar("Taken")

__tracebackhide__ = True

#: What this version writes. A field more makes no new format: where a file does not have it, it has its default.
FORMAT = 1
#: The first line in every format; the checksum is that of all that follows.
_FIRST_LINE = '{"pytest-kmsimport": "state", "sha256": "%s",\n'
_READ_FIRST_LINE = re.compile(re.escape(_FIRST_LINE).replace("%s", "([0-9a-f]{64})").encode())


def write(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Put a file at a path, whole or not at all, in the place of one that is there; only its owner can ever read it."""
    path = Path(path)
    document = {"format": FORMAT, "written_by": version("pytest-kmsimport"), "state": state}
    content = json.dumps(document)[1:].encode() + b"\n"
    descriptor, draft = mkstemp(prefix=f".{path.name}.", dir=path.parent)  # from its first byte in mode 0600
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  it is open already
            file.write((_FIRST_LINE % sha256(content).hexdigest()).encode() + content)
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def read(path: str | os.PathLike[str], take: Callable[[Any], Taken]) -> Taken:
    """What is taken from the state that a file holds.

    Raises ValueError for a file that ``write`` has not written, or not like this, or in a newer version, and for one
    that is not taken.
    """
    whole = Path(path).read_bytes()
    first_line = _READ_FIRST_LINE.match(whole)
    if first_line is None:
        raise ValueError("it is no file that mock.save() has written, or it is damaged in its first line")
    content = whole[first_line.end() :]
    if sha256(content).hexdigest().encode() != first_line[1]:
        raise ValueError("it is damaged: the checksum is that of another content, so it was cut off or edited")
    try:
        document = json.loads(b"{" + content)
    except (ValueError, RecursionError):
        raise ValueError("it was made up: its checksum is right, and its content is no JSON") from None
    writer = f"pytest-kmsimport {document.get('written_by')}"
    if document.get("format") != FORMAT:
        raise ValueError(
            f"{writer} has written it in format {document.get('format')}, and this one, {version('pytest-kmsimport')},"
            f" reads format {FORMAT}"
        )
    try:
        return take(document.get("state"))
    except ValueError as error:
        raise ValueError(f"{error} (it was written by {writer})") from None

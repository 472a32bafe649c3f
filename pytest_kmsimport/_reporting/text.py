"""Lines for a terminal."""

from __future__ import annotations

from textwrap import wrap

_WIDTH = 80
_INDENT = " " * 4


def named(title: str, names: list[str]) -> list[str]:
    """Names below a title, as many to a line as fit."""
    text = f"{title}: {', '.join(names) or '-'}"
    return wrap(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT * 2, break_on_hyphens=False)

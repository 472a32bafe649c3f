"""Policy documents as users give them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Union

__tracebackhide__ = True

#: A policy document: as a dict, as JSON, or as the path of a file with JSON.
PolicyDocument = Union[Mapping[str, Any], str, "PathLike[str]"]


def texts_of(policies: PolicyDocument | Sequence[PolicyDocument]) -> tuple[str, ...]:
    """Policy documents as JSON; one alone needs no list. Raises TypeError for what is none."""
    return tuple(map(text_of, policies)) if isinstance(policies, (list, tuple)) else (text_of(policies),)  # type: ignore[arg-type]  # what else a Sequence is


def text_of(policy: PolicyDocument) -> str:
    """A policy document as JSON; raises TypeError for what is none."""
    if isinstance(policy, str):
        return policy
    if isinstance(policy, PathLike):
        return Path(policy).read_text(encoding="utf-8")
    if not isinstance(policy, Mapping):
        raise TypeError(f"A policy is a dict, JSON or the path of a file, not {policy!r}.")
    return json.dumps(policy)

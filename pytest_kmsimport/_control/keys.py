"""KMS keys that are put in place by JSON: over HTTP, or in a file that the command is given."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .controlled import Controlled

__tracebackhide__ = True

_BASE64 = "as base64 of its bytes, or of a private key's PKCS#8 DER (openssl pkcs8 -topk8 -nocrypt -outform DER)"


def create_key(mock: Controlled, members: Mapping[str, Any]) -> Any:  # noqa: ANN401  a view, which is of a higher layer
    """Put a KMS key in place, with what ``mock.create_key`` takes; the key material is base64.

    Raises ValueError that says what to write instead, and nothing has changed then.
    """
    given = dict(members)
    if given.get("material") is not None:
        given["material"] = _decoded(given["material"])
    try:
        return mock.create_key(**given)
    except TypeError as error:  # JSON has no types of its own
        why = str(error)
    raise ValueError(why)


def _decoded(text: object) -> bytes:
    """Key material out of its text, which no refusal repeats."""
    if isinstance(text, str):
        try:
            return b64decode(text, validate=True)
        except ValueError:
            pass
    raise ValueError(f"material is no base64; write it {_BASE64}.")


def keys_in(path: Path) -> Iterator[dict[str, Any]]:
    """The KMS keys that a file has, one or a list of them; raises ValueError where it is no such JSON."""
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        document = None
    for key in document if isinstance(document, list) else [document]:
        if not isinstance(key, dict):
            example = '{"key_id": "1234abcd-12ab-34cd-56ef-1234567890ab", "aliases": ["alias/payroll"]}'
            raise ValueError(f"it holds no JSON object, nor a list of them; write one such as {example}.")  # noqa: TRY004  of a file
        yield key

"""Attestation documents over HTTP, for enclaves in other languages: these have key pairs of their own."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from .actions import Asked
from .controlled import Controlled

_BLOBS, _TEXTS = ("public_key", "user_data", "nonce"), ("role", "instance_id", "module_id")
#: What the JSON may have.
MEMBERS = ("pcrs", *_BLOBS, *_TEXTS, "nitrotpm")


def post_attestation(mock: Controlled, asked: Asked) -> object:
    """Make a document for a public key, as ``mock.attestation`` does."""
    given = {name: _read(name, value) for name, value in asked.members.items()}
    if "public_key" not in given:
        raise ValueError("public_key is missing; write the enclave's, SubjectPublicKeyInfo in DER, as base64.")
    try:
        attestation = mock.attestation(**given)
    except ImportError as error:  # of the extra
        raise ValueError(str(error)) from None
    pcrs = {str(number): pcr.hex() for number, pcr in attestation.pcrs.items()}
    return {"document": b64encode(attestation.document).decode(), "module_id": attestation.module_id, "pcrs": pcrs}


def _read(name: str, value: object) -> Any:  # noqa: ANN401  each keyword has its own type
    """A member of JSON as the keyword that it is for."""
    if name == "pcrs" and isinstance(value, dict):
        return {int(number) if number.isdecimal() else number: pcr for number, pcr in value.items()}
    if name == "nitrotpm" and isinstance(value, bool):
        return value
    if name in (*_BLOBS, *_TEXTS) and isinstance(value, str):
        return _decoded(name, value) if name in _BLOBS else value
    what = {"pcrs": 'an object such as {"0": "96 hexadecimal digits"}', "nitrotpm": "true or false"}
    raise ValueError(f"{name} is {value!r}; write {what.get(name, 'a text')}.")


def _decoded(name: str, text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise ValueError(f"{name} is no base64.") from None

"""Values that AWS does not have, and the one that was probably meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

_EXPIRES, _DOES_NOT_EXPIRE = "KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"
#: Member -> what people write, without regard to spelling -> AWS's word.
_MEANT: Mapping[str, Mapping[str, str]] = {
    "Origin": dict.fromkeys(("IMPORTED", "IMPORT", "CUSTOMER", "BYOK"), "EXTERNAL") | {"AWS": "AWS_KMS"},
    "KeySpec": dict.fromkeys(("AES256", "AES", "SYMMETRIC", "DEFAULT"), "SYMMETRIC_DEFAULT"),
    "KeyUsage": {"SIGN": "SIGN_VERIFY", "ENCRYPT": "ENCRYPT_DECRYPT", "MAC": "GENERATE_VERIFY_MAC"},
    "ExpirationModel": {"EXPIRES": _EXPIRES} | dict.fromkeys(("DOESNOTEXPIRE", "NEVER", "NONE"), _DOES_NOT_EXPIRE),
    "ImportType": {"NEW": "NEW_KEY_MATERIAL", "EXISTING": "EXISTING_KEY_MATERIAL"},
}


def explain(member: str, value: str, known: Sequence[str]) -> str:
    """Say which of the values that AWS knows was probably meant; empty where nobody could guess."""
    spellings = {_letters(word): word for word in known}
    written = _letters(value)
    meant = spellings.get(written) or _MEANT.get(member, {}).get(written)
    if meant is None:
        meant = next((spellings[close] for close in get_close_matches(written, spellings, 1, 0.8)), None)
    return "" if meant not in known else f"{member} has no value {value!r}: {meant} is probably meant."


def _letters(word: str) -> str:
    """A word without regard to case, hyphens and underscores."""
    return "".join(filter(str.isalnum, word.upper()))

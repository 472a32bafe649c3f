"""Why a KMS key is not what a test asserts of it, in words that help."""

from __future__ import annotations

from .._service.calls import Calls
from .views import KeyView

_IMPORT = "ImportKeyMaterial"


def why_not_imported(key: KeyView, material: bytes | None, calls: Calls) -> str:
    """What a KMS key lacks to be used with its imported key material, or with this; empty where it lacks nothing."""
    reason = _reason(key, material)
    if not reason:
        return ""
    tries = calls.to(_IMPORT).about(key.id)
    if not tries:
        return f"KMS key {key.id} {reason} No {_IMPORT} was asked for this KMS key."
    last = tries[-1]
    parts = [f"KMS key {key.id} {reason} The last {_IMPORT}: {last!r}.", last.message, last.diagnosis]
    return " ".join(part for part in parts if part)


def _reason(key: KeyView, material: bytes | None) -> str:
    current = key.current_material
    if key.origin != "EXTERNAL":
        return f"has the origin {key.origin}: key material is imported into keys made with Origin='EXTERNAL' alone."
    if current is None:
        return f"is {key.state}: no key material was ever imported into it."
    if current.import_state != "IMPORTED":
        return f"is {key.state}: its key material was deleted or has expired."
    if material is not None and not current.matches(material):
        others = [other for other in key.materials if other.matches(material)]
        where = f"this is key material {others[0].id[:8]}, {others[0].state}" if others else "it does not have this"
        return f"has other current key material: {where}."
    if key.state != "Enabled":
        return f"has its key material, and is {key.state}."
    return ""

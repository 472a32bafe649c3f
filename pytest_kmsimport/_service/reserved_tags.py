"""Tags by which other emulators of KMS let CreateKey choose: LocalStack's and floci's.

AWS KMS knows none of them. Where the option is off, a request with one is a failure of the test: it was written for a
server that would have made another KMS key of it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from .._diagnosis.forms import explain_form
from ..engine.call import Call
from ..engine.chosen import Chosen
from ..engine.keys import EXTERNAL
from ..engine.specs import SPECS, SYMMETRIC_DEFAULT

__tracebackhide__ = True

LOCALSTACK, FLOCI = "localstack", "floci"
_CUSTOM_ID, _CUSTOM_MATERIAL, _OVERRIDE_ID = "_custom_id_", "_custom_key_material_", "floci:override-id"
_OF_FLOCI = "floci:"
_OWNERS = {_CUSTOM_ID: LOCALSTACK, _CUSTOM_MATERIAL: LOCALSTACK, _OVERRIDE_ID: FLOCI}
#: They are no tags of the KMS key, nor is their value in ``mock.calls``.
_TAKEN_OUT = {_CUSTOM_MATERIAL, _OVERRIDE_ID}
_BY_MOCK = {_CUSTOM_ID: "key_id=", _CUSTOM_MATERIAL: "material=", _OVERRIDE_ID: "key_id="}


def chosen_by_tags(option: str | None, call: Call) -> Call:
    """A CreateKey with what its tags choose, and without those that are none; others are as they came.

    ``option`` is whose tags are taken, if any's.
    """
    given = call.members.get("Tags") or ()
    tags = {name: tag.get("TagValue") or "" for tag in given if (name := tag.get("TagKey") or "")}
    reserved = [name for name in tags if name in _OWNERS or (option == FLOCI and name.startswith(_OF_FLOCI))]
    if not reserved:
        return call
    members = {**call.members, "Tags": [tag for tag in given if tag.get("TagKey") not in _TAKEN_OUT]}
    return call._replace(members=members, chosen=_chosen(option, reserved, tags, members))


def _chosen(option: str | None, reserved: list[str], tags: Mapping[str, str], members: Mapping[str, Any]) -> Chosen:
    for name in reserved:
        owner = _OWNERS.get(name)
        if owner is None:
            return Chosen(unfit=f"{name} is no tag of floci's: it has {_OVERRIDE_ID}.")
        if owner != option:
            return Chosen(
                unfit=f"{name} is a tag of {owner}'s, and AWS KMS would take it for any other. With the option"
                f" reserved_tags={owner!r} it chooses as there; without it, call"
                f" mock.create_key({_BY_MOCK[name]}...), or leave the tag out."
            )
    key_id = tags.get(_OVERRIDE_ID, "").strip() if option == FLOCI else tags.get(_CUSTOM_ID)
    if _CUSTOM_MATERIAL not in reserved:
        return Chosen(key_id)
    return _with_material(key_id, tags[_CUSTOM_MATERIAL], members)


def _with_material(key_id: str | None, text: str, members: Mapping[str, Any]) -> Chosen:
    if members.get("Origin") == EXTERNAL:
        instead = "import it by ImportKeyMaterial, or call mock.create_key(origin='EXTERNAL', material=...)."
        return Chosen(unfit=f"a KMS key of origin EXTERNAL has no key material yet: {instead}")
    try:
        material = b64decode(text, validate=True)
    except ValueError:
        return Chosen(unfit=f"{_CUSTOM_MATERIAL} is no base64 of key material.")
    spec = SPECS.get(members.get("KeySpec") or members.get("CustomerMasterKeySpec") or SYMMETRIC_DEFAULT)
    if spec is None:  # AWS KMS says so
        return Chosen(key_id)
    return Chosen(key_id, (material,), unfit=explain_form(spec, material))

"""A new KMS key's key ID and key material: those that a test has chosen, or what AWS KMS makes at random."""

from __future__ import annotations

from datetime import timedelta

from ..arns import is_key_id
from ..chosen import Chosen, UnfitChoiceError
from ..keys import Key
from ..materials import ImportTerms, KeyMaterialState, key_material_id
from ..region import Region
from ..rotations import AUTOMATIC, DEFAULT_PERIOD, Schedule
from .importing import check_expiration, check_terms, expiration_model_of

_FORMS = "those of AWS KMS are a UUID in lower case, or for multi-Region keys mrk- and 32 hexadecimal digits"


def new_key_id(region: Region, *, multi_region: bool) -> str:
    """The key ID of the KMS key that is being made; raises UnfitChoiceError for one that it cannot have."""
    chosen = region.visit.call.chosen
    if chosen.unfit:
        raise UnfitChoiceError(chosen.unfit)
    if chosen.key_id is None:
        return _unused_key_id(region, multi_region=multi_region)
    _check_chosen(region, chosen.key_id, multi_region=multi_region)
    return chosen.key_id


def _unused_key_id(region: Region, *, multi_region: bool) -> str:
    """One drawn at random, until it is none that a test has chosen: with a seed that can be the same."""
    while _key_with(region, key_id := region.world.new_key_id(multi_region=multi_region)) is not None:
        pass
    return key_id


def _check_chosen(region: Region, key_id: str, *, multi_region: bool) -> None:
    if not is_key_id(key_id):
        raise UnfitChoiceError(f"the key ID {key_id!r} is none: {_FORMS}.")
    if multi_region != key_id.startswith("mrk-"):
        of, wanted = ("single", "multi") if multi_region else ("multi", "single")
        raise UnfitChoiceError(
            f"the key ID {key_id} is a {of}-Region key's, and MultiRegion wants a {wanted}-Region one."
        )
    if (there := _key_with(region, key_id)) is not None:
        instead = "call ReplicateKey for a replica key, or " if multi_region else ""
        raise UnfitChoiceError(f"there is {there.arn} already: {instead}choose another key ID.")


def _key_with(region: Region, key_id: str) -> Key | None:
    """The KMS key that has a key ID, in whatever Region and account."""
    return region.keys.get(key_id) or next(iter(region.related_keys(key_id)), None)


def take_material(region: Region, key: Key) -> None:
    """Give a new KMS key the key material that was chosen for it, or that AWS KMS makes together with it."""
    chosen = region.visit.call.chosen
    materials = [key.spec.material.canonical(material) for material in chosen.materials]
    if key.is_external:
        _import(region, key, chosen, materials)
    elif not key.spec.is_symmetric:
        for material in materials:
            key.generated.hold(key.id, material)
    elif not materials:
        key.usable_material(region.world)  # its identifier is in CreateKey's answer
    else:
        _rotate_through(region, key, materials)
        if chosen.next_rotation is not None:
            key.schedule = Schedule(timedelta(days=DEFAULT_PERIOD), max(chosen.next_rotation, region.now))


def _import(region: Region, key: Key, chosen: Chosen, materials: list[bytes]) -> None:
    for material in materials:
        check_expiration(region.now, expiration_model_of(chosen.terms), chosen.terms.valid_to)
        check_terms(key, chosen.terms)
        key.import_material(key_material_id(key.id, material), material, KeyMaterialState.CURRENT, chosen.terms)


def _rotate_through(region: Region, key: Key, materials: list[bytes]) -> None:
    """Let each key material have been current, and the last one be."""
    first, *others = [key_material_id(key.id, material) for material in materials]
    key.import_material(first, materials[0], KeyMaterialState.CURRENT, ImportTerms())
    for material_id, material in zip(others, materials[1:], strict=True):
        key.import_material(material_id, material, KeyMaterialState.PENDING_ROTATION, ImportTerms())
        key.make_current(material_id, region.now, AUTOMATIC)

"""Seed files of local-kms, as they are: ``mock.load_local_kms_seed(path)``.

https://github.com/nsmithuk/local-kms#seeding
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .._diagnosis.encodings import spec_of
from .._tracebacks import sealed
from .._wire.model import did_you_mean
from ..engine.errors import KmsError
from ..engine.keys import EXTERNAL, Key
from ..engine.materials import to_pkcs8
from ..engine.specs import SPECS, SYMMETRIC_DEFAULT
from .arranging import arranging
from .creation import CreatesKeys, NewKey
from .views import KeyView

__tracebackhide__ = True

_NO_YAML = (
    "load_local_kms_seed() reads YAML, and PyYAML is not installed: pip install 'pytest-kmsimport[local-kms]', or put"
    " the KMS keys in place by create_key()."
)
_NOTHING = (None, "", "~", "null")  # as YAML writes it


class _Seed(NamedTuple):
    """What a file has: KMS keys, each with where it stands, and aliases with the key IDs that they are for."""

    keys: list[tuple[str, NewKey]]
    aliases: list[tuple[str, str]]


class ReadsLocalKmsSeeds(CreatesKeys):
    """The part of a mock that people bring their files of local-kms to."""

    @sealed
    def load_local_kms_seed(self, path: str | os.PathLike[str]) -> tuple[KeyView, ...]:
        """Put the KMS keys and aliases of a seed file of local-kms in place, and look at those keys.

        The file is YAML, as local-kms reads it: ``Symmetric`` keys (``Aes``, ``Hmac``) with their ``BackingKeys``,
        ``Asymmetric`` ones (``Rsa``, ``Ecc``) with their ``PrivateKeyPem``, and ``Aliases``. They come into the mock's
        account and Region. As there, KMS keys and aliases that are there already stay as they are. Key IDs have to be
        of AWS's form. Ciphertexts of local-kms do not open here, for they are of another form than AWS's.

        Raises ImportError where PyYAML is not installed, which ``pytest-kmsimport[local-kms]`` brings, OSError where
        the file cannot be read, and ValueError for one that is none, or has what no KMS key can have; then nothing has
        changed.
        """
        seed = _read(Path(path))
        before = self._engine.snapshot()
        try:
            return tuple(self._plant(seed))
        except ValueError as error:
            self._engine.restore(before)
            why = str(error)
        raise ValueError(f"{os.fspath(path)} cannot be loaded: {why}")

    def _plant(self, seed: _Seed) -> Iterator[KeyView]:
        """Put everything in place that is not there yet."""
        where = (self.region, self.account)
        for place, new in seed.keys:
            if self._engine.look_up(new.key_id or "", *where, Key.copy) is None:
                try:
                    yield self._put_in_place(new, *where)
                except ValueError as error:
                    raise ValueError(f"{place}: {error}") from None
        arrange = arranging(self._engine, *where)
        for alias, key_id in seed.aliases:
            if self._engine.look_up(alias, *where, Key.copy) is None:
                try:
                    arrange("CreateAlias", {"AliasName": alias, "TargetKeyId": key_id})
                except KmsError as error:
                    raise ValueError(f"alias {alias!r} of {key_id!r}: {error.code} {error}") from None


def _read(path: Path) -> _Seed:
    """What a file says; no error repeats what may be a key."""
    try:
        import yaml  # noqa: PLC0415  it need not be installed
    except ImportError:
        raise ImportError(_NO_YAML) from None
    try:
        # As texts: BackingKeys of digits alone are no numbers. Nothing else is made of them, so that this is safe.
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        return _seed(_mapping(document, "the file", ("Keys", "Aliases")))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        why = "it is no YAML"
    except ValueError as error:
        why = str(error)
    raise ValueError(f"{path} cannot be loaded: {why}")


def _seed(document: Mapping[str, Any]) -> _Seed:
    keys: list[tuple[str, NewKey]] = []
    given = document.get("Keys", "")
    if isinstance(given, list):  # as local-kms had it before it had other kinds
        given = {"Symmetric": {"Aes": given}}
    groups = _mapping(given, "Keys", tuple(_KINDS))
    for group, kinds in _KINDS.items():
        of_group = _mapping(groups.get(group, ""), f"Keys.{group}", tuple(kinds))
        for kind, read in kinds.items():
            for number, item in enumerate(_list(of_group.get(kind, ""), f"Keys.{group}.{kind}")):
                place = f"Keys.{group}.{kind}[{number}]"
                keys.append((place, read(item, place)))
    aliases = []
    for number, item in enumerate(_list(document.get("Aliases", ""), "Aliases")):
        alias = _mapping(item, f"Aliases[{number}]", ("AliasName", "TargetKeyId"))
        aliases.append((_text(alias, "AliasName", "Aliases"), _text(alias, "TargetKeyId", "Aliases")))
    return _Seed(keys, aliases)


def _aes(item: object, place: str) -> NewKey:
    return _symmetric(item, place, lambda _: SYMMETRIC_DEFAULT)


def _hmac(item: object, place: str) -> NewKey:
    return _symmetric(item, place, lambda metadata: metadata.get("KeySpec") or "HMAC_256")


def _symmetric(item: object, place: str, spec_of_key: Callable[[Mapping[str, Any]], str]) -> NewKey:
    given = _mapping(item, place, ("Metadata", "BackingKeys", "NextKeyRotation"))
    metadata = _metadata(given, place)
    spec, origin = spec_of_key(metadata), metadata.get("Origin") or "AWS_KMS"
    rotates = spec == SYMMETRIC_DEFAULT and origin != EXTERNAL
    materials = tuple(_from_hex(text, place) for text in _list(given.get("BackingKeys", ""), f"{place}.BackingKeys"))
    if not materials and origin != EXTERNAL:
        raise ValueError(
            f"{place} has no BackingKeys; write one, or Origin: EXTERNAL for a key that waits for its import."
        )
    if len(materials) > 1 and not rotates:
        raise ValueError(f"{place} has {len(materials)} BackingKeys, and does not rotate by itself: write one.")
    next_rotation = given.get("NextKeyRotation")
    if next_rotation and not rotates:
        raise ValueError(f"{place} has a NextKeyRotation, and does not rotate by itself: leave it out.")
    members = {"Description": metadata.get("Description", "")}
    moment = _moment(next_rotation, place) if next_rotation else None
    return NewKey(metadata["KeyId"], materials, (), spec, origin, members, moment)


def _rsa(item: object, place: str) -> NewKey:
    return _asymmetric(item, place, "RSA_")


def _ecc(item: object, place: str) -> NewKey:
    return _asymmetric(item, place, "ECC_NIST_")


def _asymmetric(item: object, place: str, family: str) -> NewKey:
    given = _mapping(item, place, ("Metadata", "PrivateKeyPem"))
    metadata = _metadata(given, place)
    text = _text(given, "PrivateKeyPem", place)
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(f"{place}.PrivateKeyPem is no private key in PEM, or one with a password.") from None
    spec = spec_of(key)
    if spec not in SPECS or not spec.startswith(family):
        of_family = ", ".join(name for name in SPECS if name.startswith(family))
        raise ValueError(f"{place}.PrivateKeyPem is {spec}, and not one of {of_family}.")
    members = {
        "Description": metadata.get("Description", ""),
        "KeyUsage": _text(metadata, "KeyUsage", f"{place}.Metadata"),
    }
    return NewKey(metadata["KeyId"], (to_pkcs8(key),), (), spec, metadata.get("Origin") or "AWS_KMS", members)


#: Where keys stand in a file, and what reads one.
_KINDS: Mapping[str, Mapping[str, Callable[[object, str], NewKey]]] = {
    "Symmetric": {"Aes": _aes, "Hmac": _hmac},
    "Asymmetric": {"Rsa": _rsa, "Ecc": _ecc},
}


def _metadata(given: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """A key's Metadata; what else is in it than local-kms reads, it passes over too."""
    metadata = given.get("Metadata")
    if not isinstance(metadata, dict):
        raise ValueError(f"{place} has no Metadata; write one with a KeyId.")  # noqa: TRY004  of a file
    _text(metadata, "KeyId", f"{place}.Metadata")
    return {name: value for name, value in metadata.items() if isinstance(value, str) and value not in _NOTHING}


def _mapping(value: object, place: str, known: Sequence[str]) -> Mapping[str, Any]:
    """A mapping of a file; one that is left empty has nothing."""
    if value in _NOTHING:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{place} is no mapping; it takes {', '.join(known)}.")  # noqa: TRY004
    for name in value:
        if name not in known:
            raise ValueError(f"{place} has no {name!r}.{did_you_mean(name, known)} It takes {', '.join(known)}.")
    return value


def _list(value: object, place: str) -> Sequence[Any]:
    """A list of a file; one that is left empty has nothing."""
    if value in _NOTHING:
        return ()
    if not isinstance(value, list):
        raise ValueError(f"{place} is no list.")  # noqa: TRY004
    return value


def _text(given: Mapping[str, Any], name: str, place: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or value in _NOTHING:
        raise ValueError(f"{place} has no {name}; write one.")
    return value


def _from_hex(text: object, place: str) -> bytes:
    try:
        return bytes.fromhex(str(text))
    except ValueError:
        raise ValueError(f"{place}.BackingKeys has one that is not hexadecimal.") from None


def _moment(text: object, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))  # which Python 3.11 does by itself
    except ValueError:
        raise ValueError(f"{place}.NextKeyRotation is no time; write one such as 2027-09-12T15:19:21+00:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)

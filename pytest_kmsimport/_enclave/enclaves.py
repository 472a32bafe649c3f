"""The enclaves of one mock: documents are made for them, and read as calls bring them.

All of it works without the extra ``enclave`` until the first document is made or read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from hashlib import sha384
from types import ModuleType
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..engine.errors import NotOffered
from ..engine.recipients import Recipient
from .attestation import Attestation

if TYPE_CHECKING:
    from .chain import Authority

_WITHOUT_EXTRA = """\
{what} needs a library that reads CBOR, and it is not installed: pip install "pytest-kmsimport[enclave]"."""
_BITS = 2048
_DIGEST = 48  # bytes
_LENGTHS = (32, 48, 64)  # bytes
_ROLE_REGISTER, _INSTANCE_REGISTER = 3, 4
_REGISTERS = {False: 16, True: 24}  # whether of NitroTPM -> how many there are
_MOST_REGISTERS = 32
_SUFFIXES = {False: "enc0123456789abcdef", True: "tpm0000000000000000"}
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=timezone.utc), datetime(9999, 12, 1, tzinfo=timezone.utc)
_INSTANCE = "i-0123456789abcdef0"
_LONGEST_KEY, _LONGEST = 1024, 512  # bytes

Pcrs = Mapping[int, bytes | str]


class Enclaves:
    """Makes documents under a root of its own, and reads no others."""

    def __init__(self, rsa_private_key: Callable[[int], RSAPrivateKey]) -> None:
        self._rsa_private_key = rsa_private_key
        self._authorities: dict[str, Authority] = {}

    @property
    def _authority(self) -> Authority:
        """The root, made when it is first needed; setdefault, so that threads get the same one."""
        from .chain import Authority  # noqa: PLC0415  most tests know no enclave

        return self._authorities.get("") or self._authorities.setdefault("", Authority())

    def read(self, document: bytes, now: datetime) -> Recipient:
        """Whom a document vouches for at a time; raises NotAttestedError, and NotOffered without the extra."""
        recipient: Recipient = _documents("Recipient", NotOffered).read(document, now, self._authority.root)
        return recipient

    def attest(  # noqa: PLR0913  what is in a document
        self,
        now: datetime,
        pcrs: Pcrs,
        *,
        role: str,
        instance_id: str,
        module_id: str,
        public_key: bytes | None,
        user_data: bytes | None,
        nonce: bytes | None,
        nitrotpm: bool,
    ) -> Attestation:
        """A document; raises ValueError for what cannot be in one, and ImportError without the extra."""
        documents = _documents("attestation()", ImportError)
        _check_time(now)
        for name, text in (("role", role), ("instance_id", instance_id), ("module_id", module_id)):
            if not isinstance(text, str):
                raise ValueError(f"{name} is {text!r}; write a text.")  # noqa: TRY004  as for all of a document
        measured = _measured(pcrs, role, instance_id, nitrotpm=nitrotpm)
        for name, blob, longest in (
            ("public_key", public_key, _LONGEST_KEY),
            ("user_data", user_data, _LONGEST),
            ("nonce", nonce, _LONGEST),
        ):
            _check_blob(name, blob, longest)
        module_id = module_id or f"{instance_id or _INSTANCE}-{_SUFFIXES[nitrotpm]}"
        private_key = self._rsa_private_key(_BITS) if public_key is None else None
        if private_key is not None:
            public_key = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        certificate, key, bundle = self._authority.issue(module_id, now)
        payload = {
            "module_id": module_id,
            "digest": "SHA384",
            "timestamp": int(now.timestamp() * 1000),
            "nitrotpm_pcrs" if nitrotpm else "pcrs": measured,
            "certificate": certificate,
            "cabundle": bundle,
            "public_key": public_key,
            "user_data": user_data,
            "nonce": nonce,
        }
        return Attestation(documents.write(payload, key), module_id, measured, private_key)


def _documents(what: str, error: type[Exception]) -> ModuleType:
    try:
        from . import documents  # noqa: PLC0415  it needs the extra
    except ImportError as missing:
        raise error(_WITHOUT_EXTRA.format(what=what)) from missing
    return documents


def _check_time(now: object) -> None:
    if not isinstance(now, datetime) or now.tzinfo is None:
        raise ValueError(f"timestamp takes an aware datetime: write {now!r} with tzinfo=timezone.utc.")
    if not _FIRST < now < _LAST:
        raise ValueError(f"timestamp is {now:%Y-%m-%d}; write a time that a certificate can have, after 1970.")


def _measured(pcrs: Pcrs, role: str, instance_id: str, *, nitrotpm: bool) -> dict[int, bytes]:
    """All registers; those that nobody has said are zero, as all are in debug mode."""
    if not isinstance(pcrs, Mapping):
        raise ValueError(f"pcrs is {pcrs!r}; write measurements by register, such as {{0: '{'ab' * 48}'}}.")  # noqa: TRY004
    named = {_ROLE_REGISTER: role, _INSTANCE_REGISTER: instance_id}
    of_instance = {number: _digest_of(name) for number, name in named.items() if name and not nitrotpm}
    zeros = dict.fromkeys(range(_REGISTERS[nitrotpm]), bytes(_DIGEST))
    return dict(sorted({**zeros, **of_instance, **{number: _pcr(number, pcr) for number, pcr in pcrs.items()}}.items()))


def _digest_of(name: str) -> bytes:
    """What a register holds that was extended by a name: https://docs.aws.amazon.com/enclaves/latest/user/set-up-attestation.html."""
    return sha384(bytes(_DIGEST) + name.encode()).digest()


def _pcr(number: object, value: object) -> bytes:
    if type(number) is not int or not 0 <= number < _MOST_REGISTERS:
        raise ValueError(f"pcrs has a register {number!r}; write a number from 0 to {_MOST_REGISTERS - 1}.")
    if isinstance(value, str) and re.fullmatch("([0-9a-fA-F]{2})+", value):
        value = bytes.fromhex(value)
    if not isinstance(value, bytes) or len(value) not in _LENGTHS:
        raise ValueError(f"pcrs has {value!r} for register {number}; write 48 bytes, or their 96 hexadecimal digits.")
    return value


def _check_blob(name: str, blob: object, longest: int) -> None:
    if blob is not None and (not isinstance(blob, bytes) or len(blob) > longest):
        raise ValueError(f"{name} takes bytes, {longest} at most.")

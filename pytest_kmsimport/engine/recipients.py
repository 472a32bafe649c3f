"""Recipients: enclaves that attestation documents vouch for, to which alone an answer is given.

Whoever reads such documents is handed in by the world: that takes more than the standard library and ``cryptography``.

https://docs.aws.amazon.com/kms/latest/developerguide/cryptographic-attestation.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from . import messages
from .errors import ValidationException

if TYPE_CHECKING:
    from .region import Region

_MEMBERS = ("KeyEncryptionAlgorithm", "AttestationDocument")
_MEASUREMENT = re.compile(r"(nitrotpm)?pcr([0-9]|[12][0-9]|3[01])|(imagesha384)")


class NotAttestedError(ValueError):
    """Bytes are no attestation document, or none that anybody vouches for; the text says why, for the tester."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A Nitro enclave, or an instance with NitroTPM, as its attestation document describes it.

    ``module_id`` names it, ``pcrs`` are its measurements by the numbers of their registers. ``public_key`` is what
    answers are encrypted under.
    """

    module_id: str
    pcrs: Mapping[int, bytes]
    public_key: RSAPublicKey = field(repr=False)
    is_nitrotpm: bool = False

    def measurement(self, name: str) -> str | None:
        """What a condition key (in lower case, without its prefix) asks for, in hexadecimal digits; None if absent."""
        asked = _MEASUREMENT.fullmatch(name)
        if asked is None or bool(asked[1]) is not self.is_nitrotpm:
            return None
        value = self.pcrs.get(int(asked[2] or 0))
        return None if value is None else value.hex()


def is_measurement(name: str) -> bool:
    """Whether there is such a condition key (in lower case, without its prefix)."""
    return _MEASUREMENT.fullmatch(name) is not None


def recipient_of(region: Region, members: Mapping[str, Any]) -> Recipient | None:
    """Whom the answer to a call is for alone, None where the request names nobody; read once for each call.

    Raises ValidationException where AWS would not take the document.
    """
    named = members.get("Recipient")
    if named is None:
        return None
    known = region.visit.recipients
    if not known:
        for member in _MEMBERS:
            if member not in named:
                raise ValidationException(messages.MUST_NOT_BE_NULL.format(member=member))
        try:
            known.append(region.world.attested(named["AttestationDocument"], region.now))
        except NotAttestedError as error:
            raise ValidationException(messages.NOT_ATTESTED) from error
    return known[0]

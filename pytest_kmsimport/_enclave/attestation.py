"""``mock.attestation(...)``: an attestation document as a test holds it, with the enclave's end of what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .._tracebacks import sealed
from ..engine import envelopes

__tracebackhide__ = True


@dataclass(frozen=True, slots=True, eq=False)
class Attestation:
    """An attestation document, in the place of what the Nitro Secure Module gives an enclave.

    ``document`` is that, COSE_Sign1 in CBOR. ``module_id`` names the enclave, ``pcrs`` are its measurements by the
    numbers of their registers. ``private_key`` is what opens answers to it; None where the caller had a key pair.
    """

    document: bytes
    module_id: str
    pcrs: Mapping[int, bytes]
    private_key: RSAPrivateKey | None = field(repr=False)

    def __repr__(self) -> str:
        return f"<Attestation of {self.module_id}, {len(self.document)} bytes>"

    @property
    def recipient(self) -> dict[str, Any]:
        """The member Recipient of a request, with this document."""
        return {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": self.document}

    @sealed
    def decrypt(self, ciphertext_for_recipient: bytes) -> bytes:
        """Open the CiphertextForRecipient of an answer, as the enclave does.

        Raises ValueError for what is none, or not for this enclave, and where the caller has the private key; TypeError
        for what is no bytes, such as the None of an answer that was not for an enclave.
        """
        if not isinstance(ciphertext_for_recipient, bytes):
            text = f"decrypt() takes an answer's CiphertextForRecipient, not {type(ciphertext_for_recipient).__name__}."
            raise TypeError(f"{text} An answer has it where the request had Recipient=attestation.recipient.")
        if self.private_key is None:
            raise ValueError(
                "The private key is yours: this document was made with public_key=. Leave it out, or decrypt."
            )
        try:
            return envelopes.unseal(ciphertext_for_recipient, self.private_key)
        except ValueError as error:
            why = str(error)
        raise ValueError(f"This is no CiphertextForRecipient of an answer to {self!r}: {why}.")

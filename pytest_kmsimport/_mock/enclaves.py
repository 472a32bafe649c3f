"""Attestation documents for the code of enclaves: ``mock.attestation(...)``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .._enclave.attestation import Attestation
from .core import MockCore

__tracebackhide__ = True


class AttestsEnclaves(MockCore):
    """The part of a mock that is in the place of the Nitro Secure Module."""

    def attestation(  # noqa: PLR0913  each keyword is something else that a document says
        self,
        pcrs: Mapping[int, bytes | str] | None = None,
        *,
        role: str = "",
        instance_id: str = "",
        module_id: str = "",
        public_key: bytes | None = None,
        user_data: bytes | None = None,
        nonce: bytes | None = None,
        timestamp: datetime | None = None,
        nitrotpm: bool = False,
    ) -> Attestation:
        """Make an attestation document that this mock, and nobody else, takes for one of a Nitro enclave.

        It goes into ``Recipient`` of a request; ``attestation.recipient`` is that, ``attestation.decrypt`` opens the
        answer. ``pcrs`` are measurements by the numbers of their registers, as bytes or hexadecimal digits; ``role`` is
        the ARN of the parent instance's role, measured in PCR3, and ``instance_id`` its ID, measured in PCR4. All
        others are zero, as they are in debug mode. ``public_key`` is the enclave's, RSA of 2048 bits as
        SubjectPublicKeyInfo in DER, where that has a key pair already; by default one is made. ``module_id``,
        ``user_data`` and ``nonce`` are as in the document. It is of ``timestamp``, by default now by the mock's clock,
        and good for three hours from then. With ``nitrotpm`` it is of an EC2 instance with NitroTPM.

        Raises ValueError for what cannot be in a document, and ImportError without the extra ``enclave``.

        https://docs.aws.amazon.com/enclaves/latest/user/set-up-attestation.html
        """
        return self._enclaves.attest(
            timestamp or self.clock.now(),
            pcrs or {},
            role=role,
            instance_id=instance_id,
            module_id=module_id,
            public_key=public_key,
            user_data=user_data,
            nonce=nonce,
            nitrotpm=nitrotpm,
        )

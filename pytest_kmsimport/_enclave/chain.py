"""The certificates that vouch for an enclave: from its own, by those in between, to a root that somebody trusts.

What AWS issues goes to one root of AWS's. Here the root is one that is made up for each mock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP384R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ..engine.recipients import NotAttestedError

_ROOT, _INSTANCE = "pytest-kmsimport test root", "pytest-kmsimport test instance"
_LIFE_OF_INSTANCE, _LIFE_OF_ENCLAVE = timedelta(days=1), timedelta(hours=3)
_LONGEST_NAME = 64  # characters of a common name
_FOREIGN = """\
Its cabundle begins with a root that this mock does not trust. It trusts its own alone, and AWS's no more than others:
make the document with this mock's attestation()."""
_ALWAYS = datetime(1970, 1, 1, tzinfo=timezone.utc), datetime(9999, 12, 31, tzinfo=timezone.utc)


class Issued(NamedTuple):
    """A certificate in DER and its private key, and those above it: the root first."""

    certificate: bytes
    key: EllipticCurvePrivateKey
    bundle: list[bytes]


class Authority:
    """A root that is made up, valid at all times, and what it issues."""

    def __init__(self) -> None:
        self._key = generate_private_key(SECP384R1())
        self.root = _certificate(_ROOT, self._key, _ROOT, self._key, _ALWAYS, is_authority=True)

    def issue(self, module_id: str, since: datetime) -> Issued:
        """A certificate for an enclave, by way of its instance's: good for three hours, as AWS's are."""
        life = since.replace(microsecond=0)
        instance_key, key = generate_private_key(SECP384R1()), generate_private_key(SECP384R1())
        times = (life, life + _LIFE_OF_INSTANCE)
        instance = _certificate(_INSTANCE, instance_key, _ROOT, self._key, times, is_authority=True)
        times = (life, life + _LIFE_OF_ENCLAVE)
        name = module_id[:_LONGEST_NAME]
        enclave = _certificate(name, key, _INSTANCE, instance_key, times, is_authority=False)
        bundle = [one.public_bytes(Encoding.DER) for one in (self.root, instance)]
        return Issued(enclave.public_bytes(Encoding.DER), key, bundle)


def _certificate(  # noqa: PLR0913  what is in a certificate
    subject: str,
    key: EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: EllipticCurvePrivateKey,
    times: tuple[datetime, datetime],
    *,
    is_authority: bool,
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        subject_name=named(subject),
        issuer_name=named(issuer),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=times[0],
        not_valid_after=times[1],
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    return builder.add_extension(key_usage(signs_certificates=is_authority), critical=True).sign(issuer_key, SHA384())


def named(common_name: str) -> x509.Name:
    """A name that is a common name alone."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key signs: certificates and lists of revoked ones, or anything else."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def check_chain(
    certificate: bytes, bundle: Sequence[bytes], root: x509.Certificate, now: datetime
) -> EllipticCurvePublicKey:
    """The public key of an enclave's certificate (DER) that is good at a time; ``bundle`` begins with the root.

    Raises NotAttestedError for one that is not, or that another root vouches for.
    """
    try:
        chain = [x509.load_der_x509_certificate(der) for der in (*bundle, certificate)]
        usages = [_usage_of(one) for one in chain]
        key = chain[-1].public_key()
    except (ValueError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise NotAttestedError(f"One of its certificates is none for this: {error}") from error
    if chain[0] != root:
        raise NotAttestedError(_FOREIGN)
    for issuer, issued in pairwise(chain):
        _check_issuer(issued, issuer)
    for one, usage, is_authority in zip(chain, usages, [*(True for _ in bundle), False], strict=True):
        if usage is not is_authority:
            what = "certificates" if is_authority else "documents"
            raise NotAttestedError(f"The certificate of {_subject(one)} is not for signing {what}.")
        _check_times(one, now)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP384R1):
        raise NotAttestedError("Its certificate has no key on P-384.")
    return key


def _check_issuer(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError) as error:
        raise NotAttestedError(f"The certificate of {_subject(certificate)} is not by the one before it.") from error


def _usage_of(certificate: x509.Certificate) -> bool | None:
    """Whether a certificate is for signing others (True) or for signing documents (False); None for neither."""
    is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    signs = usage.key_cert_sign if is_authority else usage.digital_signature
    return is_authority if signs else None


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _check_times(certificate: x509.Certificate, now: datetime) -> None:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not first <= now <= last:
        raise NotAttestedError(
            f"The certificate of {_subject(certificate)} is good from {first:%Y-%m-%d %H:%M:%S} to"
            f" {last:%Y-%m-%d %H:%M:%S} UTC, and the mock's clock is at {now:%Y-%m-%d %H:%M:%S}: have a new one made."
        )

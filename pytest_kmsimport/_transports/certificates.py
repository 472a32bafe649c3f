"""Certificates for servers of this computer, from authorities that are made up for each."""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from .._enclave.chain import key_usage, named

_VALID = timedelta(days=1)


def new_server_side(hosts: Collection[str], ca_bundle: Path | None = None) -> ssl.SSLContext:
    """A server's side of TLS, for names and IP addresses; who trusts ``ca_bundle``, a file written for that, trusts it.

    Without, nobody does.
    """
    authority_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    authority = _builder("pytest-kmsimport", "pytest-kmsimport", authority_key)
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority = authority.add_extension(key_usage(signs_certificates=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    signed_authority = authority.add_extension(identifier, critical=False).sign(authority_key, hashes.SHA256())
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    server = _builder("localhost", "pytest-kmsimport", key).add_extension(names, critical=False)
    server = server.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    server = server.add_extension(key_usage(signs_certificates=False), critical=True)
    server = server.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    certificate = server.add_extension(by, critical=False).sign(authority_key, hashes.SHA256())
    if ca_bundle is not None:
        ca_bundle.write_bytes(signed_authority.public_bytes(Encoding.PEM))
    return _context(key, certificate)


def _builder(subject: str, issuer: str, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return x509.CertificateBuilder(
        subject_name=named(subject),
        issuer_name=named(issuer),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _VALID,
        not_valid_after=now + _VALID,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _context(key: EllipticCurvePrivateKey, certificate: x509.Certificate) -> ssl.SSLContext:
    """Hand a certificate and its key to OpenSSL, which takes them from files alone: one that nobody else can read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with TemporaryDirectory(prefix="kms-import-") as folder:
        file = Path(folder, "server.pem")
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(private + certificate.public_bytes(Encoding.PEM))
        context.load_cert_chain(file)
    return context

"""Attestation documents: AWS's own is taken under AWS's root alone, ours pass openssl, and nothing else passes."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from pytest_kmsimport._enclave import documents
from pytest_kmsimport._enclave.chain import Authority
from pytest_kmsimport.engine.recipients import NotAttestedError

OF_AWS = json.loads(Path(__file__).with_name("aws.json").read_text())["document"]
ROOT_OF_AWS = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"  # SHA-256, published by AWS
ES384 = bytes.fromhex("a1013822")
NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


# AWS's


@pytest.fixture(scope="module")
def of_aws():
    """A document of July 2022, from an enclave in debug mode, its root and its time."""
    bundle = list(map(b64decode, OF_AWS["cabundle"]))
    payload = {
        **{name: OF_AWS[name] for name in ("module_id", "digest", "timestamp")},
        "pcrs": {number: b64decode(OF_AWS["pcr4"]) if number == 4 else bytes(48) for number in range(16)},
        "certificate": b64decode(OF_AWS["certificate"]),
        "cabundle": bundle,
        **{name: b64decode(OF_AWS[name]) for name in ("public_key", "user_data", "nonce")},
    }
    document = cbor2.dumps([ES384, {}, cbor2.dumps(payload), b64decode(OF_AWS["signature"])])
    when = datetime.fromtimestamp(OF_AWS["timestamp"] / 1000, timezone.utc)
    return document, x509.load_der_x509_certificate(bundle[0]), when


def test_a_document_of_aws_is_read(of_aws):
    """Signature, five certificates, their times and uses are right; it just has no key to encrypt under."""
    document, root, when = of_aws
    assert root.fingerprint(SHA256()).hex() == ROOT_OF_AWS
    with pytest.raises(NotAttestedError, match=r"^It has no public_key to encrypt the answer under"):
        documents.read(document, when, root)


def test_a_document_of_aws_that_was_changed(of_aws):
    """One bit of what it measures."""
    document, root, when = of_aws
    position = document.index(b64decode(OF_AWS["pcr4"]))
    changed = document[:position] + bytes([document[position] ^ 1]) + document[position + 1 :]
    with pytest.raises(NotAttestedError, match=r"^Its signature is not that of its certificate"):
        documents.read(changed, when, root)


def test_a_document_of_aws_that_is_old(of_aws):
    """It was good for three hours."""
    document, root, when = of_aws
    with pytest.raises(NotAttestedError, match="2022-07-26 18:39:09 to 2022-07-26 21:39:12 UTC"):
        documents.read(document, when + timedelta(hours=4), root)


def test_a_mock_does_not_trust_aws(kms_import_mock, kms, of_aws):
    """Nobody who tests can have the private key of a real enclave's."""
    document, _, when = of_aws
    kms_import_mock.clock.move_to(when)
    with pytest.raises(kms.exceptions.ClientError, match="ValidationException"):
        kms.generate_random(
            NumberOfBytes=8,
            Recipient={"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": document},
        )
    assert "a root that this mock does not trust" in kms_import_mock.calls[-1].diagnosis


# Ours


def test_ours_passes_openssl(kms_import_mock, tmp_path):
    """The chain of its certificates, and the signature over what RFC 9052 (4.4) says, written by hand."""
    document = kms_import_mock.attestation(user_data=b"x").document
    protected, unprotected, body, signature = cbor2.loads(document)
    payload = cbor2.loads(body)
    assert (protected, unprotected) == (ES384, {})
    root, instance = (x509.load_der_x509_certificate(der) for der in payload["cabundle"])
    leaf = x509.load_der_x509_certificate(payload["certificate"])
    halves = (int.from_bytes(half, "big") for half in (signature[:48], signature[48:]))
    files = {
        "root.pem": root.public_bytes(Encoding.PEM),
        "instance.pem": instance.public_bytes(Encoding.PEM),
        "leaf.pem": leaf.public_bytes(Encoding.PEM),
        "key.pem": leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "signature": encode_dss_signature(*halves),
        "signed": b"\x84\x6aSignature1\x44" + ES384 + b"\x40\x59" + len(body).to_bytes(2, "big") + body,
    }
    for name, content in files.items():
        tmp_path.joinpath(name).write_bytes(content)
    verify = ["openssl", "verify", "-CAfile", "root.pem", "-untrusted", "instance.pem", "leaf.pem"]
    dgst = ["openssl", "dgst", "-sha384", "-verify", "key.pem", "-signature", "signature", "signed"]
    for command in (verify, dgst):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


def test_ours_has_what_the_specification_says(kms_import_mock):
    """Every member, and those that are optional as null where they are not there."""
    kms_import_mock.clock.freeze(NOW)
    payload = cbor2.loads(cbor2.loads(kms_import_mock.attestation({0: b"\1" * 48}, nonce=b"n").document)[2])
    assert list(payload) == [
        *("module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle", "public_key", "user_data", "nonce")
    ]
    assert payload["digest"] == "SHA384"
    assert payload["timestamp"] == 1795867200000
    assert payload["pcrs"] == {0: b"\1" * 48, **{number: bytes(48) for number in range(1, 16)}}
    assert (payload["user_data"], payload["nonce"]) == (None, b"n")
    assert all(0 < len(one) <= 1024 for one in (*payload["cabundle"], payload["certificate"], payload["public_key"]))


# Others


class Forge:
    """Documents that are as they should be but for one thing."""

    def __init__(self) -> None:
        self.authority = Authority()
        issued = self.authority.issue("i-0123456789abcdef0-enc0123456789abcdef", NOW)
        self.key, self.certificate, self.bundle = issued.key, issued.certificate, issued.bundle
        self.protected, self.tag = ES384, None
        self.payload = {
            "module_id": "i-0123456789abcdef0-enc0123456789abcdef",
            "digest": "SHA384",
            "timestamp": 1795867200000,
            "pcrs": {0: bytes(48)},
            "certificate": self.certificate,
            "cabundle": self.bundle,
            "public_key": public(rsa.generate_private_key(65537, 2048)),
        }

    def parts(self) -> list[object]:
        """A COSE_Sign1."""
        body = self.payload if isinstance(self.payload, bytes) else cbor2.dumps(self.payload)
        signed = cbor2.dumps(["Signature1", self.protected, b"", body])
        numbers = decode_dss_signature(self.key.sign(signed, ec.ECDSA(SHA384())))
        width = (self.key.curve.key_size + 7) // 8
        return [self.protected, {}, body, b"".join(number.to_bytes(width, "big") for number in numbers)]

    def read(self, document: bytes | None = None):
        """What is read of it."""
        parts = self.parts() if document is None else None
        whole = parts if self.tag is None else cbor2.CBORTag(self.tag, parts)
        return documents.read(cbor2.dumps(whole) if document is None else document, NOW, self.authority.root)

    def certify(self, curve: ec.EllipticCurve | None = None, **usage: bool) -> None:
        """Have another certificate, issued by the root itself."""
        self.key = ec.generate_private_key(curve or ec.SECP384R1())
        self.payload["certificate"] = certificate(self.key, self.authority._key, self.authority.root.subject, **usage)
        self.payload["cabundle"] = self.bundle[:1]


def public(key) -> bytes:
    """A public key as SubjectPublicKeyInfo in DER."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificate(key, by, issuer: x509.Name, *, ca=False, signs=True, extensions=True, hours=(0, 3)) -> bytes:
    """A certificate in DER."""
    builder = x509.CertificateBuilder(
        issuer, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forged")]), key.public_key(), 1,
        *(NOW + timedelta(hours=hour) for hour in hours),
    )  # fmt: skip
    if extensions:
        usage = x509.KeyUsage(signs, False, False, False, False, ca, False, False, False)  # noqa: FBT003
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True).add_extension(usage, True)  # noqa: FBT003
    return builder.sign(by, SHA384()).public_bytes(Encoding.DER)


@pytest.fixture
def forge():
    """A place where documents are made."""
    return Forge()


@pytest.mark.parametrize("tag", [None, 18])
def test_a_document_may_have_a_tag(forge, tag):
    """Real ones have none."""
    forge.tag = tag
    assert forge.read().pcrs == {0: bytes(48)}


def test_what_is_optional_may_be_absent_or_null(forge):
    """Both are seen."""
    forge.payload |= {"user_data": None, "nonce": b"", "pcrs": {31: bytes(64), 5: bytes(32)}}
    assert forge.read().pcrs == {31: bytes(64), 5: bytes(32)}


def change(**members: object):
    """Have other members in the payload."""
    return lambda forge: forge.payload.update(members)


def have(**attributes: object):
    """Make it of something else."""

    def act(forge: Forge) -> None:
        for name, value in attributes.items():
            setattr(forge, name, value)

    return act


def by_a_chain_that_is_cut(forge: Forge) -> None:
    """The instance's certificate is missing."""
    forge.payload["cabundle"] = forge.bundle[:1]


def by_another_root(forge: Forge) -> None:
    """One that somebody else has made up, by the same name."""
    other = Authority().issue("i-x", NOW)
    forge.key = other.key
    forge.payload |= {"certificate": other.certificate, "cabundle": other.bundle}


def by_an_enclave(forge: Forge) -> None:
    """What an enclave has signed as if it were an authority."""
    forge.certify()
    between = forge.payload["certificate"]
    name = x509.load_der_x509_certificate(between).subject
    key = ec.generate_private_key(ec.SECP384R1())
    forge.payload["certificate"] = certificate(key, forge.key, name)
    forge.payload["cabundle"] = [forge.bundle[0], between]
    forge.key = key


WRONG = {
    "a tag of something else": (have(tag=98), "no COSE_Sign1"),
    "another algorithm": (have(protected=bytes.fromhex("a10126")), "not signed by ES384"),
    "a protected header that is none": (have(protected=b""), "the protected header is no CBOR"),
    "a payload that is none": (have(payload=b"\x61"), "the payload is no CBOR"),
    "a payload that is a list": (have(payload=b"\x80"), "Its payload is no map"),
    "no module_id": (change(module_id=""), "Its module_id is missing"),
    "another digest": (change(digest="SHA256"), "Its digest is missing, or not what"),
    "no timestamp": (change(timestamp=0), "Its timestamp is missing"),
    "no measurements": (change(pcrs={}), "Its pcrs are missing"),
    "a register that there is not": (change(pcrs={32: bytes(48)}), "Its pcrs are missing, or not 1 to 32"),
    "a measurement that is too short": (change(pcrs={0: bytes(20)}), "Its pcrs are missing, or not 1 to 32"),
    "a name for a register": (change(pcrs={"0": bytes(48)}), "Its pcrs are missing, or not 1 to 32"),
    "no certificate": (change(certificate=None), "Its certificate is missing"),
    "a certificate that is none": (change(certificate=b"\x30\0"), "One of its certificates is none for this"),
    "no bundle": (change(cabundle=[]), "Its cabundle is missing"),
    "a bundle of texts": (change(cabundle=["x"]), "Its cabundle is missing"),
    "too long user_data": (change(user_data=bytes(1025)), "Its user_data is missing, or not what"),
    "no public_key": (change(public_key=None), "It has no public_key"),
    "a public_key that is none": (change(public_key=b"x"), "no SubjectPublicKeyInfo in DER"),
    "a longer public_key": (
        lambda forge: forge.payload.update(public_key=public(rsa.generate_private_key(65537, 3072))),
        "no RSA key of 2048 bits",
    ),
    "a public_key on a curve": (
        lambda forge: forge.payload.update(public_key=public(forge.key)),
        "no RSA key of 2048 bits",
    ),
    "another root": (by_another_root, "a root that this mock does not trust"),
    "a chain that is cut": (by_a_chain_that_is_cut, "is not by the one before it"),
    "a chain by an enclave": (by_an_enclave, "The certificate of CN=forged is not for signing certificates"),
    "a certificate of an authority": (lambda f: f.certify(ca=True), "CN=forged is not for signing documents"),
    "a certificate for nothing": (lambda f: f.certify(signs=False), "CN=forged is not for signing documents"),
    "a certificate that does not say": (lambda f: f.certify(extensions=False), "One of its certificates is none"),
    "a certificate that is over": (lambda f: f.certify(hours=(-3, -1)), "the mock's clock is at 2026-11-28 12:00:00"),
    "a certificate to come": (lambda f: f.certify(hours=(1, 3)), "and the mock's clock is at 2026-11-28 12:00:00"),
    "a key on another curve": (lambda f: f.certify(ec.SECP256R1()), "Its certificate has no key on P-384"),
    "somebody else's key": (
        lambda forge: setattr(forge, "key", ec.generate_private_key(ec.SECP384R1())),
        "Its signature is not that of its certificate",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "why"), WRONG.values(), ids=list(WRONG))
def test_a_document_that_is_wrong_in_one_thing(forge, spoil, why):
    """It is refused, and it is said for what."""
    spoil(forge)
    with pytest.raises(NotAttestedError, match=why):
        forge.read()


@pytest.mark.parametrize(
    ("cut", "why"),
    [
        (lambda parts: parts[:3], "an array of four"),
        (lambda _: {}, "an array of four"),
        (lambda parts: [None, *parts[1:]], "have to be byte strings"),
        (lambda parts: [*parts[:3], parts[3][:-1]], "Its signature has 95 bytes"),
    ],
    ids=["three parts", "no array", "no header", "a short signature"],
)
def test_a_structure_that_is_another(forge, cut, why):
    """Of COSE_Sign1."""
    with pytest.raises(NotAttestedError, match=why):
        forge.read(cbor2.dumps(cut(forge.parts())))


@pytest.mark.parametrize(
    "document", [b"", b"\x9f" * 3000, b"\x5b" + b"\xff" * 8, b"\xc1\x1b" + b"\xff" * 8, b"\xa1\x80\x80"]
)
def test_bytes_that_are_no_cbor(forge, document):
    """Whatever a decoder makes of them."""
    with pytest.raises(NotAttestedError):
        forge.read(document)

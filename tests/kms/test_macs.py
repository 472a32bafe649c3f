"""GenerateMac, VerifyMac and DeriveSharedSecret with imported key material."""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ..support.refusal import refused

LENGTHS = {"224": 28, "256": 32, "384": 48, "512": 64}
CURVES = {"ECC_NIST_P256": ec.SECP256R1, "ECC_NIST_P384": ec.SECP384R1, "ECC_NIST_P521": ec.SECP521R1}
DRY_RUN = "The request would have succeeded, but the DryRun option is set."


@pytest.mark.parametrize("longer", [0, 1, 60])
@pytest.mark.parametrize("bits", LENGTHS)
def test_macs_are_those_of_the_imported_material(kms, kms_import_mock, bits, longer):
    """Python's own hmac makes the same, also for material longer than the digest."""
    material = os.urandom(LENGTHS[bits] + longer)
    key = kms_import_mock.import_key(material, f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")
    request = {"KeyId": key.id, "Message": b"message", "MacAlgorithm": f"HMAC_SHA_{bits}"}
    answer = kms.generate_mac(**request)
    assert set(answer) == {"KeyId", "Mac", "MacAlgorithm", "ResponseMetadata"}
    assert (answer["KeyId"], answer["MacAlgorithm"]) == (key.arn, f"HMAC_SHA_{bits}")
    assert answer["Mac"] == hmac.new(material, b"message", f"sha{bits}").digest()
    verified = kms.verify_mac(**request, Mac=answer["Mac"])
    assert (verified["KeyId"], verified["MacValid"]) == (key.arn, True)


@pytest.fixture
def mac_key(kms_import_mock):
    """A KMS key for HMACs."""
    return kms_import_mock.import_key(key_spec="HMAC_224", KeyUsage="GENERATE_VERIFY_MAC")


@pytest.mark.parametrize("mac", [b"x", bytes(28), bytes(32)])
def test_wrong_macs(kms, mac_key, mac):
    """KMSInvalidMacException without a message, whatever is wrong about it."""
    with refused("KMSInvalidMacException"):
        kms.verify_mac(KeyId=mac_key.id, Message=b"message", MacAlgorithm="HMAC_SHA_224", Mac=mac)


def test_mac_algorithms_of_another_length(kms, mac_key):
    """AWS names both."""
    text = "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."
    with refused("InvalidKeyUsageException", text):
        kms.generate_mac(KeyId=mac_key.id, Message=b"message", MacAlgorithm="HMAC_SHA_256")


def test_keys_that_make_no_macs(kms, make_key):
    """The usage is told with the key ARN."""
    key_id = make_key(Origin="AWS_KMS")
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    request = {"KeyId": key_id, "Message": b"message", "MacAlgorithm": "HMAC_SHA_256"}
    for name, call in {"GenerateMac": kms.generate_mac, "VerifyMac": lambda **r: kms.verify_mac(**r, Mac=b"x")}.items():
        with refused("InvalidKeyUsageException", f"{arn} key usage is ENCRYPT_DECRYPT which is not valid for {name}."):
            call(**request)


def test_dry_runs_of_macs(kms, mac_key):
    """Nothing is given away, and a wrong MAC is refused as ever."""
    request = {"KeyId": mac_key.id, "Message": b"message", "MacAlgorithm": "HMAC_SHA_224"}
    mac = kms.generate_mac(**request)["Mac"]
    with refused("DryRunOperationException", DRY_RUN):
        kms.generate_mac(**request, DryRun=True)
    with refused("DryRunOperationException", DRY_RUN):
        kms.verify_mac(**request, Mac=mac, DryRun=True)
    with refused("KMSInvalidMacException"):
        kms.verify_mac(**request, Mac=b"x", DryRun=True)


def test_a_mac_key_made_by_kms(kms):
    """It has material of its own, which stays."""
    key_id = kms.create_key(KeySpec="HMAC_512", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    request = {"KeyId": key_id, "Message": b"message", "MacAlgorithm": "HMAC_SHA_512"}
    assert kms.generate_mac(**request)["Mac"] == kms.generate_mac(**request)["Mac"]
    assert len(kms.generate_mac(**request)["Mac"]) == hashlib.sha512().digest_size


# DeriveSharedSecret


@cache
def private_key(spec: str) -> ec.EllipticCurvePrivateKey:
    """A private key made outside KMS."""
    return ec.generate_private_key(CURVES[spec]())


def spki(key) -> bytes:
    """A public key as KMS takes it."""
    public_key: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return public_key


@pytest.fixture
def agreement_key(kms_import_mock):
    """A KMS key for key agreement with a private key made outside."""

    def make(spec: str = "ECC_NIST_P256"):
        der = private_key(spec).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return kms_import_mock.import_key(der, spec, KeyUsage="KEY_AGREEMENT")

    return make


@pytest.mark.parametrize("spec", CURVES)
def test_both_sides_derive_the_same_secret(kms, agreement_key, spec):
    """The raw x-coordinate, as ``cryptography`` gives it to the other side."""
    key, peer = agreement_key(spec), ec.generate_private_key(CURVES[spec]())
    answer = kms.derive_shared_secret(KeyId=key.id, KeyAgreementAlgorithm="ECDH", PublicKey=spki(peer.public_key()))
    assert answer["SharedSecret"] == peer.exchange(ec.ECDH(), private_key(spec).public_key())
    assert (answer["KeyId"], answer["KeyOrigin"], answer["KeyAgreementAlgorithm"]) == (key.arn, "EXTERNAL", "ECDH")


@pytest.mark.parametrize(
    "public_key",
    [
        b"garbage",
        spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
        spki(rsa.generate_private_key(65537, 2048).public_key()),
    ],
    ids=["garbage", "another curve", "RSA"],
)
def test_public_keys_that_do_not_fit(kms, agreement_key, public_key):
    """A ValidationException with an empty message."""
    with refused("ValidationException"):
        kms.derive_shared_secret(KeyId=agreement_key().id, KeyAgreementAlgorithm="ECDH", PublicKey=public_key)


@pytest.mark.parametrize(
    ("spec", "usage"), [("ECC_NIST_P256", "SIGN_VERIFY"), ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")]
)
def test_keys_that_agree_on_nothing(kms, make_key, spec, usage):
    """The usage is told with the key ARN."""
    key_id = make_key(Origin="AWS_KMS", KeySpec=spec, KeyUsage=usage)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    text = f"{arn} key usage is {usage} which is not valid for DeriveSharedSecret."
    with refused("InvalidKeyUsageException", text):
        kms.derive_shared_secret(KeyId=key_id, KeyAgreementAlgorithm="ECDH", PublicKey=b"x")


def test_a_dry_run_derives_nothing(kms, agreement_key):
    """It is told that it would have."""
    key = agreement_key()
    public_key = kms.get_public_key(KeyId=key.id)["PublicKey"]
    with refused("DryRunOperationException", DRY_RUN):
        kms.derive_shared_secret(KeyId=key.id, KeyAgreementAlgorithm="ECDH", PublicKey=public_key, DryRun=True)

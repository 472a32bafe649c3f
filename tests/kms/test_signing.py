"""GetPublicKey, Sign and Verify: imported keys interoperate with the very material that was imported."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from pytest_kmsimport.engine import ed25519ph

from ..support.installed import known
from ..support.refusal import refused

HASHES = {"256": SHA256(), "384": SHA384(), "512": SHA512()}
RSA_ALGORITHMS = [f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in HASHES]
ALGORITHMS = {
    "RSA_2048": RSA_ALGORITHMS,
    "RSA_3072": RSA_ALGORITHMS,
    "RSA_4096": RSA_ALGORITHMS,
    "ECC_NIST_P256": ["ECDSA_SHA_256"],
    "ECC_NIST_P384": ["ECDSA_SHA_384"],
    "ECC_NIST_P521": ["ECDSA_SHA_512"],
    "ECC_SECG_P256K1": ["ECDSA_SHA_256"],
    "ECC_NIST_EDWARDS25519": ["ED25519_SHA_512"],
}
CURVES = {
    "ECC_NIST_P256": ec.SECP256R1,
    "ECC_NIST_P384": ec.SECP384R1,
    "ECC_NIST_P521": ec.SECP521R1,
    "ECC_SECG_P256K1": ec.SECP256K1,
}
PAIRS = [(spec, algorithm) for spec in known(ALGORITHMS) for algorithm in ALGORITHMS[spec]]
MESSAGE = b"the message"


@cache
def private_key(spec: str):
    """A private key made outside KMS."""
    if spec.startswith("RSA"):
        return rsa.generate_private_key(65537, int(spec[4:]))
    if spec == "ECC_NIST_EDWARDS25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(CURVES[spec]())


@pytest.fixture
def key(kms_import_mock):
    """A KMS key with a private key made outside."""

    def make(spec: str = "ECC_NIST_P256", usage: str = "SIGN_VERIFY"):
        der = private_key(spec).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return kms_import_mock.import_key(der, spec, KeyUsage=usage)

    return make


def parameters(algorithm: str, hash_=None):
    """How ``cryptography`` is told about one of AWS's algorithms."""
    hash_ = hash_ or HASHES.get(algorithm[-3:])
    if algorithm.startswith("RSASSA_PKCS1"):
        return padding.PKCS1v15(), hash_
    if algorithm.startswith("RSASSA_PSS"):
        plain = HASHES[algorithm[-3:]]
        return padding.PSS(padding.MGF1(plain), plain.digest_size), hash_
    return () if algorithm.startswith("ED25519") else (ec.ECDSA(hash_),)


@pytest.mark.parametrize("spec", known(ALGORITHMS))
def test_the_public_key_is_that_of_the_imported_private_key(kms, key, spec):
    """DER, SubjectPublicKeyInfo, with the members of AWS's answer."""
    made = key(spec)
    answer = kms.get_public_key(KeyId=made.id)
    expected = private_key(spec).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert answer["PublicKey"] == expected
    assert (answer["KeyId"], answer["KeySpec"], answer["KeyUsage"]) == (made.arn, spec, "SIGN_VERIFY")
    assert answer["CustomerMasterKeySpec"] == spec
    assert "EncryptionAlgorithms" not in answer
    described = kms.describe_key(KeyId=made.id)["KeyMetadata"]
    assert answer["SigningAlgorithms"] == described["SigningAlgorithms"]


@pytest.mark.parametrize("spec", [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("HMAC_256", "GENERATE_VERIFY_MAC")])
def test_keys_without_a_public_key(kms, kms_import_mock, spec):
    """UnsupportedOperationException without a message."""
    made = kms_import_mock.import_key(key_spec=spec[0], KeyUsage=spec[1])
    with refused("UnsupportedOperationException"):
        kms.get_public_key(KeyId=made.id)


def test_a_deleted_private_key_takes_its_public_key_along(kms, key, import_material):
    """GetPublicKey is refused in PendingImport, as before the first import; the re-import brings the same key back."""
    made = key()
    before = kms.get_public_key(KeyId=made.id)["PublicKey"]
    kms.delete_imported_key_material(KeyId=made.id)
    empty = kms.create_key(Origin="EXTERNAL", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    for arn in (made.arn, empty["Arn"]):
        with refused("KMSInvalidStateException", f"{arn} is pending import."):
            kms.get_public_key(KeyId=arn)
    der = private_key("ECC_NIST_P256").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    import_material(made.id, der)
    assert kms.get_public_key(KeyId=made.id)["PublicKey"] == before


def test_an_expired_private_key_takes_its_public_key_along(kms, kms_import_mock):
    """As a deleted one does."""
    valid_to = kms_import_mock.clock.now() + timedelta(days=1)
    made = kms_import_mock.import_key(key_spec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", ValidTo=valid_to)
    kms_import_mock.clock.advance(days=1)
    with refused("KMSInvalidStateException", f"{made.arn} is pending import."):
        kms.get_public_key(KeyId=made.id)


def test_keys_that_kms_made_have_one_key_pair(kms):
    """It is made when it is first needed, and stays."""
    key_id = kms.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    public_key = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    signature = kms.sign(KeyId=key_id, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_384")["Signature"]
    public_key.verify(signature, MESSAGE, ec.ECDSA(SHA384()))


@pytest.mark.parametrize(("spec", "algorithm"), PAIRS)
def test_what_kms_signs_verifies_outside(kms, key, spec, algorithm):
    """With the public half of the imported private key; the answer names the key ARN."""
    made = key(spec)
    answer = kms.sign(KeyId=made.id, Message=MESSAGE, SigningAlgorithm=algorithm)
    assert set(answer) == {"KeyId", "Signature", "SigningAlgorithm", "ResponseMetadata"}
    assert (answer["KeyId"], answer["SigningAlgorithm"]) == (made.arn, algorithm)
    private_key(spec).public_key().verify(answer["Signature"], MESSAGE, *parameters(algorithm))


@pytest.mark.parametrize(("spec", "algorithm"), PAIRS)
def test_what_is_signed_outside_verifies_in_kms(kms, key, spec, algorithm):
    """And nothing else does."""
    made = key(spec)
    signature = private_key(spec).sign(MESSAGE, *parameters(algorithm))
    request = {"KeyId": made.id, "SigningAlgorithm": algorithm}
    answer = kms.verify(Message=MESSAGE, Signature=signature, **request)
    assert (answer["KeyId"], answer["SignatureValid"], answer["SigningAlgorithm"]) == (made.arn, True, algorithm)
    with refused("KMSInvalidSignatureException"):
        kms.verify(Message=MESSAGE + b"!", Signature=signature, **request)
    with refused("KMSInvalidSignatureException"):
        kms.verify(Message=MESSAGE, Signature=signature[:-1] + bytes([signature[-1] ^ 1]), **request)


@pytest.mark.parametrize(("spec", "algorithm"), [pair for pair in PAIRS if not pair[1].startswith("ED25519")])
def test_digests_are_signed_as_they_are(kms, key, spec, algorithm):
    """MessageType DIGEST takes the digest instead of the message."""
    made = key(spec)
    digest = hashlib.new(f"sha{algorithm[-3:]}", MESSAGE).digest()
    request = {"KeyId": made.id, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": algorithm}
    signature = kms.sign(**request)["Signature"]
    prehashed = parameters(algorithm, Prehashed(HASHES[algorithm[-3:]]))
    private_key(spec).public_key().verify(signature, digest, *prehashed)
    assert kms.verify(Signature=signature, **request)["SignatureValid"]
    for operation in (kms.sign, lambda **members: kms.verify(Signature=b"x", **members)):
        with refused("ValidationException", f"Digest is invalid length for algorithm {algorithm}."):
            operation(**{**request, "Message": digest[:-1]})


@pytest.mark.parametrize("algorithm", [name for name in RSA_ALGORITHMS if "PSS" in name])
def test_the_salt_is_as_long_as_the_digest(kms, key, algorithm):
    """A verifier that insists on that length is content."""
    signature = kms.sign(KeyId=key("RSA_2048").id, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
    hash_ = HASHES[algorithm[-3:]]
    public_key = private_key("RSA_2048").public_key()
    public_key.verify(signature, MESSAGE, padding.PSS(padding.MGF1(hash_), hash_.digest_size), hash_)
    with pytest.raises(InvalidSignature):
        public_key.verify(signature, MESSAGE, padding.PSS(padding.MGF1(hash_), hash_.digest_size - 1), hash_)


def test_algorithms_that_the_key_does_not_have(kms, key):
    """AWS names both."""
    text = "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."
    with refused("InvalidKeyUsageException", text):
        kms.sign(KeyId=key().id, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_384")


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
        ("RSA_2048", "ENCRYPT_DECRYPT"),
        ("ECC_NIST_P256", "KEY_AGREEMENT"),
    ],
)
def test_keys_of_another_usage(kms, make_key, spec, usage):
    """The usage is told before the algorithm."""
    key_id = make_key(Origin="AWS_KMS", KeySpec=spec, KeyUsage=usage)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    with refused("InvalidKeyUsageException", f"{arn} key usage is {usage} which is not valid for Sign."):
        kms.sign(KeyId=key_id, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")
    with refused("InvalidKeyUsageException", f"{arn} key usage is {usage} which is not valid for Verify."):
        kms.verify(KeyId=key_id, Message=MESSAGE, Signature=b"x", SigningAlgorithm="ECDSA_SHA_256")


def test_dry_runs(kms, key):
    """What would have succeeded is told so; a bad signature is refused as ever."""
    request = {"KeyId": key().id, "Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = kms.sign(**request)["Signature"]
    text = "The request would have succeeded, but the DryRun option is set."
    with refused("DryRunOperationException", text):
        kms.sign(**request, DryRun=True)
    with refused("DryRunOperationException", text):
        kms.verify(**request, Signature=signature, DryRun=True)
    with refused("KMSInvalidSignatureException"):
        kms.verify(**request, Signature=b"x", DryRun=True)


# Ed25519ph

# RFC 8032, 7.3
SEED = bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
PUBLIC_KEY = bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
SIGNATURE = bytes.fromhex(
    "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
    "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
)
DIGEST = hashlib.sha512(b"abc").digest()


def test_ed25519ph_gives_the_signature_of_the_rfc():
    """The one test vector that RFC 8032 has for it."""
    assert ed25519ph.sign(SEED, PUBLIC_KEY, DIGEST) == SIGNATURE
    assert ed25519ph.verify(PUBLIC_KEY, SIGNATURE, DIGEST)


@pytest.mark.parametrize("position", range(0, 64, 7))
def test_ed25519ph_refuses_changed_signatures(position):
    """Any changed byte, in either half."""
    changed = bytearray(SIGNATURE)
    changed[position] ^= 1
    assert not ed25519ph.verify(PUBLIC_KEY, bytes(changed), DIGEST)


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:-1], SIGNATURE + b"\0", SIGNATURE[:32] + b"\xff" * 32])
def test_ed25519ph_refuses_malformed_signatures(signature):
    """Of another length, or with a number beyond the group's order."""
    assert not ed25519ph.verify(PUBLIC_KEY, signature, DIGEST)


def test_ed25519ph_is_not_ed25519():
    """The prehashed variant is bound to itself: a pure signature of the digest is another one."""
    pure = ed25519.Ed25519PrivateKey.from_private_bytes(SEED).sign(DIGEST)
    assert not ed25519ph.verify(PUBLIC_KEY, pure, DIGEST)


@pytest.mark.parametrize("spec", known(["ECC_NIST_EDWARDS25519"]))
def test_message_types_of_ed25519(kms, kms_import_mock, spec):
    """The pure variant takes messages, the prehashed one SHA-512 digests, and neither the other's."""
    der = ed25519.Ed25519PrivateKey.from_private_bytes(SEED).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    key_id = kms_import_mock.import_key(der, spec, KeyUsage="SIGN_VERIFY").id
    request = {"KeyId": key_id, "Message": DIGEST, "MessageType": "DIGEST", "SigningAlgorithm": "ED25519_PH_SHA_512"}
    twice = ed25519ph.sign(SEED, PUBLIC_KEY, hashlib.sha512(DIGEST).digest())  # AWS hashes the digest once more
    assert kms.sign(**request)["Signature"] == twice
    assert kms.verify(**request, Signature=twice)["SignatureValid"]
    with refused("KMSInvalidSignatureException"):
        kms.verify(**request, Signature=SIGNATURE)
    for algorithm, message_type in (("ED25519_PH_SHA_512", "RAW"), ("ED25519_SHA_512", "DIGEST")):
        text = f"Message type {message_type} is incompatible with algorithm {algorithm}."
        changed = {**request, "SigningAlgorithm": algorithm, "MessageType": message_type}
        for message in (DIGEST, b"short"):  # the type of the message is told before its length
            with refused("ValidationException", text):
                kms.sign(**{**changed, "Message": message})
            with refused("ValidationException", text):
                kms.verify(**{**changed, "Message": message}, Signature=SIGNATURE)
    with refused("ValidationException", "Digest is invalid length for algorithm ED25519_PH_SHA_512."):
        kms.sign(**{**request, "Message": b"short"})

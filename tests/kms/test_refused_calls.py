"""A refused call leaves everything as it was, also what only the mock can see."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..support.installed import CAN_ENCAPSULATE, OPERATION_NAMES

P256_POINT = ec.generate_private_key(ec.SECP256R1()).public_key()
PEER = P256_POINT.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
RSA, ECC, AGREEING = ("RSA_2048", "SIGN_VERIFY"), ("ECC_NIST_P256", "SIGN_VERIFY"), ("ECC_NIST_P256", "KEY_AGREEMENT")
ENCRYPTING, HMAC = ("RSA_2048", "ENCRYPT_DECRYPT"), ("HMAC_256", "GENERATE_VERIFY_MAC")
KEM = ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE")
OAEP, ECDSA, MAC = "RSAES_OAEP_SHA_256", {"SigningAlgorithm": "ECDSA_SHA_256"}, {"MacAlgorithm": "HMAC_SHA_256"}
DRY, ECDH, ML_KEM = {"DryRun": True}, {"KeyAgreementAlgorithm": "ECDH"}, {"EncapsulationAlgorithm": "ML_KEM"}

needs_ml_kem = pytest.mark.skipif(not CAN_ENCAPSULATE, reason="newer than this botocore or this cryptography")
#: What kind of KMS key, and a request that is refused when its key material could have been looked at.
REFUSED = [
    (ECC, "Sign", {"Message": b"x", **ECDSA, **DRY}),
    (ECC, "Verify", {"Message": b"x", "Signature": b"x", **ECDSA}),
    (ECC, "Verify", {"Message": b"x", "Signature": b"x", **ECDSA, **DRY}),
    (RSA, "Verify", {"Message": b"x", "Signature": b"x", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}),
    (ENCRYPTING, "Encrypt", {"Plaintext": bytes(4096), "EncryptionAlgorithm": OAEP}),
    (ENCRYPTING, "Encrypt", {"Plaintext": b"x", "EncryptionAlgorithm": OAEP, **DRY}),
    (ENCRYPTING, "Decrypt", {"CiphertextBlob": bytes(256), "EncryptionAlgorithm": OAEP}),
    (HMAC, "GenerateMac", {"Message": b"x", **MAC, **DRY}),
    (HMAC, "VerifyMac", {"Message": b"x", "Mac": b"x", **MAC}),
    (AGREEING, "DeriveSharedSecret", {**ECDH, "PublicKey": b"x"}),
    (AGREEING, "DeriveSharedSecret", {**ECDH, "PublicKey": PEER, **DRY}),
    pytest.param(KEM, "Encapsulate", {**ML_KEM, **DRY}, marks=needs_ml_kem),
    pytest.param(KEM, "Decapsulate", {**ML_KEM, "SharedSecretCiphertextBlob": b"x"}, marks=needs_ml_kem),
]


@pytest.mark.parametrize(("kind", "operation", "members"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_refused_use_shows_nowhere(kms, kms_import_mock, kind, operation, members):
    """The KMS key is as it was, and its key material is not known by what was refused."""
    key_id = kms.create_key(KeySpec=kind[0], KeyUsage=kind[1])["KeyMetadata"]["KeyId"]
    before = kms_import_mock.key(key_id)
    with pytest.raises(ClientError):
        kms._make_api_call(operation, {"KeyId": key_id, **members})
    assert kms_import_mock.key(key_id) == before
    if "GetKeyLastUsage" in OPERATION_NAMES:
        assert kms.get_key_last_usage(KeyId=key_id)["KeyLastUsage"] == {}


@pytest.mark.parametrize("kind", [RSA, ECC, AGREEING, ENCRYPTING])
def test_a_key_pair_is_the_same_before_and_after(kms, kms_import_mock, kind):
    """A KMS key has its key pair from the beginning: coming back to a snapshot does not give it another."""
    key_id = kms.create_key(KeySpec=kind[0], KeyUsage=kind[1])["KeyMetadata"]["KeyId"]
    snapshot = kms_import_mock.snapshot()
    public_key = kms.get_public_key(KeyId=key_id)["PublicKey"]
    kms_import_mock.restore(snapshot)
    assert kms.get_public_key(KeyId=key_id)["PublicKey"] == public_key


def test_an_hmac_key_is_the_same_before_and_after(kms, kms_import_mock):
    """As for key pairs."""
    key_id = kms.create_key(KeySpec=HMAC[0], KeyUsage=HMAC[1])["KeyMetadata"]["KeyId"]
    snapshot = kms_import_mock.snapshot()
    mac = kms.generate_mac(KeyId=key_id, Message=b"x", **MAC)["Mac"]
    kms_import_mock.restore(snapshot)
    assert kms.generate_mac(KeyId=key_id, Message=b"x", **MAC)["Mac"] == mac


def test_the_keys_of_a_family_have_one_key_pair(kms, kms_import_mock):
    """Whichever is asked first."""
    key_id = kms.create_key(KeySpec=ECC[0], KeyUsage=ECC[1], MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    there = kms_import_mock.client("eu-west-1").get_public_key(KeyId=key_id)["PublicKey"]
    assert kms.get_public_key(KeyId=key_id)["PublicKey"] == there


def test_two_keys_have_two_key_pairs(kms):
    """What is shared is shared with copies and replicas alone."""
    keys = [kms.create_key(KeySpec=ECC[0], KeyUsage=ECC[1])["KeyMetadata"]["KeyId"] for _ in range(2)]
    assert len({kms.get_public_key(KeyId=key_id)["PublicKey"] for key_id in keys}) == 2

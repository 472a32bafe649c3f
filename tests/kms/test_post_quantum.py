"""ML-DSA and ML-KEM keys, which AWS makes and does not import; ``cryptography`` on its own is the other party."""

from __future__ import annotations

import os

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..support.installed import CAN_ENCAPSULATE, CAN_SIGN_ML_DSA
from ..support.refusal import refused

needs_ml_dsa = pytest.mark.skipif(not CAN_SIGN_ML_DSA, reason="newer than this botocore or cryptography")
needs_ml_kem = pytest.mark.skipif(not CAN_ENCAPSULATE, reason="newer than this botocore or cryptography")

MESSAGE = b"a message"
SIGNING = {"Message": MESSAGE, "SigningAlgorithm": "ML_DSA_SHAKE_256"}
ML_KEM = {"EncapsulationAlgorithm": "ML_KEM"}
#: Key spec -> bytes of a signature (FIPS 204, table 2), and of an encapsulated secret (FIPS 203, table 3).
SIGNATURE_BYTES = {"ML_DSA_44": 2420, "ML_DSA_65": 3309, "ML_DSA_87": 4627}
ENCAPSULATED_BYTES = {"ML_KEM_768": 1088, "ML_KEM_1024": 1568}


@pytest.fixture
def ml_dsa(make_key, request):
    """The key ID of an ML-DSA key."""
    return make_key(Origin="AWS_KMS", KeySpec=getattr(request, "param", "ML_DSA_44"), KeyUsage="SIGN_VERIFY")


@pytest.fixture
def ml_kem(make_key, request):
    """The key ID of an ML-KEM key."""
    spec = getattr(request, "param", "ML_KEM_768")
    return make_key(Origin="AWS_KMS", KeySpec=spec, KeyUsage="ENCAPSULATE_DECAPSULATE")


@needs_ml_dsa
@pytest.mark.parametrize(("ml_dsa", "length"), SIGNATURE_BYTES.items(), indirect=["ml_dsa"])
def test_signatures_verify_elsewhere(kms, ml_dsa, length):
    """What KMS signs, ``cryptography`` verifies with the public key; a changed message it does not."""
    signature = kms.sign(KeyId=ml_dsa, **SIGNING)["Signature"]
    public_key = load_der_public_key(kms.get_public_key(KeyId=ml_dsa)["PublicKey"])
    assert len(signature) == length
    public_key.verify(signature, MESSAGE)
    with pytest.raises(InvalidSignature):
        public_key.verify(signature, MESSAGE + b"!")


@needs_ml_dsa
def test_message_representatives(kms, ml_dsa):
    """EXTERNAL_MU signs the 64 bytes that the signer computed, and the signature is that of the message."""
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSAMuHasher

    public_key = load_der_public_key(kms.get_public_key(KeyId=ml_dsa)["PublicKey"])
    hasher = MLDSAMuHasher(public_key)
    hasher.update(MESSAGE)
    mu = {**SIGNING, "Message": hasher.finalize(), "MessageType": "EXTERNAL_MU"}
    signature = kms.sign(KeyId=ml_dsa, **mu)["Signature"]
    public_key.verify(signature, MESSAGE)
    assert kms.verify(KeyId=ml_dsa, **mu, Signature=signature)["SignatureValid"]
    assert kms.verify(KeyId=ml_dsa, **SIGNING, Signature=signature)["SignatureValid"]


@needs_ml_dsa
def test_a_representative_has_64_bytes(kms, ml_dsa):
    """Another length is refused by its own name, to sign and to verify."""
    for length in (1, 63, 65):
        request = {"KeyId": ml_dsa, **SIGNING, "Message": bytes(length), "MessageType": "EXTERNAL_MU"}
        with refused("ValidationException", "External Mu is invalid length for algorithm ML_DSA_SHAKE_256."):
            kms.sign(**request)
        with refused("ValidationException", "External Mu is invalid length for algorithm ML_DSA_SHAKE_256."):
            kms.verify(**request, Signature=b"x")


@needs_ml_dsa
@pytest.mark.parametrize("ml_dsa", SIGNATURE_BYTES, indirect=True)
def test_ml_dsa_takes_no_digests(kms, ml_dsa):
    """It has no prehashed variant at AWS; the refusal names the key spec, which has no algorithm for them."""
    spec = kms.describe_key(KeyId=ml_dsa)["KeyMetadata"]["KeySpec"]
    text = f"Message type DIGEST is incompatible with key spec {spec}."
    with refused("ValidationException", text):
        kms.sign(KeyId=ml_dsa, **SIGNING, MessageType="DIGEST")
    with refused("ValidationException", text):
        kms.verify(KeyId=ml_dsa, **SIGNING, MessageType="DIGEST", Signature=b"x")


@needs_ml_dsa
@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("RSA_2048", "RSASSA_PSS_SHA_256"),
        ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
        ("ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512"),
    ],
)
def test_other_keys_take_no_representatives(kms, make_key, spec, algorithm):
    """EXTERNAL_MU is for ML-DSA; the refusal names the key spec, and not the algorithm."""
    key_id = make_key(Origin="AWS_KMS", KeySpec=spec, KeyUsage="SIGN_VERIFY")
    with refused("ValidationException", f"Message type EXTERNAL_MU is incompatible with key spec {spec}."):
        kms.sign(KeyId=key_id, Message=bytes(64), MessageType="EXTERNAL_MU", SigningAlgorithm=algorithm)


@needs_ml_dsa
def test_ml_dsa_has_one_algorithm(kms, ml_dsa):
    """Others are refused by the names of both."""
    with refused("InvalidKeyUsageException", "Algorithm ECDSA_SHA_256 is incompatible with key spec ML_DSA_44."):
        kms.sign(KeyId=ml_dsa, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")


@needs_ml_dsa
def test_bad_signatures(kms, ml_dsa):
    """A signature of something else, or of another length, is not valid."""
    signature = kms.sign(KeyId=ml_dsa, **{**SIGNING, "Message": b"another"})["Signature"]
    for bad in (signature, signature[:-1], b"x"):
        with refused("KMSInvalidSignatureException"):
            kms.verify(KeyId=ml_dsa, **SIGNING, Signature=bad)


@needs_ml_kem
@pytest.mark.parametrize(("ml_kem", "length"), ENCAPSULATED_BYTES.items(), indirect=["ml_kem"])
def test_secrets_that_others_encapsulate(kms, ml_kem, length):
    """``cryptography`` encapsulates with the public key, KMS recovers the same 32 bytes."""
    described = kms.get_public_key(KeyId=ml_kem)
    secret, blob = load_der_public_key(described["PublicKey"]).encapsulate()
    answer = kms.decapsulate(KeyId=ml_kem, SharedSecretCiphertextBlob=blob, **ML_KEM)
    assert (answer["SharedSecret"], len(secret), len(blob)) == (secret, 32, length)
    assert described["EncapsulationAlgorithms"] == ["ML_KEM"]


@needs_ml_kem
def test_secrets_that_kms_encapsulates(kms, ml_kem):
    """Each is another one, and decapsulates again."""
    answers = [kms.encapsulate(KeyId=ml_kem, **ML_KEM) for _ in range(2)]
    assert answers[0]["SharedSecret"] != answers[1]["SharedSecret"]
    for answer in answers:
        blob = answer["SharedSecretCiphertextBlob"]
        recovered = kms.decapsulate(KeyId=ml_kem, SharedSecretCiphertextBlob=blob, **ML_KEM)
        assert recovered["SharedSecret"] == answer["SharedSecret"]
        assert recovered["KeyId"] == answer["KeyId"] == kms.describe_key(KeyId=ml_kem)["KeyMetadata"]["Arn"]


@needs_ml_kem
def test_a_blob_of_another_length_is_refused(kms, ml_kem):
    """It is the only thing that Decapsulate refuses about a blob."""
    with refused("InvalidCiphertextException"):
        kms.decapsulate(KeyId=ml_kem, SharedSecretCiphertextBlob=os.urandom(1568), **ML_KEM)


@needs_ml_kem
def test_a_blob_of_somebody_else_is_rejected_implicitly(kms, ml_kem):
    """It gives a secret that nobody has, and always the same one."""
    blob = os.urandom(1088)
    secrets = {
        kms.decapsulate(KeyId=ml_kem, SharedSecretCiphertextBlob=blob, **ML_KEM)["SharedSecret"] for _ in range(2)
    }
    assert [len(secret) for secret in secrets] == [32]


@needs_ml_kem
@pytest.mark.parametrize("operation", ["encapsulate", "decapsulate"])
def test_encapsulation_needs_a_key_for_it(kms, kms_import_mock, operation):
    """A key of another usage is refused by name."""
    arn = kms_import_mock.import_key().arn
    blob = {} if operation == "encapsulate" else {"SharedSecretCiphertextBlob": bytes(1088)}
    text = f"{arn} key usage is ENCRYPT_DECRYPT which is not valid for {operation.capitalize()}."
    with refused("InvalidKeyUsageException", text):
        getattr(kms, operation)(KeyId=arn, **blob, **ML_KEM)


@needs_ml_kem
def test_dry_runs(kms, ml_kem):
    """What would have succeeded is told so."""
    text = "The request would have succeeded, but the DryRun option is set."
    with refused("DryRunOperationException", text):
        kms.encapsulate(KeyId=ml_kem, DryRun=True, **ML_KEM)
    with refused("DryRunOperationException", text):
        kms.decapsulate(KeyId=ml_kem, SharedSecretCiphertextBlob=bytes(1088), DryRun=True, **ML_KEM)


@needs_ml_kem
@pytest.mark.parametrize("ml_kem", ["ML_KEM_512"], indirect=True)
def test_ml_kem_512_is_not_offered_at_work(kms, kms_import_mock, ml_kem):
    """``cryptography`` does not have it: the key can be described, and using it fails the test loudly."""
    assert kms.describe_key(KeyId=ml_kem)["KeyMetadata"]["KeySpec"] == "ML_KEM_512"
    with pytest.raises(AssertionError, match="ML_KEM_512 is not offered"):
        kms.encapsulate(KeyId=ml_kem, **ML_KEM)
    kms_import_mock.complaints.clear()

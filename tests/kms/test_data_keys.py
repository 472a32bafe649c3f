"""Data keys, data key pairs, random bytes, and ReEncrypt."""

from __future__ import annotations

import subprocess
from base64 import encodebytes

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from ..support.installed import CAN_ENCAPSULATE, known
from ..support.refusal import refused

DRY_RUN = "The request would have succeeded, but the DryRun option is set."
PAIR_SPECS = known(
    ["RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"]
)
CONTEXT = {"EncryptionContext": {"purpose": "test"}}


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


@pytest.mark.parametrize(
    ("members", "length"),
    [
        ({"KeySpec": "AES_128"}, 16),
        ({"KeySpec": "AES_256"}, 32),
        ({"NumberOfBytes": 1}, 1),
        ({"NumberOfBytes": 1024}, 1024),
    ],
)
def test_data_keys(kms, key, members, length):
    """The plaintext has the length asked for, and its ciphertext opens to it."""
    answer = kms.generate_data_key(KeyId=key.id, **members, **CONTEXT)
    assert set(answer) == {"CiphertextBlob", "Plaintext", "KeyId", "KeyMaterialId", "ResponseMetadata"}
    assert (answer["KeyId"], answer["KeyMaterialId"]) == (key.arn, key.current_material.id)
    assert len(answer["Plaintext"]) == length
    assert kms.decrypt(CiphertextBlob=answer["CiphertextBlob"], **CONTEXT)["Plaintext"] == answer["Plaintext"]
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])


def test_data_keys_without_plaintext(kms, key):
    """Only the ciphertext, which opens to a key of the length asked for."""
    answer = kms.generate_data_key_without_plaintext(KeyId=key.id, KeySpec="AES_256")
    assert set(answer) == {"CiphertextBlob", "KeyId", "KeyMaterialId", "ResponseMetadata"}
    assert len(kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["Plaintext"]) == 32


def test_no_two_data_keys_are_alike(kms, key):
    """Each is new."""
    assert len({kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")["Plaintext"] for _ in range(10)}) == 10


@pytest.mark.parametrize("members", [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32}])
@pytest.mark.parametrize("operation", ["generate_data_key", "generate_data_key_without_plaintext"])
def test_a_data_key_has_one_length(kms, key, operation, members):
    """Either KeySpec or NumberOfBytes says it."""
    with refused("ValidationException", "Please specify either number of bytes or key spec."):
        getattr(kms, operation)(KeyId=key.id, **members)


@pytest.mark.parametrize("spec", PAIR_SPECS)
def test_data_key_pairs(kms, key, spec):
    """The private key is PKCS#8, its ciphertext opens to it, and the public key is its own."""
    answer = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec, **CONTEXT)
    assert set(answer) == {
        "PrivateKeyCiphertextBlob", "PrivateKeyPlaintext", "PublicKey", "KeyId", "KeyPairSpec", "KeyMaterialId",
        "ResponseMetadata",
    }  # fmt: skip
    assert (answer["KeyId"], answer["KeyPairSpec"]) == (key.arn, spec)
    opened = kms.decrypt(CiphertextBlob=answer["PrivateKeyCiphertextBlob"], **CONTEXT)["Plaintext"]
    assert opened == answer["PrivateKeyPlaintext"]
    public_key = load_der_private_key(opened, None).public_key()
    assert public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == answer["PublicKey"]


#: Key pair spec -> bytes of AWS's PKCS#8, and openssl's name of the curve in it.
CURVES = {
    "ECC_NIST_P256": (150, b"prime256v1"),
    "ECC_NIST_P384": (194, b"secp384r1"),
    "ECC_NIST_P521": (250, b"secp521r1"),
    "ECC_SECG_P256K1": (144, b"secp256k1"),
}


@pytest.mark.parametrize(("spec", "expected"), CURVES.items())
def test_private_keys_carry_their_curve_inside(kms, key, spec, expected):
    """The key inside PKCS#8 names the curve once more and openssl reads it alone, and the whole, as that key pair."""
    length, curve = expected
    pair = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    der = pair["PrivateKeyPlaintext"]
    assert len(der) == length
    version = der.index(b"\x02\x01\x01\x04")  # 1, and then an octet string: an ECPrivateKey (RFC 5915)
    inner = der[der.rindex(b"\x30", 0, version) :]
    for form, encoded in (("PRIVATE KEY", der), ("EC PRIVATE KEY", inner)):
        assert public_key_by_openssl(form, encoded) == pair["PublicKey"]
    assert curve in openssl("ec", "-text", "-noout", stdin=pem("EC PRIVATE KEY", inner))


def openssl(*arguments: str, stdin: bytes) -> bytes:
    """What openssl's command line makes of its input."""
    return subprocess.run(["openssl", *arguments], input=stdin, check=True, capture_output=True).stdout


def pem(form: str, der: bytes) -> bytes:
    """DER as PEM, whose label says what openssl is to take it for."""
    return f"-----BEGIN {form}-----\n".encode() + encodebytes(der) + f"-----END {form}-----\n".encode()


def public_key_by_openssl(form: str, der: bytes) -> bytes:
    """The public half of a private key."""
    return openssl("pkey", "-pubout", "-outform", "DER", stdin=pem(form, der))


@pytest.mark.parametrize("spec", known(["ECC_NIST_EDWARDS25519"]))
def test_key_pairs_of_ed25519(kms, key, spec):
    """48 bytes, which name their curve once."""
    pair = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    assert len(pair["PrivateKeyPlaintext"]) == 48
    assert public_key_by_openssl("PRIVATE KEY", pair["PrivateKeyPlaintext"]) == pair["PublicKey"]


def test_data_key_pairs_without_plaintext(kms, key):
    """The private key is there only encrypted."""
    answer = kms.generate_data_key_pair_without_plaintext(KeyId=key.id, KeyPairSpec="ECC_NIST_P256")
    assert "PrivateKeyPlaintext" not in answer
    der = kms.decrypt(CiphertextBlob=answer["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert load_der_private_key(der, None).curve.name == "secp256r1"


def test_data_key_pairs_that_aws_does_not_have_here(kms, key):
    """SM2 is for the China Regions."""
    with refused("UnsupportedOperationException", "KeyPairSpec SM2 is not supported in this Region."):
        kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec="SM2")


@pytest.mark.skipif(not CAN_ENCAPSULATE, reason="newer than this botocore or cryptography")
@pytest.mark.parametrize("spec", ["ML_KEM_768", "ML_KEM_1024"])
def test_data_key_pairs_of_ml_kem(kms, key, spec):
    """What is encapsulated with the public key opens with the private key."""
    pair = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    secret, encapsulated = load_der_public_key(pair["PublicKey"]).encapsulate()
    assert load_der_private_key(pair["PrivateKeyPlaintext"], None).decapsulate(encapsulated) == secret


@pytest.mark.skipif(not CAN_ENCAPSULATE, reason="newer than this botocore or cryptography")
def test_ml_kem_512_is_not_offered(kms, kms_import_mock, key):
    """``cryptography`` does not have it: the test fails loudly."""
    with pytest.raises(AssertionError, match="ML_KEM_512 is not offered"):
        kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec="ML_KEM_512")
    kms_import_mock.complaints.clear()


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("GenerateDataKey", {"KeySpec": "AES_256"}),
        ("GenerateDataKeyWithoutPlaintext", {"KeySpec": "AES_256"}),
        ("GenerateDataKeyPair", {"KeyPairSpec": "ECC_NIST_P256"}),
        ("GenerateDataKeyPairWithoutPlaintext", {"KeyPairSpec": "ECC_NIST_P256"}),
    ],
)
class TestEveryOperation:
    """What the four operations for data keys have in common."""

    def test_keys_of_another_usage(self, kms, make_key, operation, members):
        """The usage is told with the key ARN."""
        key_id = make_key(Origin="AWS_KMS", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
        text = f"{arn} key usage is SIGN_VERIFY which is not valid for {operation}."
        with refused("InvalidKeyUsageException", text):
            kms._make_api_call(operation, {"KeyId": key_id, **members})

    def test_rsa_keys(self, kms, make_key, operation, members):
        """Data keys are encrypted under symmetric keys."""
        key_id = make_key(Origin="AWS_KMS", KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
        text = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
        if "Pair" in operation:
            text = "You cannot generate a data key pair with an asymmetric CMK"
        with refused("InvalidKeyUsageException", text):
            kms._make_api_call(operation, {"KeyId": key_id, **members})

    def test_dry_runs(self, kms, key, operation, members):
        """Nothing is made for the caller."""
        with refused("DryRunOperationException", DRY_RUN):
            kms._make_api_call(operation, {"KeyId": key.id, "DryRun": True, **members})

    def test_grant_tokens(self, kms, key, operation, members):
        """There is no grant that could have given one."""
        with refused("InvalidGrantTokenException"):
            kms._make_api_call(operation, {"KeyId": key.id, "GrantTokens": ["token"], **members})


@pytest.mark.parametrize("length", [1, 32, 1024])
def test_random_bytes(kms, length):
    """As many as asked for, and others each time."""
    first, second = (kms.generate_random(NumberOfBytes=length)["Plaintext"] for _ in range(2))
    assert len(first) == len(second) == length
    assert length == 1 or first != second


def test_random_bytes_need_a_number(kms):
    """AWS's text for the member that the model leaves optional."""
    with refused("ValidationException", "NumberOfBytes is required."):
        kms.generate_random()


# ReEncrypt


@pytest.fixture
def blob(kms, key):
    """A ciphertext under the key, with a context."""
    return kms.encrypt(KeyId=key.id, Plaintext=b"plaintext", **CONTEXT)["CiphertextBlob"]


SOURCE = {"SourceEncryptionContext": CONTEXT["EncryptionContext"]}


def test_re_encrypting(kms, kms_import_mock, key, blob):
    """The answer names both keys and key materials; the new ciphertext is under the new key and context."""
    other = kms_import_mock.import_key()
    answer = kms.re_encrypt(
        CiphertextBlob=blob, DestinationKeyId=other.id, DestinationEncryptionContext={"new": "context"}, **SOURCE
    )
    expected = {
        "SourceKeyId": key.arn,
        "KeyId": other.arn,
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "SourceKeyMaterialId": key.current_material.id,
        "DestinationKeyMaterialId": other.current_material.id,
    }
    assert {name: answer[name] for name in expected} == expected
    assert set(answer) == {*expected, "CiphertextBlob", "ResponseMetadata"}
    opened = kms.decrypt(CiphertextBlob=answer["CiphertextBlob"], EncryptionContext={"new": "context"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"plaintext", other.arn)


def test_re_encrypting_to_rsa_and_back(kms, kms_import_mock, key, blob):
    """An RSA ciphertext names no key material, and its key must be named."""
    rsa = kms_import_mock.import_key(key_spec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    algorithm = "RSAES_OAEP_SHA_256"
    there = kms.re_encrypt(
        CiphertextBlob=blob, DestinationKeyId=rsa.id, DestinationEncryptionAlgorithm=algorithm, **SOURCE
    )
    assert "DestinationKeyMaterialId" not in there
    request = {"CiphertextBlob": there["CiphertextBlob"], "SourceEncryptionAlgorithm": algorithm}
    with refused("ValidationException", "SourceKeyId must not be null"):
        kms.re_encrypt(**request, DestinationKeyId=key.id)
    back = kms.re_encrypt(**request, SourceKeyId=rsa.id, DestinationKeyId=key.id)
    assert "SourceKeyMaterialId" not in back
    assert kms.decrypt(CiphertextBlob=back["CiphertextBlob"])["Plaintext"] == b"plaintext"


def test_re_encrypting_from_another_key(kms, make_key, key, blob):
    """SourceKeyId must be the ciphertext's key."""
    hmac = make_key(Origin="AWS_KMS", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    text = "The key ID in the request does not identify a CMK that can perform this operation."
    with refused("IncorrectKeyException", text):
        kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=hmac, DestinationKeyId=key.id, **SOURCE)


def test_re_encrypting_to_a_key_of_another_usage(kms, make_key, blob):
    """AWS has a name of its own for that side."""
    key_id = make_key(Origin="AWS_KMS", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    text = f"{arn} key usage is SIGN_VERIFY which is not valid for ReEncryptTo."
    with refused("InvalidKeyUsageException", text):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key_id, **SOURCE)


def test_the_ciphertext_is_looked_at_before_the_destinations_usage(kms, make_key, key, blob):
    """What is wrong with the ciphertext or its key is told first, whatever it is to be encrypted under."""
    signing = make_key(Origin="AWS_KMS", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    other = make_key(Origin="AWS_KMS")
    with refused("InvalidCiphertextException"):
        kms.re_encrypt(CiphertextBlob=blob[:-1], DestinationKeyId=signing, **SOURCE)
    with refused("InvalidCiphertextException"):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=signing)
    text = "The key ID in the request does not identify a CMK that can perform this operation."
    with refused("IncorrectKeyException", text):
        kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=other, DestinationKeyId=signing, **SOURCE)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=signing, **SOURCE)


def test_re_encrypting_with_the_wrong_context(kms, key, blob):
    """As Decrypt refuses it."""
    with refused("InvalidCiphertextException"):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id)


def test_re_encrypting_under_a_key_that_is_disabled(kms, kms_import_mock, key, blob):
    """Either side's state counts."""
    other = kms_import_mock.import_key()
    kms.disable_key(KeyId=other.id)
    with refused("DisabledException", f"{other.arn} is disabled."):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other.id, **SOURCE)
    kms.enable_key(KeyId=other.id)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other.id, **SOURCE)


def test_dry_runs_of_re_encrypt(kms, key, blob):
    """A good one would have succeeded, a bad one is refused."""
    with refused("DryRunOperationException", DRY_RUN):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id, DryRun=True, **SOURCE)
    with refused("InvalidCiphertextException"):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id, DryRun=True)

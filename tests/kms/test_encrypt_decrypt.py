"""Encrypt and Decrypt, symmetric and RSA."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ..support.installed import has_member
from ..support.key_policies import shared
from ..support.refusal import refused

WRONG_KEY = "The key ID in the request does not identify a CMK that can perform this operation."
DRY_RUN = "The request would have succeeded, but the DryRun option is set."
UNKNOWN_KEY = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are"
    " not allowed to access."
)
RSA_LIMITS = {
    ("RSA_2048", "RSAES_OAEP_SHA_1"): 214, ("RSA_2048", "RSAES_OAEP_SHA_256"): 190,
    ("RSA_3072", "RSAES_OAEP_SHA_1"): 342, ("RSA_3072", "RSAES_OAEP_SHA_256"): 318,
    ("RSA_4096", "RSAES_OAEP_SHA_1"): 470, ("RSA_4096", "RSAES_OAEP_SHA_256"): 446,
}  # fmt: skip
HASHES = {"RSAES_OAEP_SHA_1": SHA1, "RSAES_OAEP_SHA_256": SHA256}


@pytest.fixture
def key(kms_import_mock):
    """A symmetric key with imported key material."""
    return kms_import_mock.import_key()


@cache
def private_key(spec: str) -> rsa.RSAPrivateKey:
    """An RSA private key made outside KMS."""
    return rsa.generate_private_key(65537, int(spec[4:]))


@pytest.fixture
def rsa_key(kms_import_mock):
    """A KMS key for encryption with an RSA private key made outside."""

    def make(spec: str = "RSA_2048"):
        der = private_key(spec).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return kms_import_mock.import_key(der, spec, KeyUsage="ENCRYPT_DECRYPT")

    return make


def oaep(algorithm: str) -> padding.OAEP:
    """RSA-OAEP as ``cryptography`` has it."""
    return padding.OAEP(padding.MGF1(HASHES[algorithm]()), HASHES[algorithm](), None)


def test_the_answers(kms, key):
    """Encrypt names no key material, Decrypt does; both name the key ARN for a key ID."""
    encrypted = kms.encrypt(KeyId=key.id, Plaintext=b"x")
    decrypted = kms.decrypt(CiphertextBlob=encrypted["CiphertextBlob"])
    assert set(encrypted) == {"CiphertextBlob", "KeyId", "EncryptionAlgorithm", "ResponseMetadata"}
    assert set(decrypted) == {"Plaintext", "KeyId", "EncryptionAlgorithm", "KeyMaterialId", "ResponseMetadata"}
    assert encrypted["KeyId"] == decrypted["KeyId"] == key.arn
    assert encrypted["EncryptionAlgorithm"] == decrypted["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert decrypted["KeyMaterialId"] == key.current_material.id


@pytest.mark.parametrize("size", [1, 4095, 4096])
def test_plaintexts_of_any_size_come_back(kms, key, size):
    """Up to four kilobytes."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"p" * size)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, KeyId=key.arn)["Plaintext"] == b"p" * size


def test_ciphertexts_differ(kms, key):
    """The same plaintext never gives the same ciphertext, and none shows the plaintext."""
    blobs = {kms.encrypt(KeyId=key.id, Plaintext=b"plaintext")["CiphertextBlob"] for _ in range(10)}
    assert len(blobs) == 10
    assert not any(b"plaintext" in blob for blob in blobs)


def test_keys_that_kms_made_encrypt_too(kms):
    """An origin of AWS_KMS is as good."""
    created = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=created["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == created["CurrentKeyMaterialId"]


@pytest.mark.parametrize("context", [None, {}, {"a": "c"}, {"A": "b"}, {"a": "b", "c": "d"}])
def test_another_encryption_context(kms, key, context):
    """It must be the same, to the letter; AWS tells nothing more."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
    members = {} if context is None else {"EncryptionContext": context}
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=blob, **members)
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"] == b"x"


def test_no_context_is_an_empty_context(kms, key):
    """Leaving it out and giving an empty one are the same."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={})["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("damage", [lambda b: b + b"x", lambda b: b[1:], lambda b: b[:-1], lambda _: b"garbage"])
def test_damaged_ciphertexts(kms, key, damage):
    """Trailing junk, a missing head or tail, or no ciphertext at all."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    for members in ({}, {"KeyId": key.id}):
        with refused("InvalidCiphertextException"):
            kms.decrypt(CiphertextBlob=damage(blob), **members)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
    ],
)
def test_naming_another_key(kms, key, make_key, spec):
    """IncorrectKeyException, also for keys that could not decrypt anything."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("IncorrectKeyException", WRONG_KEY):
        kms.decrypt(CiphertextBlob=blob, KeyId=make_key(Origin="AWS_KMS", **spec))


def test_a_ciphertext_of_another_region(kms, kms_import_mock, key):
    """The key does not exist there."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("AccessDeniedException", UNKNOWN_KEY):
        kms_import_mock.client("eu-west-1").decrypt(CiphertextBlob=blob)


def test_a_ciphertext_of_another_mock(kms, key):
    """It is whole, and its key is unknown: what AWS says of another account's keys."""
    from pytest_kmsimport import mock_kms_import

    with mock_kms_import(region="us-east-1") as other:
        foreign = kms.encrypt(KeyId=other.import_key().id, Plaintext=b"x")["CiphertextBlob"]
    with refused("AccessDeniedException", UNKNOWN_KEY):
        kms.decrypt(CiphertextBlob=foreign)


def test_another_account_decrypts(kms, kms_import_mock, key):
    """Decrypt and Encrypt are allowed across accounts, by key ARN or by what the ciphertext says."""
    other = kms_import_mock.client(account="111122223333")
    kms.put_key_policy(KeyId=key.id, Policy=shared("123456789012", "111122223333"))
    blob = other.encrypt(KeyId=key.arn, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert other.decrypt(CiphertextBlob=blob)["KeyId"] == key.arn


def test_a_disabled_key_does_not_decrypt_by_its_ciphertext(kms, key):
    """Without KeyId the key's state counts all the same."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.decrypt(CiphertextBlob=blob)


@pytest.mark.parametrize(
    ("spec", "usage"),
    [("RSA_2048", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC"), ("ECC_NIST_P256", "SIGN_VERIFY")],
)
def test_keys_of_another_usage_do_not_encrypt(kms, make_key, spec, usage):
    """The usage is told with the key ARN."""
    key_id = make_key(KeySpec=spec, KeyUsage=usage, Origin="AWS_KMS")
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    with refused("InvalidKeyUsageException", f"{arn} key usage is {usage} which is not valid for Encrypt."):
        kms.encrypt(KeyId=key_id, Plaintext=b"x")
    with refused("InvalidKeyUsageException", f"{arn} key usage is {usage} which is not valid for Decrypt."):
        kms.decrypt(KeyId=key_id, CiphertextBlob=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_1")


def test_algorithms_that_the_key_does_not_have(kms, key, rsa_key):
    """A symmetric key with an RSA algorithm, and the other way round."""
    text = "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT."
    with refused("InvalidKeyUsageException", text):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    text = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
    with refused("InvalidKeyUsageException", text):
        kms.encrypt(KeyId=rsa_key().id, Plaintext=b"x")


@pytest.mark.parametrize("algorithm", HASHES)
@pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])
def test_imported_rsa_keys_interoperate(kms, rsa_key, spec, algorithm):
    """What was encrypted offline decrypts here, and what is encrypted here decrypts with the private key itself."""
    key = rsa_key(spec)
    offline = private_key(spec).public_key().encrypt(b"offline", oaep(algorithm))
    answer = kms.decrypt(KeyId=key.id, CiphertextBlob=offline, EncryptionAlgorithm=algorithm)
    assert (answer["Plaintext"], answer["EncryptionAlgorithm"]) == (b"offline", algorithm)
    assert "KeyMaterialId" not in answer
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"online", EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    assert private_key(spec).decrypt(blob, oaep(algorithm)) == b"online"


@pytest.mark.parametrize(("cell", "limit"), RSA_LIMITS.items())
def test_what_rsa_can_carry(kms, rsa_key, cell, limit):
    """The limit is AWS's, and its text names it."""
    spec, algorithm = cell
    key = rsa_key(spec)
    assert kms.encrypt(KeyId=key.id, Plaintext=bytes(limit), EncryptionAlgorithm=algorithm)
    text = f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {limit} bytes."
    with refused("ValidationException", text):
        kms.encrypt(KeyId=key.id, Plaintext=bytes(limit + 1), EncryptionAlgorithm=algorithm)


def test_rsa_takes_no_context(kms, rsa_key):
    """It could not be bound, on either way; an empty one is none."""
    request = {"KeyId": rsa_key().id, "EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}
    text = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
    with refused("ValidationException", text):
        kms.encrypt(Plaintext=b"x", EncryptionContext={"a": "b"}, **request)
    blob = kms.encrypt(Plaintext=b"x", EncryptionContext={}, **request)["CiphertextBlob"]
    with refused("ValidationException", text):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"}, **request)
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={}, **request)["Plaintext"] == b"x"


def test_rsa_ciphertexts_do_not_name_their_key(kms):
    """KeyId is required where the algorithm is not the symmetric one."""
    with refused("ValidationException", "KeyId must not be null"):
        kms.decrypt(CiphertextBlob=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_1")


def test_an_rsa_ciphertext_without_its_algorithm(kms, rsa_key):
    """Decrypt takes it for a symmetric one, which it is not; that the key is another's kind is not told."""
    key = rsa_key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_1")["CiphertextBlob"]
    with refused("InvalidCiphertextException"):
        kms.decrypt(KeyId=key.id, CiphertextBlob=blob)


def test_a_damaged_rsa_ciphertext(kms, rsa_key):
    """It does not open, like one made with the other hash."""
    key = rsa_key()
    blob = private_key("RSA_2048").public_key().encrypt(b"x", oaep("RSAES_OAEP_SHA_1"))
    for bad in (blob[:-1], bytes(256)):
        with refused("InvalidCiphertextException"):
            kms.decrypt(KeyId=key.id, CiphertextBlob=bad, EncryptionAlgorithm="RSAES_OAEP_SHA_1")
    with refused("InvalidCiphertextException"):
        kms.decrypt(KeyId=key.id, CiphertextBlob=blob, EncryptionAlgorithm="RSAES_OAEP_SHA_256")


def test_dry_runs(kms, key):
    """What would have succeeded is told so, and what would not is refused as ever."""
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("DryRunOperationException", DRY_RUN):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", DryRun=True)
    with refused("DryRunOperationException", DRY_RUN):
        kms.decrypt(CiphertextBlob=blob, DryRun=True)
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=blob[:-1], DryRun=True)


@pytest.mark.skipif(not has_member("Decrypt", "DryRunModifiers"), reason="newer than this botocore")
def test_dry_runs_about_permission_alone(kms, key, make_key):
    """With IGNORE_CIPHERTEXT the ciphertext can be anything or missing; the key must be named, and fit."""
    ignoring = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    for members in ({}, {"CiphertextBlob": b"garbage"}):
        with refused("DryRunOperationException", DRY_RUN):
            kms.decrypt(KeyId=key.id, **members, **ignoring)
        with refused("DryRunOperationException", DRY_RUN):
            kms.re_encrypt(SourceKeyId=key.id, DestinationKeyId=key.id, **members, **ignoring)
    with refused("ValidationException", "KeyId must not be null"):
        kms.decrypt(**ignoring)
    hmac = make_key(Origin="AWS_KMS", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    with pytest.raises(kms.exceptions.InvalidKeyUsageException):
        kms.decrypt(KeyId=hmac, **ignoring)
    with refused("ValidationException", "DryRunModifiers can only be used when DryRun is true."):
        kms.decrypt(KeyId=key.id, CiphertextBlob=b"x", DryRunModifiers=["IGNORE_CIPHERTEXT"])
    with refused("ValidationException", "CiphertextBlob must not be null"):
        kms.decrypt(KeyId=key.id)


def test_grant_tokens_are_looked_at(kms, key):
    """There is no grant that could have given one."""
    with refused("InvalidGrantTokenException"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", GrantTokens=["token"])
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    with refused("InvalidGrantTokenException"):
        kms.decrypt(CiphertextBlob=blob, GrantTokens=["token"])

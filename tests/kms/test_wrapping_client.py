"""``wrap_key_material``, opened with ``cryptography`` alone."""

from __future__ import annotations

import inspect
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pytest_kmsimport import wrap_key_material

OAEP = {"RSAES_OAEP_SHA_1": hashes.SHA1, "RSAES_OAEP_SHA_256": hashes.SHA256}
KEY_WRAP = {"RSA_AES_KEY_WRAP_SHA_1": hashes.SHA1, "RSA_AES_KEY_WRAP_SHA_256": hashes.SHA256}
PKCS1 = "RSAES_PKCS1_V1_5"
SIZES = (2048, 3072, 4096)

#: Longest key material in bytes: modulus - 2 x hash - 2 for OAEP (RFC 8017, 7.1.1), modulus - 11 for PKCS#1 v1.5.
LONGEST = {
    **{("RSAES_OAEP_SHA_1", bits): bits // 8 - 42 for bits in SIZES},
    **{("RSAES_OAEP_SHA_256", bits): bits // 8 - 66 for bits in SIZES},
    **{(PKCS1, bits): bits // 8 - 11 for bits in SIZES},
}


@pytest.fixture(scope="module")
def wrapping_keys():
    """One RSA private key of every size that AWS wraps with."""
    return {bits: rsa.generate_private_key(65537, bits) for bits in SIZES}


def der(private_key):
    """The public half, as AWS gives it in PublicKey."""
    return private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def oaep(hash_type):
    """RSA-OAEP as AWS defines it: MGF1 with the same hash, no label."""
    return padding.OAEP(padding.MGF1(hash_type()), hash_type(), label=None)


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("algorithm", OAEP)
def test_oaep_opens(wrapping_keys, algorithm, bits):
    """RSAES_OAEP is one RSA block with the hash of its name."""
    key, material = wrapping_keys[bits], os.urandom(32)
    blob = wrap_key_material(der(key), material, algorithm)
    assert key.decrypt(blob, oaep(OAEP[algorithm])) == material


@pytest.mark.parametrize("bits", SIZES)
def test_pkcs1_opens(wrapping_keys, bits):
    """RSAES_PKCS1_V1_5 is one RSA block of PKCS#1 v1.5."""
    key, material = wrapping_keys[bits], os.urandom(32)
    assert key.decrypt(wrap_key_material(der(key), material, PKCS1), padding.PKCS1v15()) == material


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("algorithm", KEY_WRAP)
@pytest.mark.parametrize("length", [1, 32, 48, 121, 2375])
def test_key_wrap_opens(wrapping_keys, algorithm, bits, length):
    """RSA_AES_KEY_WRAP is an AES-256 key under OAEP, then the key material under RFC 5649, whatever its length."""
    key, material = wrapping_keys[bits], os.urandom(length)
    blob = wrap_key_material(der(key), material, algorithm)
    aes_key = key.decrypt(blob[: bits // 8], oaep(KEY_WRAP[algorithm]))
    assert len(aes_key) == 32
    assert aes_key_unwrap_with_padding(aes_key, blob[bits // 8 :]) == material


@pytest.mark.parametrize("algorithm", KEY_WRAP)
def test_every_wrapping_has_its_own_aes_key(wrapping_keys, algorithm):
    """The AES key is made afresh for every wrapping."""
    key = wrapping_keys[2048]
    blobs = [wrap_key_material(der(key), b"k" * 32, algorithm) for _ in range(2)]
    assert len({key.decrypt(blob[:256], oaep(KEY_WRAP[algorithm])) for blob in blobs}) == 2


@pytest.mark.parametrize(("algorithm", "bits"), LONGEST)
def test_the_longest_key_material_is_carried(wrapping_keys, algorithm, bits):
    """What the algorithm can carry by its RFC is wrapped."""
    blob = wrap_key_material(der(wrapping_keys[bits]), os.urandom(LONGEST[algorithm, bits]), algorithm)
    assert len(blob) == bits // 8


@pytest.mark.parametrize(("algorithm", "bits"), LONGEST)
def test_longer_key_material_is_refused(wrapping_keys, algorithm, bits):
    """One byte more is refused, with the limit and with the algorithm to ask for instead."""
    limit = LONGEST[algorithm, bits]
    text = f"{algorithm} with a {bits}-bit wrapping key carries {limit} bytes, .* has {limit + 1}: .*RSA_AES_KEY_WRAP"
    with pytest.raises(ValueError, match=text):
        wrap_key_material(der(wrapping_keys[bits]), os.urandom(limit + 1), algorithm)


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_512", "rsaes_oaep_sha_256", "SM2PKE", ""])
def test_unknown_algorithms_are_refused(wrapping_keys, algorithm):
    """A name that is no wrapping algorithm is refused with the names that are."""
    with pytest.raises(ValueError, match=f"Unknown wrapping algorithm '{algorithm}'; it is one of RSAES_OAEP_SHA_1, "):
        wrap_key_material(der(wrapping_keys[2048]), b"k" * 32, algorithm)


def pem(private_key):
    """The public key in the armour that openssl writes."""
    return private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private(private_key):
    """The private half, taken for the public one."""
    return private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "form", [pem, private, lambda _: b"", lambda key: der(key)[:-1]], ids=["PEM", "private", "empty", "cut"]
)
def test_other_forms_of_public_keys_are_refused(wrapping_keys, form):
    """What is not the DER of PublicKey is refused with what to pass instead."""
    with pytest.raises(ValueError, match="pass the bytes of GetParametersForImport's PublicKey as they are"):
        wrap_key_material(form(wrapping_keys[2048]), b"k" * 32, "RSAES_OAEP_SHA_256")


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()])
def test_public_keys_that_are_not_rsa_are_refused(key):
    """An elliptic-curve public key wraps nothing."""
    with pytest.raises(ValueError, match="public_key is not an RSA key"):
        wrap_key_material(der(key), b"k" * 32, "RSAES_OAEP_SHA_256")


@pytest.mark.parametrize("algorithm", KEY_WRAP)
def test_empty_key_material_is_refused(wrapping_keys, algorithm):
    """RFC 5649 wraps one byte or more, and the refusal speaks of key material."""
    with pytest.raises(ValueError, match="key material"):
        wrap_key_material(der(wrapping_keys[2048]), b"", algorithm)


@pytest.mark.parametrize("algorithm", [*OAEP, *KEY_WRAP])
def test_the_mock_takes_what_was_wrapped(kms, make_key, algorithm):
    """Wrapped for the PublicKey of GetParametersForImport, an elliptic-curve key can be imported."""
    key_id = make_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    parameters = kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")
    material = private(ec.generate_private_key(ec.SECP256R1()))
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrap_key_material(parameters["PublicKey"], material, algorithm),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Enabled"


@pytest.mark.parametrize("algorithm", [*OAEP, *KEY_WRAP, PKCS1])
def test_the_docstring_names_every_algorithm(algorithm):
    """A reader of help() finds the names that AWS uses."""
    assert f"``{algorithm}``" in inspect.getdoc(wrap_key_material)

"""Interoperability with openssl's command line, used as AWS's guide shows.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport import wrap_key_material

from ..support.installed import known
from ..support.refusal import refused

FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
SHA_256 = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"]
SHA_1 = ["-pkeyopt", "rsa_padding_mode:oaep"]  # openssl's default digest
OPTIONS = {"RSAES_OAEP_SHA_256": SHA_256, "RSAES_OAEP_SHA_1": SHA_1}
GENPKEY = {
    "RSA_2048": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "RSA_3072": ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "ECC_NIST_P256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ECC_NIST_P384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ECC_NIST_P521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ECC_SECG_P256K1": ["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
    "ECC_NIST_EDWARDS25519": ["ED25519"],
}


@pytest.fixture
def openssl(tmp_path, monkeypatch):
    """Run openssl in a folder of its own and give what it prints."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> bytes:
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout

    return run


@pytest.fixture
def ceremony(kms, make_key):
    """Make a KMS key, write its wrapping public key to PublicKey.der, and give what imports a blob into it."""

    def begin(algorithm: str, size: str = "RSA_4096", **members: object):
        key_id = make_key(**members)
        parameters = kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec=size)
        Path("PublicKey.der").write_bytes(parameters["PublicKey"])

        def hand_in(blob: bytes):
            return kms.import_key_material(
                KeyId=key_id, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=blob, **FOREVER
            )

        return key_id, hand_in

    return begin


def wrapped(openssl, options: list[str], material: str = "material.bin") -> bytes:
    """Encrypt a file to the wrapping public key, as in AWS's guide."""
    command = ["pkeyutl", "-encrypt", "-in", material, "-inkey", "PublicKey.der", "-keyform", "DER", "-pubin"]
    blob: bytes = openssl(*command, *options)
    return blob


def private_key(openssl, spec: str) -> None:
    """Write a private key to private.der, as in AWS's guide: genpkey alone would not write PKCS#8."""
    openssl("genpkey", "-algorithm", *GENPKEY[spec], "-out", "private.pem")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", "private.pem", "-outform", "DER", "-out", "private.der")


@pytest.mark.parametrize("size", ["RSA_2048", "RSA_3072", "RSA_4096"])
@pytest.mark.parametrize("algorithm", OPTIONS)
def test_material_that_openssl_made_and_wrapped(openssl, ceremony, kms_import_mock, algorithm, size):
    """The commands of AWS's guide end in an imported key."""
    key_id, hand_in = ceremony(algorithm, size)
    openssl("rand", "-out", "material.bin", "32")
    hand_in(wrapped(openssl, OPTIONS[algorithm]))
    key = kms_import_mock.key(key_id)
    assert key.current_material.matches(Path("material.bin").read_bytes())


def test_openssls_default_digest_is_not_sha_256(openssl, ceremony, kms_import_mock):
    """The best-known mistake: without rsa_oaep_md openssl takes SHA-1, and AWS cannot open it."""
    key_id, hand_in = ceremony("RSAES_OAEP_SHA_256")
    openssl("rand", "-out", "material.bin", "32")
    blob = wrapped(openssl, SHA_1)
    with refused("InvalidCiphertextException"):
        hand_in(blob)
    assert kms_import_mock.key(key_id).state == "PendingImport"


@pytest.mark.parametrize("options", [["-pkeyopt", "rsa_padding_mode:pkcs1"], []], ids=["pkcs1", "default"])
def test_pkcs1_padding_does_not_open(openssl, ceremony, options):
    """openssl's default padding is PKCS#1 v1.5."""
    _, hand_in = ceremony("RSAES_OAEP_SHA_256")
    openssl("rand", "-out", "material.bin", "32")
    blob = wrapped(openssl, options)
    with refused("InvalidCiphertextException"):
        hand_in(blob)


@pytest.mark.parametrize("spec", known(GENPKEY))
def test_private_keys_of_openssl(openssl, ceremony, kms_import_mock, spec):
    """PKCS#8 in DER as openssl writes it, under RSA_AES_KEY_WRAP put together from openssl's parts."""
    key_id, hand_in = ceremony("RSA_AES_KEY_WRAP_SHA_256", KeySpec=spec, KeyUsage="SIGN_VERIFY")
    private_key(openssl, spec)
    Path("aes.bin").write_bytes(os.urandom(32))
    wrap = ["-K", Path("aes.bin").read_bytes().hex(), "-iv", "A65959A6"]
    openssl("enc", "-id-aes256-wrap-pad", *wrap, "-in", "private.der", "-out", "wrapped.bin")
    hand_in(wrapped(openssl, SHA_256, "aes.bin") + Path("wrapped.bin").read_bytes())
    assert kms_import_mock.key(key_id).state == "Enabled"


@pytest.mark.parametrize("algorithm", OPTIONS)
def test_openssl_opens_what_we_wrapped(openssl, algorithm):
    """wrap_key_material gives what openssl decrypts with the private key."""
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "private.pem")
    public_key = openssl("pkey", "-in", "private.pem", "-pubout", "-outform", "DER")
    Path("blob.bin").write_bytes(wrap_key_material(public_key, b"m" * 32, algorithm))
    opened = openssl("pkeyutl", "-decrypt", "-inkey", "private.pem", "-in", "blob.bin", *OPTIONS[algorithm])
    assert opened == b"m" * 32


@pytest.mark.parametrize(
    "convert",
    [
        lambda openssl: openssl("pkey", "-inform", "DER", "-in", "private.der"),
        lambda openssl: openssl("rsa", "-inform", "DER", "-in", "private.der", "-traditional", "-outform", "DER"),
        lambda openssl: openssl(
            "pkcs8", "-topk8", "-inform", "DER", "-in", "private.der", "-outform", "DER", "-passout", "pass:x"
        ),
    ],
    ids=["PEM", "PKCS#1", "encrypted"],
)
def test_other_encodings_of_openssl(openssl, ceremony, convert):
    """PEM, PKCS#1 and encrypted PKCS#8 are not what KMS takes: AWS calls them ciphertext that is invalid."""
    _, hand_in = ceremony("RSA_AES_KEY_WRAP_SHA_256", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    private_key(openssl, "RSA_2048")
    material = convert(openssl)
    blob = wrap_key_material(Path("PublicKey.der").read_bytes(), material, "RSA_AES_KEY_WRAP_SHA_256")
    with refused("InvalidCiphertextException"):
        hand_in(blob)


@pytest.mark.parametrize("spec", known(spec for spec in GENPKEY if spec.startswith("ECC_")))
def test_short_private_keys_fit_into_oaep(openssl, ceremony, kms_import_mock, spec):
    """Elliptic-curve keys can go without the AES key between."""
    key_id, hand_in = ceremony("RSAES_OAEP_SHA_256", KeySpec=spec, KeyUsage="SIGN_VERIFY")
    private_key(openssl, spec)
    hand_in(wrapped(openssl, SHA_256, "private.der"))
    assert kms_import_mock.key(key_id).state == "Enabled"


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"])
def test_explicit_curve_parameters(openssl, ceremony, spec):
    """A curve must be named; its parameters written out are refused, though they are the same curve's."""
    _, hand_in = ceremony("RSA_AES_KEY_WRAP_SHA_256", KeySpec=spec, KeyUsage="SIGN_VERIFY")
    openssl("genpkey", "-algorithm", *GENPKEY[spec], "-pkeyopt", "ec_param_enc:explicit", "-out", "private.pem")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", "private.pem", "-outform", "DER", "-out", "private.der")
    material = Path("private.der").read_bytes()
    blob = wrap_key_material(Path("PublicKey.der").read_bytes(), material, "RSA_AES_KEY_WRAP_SHA_256")
    with refused("InvalidCiphertextException"):
        hand_in(blob)


def test_the_same_private_key_in_another_encoding(openssl, ceremony, kms_import_mock):
    """A compressed public point makes no other key: the re-import is of the same key material."""
    key_id, hand_in = ceremony("RSAES_OAEP_SHA_256", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    private_key(openssl, "ECC_NIST_P256")
    openssl("ec", "-in", "private.pem", "-conv_form", "compressed", "-out", "other.pem")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", "other.pem", "-outform", "DER", "-out", "other.der")
    assert Path("other.der").read_bytes() != Path("private.der").read_bytes()
    hand_in(wrapped(openssl, SHA_256, "private.der"))
    hand_in(wrapped(openssl, SHA_256, "other.der"))
    assert len(kms_import_mock.key(key_id).materials) == 1


def test_openssl_unwraps_what_we_key_wrapped(openssl):
    """RSA_AES_KEY_WRAP is the AES key under OAEP, and behind it the material under that AES key (RFC 5649)."""
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "private.pem")
    public_key = openssl("pkey", "-in", "private.pem", "-pubout", "-outform", "DER")
    blob = wrap_key_material(public_key, b"m" * 41, "RSA_AES_KEY_WRAP_SHA_256")
    Path("rsa.bin").write_bytes(blob[:256])
    Path("kwp.bin").write_bytes(blob[256:])
    aes_key = openssl("pkeyutl", "-decrypt", "-inkey", "private.pem", "-in", "rsa.bin", *SHA_256)
    opened = openssl("enc", "-d", "-id-aes256-wrap-pad", "-K", aes_key.hex(), "-iv", "A65959A6", "-in", "kwp.bin")
    assert opened == b"m" * 41


PKCS8 = ["pkcs8", "-topk8", "-in", "private.pem", "-outform", "DER"]
KEY = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
RSA_KEY = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
#: What somebody types -> what the tester is told of it.
MISTAKES = {
    "no digest named": (
        {},
        SHA_1,
        "opens with RSAES_OAEP_SHA_1, .*openssl's default digest is SHA-1: add -pkeyopt rsa_oaep_md",
    ),
    "no padding named": ({}, [], "has PKCS#1 v1.5 padding"),
    "PKCS#1 v1.5": ({}, ["-pkeyopt", "rsa_padding_mode:pkcs1"], "has PKCS#1 v1.5 padding"),
}
#: What somebody makes of a private key -> what the tester is told of it, once it is wrapped.
FORMS = {
    "PEM": (KEY, ["pkcs8", "-topk8", "-nocrypt", "-in", "private.pem"], "PEM.*-outform DER"),
    "SEC1": (
        KEY,
        ["ec", "-in", "private.pem", "-outform", "DER"],
        "private key is SEC1, and KMS takes unencrypted PKCS#8",
    ),
    "PKCS#1": (
        RSA_KEY,
        ["rsa", "-in", "private.pem", "-traditional", "-outform", "DER"],
        "private key is PKCS#1, and KMS takes unencrypted PKCS#8",
    ),
    "encrypted": (KEY, [*PKCS8, "-passout", "pass:x"], "encrypted.*-nocrypt"),
    "public": (
        KEY,
        ["pkey", "-in", "private.pem", "-pubout", "-outform", "DER"],
        "is a public key. KMS takes the private key",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_told_of_mistakes_with_pkeyutl(openssl, ceremony, kms_import_mock, mistake):
    """AWS's answer has no text; the diagnosis names the option that was forgotten."""
    members, options, said = MISTAKES[mistake]
    _, hand_in = ceremony("RSAES_OAEP_SHA_256", **members)
    openssl("rand", "-out", "material.bin", "32")
    with refused("InvalidCiphertextException"):
        hand_in(wrapped(openssl, options))
    assert re.search(said, kms_import_mock.calls[-1].diagnosis)


def test_what_is_told_of_raw_rsa(openssl, ceremony, kms_import_mock):
    """openssl takes rsa_padding_mode:none where the input has the length of the modulus."""
    _, hand_in = ceremony("RSAES_OAEP_SHA_256", "RSA_2048")
    Path("material.bin").write_bytes(bytes(256 - 32) + os.urandom(32))
    with refused("InvalidCiphertextException"):
        hand_in(wrapped(openssl, ["-pkeyopt", "rsa_padding_mode:none"]))
    assert "without padding (raw RSA)" in kms_import_mock.calls[-1].diagnosis


@pytest.mark.parametrize("encode", [["base64"], ["base64", "-A"]], ids=["lines", "one line"])
def test_what_is_told_of_base64(openssl, ceremony, kms_import_mock, encode):
    """The AWS CLI wants fileb://, and people encode for it."""
    _, hand_in = ceremony("RSAES_OAEP_SHA_256")
    openssl("rand", "-out", "material.bin", "32")
    Path("blob.bin").write_bytes(wrapped(openssl, SHA_256))
    with pytest.raises(ClientError):
        hand_in(openssl(*encode, "-in", "blob.bin"))
    assert "of base64 text: decode it first" in kms_import_mock.calls[-1].diagnosis


@pytest.mark.parametrize("form", FORMS)
def test_what_is_told_of_private_keys(openssl, ceremony, kms_import_mock, form):
    """AWS's answer has no text; the diagnosis names the form that it is in, and the command that was meant."""
    members, command, said = FORMS[form]
    _, hand_in = ceremony("RSA_AES_KEY_WRAP_SHA_256", **members)
    private_key(openssl, members["KeySpec"])
    material = openssl(*command)
    with refused("InvalidCiphertextException"):
        hand_in(wrap_key_material(Path("PublicKey.der").read_bytes(), material, "RSA_AES_KEY_WRAP_SHA_256"))
    assert re.search(said, kms_import_mock.calls[-1].diagnosis)

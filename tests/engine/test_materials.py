"""Key material formats: what is taken, what is refused, and that AWS_KMS material keeps to them."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_kmsimport.engine.errors import InvalidCiphertextException
from pytest_kmsimport.engine.materials import RawBytes
from pytest_kmsimport.engine.specs import SPECS

CURVES = {
    "ECC_NIST_P256": ec.SECP256R1,
    "ECC_NIST_P384": ec.SECP384R1,
    "ECC_NIST_P521": ec.SECP521R1,
    "ECC_SECG_P256K1": ec.SECP256K1,
}
HMAC_LENGTHS = {"HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}
PRIVATE_KEY_SPECS = ["RSA_2048", "RSA_3072", "RSA_4096", *CURVES, "ECC_NIST_EDWARDS25519"]


@cache
def private_key(spec: str):
    """A private key of a spec, made by ``cryptography``."""
    if spec.startswith("RSA"):
        return rsa.generate_private_key(65537, int(spec[4:]))
    if spec == "ECC_NIST_EDWARDS25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(CURVES[spec]())


def encoded(key, form=PrivateFormat.PKCS8, encoding=Encoding.DER, encryption=None) -> bytes:
    """A private key in one of its encodings."""
    return key.private_bytes(encoding, form, encryption or NoEncryption())


@pytest.mark.parametrize("spec", PRIVATE_KEY_SPECS)
def test_pkcs8_of_the_right_kind_is_taken(spec):
    """The private key comes out as the one that went in."""
    key = private_key(spec)
    kept = SPECS[spec].material.canonical(encoded(key))
    assert load_der_private_key(kept, None).public_key() == key.public_key()


@pytest.mark.parametrize("given", PRIVATE_KEY_SPECS)
@pytest.mark.parametrize("spec", PRIVATE_KEY_SPECS)
def test_every_other_kind_curve_and_modulus_is_refused(spec, given):
    """Key material of one spec goes into KMS keys of that spec alone."""
    if spec == given:
        assert SPECS[spec].material.canonical(encoded(private_key(given)))
        return
    with pytest.raises(InvalidCiphertextException):
        SPECS[spec].material.canonical(encoded(private_key(given)))


@pytest.mark.parametrize("spec", [s for s in PRIVATE_KEY_SPECS if s != "ECC_NIST_EDWARDS25519"])
def test_the_older_encodings_are_refused(spec):
    """PKCS#1 and SEC1 are private keys in DER, and no PKCS#8."""
    with pytest.raises(InvalidCiphertextException):
        SPECS[spec].material.canonical(encoded(private_key(spec), PrivateFormat.TraditionalOpenSSL))


def indefinite(element: bytes) -> bytes:
    """A constructed element of DER with its end marked instead of its length told (X.690, 8.1.3.6)."""
    lengths = element[1] & 0x7F if element[1] & 0x80 else 0
    return element[:1] + b"\x80" + element[2 + lengths :] + b"\0\0"


def long_length(element: bytes) -> bytes:
    """An element of DER whose length is told in more bytes than it takes (X.690, 8.1.3.5)."""
    lengths = element[1] & 0x7F if element[1] & 0x80 else 0
    content = element[2 + lengths :]
    return element[:1] + b"\x84" + len(content).to_bytes(4, "big") + content


def in_pieces(element: bytes) -> bytes:
    """The private key inside PKCS#8 as a constructed octet string (X.690, 8.7.3), everything else as it was."""
    der = load_der_private_key(element, None)
    inner = der.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    head = element[4 : element.index(b"\x04\x82", 4)]
    pieces = b"".join(b"\x04\x01" + bytes([byte]) for byte in inner)
    content = head + b"\x24\x80" + pieces + b"\0\0"
    return b"\x30\x80" + content + b"\0\0"


@pytest.mark.parametrize("encode", [indefinite, long_length])
@pytest.mark.parametrize("spec", [s for s in PRIVATE_KEY_SPECS if s != "ECC_NIST_EDWARDS25519"])
def test_ber_is_the_same_key_material(spec, encode):
    """RSA and elliptic-curve keys may be in BER."""
    der = encoded(private_key(spec))
    assert encode(der) != der
    assert SPECS[spec].material.canonical(encode(der)) == SPECS[spec].material.canonical(der)


def test_an_octet_string_may_come_in_pieces():
    """Another form of BER inside the key."""
    der = encoded(private_key("RSA_2048"))
    assert SPECS["RSA_2048"].material.canonical(in_pieces(der)) == SPECS["RSA_2048"].material.canonical(der)


@pytest.mark.parametrize("encode", [indefinite, long_length])
def test_ed25519_must_be_der(encode):
    """AWS does not take that one in BER."""
    with pytest.raises(InvalidCiphertextException):
        SPECS["ECC_NIST_EDWARDS25519"].material.canonical(encode(encoded(private_key("ECC_NIST_EDWARDS25519"))))


@given(data=st.binary(max_size=60), nested=st.integers(min_value=0, max_value=2000))
def test_no_bytes_break_the_reader_of_ber(data, nested):
    """Whatever was wrapped is key material or is refused, however deep it is nested."""
    for spec in ("RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519"):
        with pytest.raises(InvalidCiphertextException):
            SPECS[spec].material.canonical(b"\x30\x80" * nested + data)


@given(data=st.data())
def test_a_mangled_private_key_is_refused_or_another_one(data):
    """Bytes changed in an encoded key never break the reader."""
    der = bytearray(indefinite(encoded(private_key("ECC_NIST_P256"))))
    position = data.draw(st.integers(0, len(der) - 1))
    der[position] = data.draw(st.integers(0, 255))
    with suppress(InvalidCiphertextException):
        load_der_private_key(SPECS["ECC_NIST_P256"].material.canonical(bytes(der)), None)


@pytest.mark.parametrize("spec", PRIVATE_KEY_SPECS)
def test_encrypted_pkcs8_is_refused(spec):
    """KMS has no password for it."""
    with pytest.raises(InvalidCiphertextException):
        SPECS[spec].material.canonical(encoded(private_key(spec), encryption=BestAvailableEncryption(b"password")))


@pytest.mark.parametrize("spec", PRIVATE_KEY_SPECS)
def test_pem_is_refused(spec):
    """KMS takes DER."""
    with pytest.raises(InvalidCiphertextException):
        SPECS[spec].material.canonical(encoded(private_key(spec), encoding=Encoding.PEM))


@pytest.mark.parametrize("junk", [b"", b"\0", b"0", b"junk" * 20, bytes(32)])
@pytest.mark.parametrize("spec", PRIVATE_KEY_SPECS)
def test_what_is_no_private_key_is_refused(spec, junk):
    """Raw bytes are not an asymmetric key."""
    with pytest.raises(InvalidCiphertextException):
        SPECS[spec].material.canonical(junk)


@pytest.mark.parametrize(
    "key", [x25519.X25519PrivateKey.generate(), dsa.generate_private_key(2048)], ids=["x25519", "dsa"]
)
def test_private_keys_of_other_algorithms_are_refused(key):
    """PKCS#8 alone is not enough."""
    for spec in PRIVATE_KEY_SPECS:
        with pytest.raises(InvalidCiphertextException):
            SPECS[spec].material.canonical(encoded(key))


def test_trailing_bytes_are_refused():
    """A private key followed by something is not the private key."""
    with pytest.raises(InvalidCiphertextException):
        SPECS["ECC_NIST_P256"].material.canonical(encoded(private_key("ECC_NIST_P256")) + b"\0")


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_symmetric_material_has_one_length(length):
    """A symmetric encryption key is 32 bytes."""
    with pytest.raises(InvalidCiphertextException):
        SPECS["SYMMETRIC_DEFAULT"].material.canonical(bytes(length))


@pytest.mark.parametrize(("spec", "shortest"), HMAC_LENGTHS.items())
def test_hmac_material_has_a_range_of_lengths(spec, shortest):
    """From the digest's length to 128 bytes, both included."""
    for length in (shortest, shortest + 1, 127, 128):
        assert SPECS[spec].material.canonical(bytes(length)) == bytes(length)
    for length in (shortest - 1, 129):
        with pytest.raises(InvalidCiphertextException):
            SPECS[spec].material.canonical(bytes(length))


@pytest.mark.parametrize("spec", [name for name, spec in SPECS.items() if spec.is_importable])
def test_material_that_kms_makes_is_as_it_wants_it(spec, universe):
    """What AWS_KMS keys get would be taken on import as well, and is another each time."""
    made = SPECS[spec].material.generate(universe.world)
    assert SPECS[spec].material.canonical(made) == made
    assert SPECS[spec].material.generate(universe.world) != made


def test_a_length_says_which_bytes_fit():
    """The China Regions' symmetric keys are 16 bytes."""
    assert RawBytes(16, 16).canonical(bytes(16)) == bytes(16)

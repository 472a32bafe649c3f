"""Symmetric ciphertexts: laid out as AWS's, whole, unchanged and in their own context, or refused."""

from __future__ import annotations

from subprocess import run

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_kmsimport.engine import ciphertext
from pytest_kmsimport.engine.ciphertext import OF_DATA_KEY, OF_ENCRYPT, Binding
from pytest_kmsimport.engine.errors import InvalidCiphertextException

MATERIAL = bytes(range(32))
MATERIAL_ID = bytes(range(100, 132))
NONCE = bytes(range(200, 212))
SCOPE = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CONTEXTS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)


def sealed(plaintext: bytes, context: dict[str, str] | None = None, kind: bytes = OF_ENCRYPT) -> bytes:
    """Encrypt."""
    return ciphertext.seal(plaintext, kind, MATERIAL_ID, MATERIAL, Binding(SCOPE, context or {}), NONCE)


def opened(blob: bytes, context: dict[str, str] | None = None, scope: str = SCOPE) -> bytes:
    """Take a blob apart and decrypt it."""
    return ciphertext.parse(blob).open(MATERIAL, Binding(scope, context or {}))


@given(plaintext=st.binary(min_size=1, max_size=100), context=CONTEXTS)
def test_what_was_sealed_opens(plaintext, context):
    """The same context in any order of its pairs gives the plaintext back."""
    assert opened(sealed(plaintext, context), dict(reversed(context.items()))) == plaintext


def test_a_blob_names_its_key_material():
    """Decrypt needs no KeyId, because the blob says whose it is."""
    assert ciphertext.parse(sealed(b"x")).material_id == MATERIAL_ID.hex()


@pytest.mark.parametrize(("kind", "version"), [(OF_ENCRYPT, 2), (OF_DATA_KEY, 3)])
def test_the_layout_is_that_of_aws(kind, version):
    """Byte for byte as recorded, but for the sixteen bytes that differ each time and what is enciphered."""
    blob = sealed(bytes(16), kind=kind)
    assert len(blob) == 168
    assert blob[:38] == bytes([1, 2, version, 0, 0x78]) + MATERIAL_ID + b"\x01"
    assert blob[54:58] == (110).to_bytes(4, "big")
    assert blob[58:125].hex() == (
        "306c06092a864886f70d010706a05f305d020100305806092a864886f70d010701"
        "301e060960864801650304012e3011040c" + NONCE.hex() + "020110802b"
    )


@pytest.mark.parametrize(("plaintext", "length"), [(16, 168), (1217, 1379), (1792, 1954), (2374, 2536)])
def test_lengths_are_those_of_aws(plaintext, length):
    """Of a short plaintext, and of RSA private keys as data key pairs have them."""
    assert len(sealed(bytes(plaintext))) == length


def test_openssl_reads_the_cms_structure():
    """An independent reader of ASN.1 finds encryptedData of AES-256-GCM."""
    shown = run(
        ["openssl", "asn1parse", "-inform", "DER"], input=sealed(b"x")[58:], capture_output=True, check=True
    ).stdout.decode()
    assert "pkcs7-encryptedData" in shown
    assert "aes-256-gcm" in shown


@given(position=st.integers(min_value=0), change=st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_noticed(position, change):
    """A blob with one byte changed, wherever it stands, is an invalid ciphertext."""
    blob = bytearray(sealed(b"plaintext", {"a": "b"}))
    blob[position % len(blob)] ^= change
    with pytest.raises(InvalidCiphertextException):
        opened(bytes(blob), {"a": "b"})


@given(start=st.integers(min_value=0, max_value=300), length=st.integers(min_value=1, max_value=300))
def test_any_missing_bytes_are_noticed(start, length):
    """A blob from which bytes were cut, at the head, the tail or within, is an invalid ciphertext."""
    blob = sealed(b"plaintext")
    cut = blob[:start] + blob[start + length :]
    assume(cut != blob)
    with pytest.raises(InvalidCiphertextException):
        opened(cut)


@given(junk=st.binary(min_size=1, max_size=20))
def test_bytes_added_at_the_end_are_noticed(junk):
    """Trailing junk makes an invalid ciphertext."""
    with pytest.raises(InvalidCiphertextException):
        opened(sealed(b"plaintext") + junk)


@given(junk=st.binary(max_size=400))
def test_what_is_no_ciphertext_is_refused(junk):
    """Bytes of any other origin are an invalid ciphertext."""
    with pytest.raises(InvalidCiphertextException):
        opened(junk)


@given(position=st.integers(min_value=0), change=st.integers(min_value=1, max_value=255))
def test_a_forged_digest_gives_nothing_away(position, change):
    """A blob that was changed and given the digest of its changed bytes is an invalid ciphertext all the same."""
    blob = bytearray(sealed(b"plaintext"))
    places = [*range(38), *range(54, len(blob))]
    blob[places[position % len(places)]] ^= change
    forged = bytes(blob[:38]) + ciphertext._digest(bytes(blob[:38]), bytes(blob[54:])) + bytes(blob[54:])
    try:
        parsed = ciphertext.parse(forged)
    except InvalidCiphertextException:
        return
    with pytest.raises(InvalidCiphertextException):
        parsed.open(MATERIAL, Binding(SCOPE, {}))


@given(one=CONTEXTS, other=CONTEXTS)
def test_contexts_are_told_apart(one, other):
    """Two encryption contexts that differ anyhow never open each other's ciphertexts."""
    assume(one != other)
    with pytest.raises(InvalidCiphertextException):
        opened(sealed(b"plaintext", one), other)


def test_contexts_that_run_together_alike_are_told_apart():
    """Where one text ends and the next begins is bound too."""
    with pytest.raises(InvalidCiphertextException):
        opened(sealed(b"plaintext", {"ab": "c"}), {"a": "bc"})


@pytest.mark.parametrize("part", ["us-east-1", "123456789012", "1234abcd"])
def test_account_region_and_key_are_bound(part):
    """The KMS key of another account or Region, or another KMS key, does not open it with the same bytes."""
    with pytest.raises(InvalidCiphertextException):
        opened(sealed(b"plaintext"), scope=SCOPE.replace(part, part[::-1]))


def test_another_key_material_does_not_open_it():
    """The ciphertext is bound to the bytes of the key material."""
    with pytest.raises(InvalidCiphertextException):
        ciphertext.parse(sealed(b"plaintext")).open(bytes(32), Binding(SCOPE, {}))

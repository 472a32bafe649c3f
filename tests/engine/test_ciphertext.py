"""Symmetric ciphertexts: whole, unchanged and in their own context, or refused."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_kmsimport.engine import ciphertext
from pytest_kmsimport.engine.errors import InvalidCiphertextException

MATERIAL = bytes(range(32))
CONTEXTS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)
PARTS = {
    "account": "123456789012",
    "key_id": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "material_id": "ab" * 32,
    "key_material": MATERIAL,
    "nonce": bytes(12),
}


def opened(blob: bytes, context: dict[str, str]) -> bytes:
    """Take a blob apart and decrypt it."""
    return ciphertext.parse(blob).open(MATERIAL, context)


@given(plaintext=st.binary(min_size=1, max_size=100), context=CONTEXTS)
def test_what_was_sealed_opens(plaintext, context):
    """The same context in any order of its pairs gives the plaintext back."""
    blob = ciphertext.seal(plaintext, context=context, **PARTS)
    assert opened(blob, dict(reversed(context.items()))) == plaintext


@pytest.mark.parametrize("key_id", ["1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"])
def test_a_blob_names_its_key_and_key_material(key_id):
    """Decrypt needs no KeyId, because the blob says it."""
    parsed = ciphertext.parse(ciphertext.seal(b"x", context={}, **{**PARTS, "key_id": key_id}))
    assert (parsed.account, parsed.key_id, parsed.material_id) == ("123456789012", key_id, "ab" * 32)


@given(position=st.integers(min_value=0), change=st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_noticed(position, change):
    """A blob with one byte changed, wherever it stands, is an invalid ciphertext."""
    blob = bytearray(ciphertext.seal(b"plaintext", context={"a": "b"}, **PARTS))
    blob[position % len(blob)] ^= change
    with pytest.raises(InvalidCiphertextException):
        opened(bytes(blob), {"a": "b"})


@given(start=st.integers(min_value=0, max_value=300), length=st.integers(min_value=1, max_value=300))
def test_any_missing_bytes_are_noticed(start, length):
    """A blob from which bytes were cut, at the head, the tail or within, is an invalid ciphertext."""
    blob = ciphertext.seal(b"plaintext", context={}, **PARTS)
    cut = blob[:start] + blob[start + length :]
    assume(cut != blob)
    with pytest.raises(InvalidCiphertextException):
        opened(cut, {})


@given(junk=st.binary(min_size=1, max_size=20))
def test_bytes_added_at_the_end_are_noticed(junk):
    """Trailing junk makes an invalid ciphertext."""
    with pytest.raises(InvalidCiphertextException):
        opened(ciphertext.seal(b"plaintext", context={}, **PARTS) + junk, {})


@given(junk=st.binary(max_size=400))
def test_what_is_no_ciphertext_is_refused(junk):
    """Bytes of any other origin are an invalid ciphertext."""
    with pytest.raises(InvalidCiphertextException):
        opened(junk, {})


@given(one=CONTEXTS, other=CONTEXTS)
def test_contexts_are_told_apart(one, other):
    """Two encryption contexts that differ anyhow never open each other's ciphertexts."""
    assume(one != other)
    blob = ciphertext.seal(b"plaintext", context=one, **PARTS)
    with pytest.raises(InvalidCiphertextException):
        opened(blob, other)


def test_contexts_that_run_together_alike_are_told_apart():
    """Where one text ends and the next begins is bound too."""
    blob = ciphertext.seal(b"plaintext", context={"ab": "c"}, **PARTS)
    with pytest.raises(InvalidCiphertextException):
        opened(blob, {"a": "bc"})


def test_another_key_material_does_not_open_it():
    """The ciphertext is bound to the bytes of the key material."""
    blob = ciphertext.seal(b"plaintext", context={}, **PARTS)
    with pytest.raises(InvalidCiphertextException):
        ciphertext.parse(blob).open(bytes(32), {})

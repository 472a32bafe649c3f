"""Secrets where they must not be."""

from __future__ import annotations

import json
import logging
import os
import textwrap
from base64 import b64encode, encodebytes, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from pprint import pformat

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from pytest_kmsimport import CallsForgotten, SecretLeaked, mock_kms_import
from pytest_kmsimport._service.leaks import search

from ..support.secret_forms import forms_in

FORMS = {
    "raw": (lambda secret: secret.decode("latin-1"), "raw bytes"),
    "printed": (repr, "raw bytes"),
    "printed within a list": (lambda secret: str([secret, b"'"]), "raw bytes"),
    "printed with other quotes": (lambda secret: repr(b"'" + secret), "raw bytes"),
    "hex": (bytes.hex, "hex"),
    "HEX": (lambda secret: secret.hex().upper(), "hex"),
    "hex with colons": (lambda secret: secret.hex(":"), "hex"),
    "base64": (lambda secret: b64encode(secret).decode(), "base64"),
    "base64 in lines": (lambda secret: encodebytes(secret * 3).decode(), "base64"),
    "base64 in lines, printed": (lambda secret: repr(encodebytes(secret * 3)), "base64"),
    "base64 for URLs": (lambda secret: urlsafe_b64encode(secret).decode().rstrip("="), "base64"),
    "base64 behind one byte": (lambda secret: b64encode(b"x" + secret + b"yz").decode(), "base64"),
    "base64 behind two bytes": (lambda secret: b64encode(b"xy" + secret + b"z").decode(), "base64"),
    "base64 behind text": (lambda secret: f"abc{b64encode(secret).decode()}", "base64"),
    "base64 in JavaScript": (lambda secret: json.dumps(b64encode(secret).decode()).replace("/", r"\/"), "base64"),
    "JSON": (lambda secret: json.dumps({"key": secret.decode("latin-1")}), "raw bytes"),
    "printed twice": (lambda secret: repr(repr(secret)), "raw bytes"),
    "printed in lines": (lambda secret: pformat(secret, width=20), "raw bytes"),
    "octal": (lambda secret: "".join(f"\\{byte:03o}" for byte in secret), "raw bytes"),
    "file name": (os.fsdecode, "raw bytes"),
    "hex in lines": (lambda secret: textwrap.fill(secret.hex(" ", 2), 20), "hex"),
    "hex in C": (lambda secret: ", ".join(f"0x{byte:02X}" for byte in secret), "hex"),
    "hex of Windows": (lambda secret: rf"C:\keys\{secret.hex()}", "hex"),
    "numbers": (lambda secret: str(list(secret)), "a list of numbers"),
    "numbers of Java": (lambda secret: str([byte - byte // 128 * 256 for byte in secret]), "a list of numbers"),
}


def found_in(text, secret):
    """The form in which the package's own search finds a secret; empty where it does not."""
    return next((form for form, _ in search(text, {secret: "the secret"})), "")


@pytest.mark.parametrize("form", FORMS)
@given(secret=st.binary(min_size=8, max_size=64))
def test_every_form_is_found(form, secret):
    """Whatever the secret, and whatever stands around it."""
    encode, name = FORMS[form]
    assert found_in(f"key={encode(secret)}; done", secret) in {name, "raw bytes"}


@pytest.mark.parametrize("form", sorted(FORMS.keys() - {"octal"}))  # whose digits are also those of hex
@given(secret=st.binary(min_size=16, max_size=64), other=st.binary(min_size=16, max_size=64))
def test_nothing_else_is_found(form, secret, other):
    """Other bytes in the same form are not this secret."""
    encode, _ = FORMS[form]
    if secret not in other * 4:
        assert not found_in(encode(other), secret)


def test_a_secret_in_a_request(kms, kms_import_mock):
    """Key material that is encrypted under another KMS key was sent to AWS KMS in the clear."""
    material = os.urandom(32)
    key = kms_import_mock.import_key(material)
    kms_import_mock.assert_no_leaks()
    kms.encrypt(KeyId=key.id, Plaintext=b64encode(material))
    with pytest.raises(SecretLeaked) as leaked:
        kms_import_mock.assert_no_leaks()
    expected = (
        f"1 leak of secrets:\n  key material of KMS key {key.id} is in the request Encrypt, member Plaintext, as base64"
    )
    assert leaked.value.args == (expected,)


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"Description": "{hex}"}, "Description"),
        ({"Tags": [{"TagKey": "a", "TagValue": "b"}, {"TagKey": "key", "TagValue": "{hex}"}]}, r"Tags\[1\].TagValue"),
    ],
)
def test_a_secret_anywhere_in_a_request(kms, kms_import_mock, members, member):
    """In a description, or in a list of tags."""
    secret = os.urandom(16)
    kms.create_key(**eval(repr(members).replace("{hex}", secret.hex())))  # noqa: S307  of this test's own
    with pytest.raises(SecretLeaked, match=f"the secret is in the request CreateKey, member {member}, as hex"):
        kms_import_mock.assert_never_sent(secret)


def test_a_wrapped_secret_was_never_sent(kms_import_mock, make_key, import_material):
    """That is what the ceremony is for; other secrets were not sent either."""
    material = os.urandom(32)
    import_material(make_key(), material)
    kms_import_mock.assert_never_sent(material)
    kms_import_mock.assert_no_leaks()


def test_an_unwrapped_secret_was_sent(kms, kms_import_mock, make_key):
    """Key material in the place of the wrapped one was sent, although AWS KMS refused it."""
    material = os.urandom(256)
    with pytest.raises(kms.exceptions.InvalidImportTokenException):
        kms.import_key_material(
            KeyId=make_key(),
            ImportToken=b"token",
            EncryptedKeyMaterial=material,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
    with pytest.raises(SecretLeaked, match="member EncryptedKeyMaterial, as raw bytes"):
        kms_import_mock.assert_never_sent(material)


def test_short_secrets_are_not_looked_for(kms_import_mock):
    """They would be found anywhere."""
    with pytest.raises(ValueError, match="8 bytes or more"):
        kms_import_mock.assert_never_sent(b"1234567")


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda kms, key: kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"], "the plaintext data key"),
        (
            lambda kms, key: kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256")["PrivateKeyPlaintext"],
            "the private key of the data key pair",
        ),
    ],
    ids=["data key", "data key pair"],
)
def test_data_keys_are_secrets(kms, kms_import_mock, make, what):
    """What a test has printed can be handed over, as text or as bytes."""
    secret = make(kms, kms_import_mock.import_key().id)
    for text in (f"my key is {secret!r}", b"my key is " + secret):
        with pytest.raises(
            SecretLeaked, match=f"{what} from GenerateDataKey(Pair)? is in the text that was handed over"
        ):
            kms_import_mock.assert_no_leaks("nothing", text)


@mock_aws
def test_what_other_services_are_sent_counts():
    """Key material that is put into a bucket is a leak, also before it is imported."""
    material = os.urandom(32)
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="vault")
    with pytest.raises(SecretLeaked, match=r"is in the request s3\.PutObject, as raw bytes"):
        upload_and_import(s3, material)
    assert s3.get_object(Bucket="vault", Key="key")["Body"].read() == material  # what was looked at arrives whole


@mock_kms_import(check_leaks=True)
def upload_and_import(s3, material):
    """A program that keeps a copy."""
    s3.put_object(Bucket="vault", Key="key", Body=material)
    with mock_kms_import() as mock:
        mock.import_key(material)


def test_deleted_key_material_is_a_secret_still(kms, kms_import_mock):
    """It has been in the world."""
    material = os.urandom(32)
    key = kms_import_mock.import_key(material)
    kms.delete_imported_key_material(KeyId=key.id)
    with pytest.raises(SecretLeaked, match="as hex"):
        kms_import_mock.assert_no_leaks(material.hex())


@mock_kms_import(check_leaks=True)
def log_key_material(material):
    """A program that logs what it wraps."""
    logging.getLogger("importer").warning("wrapping %s", b64encode(material).decode())
    with mock_kms_import() as mock:
        mock.import_key(material)


@mock_kms_import(check_leaks=True)
def encrypt_a_data_key():
    """A program that lets AWS KMS encrypt a data key once more."""
    with mock_kms_import() as mock:
        kms = mock.client()
        key_id = mock.import_key().id
        data_key = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["Plaintext"]
        mock.assert_no_leaks()
        kms.encrypt(KeyId=key_id, Plaintext=data_key)


def test_the_log_is_watched(kms_import_mock):
    """With the option, whatever the level, as far as the loggers let it through; handlers are as they were after."""
    handlers = list(logging.getLogger().handlers)
    material = os.urandom(32)
    with pytest.raises(SecretLeaked, match="in the log of importer, as base64"):
        log_key_material(material)
    assert logging.getLogger().handlers == handlers


def test_botocores_log_of_what_was_sent_counts(caplog):
    """Its account of the request does; that of the answer, which nobody has sent, does not."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SecretLeaked) as leaked:
        encrypt_a_data_key()
    assert "in the log of botocore.endpoint, as base64" in str(leaked.value)


def test_nobody_is_told_a_secret(kms_import_mock):
    """Neither by what the mock shows of itself, nor by the complaint."""
    material = os.urandom(32)
    with pytest.raises(SecretLeaked) as leaked:
        log_key_material(material)
    kms_import_mock.import_key(material)
    for text in (str(leaked.value), repr(kms_import_mock.leak_check.secrets)):
        assert forms_in(text, material) == []


PRINTING = """
    import os, sys
    import pytest

    @pytest.mark.kms_import(check_leaks=True)
    @pytest.mark.parametrize("stream", ["stdout", "stderr"])
    def test_leaking(kms_import_mock, stream):
        material = os.urandom(32)
        kms_import_mock.import_key(material)
        print("the key is", material.hex(), file=getattr(sys, stream))

    @pytest.mark.kms_import(check_leaks=True)
    def test_clean(kms_import_mock):
        kms_import_mock.import_key()
        print("imported")

    def test_unwatched(kms_import_mock):
        material = os.urandom(32)
        kms_import_mock.import_key(material)
        print(material.hex())
"""


@pytest.mark.parametrize("options", [[], ["-n1"]], ids=["alone", "xdist"])
def test_what_a_test_prints_is_looked_through(pytester, options):
    """The marker fails it, names the stream, and takes the secret out of what pytest shows."""
    pytester.makepyfile(PRINTING)
    result = pytester.runpytest("-p", "no:randomly", *options)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines_random(
        ["*key material of KMS key * is in Captured stdout call, as hex", "*is in Captured stderr call, as hex"]
    )
    assert result.stdout.str().count("the key is <redacted>") == 2


def test_the_ini_file_asks_for_it(pytester):
    """For all tests with the fixture, also where a decorated test swallows what the mock raises at its end."""
    pytester.makeini("[pytest]\nkms_import_check_leaks = true")
    pytester.makepyfile(PRINTING)
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=1, failed=3)


# What is not kept any more, and who else is there


def test_what_was_sent_in_a_forgotten_call_cannot_be_denied():
    """An assertion about all requests does not pass because some are not there any more."""
    with mock_kms_import(journal_size=1) as mock:
        mock.client().create_key(Description="hunter22hunter22")
        mock.client().list_keys()
        with pytest.raises(CallsForgotten, match="let go of 1 earlier call"):
            mock.assert_never_sent(b"hunter22hunter22")
        with pytest.raises(CallsForgotten):
            mock.assert_no_leaks()


def test_a_watched_leak_in_a_forgotten_call_is_found():
    """With ``check_leaks`` a request is looked through before the journal lets it go."""
    with mock_kms_import(journal_size=1, check_leaks=True) as mock:
        key = mock.import_key(b"hunter22" * 4)
        mock.client().update_key_description(KeyId=key.id, Description=("hunter22" * 4))
        mock.client().list_keys()
        with pytest.raises(SecretLeaked, match="UpdateKeyDescription, member Description"):
            mock.raise_complaints()


def test_imported_material_is_a_secret_after_many_others(kms, kms_import_mock):
    """However many data keys come after it."""
    key = kms_import_mock.import_key(b"hunter22" * 4)
    for _ in range(1_100):
        kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    with pytest.raises(SecretLeaked, match="key material of KMS key"):
        kms_import_mock.assert_no_leaks("hunter22" * 4)


def test_the_log_is_watched_after_a_reset():
    """``reset`` goes on watching, and leaves one handler that goes with the mock."""
    before = list(logging.getLogger().handlers)
    with mock_kms_import(check_leaks=True) as mock:
        mock.reset()
        mock.import_key(b"hunter22" * 4)
        logging.getLogger("importer").warning("hunter22" * 4)
        with pytest.raises(SecretLeaked, match="the log"):
            mock.raise_complaints()
    assert logging.getLogger().handlers == before


def test_leaks_are_looked_for_beside_other_threads(kms_import_mock, kms):
    """Secrets may come while others are looked for."""
    key = kms_import_mock.import_key()

    def make_data_keys():
        for _ in range(100):
            kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")

    with ThreadPoolExecutor(4) as pool:
        making = [pool.submit(make_data_keys) for _ in range(4)]
        while not all(future.done() for future in making):
            kms_import_mock.leak_check.new_leaks(kms_import_mock.calls.kept, [("a text", "a place")])
    assert [future.exception() for future in making] == [None] * 4

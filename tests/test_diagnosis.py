"""Refusals explain themselves: each test makes a mistake as people make it, and reads what the tester is told."""

from __future__ import annotations

import os
from base64 import b64encode
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from pytest_kmsimport import mock_kms_import, wrap_key_material

OAEP_1, OAEP_256 = "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"
WRAP_256 = "RSA_AES_KEY_WRAP_SHA_256"
MATERIAL = bytes(range(32))
P256 = ec.generate_private_key(ec.SECP256R1())


class Ceremony:
    """An import with a mistake in it."""

    def __init__(self, mock, algorithm: str = OAEP_256, **key: object) -> None:
        self.mock, self.kms, self.algorithm = mock, mock.client(), algorithm
        self.key = self.kms.create_key(Origin="EXTERNAL", **key)["KeyMetadata"]
        self.parameters = self.ask()

    def ask(self, algorithm: str | None = None):
        """Get another set of parameters."""
        return self.kms.get_parameters_for_import(
            KeyId=self.key["KeyId"], WrappingAlgorithm=algorithm or self.algorithm, WrappingKeySpec="RSA_2048"
        )

    def wrapped(self, material: bytes = MATERIAL, algorithm: str | None = None, parameters=None) -> bytes:
        """Key material under a wrapping public key."""
        public_key = (parameters or self.parameters)["PublicKey"]
        return wrap_key_material(public_key, material, algorithm or self.algorithm)

    def encrypted(self, padding, material: bytes = MATERIAL) -> bytes:
        """Key material under this ceremony's wrapping public key, with any padding."""
        return load_der_public_key(self.parameters["PublicKey"]).encrypt(material, padding)

    def told(self, blob: bytes | None = None, **members: object) -> str:
        """Import, be refused, and read why; AWS's own text has nothing of it."""
        request = {
            "KeyId": self.key["KeyId"],
            "ImportToken": self.parameters["ImportToken"],
            "EncryptedKeyMaterial": self.wrapped() if blob is None else blob,
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
            **members,
        }
        with pytest.raises(ClientError) as caught:
            self.kms.import_key_material(**request)
        diagnosis: str = self.mock.calls[-1].diagnosis
        assert diagnosis not in str(caught.value)
        assert "\n" not in diagnosis
        return diagnosis


@pytest.fixture
def ceremony(kms_import_mock):
    """Begin an import into a new KMS key."""
    return lambda algorithm=OAEP_256, **key: Ceremony(kms_import_mock, algorithm, **key)


# Blobs


def test_the_wrong_hash(ceremony):
    """openssl's default digest is the usual reason."""
    held = ceremony()
    told = held.told(held.wrapped(algorithm=OAEP_1))
    assert told.startswith("The blob opens with RSAES_OAEP_SHA_1, but this token was issued for RSAES_OAEP_SHA_256.")
    assert "rsa_oaep_md:sha256" in told


def test_the_hash_that_was_not_asked_for(ceremony):
    """The other way round there is no default to blame."""
    held = ceremony(OAEP_1)
    assert held.told(held.wrapped(algorithm=OAEP_256)) == (
        "The blob opens with RSAES_OAEP_SHA_256, but this token was issued for RSAES_OAEP_SHA_1."
    )


def test_a_hash_of_two_kinds(ceremony):
    """As Java does it unless told otherwise."""
    held = ceremony()
    told = held.told(held.encrypted(OAEP(MGF1(SHA1()), SHA256(), None)))  # noqa: S303  the mistake
    assert "MGF1 of SHA-1" in told
    assert "OAEPParameterSpec" in told


def test_the_wrong_family(ceremony):
    """In both directions."""
    held = ceremony(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    assert f"opens with {WRAP_256}, but this token was issued for {OAEP_256}" in held.told(
        held.wrapped(algorithm=WRAP_256)
    )
    held = ceremony(WRAP_256, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    assert f"opens with {OAEP_256}, but this token was issued for {WRAP_256}" in held.told(
        held.wrapped(algorithm=OAEP_256)
    )


def test_the_public_key_of_another_answer(ceremony):
    """Of this key, and of another one."""
    held, other = ceremony(), ceremony()
    told = held.told(held.wrapped(parameters=held.ask()))
    assert "another GetParametersForImport answer, issued for this KMS key at 20" in told
    assert f"issued for {other.key['Arn']} at" in held.told(other.wrapped())


def test_other_paddings(ceremony):
    """PKCS#1 v1.5, and none at all."""
    held = ceremony()
    assert "has PKCS#1 v1.5 padding" in held.told(held.encrypted(PKCS1v15()))
    numbers = load_der_public_key(held.parameters["PublicKey"]).public_numbers()
    raw = pow(int.from_bytes(MATERIAL, "big"), numbers.e, numbers.n).to_bytes(256, "big")
    assert "without padding (raw RSA)" in held.told(raw)


@pytest.mark.parametrize(("encode", "form"), [(b64encode, "base64"), (lambda blob: blob.hex().encode(), "hexadecimal")])
def test_text_instead_of_bytes(ceremony, encode, form):
    """Also with a line feed at its end, as shells leave it."""
    held = ceremony()
    text = encode(held.wrapped())
    assert held.told(text + b"\n") == (
        f"EncryptedKeyMaterial is {len(text) + 1} bytes of {form} text: decode it first."
    )


def test_a_blob_of_another_step(ceremony):
    """The public key, the token, the plaintext."""
    held = ceremony()
    assert "is the wrapping public key itself" in held.told(held.parameters["PublicKey"])
    public_key = load_der_public_key(held.parameters["PublicKey"])
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert "is the wrapping public key itself" in held.told(pem)
    assert "is an import token" in held.told(held.parameters["ImportToken"])
    for plaintext in (MATERIAL, MATERIAL.hex().encode()):
        assert "The plaintext key material was sent unwrapped" in held.told(plaintext)


def test_a_blob_that_nobody_can_explain(ceremony):
    """What would have been right is told."""
    assert ceremony().told(os.urandom(256)) == (
        "The blob is 256 bytes and does not open with any wrapping key that is valid now; RSAES_OAEP_SHA_256 under"
        " RSA_2048 gives 256 bytes. It is damaged, or was made for something else."
    )


# Tokens


def test_tokens_of_others(ceremony):
    """Whose it is."""
    held, other = ceremony(), ceremony()
    told = held.told(ImportToken=other.parameters["ImportToken"])
    assert told == f"The import token was issued for {other.key['Arn']}: use the one of this KMS key's own answer."


def test_what_is_no_token(ceremony):
    """Swapped, as text, damaged."""
    held = ceremony()
    token, blob = held.parameters["ImportToken"], held.wrapped()
    assert "are swapped" in held.told(token, ImportToken=blob)
    assert "bytes of base64 text: decode it first" in held.told(ImportToken=b64encode(token))
    assert "none that this mock has issued" in held.told(ImportToken=token[:-1])


def test_an_expired_token(ceremony, kms_import_mock):
    """When it was issued, and how long ago it expired."""
    kms_import_mock.clock.freeze()
    held = ceremony()
    kms_import_mock.clock.advance(hours=25, minutes=30)
    told = held.told()
    assert "is good for 24 hours: it expired 1:30:00 ago. Call GetParametersForImport again" in told


def test_a_used_token():
    """Where tokens are good for one import."""
    with mock_kms_import(strict_tokens=True) as mock:
        held = Ceremony(mock)
        mock.client().import_key_material(
            KeyId=held.key["KeyId"],
            ImportToken=held.parameters["ImportToken"],
            EncryptedKeyMaterial=held.wrapped(),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        assert "used already, and strict_tokens is on" in held.told()


# Key material


@pytest.mark.parametrize(
    ("material", "text"),
    [
        (MATERIAL[1:], "The key material is 31 bytes, and SYMMETRIC_DEFAULT takes 32."),
        (b64encode(MATERIAL), "It is base64 text of 32 bytes: decode it before wrapping."),
        (MATERIAL.hex().encode() + b"\n", "It is hexadecimal text of 32 bytes: decode it before wrapping."),
    ],
)
def test_symmetric_material_of_another_length(ceremony, material, text):
    """With what it probably is."""
    held = ceremony()
    assert text in held.told(held.wrapped(material))


def der(key, form: PrivateFormat = PrivateFormat.PKCS8, encoding: Encoding = Encoding.DER) -> bytes:
    """A private key without password."""
    return key.private_bytes(encoding, form, NoEncryption())


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: der(P256, encoding=Encoding.PEM), "is PEM text, and KMS takes unencrypted PKCS#8 DER"),
        (
            lambda: der(P256, PrivateFormat.TraditionalOpenSSL),
            "The private key is SEC1, and KMS takes unencrypted PKCS#8 DER: openssl pkcs8",
        ),
        (
            lambda: P256.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
            "is encrypted with a password",
        ),
        (
            lambda: der(ec.generate_private_key(ec.SECP384R1())),
            "The private key is ECC_NIST_P384, and the KMS key is ECC_NIST_P256.",
        ),
        (
            lambda: der(rsa.generate_private_key(65537, 2048)),
            "The private key is RSA_2048, and the KMS key is ECC_NIST_P256.",
        ),
        (lambda: b64encode(der(P256)), "They are base64 text: decode it before wrapping."),
        (lambda: b"\x30" + os.urandom(40), "The 41 bytes that were wrapped are no private key"),
    ],
)
def test_private_keys_of_another_form(ceremony, make, text):
    """Encoding, password, curve, family."""
    held = ceremony(WRAP_256, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    assert text in held.told(held.wrapped(make()))


def test_material_that_the_key_does_not_expect(ceremony):
    """Other bytes, the same as new ones, and an identifier of other bytes."""
    held = ceremony()
    held.mock.import_key(MATERIAL, key_id=held.key["KeyId"])
    other = held.wrapped(bytes(32))
    assert "none of this KMS key's key materials" in held.told(other)
    assert "(CURRENT) of this KMS key already: leave ImportType out" in held.told(ImportType="NEW_KEY_MATERIAL")
    assert "KeyMaterialId names 00000000..." in held.told(KeyMaterialId="0" * 64)


def test_another_private_key(ceremony):
    """Asymmetric keys have one for life."""
    held = ceremony(WRAP_256, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    held.mock.import_key(der(P256), key_id=held.key["KeyId"])
    assert "another key material, for life" in held.told(held.wrapped(der(ec.generate_private_key(ec.SECP256R1()))))


# Names and states


def told_by(mock, call) -> str:
    """Make a call that is refused and read why."""
    with pytest.raises(ClientError):
        call()
    diagnosis: str = mock.calls[-1].diagnosis
    return diagnosis


def test_a_key_that_is_elsewhere(kms_import_mock, kms):
    """In another Region, or in another account."""
    far = kms_import_mock.import_key(region_name="eu-west-1")
    theirs = kms_import_mock.import_key(account="111122223333")
    assert f"{far.id} is in eu-west-1" in told_by(kms_import_mock, lambda: kms.describe_key(KeyId=far.id))
    told = told_by(kms_import_mock, lambda: kms.describe_key(KeyId=theirs.id))
    assert f"{theirs.id} is in account 111122223333, us-east-1" in told
    told = told_by(kms_import_mock, lambda: kms.enable_key(KeyId=theirs.arn))
    assert "AWS does not allow this operation across accounts" in told
    unknown = theirs.arn.replace(theirs.id, far.id)
    assert "Account 111122223333 has no such KMS key" in told_by(
        kms_import_mock, lambda: kms.describe_key(KeyId=unknown)
    )


def test_aliases(kms_import_mock, kms):
    """Not taken, elsewhere, nowhere."""
    key = kms_import_mock.import_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key.id)
    told = told_by(kms_import_mock, lambda: kms.enable_key(KeyId="alias/x"))
    assert told == f"This operation takes a key ID or key ARN, and alias/x is an alias. It stands for {key.id}."
    away = kms_import_mock.client("eu-west-1")
    told = told_by(kms_import_mock, lambda: away.describe_key(KeyId="alias/x"))
    assert told.startswith("alias/x exists in account 123456789012, us-east-1")
    told = told_by(kms_import_mock, lambda: kms.describe_key(KeyId="alias/y"))
    assert told.startswith("No account has alias/y in any Region")


def test_why_a_key_waits_for_its_material(kms_import_mock, kms):
    """Never imported, expired, deleted; which and when."""
    encrypt = {"Plaintext": b"x"}
    never = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    told = told_by(kms_import_mock, lambda: kms.encrypt(KeyId=never, **encrypt))
    assert told == "PendingImport: no key material was ever imported. Import it with ImportKeyMaterial."
    key = kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + timedelta(hours=1))
    material = key.current_material
    kms_import_mock.clock.advance(hours=2)
    told = told_by(kms_import_mock, lambda: kms.encrypt(KeyId=key.id, **encrypt))
    assert f"key material {material.id[:8]}... expired at {material.valid_to:%Y-%m-%d %H:%M:%S UTC}" in told
    kms_import_mock.clock.freeze()
    key = kms_import_mock.import_key()
    kms.delete_imported_key_material(KeyId=key.id)
    told = told_by(kms_import_mock, lambda: kms.encrypt(KeyId=key.id, **encrypt))
    assert f"was deleted at {kms_import_mock.clock.now():%Y-%m-%d %H:%M:%S UTC}. Import the same bytes again." in told


@pytest.mark.parametrize(
    ("step", "text"),
    [("disable_key", "Call EnableKey first."), ("schedule_key_deletion", "Call it off with CancelKeyDeletion.")],
)
def test_why_a_key_cannot_be_used(kms_import_mock, kms, step, text):
    """And what ends that."""
    key = kms_import_mock.import_key()
    getattr(kms, step)(KeyId=key.id)
    assert text in told_by(kms_import_mock, lambda: kms.encrypt(KeyId=key.id, Plaintext=b"x"))


def test_a_replica_that_is_not_ready():
    """The clock is the mock's."""
    with mock_kms_import(background_seconds=60, region="us-east-1") as mock:
        key = mock.import_key(MultiRegion=True)
        mock.client().replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
        away = mock.client("eu-west-1")
        told = told_by(mock, lambda: away.encrypt(KeyId=key.id, Plaintext=b"x"))
        assert told.startswith("Creating passes at ")
        mock.clock.advance(seconds=60)
        told = told_by(mock, lambda: away.encrypt(KeyId=key.id, Plaintext=b"x"))
        assert "was not imported into this key yet. Import the same bytes again." in told


def test_success_and_plain_refusals_have_no_diagnosis(kms_import_mock, kms):
    """Where AWS's text says it all, nothing is added."""
    kms.list_keys()
    assert kms_import_mock.calls[-1].diagnosis == ""
    assert told_by(kms_import_mock, lambda: kms.create_key(KeySpec="HMAC_256")) == ""


@pytest.mark.parametrize("blob", [b"\0", b"\xff" * 6144, b"-----BEGIN", b"\x30\x82", b"0" * 7, bytes(256), b"=" * 40])
@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "ECC_NIST_P256"])
def test_no_blob_is_beyond_explanation(ceremony, blob, spec):
    """Whatever is sent, the refusal stays AWS's own."""
    usage = "ENCRYPT_DECRYPT" if spec == "SYMMETRIC_DEFAULT" else "SIGN_VERIFY"
    held = ceremony(KeySpec=spec, KeyUsage=usage)
    assert held.told(blob)
    assert held.told(held.wrapped(blob[:31]))
    assert held.told(ImportToken=blob)

"""Refusals explain themselves: each test makes a mistake as people make it, and reads what the tester is told."""

from __future__ import annotations

import os
from base64 import b64encode
from datetime import timedelta

import boto3
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
from moto import mock_aws

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
        assert not diagnosis or diagnosis not in str(caught.value)
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
        (b64encode(MATERIAL), "It is base64 text of 32 bytes: decode it first."),
        (MATERIAL.hex().encode() + b"\n", "It is hexadecimal text of 32 bytes: decode it first."),
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
        (lambda: b64encode(der(P256)), "They are base64 text: decode it first."),
        (lambda: b"\x30" + os.urandom(40), "The 41 bytes of key material are no private key"),
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
    for name in (far.id, far.arn):
        assert f"{far.id} is in eu-west-1" in told_by(kms_import_mock, lambda name=name: kms.describe_key(KeyId=name))
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


def test_a_key_of_somebody_else(kms_import_mock, kms):
    """The services that moto mocks make KMS keys of their own, which this mock does not know."""
    with mock_aws():
        table = boto3.client("dynamodb", "us-east-1").create_table(
            TableName="sealed",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"Enabled": True, "SSEType": "KMS"},
        )
        arn = table["TableDescription"]["SSEDescription"]["KMSMasterKeyArn"]
        told = told_by(kms_import_mock, lambda: kms.describe_key(KeyId=arn))
    assert told.startswith(f"No account has a KMS key {arn.rpartition('/')[2]} in any Region here: it was deleted")
    assert told.endswith("not know KMS keys of moto, another mock or AWS: make them with CreateKey while it is active.")


def test_what_is_no_name_of_a_key(kms_import_mock, kms):
    """An alias without its prefix is the usual reason."""
    kms.create_alias(AliasName="alias/x", TargetKeyId=kms_import_mock.import_key().id)
    told = told_by(kms_import_mock, lambda: kms.encrypt(KeyId="x", Plaintext=b"x"))
    assert told == "There is an alias with this name: write alias/x."
    told = told_by(kms_import_mock, lambda: kms.encrypt(KeyId="y", Plaintext=b"x"))
    assert told.startswith("A key ID is a UUID, or mrk-")


def test_white_space_around_a_name(kms_import_mock, kms):
    """As a name has that was read from a file; whatever is in a name, the diagnosis is one line."""
    key = kms_import_mock.import_key()
    kms.create_alias(AliasName="alias/x", TargetKeyId=key.id)
    for name in (f"{key.id}\n", f" {key.arn}", "alias/x\r\n"):
        told = told_by(kms_import_mock, lambda name=name: kms.describe_key(KeyId=name))
        assert told == f"There is white space around the name of {key.arn}: strip it."
    told = told_by(kms_import_mock, lambda: kms.describe_key(KeyId="alias/no\nsuch"))
    assert told.startswith(r"No account has alias/no\nsuch in any Region")


def test_names_of_aliases(kms_import_mock, kms):
    """Moved or deleted though there is none, reserved, none at all."""
    key = kms_import_mock.import_key()
    for call in (
        lambda: kms.delete_alias(AliasName="alias/y"),
        lambda: kms.update_alias(AliasName="alias/y", TargetKeyId=key.id),
    ):
        assert told_by(kms_import_mock, call).startswith("No account has alias/y in any Region")
    told = told_by(kms_import_mock, lambda: kms.create_alias(AliasName="alias/aws/x", TargetKeyId=key.id))
    assert told == "alias/aws/ is for the keys that AWS manages: choose another name."
    told = told_by(kms_import_mock, lambda: kms.create_alias(AliasName="alias/", TargetKeyId=key.id))
    assert told == "An alias has a name behind alias/."


def test_a_grant_is_retired_by_the_arn_of_its_key(kms_import_mock, kms):
    """The one operation that takes no key ID."""
    key = kms_import_mock.import_key()
    told = told_by(kms_import_mock, lambda: kms.retire_grant(KeyId=key.id, GrantId="0" * 64))
    assert told == f"This operation takes the key ARN: {key.arn}."
    told = told_by(kms_import_mock, lambda: kms.retire_grant(KeyId=key.arn, GrantId="0" * 64))
    assert told == ""


@pytest.mark.parametrize(
    ("principal", "text"),
    [
        ("alice", "GranteePrincipal is an ARN such as arn:aws:iam::<account>:role/<name>"),
        ("arn:aws:iam::123456789012:group/x", "GranteePrincipal is an IAM group, and groups are no principals"),
        ("arn:aws:sts::123456789012:assumed-role/p/R/s", "GranteePrincipal is a session: arn:aws:sts::<account>:"),
    ],
)
def test_what_is_no_principal(kms_import_mock, kms, principal, text):
    """How AWS writes them."""
    key = kms_import_mock.import_key()
    request = {"KeyId": key.id, "GranteePrincipal": principal, "Operations": ["Decrypt"]}
    assert told_by(kms_import_mock, lambda: kms.create_grant(**request)).startswith(text)


def test_the_key_that_is_meant_is_explained(kms_import_mock, kms):
    """Where a request names two, the one that AWS names; a key of somebody else does not get in the way."""
    disabled, waiting = kms_import_mock.import_key(), kms_import_mock.import_key()
    blob = kms.encrypt(KeyId=disabled.id, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=disabled.id)
    kms.delete_imported_key_material(KeyId=waiting.id)
    request = {"CiphertextBlob": blob, "SourceKeyId": disabled.id, "DestinationKeyId": waiting.id}
    assert "EnableKey" in told_by(kms_import_mock, lambda: kms.re_encrypt(**request))
    kms.enable_key(KeyId=disabled.id)
    assert told_by(kms_import_mock, lambda: kms.re_encrypt(**request)).startswith("PendingImport")
    kms.disable_key(KeyId=disabled.id)
    theirs = disabled.arn.replace("123456789012", "111122223333")
    with pytest.raises(ClientError, match="DisabledException"):
        kms.re_encrypt(**{**request, "DestinationKeyId": theirs})


# Words, wrappings, dates, policies


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"Origin": "IMPORTED"}, "Origin has no value 'IMPORTED': EXTERNAL is probably meant."),
        ({"Origin": "External"}, "Origin has no value 'External': EXTERNAL is probably meant."),
        ({"KeySpec": "AES_256"}, "KeySpec has no value 'AES_256': SYMMETRIC_DEFAULT is probably meant."),
        ({"KeySpec": "RSA-2048"}, "KeySpec has no value 'RSA-2048': RSA_2048 is probably meant."),
        ({"KeySpec": "HMAC_SHA_256"}, "KeySpec has no value 'HMAC_SHA_256': HMAC_256 is probably meant."),
        ({"KeyUsage": "SIGN"}, "KeyUsage has no value 'SIGN': SIGN_VERIFY is probably meant."),
        (
            {"Origin": "IMPORT", "KeySpec": "symmetric"},
            "KeySpec has no value 'symmetric': SYMMETRIC_DEFAULT is probably meant. Origin has no value 'IMPORT':",
        ),
        ({"Origin": "elsewhere"}, ""),
        ({"Description": "x" * 8193}, ""),
    ],
)
def test_words_that_aws_does_not_have(kms_import_mock, kms, members, text):
    """The one that was probably meant."""
    told = told_by(kms_import_mock, lambda: kms.create_key(**members))
    assert told.startswith(text) if text else told == ""


def test_the_same_member_of_another_operation(kms_import_mock, kms):
    """A data key has key specs of its own."""
    told = told_by(kms_import_mock, lambda: kms.generate_data_key(KeyId="x", KeySpec="symmetric"))
    assert told == ""
    told = told_by(kms_import_mock, lambda: kms.generate_data_key(KeyId="x", KeySpec="AES256"))
    assert told == "KeySpec has no value 'AES256': AES_256 is probably meant."


@pytest.mark.parametrize(
    ("member", "value", "meant"),
    [
        ("ExpirationModel", "NEVER", "KEY_MATERIAL_DOES_NOT_EXPIRE"),
        ("ExpirationModel", "DOES_NOT_EXPIRE", "KEY_MATERIAL_DOES_NOT_EXPIRE"),
        ("ExpirationModel", "EXPIRES", "KEY_MATERIAL_EXPIRES"),
        ("ImportType", "NEW", "NEW_KEY_MATERIAL"),
    ],
)
def test_words_of_an_import(kms_import_mock, kms, member, value, meant):
    """Cut short."""
    request = {"KeyId": "x", "ImportToken": b"x", "EncryptedKeyMaterial": b"x", member: value}
    told = told_by(kms_import_mock, lambda: kms.import_key_material(**request))
    assert told == f"{member} has no value {value!r}: {meant} is probably meant."


OAEPS = "is brought in with RSAES_OAEP_SHA_1 or RSAES_OAEP_SHA_256."


@pytest.mark.parametrize(
    ("key", "algorithm", "spec", "text"),
    [
        ({}, WRAP_256, "RSA_4096", f"A SYMMETRIC_DEFAULT key {OAEPS} RSA_AES_KEY_WRAP is for what is too long for RSA"),
        ({}, "RSAES_PKCS1_V1_5", "RSA_2048", f"A SYMMETRIC_DEFAULT key {OAEPS} AWS KMS took RSAES_PKCS1_V1_5 until"),
        (
            {"KeySpec": "ECC_NIST_P521", "KeyUsage": "SIGN_VERIFY"},
            OAEP_256,
            "RSA_2048",
            "RSAES_OAEP_SHA_256 brings a ECC_NIST_P521 key in under RSA_3072 or RSA_4096; RSA_2048 is not among them.",
        ),
        ({"Origin": "AWS_KMS"}, OAEP_256, "RSA_2048", "KMS makes the key material of this KMS key (Origin AWS_KMS)"),
    ],
)
def test_wrappings_that_do_not_fit(kms_import_mock, kms, key, algorithm, spec, text):
    """And those that do."""
    key_id = kms.create_key(**{"Origin": "EXTERNAL", **key})["KeyMetadata"]["KeyId"]
    request = {"KeyId": key_id, "WrappingAlgorithm": algorithm, "WrappingKeySpec": spec}
    assert told_by(kms_import_mock, lambda: kms.get_parameters_for_import(**request)).startswith(text)


def test_importing_where_kms_makes_the_material(kms_import_mock, kms):
    """The first step says it already."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    request = {"KeyId": key_id, "ImportToken": b"x", "EncryptedKeyMaterial": b"x"}
    assert "made with Origin EXTERNAL" in told_by(kms_import_mock, lambda: kms.import_key_material(**request))


def test_dates_that_do_not_go(ceremony, kms_import_mock):
    """With what the mock's clock shows; a datetime without timezone is the usual reason."""
    kms_import_mock.clock.freeze()
    now = kms_import_mock.clock.now()
    clock = f"and the mock's clock shows {now:%Y-%m-%d %H:%M:%S} UTC"
    held = ceremony()
    passed = held.told(ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=now - timedelta(hours=2))
    assert passed.startswith(f"ValidTo is {now - timedelta(hours=2):%Y-%m-%d %H:%M:%S} UTC, {clock}: it has passed.")
    assert "datetime without timezone" in passed
    late = held.told(ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=now + timedelta(days=367))
    assert late.endswith(f"{clock}: that is more than 365 days.")
    assert held.told(ExpirationModel="KEY_MATERIAL_EXPIRES").startswith("Without ExpirationModel it is")
    assert held.told(ValidTo=now + timedelta(days=1)).startswith("Leave ValidTo out")


def test_good_dates_are_not_explained(kms_import_mock, ceremony):
    """Where something else is wrong with the import."""
    held = ceremony()
    valid_to = kms_import_mock.clock.now() + timedelta(days=1)
    expiring = {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": valid_to}
    assert held.told(ImportType="NEW_KEY_MATERIAL", KeyMaterialId="0" * 64, **expiring) == ""


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("no JSON", "The key policy is no JSON: Expecting value: line 1 column 1 (char 0)."),
        ("{'Version': '2012-10-17'}", "It is the text of a Python dict: send json.dumps(policy)."),
        ("file://policy.json", "It is the name of a file: send what is in it."),
        ("[]", "The key policy is no JSON object with Version and Statement."),
        ('{"Statements": []}', "The key policy has 'Statements'; there are Version, Id, Statement."),
        ('{"Statement": {"Effect": "allow"}}', "Statement 1: its Effect is not Allow or Deny."),
        ('{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}', "Statement 1 names no Principal;"),
        (
            '{"Statement": {"Effect": "Allow", "Action": "kms:Get*", "Resource": "*", "Principal": "*"}}',
            "The policy does not let the caller, arn:aws:iam::123456789012:root, call PutKeyPolicy: add a statement",
        ),
    ],
)
def test_policies_that_are_none(kms_import_mock, kms, policy, text):
    """AWS mostly says nothing; the diagnosis says what it is and where."""
    key = kms_import_mock.import_key()
    for call in (lambda: kms.create_key(Policy=policy), lambda: kms.put_key_policy(KeyId=key.id, Policy=policy)):
        assert text in told_by(kms_import_mock, call)


def test_what_names_a_grant_by_mistake_is_not_explained(kms_import_mock, kms):
    """A refusal that is about something else than a KMS key says nothing of one."""
    key = kms_import_mock.import_key()
    assert told_by(kms_import_mock, lambda: kms.revoke_grant(KeyId=key.id, GrantId="0" * 64)) == ""
    assert told_by(kms_import_mock, lambda: kms.get_key_policy(KeyId=key.id, PolicyName="AWS_RAM")) == ""


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

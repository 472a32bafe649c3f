"""Seed files of local-kms: ``mock.load_local_kms_seed`` and ``--local-kms-seed``."""

from __future__ import annotations

import json
import sys
from textwrap import dedent, indent

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, SECP256R1, SECP521R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pytest_kmsimport import mock_kms_import

from ..support.commands import asking, command
from ..support.fuzz_world import fingerprint

ROTATED, EXTERNAL, PENDING = (f"{digit * 8}-2222-3333-4444-555555555555" for digit in "abc")
MAC, RSA, ECC, SEC1 = (f"{digit * 8}-2222-3333-4444-555555555555" for digit in "1234")
RSA_KEY, P256, P521 = generate_rsa_key(65537, 2048), generate_ec_key(SECP256R1()), generate_ec_key(SECP521R1())
#: The README's of local-kms.
FIRST = "34743777217A25432A46294A404E635266556A586E3272357538782F413F4428"
SECOND = "614E645267556B58703273357638792F423F4528472B4B6250655368566D5971"
DIGITS = "0123456701234567012345670123456701234567012345670123456701234567"


def pem(key, form=PrivateFormat.PKCS8, encryption=None) -> str:
    """A private key as a seed file has it, in a block of its own."""
    text = key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()
    return f"|\n{indent(text, ' ' * 10)}"


SEED = f"""
Keys:
  Symmetric:
    Aes:
      - Metadata:
          KeyId: {ROTATED}
          Description: of the README
        BackingKeys:
          - {FIRST}
          - {SECOND}
      - Metadata: {{KeyId: {EXTERNAL}, Origin: EXTERNAL, Enabled: true, CreationDate: 7}}
        BackingKeys: [{DIGITS}]
      - Metadata: {{KeyId: {PENDING}, Origin: EXTERNAL, Description: null}}
    Hmac:
      - Metadata: {{KeyId: {MAC}, KeySpec: HMAC_384}}
        BackingKeys: [{"ab" * 48}]
  Asymmetric:
    Rsa:
      - Metadata: {{KeyId: {RSA}, KeyUsage: ENCRYPT_DECRYPT}}
        PrivateKeyPem: {pem(RSA_KEY)}
    Ecc:
      - Metadata: {{KeyId: {ECC}, KeyUsage: SIGN_VERIFY}}
        PrivateKeyPem: {pem(P521)}
      - Metadata: {{KeyId: {SEC1}, KeyUsage: SIGN_VERIFY}}
        PrivateKeyPem: {pem(P256, PrivateFormat.TraditionalOpenSSL)}
Aliases:
  - AliasName: alias/testing
    TargetKeyId: {ROTATED}
"""


@pytest.fixture
def seeded(kms_import_mock, tmp_path):
    """Load a seed file into the mock."""

    def load(content: str):
        path = tmp_path / "seed.yaml"
        path.write_text(dedent(content))
        return kms_import_mock.load_local_kms_seed(path)

    return load


def test_a_seed_file_is_loaded(kms_import_mock, kms, seeded):
    """With keys of every kind, past the journal."""
    keys = seeded(SEED)
    assert [(key.id, key.key_spec, key.origin, key.state) for key in keys] == [
        (ROTATED, "SYMMETRIC_DEFAULT", "AWS_KMS", "Enabled"),
        (EXTERNAL, "SYMMETRIC_DEFAULT", "EXTERNAL", "Enabled"),
        (PENDING, "SYMMETRIC_DEFAULT", "EXTERNAL", "PendingImport"),
        (MAC, "HMAC_384", "AWS_KMS", "Enabled"),
        (RSA, "RSA_2048", "AWS_KMS", "Enabled"),
        (ECC, "ECC_NIST_P521", "AWS_KMS", "Enabled"),
        (SEC1, "ECC_NIST_P256", "AWS_KMS", "Enabled"),
    ]
    assert [key.description for key in keys[:3]] == ["of the README", "", ""]
    assert keys[4].key_usage == "ENCRYPT_DECRYPT"
    assert kms_import_mock.key("alias/testing").id == ROTATED
    kms_import_mock.assert_imported(EXTERNAL, bytes.fromhex(DIGITS))
    assert not kms_import_mock.calls
    for key_id, key in ((RSA, RSA_KEY), (ECC, P521), (SEC1, P256)):
        public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert kms.get_public_key(KeyId=key_id)["PublicKey"] == public_key


def test_backing_keys_are_earlier_rotations(kms_import_mock, kms, seeded):
    """The last one encrypts, and what was encrypted with the others still opens."""
    with mock_kms_import(account="123456789012") as earlier:
        earlier.create_key(key_id=ROTATED, material=bytes.fromhex(FIRST))
        old = earlier.client().encrypt(KeyId=ROTATED, Plaintext=b"of the first")["CiphertextBlob"]
    (key, *_) = seeded(SEED)
    first, second = key.materials
    assert (first.state, second.state) == ("NON_CURRENT", "CURRENT")
    assert second.matches(bytes.fromhex(SECOND))
    assert kms.decrypt(CiphertextBlob=old)["Plaintext"] == b"of the first"
    answer = kms.encrypt(KeyId=ROTATED, Plaintext=b"x")
    assert kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["KeyMaterialId"] == second.id
    (rotation,) = kms.list_key_rotations(KeyId=ROTATED)["Rotations"]
    assert (rotation["KeyMaterialId"], rotation["RotationType"]) == (second.id, "AUTOMATIC")


@pytest.mark.parametrize(("date", "rotations"), [("2019-09-12T15:19:21+00:00", 1), ("2099-09-12T15:19:21Z", 0)])
def test_next_rotation(kms_import_mock, kms, seeded, date, rotations):
    """A date that has passed rotates the key when it is looked at, once; then once a year."""
    item = f"{{Metadata: {{KeyId: {ROTATED}}}, BackingKeys: [{FIRST}], NextKeyRotation: '{date}'}}"
    seeded(f"Keys: {{Symmetric: {{Aes: [{item}]}}}}")
    assert len(kms.list_key_rotations(KeyId=ROTATED)["Rotations"]) == rotations
    status = kms.get_key_rotation_status(KeyId=ROTATED)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)
    assert status["NextRotationDate"] > kms_import_mock.clock.now()


def test_the_old_form_is_read(kms_import_mock, seeded):
    """A list of AES keys alone."""
    (key,) = seeded(f"Keys: [{{Metadata: {{KeyId: {ROTATED}}}, BackingKeys: [{FIRST}]}}]")
    assert key.id == ROTATED
    assert kms_import_mock.load_local_kms_seed


def test_what_is_there_stays_as_it_is(kms_import_mock, seeded):
    """KMS keys and aliases, as in local-kms; the rest comes."""
    kms_import_mock.create_key(key_id=ROTATED, Description="mine")
    kms_import_mock.create_key(key_id="0" + ROTATED[1:], aliases=["alias/testing"])
    assert ROTATED not in [key.id for key in seeded(SEED)]
    assert kms_import_mock.key(ROTATED).description == "mine"
    assert kms_import_mock.key("alias/testing").id == "0" + ROTATED[1:]
    assert seeded(SEED) == ()


def test_an_empty_file_has_nothing(seeded):
    """Nor has one whose lists are empty."""
    for content in ("", "Keys:\nAliases:\n", "Keys:\n  Symmetric:\n    Aes:\n", "Aliases: []"):
        assert seeded(content) == ()


def aes(**members: object) -> str:
    """A file with a good AES key, and one more."""
    good = {"Metadata": {"KeyId": EXTERNAL}, "BackingKeys": [FIRST]}
    return json.dumps({"Keys": {"Symmetric": {"Aes": [good, members]}}})


def of_kind(group: str, kind: str, **members: object) -> str:
    """A file with one key of a kind."""
    return json.dumps({"Keys": {group: {kind: [{"Metadata": {"KeyId": RSA, "KeyUsage": "SIGN_VERIFY"}, **members}]}}})


def private_key(key, form=PrivateFormat.PKCS8, encryption=None) -> str:
    """A private key as JSON has it."""
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


HERE = {"KeyId": ROTATED}
UNFIT = {
    "no YAML": ("Keys: [", "it is no YAML"),
    "a list": ("[1]", "the file is no mapping; it takes Keys, Aliases"),
    "another section": ("Key: {}", "the file has no 'Key'. Did you mean Keys?"),
    "another group": ("Keys: {Symetric: {}}", "Keys has no 'Symetric'. Did you mean Symmetric?"),
    "another kind": ("Keys: {Asymmetric: {Dsa: []}}", "Keys.Asymmetric has no 'Dsa'.* It takes Rsa, Ecc"),
    "no list": ("Keys: {Symmetric: {Aes: {}}}", "Keys.Symmetric.Aes is no list"),
    "no metadata": (aes(BackingKeys=[FIRST]), r"Keys.Symmetric.Aes\[1\] has no Metadata"),
    "no key ID": (aes(Metadata={}, BackingKeys=[FIRST]), r"Aes\[1\].Metadata has no KeyId"),
    "another member": (aes(Metadata=HERE, BackingKey=[FIRST]), "no 'BackingKey'. Did you mean BackingKeys?"),
    "no key material": (aes(Metadata=HERE), "has no BackingKeys; write one, or Origin: EXTERNAL"),
    "several of an imported key": (
        aes(Metadata={**HERE, "Origin": "EXTERNAL"}, BackingKeys=[FIRST, SECOND]),
        "has 2 BackingKeys, and does not rotate by itself",
    ),
    "a rotation of an imported key": (
        aes(Metadata={**HERE, "Origin": "EXTERNAL"}, BackingKeys=[FIRST], NextKeyRotation="2099-01-01"),
        "has a NextKeyRotation, and does not rotate by itself",
    ),
    "no time": (aes(Metadata=HERE, BackingKeys=[FIRST], NextKeyRotation="soon"), "NextKeyRotation is no time"),
    "no hexadecimal": (aes(Metadata=HERE, BackingKeys=["payroll"]), "has one that is not hexadecimal"),
    "too short": (aes(Metadata=HERE, BackingKeys=[FIRST[2:]]), r"Aes\[1\]: The key material is 31 bytes"),
    "a key ID of its own form": (
        aes(Metadata={"KeyId": "payroll"}, BackingKeys=[FIRST]),
        "the key ID 'payroll' is none",
    ),
    "no origin": (aes(Metadata={**HERE, "Origin": "MINE"}, BackingKeys=[FIRST]), "MINE"),
    "in a key store": (
        aes(Metadata={**HERE, "Origin": "AWS_CLOUDHSM"}, BackingKeys=[FIRST]),
        r"Aes\[1\]: .*(?i:key ?store)",
    ),
    "an HMAC key of another length": (of_kind("Symmetric", "Hmac", BackingKeys=["ab"]), "1 bytes, and HMAC_256 takes"),
    "no PEM": (of_kind("Asymmetric", "Rsa", PrivateKeyPem="x"), "PrivateKeyPem is no private key in PEM"),
    "without PEM": (of_kind("Asymmetric", "Rsa"), "has no PrivateKeyPem"),
    "with a password": (
        of_kind("Asymmetric", "Ecc", PrivateKeyPem=private_key(P256, encryption=BestAvailableEncryption(b"password"))),
        "or one with a password",
    ),
    "the other kind": (
        of_kind("Asymmetric", "Ecc", PrivateKeyPem=private_key(RSA_KEY)),
        "PrivateKeyPem is RSA_2048, and not one of ECC_NIST_P256",
    ),
    "another curve": (
        of_kind("Asymmetric", "Ecc", PrivateKeyPem=private_key(generate_ec_key(SECP256K1()))),
        "PrivateKeyPem is ECC_SECG_P256K1, and not one of",
    ),
    "no usage": (
        of_kind("Asymmetric", "Rsa", PrivateKeyPem=private_key(RSA_KEY), Metadata={"KeyId": RSA}),
        r"Rsa\[0\].Metadata has no KeyUsage",
    ),
    "an alias of nothing": (
        json.dumps({"Aliases": [{"AliasName": "alias/x", "TargetKeyId": ROTATED}]}),
        "alias 'alias/x' of .*: NotFoundException",
    ),
    "half an alias": ("Aliases: [{AliasName: alias/x}]", "Aliases has no TargetKeyId"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_is_no_seed_is_refused(kms_import_mock, seeded, what):
    """With where it is wrong and what to write; nothing has changed, and no key material is repeated."""
    before = fingerprint(kms_import_mock)
    content, text = UNFIT[what]
    with pytest.raises(ValueError, match=text) as failure:
        seeded(content)
    assert "seed.yaml cannot be loaded: " in str(failure.value)
    assert FIRST[2:] not in str(failure.value)
    assert fingerprint(kms_import_mock) == before


def test_without_pyyaml(kms_import_mock, tmp_path, monkeypatch):
    """It says what to install."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ImportError, match=r"pip install 'pytest-kmsimport\[local-kms\]'"):
        kms_import_mock.load_local_kms_seed(tmp_path / "seed.yaml")


def test_a_file_that_is_not_there(kms_import_mock, tmp_path):
    """As open has it."""
    with pytest.raises(FileNotFoundError):
        kms_import_mock.load_local_kms_seed(tmp_path / "seed.yaml")


def test_a_program_finds_the_keys(tmp_path):
    """By the option of the command; keys that its state has stay as they are."""
    path = tmp_path / "seed.yaml"
    path.write_text(SEED)
    options = ("--local-kms-seed", str(path), "--state", str(tmp_path / "kms.json"))
    for _ in range(2):
        run = command("run", *options, "--", *asking("DescribeKey", '{"KeyId": "alias/testing"}'))
        assert (run.returncode, run.stderr) == (0, "")
        assert json.loads(run.stdout)["KeyMetadata"]["KeyId"] == ROTATED


def test_a_file_that_is_no_seed_ends_the_command(tmp_path):
    """Before the program begins."""
    path = tmp_path / "seed.yaml"
    path.write_text("Keys: [{}]")
    run = command("run", "--local-kms-seed", str(path), "--", "echo", "begun")
    assert (run.returncode, run.stdout) == (2, "")
    assert f"{path} cannot be loaded: Keys.Symmetric.Aes[0] has no Metadata" in run.stderr

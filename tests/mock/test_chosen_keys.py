"""``mock.create_key``: KMS keys with a chosen key ID and chosen key material, which differ in nothing from others."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsimport import SecretLeaked, mock_kms_import
from pytest_kmsimport.engine.keys import Key
from pytest_kmsimport.engine.specs import SPECS
from pytest_kmsimport.faults import Refusal

from ..support.fuzz_world import fingerprint
from ..support.installed import CAN_ENCAPSULATE, CAN_SIGN_ML_DSA, known
from ..support.refusal import refused

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
MULTI_REGION_ID = "mrk-1234abcd12ab34cd56ef1234567890ab"
MATERIAL = bytes(range(32))
EXTERNAL = {"origin": "EXTERNAL"}
OF_NEW_LIBRARIES = {"ML_DSA": CAN_SIGN_ML_DSA, "ML_KEM": CAN_ENCAPSULATE}
AT_WORK = [name for name in known(SPECS) if name != "ML_KEM_512" and OF_NEW_LIBRARIES.get(name[:6], True)]


def material_for(spec: str) -> bytes:
    """Key material of a key spec, as KMS would make it."""
    with mock_kms_import() as mock:
        made: bytes = SPECS[spec].material.generate(mock._world)
        return made


def looks(kms, key_id: str) -> list[object]:
    """Everything that a client can see of a KMS key."""
    answers = [
        kms.describe_key(KeyId=key_id),
        kms.get_key_policy(KeyId=key_id),
        kms.list_resource_tags(KeyId=key_id),
        kms.list_grants(KeyId=key_id),
        kms.get_key_rotation_status(KeyId=key_id),
    ]
    if answers[0]["KeyMetadata"]["KeySpec"] == "SYMMETRIC_DEFAULT":
        answers.append(kms.list_key_rotations(KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL"))
    for answer in answers:
        del answer["ResponseMetadata"]
    return answers


SAID = {"Description": "payroll", "Tags": [{"TagKey": "team", "TagValue": "blue"}]}


@pytest.mark.parametrize("spec", known(name for name, spec in SPECS.items() if spec.is_importable))
@pytest.mark.parametrize("multi_region", [False, True])
def test_a_chosen_key_is_as_one_that_was_imported_into(spec, multi_region):
    """By the wire: the same answers to every look, the same key material ID, at the same moment."""
    material, usage = material_for(spec), next(iter(SPECS[spec].algorithms))
    with mock_kms_import() as mock:
        mock.clock.freeze()
        imported = mock.import_key(material, spec, KeyUsage=usage, MultiRegion=multi_region, **SAID)
        expected, kms = looks(mock.client(), imported.id), mock.client()
        mock.reset()
        mock.clock.freeze()
        mock.clock.move_to(expected[0]["KeyMetadata"]["CreationDate"])
        key = mock.create_key(key_id=imported.id, material=material, key_spec=spec, **EXTERNAL, **SAID)
        assert key.id == imported.id
        assert looks(kms, key.id) == expected
        mock.assert_imported(key.id, material)


@pytest.mark.parametrize("spec", AT_WORK)
def test_a_chosen_key_is_as_one_that_kms_has_made(spec):
    """With the very key material that KMS made for another one: its ciphertexts open, its public key is the same."""
    usage = next(iter(SPECS[spec].algorithms))
    with mock_kms_import() as mock:
        mock.clock.freeze()
        kms = mock.client()
        created = kms.create_key(KeySpec=spec, KeyUsage=usage, **SAID)["KeyMetadata"]
        held = mock._engine.look_up(
            created["Arn"], mock.region, mock.account, lambda key: key.usable_material(mock._world)
        )
        expected, answer = looks(kms, created["KeyId"]), used(kms, created)
        mock.reset()
        mock.clock.freeze()
        mock.clock.move_to(created["CreationDate"])
        mock.create_key(key_id=created["KeyId"], material=held.plaintext, key_spec=spec, **SAID)
        assert looks(kms, created["KeyId"]) == expected
        check(kms, created, answer)


def used(kms, created) -> dict[str, bytes]:
    """What a KMS key gives for something to be checked with the same key later."""
    key_id, usage = created["KeyId"], created["KeyUsage"]
    if created["KeySpec"] == "SYMMETRIC_DEFAULT":
        return kms.encrypt(KeyId=key_id, Plaintext=b"secret")
    if usage == "GENERATE_VERIFY_MAC":
        return kms.generate_mac(KeyId=key_id, Message=b"x", MacAlgorithm=created["MacAlgorithms"][0])
    return kms.get_public_key(KeyId=key_id)


def check(kms, created, answer) -> None:
    """Hold what a KMS key gave against this one."""
    key_id = created["KeyId"]
    if "CiphertextBlob" in answer:
        assert kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["Plaintext"] == b"secret"
    elif "Mac" in answer:
        assert kms.verify_mac(KeyId=key_id, Message=b"x", MacAlgorithm=answer["MacAlgorithm"], Mac=answer["Mac"])[
            "MacValid"
        ]
    else:
        assert kms.get_public_key(KeyId=key_id)["PublicKey"] == answer["PublicKey"]


@pytest.mark.parametrize(
    ("spec", "key"),
    [("RSA_2048", generate_rsa_key(65537, 2048)), ("ECC_NIST_P256", generate_private_key(SECP256R1()))],
)
@pytest.mark.parametrize("origin", ["AWS_KMS", "EXTERNAL"])
def test_a_private_key_may_be_one_of_cryptography(kms_import_mock, kms, spec, key, origin):
    """Or its PKCS#8 DER: the public key of the KMS key is its own."""
    public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for material in (key, der, bytearray(der)):
        made = kms_import_mock.create_key(material=material, key_spec=spec, origin=origin, KeyUsage="SIGN_VERIFY")
        assert kms.get_public_key(KeyId=made.id)["PublicKey"] == public_key


def test_what_is_not_chosen_is_made_at_random(kms_import_mock):
    """Key ID and key material, as by CreateKey; without key material an EXTERNAL key waits for its import."""
    first, second = kms_import_mock.create_key(), kms_import_mock.create_key()
    assert first.id != second.id
    assert first.current_material.id != second.current_material.id
    assert kms_import_mock.create_key(**EXTERNAL).state == "PendingImport"


def test_material_comes_into_a_chosen_key_later(kms_import_mock, kms, import_material):
    """By the ceremony of the code under test."""
    kms_import_mock.create_key(key_id=KEY_ID, **EXTERNAL)
    import_material(KEY_ID, MATERIAL)
    kms_import_mock.assert_imported(KEY_ID, MATERIAL)


def test_aliases_region_and_account(kms_import_mock):
    """It is where it was wanted, under all its names."""
    where = {"region_name": "eu-west-1", "account": "111122223333"}
    key = kms_import_mock.create_key(key_id=KEY_ID, aliases=["alias/payroll", "alias/wages"], **where)
    assert key.arn == f"arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}"
    aliases = kms_import_mock.client(**where).list_aliases(KeyId=KEY_ID)["Aliases"]
    assert [alias["AliasName"] for alias in aliases] == ["alias/payroll", "alias/wages"]


def test_it_leaves_no_call_and_is_struck_by_no_fault(kms_import_mock):
    """The test arranges it, and the code under test has not asked for it."""
    kms_import_mock.inject(Refusal("ThrottlingException"), must_strike=False)
    kms_import_mock.create_key(key_id=KEY_ID, material=MATERIAL, aliases=["alias/payroll"], **EXTERNAL)
    assert not kms_import_mock.calls
    assert not kms_import_mock.trail
    assert not kms_import_mock.plans[0].strikes


def test_it_does_not_ask_who_may(kms_import_mock):
    """Whatever the callers may not do, and whatever the key policy says of the mock."""
    kms_import_mock.deny("kms:*")
    kms_import_mock.create_key(key_id=KEY_ID, aliases=["alias/payroll"])
    assert kms_import_mock.key("alias/payroll").id == KEY_ID


def test_chosen_key_material_expires(kms_import_mock, kms, import_material):
    """At its ValidTo; the same bytes come back by the ceremony."""
    soon = kms_import_mock.clock.now() + timedelta(hours=1)
    terms = {"ValidTo": soon, "KeyMaterialDescription": "of today"}
    key = kms_import_mock.create_key(key_id=KEY_ID, material=MATERIAL, **EXTERNAL, **terms)
    assert (key.current_material.valid_to, key.current_material.description) == (soon, "of today")
    ciphertext = kms.encrypt(KeyId=KEY_ID, Plaintext=b"secret")["CiphertextBlob"]
    kms_import_mock.clock.advance(hours=2)
    assert kms_import_mock.key(KEY_ID).state == "PendingImport"
    (event,) = kms_import_mock.events.to("KMS Imported Key Material Expiration")
    assert event["detail"] == {"key-id": KEY_ID, "key-material-id": key.current_material.id}
    text = f"Imported key material does not have the expected identifier ({key.current_material.id})."
    with refused("IncorrectKeyMaterialException", text):
        import_material(KEY_ID, MATERIAL[::-1])
    import_material(KEY_ID, MATERIAL)
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"secret"


@pytest.mark.parametrize("origin", ["AWS_KMS", "EXTERNAL"])
def test_a_chosen_multi_region_key_has_replicas(kms_import_mock, origin):
    """With its key ID, of which AWS's own share the key material, and imported ones need the same bytes."""
    key = kms_import_mock.create_key(key_id=MULTI_REGION_ID, material=MATERIAL, origin=origin)
    assert key.multi_region
    here, there = kms_import_mock.client(), kms_import_mock.client("eu-west-1")
    here.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
    if origin == "EXTERNAL":
        assert kms_import_mock.key(key.id, region_name="eu-west-1").state == "PendingImport"
        kms_import_mock.import_key(MATERIAL, key_id=key.id, region_name="eu-west-1")
    ciphertext = here.encrypt(KeyId=key.id, Plaintext=b"secret")["CiphertextBlob"]
    assert there.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"secret"


@pytest.mark.parametrize("spec", ["HMAC_256", "ECC_NIST_P256", "SYMMETRIC_DEFAULT"])
def test_chosen_key_material_is_in_a_saved_state(kms_import_mock, tmp_path, spec):
    """Of keys whose key material KMS says to have made, too."""
    material = material_for(spec)
    key = kms_import_mock.create_key(key_id=KEY_ID, material=material, key_spec=spec)
    created = kms_import_mock.client().describe_key(KeyId=key.id)["KeyMetadata"]
    answer = used(kms_import_mock.client(), created)
    kms_import_mock.save(tmp_path / "state.json")
    with mock_kms_import(account="111122223333") as other:
        other.load(tmp_path / "state.json")
        check(other.client(account="123456789012"), created, answer)


@pytest.mark.parametrize("origin", ["AWS_KMS", "EXTERNAL"])
@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "ECC_NIST_P256"])
def test_chosen_key_material_is_a_secret(kms_import_mock, origin, spec):
    """It is looked for where it must not be, and no text of the mock's own has it."""
    material = material_for(spec)
    key = kms_import_mock.create_key(material=material, key_spec=spec, origin=origin)
    with pytest.raises(SecretLeaked, match=key.id):
        kms_import_mock.assert_no_leaks(material.hex())
    assert material.hex()[:32] not in repr(key) + repr(kms_import_mock)


@settings(deadline=None)
@given(st.uuids().map(str) | st.uuids().map(lambda uuid: f"mrk-{uuid.hex}"), st.binary(min_size=32, max_size=32))
def test_any_key_id_goes_with_any_material(key_id, material):
    """A ciphertext names its KMS key by the key material ID, which is made of both."""
    with mock_kms_import() as mock:
        mock.create_key(key_id=key_id, material=material)
        ciphertext = mock.client().encrypt(KeyId=key_id, Plaintext=b"secret")["CiphertextBlob"]
        assert mock.client().decrypt(CiphertextBlob=ciphertext)["KeyId"].endswith(key_id)


TAKEN = "there is arn:aws:kms:us-east-1:123456789012:key/"
UNFIT = {
    "a key ID that is taken": ({"key_id": KEY_ID}, ValueError, f"{TAKEN}{KEY_ID} already: choose another"),
    "one of another Region": ({"key_id": KEY_ID, "region_name": "eu-west-1"}, ValueError, TAKEN),
    "one of another account": ({"key_id": KEY_ID, "account": "111122223333"}, ValueError, TAKEN),
    "one that has replicas": (
        {"key_id": MULTI_REGION_ID, "region_name": "eu-west-1"},
        ValueError,
        "already: call ReplicateKey for a replica key, or choose another",
    ),
    "a key ID that is none": ({"key_id": "payroll"}, ValueError, "'payroll' is none: those of AWS KMS are a UUID"),
    "one in upper case": ({"key_id": KEY_ID.upper()}, ValueError, "in lower case"),
    "a key ARN": ({"key_id": f"arn:aws:kms:us-east-1:123456789012:key/{KEY_ID}"}, ValueError, "is none"),
    "a single-Region key ID": (
        {"key_id": "0" + KEY_ID[1:], "MultiRegion": True},
        ValueError,
        "is a single-Region key's",
    ),
    "a multi-Region key ID": (
        {"key_id": "mrk-0" + MULTI_REGION_ID[5:], "MultiRegion": False},
        ValueError,
        "is a multi-Region key's",
    ),
    "no text": ({"key_id": 7}, TypeError, "takes key_id as a text, not 7"),
    "too short": ({"material": MATERIAL[1:]}, ValueError, "31 bytes, and SYMMETRIC_DEFAULT takes 32"),
    "hexadecimal": ({"material": MATERIAL.hex().encode()}, ValueError, "It is hexadecimal text of 32 bytes: decode it"),
    "no bytes": ({"material": MATERIAL.hex()}, TypeError, "bytes or a private key of cryptography, not str"),
    "of another kind": (
        {"material": generate_private_key(SECP256R1()), "key_spec": "RSA_2048"},
        ValueError,
        "The private key is ECC_NIST_P256, and the KMS key is RSA_2048",
    ),
    "a key pair for bytes": (
        {"material": generate_private_key(SECP256R1()), "key_spec": "HMAC_512"},
        ValueError,
        "takes 64 to 128. It is a private key, for a KMS key of key spec ECC_NIST_P256",
    ),
    "bytes for a key pair": ({"material": MATERIAL, "key_spec": "ECC_NIST_P384"}, ValueError, "no private key in"),
    "an alias without prefix": ({"aliases": ["alias/new", "payroll"]}, ValueError, 'start with the prefix "alias/"'),
    "an alias that is taken": ({"aliases": ["alias/new", "alias/payroll"]}, ValueError, "alias/payroll already exists"),
    "an alias that is the same": ({"aliases": ["alias/new", "alias/new"]}, ValueError, "alias/new already exists"),
    "an alias of AWS's": ({"aliases": ["alias/aws/s3"]}, ValueError, "NotAuthorizedException"),
    "an alias alone": ({"aliases": "alias/new"}, TypeError, r"write aliases=\['alias/payroll'\]"),
    "no key spec": ({"key_spec": "RSA_2047"}, ValueError, "RSA_2048 is probably meant"),
    "no origin": ({"origin": "MINE"}, ValueError, r"enum value set: \[AWS_KMS, EXTERNAL"),
    "an origin in a key store": ({"origin": "AWS_CLOUDHSM"}, ValueError, "(?i)key ?store"),
    "what AWS imports not": ({"origin": "EXTERNAL", "key_spec": "ML_DSA_44"}, ValueError, "ValidationException"),
    "a usage of others": ({"KeyUsage": "SIGN_VERIFY"}, ValueError, "ValidationException"),
    "a policy that is none": ({"Policy": "{"}, ValueError, "MalformedPolicyDocumentException"),
    "tags twice": ({"Tags": SAID["Tags"] * 2}, ValueError, "TagException"),
    "tags as a dict": ({"Tags": {"team": "blue"}}, TypeError, "no such Tags: Invalid type for parameter Tags"),
    "a term of no import": ({"ValidTo": "2031-01-01"}, ValueError, "write origin='EXTERNAL' and material="),
    "a term of an import to come": (
        {"origin": "EXTERNAL", "KeyMaterialDescription": "x"},
        ValueError,
        "write origin='EXTERNAL' and material=",
    ),
    "an expiry that has passed": ({**EXTERNAL, "material": MATERIAL, "ValidTo": "2021-01-01"}, ValueError, "ValidTo"),
    "a description that is too long": (
        {**EXTERNAL, "material": MATERIAL, "KeyMaterialDescription": "x" * 257},
        ValueError,
        "at 'keyMaterialDescription' failed to satisfy constraint",
    ),
    "a description of others": (
        {**EXTERNAL, "material": os.urandom(32), "key_spec": "HMAC_256", "KeyMaterialDescription": "x"},
        ValueError,
        "ValidationException",
    ),
    "a member of AWS's": ({"KeySpec": "RSA_2048"}, TypeError, "takes no KeySpec. Write key_spec=."),
    "a member that is none": ({"Descripton": "x"}, TypeError, "Did you mean Description?"),
    "no Region": ({"region_name": "moon-1"}, ValueError, "region_name is 'moon-1'; write the name of an AWS Region"),
    "no account": ({"account": "12"}, ValueError, "account is '12'; write the 12 digits"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_no_kms_key_can_have_is_refused(kms_import_mock, what):
    """With what to write instead, without what it came from within the mock, and nothing has changed."""
    kms_import_mock.create_key(key_id=KEY_ID, aliases=["alias/payroll"])
    kms_import_mock.create_key(key_id=MULTI_REGION_ID)
    before = fingerprint(kms_import_mock)
    keywords, error, text = UNFIT[what]
    with pytest.raises(error, match=text) as failure:
        kms_import_mock.create_key(**keywords)
    assert failure.value.__context__ is None
    assert fingerprint(kms_import_mock) == before


def test_a_quota_holds():
    """As for CreateKey."""
    with mock_kms_import(quotas={"keys": 1}) as mock:
        mock.create_key()
        with pytest.raises(ValueError, match="LimitExceededException"):
            mock.create_key()


def test_a_key_id_is_free_when_its_key_is_gone(kms_import_mock, kms):
    """A KMS key that was deleted is no more."""
    key = kms_import_mock.create_key(key_id=KEY_ID)
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    kms_import_mock.clock.advance(days=8)
    assert kms_import_mock.create_key(key_id=KEY_ID).state == "Enabled"


def test_a_chosen_key_is_rotated_by_the_ceremony(kms_import_mock, kms):
    """New key material comes after the chosen one, which still decrypts."""
    kms_import_mock.create_key(key_id=KEY_ID, material=MATERIAL, **EXTERNAL)
    ciphertext = kms.encrypt(KeyId=KEY_ID, Plaintext=b"secret")["CiphertextBlob"]
    kms_import_mock.import_key(MATERIAL[::-1], key_id=KEY_ID, ImportType="NEW_KEY_MATERIAL")
    kms.rotate_key_on_demand(KeyId=KEY_ID)
    states = [material.state for material in kms_import_mock.key(KEY_ID).materials]
    assert states == ["NON_CURRENT", "CURRENT"]
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"secret"
    assert kms_import_mock._engine.look_up(KEY_ID, kms_import_mock.region, kms_import_mock.account, Key.copy).enabled

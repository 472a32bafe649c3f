"""The option ``reserved_tags``: tags of LocalStack's and floci's by which CreateKey chooses, refused without it."""

from __future__ import annotations

import pickle
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pytest_kmsimport import NotOffered, mock_kms_import

from ..support.refusal import refused

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
MULTI_REGION_ID = "mrk-1234abcd12ab34cd56ef1234567890ab"
MATERIAL = bytes(range(32))
ENCODED = b64encode(MATERIAL).decode()


def tags(**values: str) -> list[dict[str, str]]:
    """Tags as CreateKey takes them; two underscores stand for a colon and a hyphen."""
    return [
        {"TagKey": name.replace("floci__", "floci:").replace("__", "-"), "TagValue": v} for name, v in values.items()
    ]


def tags_of(kms, key_id: str) -> dict[str, str]:
    """The tags that a KMS key has."""
    return {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key_id)["Tags"]}


@pytest.fixture
def localstack():
    """A mock that takes LocalStack's tags."""
    with mock_kms_import(reserved_tags="localstack") as mock:
        yield mock


@pytest.fixture
def floci():
    """A mock that takes floci's."""
    with mock_kms_import(reserved_tags="floci") as mock:
        yield mock


def test_a_custom_id_of_localstack(localstack):
    """Becomes the key ID, and stays a tag."""
    kms = localstack.client()
    made = kms.create_key(Tags=tags(_custom_id_=KEY_ID, team="blue"))["KeyMetadata"]
    assert (made["KeyId"], made["KeyState"]) == (KEY_ID, "Enabled")
    assert tags_of(kms, KEY_ID) == {"_custom_id_": KEY_ID, "team": "blue"}


def test_a_multi_region_custom_id(localstack):
    """Of AWS's form."""
    made = localstack.client().create_key(MultiRegion=True, Tags=tags(_custom_id_=MULTI_REGION_ID))["KeyMetadata"]
    assert (made["KeyId"], made["MultiRegion"]) == (MULTI_REGION_ID, True)


def test_custom_key_material_of_localstack(localstack):
    """Is that of the KMS key, no tag of it, and in no record of the call."""
    kms = localstack.client()
    kms.create_key(Tags=tags(_custom_id_=KEY_ID, _custom_key_material_=ENCODED))
    assert tags_of(kms, KEY_ID) == {"_custom_id_": KEY_ID}
    ciphertext = kms.encrypt(KeyId=KEY_ID, Plaintext=b"secret")["CiphertextBlob"]
    shown = repr(localstack.calls[0].request) + repr(list(localstack.trail)) + repr(list(localstack.events))
    assert KEY_ID in shown
    assert ENCODED not in shown
    assert MATERIAL not in pickle.dumps(localstack.calls[0])
    with mock_kms_import(reserved_tags="localstack") as other:
        other.create_key(key_id=KEY_ID, material=MATERIAL)
        assert other.client().decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"secret"


def test_a_custom_private_key_is_longer_than_a_tag(localstack):
    """AWS's limit of 256 characters is none for it; other tags keep to it."""
    key = generate_private_key(65537, 2048)
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    kms, kind = localstack.client(), {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
    made = kms.create_key(**kind, Tags=tags(_custom_key_material_=b64encode(der).decode()))["KeyMetadata"]
    public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert kms.get_public_key(KeyId=made["KeyId"])["PublicKey"] == public_key
    with pytest.raises(kms.exceptions.ClientError, match="length less than or equal to 256"):
        kms.create_key(Tags=tags(_custom_id_="x" * 257))


def test_custom_key_material_is_no_leak():
    """It was sent in the clear because LocalStack has it so."""
    with mock_kms_import(reserved_tags="localstack", check_leaks=True) as mock:
        mock.client().create_key(Tags=tags(_custom_key_material_=ENCODED))
        assert not mock.leaks_found()


def test_an_override_of_floci(floci):
    """Becomes the key ID, and no tag."""
    kms = floci.client()
    made = kms.create_key(Tags=tags(floci__override__id=f" {KEY_ID} ", team="blue"))["KeyMetadata"]
    assert made["KeyId"] == KEY_ID
    assert tags_of(kms, KEY_ID) == {"team": "blue"}


OFF = {
    "_custom_id_": ("localstack", "mock.create_key(key_id=...)"),
    "_custom_key_material_": ("localstack", "mock.create_key(material=...)"),
    "floci:override-id": ("floci", "mock.create_key(key_id=...)"),
}


@pytest.mark.parametrize(
    ("tag", "option"),
    [(tag, one) for tag, (owner, _) in OFF.items() for one in (None, "localstack", "floci") if one != owner],
)
def test_without_its_option_a_tag_fails_the_test(tag, option):
    """Loudly, with what to write, and without what may be secret; no KMS key is made."""
    owner, instead = OFF[tag]
    with mock_kms_import(reserved_tags=option) as mock:
        kms = mock.client()
        with pytest.raises(NotOffered) as failure:
            kms.create_key(Tags=[{"TagKey": tag, "TagValue": ENCODED}])
        assert f"{tag} is a tag of {owner}'s" in str(failure.value)
        assert f"reserved_tags={owner!r}" in str(failure.value)
        assert instead in str(failure.value)
        assert ENCODED not in str(failure.value)
        assert kms.list_keys()["Keys"] == []
        assert mock.complaints
        mock.complaints.clear()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"Tags": tags(_custom_id_="payroll")}, "the key ID 'payroll' is none: those of AWS KMS are a UUID"),
        ({"Tags": tags(_custom_id_="")}, "the key ID '' is none"),
        ({"Tags": tags(_custom_id_=KEY_ID), "MultiRegion": True}, "is a single-Region key's"),
        ({"Tags": tags(_custom_id_=MULTI_REGION_ID)}, "is a multi-Region key's"),
        ({"Tags": tags(_custom_key_material_="no base64")}, "_custom_key_material_ is no base64"),
        ({"Tags": tags(_custom_key_material_="AAEC")}, "The key material is 3 bytes, and SYMMETRIC_DEFAULT takes 32."),
        ({"Tags": tags(_custom_key_material_=ENCODED), "Origin": "EXTERNAL"}, "import it by ImportKeyMaterial"),
        (
            {"Tags": tags(_custom_key_material_=ENCODED), "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
            "no private key in unencrypted PKCS#8 DER",
        ),
    ],
)
def test_what_no_kms_key_can_have_fails_the_test(localstack, members, said):
    """What LocalStack would make of it has no counterpart at AWS."""
    kms = localstack.client()
    with pytest.raises(NotOffered, match="CreateKey is not offered with what its tags choose") as failure:
        kms.create_key(**members)
    assert said in str(failure.value)
    assert kms.list_keys()["Keys"] == []
    localstack.complaints.clear()


def test_a_key_id_that_is_taken_fails_the_test(localstack):
    """Where LocalStack lets the second KMS key take the place of the first."""
    kms = localstack.client()
    kms.create_key(Tags=tags(_custom_id_=KEY_ID))
    with pytest.raises(NotOffered, match="already: choose another key ID"):
        kms.create_key(Tags=tags(_custom_id_=KEY_ID))
    localstack.complaints.clear()


@pytest.mark.parametrize("value", ["", "a b", "payroll/1"])
def test_an_override_that_is_none_fails_the_test(floci, value):
    """Of a form that AWS's key IDs have not."""
    with pytest.raises(NotOffered, match="is none: those of AWS KMS"):
        floci.client().create_key(Tags=tags(floci__override__id=value))
    floci.complaints.clear()


def test_other_tags_of_floci_fail_the_test(floci):
    """As floci refuses them."""
    with pytest.raises(NotOffered, match="floci:region is no tag of floci's: it has floci:override-id"):
        floci.client().create_key(Tags=[{"TagKey": "floci:region", "TagValue": "x"}])
    floci.complaints.clear()


def test_a_tag_that_comes_later_is_any_tag(kms, make_key):
    """TagResource chooses nothing, there as here."""
    key_id = make_key()
    kms.tag_resource(KeyId=key_id, Tags=tags(_custom_id_=KEY_ID))
    assert tags_of(kms, key_id) == {"_custom_id_": KEY_ID}


def test_aws_still_refuses_what_it_refuses(localstack):
    """Whatever the tags choose."""
    with refused("TagException", "Duplicate tag keys"):
        localstack.client().create_key(Tags=tags(team="blue", _custom_id_=KEY_ID) + tags(team="red"))
    assert localstack.client().list_keys()["Keys"] == []


def test_the_option_has_two_values():
    """And says so."""
    with pytest.raises(ValueError, match=r"reserved_tags is 'moto'; write one of 'localstack', 'floci'\."):
        mock_kms_import(reserved_tags="moto")

"""ImportKeyMaterial: every mistake, exactly as AWS refuses it, and nothing changed by it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from pytest_kmsimport import wrap_key_material

from ..support.refusal import refused

FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
OAEP = "RSAES_OAEP_SHA_256"
NEW = {"ImportType": "NEW_KEY_MATERIAL"}
NOT_WITH_VALID_TO = "A validTo date cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"
NO_ID_WITH_NEW = "Input parameter keyMaterialId cannot be used with NEW_KEY_MATERIAL importType."


class Ceremony:
    """A KMS key with the parameters for its next import."""

    def __init__(self, kms, mock, key_id: str, algorithm: str = OAEP) -> None:
        self.kms, self.mock, self.key_id, self.algorithm = kms, mock, key_id, algorithm
        self.arn = mock.key(key_id).arn
        self.renew()

    def renew(self) -> None:
        """Get a new wrapping key and import token."""
        self.parameters = self.kms.get_parameters_for_import(
            KeyId=self.key_id, WrappingAlgorithm=self.algorithm, WrappingKeySpec="RSA_2048"
        )

    def wrapped(self, material: bytes) -> bytes:
        """Key material wrapped for these parameters."""
        return wrap_key_material(self.parameters["PublicKey"], material, self.algorithm)

    def request(self, material: bytes, **members: object) -> dict[str, object]:
        """A good request, with changes."""
        request = {
            "KeyId": self.key_id,
            "ImportToken": self.parameters["ImportToken"],
            "EncryptedKeyMaterial": self.wrapped(material),
            **({} if "ValidTo" in members else FOREVER),
            **members,
        }
        return {name: value for name, value in request.items() if value is not None}

    def hold(self, material: bytes, **members: object):
        """Import."""
        return self.kms.import_key_material(**self.request(material, **members))

    def state(self) -> tuple[object, ...]:
        """All that can be seen of the KMS key."""
        return self.mock.key(self.key_id), self.kms.describe_key(KeyId=self.key_id)["KeyMetadata"]

    def material_id(self) -> str:
        """The identifier of the current key material, which asymmetric and HMAC keys have as well."""
        material_id: str = self.mock.key(self.key_id).current_material.id
        return material_id

    def is_not(self, material_id: str, **members: object) -> None:
        """The import is refused: its bytes are not the key material with this identifier."""
        text = f"Imported key material does not have the expected identifier ({material_id})."
        self.is_refused("IncorrectKeyMaterialException", text, **members)

    def is_known(self, material_id: str, **members: object) -> None:
        """The import as new key material is refused: its bytes are the key's with this identifier."""
        text = (
            f"Key material (id: {material_id}) being imported as NEW_KEY_MATERIAL is already associated with KMS key"
            f" {self.arn}."
        )
        self.is_refused("IncorrectKeyMaterialException", text, **NEW, **members)

    def is_refused(self, code: str, message: str = "", *, material: bytes = bytes(32), **members: object) -> None:
        """The import is refused, changes nothing, and leaves the token as good as it was."""
        before = self.state()
        with refused(code, message):
            self.hold(material, **members)
        assert self.state() == before


@pytest.fixture
def ceremony(kms, kms_import_mock, make_key):
    """A ceremony for a new KMS key."""

    def begin(algorithm: str = OAEP, **members: object) -> Ceremony:
        return Ceremony(kms, kms_import_mock, make_key(**members), algorithm)

    return begin


HMAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}


def test_the_first_import(ceremony):
    """The answer names the key ARN and the key material; DescribeKey says the same, and that it does not expire."""
    one = ceremony()
    answer = one.hold(os.urandom(32))
    metadata = one.kms.describe_key(KeyId=one.key_id)["KeyMetadata"]
    assert set(answer) - {"ResponseMetadata"} == {"KeyId", "KeyMaterialId"}
    assert (answer["KeyId"], len(answer["KeyMaterialId"])) == (one.arn, 64)
    assert metadata["CurrentKeyMaterialId"] == answer["KeyMaterialId"]
    assert (metadata["KeyState"], metadata["Enabled"]) == ("Enabled", True)
    assert metadata["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    assert "ValidTo" not in metadata


def test_hmac_keys_have_no_key_material_id(ceremony):
    """Identifiers are for symmetric encryption keys alone."""
    one = ceremony(**HMAC)
    assert set(one.hold(bytes(32))) - {"ResponseMetadata"} == {"KeyId"}
    assert "CurrentKeyMaterialId" not in one.kms.describe_key(KeyId=one.key_id)["KeyMetadata"]


def test_identifiers_follow_from_key_and_bytes(ceremony):
    """The same bytes give the same identifier in the same KMS key, and another in another one."""
    one, other = ceremony(), ceremony()
    first = one.hold(bytes(32))["KeyMaterialId"]
    assert one.hold(bytes(32))["KeyMaterialId"] == first
    assert other.hold(bytes(32))["KeyMaterialId"] != first


def test_importing_under_an_arn(ceremony):
    """KeyId may be the key ARN."""
    one = ceremony()
    assert one.hold(bytes(32), KeyId=one.arn)["KeyId"] == one.arn


# Expiry


def test_expiry_is_the_default_and_needs_a_date(ceremony):
    """Without ExpirationModel and ValidTo AWS refuses, and the same token and blob are good afterwards."""
    one = ceremony()
    request = one.request(bytes(32))
    without = {name: value for name, value in request.items() if name != "ExpirationModel"}
    with refused("ValidationException", "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"):
        one.kms.import_key_material(**without)
    assert one.mock.key(one.key_id).state == "PendingImport"
    assert one.kms.import_key_material(**request)


@pytest.mark.parametrize(
    ("model", "after", "text"),
    [
        ("KEY_MATERIAL_EXPIRES", timedelta(0), "ValidTo must be in the future"),
        ("KEY_MATERIAL_EXPIRES", timedelta(seconds=-1), "ValidTo must be in the future"),
        ("KEY_MATERIAL_EXPIRES", timedelta(days=365, seconds=1), "ValidTo must be less than 365 days in the future"),
        ("KEY_MATERIAL_DOES_NOT_EXPIRE", timedelta(days=1), NOT_WITH_VALID_TO),
    ],
)
def test_dates_that_aws_refuses(ceremony, model, after, text):
    """In the past, more than 365 days ahead, or where nothing expires; the token is not even looked at."""
    one = ceremony()
    one.mock.clock.freeze(one.mock.clock.now().replace(microsecond=0))
    valid_to = one.mock.clock.now() + after
    one.is_refused("ValidationException", text, ExpirationModel=model, ValidTo=valid_to)
    one.is_refused("ValidationException", text, ExpirationModel=model, ValidTo=valid_to, ImportToken=b"garbage")
    assert one.hold(bytes(32))


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(days=365)])
def test_the_nearest_and_the_farthest_date(ceremony, after):
    """One second and 365 days are both good."""
    one = ceremony()
    one.mock.clock.freeze(one.mock.clock.now().replace(microsecond=0))
    valid_to = one.mock.clock.now() + after
    one.hold(bytes(32), ValidTo=valid_to)
    metadata = one.kms.describe_key(KeyId=one.key_id)["KeyMetadata"]
    assert (metadata["ExpirationModel"], metadata["ValidTo"]) == ("KEY_MATERIAL_EXPIRES", valid_to)


def test_a_re_import_changes_the_expiry(ceremony):
    """The same bytes with another ValidTo, without deleting first."""
    one = ceremony()
    one.hold(bytes(32), ValidTo=one.mock.clock.now() + timedelta(days=1))
    one.hold(bytes(32))
    metadata = one.kms.describe_key(KeyId=one.key_id)["KeyMetadata"]
    assert metadata["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"


# Tokens


def test_garbage_is_no_token(ceremony):
    """Without a message, as AWS does for its cryptographic refusals."""
    ceremony().is_refused("InvalidImportTokenException", ImportToken=b"garbage")


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + b"x", lambda t: bytes([t[0] ^ 1]) + t[1:]])
def test_a_changed_token_is_no_token(ceremony, change):
    """Cut, lengthened, or with a bit turned over."""
    one = ceremony()
    one.is_refused("InvalidImportTokenException", ImportToken=change(one.parameters["ImportToken"]))


def test_a_token_is_for_its_key(ceremony):
    """Another KMS key's token is refused, even with material wrapped for it."""
    one, other = ceremony(), ceremony()
    request = other.request(bytes(32), KeyId=one.key_id)
    with refused("InvalidImportTokenException"):
        one.kms.import_key_material(**request)


def test_a_token_is_for_its_region(kms, kms_import_mock, ceremony):
    """The same multi-Region key ID in another Region would be another KMS key."""
    one = ceremony()
    far = kms_import_mock.client("eu-west-1")
    other = Ceremony(far, kms_import_mock, kms_import_mock.import_key(region_name="eu-west-1").arn)
    with refused("InvalidImportTokenException"):
        far.import_key_material(**one.request(bytes(32), KeyId=other.key_id))


def test_a_token_is_good_for_24_hours(ceremony):
    """It expires when 24 hours have passed, and not before."""
    one = ceremony()
    one.mock.clock.freeze()
    one.renew()
    one.mock.clock.advance(hours=24, milliseconds=-1)
    one.hold(bytes(32))
    one.mock.clock.advance(milliseconds=1)
    one.is_refused("ExpiredImportTokenException")


def test_an_expired_token_is_told_from_garbage_long_after(ceremony):
    """Also when the mock has let its wrapping key go."""
    one = ceremony()
    request = one.request(bytes(32))
    one.mock.clock.advance(days=400)
    one.renew()
    with refused("ExpiredImportTokenException"):
        one.kms.import_key_material(**request)


def test_a_foreign_token_is_foreign_before_it_is_expired(ceremony):
    """That it belongs to another KMS key is looked at first."""
    one, other = ceremony(), ceremony()
    one.mock.clock.advance(days=2)
    one.is_refused("InvalidImportTokenException", ImportToken=other.parameters["ImportToken"])


def test_several_tokens_are_good_at_once(ceremony):
    """A newer set does not spoil an older one."""
    one = ceremony()
    older = one.request(bytes(32))
    one.renew()
    one.hold(bytes(32))
    assert one.kms.import_key_material(**older)


def test_a_token_goes_with_its_wrapping_key(ceremony):
    """Material wrapped for one set does not open with the token of another."""
    one = ceremony()
    blob = one.wrapped(bytes(32))
    one.renew()
    one.is_refused("InvalidCiphertextException", EncryptedKeyMaterial=blob)


def test_a_token_can_be_used_again(ceremony):
    """AWS was recorded to take it for more than one import."""
    one = ceremony()
    one.hold(bytes(32))
    assert one.hold(bytes(32))


@pytest.mark.kms_import(strict_tokens=True)
def test_strict_tokens_are_good_for_one_success(ceremony):
    """With strict_tokens a refused import still uses nothing up."""
    one = ceremony()
    one.is_refused("InvalidCiphertextException", material=bytes(31))
    one.hold(bytes(32))
    one.is_refused("InvalidImportTokenException")
    one.renew()
    assert one.hold(bytes(32))


@pytest.mark.kms_import(strict_tokens=True)
@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ({"ExpirationModel": "KEY_MATERIAL_EXPIRES"}, "ValidationException"),
        ({"ExpirationModel": "NEVER"}, "ValidationException"),
        ({"ImportType": "EXISTING_KEY_MATERIAL"}, "IncorrectKeyMaterialException"),
        ({"KeyMaterialId": "0" * 64}, "ValidationException"),
        ({"KeyMaterialDescription": "?"}, "ValidationException"),
        ({"EncryptedKeyMaterial": b"x"}, "ValidationException"),
        ({"EncryptedKeyMaterial": bytes(256)}, "InvalidCiphertextException"),
        ({"ImportToken": b"x"}, "InvalidImportTokenException"),
    ],
    ids=["no date", "model", "existing", "identifier", "description", "length", "blob", "token"],
)
def test_a_refused_import_uses_nothing_up(ceremony, mistake, code):
    """The same token is good afterwards, even where it is good for one import only."""
    one = ceremony()
    before = one.state()
    with pytest.raises(one.kms.exceptions.ClientError) as caught:
        one.hold(bytes(32), **mistake)
    assert (caught.value.response["Error"]["Code"], one.state()) == (code, before)
    assert one.hold(bytes(32))


# Unwrapping


@pytest.mark.parametrize(
    ("asked", "used"),
    [("RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"), ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")],
)
def test_the_wrong_oaep_hash_does_not_open(ceremony, asked, used):
    """The hash must be the one that was asked for."""
    one = ceremony(asked)
    blob = wrap_key_material(one.parameters["PublicKey"], bytes(32), used)
    one.is_refused("InvalidCiphertextException", EncryptedKeyMaterial=blob)


def test_the_wrong_hash_of_rsa_aes_key_wrap_does_not_open(ceremony):
    """The same for the AES key's OAEP."""
    one = ceremony("RSA_AES_KEY_WRAP_SHA_256", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    blob = wrap_key_material(one.parameters["PublicKey"], bytes(138), "RSA_AES_KEY_WRAP_SHA_1")
    one.is_refused("InvalidCiphertextException", EncryptedKeyMaterial=blob)


@pytest.mark.parametrize("part", [0, 255, 256, -1])
def test_damage_in_rsa_aes_key_wrap_is_noticed(ceremony, part):
    """In the wrapped AES key and in the wrapped material."""
    one = ceremony("RSA_AES_KEY_WRAP_SHA_256", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    blob = bytearray(one.wrapped(bytes(138)))
    blob[part] ^= 1
    one.is_refused("InvalidCiphertextException", EncryptedKeyMaterial=bytes(blob))


@pytest.mark.parametrize("length", [1, 32, 255, 257, 512])
def test_oaep_blobs_have_the_length_of_the_modulus(ceremony, length):
    """Any other length is refused before it is opened."""
    ceremony().is_refused("ValidationException", "Invalid encrypted key size.", EncryptedKeyMaterial=bytes(length))


@pytest.mark.parametrize("length", [1, 255, 256, 264, 271, 273])
def test_key_wrap_blobs_have_the_length_of_a_modulus_and_a_wrap(ceremony, length):
    """AES key wrap with padding gives whole blocks of 8 bytes, 16 at least."""
    one = ceremony("RSA_AES_KEY_WRAP_SHA_256", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    one.is_refused("ValidationException", "Invalid encrypted key size.", EncryptedKeyMaterial=bytes(length))


def test_the_token_is_looked_at_before_the_blob(ceremony):
    """A bad token with a blob of a bad length is a bad token."""
    ceremony().is_refused("InvalidImportTokenException", ImportToken=b"x", EncryptedKeyMaterial=b"x")


@pytest.mark.parametrize("length", [1, 16, 31, 33, 64])
def test_symmetric_material_of_another_length(ceremony, length):
    """AWS does not tell it from a blob that does not open."""
    ceremony().is_refused("InvalidCiphertextException", material=bytes(length))


@pytest.mark.parametrize(("bits", "shortest"), [(224, 28), (256, 32), (384, 48), (512, 64)])
def test_the_shortest_hmac_material(ceremony, bits, shortest):
    """As long as the MAC; a byte less is refused like any blob that does not open."""
    one = ceremony(KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")
    one.is_refused("InvalidCiphertextException", material=bytes(shortest - 1))
    assert one.hold(bytes(shortest))


def test_the_form_is_looked_at_before_the_association(ceremony):
    """Bytes of the wrong length are no key material at all, whatever the key had and whatever the request names."""
    one = ceremony()
    material_id = one.hold(bytes(32))["KeyMaterialId"]
    for members in ({}, NEW, {"KeyMaterialId": material_id}):
        one.is_refused("InvalidCiphertextException", material=bytes(31), **members)


# Which material


def test_other_bytes_are_not_the_existing_material(ceremony):
    """Without ImportType a second import means the same bytes again."""
    one = ceremony()
    one.hold(bytes(32))
    one.is_not(one.material_id(), material=b"\1" * 32)
    one.is_not(one.material_id(), material=b"\1" * 32, ImportType="EXISTING_KEY_MATERIAL")


def test_the_expected_material_is_the_current_one(ceremony):
    """Of a key with several, the refusal of strange bytes names the current key material, also while it is missing."""
    one = ceremony()
    one.hold(bytes(32))
    second = one.hold(b"\1" * 32, **NEW)["KeyMaterialId"]
    one.kms.rotate_key_on_demand(KeyId=one.key_id)
    one.is_not(second, material=b"\2" * 32)
    one.kms.delete_imported_key_material(KeyId=one.key_id)
    one.is_not(second, material=b"\2" * 32)


def test_the_bytes_are_looked_for_among_all_of_the_keys_materials(ceremony):
    """A material that a rotation has retired comes back without ImportType and KeyMaterialId."""
    one = ceremony()
    first = one.hold(bytes(32))["KeyMaterialId"]
    one.hold(b"\1" * 32, **NEW)
    one.kms.rotate_key_on_demand(KeyId=one.key_id)
    one.kms.delete_imported_key_material(KeyId=one.key_id, KeyMaterialId=first)
    assert one.hold(bytes(32))["KeyMaterialId"] == first
    assert one.mock.key(one.key_id).state == "Enabled"


def test_existing_material_must_exist(ceremony):
    """EXISTING_KEY_MATERIAL on a key that never had any."""
    ceremony().is_refused("IncorrectKeyMaterialException", ImportType="EXISTING_KEY_MATERIAL")


def test_known_bytes_are_not_new_material(ceremony):
    """NEW_KEY_MATERIAL with bytes that the key has, also after they were deleted, or retired by a rotation."""
    one = ceremony()
    first = one.hold(bytes(32))["KeyMaterialId"]
    one.is_known(first)
    one.kms.delete_imported_key_material(KeyId=one.key_id)
    one.is_known(first)
    one.hold(bytes(32))
    one.hold(b"\1" * 32, **NEW)
    one.kms.rotate_key_on_demand(KeyId=one.key_id)
    one.is_known(first)


def test_new_material_waits_for_a_rotation(ceremony):
    """It has an identifier of its own, and changes nothing about the key."""
    one = ceremony()
    first = one.hold(bytes(32))["KeyMaterialId"]
    before = one.kms.describe_key(KeyId=one.key_id)["KeyMetadata"]
    second = one.hold(b"\1" * 32, **NEW)["KeyMaterialId"]
    assert one.kms.describe_key(KeyId=one.key_id)["KeyMetadata"] == before
    states = {material.id: material.state for material in one.mock.key(one.key_id).materials}
    assert states == {first: "CURRENT", second: "PENDING_ROTATION"}


def test_one_new_material_at_a_time(ceremony):
    """The refusal names both; the refused one's identifier was computed from its bytes."""
    one = ceremony()
    one.hold(bytes(32))
    pending = one.hold(b"\1" * 32, **NEW)["KeyMaterialId"]
    with_same_id = ceremony()
    with pytest.raises(one.kms.exceptions.KMSInvalidStateException) as caught:
        one.hold(b"\2" * 32, **NEW)
    refused_id = caught.value.response["message"].split()[4].rstrip(")")
    text = (
        f"New key material (id: {refused_id}) cannot be imported into KMS key {one.arn}, because another key"
        f" material (id: {pending}) is pending rotation."
    )
    one.is_refused("KMSInvalidStateException", text, material=b"\2" * 32, **NEW)
    assert len(refused_id) == 64
    assert with_same_id.hold(b"\2" * 32)["KeyMaterialId"] != refused_id
    one.kms.delete_imported_key_material(KeyId=one.key_id, KeyMaterialId=pending)
    assert one.hold(b"\2" * 32, **NEW)["KeyMaterialId"] == refused_id


def test_the_pending_bytes_again_are_not_new(ceremony):
    """NEW with the bytes that are pending is refused as known; as existing material they may come again."""
    one = ceremony()
    one.hold(bytes(32))
    pending = one.hold(b"\1" * 32, **NEW)["KeyMaterialId"]
    one.is_known(pending, material=b"\1" * 32)
    assert one.hold(b"\1" * 32)["KeyMaterialId"] == pending


def test_pending_bytes_that_were_deleted_are_new_again(ceremony):
    """They have the identifier that they had, and lost the description with the deletion."""
    one = ceremony()
    one.hold(bytes(32))
    pending = one.hold(b"\1" * 32, KeyMaterialDescription="second", **NEW)["KeyMaterialId"]
    one.kms.delete_imported_key_material(KeyId=one.key_id, KeyMaterialId=pending)
    one.is_not(one.material_id(), material=b"\1" * 32)
    assert one.hold(b"\1" * 32, **NEW)["KeyMaterialId"] == pending
    assert [material.description for material in one.mock.key(one.key_id).materials] == [None, None]


def test_naming_the_material(ceremony):
    """KeyMaterialId must be the one that the bytes give, and goes with existing material only."""
    one = ceremony()
    one.is_refused("ValidationException", NO_ID_WITH_NEW, KeyMaterialId="0" * 64)
    material_id = one.hold(bytes(32))["KeyMaterialId"]
    one.is_not("0" * 64, KeyMaterialId="0" * 64)
    one.is_not(material_id, material=b"\1" * 32, KeyMaterialId=material_id)
    one.is_refused("ValidationException", NO_ID_WITH_NEW, material=b"\1" * 32, KeyMaterialId=material_id, **NEW)
    assert one.hold(bytes(32), KeyMaterialId=material_id)["KeyMaterialId"] == material_id


def test_naming_another_material_of_the_same_key(ceremony):
    """The refusal names the identifier of the request, and not that of the bytes, though the key has both."""
    one = ceremony()
    first = one.hold(bytes(32))["KeyMaterialId"]
    second = one.hold(b"\1" * 32, **NEW)["KeyMaterialId"]
    one.is_not(second, KeyMaterialId=second)
    one.is_not(first, material=b"\1" * 32, KeyMaterialId=first)


def test_descriptions_stay_until_they_are_changed(ceremony):
    """A re-import without description keeps the one that the material had."""
    one = ceremony()

    def description() -> str | None:
        return one.mock.key(one.key_id).current_material.description

    one.hold(bytes(32))
    assert description() is None
    one.hold(bytes(32), KeyMaterialDescription="from HSM 7")
    one.kms.delete_imported_key_material(KeyId=one.key_id)
    one.hold(bytes(32))
    assert description() == "from HSM 7"
    one.hold(bytes(32), KeyMaterialDescription="from HSM 8")
    assert description() == "from HSM 8"


@pytest.mark.parametrize("spec", ["HMAC_256", "ECC_NIST_P256"])
@pytest.mark.parametrize(
    "member",
    [
        {"ImportType": "NEW_KEY_MATERIAL"},
        {"ImportType": "EXISTING_KEY_MATERIAL"},
        {"KeyMaterialDescription": "x"},
        {"KeyMaterialId": "0" * 64},
    ],
    ids=["new", "existing", "description", "identifier"],
)
def test_members_for_symmetric_keys_only(ceremony, member, spec):
    """Asymmetric and HMAC keys take none of the three; the text has the member in lower camel case and the key spec."""
    name = next(iter(member))
    text = f"Input parameter {name[0].lower()}{name[1:]} cannot be used with {spec} imported keys."
    usage = "GENERATE_VERIFY_MAC" if spec.startswith("HMAC") else "SIGN_VERIFY"
    ceremony(KeySpec=spec, KeyUsage=usage).is_refused("ValidationException", text, **member)


def test_hmac_keys_have_one_material_for_life(ceremony):
    """Other bytes are refused, also after deletion; the refusal alone tells an identifier of the key material."""
    one = ceremony(**HMAC)
    one.hold(bytes(32))
    one.is_not(one.material_id(), material=bytes(33))
    one.kms.delete_imported_key_material(KeyId=one.key_id)
    one.is_not(one.material_id(), material=b"\1" * 32)
    assert one.hold(bytes(32))

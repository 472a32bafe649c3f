"""KMS keys in custom key stores, and what the test can have the other side of these answer."""

from __future__ import annotations

import pytest

from pytest_kmsimport import mock_kms_import
from pytest_kmsimport.engine.key_stores import FAILURES

from ..support.installed import OPERATION_NAMES
from ..support.prepared import WRAPPING
from ..support.refusal import refused
from .test_custom_key_stores import CLUSTER, HSM, XKS

ORIGINS = {"AWS_CLOUDHSM": HSM, "EXTERNAL_KEY_STORE": XKS}
NULL = "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
# From AWS's page on troubleshooting external key stores, and that on CloudHSM key stores
REJECTED = "The external key store proxy rejected the request because "
TIMED_OUT = (
    "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If"
    " you see this error repeatedly, report it to your external key store proxy administrator."
)
NOT_AUTHENTICATED = (
    REJECTED
    + "it could not authenticate AWS KMS. Verify the credentials for your external key store and update if necessary."
)
NO_CLUSTER = (
    "KMS cannot communicate with your CloudHSM cluster. This might be a transient network issue. If you see this error"
    " repeatedly, verify that the Network ACLs and the security group rules for the VPC of your AWS CloudHSM cluster"
    " are correct."
)
USED_FOR = "The key use of specified external key is"
BOTH = {"ENCRYPT", "DECRYPT"}
NOT_FOUND = REJECTED + "it could not find the external key."
CORRUPTED = (
    REJECTED + "the specified ciphertext or additional authenticated data is corrupted, missing, or otherwise invalid."
)


UNREACHABLE = "AWS KMS cannot communicate with the external key store proxy. "
#: ConnectionErrorCode -> what AWS's page on external key stores has for it in cryptographic operations.
OF_PROXIES = {
    "INVALID_CREDENTIALS": NOT_AUTHENTICATED,
    "NETWORK_ERRORS": UNREACHABLE
    + "This might be a transient network issue. If you see this error repeatedly, verify that your external key"
    " store proxy is active and is connected to the network, and that its endpoint URI is correct in your external key"
    " store.",
    "XKS_PROXY_ACCESS_DENIED": "The external key store proxy denied access to the operation. Verify that the user and"
    " the external key are both authorized for this operation, and try the request again.",
    "XKS_PROXY_INVALID_CONFIGURATION": REJECTED
    + "of an invalid URI path. Verify the URI path for your external key store and update if necessary.",
    "XKS_PROXY_INVALID_RESPONSE": "AWS KMS cannot interpret the response from the external key store proxy. If you see"
    " this error repeatedly, consult your external key store proxy administrator.",
    "XKS_PROXY_INVALID_TLS_CONFIGURATION": "AWS KMS cannot establish a TLS connection to the external key store proxy."
    " Verify the TLS configuration, including its certificate.",
    "XKS_PROXY_NOT_REACHABLE": UNREACHABLE
    + "Verify that your external key store proxy is active and is connected to the network, and that its URI path and"
    " endpoint URI or VPC service name are correct in your external key store.",
    "XKS_PROXY_TIMED_OUT": TIMED_OUT,
}
OF_CLUSTERS = {
    "NETWORK_ERRORS": NO_CLUSTER,
    "USER_LOCKED_OUT": "KMS cannot communicate with your AWS CloudHSM cluster because the kmsuser is locked out. If you"
    " see this error repeatedly, disconnect the AWS CloudHSM key store and reset the kmsuser account password. Update"
    " the kmsuser password for the custom key store and try the request again.",
}


class InStore:
    """A connected custom key store with one KMS key in it."""

    def __init__(self, kms, mock, origin: str) -> None:
        self.kms, self.origin = kms, origin
        self.id = kms.create_custom_key_store(**ORIGINS[origin])["CustomKeyStoreId"]
        kms.connect_custom_key_store(CustomKeyStoreId=self.id)
        self.metadata = kms.create_key(**self.request())["KeyMetadata"]
        self.key_id, self.arn = self.metadata["KeyId"], self.metadata["Arn"]
        self.store = mock.custom_key_store(self.id)

    def request(self, xks_key_id: str = "key-1") -> dict[str, str]:
        """What CreateKey takes for a KMS key in it."""
        external = {"XksKeyId": xks_key_id} if self.origin == "EXTERNAL_KEY_STORE" else {}
        return {"Origin": self.origin, "CustomKeyStoreId": self.id, **external}

    def connect(self, *, on: bool) -> None:
        """Connect or disconnect it."""
        call = self.kms.connect_custom_key_store if on else self.kms.disconnect_custom_key_store
        call(CustomKeyStoreId=self.id)

    @property
    def state(self) -> str:
        """The key state."""
        state: str = self.kms.describe_key(KeyId=self.key_id)["KeyMetadata"]["KeyState"]
        return state

    def encrypt(self) -> bytes:
        """A ciphertext."""
        blob: bytes = self.kms.encrypt(KeyId=self.key_id, Plaintext=b"x")["CiphertextBlob"]
        return blob

    def uses(self, blob: bytes) -> dict[str, dict[str, object]]:
        """A request of every cryptographic operation that KMS keys in custom key stores are for."""
        return {
            "Encrypt": {"KeyId": self.key_id, "Plaintext": b"x"},
            "Decrypt": {"CiphertextBlob": blob},
            "GenerateDataKey": {"KeyId": self.key_id, "KeySpec": "AES_256"},
            "GenerateDataKeyWithoutPlaintext": {"KeyId": self.key_id, "NumberOfBytes": 8},
            "ReEncrypt": {"CiphertextBlob": blob, "DestinationKeyId": self.key_id},
        }


@pytest.fixture(params=ORIGINS)
def kept(kms, kms_import_mock, request):
    """A KMS key in a CloudHSM key store, and one in an external one."""
    return InStore(kms, kms_import_mock, request.param)


@pytest.fixture
def external(kms, kms_import_mock):
    """A KMS key in an external key store."""
    return InStore(kms, kms_import_mock, "EXTERNAL_KEY_STORE")


# CreateKey


def test_its_metadata(kept):
    """Where its key material is, as in AWS's examples; it has no key material ID, for it does not rotate."""
    of = {
        "AWS_CLOUDHSM": {"CloudHsmClusterId": CLUSTER},
        "EXTERNAL_KEY_STORE": {"XksKeyConfiguration": {"Id": "key-1"}},
    }[kept.origin]
    assert {**kept.metadata, "Origin": kept.origin, "CustomKeyStoreId": kept.id, **of} == kept.metadata
    others = {"CloudHsmClusterId", "XksKeyConfiguration", "CurrentKeyMaterialId"} - set(of)
    assert not others & set(kept.metadata)
    assert (kept.metadata["KeyState"], kept.metadata["KeyManager"], kept.metadata["MultiRegion"]) == (
        "Enabled", "CUSTOMER", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
        ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "UnsupportedOperationException"),
        ({"MultiRegion": True}, "UnsupportedOperationException"),
        ({"Origin": "AWS_KMS"}, "ValidationException"),
        ({"Origin": "EXTERNAL"}, "ValidationException"),
    ],
)
def test_what_cannot_be_in_a_custom_key_store(kms, kept, members, code):
    """Only symmetric encryption keys of one Region whose origin is the custom key store."""
    with pytest.raises(kms.exceptions.ClientError, match=code):
        kms.create_key(**{**kept.request("key-2"), **members})
    assert len(kms.list_keys()["Keys"]) == 1


def test_the_origin_says_which_type_of_key_store(kms, kept):
    """And each type has an origin of its own."""
    (other,) = ORIGINS.keys() - {kept.origin}
    external = {"XksKeyId": "key-2"} if other == "EXTERNAL_KEY_STORE" else {}
    text = f"Origin {other} cannot be specified for a custom key store with a CustomKeyStoreType of {kept.origin}."
    with refused("ValidationException", text):
        kms.create_key(Origin=other, CustomKeyStoreId=kept.id, **external)


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_custom_key_store_has_to_be_named(kms, origin):
    """With these origins."""
    external = {"XksKeyId": "key-1"} if origin == "EXTERNAL_KEY_STORE" else {}
    with refused("ValidationException", NULL.format(member="customKeyStoreId")):
        kms.create_key(Origin=origin, **external)


def test_an_external_key_has_to_be_named(kms, external):
    """In an external key store, and each is good for one KMS key there."""
    with refused("ValidationException", NULL.format(member="xksKeyId")):
        kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=external.id)
    text = "External key key-1 is already associated with another KMS key in this external key store."
    with refused("XksKeyAlreadyInUseException", text):
        kms.create_key(**external.request("key-1"))
    kms.create_key(**external.request("key-2"))


@pytest.mark.parametrize("origin", ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM"])
def test_an_external_key_is_for_an_external_key_store(kms, origin):
    """XksKeyId goes with one origin."""
    text = "XksKeyId can be specified only for KMS keys with an Origin of EXTERNAL_KEY_STORE."
    with refused("ValidationException", text):
        kms.create_key(Origin=origin, XksKeyId="key-1")


# Using it


def test_it_encrypts_and_decrypts(kms, kept):
    """For real, also to and from other KMS keys."""
    blob = kept.encrypt()
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    elsewhere = kms.create_key()["KeyMetadata"]["KeyId"]
    moved = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=elsewhere)["CiphertextBlob"]
    back = kms.re_encrypt(CiphertextBlob=moved, DestinationKeyId=kept.key_id)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=back, KeyId=kept.arn)["Plaintext"] == b"x"
    data_key = kms.generate_data_key(KeyId=kept.key_id, KeySpec="AES_256")
    opened = kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])
    assert opened["Plaintext"] == data_key["Plaintext"]
    assert opened["KeyMaterialId"] == data_key["KeyMaterialId"]


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DeleteImportedKeyMaterial", {}),
        ("DisableKeyRotation", {}),
        ("EnableKeyRotation", {}),
        ("GenerateDataKeyPair", {"KeyPairSpec": "ECC_NIST_P256"}),
        ("GenerateDataKeyPairWithoutPlaintext", {"KeyPairSpec": "ECC_NIST_P256"}),
        ("GetKeyRotationStatus", {}),
        ("GetParametersForImport", WRAPPING),
        ("ImportKeyMaterial", {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"}),
        ("ListKeyRotations", {}),
        ("RotateKeyOnDemand", {}),
    ],
)
@pytest.mark.parametrize("connected", [True, False])
def test_what_it_is_not_for(kms, kept, operation, members, connected):
    """It neither rotates nor is imported, and gives no data key pairs; so says the key-state table."""
    if operation not in OPERATION_NAMES:
        pytest.skip("newer than this botocore")
    kept.connect(on=connected)
    text = f"{kept.arn} origin is {kept.origin} which is not valid for this operation."
    if operation == "DeleteImportedKeyMaterial" and not connected:  # "N/A" on AWS's page
        return
    with refused("UnsupportedOperationException", text):
        kms._make_api_call(operation, {"KeyId": kept.key_id, **members})


# Unavailable


def test_it_is_unavailable_while_the_key_store_is_not_connected(kms, kms_import_mock, kept):
    """It can be managed, and not used; connected again, it is what it was."""
    blob = kept.encrypt()
    kept.connect(on=False)
    assert kept.state == "Unavailable"
    assert not kms.describe_key(KeyId=kept.key_id)["KeyMetadata"]["Enabled"]
    for operation, members in kept.uses(blob).items():
        with refused("KMSInvalidStateException", f"{kept.arn} is unavailable."):
            kms._make_api_call(operation, members)
        assert "is DISCONNECTED. Connect it with ConnectCustomKeyStore." in kms_import_mock.calls[-1].diagnosis
    kms.tag_resource(KeyId=kept.key_id, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.create_alias(AliasName="alias/x", TargetKeyId=kept.key_id)
    kept.connect(on=True)
    assert kept.state == "Enabled"
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_enabling_and_disabling_wait(kms, kept):
    """They succeed while it is unavailable, and count when it is available."""
    kept.connect(on=False)
    kms.disable_key(KeyId=kept.key_id)
    assert kept.state == "Unavailable"
    kept.connect(on=True)
    assert kept.state == "Disabled"
    kept.connect(on=False)
    kms.enable_key(KeyId=kept.key_id)
    kept.connect(on=True)
    assert kept.state == "Enabled"


def test_a_deletion_is_seen_all_the_same(kms, kept):
    """Pending deletion stays what it is, and can be called off while the key store is disconnected."""
    kms.schedule_key_deletion(KeyId=kept.key_id)
    kept.connect(on=False)
    assert kept.state == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=kept.key_id)
    assert kept.state == "Unavailable"
    kept.connect(on=True)
    assert kept.state == "Disabled"


@pytest.mark.kms_import(background_seconds=60)
def test_it_becomes_available_as_time_passes(kms, kms_import_mock):
    """While the key store is connecting, it is not yet."""
    store_id = kms.create_custom_key_store(**HSM)["CustomKeyStoreId"]
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    kms_import_mock.clock.advance(minutes=1)
    key_id = kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store_id)["KeyMetadata"]["KeyId"]
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    states = [kms_import_mock.key(key_id).state]
    kms_import_mock.clock.advance(minutes=1)
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    states.append(kms_import_mock.key(key_id).state)
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.encrypt(KeyId=key_id, Plaintext=b"x")
    assert "move it with mock.clock.advance()" in kms_import_mock.calls[-1].diagnosis
    kms_import_mock.clock.advance(minutes=1)
    states.append(kms_import_mock.key(key_id).state)
    assert states == ["Unavailable", "Unavailable", "Enabled"]


# What its other side answers


@pytest.mark.parametrize(
    ("origin", "code", "text"),
    [
        *(("EXTERNAL_KEY_STORE", code, text) for code, text in OF_PROXIES.items()),
        *(("AWS_CLOUDHSM", code, text) for code, text in OF_CLUSTERS.items()),
    ],
)
def test_the_other_side_fails(kms, kms_import_mock, origin, code, text):
    """The key store stays connected and the KMS key Enabled, as at AWS; AWS's text says what is wrong."""
    kept = InStore(kms, kms_import_mock, origin)
    blob = kept.encrypt()
    kept.store.fail(code)
    for operation, members in kept.uses(blob).items():
        with refused("KMSInvalidStateException", text):
            kms._make_api_call(operation, members)
        assert f"fail with {code}" in kms_import_mock.calls[-1].diagnosis
    with refused("CustomKeyStoreInvalidStateException", text):
        kms.create_key(**kept.request("key-2"))
    assert (kept.state, kept.store.connection_state) == ("Enabled", "CONNECTED")
    kept.store.recover()
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_random_bytes_of_a_cluster(kms, kms_import_mock):
    """Those of a CloudHSM key store, while it answers; external ones have none."""
    kept = InStore(kms, kms_import_mock, "AWS_CLOUDHSM")
    assert len(kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=kept.id)["Plaintext"]) == 8
    kept.store.fail("USER_LOCKED_OUT")
    with pytest.raises(kms.exceptions.CustomKeyStoreInvalidStateException, match="the kmsuser is locked out"):
        kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=kept.id)
    external = InStore(kms, kms_import_mock, "EXTERNAL_KEY_STORE")
    with refused("UnsupportedOperationException", "GenerateRandom is not supported in external key stores."):
        kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=external.id)


@pytest.mark.parametrize(
    ("said", "code", "text"),
    [
        ({"status": "DISABLED"}, "XksKeyInvalidConfigurationException",
         "The status of the external key must be ENABLED. The status of specified external key is DISABLED."),
        ({"key_spec": "AES_128"}, "XksKeyInvalidConfigurationException",
         "The key spec of the external key must be AES_256. The key spec of specified external key is AES_128."),
        ({"key_usage": ["ENCRYPT"]}, "XksKeyInvalidConfigurationException",
         f"The key usage of the external key must include ENCRYPT and DECRYPT. {USED_FOR} ENCRYPT."),
        (None, "XksKeyNotFoundException", NOT_FOUND),
    ],
    ids=["disabled", "of another spec", "for another use", "lost"],
)  # fmt: skip
def test_an_external_key_that_is_not_as_it_should(kms, kms_import_mock, external, said, code, text):
    """CreateKey is refused with what the proxy tells of it, until it is as it should."""
    if said is None:
        external.store.lose_external_key("key-2")
    else:
        external.store.set_external_key("key-2", **said)
    with refused(code, text):
        kms.create_key(**external.request("key-2"))
    assert "set_external_key('key-2')" in kms_import_mock.calls[-1].diagnosis
    assert len(kms.list_keys()["Keys"]) == 1
    external.store.set_external_key("key-2")
    kms.create_key(**external.request("key-2"))


@pytest.mark.parametrize(
    ("said", "text", "refuses"),
    [
        (
            {"status": "DISABLED"},
            "the external key is not enabled in the external key manager.",
            BOTH,
        ),
        ({"key_spec": "AES_128"}, "the external key does not support the requested operation.", BOTH),
        ({"key_usage": ["ENCRYPT"]}, "the external key does not support the requested operation.", {"DECRYPT"}),
        ({"key_usage": ["DECRYPT"]}, "the external key does not support the requested operation.", {"ENCRYPT"}),
        (None, "it could not find the external key.", BOTH),
    ],
    ids=["disabled", "of another spec", "encrypts alone", "decrypts alone", "lost"],
)
def test_an_external_key_that_changes(kms, kms_import_mock, external, said, text, refuses):
    """What needs it gets KMSInvalidStateException with AWS's text; the KMS key stays Enabled."""
    blob = external.encrypt()
    if said is None:
        external.store.lose_external_key("key-1")
    else:
        external.store.set_external_key("key-1", **said)
    for use, call in {
        "ENCRYPT": lambda: kms.encrypt(KeyId=external.key_id, Plaintext=b"x"),
        "DECRYPT": lambda: kms.decrypt(CiphertextBlob=blob),
    }.items():
        if use not in refuses:
            call()
            continue
        with refused("KMSInvalidStateException", REJECTED + text):
            call()
        assert "set_external_key('key-1')" in kms_import_mock.calls[-1].diagnosis
    assert external.state == "Enabled"


def test_a_ciphertext_that_does_not_open(kms, kms_import_mock, external):
    """In an external key store the proxy refuses it, with another error than that of AWS KMS itself."""
    with refused("KMSInvalidStateException", CORRUPTED):
        kms.decrypt(CiphertextBlob=external.encrypt(), EncryptionContext={"a": "b"})
    assert "encryption context" in kms_import_mock.calls[-1].diagnosis
    hsm = InStore(kms, kms_import_mock, "AWS_CLOUDHSM")
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=hsm.encrypt(), EncryptionContext={"a": "b"})


# mock.custom_key_store


def test_a_view_of_a_custom_key_store(kms, kms_import_mock, external):
    """By its name or its ID, in whatever account and Region it is."""
    store = kms_import_mock.custom_key_store("xks")
    assert (store.id, store.name, store.type) == (external.id, "xks", "EXTERNAL_KEY_STORE")
    assert (store.connection_state, store.connection_error_code) == ("CONNECTED", None)
    kms.update_custom_key_store(CustomKeyStoreId=store.id, NewCustomKeyStoreName="other")
    assert store.name == "other"
    away = kms_import_mock.client("eu-west-1", account="111122223333")
    store_id = away.create_custom_key_store(**HSM)["CustomKeyStoreId"]
    assert kms_import_mock.custom_key_store("hsm", region_name="eu-west-1", account="111122223333").id == store_id
    calls = len(kms_import_mock.calls)
    store.recover()
    assert len(kms_import_mock.calls) == calls


def test_a_view_of_what_is_not_there(kms, kms_import_mock):
    """Never was, or is no more."""
    with pytest.raises(LookupError, match="no custom key store 'xks' in us-east-1 of account 123456789012; make it"):
        kms_import_mock.custom_key_store("xks")
    store_id = kms.create_custom_key_store(**XKS)["CustomKeyStoreId"]
    store = kms_import_mock.custom_key_store("xks")
    kms.delete_custom_key_store(CustomKeyStoreId=store_id)
    with pytest.raises(LookupError, match=f"no custom key store {store_id} any more"):
        store.fail("XKS_PROXY_TIMED_OUT")


@pytest.mark.parametrize(
    ("misuse", "error", "said"),
    [
        (lambda store: store.fail("XKS_PROXY_TIMEDOUT"), ValueError, "Did you mean XKS_PROXY_TIMED_OUT"),
        (lambda store: store.fail("USER_LOCKED_OUT"), ValueError, "type EXTERNAL_KEY_STORE has no 'USER_LOCKED_OUT'"),
        (lambda store: store.connecting_takes(minutes=-1), ValueError, "Connecting takes no time or some"),
        (
            lambda store: store.set_external_key("a", key_usage="SIGN"),
            TypeError,
            r"write a list, such as \['SIGN'\]",
        ),
    ],
)
def test_misuse(kms_import_mock, external, misuse, error, said):
    """It is said what to write, and nothing has changed."""
    with pytest.raises(error, match=said):
        misuse(kms_import_mock.custom_key_store("xks"))
    external.connect(on=False)
    external.connect(on=True)
    assert external.state == "Enabled"


def test_a_cluster_has_no_external_keys(kms, kms_import_mock):
    """Nor can it lose one."""
    store = InStore(kms, kms_import_mock, "AWS_CLOUDHSM").store
    for call in (store.set_external_key, store.lose_external_key):
        with pytest.raises(ValueError, match="is a CloudHSM key store: external keys are behind external key stores"):
            call("key-1")


def test_every_code_of_the_model_is_known(kms):
    """Each ConnectionErrorCode is one that some type of custom key store can fail with."""
    shape = kms.meta.service_model.shape_for("ConnectionErrorCodeType")
    assert {code for codes in FAILURES.values() for code in codes} == set(shape.enum)


# Files and snapshots


def test_all_of_it_is_saved(kms, kms_import_mock, kept, tmp_path):
    """The key store, its connection, what the test has said of it, and the KMS keys that are in it."""
    blob = kept.encrypt()
    kept.store.fail("INTERNAL_ERROR")
    kms_import_mock.save(tmp_path / "state")
    with mock_kms_import() as other:
        other.load(tmp_path / "state")
        there = other.client()
        both = [client.describe_custom_key_stores()["CustomKeyStores"] for client in (kms, there)]
        assert both[0] == both[1]
        with pytest.raises(there.exceptions.KMSInvalidStateException):
            there.decrypt(CiphertextBlob=blob)
        other.custom_key_store(kept.id).recover()
        assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        there.disconnect_custom_key_store(CustomKeyStoreId=kept.id)
        assert other.key(kept.key_id).state == "Unavailable"


def test_a_snapshot_is_its_own(kms, kms_import_mock, kept):
    """What happens to the key store afterwards does not happen to its copy."""
    before = kms_import_mock.snapshot()
    if kept.origin == "EXTERNAL_KEY_STORE":
        kept.store.lose_external_key("key-1")
    kept.connect(on=False)
    kms_import_mock.restore(before)
    assert kept.state == "Enabled"
    kept.encrypt()
    kept.connect(on=False)
    assert kept.state == "Unavailable"


def test_a_damaged_file_is_refused(kms_import_mock, kept):
    """A KMS key of a custom key store that is not there."""
    plain = kms_import_mock._engine.save()
    plain["regions"][0]["key_stores"] = []
    with pytest.raises(ValueError, match="there is no custom key store"):
        kms_import_mock._engine.load(plain)
    assert kept.state == "Enabled"

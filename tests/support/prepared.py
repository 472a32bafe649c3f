"""For every operation a request that succeeds, and for those about a KMS key the key that it works on."""

from __future__ import annotations

from pytest_kmsimport import wrap_key_material
from pytest_kmsimport.engine.operations import OPERATIONS
from pytest_kmsimport.engine.policies import default_policy

from .installed import CAN_ENCAPSULATE, OPERATION_NAMES

#: Operation -> the KeySpec and KeyUsage that it is for; symmetric encryption keys for all others.
KINDS = {
    "Decapsulate": ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
    "DeriveSharedSecret": ("ECC_NIST_P256", "KEY_AGREEMENT"),
    "Encapsulate": ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
    "GenerateMac": ("HMAC_256", "GENERATE_VERIFY_MAC"),
    "GetPublicKey": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "Sign": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "Verify": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "VerifyMac": ("HMAC_256", "GENERATE_VERIFY_MAC"),
}
#: What KeyId is called where the operation has another word for it.
OTHER_NAMES = {"CreateAlias": "TargetKeyId", "ReEncrypt": "DestinationKeyId", "UpdateAlias": "TargetKeyId"}
MULTI_REGION = {"ReplicateKey", "UpdatePrimaryRegion"}
MATERIAL = b"\1" * 32
POLICY = default_policy("123456789012", "us-east-1")
GRANT = {"GranteePrincipal": "arn:aws:iam::123456789012:root", "Operations": ["DescribeKey"]}
SIGNING = {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
MAC = {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
ML_KEM = {"EncapsulationAlgorithm": "ML_KEM"}
#: Operation -> what its request has beside KeyId.
READY = {
    "CreateAlias": {"AliasName": "alias/x"},
    "CreateGrant": GRANT,
    "Encapsulate": ML_KEM,
    "Encrypt": {"Plaintext": b"x"},
    "GenerateDataKey": {"KeySpec": "AES_256"},
    "GenerateDataKeyPair": {"KeyPairSpec": "ECC_NIST_P256"},
    "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "ECC_NIST_P256"},
    "GenerateDataKeyWithoutPlaintext": {"KeySpec": "AES_256"},
    "GenerateMac": MAC,
    "GetParametersForImport": WRAPPING,
    "PutKeyPolicy": {"Policy": POLICY},
    "ReplicateKey": {"ReplicaRegion": "eu-west-1"},
    "Sign": SIGNING,
    "TagResource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
    "UntagResource": {"TagKeys": ["a"]},
    "UpdateKeyDescription": {"Description": "x"},
}

#: Operations that imported keys do not take.
OF_AWS_KMS = {"Decapsulate", "Encapsulate", "DisableKeyRotation", "EnableKeyRotation"}
#: A CloudHSM key store, and the operations on one that is there -> what a request has beside its ID.
KEY_STORE = {
    "CustomKeyStoreName": "hsm",
    "CloudHsmClusterId": "cluster-2345abcdefg",
    "TrustAnchorCertificate": "certificate",
    "KeyStorePassword": "kmsPswd",
}
ON_KEY_STORES: dict[str, dict[str, str]] = {
    "ConnectCustomKeyStore": {},
    "DeleteCustomKeyStore": {},
    "DisconnectCustomKeyStore": {},
    "UpdateCustomKeyStore": {"NewCustomKeyStoreName": "other"},
}
#: Operations about no KMS key -> a request that succeeds.
KEYLESS = {
    "CreateCustomKeyStore": KEY_STORE,
    "CreateKey": {"Origin": "EXTERNAL"},
    "DeleteAlias": {"AliasName": "alias/x"},
    "DescribeCustomKeyStores": {},
    "GenerateRandom": {"NumberOfBytes": 8},
    "ListKeys": {},
    "ListRetirableGrants": {"RetiringPrincipal": "arn:aws:iam::123456789012:root"},
}
#: The operations that a client can ask for here.
OFFERED = sorted(
    name
    for name in OPERATIONS
    if name in OPERATION_NAMES and (CAN_ENCAPSULATE or name not in {"Decapsulate", "Encapsulate"})
)


class Prepared:
    """A KMS key in a state, and a request of an operation that only this state can spoil."""

    def __init__(self, kms, mock, origin: str, operation: str) -> None:
        self.kms, self.mock, self.origin = kms, mock, origin
        spec, usage = KINDS.get(operation, ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"))
        multi = {"MultiRegion": operation in MULTI_REGION}
        if origin == "EXTERNAL":
            material = bytes(32) if spec == "HMAC_256" else MATERIAL if spec == "SYMMETRIC_DEFAULT" else None
            self.key_id = mock.import_key(material, spec, KeyUsage=usage, **multi).id
        else:
            self.key_id = kms.create_key(KeySpec=spec, KeyUsage=usage, **multi)["KeyMetadata"]["KeyId"]
        self.arn = mock.key(self.key_id).arn
        if (operation, origin) == ("RotateKeyOnDemand", "EXTERNAL"):
            kms.import_key_material(KeyId=self.key_id, **self.members("ImportKeyMaterial"))
        self.request = {"KeyId": self.key_id, **self.members(operation)}
        if operation == "RetireGrant":
            self.request["KeyId"] = self.arn
        if operation in OTHER_NAMES:
            self.request[OTHER_NAMES[operation]] = self.request.pop("KeyId")

    def members(self, operation: str) -> dict[str, object]:
        """What an operation's request has beside KeyId, made while the key is still Enabled."""
        if operation in READY:
            return READY[operation]
        make = {
            "Decapsulate": self.encapsulated,
            "Decrypt": self.encrypted,
            "DeriveSharedSecret": lambda: {"KeyAgreementAlgorithm": "ECDH", "PublicKey": self.public_key()},
            "ImportKeyMaterial": self.new_material,
            "ReEncrypt": self.encrypted,
            "RetireGrant": self.grant,
            "RevokeGrant": self.grant,
            "UpdateAlias": self.alias_of_another_key,
            "UpdatePrimaryRegion": self.replica,
            "Verify": lambda: {**SIGNING, "Signature": self.kms.sign(KeyId=self.key_id, **SIGNING)["Signature"]},
            "VerifyMac": lambda: {**MAC, "Mac": self.kms.generate_mac(KeyId=self.key_id, **MAC)["Mac"]},
        }
        return make.get(operation, dict)()

    def encapsulated(self) -> dict[str, object]:
        """A shared secret."""
        answer = self.kms.encapsulate(KeyId=self.key_id, **ML_KEM)
        return {**ML_KEM, "SharedSecretCiphertextBlob": answer["SharedSecretCiphertextBlob"]}

    def encrypted(self) -> dict[str, object]:
        """A ciphertext."""
        return {"CiphertextBlob": self.kms.encrypt(KeyId=self.key_id, Plaintext=b"x")["CiphertextBlob"]}

    def public_key(self) -> bytes:
        """A public key to agree with."""
        der: bytes = self.kms.get_public_key(KeyId=self.key_id)["PublicKey"]
        return der

    def grant(self) -> dict[str, object]:
        """A grant to end."""
        return {"GrantId": self.kms.create_grant(KeyId=self.key_id, **GRANT)["GrantId"]}

    def alias_of_another_key(self) -> dict[str, object]:
        """An alias to move to this key."""
        self.kms.create_alias(AliasName="alias/x", TargetKeyId=self.kms.create_key()["KeyMetadata"]["KeyId"])
        return {"AliasName": "alias/x"}

    def replica(self) -> dict[str, object]:
        """A replica key that works, in the Region that is to be the primary one."""
        self.kms.replicate_key(KeyId=self.key_id, ReplicaRegion="eu-west-1")
        if self.origin == "EXTERNAL":
            self.mock.import_key(MATERIAL, key_id=self.key_id, region_name="eu-west-1")
        return {"PrimaryRegion": "eu-west-1"}

    def new_material(self) -> dict[str, object]:
        """A re-import of other bytes as new material, which waits for a rotation."""
        if self.kms.describe_key(KeyId=self.key_id)["KeyMetadata"]["Origin"] != "EXTERNAL":
            return {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"}
        parameters = self.kms.get_parameters_for_import(KeyId=self.key_id, **WRAPPING)
        blob = wrap_key_material(parameters["PublicKey"], bytes(32), "RSAES_OAEP_SHA_256")
        return {
            "ImportToken": parameters["ImportToken"],
            "EncryptedKeyMaterial": blob,
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
            "ImportType": "NEW_KEY_MATERIAL",
        }

    def bring_to(self, state: str) -> None:
        """Put the key into a state by the operations that do so."""
        steps = {
            "Disabled": self.kms.disable_key,
            "PendingDeletion": self.kms.schedule_key_deletion,
            "PendingImport": self.kms.delete_imported_key_material,
        }
        if state in steps:
            steps[state](KeyId=self.key_id)
        assert self.state in {state, state.replace("Pending", "PendingReplica")}

    @property
    def state(self) -> str:
        """The key's state, as DescribeKey tells it."""
        state: str = self.kms.describe_key(KeyId=self.key_id)["KeyMetadata"]["KeyState"]
        return state


def prepare(kms, mock, operation: str) -> dict[str, object]:
    """A request that succeeds."""
    if operation == "ImportKeyMaterial":
        return first_import(kms)
    if operation in ON_KEY_STORES:
        store = {"CustomKeyStoreId": kms.create_custom_key_store(**KEY_STORE)["CustomKeyStoreId"]}
        if operation == "DisconnectCustomKeyStore":
            kms.connect_custom_key_store(**store)
        return {**store, **ON_KEY_STORES[operation]}
    if operation in KEYLESS:
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)
        return KEYLESS[operation]
    key = Prepared(kms, mock, "AWS_KMS" if operation in OF_AWS_KMS else "EXTERNAL", operation)
    if operation == "CancelKeyDeletion":
        key.bring_to("PendingDeletion")
    return key.request


def first_import(kms) -> dict[str, object]:
    """Key material for a KMS key that has none."""
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    parameters = kms.get_parameters_for_import(KeyId=key_id, **WRAPPING)
    return {
        "KeyId": key_id,
        "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": wrap_key_material(parameters["PublicKey"], bytes(32), "RSAES_OAEP_SHA_256"),
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }

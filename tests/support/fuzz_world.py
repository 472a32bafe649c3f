"""A mock with something of everything in it, a good request for every operation, and a fingerprint of its state."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from itertools import chain
from typing import Any

from pytest_kmsimport import wrap_key_material
from pytest_kmsimport.engine.index import Index
from pytest_kmsimport.engine.policies import default_policy
from pytest_kmsimport.engine.store import Store
from pytest_kmsimport.engine.timers import apply_time

from .installed import CAN_ENCAPSULATE, CAN_SIGN_ML_DSA, OPERATION_NAMES, has_member
from .mangling import HOME, OTHER_ACCOUNT, Request

AWAY = "eu-west-1"
OAEP = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
NEVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
ALICE, SESSION = f"arn:aws:iam::{HOME}:role/alice", f"arn:aws:sts::{HOME}:assumed-role/R/session"
CONTEXT = {"EncryptionContext": {"department": "IT", "é": "\u2603"}}
SIGN, ENCRYPT, MAC, AGREE = "SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"
#: What a KMS key is called below -> its KeySpec and KeyUsage.
KINDS = {
    "symmetric": ("SYMMETRIC_DEFAULT", ENCRYPT),
    "hmac": ("HMAC_256", MAC),
    "rsa": ("RSA_2048", SIGN),
    "sealing": ("RSA_2048", ENCRYPT),
    "ecc": ("ECC_NIST_P256", SIGN),
    "agreeing": ("ECC_NIST_P384", AGREE),
    "other": ("ECC_NIST_P384", AGREE),
    **({"ml_dsa": ("ML_DSA_44", SIGN)} if CAN_SIGN_ML_DSA else {}),
    **({"ml_kem": ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE")} if CAN_ENCAPSULATE else {}),
}


CLUSTER, EXTERNAL = "cluster-2345abcdefg", "EXTERNAL_KEY_STORE"
_HSM = {"TrustAnchorCertificate": "certificate", "KeyStorePassword": "kmsPswd"}
KEY_STORES: list[dict[str, Any]] = [
    {"CustomKeyStoreName": "hsm", "CloudHsmClusterId": CLUSTER, **_HSM},
    {
        "CustomKeyStoreName": "xks",
        "CustomKeyStoreType": EXTERNAL,
        "XksProxyConnectivity": "PUBLIC_ENDPOINT",
        "XksProxyUriEndpoint": "https://proxy.example.com",
        "XksProxyUriPath": "/kms/xks/v1",
        "XksProxyAuthenticationCredential": {"AccessKeyId": "A" * 20, "RawSecretAccessKey": "b" * 43},
    },
    {"CustomKeyStoreName": "idle", "CloudHsmClusterId": CLUSTER + "2", **_HSM},
]


class World:
    """KMS keys of every kind and in every state, with aliases, tags, grants, import tokens and what was made with them.

    ``corpus`` are requests that succeed.
    """

    def __init__(self, mock: Any) -> None:
        self.mock, self.kms = mock, mock.client("us-east-1", HOME)
        self.is_current = mock._options.service == "current"
        kinds = {name: kind for name, kind in KINDS.items() if self.is_current or not name.startswith("ml_")}
        self.ids = {name: self._made(KeySpec=spec, KeyUsage=usage) for name, (spec, usage) in kinds.items()}
        self.ids |= {name: self._made() for name in ("disabled", "deleting", "rotating")}
        self.ids |= {"imported": self._imported(), "second": self._imported(), "waiting": self._made(Origin="EXTERNAL")}
        self.ids["imported_ecc"] = self.ids["imported"]
        if self.is_current:
            self.ids["imported_ecc"] = mock.import_key(key_spec="ECC_NIST_P256", KeyUsage=SIGN).id
        self.ids["multi"] = self._made(MultiRegion=True)
        self.ids["multi_imported"] = mock.import_key(MultiRegion=True).id
        self.ids["theirs"] = mock.import_key(account=OTHER_ACCOUNT).arn
        self._keep()
        self._live()
        self.corpus = list(self._requests())

    def _made(self, **members: object) -> str:
        key_id: str = self.kms.create_key(**members)["KeyMetadata"]["KeyId"]
        return key_id

    def _imported(self) -> str:
        key_id: str = self.mock.import_key(bytes(32), ValidTo=self.mock.clock.now() + timedelta(days=2)).id
        return key_id

    def _keep(self) -> None:
        """Have custom key stores of both types with a KMS key in each, and one that is not connected; and S3's key."""
        self.stores = [self.kms.create_custom_key_store(**members)["CustomKeyStoreId"] for members in KEY_STORES]
        for store_id in self.stores[:2]:
            self.kms.connect_custom_key_store(CustomKeyStoreId=store_id)
        self.mock.clock.advance(seconds=self.mock._options.background_seconds or 1)
        self.ids["in_hsm"] = self._made(Origin="AWS_CLOUDHSM", CustomKeyStoreId=self.stores[0])
        self.ids["in_xks"] = self._made(
            Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=self.stores[1], XksKeyId="external"
        )
        self.ids["s3"] = self.kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyId"]

    def _live(self) -> None:
        """Let the keys have a past."""
        kms, ids = self.kms, self.ids
        kms.disable_key(KeyId=ids["disabled"])
        kms.schedule_key_deletion(KeyId=ids["deleting"], PendingWindowInDays=7)
        kms.enable_key_rotation(KeyId=ids["rotating"])
        for name in ("multi", "multi_imported"):
            kms.replicate_key(KeyId=ids[name], ReplicaRegion=AWAY)
        for name in ("symmetric", "rsa", "imported"):
            kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=ids[name])
        kms.tag_resource(KeyId=ids["symmetric"], Tags=[{"TagKey": "a", "TagValue": "b"}])
        grant = {"GranteePrincipal": ALICE, "RetiringPrincipal": SESSION, "Operations": ["Decrypt", "DescribeKey"]}
        self.grant = kms.create_grant(KeyId=ids["symmetric"], Name="named", **grant)
        if self.is_current:
            kms.rotate_key_on_demand(KeyId=ids["rotating"])
            kms.import_key_material(**self.ceremony("second", os.urandom(32)), ImportType="NEW_KEY_MATERIAL")

    def ceremony(self, name: str, material: bytes) -> dict[str, Any]:
        """The members of a good import."""
        parameters = self.kms.get_parameters_for_import(KeyId=self.ids[name], **OAEP)
        blob = wrap_key_material(parameters["PublicKey"], material, OAEP["WrappingAlgorithm"])
        token = {"ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": blob}
        return {"KeyId": self.ids[name], **token, **NEVER}

    def _requests(self) -> Iterator[Request]:
        parts = (self._about_keys(), self._imports(), self._uses(), self._about_key_stores(), self._others())
        for operation, members in chain.from_iterable(parts):
            if operation in OPERATION_NAMES and all(has_member(operation, name) for name in members):
                yield Request(operation, members)
        yield Request("DescribeKey", {"KeyId": self.ids["multi"]}, region=AWAY)
        yield Request("Encrypt", {"KeyId": self.ids["theirs"], "Plaintext": b"x"})
        yield Request("DisableKey", {"KeyId": self.ids["theirs"]}, account=OTHER_ACCOUNT)

    def _about_keys(self) -> Iterator[tuple[str, dict[str, Any]]]:
        symmetric = {"KeyId": self.ids["symmetric"]}
        yield (
            "CreateKey",
            {"Description": "x", "Tags": [{"TagKey": "a", "TagValue": "b"}], "Policy": default_policy(HOME, "x")},
        )
        yield "CreateKey", {"KeySpec": "ECC_NIST_P256", "KeyUsage": SIGN, "Origin": "EXTERNAL", "MultiRegion": True}
        for operation in ("DescribeKey", "DisableKey", "ListKeyPolicies", "GetKeyLastUsage", "GetKeyRotationStatus"):
            yield operation, symmetric
        yield "EnableKey", {"KeyId": self.ids["disabled"]}
        yield "CancelKeyDeletion", {"KeyId": self.ids["deleting"]}
        yield "ScheduleKeyDeletion", {"KeyId": self.ids["second"], "PendingWindowInDays": 7}
        yield "GetKeyPolicy", {**symmetric, "PolicyName": "default"}
        yield "PutKeyPolicy", {**symmetric, "PolicyName": "default", "Policy": default_policy(HOME, "us-east-1")}
        yield "TagResource", {**symmetric, "Tags": [{"TagKey": "c", "TagValue": "d"}]}
        yield "UntagResource", {**symmetric, "TagKeys": ["a"]}
        yield "ListResourceTags", {**symmetric, "Limit": 5}
        yield "UpdateKeyDescription", {**symmetric, "Description": "y"}
        yield "EnableKeyRotation", {**symmetric, "RotationPeriodInDays": 100}
        yield "DisableKeyRotation", {"KeyId": self.ids["rotating"]}
        yield "RotateKeyOnDemand", {"KeyId": self.ids["second"]}
        yield "ListKeyRotations", {"KeyId": self.ids["rotating"], "IncludeKeyMaterial": "ALL_KEY_MATERIAL", "Limit": 1}
        yield "ReplicateKey", {"KeyId": self.ids["multi"], "ReplicaRegion": "us-west-2", "Description": "z", "Tags": []}
        yield "UpdatePrimaryRegion", {"KeyId": self.ids["multi"], "PrimaryRegion": AWAY}

    def _imports(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "GetParametersForImport", {"KeyId": self.ids["waiting"], **OAEP}
        yield "ImportKeyMaterial", self.ceremony("waiting", bytes(32))
        until = {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": self.mock.clock.now() + timedelta(days=1)}
        yield "ImportKeyMaterial", {**self.ceremony("imported", bytes(32)), **until}
        new = {"ImportType": "NEW_KEY_MATERIAL", "KeyMaterialDescription": "x"}
        yield "ImportKeyMaterial", {**self.ceremony("imported", bytes(range(32))), **new}
        named = {"KeyMaterialId": self.mock.key(self.ids["imported"]).current_material.id}
        yield "ImportKeyMaterial", {**self.ceremony("imported", bytes(32)), **named}
        yield "DeleteImportedKeyMaterial", {"KeyId": self.ids["imported"], **named}
        yield "DeleteImportedKeyMaterial", {"KeyId": self.ids["imported_ecc"]}

    def _uses(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """With everything that a use can have, and not a dry run."""
        kms, key, tokens = self.kms, {name: {"KeyId": key_id} for name, key_id in self.ids.items()}, self.tokens
        sealed = kms.encrypt(**key["symmetric"], Plaintext=b"secret", **CONTEXT)["CiphertextBlob"]
        yield "Encrypt", {"KeyId": "alias/symmetric", "Plaintext": b"secret", **CONTEXT, **tokens}
        yield "Decrypt", {"CiphertextBlob": sealed, **CONTEXT, **key["symmetric"], "DryRun": False}
        yield "Decrypt", {"CiphertextBlob": sealed, **CONTEXT}
        contexts = {"SourceEncryptionContext": CONTEXT["EncryptionContext"], "DestinationEncryptionContext": {"a": "b"}}
        yield "ReEncrypt", {"CiphertextBlob": sealed, "DestinationKeyId": self.ids["imported"], **contexts}
        for operation in ("GenerateDataKey", "GenerateDataKeyWithoutPlaintext"):
            yield operation, {**key["symmetric"], "KeySpec": "AES_256", **CONTEXT}
            yield operation, {**key["imported"], "NumberOfBytes": 64}
        for operation in ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"):
            yield operation, {**key["symmetric"], "KeyPairSpec": "ECC_NIST_P256", **CONTEXT}
        attested = {"Recipient": self.mock.attestation().recipient}
        yield "Decrypt", {"CiphertextBlob": sealed, **CONTEXT, **attested}
        yield "GenerateDataKeyPair", {**key["symmetric"], "KeyPairSpec": "ECC_NIST_P256", **attested}
        yield "GenerateRandom", {"NumberOfBytes": 16, **attested}
        oaep = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
        yield "Encrypt", {**key["sealing"], "Plaintext": b"x", **oaep}
        yield (
            "Decrypt",
            {
                **key["sealing"],
                **oaep,
                "CiphertextBlob": kms.encrypt(**key["sealing"], Plaintext=b"x", **oaep)["CiphertextBlob"],
            },
        )
        signing = {"rsa": "RSASSA_PSS_SHA_256", "ecc": "ECDSA_SHA_256", "ml_dsa": "ML_DSA_SHAKE_256"}
        for name, algorithm in signing.items():
            if name in key:
                signed = {**key[name], "Message": bytes(32), "MessageType": "RAW", "SigningAlgorithm": algorithm}
                yield "Sign", signed
                yield "Verify", {**signed, "Signature": kms.sign(**signed)["Signature"]}
                yield "GetPublicKey", key[name]
        mac = {**key["hmac"], "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
        yield "GenerateMac", mac
        yield "VerifyMac", {**mac, "Mac": kms.generate_mac(**mac)["Mac"]}
        peer = kms.get_public_key(**key["other"])["PublicKey"]
        yield "DeriveSharedSecret", {**key["agreeing"], "KeyAgreementAlgorithm": "ECDH", "PublicKey": peer}
        if "ml_kem" in key:
            kem = {**key["ml_kem"], "EncapsulationAlgorithm": "ML_KEM"}
            yield "Encapsulate", kem
            blob = kms.encapsulate(**kem)["SharedSecretCiphertextBlob"]
            yield "Decapsulate", {**kem, "SharedSecretCiphertextBlob": blob}

    @property
    def tokens(self) -> dict[str, list[str]]:
        """A good grant token."""
        return {"GrantTokens": [self.grant["GrantToken"]]}

    def _about_key_stores(self) -> Iterator[tuple[str, dict[str, Any]]]:
        hsm, xks, idle = ({"CustomKeyStoreId": store_id} for store_id in self.stores)
        yield "CreateCustomKeyStore", {**KEY_STORES[0], "CustomKeyStoreName": "c", "CloudHsmClusterId": CLUSTER + "3"}
        another = {"CustomKeyStoreName": "d", "XksProxyUriPath": "/d/kms/xks/v1", "CustomKeyStoreType": EXTERNAL}
        yield "CreateCustomKeyStore", {**KEY_STORES[1], **another}
        yield "DescribeCustomKeyStores", {"CustomKeyStoreName": "hsm", "Limit": 2}
        yield "ConnectCustomKeyStore", idle
        yield "DisconnectCustomKeyStore", hsm
        yield "DeleteCustomKeyStore", idle
        yield "UpdateCustomKeyStore", {**idle, "NewCustomKeyStoreName": "e", "KeyStorePassword": "another"}
        yield "UpdateCustomKeyStore", {**xks, "XksProxyUriPath": "/f/kms/xks/v1"}
        yield "CreateKey", {"Origin": "AWS_CLOUDHSM", **hsm}
        yield "CreateKey", {"Origin": EXTERNAL, "XksKeyId": "other", **xks}
        yield "GenerateRandom", {"NumberOfBytes": 16, **hsm}
        for name in ("in_hsm", "in_xks"):
            key = {"KeyId": self.ids[name]}
            yield "Decrypt", {"CiphertextBlob": self.kms.encrypt(**key, Plaintext=b"x")["CiphertextBlob"], **key}
            yield "DisableKey", key
        yield "DescribeKey", {"KeyId": "alias/aws/s3"}
        yield "GetKeyPolicy", {"KeyId": self.ids["s3"]}

    def _others(self) -> Iterator[tuple[str, dict[str, Any]]]:
        symmetric, grant_id = {"KeyId": self.ids["symmetric"]}, {"GrantId": self.grant["GrantId"]}
        subset = {"Constraints": {"EncryptionContextSubset": {"a": "b"}}}
        grant = {"GranteePrincipal": ALICE, "RetiringPrincipal": SESSION, "Operations": ["CreateGrant", "Encrypt"]}
        arn = f"arn:aws:kms:us-east-1:{HOME}:key/{self.ids['symmetric']}"
        yield "CreateGrant", {**symmetric, **grant, **subset, "Name": "another", **self.tokens}
        for_service = {"GranteeServicePrincipal": "logs.amazonaws.com", "RetiringPrincipal": ALICE}
        source = {"Constraints": {"SourceArn": f"arn:aws:logs:us-east-1:{HOME}:x"}}
        yield "CreateGrant", {**symmetric, "Operations": ["Decrypt"], **for_service, **source}
        yield "ListGrants", {**symmetric, **grant_id, "Limit": 10, "GranteePrincipal": ALICE}
        yield "ListRetirableGrants", {"RetiringPrincipal": SESSION, "Limit": 10}
        yield "RetireGrant", {"GrantToken": self.grant["GrantToken"]}
        yield "RetireGrant", {"KeyId": arn, **grant_id}
        yield "RevokeGrant", {**symmetric, **grant_id}
        yield "CreateAlias", {"AliasName": "alias/new", "TargetKeyId": arn}
        yield "UpdateAlias", {"AliasName": "alias/symmetric", "TargetKeyId": self.ids["imported"]}
        yield "DeleteAlias", {"AliasName": "alias/rsa"}
        yield "ListAliases", {**symmetric, "Limit": 3}
        yield "ListKeys", {"Limit": 3, "Marker": self.kms.list_keys(Limit=2)["NextMarker"]}
        yield "GenerateRandom", {"NumberOfBytes": 16}


def fingerprint(mock: Any) -> object:
    """Everything that a mock holds, when time has taken its effect; equal for equal states.

    Key material that KMS makes and nobody has looked at is no state: it is there from the beginning.
    """
    store: Store = mock._engine._store
    store.begin_visit()
    regions = sorted(store.regions(), key=lambda region: (region.account, region.name))
    for region in regions:
        for key_store in region.key_stores.by_age():
            key_store.settle(store.visit.now)
        for key in region.keys.by_age():
            apply_time(key, store.world, store.visit.now, store.service_events)
    held = [
        (r.account, r.name, frozen([r.keys, r.aliases, r.grants, r.key_stores], {})) for r in regions if not r.is_empty
    ]
    return held, frozen(vars(store.tokens), {}), len(store._deletions)


_NO_STATE = {"rules", "spec", "generated", "private_key"}


def frozen(value: Any, seen: dict[int, str]) -> object:
    """A value that compares: what is met again is named by its number, so that families end."""
    if value is None or isinstance(value, (str, int, float, datetime, timedelta, Enum)):
        return value
    if isinstance(value, bytes):
        return sha256(value).digest()
    if id(value) in seen:
        return seen[id(value)]
    if is_dataclass(value):
        seen[id(value)] = f"#{len(seen)}"
        return tuple((f.name, frozen(getattr(value, f.name), seen)) for f in fields(value) if f.name not in _NO_STATE)
    return tuple(frozen(item, seen) for item in _items(value))


def _items(value: Any) -> Iterable[Any]:
    """What is in a collection; of anything else the name of its type."""
    if isinstance(value, Index):
        return value.by_age()
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    return value if isinstance(value, (list, tuple)) else (type(value).__name__,)

"""Key specs: usages, algorithms, material formats and wrapping rules, as data.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-get-public-key-and-token.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, SECP256R1, SECP384R1, SECP521R1

from .materials import EcPrivateKey, Ed25519Key, MaterialFormat, RawBytes, RsaPrivateKey
from .post_quantum import PostQuantumKey

#: KeyUsage -> the member of KeyMetadata that lists the algorithms for it.
ALGORITHM_MEMBERS: Mapping[str, str] = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
    "ENCAPSULATE_DECAPSULATE": "EncapsulationAlgorithms",
}

#: Wrapping key spec -> modulus, in bits.
RSA_WRAPPING_KEYS: Mapping[str, int] = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}

OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
KEY_WRAP = ("RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")
PKCS1 = "RSAES_PKCS1_V1_5"
SM2PKE = "SM2PKE"

#: Wrapping algorithm -> the wrapping key specs that it goes with.
Wrappings = Mapping[str, tuple[str, ...]]

_OAEP: Wrappings = dict.fromkeys(OAEP, tuple(RSA_WRAPPING_KEYS))
_KEY_WRAP: Wrappings = dict.fromkeys(KEY_WRAP, tuple(RSA_WRAPPING_KEYS))
_BOTH: Wrappings = {**_OAEP, **_KEY_WRAP}
# A private key of P-521 is 241 bytes of PKCS#8, more than OAEP with RSA_2048 carries. Ed25519's would fit.
_BOTH_BUT_SHORT_OAEP: Wrappings = {**dict.fromkeys(OAEP, ("RSA_3072", "RSA_4096")), **_KEY_WRAP}


@dataclass(frozen=True, slots=True)
class KeySpec:
    """One key spec of AWS KMS.

    ``algorithms`` maps each KeyUsage that it can have to the algorithms for that usage, in AWS's order.
    ``material`` is the format of its key material, and ``wrappings`` says how that may be wrapped on its way in: not
    at all where AWS does not import it.
    """

    name: str
    algorithms: Mapping[str, tuple[str, ...]]
    material: MaterialFormat
    wrappings: Wrappings = field(default_factory=dict)

    @property
    def is_importable(self) -> bool:
        """Whether AWS takes key material for it."""
        return bool(self.wrappings)

    @property
    def is_symmetric(self) -> bool:
        """Whether this is the symmetric encryption key spec: the one that can hold several materials."""
        return self.name == SYMMETRIC_DEFAULT

    @property
    def is_asymmetric(self) -> bool:
        """Whether there is a public key: neither for symmetric encryption nor for HMAC keys."""
        return not self.is_symmetric and "GENERATE_VERIFY_MAC" not in self.algorithms


SYMMETRIC_DEFAULT = "SYMMETRIC_DEFAULT"

_RSA_ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "ENCRYPT_DECRYPT": OAEP,
    "SIGN_VERIFY": tuple(f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)),
}


def _ecc(digest: int) -> Mapping[str, tuple[str, ...]]:
    return {"SIGN_VERIFY": (f"ECDSA_SHA_{digest}",), "KEY_AGREEMENT": ("ECDH",)}


def _hmac(digest: int) -> Mapping[str, tuple[str, ...]]:
    return {"GENERATE_VERIFY_MAC": (f"HMAC_SHA_{digest}",)}


_ML_DSA: Mapping[str, tuple[str, ...]] = {"SIGN_VERIFY": ("ML_DSA_SHAKE_256",)}
_ML_KEM: Mapping[str, tuple[str, ...]] = {"ENCAPSULATE_DECAPSULATE": ("ML_KEM",)}
_LONGEST_HMAC = 128

SPECS: Mapping[str, KeySpec] = {
    spec.name: spec
    for spec in (
        KeySpec(SYMMETRIC_DEFAULT, {"ENCRYPT_DECRYPT": (SYMMETRIC_DEFAULT,)}, RawBytes(32, 32), _OAEP),
        KeySpec("HMAC_224", _hmac(224), RawBytes(28, _LONGEST_HMAC), _OAEP),
        KeySpec("HMAC_256", _hmac(256), RawBytes(32, _LONGEST_HMAC), _OAEP),
        KeySpec("HMAC_384", _hmac(384), RawBytes(48, _LONGEST_HMAC), _OAEP),
        KeySpec("HMAC_512", _hmac(512), RawBytes(64, _LONGEST_HMAC), _OAEP),
        KeySpec("RSA_2048", _RSA_ALGORITHMS, RsaPrivateKey(2048), _KEY_WRAP),
        KeySpec("RSA_3072", _RSA_ALGORITHMS, RsaPrivateKey(3072), _KEY_WRAP),
        KeySpec("RSA_4096", _RSA_ALGORITHMS, RsaPrivateKey(4096), _KEY_WRAP),
        KeySpec("ECC_NIST_P256", _ecc(256), EcPrivateKey(SECP256R1), _BOTH),
        KeySpec("ECC_NIST_P384", _ecc(384), EcPrivateKey(SECP384R1), _BOTH),
        KeySpec("ECC_NIST_P521", _ecc(512), EcPrivateKey(SECP521R1), _BOTH_BUT_SHORT_OAEP),
        KeySpec("ECC_SECG_P256K1", {"SIGN_VERIFY": ("ECDSA_SHA_256",)}, EcPrivateKey(SECP256K1), _BOTH),
        KeySpec(
            "ECC_NIST_EDWARDS25519",
            {"SIGN_VERIFY": ("ED25519_PH_SHA_512", "ED25519_SHA_512")},
            Ed25519Key(),
            _BOTH_BUT_SHORT_OAEP,
        ),
        KeySpec("ML_DSA_44", _ML_DSA, PostQuantumKey("ML_DSA_44")),
        KeySpec("ML_DSA_65", _ML_DSA, PostQuantumKey("ML_DSA_65")),
        KeySpec("ML_DSA_87", _ML_DSA, PostQuantumKey("ML_DSA_87")),
        KeySpec("ML_KEM_512", _ML_KEM, PostQuantumKey("ML_KEM_512")),
        KeySpec("ML_KEM_768", _ML_KEM, PostQuantumKey("ML_KEM_768")),
        KeySpec("ML_KEM_1024", _ML_KEM, PostQuantumKey("ML_KEM_1024")),
    )
}

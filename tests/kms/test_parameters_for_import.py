"""GetParametersForImport: the wrapping matrix, cell by cell, and what the answer carries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..support.installed import known
from ..support.refusal import refused

OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
KEY_WRAP = ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"]
SIZES = ["RSA_2048", "RSA_3072", "RSA_4096"]
BY_ALGORITHM = {
    "SYMMETRIC_DEFAULT": OAEP,
    **{f"HMAC_{bits}": OAEP for bits in (224, 256, 384, 512)},
    **{f"RSA_{bits}": KEY_WRAP for bits in (2048, 3072, 4096)},
    **{f"ECC_{curve}": OAEP + KEY_WRAP for curve in ("NIST_P256", "NIST_P384", "NIST_P521", "SECG_P256K1")},
    "ECC_NIST_EDWARDS25519": OAEP + KEY_WRAP,
}
#: AWS's table; only Ed25519 with OAEP and RSA_2048 stands in it, and was recorded to be refused.
#: https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-get-public-key-and-token.html
ALLOWED = {
    (spec, algorithm, size)
    for spec, algorithms in BY_ALGORITHM.items()
    for algorithm in algorithms
    for size in SIZES
    if not (spec in {"ECC_NIST_P521", "ECC_NIST_EDWARDS25519"} and algorithm in OAEP and size == "RSA_2048")
}
ALGORITHMS = [*OAEP, *KEY_WRAP, "RSAES_PKCS1_V1_5"]  # the last went in October 2023, for every key
CELLS = [(spec, algorithm, size) for spec in known(BY_ALGORITHM) for algorithm in ALGORITHMS for size in SIZES]


def usage_of(spec: str) -> str:
    """A usage that a key spec can have."""
    if spec == "SYMMETRIC_DEFAULT":
        return "ENCRYPT_DECRYPT"
    return "GENERATE_VERIFY_MAC" if spec.startswith("HMAC") else "SIGN_VERIFY"


@pytest.fixture
def parameters(kms, make_key):
    """Ask for the parameters of a symmetric key."""
    key_id = make_key()

    def get(algorithm: str = "RSAES_OAEP_SHA_256", size: str = "RSA_2048"):
        return kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec=size)

    return get


@pytest.mark.parametrize(("spec", "algorithm", "size"), CELLS)
def test_the_wrapping_matrix(kms, make_key, spec, algorithm, size):
    """Each cell is allowed or refused as AWS does it, and the wrapping key has the size asked for."""
    key_id = make_key(KeySpec=spec, KeyUsage=usage_of(spec))
    request = {"KeyId": key_id, "WrappingAlgorithm": algorithm, "WrappingKeySpec": size}
    if (spec, algorithm, size) in ALLOWED:
        public_key = load_der_public_key(kms.get_parameters_for_import(**request)["PublicKey"])
        assert isinstance(public_key, RSAPublicKey)
        assert public_key.key_size == int(size[4:])
        return
    text = f"Wrapping algorithm {algorithm} and wrapping key spec {size} cannot be used to import a {spec} key."
    with refused("ValidationException", text):
        kms.get_parameters_for_import(**request)


@pytest.mark.parametrize(
    ("algorithm", "size", "text"),
    [
        ("SM2PKE", "SM2", "Wrapping algorithm SM2PKE is not supported."),
        ("RSAES_OAEP_SHA_256", "SM2", "Wrapping key spec SM2 is not supported."),
    ],
)
def test_wrappings_that_aws_does_not_support_here(parameters, algorithm, size, text):
    """SM2 is for the China Regions."""
    with refused("UnsupportedOperationException", text):
        parameters(algorithm, size)


def test_the_answer(kms, make_key, kms_import_mock):
    """Exactly four members; the key ARN for a key ID, and 24 hours to the millisecond."""
    now = kms_import_mock.clock.freeze()
    key_id = make_key()
    answer = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_2048"
    )
    assert set(answer) - {"ResponseMetadata"} == {"KeyId", "ImportToken", "PublicKey", "ParametersValidTo"}
    assert answer["KeyId"] == kms_import_mock.key(key_id).arn
    assert answer["ParametersValidTo"] == now + timedelta(hours=24)
    assert 1 <= len(answer["ImportToken"]) <= 6144


def test_no_two_calls_give_the_same_pair(parameters):
    """Neither public keys nor tokens repeat within a mock."""
    answers = [parameters() for _ in range(5)]
    assert len({answer["PublicKey"] for answer in answers}) == 5
    assert len({answer["ImportToken"] for answer in answers}) == 5


def test_asking_changes_nothing(kms, make_key):
    """The KMS key is described as before."""
    key_id = make_key()
    before = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_2048")
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"] == before


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "RSA_2048"])
def test_keys_of_another_origin(kms, make_key, spec):
    """The origin is told before the wrapping is looked at."""
    key_id = make_key(Origin="AWS_KMS", KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    text = f"{arn} origin is AWS_KMS which is not valid for this operation."
    with refused("UnsupportedOperationException", text):
        kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm="RSAES_PKCS1_V1_5", WrappingKeySpec="RSA_2048")


def test_the_state_is_told_before_the_wrapping(kms, make_key):
    """A key pending deletion is refused for its state, whatever wrapping is asked for."""
    key_id = make_key()
    kms.schedule_key_deletion(KeyId=key_id)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    with refused("KMSInvalidStateException", f"{arn} is pending deletion."):
        kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm="RSAES_PKCS1_V1_5", WrappingKeySpec="RSA_2048")

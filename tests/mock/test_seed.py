"""The option ``seed``: whatever the mock draws at random is the same from run to run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from pytest_kmsimport import faults, mock_kms_import

from ..support.installed import known

NOON = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def drawn(mock) -> dict[str, object]:
    """What a mock draws, of every kind."""
    mock.clock.freeze(NOON)
    kms = mock.client()
    key = kms.create_key()["KeyMetadata"]
    multi_region = kms.create_key(MultiRegion=True)["KeyMetadata"]
    external = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
    parameters = kms.get_parameters_for_import(
        KeyId=external["KeyId"], WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    curves = {
        spec: kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec=spec)["PrivateKeyPlaintext"]
        for spec in known(
            ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"]
        )
    }
    grant = kms.create_grant(
        KeyId=key["KeyId"], GranteePrincipal="arn:aws:iam::123456789012:root", Operations=["Decrypt"]
    )
    answers = {
        "key IDs": [key["KeyId"], multi_region["KeyId"], external["KeyId"]],
        "key material": [key["CurrentKeyMaterialId"], multi_region["CurrentKeyMaterialId"]],
        "import token": parameters["ImportToken"],
        "grant": (grant["GrantId"], grant["GrantToken"]),
        "data key": kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")["Plaintext"],
        "random": kms.generate_random(NumberOfBytes=16)["Plaintext"],
        "ciphertext": kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"],
        "key pairs": curves,
        "request ID": kms.list_keys()["ResponseMetadata"]["RequestId"],
        "trail": [record["eventID"] for record in mock.trail],
        "imported": mock.import_key().current_material.id,
    }
    for spec, usage in (("HMAC_256", "GENERATE_VERIFY_MAC"), ("ECC_NIST_P256", "SIGN_VERIFY")):
        made = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
        if usage == "SIGN_VERIFY":
            answers[spec] = kms.get_public_key(KeyId=made)["PublicKey"]
        else:
            answers[spec] = kms.generate_mac(KeyId=made, Message=b"x", MacAlgorithm="HMAC_SHA_256")["Mac"]
    return answers


def drawn_with(**options) -> dict[str, object]:
    """What a mock of its own draws."""
    with mock_kms_import(**options) as mock:
        return drawn(mock)


def differing(one, other) -> set[str]:
    """The kinds in which two mocks have drawn otherwise."""
    return {kind for kind in one if one[kind] != other[kind]}


def test_everything_repeats():
    """For every mock anew."""
    assert differing(drawn_with(seed=7), drawn_with(seed=7)) == set()


@pytest.mark.parametrize("options", [{"seed": 8}, {"seed": -7}, {}], ids=str)
def test_another_seed_draws_otherwise(options):
    """Everything, and so does none."""
    one, other = drawn_with(seed=7), drawn_with(**options)
    assert differing(one, other) == set(one)
    assert all(re.fullmatch(UUID, key_id) or key_id.startswith("mrk-") for key_id in other["key IDs"])


def test_without_a_seed_nothing_repeats():
    """As ever."""
    one = drawn_with()
    assert differing(one, drawn_with()) == set(one)


RUN = """
import sys
sys.path.insert(0, {root!r})
from tests.mock.test_seed import drawn_with
print(sorted(drawn_with(seed=7).items(), key=str))
"""


def test_everything_repeats_in_another_process(pytestconfig):
    """Whatever its hash seed is."""
    program = RUN.format(root=str(pytestconfig.rootpath))
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(sorted(drawn_with(seed=7).items(), key=str))


def test_known_values():
    """Files that tests compare with stay good from release to release."""
    with mock_kms_import(seed=7) as mock:
        assert [mock.create_key().id, mock.create_key(MultiRegion=True).id] == KNOWN


KNOWN = ["a7d1364f-e1fe-490a-ad56-43e819f0611c", "mrk-81f7a02fc1124bc5a2bba40e7534ab85"]


def test_key_ids_do_not_depend_on_other_calls():
    """The second KMS key has its key ID, whatever was called between."""
    with mock_kms_import(seed=7) as mock:
        kms = mock.client()
        kms.create_key()
        expected = kms.create_key()["KeyMetadata"]["KeyId"]
        mock.reset()
        kms.create_key()
        kms.generate_random(NumberOfBytes=5)
        kms.describe_key(KeyId=mock.create_key(key_id="1234abcd-12ab-34cd-56ef-1234567890ab").id)
        assert kms.create_key()["KeyMetadata"]["KeyId"] == expected


def test_request_ids_are_of_one_call_each():
    """In threads too, where their order decides which."""
    with mock_kms_import(seed=7) as mock, ThreadPoolExecutor(8) as pool:
        kms = mock.client()
        answers = pool.map(lambda _: kms.generate_random(NumberOfBytes=16), range(200))
        values = [(answer["ResponseMetadata"]["RequestId"], answer["Plaintext"]) for answer in answers]
        assert len({request_id for request_id, _ in values}) == len({random for _, random in values}) == 200


def test_chance_goes_back_with_restore_and_reset():
    """So that every test of a longer life draws the same, in whatever order they run."""
    with mock_kms_import(seed=7) as mock:
        begin = mock.snapshot()
        expected = drawn(mock)
        mock.restore(begin)
        assert differing(expected, drawn(mock)) == set()
        mock.reset()
        assert differing(expected, drawn(mock)) == set()


def test_nothing_is_drawn_twice_after_load(tmp_path):
    """A mock with the same seed goes on where the one was that has saved, whatever it has drawn itself."""
    with mock_kms_import(seed=7) as mock:
        made = [mock.create_key().id, mock.create_key().id]
        mock.save(tmp_path / "state.json")
        expected = drawn(mock)
        mock.load(tmp_path / "state.json")
        assert differing(expected, drawn(mock)) == {"trail"}  # which has the calls from before
    with mock_kms_import(seed=7) as other:
        assert other.create_key().id == made[0]
        other.load(tmp_path / "state.json")
        assert differing(expected, drawn(other)) == set()


def test_a_key_id_that_was_chosen_is_not_drawn():
    """One of an earlier run, written down, in this Region or another one."""
    with mock_kms_import(seed=7) as mock:
        first, second, third = (mock.create_key().id for _ in range(3))
        mock.reset()
        mock.create_key(key_id=second)
        mock.create_key(key_id=first, region_name="eu-west-1")
        assert mock.create_key().id == third


def test_faults_with_a_probability_strike_alike():
    """Their seeds follow from that of the mock, and are in reports as ever."""

    def outcomes(**options):
        with mock_kms_import(**options) as mock:
            plans = [mock.inject(faults.Refusal("ThrottlingException"), probability=0.5) for _ in range(2)]
            return [plan.said["seed"] for plan in plans]

    assert outcomes(seed=7) == outcomes(seed=7)
    assert len({*outcomes(seed=7), *outcomes(seed=8), *outcomes(), *outcomes()}) == 8


def test_handlers_and_alarms_see_the_same():
    """What Lambda and CloudWatch tell of themselves."""

    def seen():
        contexts = []
        with mock_kms_import(seed=7) as mock:
            mock.clock.freeze(NOON)

            def target(event, context):
                contexts.append((json.dumps(event), context.aws_request_id, context.log_stream_name))

            key = mock.import_key(ValidTo=NOON + timedelta(hours=1))
            mock.metrics.alarm(key.id, 600, target)
            mock.events.rule({"source": ["aws.kms"]}, target)
            mock.clock.advance(hours=2)
        return contexts

    first = seen()
    assert first == seen()
    assert len({request_id for _, request_id, _ in first}) == len(first) == 3


@pytest.mark.parametrize("seed", ["7", 7.0, True])
def test_a_seed_is_a_whole_number(seed):
    """And nothing else."""
    with pytest.raises(ValueError, match=f"seed is {seed!r}; write an int."):
        mock_kms_import(seed=seed)


def test_runs_repeat_under_xdist_and_in_any_order(pytester):
    """By the marker and the ini file, whatever a test finds when it runs."""
    pytester.makeini("[pytest]\nkms_import_seed = 7")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_a(kms_import_mock, number):
            assert kms_import_mock.create_key().id == {first!r}

        @pytest.mark.kms_import(seed=8)
        def test_of_the_marker(kms_import_mock):
            assert kms_import_mock.create_key().id != {first!r}
    """.replace("{first!r}", repr(KNOWN[0]))
    )
    for arguments in (("-p", "no:randomly"), ("-p", "randomly", "-n", "2")):
        pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=7)

"""What the mock writes down of the calls, and what it keeps to itself."""

from __future__ import annotations

import json
import os
import pickle
from base64 import b64encode
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_kmsimport import CallsForgotten, NotOffered, Redacted, mock_kms_import, wrap_key_material

SECRET = b"this is 32 bytes of key material"
UNKNOWN = "12345678-1234-1234-1234-123456789012"
NEW_YEAR = datetime(2027, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def calls(kms_import_mock):
    """The journal as it is when it is asked for."""
    return lambda: kms_import_mock.calls


def test_a_call_is_written_down(kms, calls, kms_import_mock):
    """A record says when, who, where, what, and what was answered."""
    kms_import_mock.clock.freeze(NEW_YEAR)
    kms.create_key(Origin="EXTERNAL", Description="from the HSM")
    (call,) = calls()
    assert (call.time, call.account, call.region, call.operation) == (
        NEW_YEAR,
        "123456789012",
        "us-east-1",
        "CreateKey",
    )
    assert call.request == {"Origin": "EXTERNAL", "Description": "from the HSM"}
    assert call.response["KeyMetadata"]["KeyState"] == "PendingImport"
    assert (call.error, call.message, call.attempts, call.delays) == (None, "", 1, ())


def test_a_refused_call_is_written_down(kms, calls):
    """A record of a refusal has AWS's code and message, and no response."""
    with pytest.raises(ClientError):
        kms.describe_key(KeyId=UNKNOWN)
    (call,) = calls()
    text = f"Key 'arn:aws:kms:us-east-1:123456789012:key/{UNKNOWN}' does not exist"
    assert (call.error, call.message, call.response) == ("NotFoundException", text, None)


def test_a_call_that_breaks_the_model_is_written_down(kms, calls):
    """A call that is refused before it reaches any KMS key is in the journal, too."""
    with pytest.raises(ClientError):
        kms.create_key(KeySpec="HMAC_random")
    assert calls()[0].error == "ValidationException"


def test_an_operation_that_is_not_offered_is_written_down(kms, calls, kms_import_mock):
    """The mock's own complaint stands in the record under its own name."""
    with pytest.raises(NotOffered):
        kms.describe_key(KeyId="alias/aws/unknown")
    kms_import_mock.complaints.clear()
    assert (calls()[0].error, calls()[0].operation) == ("NotOffered", "DescribeKey")


def test_calls_that_never_leave_the_client_are_not_written_down(kms, calls):
    """What botocore's own validation refuses has not reached KMS."""
    with pytest.raises(Exception, match="Missing required parameter"):
        kms.describe_key()
    assert not calls()


def test_attempts_at_one_call_are_one_record(kms_import_mock):
    """Retries raise the number of attempts; two calls are two records."""
    kms = boto3.client("kms", config=Config(retries={"mode": "standard"}))
    for _ in range(2):
        with pytest.raises(ClientError):
            kms.create_key(Policy="x" * 40_000)
    assert [(call.attempts, len(call.delays)) for call in kms_import_mock.calls] == [(3, 2), (3, 2)]


def test_the_last_attempt_decides(kms, calls):
    """A call that is refused at first and succeeds at its second attempt has no error."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    waits, named = iter([0, None]), iter([UNKNOWN, key_id])
    kms.meta.events.register_first("needs-retry.kms.DescribeKey", lambda **_: next(waits))
    kms.meta.events.register(
        "request-created.kms.DescribeKey",
        lambda request, **_: setattr(request, "data", json.dumps({"KeyId": next(named)})),
    )
    kms.describe_key(KeyId=key_id)
    assert [(call.error, call.attempts) for call in calls().to("DescribeKey")] == [(None, 2)]


# Filters


@pytest.fixture
def three_calls(kms, calls):
    """CreateKey, a DescribeKey that succeeds and one that is refused; gives the journal and the key's metadata."""
    key = kms.create_key()["KeyMetadata"]
    kms.describe_key(KeyId=key["Arn"])
    with pytest.raises(ClientError):
        kms.describe_key(KeyId=UNKNOWN)
    return calls(), key


def names(calls):
    """The operations, in order."""
    return [call.operation for call in calls]


def test_calls_are_in_order(three_calls):
    """The oldest call comes first."""
    assert names(three_calls[0]) == ["CreateKey", "DescribeKey", "DescribeKey"]


@pytest.mark.parametrize(
    ("operations", "count"), [(["CreateKey"], 1), (["CreateKey", "DescribeKey"], 3), (["Encrypt"], 0), ([], 0)]
)
def test_to_filters_by_operation(three_calls, operations, count):
    """``to`` keeps the calls of the operations that it names."""
    assert len(three_calls[0].to(*operations)) == count


@pytest.mark.parametrize("name", ["KeyId", "Arn"])
def test_about_filters_by_kms_key(three_calls, name):
    """``about`` finds calls by key ID or ARN, whichever of the two they used."""
    calls, key = three_calls
    assert [call.key_id for call in calls.about(key[name])] == [None, key["Arn"]]


@pytest.mark.parametrize(("code", "count"), [(None, 1), ("NotFoundException", 1), ("DisabledException", 0)])
def test_refused_filters_by_code(three_calls, code, count):
    """``refused`` keeps the calls with an error, any or one."""
    assert len(three_calls[0].refused(code)) == count


def test_filters_follow_one_another(three_calls):
    """What a filter gives can be filtered, cut and counted again."""
    calls, _ = three_calls
    assert names(calls.to("DescribeKey").refused()[:1]) == ["DescribeKey"]
    assert calls[-1] is calls.to("DescribeKey").about(UNKNOWN)[0]


def test_the_repr_lists_the_calls(three_calls):
    """A failed assertion about the journal shows what there was instead."""
    calls, key = three_calls
    assert repr(calls).splitlines() == [
        "<3 calls",
        "  <CreateKey us-east-1: ok>",
        f"  <DescribeKey us-east-1 {key['Arn']}: ok>",
        f"  <DescribeKey us-east-1 {UNKNOWN}: NotFoundException>>",
    ]


# Limits


def test_the_journal_keeps_the_last_calls():
    """Of more calls than ``journal_size``, the oldest are forgotten."""
    with mock_kms_import(journal_size=3) as mock:
        kms = mock.client()
        for number in range(5):
            kms.create_key(Description=str(number))
        assert [call.request["Description"] for call in mock.calls.kept] == ["2", "3", "4"]
        assert len(mock.calls) == len(mock.calls.to("CreateKey")) == 5
        assert mock.calls[-1].request["Description"] == "4"


@pytest.mark.parametrize(
    "ask",
    [
        list,
        lambda calls: calls[0],
        lambda calls: calls[-4],
        lambda calls: calls[:2],
        lambda calls: calls[-9:],
        lambda calls: len(calls.about("12345678-1234-1234-1234-123456789012")),
        lambda calls: calls.about("12345678-1234-1234-1234-123456789012") == [],
        lambda calls: bool(calls.about("12345678-1234-1234-1234-123456789012")),
    ],
)
def test_what_only_all_calls_can_tell_is_not_told_of_some(ask):
    """Who asks for calls that the journal has let go is told so, instead of that there are none."""
    with mock_kms_import(journal_size=3) as mock:
        for _ in range(5):
            mock.client().create_key()
        with pytest.raises(CallsForgotten, match=r"let go of 2 earlier calls.*journal_size"):
            ask(mock.calls)


def test_absence_is_known_of_calls_that_were_let_go(kms):
    """How many there were of each operation, and how they came out, is never forgotten."""
    with mock_kms_import(journal_size=1) as mock:
        kms = mock.client()
        with suppress(ClientError):
            kms.describe_key(KeyId="nonsense")
        kms.create_key()
        kms.list_keys()
        assert mock.calls.to("Encrypt") == []
        assert not mock.calls.to("Encrypt")
        assert len(mock.calls.refused()) == len(mock.calls.to("DescribeKey").refused("NotFoundException")) == 1
        assert mock.calls.to("CreateKey")


def test_a_failed_test_is_told_how_many_calls_came_before(pytester):
    """The table counts those that the journal has let go."""
    pytester.makepyfile("""
        import pytest

        @pytest.mark.kms_import(journal_size=2)
        def test_it(kms_import_mock):
            for _ in range(5):
                kms_import_mock.client().create_key()
            raise AssertionError
    """)
    pytester.runpytest().stdout.fnmatch_lines(["*(3 earlier calls)"])


def test_calls_taken_earlier_stay(kms, calls):
    """The journal that a test holds does not grow under its hands."""
    before = calls()
    kms.list_keys()
    assert (len(before), len(calls())) == (0, 1)


# Secrets


@pytest.fixture
def ceremony(kms, make_key):
    """A ceremony with SECRET as key material, then Encrypt and Decrypt of SECRET; gives the wrapped key material."""
    key_id = make_key()
    parameters = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    blob = wrap_key_material(parameters["PublicKey"], SECRET, "RSAES_OAEP_SHA_256")
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=blob,
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    ciphertext = kms.encrypt(KeyId=key_id, Plaintext=SECRET)["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=ciphertext)
    return blob


FORMS = [SECRET.decode(), SECRET.hex(), b64encode(SECRET).decode(), repr(SECRET), str(list(SECRET))]


def shows_a_secret(text):
    """Whether a text has SECRET in it, in one of the ways in which bytes are written."""
    return any(form in text for form in FORMS)


@pytest.mark.parametrize(
    "of",
    [
        lambda mock: mock,
        lambda mock: mock.calls,
        lambda mock: [(call, call.request, call.response) for call in mock.calls],
        lambda mock: mock.key(mock.calls[0].response["KeyMetadata"]["KeyId"]),
        lambda mock: mock.key(mock.calls[0].response["KeyMetadata"]["KeyId"]).materials,
        lambda mock: mock.snapshot(),
        lambda mock: mock.complaints,
    ],
    ids=["mock", "calls", "records", "key", "materials", "snapshot", "complaints"],
)
def test_no_repr_shows_a_secret(ceremony, kms_import_mock, of):
    """Key material and plaintexts are in no repr, in whatever spelling."""
    assert not shows_a_secret(repr(of(kms_import_mock)))


def test_blobs_show_their_length(ceremony, calls):
    """In place of a blob the journal shows how long it was."""
    assert repr(calls().to("Encrypt")[0].request["Plaintext"]) == "<32 bytes>"


def test_blobs_can_be_asked_for(ceremony, calls):
    """A test can ask whether it was these bytes that were sent."""
    sent = calls().to("ImportKeyMaterial")[0].request["EncryptedKeyMaterial"]
    assert sent == ceremony
    assert sent != os.urandom(len(ceremony))


def test_equal_blobs_are_equal(ceremony, calls):
    """Two records of the same bytes can be held against each other, also in a set."""
    encrypted, decrypted = calls().to("Encrypt")[0], calls().to("Decrypt")[0]
    assert {encrypted.request["Plaintext"]} == {decrypted.response["Plaintext"]}


def test_blobs_are_no_text(ceremony, calls):
    """A blob equals bytes only, so that a comparison with its base64 text is a failure and not a leak."""
    assert calls().to("Encrypt")[0].request["Plaintext"] != SECRET.decode()


def test_a_blob_holds_nothing_that_its_content_could_be_told_from():
    """Equal contents have different looks inside in every process, so that no dictionary of hashes helps."""
    inside = pickle.dumps([getattr(Redacted(SECRET), name) for name in Redacted.__slots__])
    assert SECRET not in inside


CLAIMS = (
    "mock.calls == []",
    "mock.calls[1].request == {'Plaintext': b'something else'}",
    "mock.calls[1].request['Plaintext'] == b'something else'",
    "mock.key(key.id) == None",
    "mock.key(key.id).materials == ()",
    "mock.key(key.id).current_material == another.current_material",
    "not mock.key(key.id)",
    "mock is None",
)


@pytest.mark.parametrize("verbosity", ["-q", "-vv", "--showlocals"])
def test_no_failed_assertion_shows_a_secret(pytester, verbosity):
    """What pytest writes about a failed claim does not hold the key material or the plaintext."""
    # In two halves, because pytest prints the source of what failed.
    secret = f"bytes.fromhex('{SECRET.hex()[:20]}' '{SECRET.hex()[20:]}')"
    claims = "".join(
        f"""
        def test_{number}(kms_import_mock):
            mock, key = kms_import_mock, kms_import_mock.import_key({secret})
            another = mock.import_key()
            mock.client().list_keys()
            mock.client().encrypt(KeyId=key.id, Plaintext={secret})
            assert {claim}
    """
        for number, claim in enumerate(CLAIMS)
    )
    pytester.makepyfile(claims)
    result = pytester.runpytest(verbosity)
    result.assert_outcomes(failed=len(CLAIMS))
    assert not shows_a_secret(result.stdout.str())


def test_the_clock_of_a_record_is_the_mocks(kms, calls, kms_import_mock):
    """Time that a test lets pass lies between the records."""
    kms_import_mock.clock.freeze()
    kms.list_keys()
    kms_import_mock.clock.advance(hours=25)
    kms.list_keys()
    assert calls()[1].time - calls()[0].time == timedelta(hours=25)


def test_calls_compare_with_lists(kms, kms_import_mock):
    """As a test would write it: no calls, and these calls."""
    assert kms_import_mock.calls == []
    kms.list_keys()
    assert kms_import_mock.calls.to("ListKeys") == [kms_import_mock.calls[0]]
    assert kms_import_mock.calls != []
    assert kms_import_mock.calls.to("Encrypt") == kms_import_mock.calls.to("Decrypt") == ()
    assert kms_import_mock.calls != 1

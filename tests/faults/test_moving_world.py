"""The world moves between a request and its answer, reads are stale, answers late."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from pytest_kmsimport import MeanwhileFailed, faults
from pytest_kmsimport.engine.operations import OPERATIONS
from pytest_kmsimport.faults import AnswerLost, NotYetVisible, ReadTimeout, Refusal, Slow, StaleRead, meanwhile

from ..support.refusal import refused

# Somebody else acts


def test_the_other_is_first(kms, kms_import_mock):
    """The call finds the KMS key as the other has left it, and the other's call is not among the test's."""
    key = kms_import_mock.import_key()
    kms_import_mock.inject(meanwhile(faults.disable_key), on="Encrypt")
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    record = kms_import_mock.calls[-1]
    assert [call.operation for call in kms_import_mock.calls] == ["Encrypt"]
    assert (record.key_state_before, record.effects) == ("Enabled", 0)
    assert kms_import_mock.key(key.id).state == "Disabled"


@pytest.mark.parametrize("action", ["disable_key", "schedule_deletion", "delete_material", "expire_material"])
def test_another_acts_on_the_key_that_a_ciphertext_tells(kms_import_mock, kms, action):
    """Decrypt need not name its KMS key, and services never do."""
    key = kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + timedelta(days=1))
    ciphertext = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms_import_mock.inject(meanwhile(getattr(faults, action)), on="Decrypt")
    with pytest.raises((kms.exceptions.DisabledException, kms.exceptions.KMSInvalidStateException)):
        kms.decrypt(CiphertextBlob=ciphertext)


def test_another_acts_on_no_key(kms_import_mock, kms):
    """Where the ciphertext tells none, the test is told so."""
    kms_import_mock.inject(meanwhile(faults.disable_key), on="Decrypt")
    with pytest.raises(MeanwhileFailed, match="this Decrypt is about no KMS key that is there"):
        kms.decrypt(CiphertextBlob=b"no ciphertext at all")
    kms_import_mock.complaints.clear()


def test_the_other_comes_after(kms, kms_import_mock):
    """The call succeeds, and the KMS key is another when its answer arrives."""
    key = kms_import_mock.import_key()
    kms_import_mock.inject(meanwhile(faults.delete_material, after=True), on="Encrypt")
    assert kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert kms_import_mock.key(key.id).state == "PendingImport"


def test_the_other_comes_after_a_refusal(kms, kms_import_mock):
    """Which stays a refusal."""
    key = kms_import_mock.import_key()
    kms.disable_key(KeyId=key.id)
    kms_import_mock.inject(meanwhile(faults.schedule_deletion, after=True), on="Encrypt")
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert kms_import_mock.key(key.id).state == "PendingDeletion"


def test_the_other_acts_once(kms, kms_import_mock):
    """A race happens at one attempt, unless the plan says more."""
    key = kms_import_mock.import_key()
    plan = kms_import_mock.inject(meanwhile(print), on="Encrypt")
    for _ in range(3):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert plan.strikes == 1


def test_another_importer_is_first(kms_import_mock, make_key, import_material):
    """Its key material is the key's from then on, and the refusal names it."""
    key_id, material = make_key(), os.urandom(32)
    kms_import_mock.inject(meanwhile(faults.import_first), on="ImportKeyMaterial")
    with pytest.raises(ClientError, match="IncorrectKeyMaterialException") as caught:
        import_material(key_id, material)
    current = kms_import_mock.key(key_id).current_material
    assert not current.matches(material)
    text = f"Imported key material does not have the expected identifier ({current.id})."
    assert caught.value.response["Error"]["Message"] == text


def test_another_importer_is_first_with_new_key_material(kms_import_mock, import_material):
    """Only one can be pending rotation."""
    key = kms_import_mock.import_key()
    kms_import_mock.inject(meanwhile(faults.import_first), on="ImportKeyMaterial")
    with pytest.raises(Exception, match=r"another key material .* is pending rotation"):
        import_material(key.id, os.urandom(32), ImportType="NEW_KEY_MATERIAL")


def test_key_material_expires_under_way(kms, kms_import_mock):
    """Between request and answer."""
    valid_to = kms_import_mock.clock.now() + timedelta(hours=1)
    key = kms_import_mock.import_key(ValidTo=valid_to)
    kms_import_mock.inject(meanwhile(faults.expire_material), on="Encrypt")
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert kms_import_mock.clock.now() - valid_to < timedelta(seconds=10)


def test_what_cannot_be_done_fails_the_test(kms, kms_import_mock, make_key):
    """With the other's error; nobody mistakes it for AWS's answer, and swallowing does not hide it."""
    for action, said in (
        (faults.disable_key, "meanwhile(disable_key) failed: KMSInvalidStateException"),
        (faults.expire_material, "has no key material that expires; import it with ValidTo."),
    ):
        with kms_import_mock.inject(meanwhile(action)), pytest.raises(MeanwhileFailed) as failed:
            kms.describe_key(KeyId=make_key())
        assert said in str(failed.value)
    assert len(kms_import_mock.complaints) == 2
    kms_import_mock.complaints.clear()


@pytest.mark.parametrize("after", [False, True])
def test_the_journal_tells_what_came_before_it_failed(kms, kms_import_mock, after):
    """Which faults have struck, whether the call has taken effect, and the key states around both."""
    key = kms_import_mock.import_key()

    def disable_and_fail(mock, call):
        faults.disable_key(mock, call)
        raise RuntimeError

    outer, inner = faults.Slow(1), meanwhile(disable_and_fail, after=after)
    with (
        kms_import_mock.inject(outer, on="Encrypt"),
        kms_import_mock.inject(inner, on="Encrypt"),
        pytest.raises(MeanwhileFailed),
    ):
        kms.encrypt(KeyId=key.id, Plaintext=b"payroll")
    kms_import_mock.complaints.clear()
    record = kms_import_mock.calls[-1]
    assert (record.error, record.faults, record.effects) == ("MeanwhileFailed", (outer, inner), int(after))
    assert (record.key_arns, record.key_state_before, record.key_state_after) == ((key.arn,), "Enabled", "Disabled")


def test_an_action_of_ones_own(kms, kms_import_mock):
    """It has the mock and the call, no fault strikes what it asks, and nothing of that is in the journal."""
    seen = []

    def rename(mock, call):
        seen.append((call.operation, call.key_id, call.request["Plaintext"] == b"x"))
        mock.client(call.region).update_key_description(KeyId=call.key_id, Description="renamed")

    key = kms_import_mock.import_key()
    kms_import_mock.inject(meanwhile(rename), on="Encrypt")
    kms_import_mock.inject(Refusal("KMSInternalException"), on="UpdateKeyDescription", must_strike=False)
    kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert seen == [("Encrypt", key.id, True)]
    assert kms_import_mock.key(key.id).description == "renamed"
    assert len(kms_import_mock.calls) == 1
    assert repr(kms_import_mock.plans[0].fault) == "meanwhile(rename)"


# Old news


def test_a_read_tells_old_news(kms, kms_import_mock, make_key, import_material):
    """What the KMS key was before its last change, as long as the fault lasts; the key itself is what it is."""
    key_id = make_key()
    kms_import_mock.inject(StaleRead(), on="DescribeKey", times=2)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingImport"  # nothing has changed yet
    import_material(key_id, os.urandom(32))
    states = [kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] for _ in range(3)]
    assert states == ["PendingImport", "PendingImport", "Enabled"]
    assert kms_import_mock.key(key_id).state == "Enabled"
    assert [len(record.faults) for record in kms_import_mock.calls.to("DescribeKey")] == [0, 1, 1, 0]


def test_old_news_are_from_before_the_last_change(kms, kms_import_mock):
    """Not from before the one before it, and not of another KMS key; uses of the key change nothing."""
    key, other = kms_import_mock.import_key(), kms_import_mock.import_key()
    kms_import_mock.inject(StaleRead())
    for description in ("first", "second", "third"):
        kms.update_key_description(KeyId=key.id, Description=description)
    kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["Description"] == "second"
    assert kms.describe_key(KeyId=other.id)["KeyMetadata"]["Description"] == ""


@pytest.mark.parametrize(
    ("change", "read", "member", "before"),
    [
        ("tag_resource", "list_resource_tags", "Tags", []),
        ("schedule_key_deletion", "describe_key", "KeyMetadata.KeyState", "Enabled"),
        ("put_key_policy", "get_key_policy", "Policy", None),
        ("disable_key", "describe_key", "KeyMetadata.Enabled", True),
    ],
)
def test_every_read_can_be_stale(kms, kms_import_mock, change, read, member, before):
    """Tags, states, policies."""
    members = {"tag_resource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]}, "put_key_policy": {"Policy": POLICY}}
    key_id = kms_import_mock.import_key().id
    expected = kms.get_key_policy(KeyId=key_id)["Policy"] if before is None else before
    kms_import_mock.inject(StaleRead())
    getattr(kms, change)(KeyId=key_id, **members.get(change, {}))
    answer = getattr(kms, read)(KeyId=key_id)
    for name in member.split("."):
        answer = answer[name]
    assert answer == expected


POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},'
    '"Action":"kms:*","Resource":"*"}]}'
)


def test_a_return_to_a_snapshot_makes_news_of_old_ones(kms, kms_import_mock):
    """What was changed since is gone, and nothing is older than the snapshot."""
    key_id = kms_import_mock.import_key().id
    kms_import_mock.inject(StaleRead(), must_strike=False)
    snapshot = kms_import_mock.snapshot()
    kms.update_key_description(KeyId=key_id, Description="later")
    kms_import_mock.restore(snapshot)
    kms.describe_key(KeyId=key_id)
    assert not kms_import_mock.calls[-1].faults


def test_a_deletion_is_not_lost_while_a_read_is_stale(kms, kms_import_mock):
    """The old news are gone with the KMS key."""
    key_id = kms_import_mock.import_key().id
    kms_import_mock.inject(StaleRead())
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    kms.describe_key(KeyId=key_id)
    kms_import_mock.clock.advance(days=8)
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId=key_id)


def test_changing_operations_are_those_that_change(kms, kms_import_mock):
    """They are operations that there are, about a KMS key."""
    assert all(operation.takes == "key" for name, operation in OPERATIONS.items() if operation.traits.changes)


def test_a_key_that_nobody_knows_yet(kms, kms_import_mock, make_key):
    """AWS's own text, and nothing done."""
    key_id = make_key()
    kms_import_mock.inject(NotYetVisible(), on="GetParametersForImport", times=1)
    parameters = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    with refused("NotFoundException", f"Key '{kms_import_mock.key(key_id).arn}' does not exist"):
        kms.get_parameters_for_import(KeyId=key_id, **parameters)
    assert kms.get_parameters_for_import(KeyId=key_id, **parameters)["ImportToken"]


# Late answers


def test_a_late_answer_moves_the_clock(kms, kms_import_mock):
    """The mock's, by as much; it takes no time."""
    kms_import_mock.inject(Slow(30), on="ListKeys")
    before, start = kms_import_mock.clock.freeze(), time.monotonic()
    kms.list_keys()
    assert kms_import_mock.clock.now() - before == timedelta(seconds=30)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(("seconds", "times_out"), [(4.9, False), (5, True), (5.1, True)])
def test_a_client_does_not_wait_longer_than_its_read_timeout(kms_import_mock, seconds, times_out):
    """It times out after that, at each attempt, although the call took effect."""
    kms = kms_import_mock.client(config=Config(read_timeout=5, retries={"mode": "standard"}))
    kms_import_mock.inject(Slow(seconds), on="CreateKey")
    before = kms_import_mock.clock.freeze()
    if times_out:
        with pytest.raises(ReadTimeoutError):
            kms.create_key()
    else:
        kms.create_key()
    attempts = 3 if times_out else 1
    assert kms_import_mock.clock.now() - before == timedelta(seconds=min(seconds, 5) * attempts)
    assert len(kms.list_keys()["Keys"]) == attempts


def test_a_late_answer_can_take_its_time(kms, kms_import_mock):
    """Where that is asked for; a frozen clock stands still."""
    kms_import_mock.inject(Slow(0.05, really=True), on="ListKeys")
    before, start = kms_import_mock.clock.freeze(), time.monotonic()
    kms.list_keys()
    assert time.monotonic() - start >= 0.05
    assert kms_import_mock.clock.now() == before


# Lost answers, and what the journal makes of all that


@pytest.mark.parametrize(
    "seen", [ReadTimeout(), faults.ConnectionReset(), faults.HtmlAnswer(), Refusal("ServiceUnavailable")]
)
def test_a_lost_answer_took_effect(kms_import_mock, seen):
    """Whatever the client sees in its place."""
    kms = kms_import_mock.client(config=Config(retries={"mode": "standard", "total_max_attempts": 1}))
    kms_import_mock.inject(AnswerLost(seen), on="CreateKey", times=1)
    with pytest.raises(faults.Case("CreateKey", seen).expect(kms).exception):
        kms.create_key()
    record = kms_import_mock.calls[-1]
    assert (record.effects, record.attempts, record.response) == (1, 1, None)
    assert record.error is not None
    assert len(kms.list_keys()["Keys"]) == 1


def test_the_journal_tells_what_became_of_an_attempt(kms, kms_import_mock, make_key):
    """The last attempt decides about the outcome; faults, effects and states are kept of all."""
    key_id = kms_import_mock.import_key().id
    kms_import_mock.inject([AnswerLost(), faults.HtmlAnswer()], on="DisableKey")
    kms.disable_key(KeyId=key_id)
    record = kms_import_mock.calls[-1]
    assert (record.error, record.attempts, record.effects) == (None, 3, 2)
    assert (record.key_state_before, record.key_state_after) == ("Enabled", "Disabled")
    assert record.faults == (AnswerLost(), faults.HtmlAnswer())
    assert repr(record) == f"<DisableKey us-east-1 {key_id}: ok, 3 attempts, struck by answer-lost, html-502>"


def test_a_later_attempt_may_find_nothing_any_more(kms, kms_import_mock):
    """The states are those of the KMS key that the first attempt was about."""
    key = kms_import_mock.import_key()
    kms.create_alias(AliasName="alias/payroll", TargetKeyId=key.id)
    kms_import_mock.inject(AnswerLost(), on="DeleteAlias", times=1)
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.delete_alias(AliasName="alias/payroll")
    record = kms_import_mock.calls[-1]
    assert (record.attempts, record.key_arns) == (2, (key.arn,))
    assert (record.key_state_before, record.key_state_after) == ("Enabled", "Enabled")


def test_a_client_asks_again_although_it_was_answered(kms, kms_import_mock):
    """A handler of its own may let it; the answer of the last attempt counts."""
    kms_import_mock.inject([None, Refusal("InvalidMarkerException")], on="ListKeys")
    kms.meta.events.register_first("needs-retry.kms.ListKeys", lambda attempts, **_: 0 if attempts == 1 else None)
    with pytest.raises(kms.exceptions.InvalidMarkerException):
        kms.list_keys()
    assert (kms_import_mock.calls[-1].attempts, kms_import_mock.calls[-1].response) == (2, None)


def test_an_empty_success_is_no_error(kms, kms_import_mock):
    """Also where an attempt before it was one."""
    kms_import_mock.inject([faults.Refusal("ThrottlingException"), faults.EmptyBody()], on="ListKeys")
    assert set(kms.list_keys()) == {"ResponseMetadata"}
    record = kms_import_mock.calls[-1]
    assert (record.error, record.message, record.attempts, record.effects) == (None, "", 2, 1)


def test_a_refused_answer_can_be_cut_too(kms, kms_import_mock):
    """A body that breaks may be that of a refusal."""
    kms_import_mock.inject(faults.StalledBody(), on="DescribeKey")
    with pytest.raises(ReadTimeoutError):
        kms.describe_key(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab")
    assert kms_import_mock.calls[-1].effects == 0


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Refusal("DisabledException"), "{arn} is disabled."),
        (Refusal("NotFoundException"), "Key '{arn}' does not exist"),
        (Refusal("DisabledException", "because"), "because"),
        (Refusal("InvalidGrantTokenException"), ""),
        (Refusal("KeyUnavailableException"), "{arn} is not available."),
        (
            Refusal("AccessDeniedException"),
            "User: arn:aws:iam::123456789012:root is not authorized to perform: kms:Encrypt on resource: {arn}",
        ),
        (Refusal("ExpiredTokenException"), "The security token included in the request is expired"),
    ],
)
def test_refusals_say_what_aws_says(kms, kms_import_mock, fault, text):
    """With the ARN of the KMS key that the call is about, by whatever it names it."""
    key = kms_import_mock.import_key()
    kms_import_mock.inject(fault, on="Encrypt")
    for name in (key.id, key.arn):
        with refused(fault.code, text.format(arn=key.arn), status=fault.http_status):
            kms.encrypt(KeyId=name, Plaintext=b"x")


def test_a_refusal_with_a_status_of_ones_own(kms, kms_import_mock):
    """On the wire as it was said."""
    kms_import_mock.inject(Refusal("KMSInternalException", "gone", 409), on="ListKeys")
    with refused("KMSInternalException", "gone", status=409):
        kms.list_keys()


def test_a_refusal_about_the_target_of_an_alias(kms, kms_import_mock, make_key):
    """Its text names that KMS key."""
    key_id = make_key()
    kms_import_mock.inject(Refusal("NotFoundException"), on="CreateAlias")
    with refused("NotFoundException", f"Key '{kms_import_mock.key(key_id).arn}' does not exist"):
        kms.create_alias(AliasName="alias/x", TargetKeyId=key_id)


@pytest.mark.parametrize(
    ("fault", "shown", "name"),
    [
        (Refusal("NotFoundException"), "Refusal('NotFoundException')", "NotFoundException"),
        (
            Refusal("NotFoundException", "x", 404),
            "Refusal('NotFoundException', message='x', status=404)",
            "NotFoundException",
        ),
        (ReadTimeout(), "ReadTimeout()", "read-timeout"),
        (faults.HtmlAnswer(), "HtmlAnswer(status=502)", "html-502"),
        (AnswerLost(), "AnswerLost(seen=ReadTimeout())", "answer-lost"),
        (AnswerLost(faults.ConnectionReset()), "AnswerLost(seen=ConnectionReset())", "answer-lost-connection-reset"),
        (Slow(0.5), "Slow(seconds=0.5, really=False)", "slow-0.5s"),
        (meanwhile(faults.disable_key), "meanwhile(disable_key)", "meanwhile-disable_key"),
        (
            meanwhile(faults.disable_key, after=True),
            "meanwhile(disable_key, after=True)",
            "meanwhile-disable_key-after",
        ),
    ],
)
def test_faults_are_values(fault, shown, name):
    """They read well, are equal by content, cannot be changed, and can be kept in a set."""
    assert (repr(fault), fault.id) == (shown, name)
    assert len({fault, replace(fault)}) == 1
    with pytest.raises(AttributeError):
        fault.kind = "other"


# Assertions


def test_an_imported_key(kms_import_mock, make_key, import_material):
    """By key ID, key ARN or alias, and with the very bytes."""
    key_id, material = make_key(), os.urandom(32)
    import_material(key_id, material)
    kms_import_mock.client().create_alias(AliasName="alias/mine", TargetKeyId=key_id)
    for name in (key_id, kms_import_mock.key(key_id).arn, "alias/mine"):
        kms_import_mock.assert_imported(name)
        kms_import_mock.assert_imported(name, material)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda kms, key: kms.delete_imported_key_material(KeyId=key),
            "is PendingImport: its key material was deleted",
        ),
        (lambda kms, key: kms.disable_key(KeyId=key), "has its key material, and is Disabled."),
        (lambda kms, key: kms.schedule_key_deletion(KeyId=key), "and is PendingDeletion."),
    ],
)
def test_a_key_that_is_not_imported(kms, kms_import_mock, spoil, said):
    """The failure says what the KMS key lacks."""
    key_id = kms_import_mock.import_key().id
    spoil(kms, key_id)
    with pytest.raises(AssertionError, match=said):
        kms_import_mock.assert_imported(key_id)


def test_a_key_that_was_never_imported(kms, kms_import_mock, make_key):
    """The failure says so, and why the last import was refused."""
    key_id = make_key()
    with pytest.raises(
        AssertionError, match=r"no key material was ever imported into it\. No ImportKeyMaterial was asked"
    ):
        kms_import_mock.assert_imported(key_id)
    with pytest.raises(kms.exceptions.InvalidImportTokenException):
        kms.import_key_material(
            KeyId=key_id, ImportToken=b"x", EncryptedKeyMaterial=b"y", ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE"
        )
    with pytest.raises(
        AssertionError, match=r"The last ImportKeyMaterial: <.*InvalidImportTokenException>\. .*ImportToken"
    ):
        kms_import_mock.assert_imported(key_id)
    with pytest.raises(AssertionError, match="has the origin AWS_KMS"):
        kms_import_mock.assert_imported(make_key(Origin="AWS_KMS"))


def test_a_key_with_other_key_material(kms_import_mock, import_material):
    """The failure does not show either."""
    key, other = kms_import_mock.import_key(), os.urandom(32)
    with pytest.raises(AssertionError, match="has other current key material: it does not have this"):
        kms_import_mock.assert_imported(key.id, other)
    import_material(key.id, other, ImportType="NEW_KEY_MATERIAL")
    with pytest.raises(AssertionError, match=r"this is key material \w{8}, PENDING_ROTATION"):
        kms_import_mock.assert_imported(key.id, other)

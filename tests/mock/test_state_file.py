"""``mock.save`` and ``mock.load``: the whole state as a file, read by whatever mock, or refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from traceback import TracebackException

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kmsimport import NotOffered, mock_kms_import, wrap_key_material
from pytest_kmsimport._mock import state_file
from pytest_kmsimport.engine.store import Store
from pytest_kmsimport.faults import ConnectionReset, StaleRead

from ..support.fuzz_world import World, fingerprint
from ..support.prepared import OFFERED, prepare
from ..support.refusal import refused
from ..support.secret_forms import forms_in

MATERIAL = bytes(range(100, 132))
OAEP = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
NEVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
#: A file that format 1 was once written as, with all that it can have in it.
OLD = Path(__file__).with_name("state-of-format-1.json")


@pytest.fixture
def path(tmp_path):
    """Where the state is saved."""
    return tmp_path / "state.json"


def ceremony(kms, key_id: str, material: bytes = MATERIAL) -> dict[str, object]:
    """The members of a good import, which is not made yet."""
    parameters = kms.get_parameters_for_import(KeyId=key_id, **OAEP)
    blob = wrap_key_material(parameters["PublicKey"], material, OAEP["WrappingAlgorithm"])
    return {"KeyId": key_id, "ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": blob, **NEVER}


def called(kms, operation: str, request: dict[str, object]) -> dict[str, object]:
    """Call an operation by its name in AWS."""
    methods = {kms.meta.method_to_api_mapping[name]: name for name in kms.meta.method_to_api_mapping}
    answer: dict[str, object] = getattr(kms, methods[operation])(**request)
    return answer


# As if nothing had happened


def answers_to(mock, corpus):
    """What becomes of each request, as if the others had not been: AWS's code, or what a look at a KMS key shows."""
    snapshot = mock.snapshot()
    for request in corpus:
        try:
            answer = called(mock.client(request.region, request.account), request.operation, dict(request.members))
        except ClientError as error:
            yield error.response["Error"]
        except NotOffered as error:
            mock.complaints.clear()
            yield str(error)
        else:
            del answer["ResponseMetadata"]
            looks = request.operation.startswith(("Describe", "List", "Get")) and "ImportToken" not in answer
            yield request.operation, answer if looks else answer.keys()
        mock.restore(snapshot)


@pytest.mark.parametrize("service", ["current", "2022"])
def test_everything_is_carried(path, service):
    """KMS keys of every kind and in every state, with a past: another mock answers as the first does."""
    with mock_kms_import(service=service) as mock:
        mock.clock.freeze()
        corpus = [one for one in World(mock).corpus if "Recipient" not in one.members]  # each mock has its own root
        mock.save(path)
        before, answers = fingerprint(mock), list(answers_to(mock, corpus))
    with mock_kms_import(service=service) as mock:
        mock.load(path)
        assert fingerprint(mock) == before
        assert list(answers_to(mock, corpus)) == answers


@pytest.mark.parametrize("operation", OFFERED)
def test_whatever_is_prepared_can_be_done_after_a_load(path, operation):
    """The request of every operation that was got ready before: ciphertexts, signatures, tokens, grants."""
    with mock_kms_import() as mock:
        request = prepare(mock.client(), mock, operation)
        mock.save(path)
    with mock_kms_import() as mock:
        mock.load(path)
        called(mock.client(), operation, request)


def test_a_ceremony_spans_two_processes(path):
    """The import token and wrapping key of one are good in the next, which has the KMS key and its ciphertexts too."""
    program = f"""
from pytest_kmsimport import mock_kms_import
with mock_kms_import() as mock:
    kms = mock.client()
    waiting = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    parameters = kms.get_parameters_for_import(KeyId=waiting, **{OAEP})
    sealed = kms.encrypt(KeyId=mock.import_key({MATERIAL}).id, Plaintext=b"before")["CiphertextBlob"]
    mock.save({str(path)!r})
print([waiting, parameters["ImportToken"], parameters["PublicKey"], sealed])
"""
    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    waiting, token, public_key, sealed = eval(output)  # noqa: S307  of the test's own program
    with mock_kms_import() as mock:
        mock.load(path)
        blob = wrap_key_material(public_key, MATERIAL, OAEP["WrappingAlgorithm"])
        mock.client().import_key_material(KeyId=waiting, ImportToken=token, EncryptedKeyMaterial=blob, **NEVER)
        mock.assert_imported(waiting, MATERIAL)
        assert mock.client().decrypt(CiphertextBlob=sealed)["Plaintext"] == b"before"


def test_files_of_this_format_stay_readable():
    """What was written when the format was made: its ciphertext opens, and its import goes on."""
    expected = json.loads(OLD.with_name("state-of-format-1-expected.json").read_text())
    with mock_kms_import() as mock:
        mock.load(OLD)
        kms = mock.client()
        assert mock.clock.now() == datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
        assert kms.decrypt(CiphertextBlob=bytes.fromhex(expected["ciphertext"]))["Plaintext"] == b"of format 1"
        members = {name: bytes.fromhex(expected[name]) for name in ("ImportToken", "EncryptedKeyMaterial")}
        kms.import_key_material(KeyId=expected["waiting"], **members, **NEVER)
        mock.assert_imported(expected["waiting"], MATERIAL)
        assert [alias["TargetKeyId"] for alias in kms.list_aliases()["Aliases"]] == [expected["key"]]
        assert kms.list_grants(KeyId=expected["key"])["Grants"][0]["Name"] == "old"
        states = {kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in kms.list_keys()["Keys"]}
        assert states == {"Enabled", "PendingDeletion"}
        assert mock.key(expected["multi"], region_name="eu-west-1").state == "PendingImport"


def test_the_clock_comes_along(path):
    """As far from the computer's as it was, or frozen where it was."""
    with mock_kms_import() as mock:
        mock.clock.advance(days=10)
        mock.save(path)
        moment = mock.clock.freeze()
        mock.save(path.with_suffix(".frozen"))
    with mock_kms_import() as mock:
        mock.load(path)
        assert timedelta(0) <= mock.clock.now() - moment < timedelta(minutes=1)
        mock.load(path.with_suffix(".frozen"))
        assert mock.clock.now() == moment


def test_a_load_replaces_what_there_was(path, kms_import_mock, kms):
    """KMS keys that were made since are gone, also from the memory of stale reads; calls and planned faults stay."""
    kept = kms_import_mock.import_key().id
    kms_import_mock.save(path)
    kms_import_mock.inject(StaleRead(), must_strike=False)
    plan = kms_import_mock.inject(ConnectionReset(), on="ListAliases", must_strike=False)
    kms.create_key()
    kms.update_key_description(KeyId=kept, Description="later")
    kms_import_mock.load(path)
    assert [key["KeyId"] for key in kms.list_keys()["Keys"]] == [kept]
    assert kms.describe_key(KeyId=kept)["KeyMetadata"]["Description"] == ""
    assert not kms_import_mock.calls[-1].faults
    assert [call.operation for call in kms_import_mock.calls[:2]] == ["CreateKey", "UpdateKeyDescription"]
    assert plan in kms_import_mock.plans


def test_a_save_changes_nothing(path, kms_import_mock):
    """Whoever saves goes on as before."""
    kms_import_mock.clock.freeze()
    World(kms_import_mock)
    before = fingerprint(kms_import_mock)
    kms_import_mock.save(path)
    assert fingerprint(kms_import_mock) == before


def test_keys_keep_their_region_and_account(path):
    """Whatever the options of the mock are that loads them."""
    with mock_kms_import(region="eu-central-1", account="111122223333") as mock:
        arn = mock.import_key().arn
        mock.save(path)
    with mock_kms_import(region="us-west-2") as mock:
        mock.load(path)
        assert mock.key(arn).arn == arn
        assert mock.client().list_keys()["Keys"] == []


def test_the_options_of_the_mock_that_loads_hold(path):
    """Its quotas, and whether an import token is good for one import: also one from before."""
    with mock_kms_import() as mock:
        kms = mock.client()
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        used = ceremony(kms, key_id)
        kms.import_key_material(**used)
        kms.import_key_material(**used)
        mock.save(path)
    with mock_kms_import(strict_tokens=True, quotas={"keys": 1}) as mock:
        mock.load(path)
        with refused("InvalidImportTokenException"):
            mock.client().import_key_material(**used)
        with pytest.raises(ClientError, match="LimitExceededException"):
            mock.client().create_key()


def test_rsa_keys_are_not_given_twice(path):
    """A mock that goes on for another of its process makes other wrapping keys and key pairs than that one has made."""
    with mock_kms_import() as mock:
        waiting = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        first = mock.client().get_parameters_for_import(KeyId=waiting, **OAEP)["PublicKey"]
        mock.save(path)
    with mock_kms_import() as mock:
        mock.load(path)
        assert mock.client().get_parameters_for_import(KeyId=waiting, **OAEP)["PublicKey"] != first


def test_rsa_keys_of_another_process_are_no_matter(path):
    """What another process's pool has given says nothing of this one's, which gives its first key as ever."""
    with mock_kms_import() as mock:
        waiting = mock.client().create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        mock.save(path)
        first = mock.client().get_parameters_for_import(KeyId=waiting, **OAEP)["PublicKey"]
    rewrite(path, lambda document: document["state"].update(rsa_keys={"pool": "of another", "numbers": {"2048": 9}}))
    with mock_kms_import() as mock:
        mock.load(path)
        assert mock.client().get_parameters_for_import(KeyId=waiting, **OAEP)["PublicKey"] == first


def test_loaded_key_material_must_not_leak_either(path):
    """It is as secret as when it was imported."""
    with mock_kms_import() as mock:
        key_id = mock.import_key(MATERIAL).id
        mock.save(path)
    with mock_kms_import() as mock:
        mock.load(path)
        mock.client().update_key_description(KeyId=key_id, Description=MATERIAL.hex())
        with pytest.raises(AssertionError, match=f"key material of KMS key {key_id} is in the request UpdateKeyDesc"):
            mock.assert_no_leaks()


# The file


def test_the_file_is_json_for_its_owner_alone(path, kms_import_mock):
    """Whatever the umask is, and in the place of one that all could read."""
    path.write_text("what was there")
    path.chmod(0o644)
    umask = os.umask(0)
    try:
        kms_import_mock.save(path)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = json.loads(path.read_text())
    assert (document["pytest-kmsimport"], document["format"]) == ("state", 1)
    assert document["written_by"].count(".") >= 1
    assert list(path.parent.iterdir()) == [path]


def test_a_save_that_fails_leaves_the_file_that_was_there(path, kms_import_mock, monkeypatch):
    """It is replaced when the new one is whole, and until then that is a draft beside it, for its owner alone."""
    kms_import_mock.import_key(MATERIAL)
    path.write_text("what was there")
    drafts = []

    def full(descriptor: int) -> None:
        drafts.append((stat.S_IMODE(os.fstat(descriptor).st_mode), os.listdir(path.parent)))  # noqa: PTH208  names
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left") as caught:
        kms_import_mock.save(path)
    ((mode, names),) = drafts
    assert (mode, len(names)) == (0o600, 2)
    assert list(path.parent.iterdir()) == [path]
    assert path.read_text() == "what was there"
    assert not forms_in(shown(caught.value), MATERIAL)


def test_paths_may_be_texts(path, kms_import_mock):
    """Of either kind."""
    kms_import_mock.save(str(path))
    kms_import_mock.load(str(path))


# What is refused


def shown(error: BaseException) -> str:
    """All that may be seen of an exception: with the locals of its frames, of those that led to it too."""
    seen, waiting, texts = set(), [error], []
    while waiting:
        error = waiting.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            texts += [*TracebackException.from_exception(error, capture_locals=True).format(), repr(vars(error))]
            texts += [repr(getattr(error, "doc", "")), repr(error.args)]
            waiting += [error.__cause__, error.__context__]
    return "".join(texts)


def rewrite(path: Path, change) -> None:
    """Change what a file says, and give it the checksum of that."""
    document = json.loads(path.read_text())
    del document["pytest-kmsimport"], document["sha256"]
    write_content(path, json.dumps(change(document) or document)[1:].encode())


def write_content(path: Path, content: bytes) -> None:
    """Write a file with this behind its first line, and the checksum of it."""
    first_line = path.read_bytes().splitlines()[0]
    digest = json.loads(first_line.removesuffix(b",") + b"}")["sha256"].encode()
    path.write_bytes(first_line.replace(digest, sha256(content).hexdigest().encode()) + b"\n" + content)


@pytest.fixture
def whole(path, kms_import_mock):
    """The bytes of a good file."""
    kms_import_mock.import_key(MATERIAL)
    kms_import_mock.save(path)
    return path.read_bytes()


def refusal_of(mock, path) -> str:
    """What a load is refused with; it changes nothing, and shows no secret however it is looked at."""
    before = fingerprint(mock), mock.clock.snapshot()
    with pytest.raises(ValueError, match=f"^{path} cannot be loaded: .*[.]$") as caught:
        mock.load(path)
    assert (fingerprint(mock), mock.clock.snapshot()) == before
    assert not forms_in(shown(caught.value), MATERIAL)
    return str(caught.value)


@given(data=st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damage_is_refused(path, kms_import_mock, whole, data):
    """A byte that is another, is gone, or is one too many; an end that is missing, or does not end; at any place."""
    place = data.draw(st.one_of(st.integers(0, 150), st.integers(0, len(whole) - 1)))
    more = data.draw(st.binary(min_size=1, max_size=3))
    damaged = data.draw(
        st.sampled_from(
            [
                whole[:place],
                whole[:place] + whole[place + 1 :],
                whole[:place] + more + whole[place:],
                whole[:place] + more + whole[place + len(more) :],
                whole[:place] + bytes([whole[place] ^ 1 << data.draw(st.integers(0, 7))]) + whole[place + 1 :],
                whole + more,
            ]
        )
    )
    path.write_bytes(damaged)
    if damaged != whole:
        assert "damaged" in refusal_of(kms_import_mock, path)


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"{}", b'{"format": 1}', b"a text\n", b"[1, 2]", b"\x80\x04K\x01."], ids=repr
)
def test_what_is_no_state_file_is_refused(path, kms_import_mock, content):
    """JSON or not, empty, or a pickle."""
    path.write_bytes(content)
    assert "it is no file that mock.save() has written" in refusal_of(kms_import_mock, path)


def test_a_newer_format_is_refused(path, kms_import_mock, whole):
    """With the version to read it with."""
    rewrite(path, lambda document: document.update(format=2, written_by="7.0", state="something else"))
    assert "pytest-kmsimport 7.0 has written it in format 2, and this one" in refusal_of(kms_import_mock, path)


def test_what_this_version_does_not_know_is_refused(path, kms_import_mock, whole):
    """A newer version may write more in the same format, and it is not left out in silence."""

    def change(document):
        document["written_by"] = "7.0"
        document["state"]["kms"]["regions"][0]["keys"][0]["fields"]["invented"] = 1

    rewrite(path, change)
    why = refusal_of(kms_import_mock, path)
    assert "Key has no 'invented' to be read" in why
    assert "written by pytest-kmsimport 7.0" in why


@pytest.mark.parametrize(
    "content", [b"", b'"x": 1', b'"format": 1}', b"[" * 100_000, b'"format": 1, "written_by": 1, "state": []}'], ids=len
)
def test_content_that_is_none_is_refused(path, kms_import_mock, whole, content):
    """Though its checksum is right."""
    write_content(path, content)
    refusal_of(kms_import_mock, path)


def test_another_service_is_refused(path, whole):
    """What today's KMS has cannot be in that of 2022."""
    with mock_kms_import(service="2022") as mock:
        assert "it is of a mock with service='current', and this one has '2022'" in refusal_of(mock, path)


@pytest.mark.usefixtures("whole")
def test_an_interrupt_shows_no_secret(path, kms_import_mock, monkeypatch):
    """Where a load is broken off while the content of the file is at hand."""

    def interrupted(self, issued, first_serial):
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "begin_again", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        kms_import_mock.load(path)
    assert not forms_in(shown(caught.value), MATERIAL)


def test_a_file_that_is_not_there_is_the_systems_to_tell(path, kms_import_mock):
    """As for every file."""
    with pytest.raises(FileNotFoundError):
        kms_import_mock.load(path)
    with pytest.raises(FileNotFoundError):
        kms_import_mock.save(path / "below")
    assert state_file.FORMAT == 1


def test_who_calls_stays(kms_import_mock, tmp_path):
    """Principals are the test's, and not in the file: the mock that loads keeps its own."""
    key_id = kms_import_mock.client().create_key()["KeyMetadata"]["KeyId"]
    kms_import_mock.save(tmp_path / "state")
    nobody = kms_import_mock.principal("arn:aws:iam::123456789012:user/Nobody")
    kms_import_mock.load(tmp_path / "state")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        nobody.client().describe_key(KeyId=key_id)

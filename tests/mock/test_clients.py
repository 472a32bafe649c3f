"""``mock.client()``: made from what the process keeps, and nobody can tell."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from threading import Barrier

import boto3
import botocore.session
import pytest
from botocore import handlers
from botocore.hooks import EventAliaser, HierarchicalEmitter
from freezegun import freeze_time

from pytest_kmsimport import mock_kms_import
from pytest_kmsimport._transports import sessions as _sessions
from pytest_kmsimport._wire.model import kms_model
from tests.transports.test_forks import in_a_fork

ENCRYPT = "provide-client-params.kms.Encrypt"  # which has no handlers of botocore's that want arguments


@pytest.fixture
def nothing_kept(monkeypatch):
    """Have the next client be the first of the process."""
    monkeypatch.setattr(_sessions, "_prepared", None)


@pytest.fixture
def emitted(monkeypatch):
    """The names of the events that are emitted, by sessions and clients."""
    names = []

    def noting(emit):
        def emit_noted(self, event_name, **arguments):
            names.append(event_name)
            return emit(self, event_name, **arguments)

        return emit_noted

    for name in ("emit", "emit_until_response"):
        monkeypatch.setattr(HierarchicalEmitter, name, noting(getattr(HierarchicalEmitter, name)))
    return names


def lives(client):
    """Use a client in many ways, so that it emits what such clients do."""
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    client.encrypt(KeyId=key_id, Plaintext=b"secret")
    list(client.get_paginator("list_keys").paginate())
    client.generate_presigned_url("list_keys")
    with pytest.raises(client.exceptions.NotFoundException):
        client.describe_key(KeyId="alias/none")
    with pytest.raises(AttributeError):
        _ = client.no_such_operation
    assert "EncryptionContext" in str(client.encrypt.__doc__)


def found(client, event_name):
    """The functions that an event of a client's reaches, in their order."""
    reached = client.meta.events._emitter._handlers.prefix_search(event_name)
    return [getattr(handler, "__qualname__", type(handler).__qualname__) for handler in reached]


def test_a_client_has_all_handlers_that_other_clients_have(kms_import_mock, emitted):
    """Whatever event a KMS client emits, it reaches the same handlers as that of a session of the user's own."""
    of_the_mock = kms_import_mock.client()
    of_the_user = botocore.session.Session().create_client("kms")
    lives(of_the_user)
    assert {"creating-client-class.kms", "request-created.kms.Encrypt", "getattr.kms.no_such_operation"} <= {*emitted}
    assert any(name.startswith("docs.") for name in emitted)
    for name in set(emitted):
        assert found(of_the_mock, name) == found(of_the_user, name)


def test_no_event_of_a_client_has_another_name(kms_import_mock, emitted):
    """A client does not look for the names that other services once had, and that changes no event's name."""
    client = kms_import_mock.client()
    lives(client)
    assert client.meta.events._event_aliases == {}
    aliaser = EventAliaser(HierarchicalEmitter())
    for name in set(emitted):
        assert aliaser._alias_event_name(name) == name


def test_a_client_keeps_nothing_of_other_services_handlers(kms_import_mock):
    """What only events of other services reach is not copied for every client."""
    client = kms_import_mock.client()
    assert found(client, "before-parameter-build.s3.CopyObject") == found(client, "before-parameter-build.kms.Encrypt")


@pytest.mark.parametrize(
    "place", [(), (handlers.REGISTER_FIRST,), (handlers.REGISTER_LAST,)], ids=["among others", "first", "last"]
)
def test_what_others_add_to_botocores_handlers_is_there(kms_import_mock, monkeypatch, place):
    """A library such as moto gets its handlers into clients that are made from then on, and out of those after it."""

    def added(**_):
        """Do nothing."""

    name = "request-created"  # which has one of botocore's already
    before = found(kms_import_mock.client(), name)
    with monkeypatch.context() as patch:
        patch.setattr(handlers, "BUILTIN_HANDLERS", [(name, added, *place), *handlers.BUILTIN_HANDLERS])
        meanwhile = found(kms_import_mock.client(), name)
        assert len(meanwhile) == len(before) + 1
        assert meanwhile == found(botocore.session.Session().create_client("kms"), name)
    assert found(kms_import_mock.client(), name) == before


@pytest.mark.parametrize("register", ["register", "register_first", "register_last"])
def test_handlers_of_a_client_are_its_own(kms_import_mock, register):
    """What is registered on one client reaches none that was made before or after, nor a session of the user's."""
    earlier, client = kms_import_mock.client(), kms_import_mock.client()
    seen = []
    getattr(client.meta.events, register)(ENCRYPT, lambda **_: seen.append(1))
    others = [earlier, kms_import_mock.client(), botocore.session.Session().create_client("kms")]
    for other in others:
        other.meta.events.emit(ENCRYPT)
    assert not seen
    client.meta.events.emit(ENCRYPT)
    assert seen


def test_handlers_that_a_client_loses_are_its_own(kms_import_mock):
    """What is taken off one client stays with those that are made after it."""
    name, handler = next(spec[:2] for spec in handlers.BUILTIN_HANDLERS if spec[0] == "before-call")
    client = kms_import_mock.client()
    before = found(client, name)
    client.meta.events.unregister(name, handler)
    assert found(client, name) != before
    assert found(kms_import_mock.client(), name) == before


def test_handlers_of_a_session_of_the_users_stay_there(kms_import_mock):
    """What is registered on a session reaches no client of the mock's, whichever was made first."""
    seen = []
    for _ in range(2):
        session = botocore.session.Session()
        session.register(ENCRYPT, lambda **_: seen.append(1))
        boto3.Session(botocore_session=session).events.register(ENCRYPT, lambda **_: seen.append(1))
        kms_import_mock.client().meta.events.emit(ENCRYPT)
    assert not seen


#: A variable, its value, and what that is to a client.
VARIABLES = [
    ("AWS_RETRY_MODE", "adaptive", lambda client: client.meta.config.retries["mode"] == "adaptive"),
    ("AWS_MAX_ATTEMPTS", "7", lambda client: client.meta.config.retries.get("total_max_attempts") == 7),
    ("AWS_ENDPOINT_URL_KMS", "http://localhost:1", lambda client: client.meta.endpoint_url == "http://localhost:1"),
    ("AWS_SDK_UA_APP_ID", "shop", lambda client: client.meta.config.user_agent_appid == "shop"),
    ("AWS_USE_FIPS_ENDPOINT", "true", lambda client: "kms-fips" in client.meta.endpoint_url),
    ("AWS_EXECUTION_ENV", "lambda", lambda client: "lambda" in client.meta.config.user_agent),
]


@pytest.mark.parametrize(("name", "value", "shows"), VARIABLES, ids=[name for name, *_ in VARIABLES])
def test_the_environment_is_read_for_each_client(kms_import_mock, monkeypatch, name, value, shows):
    """A variable that a test sets is seen by clients from then on, and by none when it is put back."""
    seen = [shows(kms_import_mock.client())]
    monkeypatch.setenv(name, value)
    seen.append(shows(kms_import_mock.client()))
    monkeypatch.undo()
    seen.append(shows(kms_import_mock.client()))
    assert seen == [False, True, False]


def test_the_configuration_file_is_read_for_each_client(kms_import_mock, monkeypatch, tmp_path):
    """A configuration file that a test names, or writes anew, is what the next client goes by."""
    config = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    modes = []
    for mode in ("adaptive", "standard"):
        config.write_text(f"[default]\nretry_mode = {mode}\n")
        modes.append(kms_import_mock.client().meta.config.retries["mode"])
    assert modes == ["adaptive", "standard"]


def test_the_profile_of_the_environment_is_read_for_each_client(monkeypatch, tmp_path):
    """A profile that a test chooses within the mock is the next client's, and no later one's."""
    config = tmp_path / "config"
    config.write_text("[profile patient]\nmax_attempts = 9\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with mock_kms_import() as mock:
        attempts = []
        for profile in (None, "patient", None):
            with monkeypatch.context() as patch:
                if profile:
                    patch.setenv("AWS_PROFILE", profile)
                attempts.append(mock.client().meta.config.retries.get("total_max_attempts"))
    assert attempts[1] == 9 != attempts[0] == attempts[2]


def test_clients_go_by_botocores_own_model(kms_import_mock, monkeypatch, tmp_path):
    """AWS_DATA_PATH, which may lead to models of other versions, changes nothing about a client of the mock's."""
    model = tmp_path / "kms" / "2014-11-01"
    model.mkdir(parents=True)
    (model / "service-2.json").write_text("{}")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert kms_import_mock.client().list_keys()["Keys"] == []
    assert "ImportKeyMaterial" in kms_model.__wrapped__().operation_names


def test_the_first_clients_of_a_process_may_be_made_by_many_threads(kms_import_mock, nothing_kept):
    """Threads that make the first clients at the same moment all get whole ones, and each its own."""
    threads = 8
    together = Barrier(threads)

    def make(_):
        together.wait()
        client = kms_import_mock.client()
        client.meta.events.register(ENCRYPT, lambda **_: None)
        client.create_key()
        return found(client, ENCRYPT)

    with ThreadPoolExecutor(threads) as pool:
        reached = list(pool.map(make, range(threads)))
    assert len(kms_import_mock.calls) == threads
    assert all(names == reached[0] for names in reached)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this computer forks no processes")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("first", [True, False], ids=["the first", "a later one"])
def test_a_fork_makes_clients(kms_import_mock, nothing_kept, first):
    """A process that is forked off makes a client, whether one was made before or not."""
    if not first:
        kms_import_mock.client()
    assert in_a_fork(lambda: kms_import_mock.client().create_key())


def test_a_client_that_was_the_first_while_time_stood_still(kms_import_mock, nothing_kept):
    """What is kept for later clients has no frozen time in it."""
    with freeze_time("2031-01-01"):
        kms_import_mock.client()
    client = kms_import_mock.client()
    url = client.generate_presigned_url("list_keys")
    signed = datetime.strptime(url.split("X-Amz-Date=")[1][:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert abs(datetime.now(timezone.utc) - signed) < timedelta(minutes=5)


def test_what_is_kept_is_no_emitter_of_any_client(kms_import_mock):
    """Nobody gets hold of what later clients are copied from."""
    client = kms_import_mock.client()
    assert isinstance(client.meta.events, EventAliaser)
    assert client.meta.events._emitter is not _sessions._prepared.emitter

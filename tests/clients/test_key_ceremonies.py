"""Key ceremonies of other clients than botocore's: the examples in other languages, at a server."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from pytest_kmsimport import faults

from ..support.controlling import control
from ..support.programs import CLIENTS, run

ELSEWHERE = {
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_PROFILE": "nobody",
    "AWS_SESSION_TOKEN": "x",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
}
CONFIGURED_ELSEWHERE = """
[default]
ignore_configured_endpoint_urls = true
use_fips_endpoint = true
use_dualstack_endpoint = true
region = eu-west-3
role_arn = arn:aws:iam::111122223333:role/elsewhere
credential_source = Ec2InstanceMetadata
services = elsewhere

[services elsewhere]
kms =
    endpoint_url = http://127.0.0.1:1
"""


@pytest.fixture(autouse=True)
def without_configuration(tmp_path, monkeypatch):
    """No client reads what the one who runs the tests has configured."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture(params=CLIENTS.values(), ids=CLIENTS)
def client(request):
    """A client that is installed."""
    return request.param.where_installed()


@pytest.fixture
def material(tmp_path):
    """A file with key material."""
    path = tmp_path / "material.bin"
    path.write_bytes(os.urandom(32))
    return path


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_key_ceremony(kms_import_mock, client, material, tls):
    """A KMS key is made and has the key material; with TLS, for those alone who are told whom to trust."""
    with kms_import_mock.serve(tls=tls) as server:
        ended = run([*client.importer, str(material)], server.environ)
        assert ended.returncode == 0, ended.stderr
        if tls:
            nobody = {name: value for name, value in server.environ.items() if value != server.ca_bundle}
            ended_early = run([*client.importer, str(material)], {**nobody, "AWS_MAX_ATTEMPTS": "1"})
            assert ended_early.returncode != 0
            assert "certificate" in ended_early.stderr
    kms_import_mock.assert_imported(ended.stdout.strip(), material.read_bytes())
    ceremony = [record.operation for record in kms_import_mock.calls]
    assert ceremony == ["CreateKey", "GetParametersForImport", "ImportKeyMaterial"]


def test_a_refusal(kms_import_mock, kms_import_server, client, material):
    """The client is told AWS's code and text, and the test why that is so."""
    key = kms_import_mock.import_key()
    ended = run([*client.importer, str(material), key.id], kms_import_server.environ)
    assert ended.returncode != 0
    assert "IncorrectKeyMaterialException" in ended.stderr
    record = kms_import_mock.calls[-1]
    assert record.error == "IncorrectKeyMaterialException"
    assert record.message in ended.stderr


def test_a_file_that_is_no_key_material(kms_import_mock, kms_import_server, client, material):
    """A final newline, most often: the example says so before there is a KMS key that waits for ever."""
    with material.open("ab") as file:
        file.write(b"\n")
    ended = run([*client.importer, str(material)], kms_import_server.environ)
    assert (ended.returncode, len(kms_import_mock.calls)) == (1, 0)
    assert "is no file of 32 bytes" in ended.stderr


def test_a_lost_answer(kms_import_mock, kms_import_server, client, material, make_key):
    """The key material has arrived all the same, and who tries again hears of that."""
    key_id = make_key()
    kms_import_mock.inject(faults.AnswerLost(faults.ConnectionClosed()), on="ImportKeyMaterial", times=1)
    ended = run([*client.importer, str(material), key_id], kms_import_server.environ)
    assert (ended.returncode == 0) == client.tries_again, ended.stderr
    assert kms_import_mock.calls[-1].effects == (2 if client.tries_again else 1)
    kms_import_mock.assert_imported(key_id, material.read_bytes())


def test_an_answer_without_a_body(kms_import_mock, kms_import_server, client, material):
    """None of the clients takes that for an error of CreateKey, so the example has to."""
    kms_import_mock.inject(faults.EmptyBody(), on="CreateKey")
    ended = run([*client.importer, str(material)], kms_import_server.environ)
    assert ended.returncode == 1
    assert "a KMS key may have been made" in ended.stderr
    assert [(record.operation, record.effects) for record in kms_import_mock.calls] == [("CreateKey", 1)]


def test_key_material_expires_by_the_clock(kms_import_mock, kms_import_server, client, material, make_key):
    """Which is moved by HTTP; and is imported once more."""
    environ, members = kms_import_server.environ, {"KeyId": make_key(), "KeySpec": "AES_256"}
    for _ in range(2):
        valid_to = kms_import_mock.clock.now() + timedelta(hours=12)
        ended = run([*client.importer, str(material), members["KeyId"], client.written(valid_to)], environ)
        assert ended.returncode == 0, ended.stderr
        assert client.ask(environ, "GenerateDataKey", members) is None
        control(kms_import_server.url, "POST", "clock", {"advance": {"hours": 13}})
    assert client.ask(environ, "GenerateDataKey", members) == "KMSInvalidStateException"


def test_an_environment_that_leads_elsewhere(kms_import_mock, kms_import_server, client, tmp_path, monkeypatch):
    """Whatever variables and configuration say, a client with ``server.environ`` lands on the server."""
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "config").write_text(CONFIGURED_ELSEWHERE)
    assert client.ask(kms_import_server.environ, "ListKeys", {}) is None
    assert kms_import_mock.calls[0].region == kms_import_mock.region


@pytest.mark.parametrize(("name", "variable"), [("aws-cli", "AWS_DEFAULT_REGION"), ("javascript", "AWS_REGION")])
def test_each_has_its_own_variable_for_the_region(kms_import_mock, kms_import_server, name, variable):
    """So both are in ``server.environ``; without its own, a client asks nobody."""
    environ = {name: value for name, value in kms_import_server.environ.items() if name != variable}
    assert CLIENTS[name].where_installed().ask(environ, "ListKeys", {}) is not None
    assert not kms_import_mock.calls

"""Child processes of a test under a mock: nobody answers them, and nothing of them leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from pytest_kmsimport import mock_kms_import

NOWHERE = "https://127.0.0.1:1/kms-is-mocked-in-the-parent-process-alone"
NAMES = ("AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
SCRIPT = """
import boto3
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
try:
    boto3.client("kms", "us-east-1", config=Config(retries={"total_max_attempts": 1})).list_keys()
except EndpointConnectionError as error:
    print(error)
"""


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch, tmp_path):
    """No endpoint is configured on this computer but by the test, and children have credentials to sign with."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anybody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def ask_kms():
    """Ask KMS once, and give what the client says of it."""
    kms = boto3.client("kms", "us-east-1", config=Config(retries={"total_max_attempts": 1}))
    try:
        kms.list_keys()
    except EndpointConnectionError as error:
        return str(error)
    return "answered"


def run(**options):
    """A program of its own."""
    arguments = [sys.executable, "-c", SCRIPT]
    return subprocess.run(arguments, check=True, capture_output=True, text=True, **options).stdout


def run_with_the_environment():
    """A program that is given the environment with something more in it."""
    return run(env={**os.environ, "MORE": "x"})


def spawn():
    """A process of multiprocessing that begins anew."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(ask_kms)


def shell():
    """A program of a shell."""
    with os.popen(f"{sys.executable} -c '{SCRIPT}'".replace('"', '\\"').replace("'", '"')) as output:  # noqa: S605
        return output.read()


@pytest.mark.parametrize("start", [run, run_with_the_environment, spawn, shell], ids=lambda start: start.__name__)
def test_a_child_is_sent_nowhere(kms_import_mock, start):
    """However a child comes by its environment, its KMS is a port at which nobody listens, and it is told why."""
    assert f'Could not connect to the endpoint URL: "{NOWHERE}' in start()
    assert not kms_import_mock.calls


@pytest.mark.parametrize("how", ["endpoint", "ignored", "ignored by file", "real AWS allowed"])
def test_a_child_is_sent_nowhere_whatever_is_configured(monkeypatch, tmp_path, how):
    """Whatever the environment or a file says about endpoints, a child's KMS is nowhere."""
    if how == "endpoint":
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:2")
    if how == "ignored":
        monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    if how == "ignored by file":
        Path(tmp_path, "config").write_text("[default]\nignore_configured_endpoint_urls = true\n")
    with mock_kms_import(allow_real_aws=how == "real AWS allowed"):
        assert NOWHERE in run()


def test_a_child_may_have_a_mock_of_its_own(kms_import_mock):
    """In it KMS is answered, and endpoints are as ever."""
    script = """
import boto3
from pytest_kmsimport import mock_kms_import
with mock_kms_import() as mock:
    kms = boto3.client("kms")
    kms.list_keys()
    print(kms.meta.endpoint_url, len(mock.calls))
"""
    child = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert child.stdout == "https://kms.us-east-1.amazonaws.com 1\n"


# This process


def test_endpoints_are_what_they_are_without_a_mock(kms_import_mock):
    """Clients that are built under a mock have AWS's endpoint, in URLs that they presign as well."""
    kms = boto3.client("kms")
    assert kms.meta.endpoint_url == "https://kms.us-east-1.amazonaws.com"
    assert kms.generate_presigned_url("list_keys").startswith("https://kms.us-east-1.amazonaws.com/?")


CONFIGURED = {
    "for KMS": ({"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:2"}, "", "http://127.0.0.1:2"),
    "for all": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:2"}, "", "http://127.0.0.1:2"),
    "by file": ({}, "endpoint_url = http://127.0.0.1:2", "http://127.0.0.1:2"),
    "ignored": (
        {"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        "",
        "https://kms.us-east-1.amazonaws.com",
    ),
    "ignored by file": (
        {"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:2"},
        "ignore_configured_endpoint_urls = true",
        "https://kms.us-east-1.amazonaws.com",
    ),
}


@pytest.mark.parametrize("when", ["before", "while"])
@pytest.mark.parametrize("configured", CONFIGURED)
def test_endpoints_can_be_configured(monkeypatch, tmp_path, configured, when):
    """What is configured, before the mock or while it is active, is heeded as without it; the mock answers anyway."""
    variables, line, expected = CONFIGURED[configured]
    Path(tmp_path, "config").write_text(f"[default]\n{line}\n")
    if when == "before":
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
    with mock_kms_import(), mock_kms_import(region="us-east-1") as mock, pytest.MonkeyPatch.context() as within:
        if when == "while":
            for name, value in variables.items():
                within.setenv(name, value)
        kms = boto3.Session().client("kms")  # boto3's default session has read the file of another test
        assert kms.meta.endpoint_url == expected
        kms.list_keys()
        assert len(mock.calls) == 1


def test_a_client_of_a_mock_that_has_ended_has_its_endpoint():
    """It is not left with the one that is for children."""
    with mock_kms_import():
        kms = boto3.client("kms")
    assert kms.meta.endpoint_url == boto3.client("kms", "us-east-1").meta.endpoint_url

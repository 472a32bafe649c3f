"""The environment while a mock is active, and after it."""

from __future__ import annotations

import os
from unittest.mock import patch

import boto3
import botocore.session
import moto  # noqa: F401  loaded once, and not again for every run within this process
import pytest

from pytest_kmsimport import KmsImportMock, mock_kms_import  # noqa: F401  as above

#: Every variable that could lead a client to credentials, a Region or a profile.
VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "NO_PROXY",
    "no_proxy",
)


@pytest.fixture(autouse=True)
def nothing_leaks():
    """Put the whole environment back after each test, whatever the mock has done to it."""
    with patch.dict(os.environ):
        yield


@pytest.fixture(params=[None, "", "mine"], ids=["absent", "empty", "set"])
def environment(request):
    """All those variables absent, empty, or set; gives the whole environment as it is then."""
    for name in VARIABLES:
        os.environ.pop(name, None)
        if request.param is not None:
            os.environ[name] = request.param
    return everything()


def everything():
    """The whole environment, but for what pytest itself keeps changing."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@pytest.mark.parametrize("options", [{}, {"region": "eu-west-3"}, {"allow_real_aws": True}, {"serve": True}], ids=str)
def test_the_environment_is_restored_exactly(environment, options):
    """What was set is set again, an empty variable is empty again, and an absent one absent."""
    with mock_kms_import(**options):
        pass
    assert everything() == environment


def test_the_environment_is_restored_after_an_exception(environment):
    """An exception that ends the mock changes nothing about that."""
    with pytest.raises(ZeroDivisionError), mock_kms_import():
        raise ZeroDivisionError
    assert everything() == environment


def test_the_environment_is_restored_after_nested_mocks(environment):
    """Mocks of different Regions, one in the other, leave the environment as the outer one found it."""
    with mock_kms_import(region="eu-west-3"), mock_kms_import(region="eu-west-1"):
        pass
    assert everything() == environment


def test_the_environment_is_restored_after_mocks_that_end_out_of_order(environment):
    """It is the last mock that ends, not the first that began, after which the environment is as before."""
    first, second = mock_kms_import(region="eu-west-3"), mock_kms_import(region="eu-west-1")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert everything() == environment


def test_the_inner_mock_keeps_its_region_when_the_outer_one_ends_first():
    """A client that names no Region is in that of the mock that answers it."""
    first, second = mock_kms_import(region="eu-west-3"), mock_kms_import(region="eu-west-1")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    try:
        assert boto3.Session().region_name == "eu-west-1"
    finally:
        second.__exit__(None, None, None)


def test_the_outer_region_is_back_when_the_inner_mock_ends():
    """After a nested mock, clients that name no Region are in the outer mock's again."""
    with mock_kms_import(region="eu-west-3"):
        with mock_kms_import(region="eu-west-1"):
            pass
        assert boto3.Session().region_name == "eu-west-3"


# What others put back after the mock has ended

LATE = """
import os, pytest, unittest
from unittest.mock import patch
from moto import mock_aws
from pytest_kmsimport import mock_kms_import

CHANGED = {"AWS_DEFAULT_REGION": "sa-east-1", "AWS_SESSION_TOKEN": "x", "AWS_ENDPOINT_URL_KMS": "http://localhost:1"}

def change(monkeypatch):
    for name, value in CHANGED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

def in_their_order(first, second):
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)

"""
#: Tests in which what was changed within a mock is restored after the mock has ended.
ORDERS = {
    "fixture": """
def test_a(monkeypatch, kms_import_mock):
    change(monkeypatch)
""",
    "marker": """
@pytest.mark.kms_import(region="eu-west-3")
def test_a(monkeypatch, kms_import_mock):
    change(monkeypatch)
""",
    "decorator": """
@mock_kms_import
def test_a(monkeypatch):
    change(monkeypatch)
""",
    "context manager": """
def test_a(monkeypatch):
    with mock_kms_import():
        change(monkeypatch)
""",
    "failing test": """
@pytest.mark.xfail
def test_a(monkeypatch, kms_import_mock):
    change(monkeypatch)
    assert 0
""",
    "nested": """
def test_a(monkeypatch, kms_import_mock):
    with mock_kms_import(region="eu-west-3"):
        change(monkeypatch)
""",
    "nested twice": """
def test_a(monkeypatch, kms_import_mock):
    change(monkeypatch)
    with mock_kms_import(region="eu-west-3"):
        change(monkeypatch)
""",
    "within a longer one": """
@pytest.fixture(scope="module", autouse=True)
def longer():
    with mock_kms_import(region="eu-west-3"):
        yield

def test_a(monkeypatch, kms_import_mock):
    change(monkeypatch)

def test_b():
    assert (os.environ["AWS_DEFAULT_REGION"], os.environ["AWS_ACCESS_KEY_ID"]) == ("eu-west-3", "testing")
""",
    "patch.dict": """
def test_a():
    in_their_order(mock_kms_import(), patch.dict(os.environ, CHANGED))
""",
    "mock_aws": """
def test_a():
    mock, other = mock_kms_import(), mock_aws()
    mock.__enter__()
    other.start()
    mock.__exit__(None, None, None)
    other.stop()
""",
    "unittest": """
class TestA(unittest.TestCase):
    def setUp(self):
        self.mock, self.patched = mock_kms_import(), patch.dict(os.environ, CHANGED)
        self.mock.__enter__()
        self.patched.start()

    def tearDown(self):
        self.mock.__exit__(None, None, None)
        self.patched.stop()

    def test_a(self):
        pass
""",
}


@pytest.mark.parametrize("order", ORDERS)
def test_what_comes_back_of_a_mock_that_has_ended_is_put_right(pytester, environment, order):
    """Whoever has changed a variable within a mock, and restores what he found when it has ended, does no harm."""
    pytester.makepyfile(LATE + ORDERS[order])
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-W", "error")
    assert result.ret == 0
    assert everything() == environment


def test_what_a_test_has_set_for_good_stays(pytester, environment):
    """A variable that is set after the mock has ended, to whatever value, is not taken for the mock's."""
    pytester.makepyfile(
        """
        import os

        def test_a(kms_import_mock):
            pass

        def test_b():
            os.environ["AWS_ACCESS_KEY_ID"] = "testing"

        def test_c():
            assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
        """
    )
    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("environment_region", "option", "expected"),
    [
        (None, None, "us-east-1"),
        ("", None, "us-east-1"),
        ("ap-south-1", None, "ap-south-1"),
        ("ap-south-1", "eu-west-3", "eu-west-3"),
    ],
)
def test_the_region_of_clients_that_name_none(monkeypatch, environment_region, option, expected):
    """It is the option's, else that of AWS_DEFAULT_REGION, else us-east-1."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    if environment_region is not None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", environment_region)
    with mock_kms_import(region=option) as mock:
        assert (boto3.Session().region_name, mock.region) == (expected, expected)


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_a_profile_of_the_environment_is_not_needed(monkeypatch, tmp_path, name):
    """A profile that does not exist on this computer does not keep clients from being built."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv(name, "corporate")
    with mock_kms_import():
        assert botocore.session.Session().create_client("kms").list_keys()["Keys"] == []


def test_credentials_of_the_environment_are_not_used(monkeypatch):
    """The user's own access key is out of the way, so that nothing could be signed with it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111122223333")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    with mock_kms_import():
        credentials = boto3.Session().get_credentials()
        assert credentials.access_key != "111122223333"
        assert credentials.token is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/credentials"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/importer"),
    ],
)
def test_credential_providers_of_the_environment_are_out_of_the_way(monkeypatch, name, value):
    """Variables that would send a client to the network for credentials are not there while a mock is active."""
    monkeypatch.setenv(name, value)
    with mock_kms_import():
        assert name not in os.environ


def test_credentials_stay_where_real_aws_is_allowed(monkeypatch):
    """With ``allow_real_aws`` the user's own access key goes on to sign calls of other services."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with mock_kms_import(allow_real_aws=True):
        assert boto3.Session().get_credentials().access_key == "AKIAIOSFODNN7EXAMPLE"

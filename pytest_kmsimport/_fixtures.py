"""The fixtures, and what markers and ini options say for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from ._mock.mock import KmsImportMock
    from ._mock.options import Options
    from ._mock.server import Server
    from .faults import Case

MARKER = "kms_import"
FAULT_MARKER = "kms_fault"
FIXTURE = "kms_import_mock"
FAULT_FIXTURE = "kms_fault"
SESSION_FIXTURE = "kms_import_session_mock"
#: What has every test with the mock of the session begin where its fixtures of wider scope have left that.
RESTORING_FIXTURE = "_kms_import_session_restored"
MOCK_OF_FIXTURE = pytest.StashKey["KmsImportMock"]()
_TWO_MOCKS = (
    f"This test has {SESSION_FIXTURE}, and asks for {FIXTURE} too, which would answer in its place: so do"
    f" kms_import_client, kms_import_server, kms_fault and the markers {MARKER} and {FAULT_MARKER}. Take one:"
    f" {SESSION_FIXTURE}.client(), .serve() and .inject(...), with options in the ini file; or {FIXTURE} alone."
)
WRITE_CASES = (
    "write @pytest.mark.parametrize('kms_fault', faults.catalogue('ImportKeyMaterial'), indirect=True),"
    " or [faults.Case('Encrypt', faults.ReadTimeout())] for cases of your own."
)

#: ini option, without its prefix -> pytest's type of it, and what it is for.
INI = {
    "region": ("string", "Region of clients that name none"),
    "account": ("string", "12-digit account of clients whose access key names none"),
    "principal": ("string", "ARN of who calls with an access key that is nobody's"),
    "policies": ("paths", "files with the identity-based policies of that principal"),
    "service": ("string", "generation of AWS KMS: current or 2022"),
    "strict_tokens": ("bool", "refuse a second successful import with the same import token"),
    "allow_real_aws": ("bool", "let calls of other services through to real AWS"),
    "sign_requests": ("bool", "sign requests of KMS although they never leave"),
    "sleep_on_retry": ("bool", "let botocore really wait before it tries again"),
    "faults_must_strike": ("bool", "fail a test when a planned fault never struck"),
    "check_leaks": ("bool", "fail a test when a secret is found in its logs, its output or a request"),
    "integrated_services": (
        "bool",
        "have S3, Secrets Manager, SSM, SQS and SNS of moto need the KMS keys, EventBridge and CloudWatch hear of them",
    ),
    "serve": ("bool", "have child processes find the mock, at a port of this computer"),
    "background_seconds": ("string", "how long AWS works on after it has answered"),
    "grants_spread_seconds": ("string", "how long a grant takes until it is known without its grant token"),
    "journal_size": ("string", "how many calls mock.calls keeps"),
    "quotas": ("linelist", "AWS's limits, lowered, one a line, such as: aliases_per_key = 2"),
    "reserved_tags": ("string", "whose tags choose key IDs: localstack or floci"),
    "seed": ("string", "number from which all follows that the mock draws at random, the same from run to run"),
}


@pytest.fixture
def kms_import_mock(request: pytest.FixtureRequest) -> Iterator[KmsImportMock]:
    """An active, empty mock of AWS KMS for one test; options come from the marker ``kms_import`` and the ini file."""
    if SESSION_FIXTURE in request.fixturenames:
        misused(_TWO_MOCKS)
    from ._mock.mock import KmsImportMock  # noqa: PLC0415  not before it is asked for

    mock = request.node.stash[MOCK_OF_FIXTURE] = KmsImportMock(_options(request))
    for marker in reversed(list(request.node.iter_markers(FAULT_MARKER))):
        _plan(mock, marker)
    yield from _running(mock)


@pytest.fixture(scope="session")
def kms_import_session_mock(request: pytest.FixtureRequest) -> Iterator[KmsImportMock]:
    """An active mock of AWS KMS for all tests that ask for it; options come from the ini file.

    What fixtures of wider scope than a test's do in it stays; each test begins there, and what it does is undone.
    """
    from ._mock.mock import KmsImportMock  # noqa: PLC0415  not before it is asked for

    yield from _running(KmsImportMock(_options(request)))


def _running(mock: KmsImportMock) -> Iterator[KmsImportMock]:
    """Have a mock answer while somebody has it, and say at the end what it has to complain of."""
    mock.start()
    try:
        yield mock
    finally:
        mock.stop()
    mock.complaints.raise_first()


@pytest.fixture
def _kms_import_session_restored(kms_import_session_mock: KmsImportMock) -> Iterator[None]:
    """Have what one test does in the mock of the session undone at its end; the plugin asks for it."""
    kms_import_session_mock.at_rest = False
    try:
        with kms_import_session_mock.restoring():
            yield
    finally:
        kms_import_session_mock.at_rest = True


def _plan(mock: KmsImportMock, marker: pytest.Mark) -> None:
    try:
        mock.inject(*marker.args, **marker.kwargs)
    except (TypeError, ValueError) as error:
        misuse = str(error)
    else:
        return
    misused(f"@pytest.mark.{FAULT_MARKER}: {misuse}")


@pytest.fixture
def kms_fault(request: pytest.FixtureRequest, kms_import_mock: KmsImportMock) -> Case:
    """The case of a fault that the test is parametrized with, planned; ``faults.catalogue`` makes such cases."""
    from dataclasses import replace  # noqa: PLC0415  not before it is asked for

    from .faults import Case  # noqa: PLC0415

    case = getattr(request, "param", None)
    if not isinstance(case, Case):
        misused(f"kms_fault takes cases: {WRITE_CASES}")
    return replace(case, plan=kms_import_mock.inject(case.fault, case.operation, times=case.times))


@pytest.fixture
def kms_import_client(kms_import_mock: KmsImportMock) -> BaseClient:
    """A botocore KMS client of the mock's own account and Region."""
    return kms_import_mock.client()


@pytest.fixture
def kms_import_async_client(request: pytest.FixtureRequest, kms_import_mock: KmsImportMock) -> Any:  # noqa: ANN401
    """An aiobotocore KMS client of the mock's own account and Region, to be awaited in any loop.

    It is no asynchronous fixture, so that it works with pytest-asyncio, with anyio's plugin, and with neither. A test
    that anyio or pytest-trio runs on trio gets a client on httpx. Raises ImportError without aiobotocore.
    """
    from ._transports.async_clients import ON_TRIO, new_client_without_loop  # noqa: PLC0415
    from ._wire.signature import PLACEHOLDER_KEY  # noqa: PLC0415

    return new_client_without_loop(kms_import_mock.region, PLACEHOLDER_KEY, ON_TRIO if _runs_on_trio(request) else None)


def _runs_on_trio(request: pytest.FixtureRequest) -> bool:
    """Whether a test runs on trio, as anyio's plugin or pytest-trio has it."""
    backend = request.getfixturevalue("anyio_backend") if "anyio_backend" in request.fixturenames else None
    return (
        backend == "trio"
        or (isinstance(backend, tuple) and backend[0] == "trio")
        or (request.node.get_closest_marker("trio") is not None)
    )


@pytest.fixture
def kms_import_server(kms_import_mock: KmsImportMock) -> Iterator[Server]:
    """The mock on a socket of this computer, for subprocesses and clients in other languages."""
    with kms_import_mock.serve() as server:
        yield server


def _options(request: pytest.FixtureRequest) -> Options:
    """The ini file's options, then those of the markers, the nearest last."""
    from ._mock.options import of_test  # noqa: PLC0415  not before it is asked for

    ini = {name: value for name in INI if (value := request.config.getini(f"kms_import_{name}")) is not None}
    markers = [(marker.args, marker.kwargs) for marker in request.node.iter_markers(MARKER)]
    try:
        return of_test(ini, markers, MARKER)
    except (TypeError, ValueError) as error:
        misuse = str(error)
    return misused(misuse)


def misused(text: str) -> NoReturn:
    from .engine.failures import explained  # noqa: PLC0415  not before it is asked for

    pytest.fail(explained(text, "misuse"), pytrace=False)

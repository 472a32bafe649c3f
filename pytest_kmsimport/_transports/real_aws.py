"""Which hosts are real AWS, and what is said where a request was about to leave for them."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.loaders import Loader

from .. import _active
from ..engine.failures import Failure


class RealAwsRefused(Failure):
    """A call was about to leave for real AWS while a mock or the guard was active."""


def refused_under_mock(service: str, operation: str, host: str) -> RealAwsRefused:
    """A call of another service, which nobody answers."""
    return RealAwsRefused(
        f"{service}.{operation} was about to be sent to real AWS ({host}) while mock_kms_import is active."
        f" Mock {service} too (moto's mock_aws works beside this one, botocore's Stubber as well), or let such calls"
        " through with the option allow_real_aws: mock_kms_import(allow_real_aws=True), or for the fixture"
        " @pytest.mark.kms_import(allow_real_aws=True)."
    )


def refused_by_guard(operation: str, host: str) -> RealAwsRefused:
    """A call of KMS outside any mock."""
    return RealAwsRefused(
        f"kms.{operation} was about to be sent to {host} outside any mock, and kms_import_guard is on."
        " Use the fixture kms_import_mock or the decorator @mock_kms_import in this test."
    )


def refused_past_patch(host: str) -> RealAwsRefused:
    """A call that would have gone past the mock or the guard, which somebody has switched off."""
    return RealAwsRefused(f"A request was about to be sent to {host}, past the mock or the guard. {_SWITCHED_OFF}")


def was_switched_off() -> RealAwsRefused:
    """The mock was not there, and nobody has asked it anything meanwhile."""
    return RealAwsRefused(f"The mock around this one was off for a while. {_SWITCHED_OFF}")


class NoWayOut:
    """The HTTP session of a client of the mock's own: what nobody has answered goes to a server of ours, or nowhere.

    ``behind`` is the session that it would have otherwise.
    """

    def __init__(self, behind: Any) -> None:  # noqa: ANN401  of botocore or aiobotocore
        self.behind = behind

    def send(self, request: AWSPreparedRequest) -> Any:  # noqa: ANN401  a response, or a coroutine that gives it
        """Refuse a request that was about to leave."""
        if is_own_server(request.url):
            return self.behind.send(request)
        raise RealAwsRefused(
            f"A request was about to be sent to {host_of(request.url)} while no mock is active, by a client that the"
            " mock has made: use it before the mock ends, or build one with boto3.client."
        )

    def close(self) -> Any:  # noqa: ANN401  None, or a coroutine
        """Close the connections to servers."""
        return self.behind.close()


_SWITCHED_OFF = (
    "Something has put back botocore's EventAliaser.emit, which it had saved before: look for a patch of that (such as"
    " monkeypatch.setattr or unittest.mock.patch) that ends while the mock is active, and let it begin within the mock"
    " or end after it."
)


def host_of(url: str) -> str:
    """The host of a URL, in small letters and without the dot that ends a full name."""
    return (urlsplit(url).hostname or "").removesuffix(".")


def is_own_server(url: str) -> bool:
    """Whether a URL is that of a server of this process's mocks."""
    ports = _active.server_ports
    if not ports:
        return False
    parts = urlsplit(url)
    return parts.port in ports and is_loopback(parts.hostname or "")


def is_real_aws(host: str) -> bool:
    """Whether a host is one of AWS's, in any partition."""
    return any(host.endswith(suffix) for suffix in _suffixes())


@cache
def _suffixes() -> tuple[str, ...]:
    """The domains of AWS in all partitions, from botocore's own data."""
    partitions = Loader().load_data("partitions")["partitions"]
    names = {partition["outputs"][name] for partition in partitions for name in ("dnsSuffix", "dualStackDnsSuffix")}
    return tuple(f".{name}" for name in names)


def is_loopback(host: str) -> bool:
    """Whether a host is this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

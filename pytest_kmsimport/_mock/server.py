"""A mock's server as a user holds it, for clients in other processes and languages."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from .._active import Mock
from .._transports.certificates import new_server_side
from .._transports.loopback import HOST, LoopbackServer
from .._wire.signature import PLACEHOLDER_KEY

__tracebackhide__ = True

#: Variables that would have a client sign with what belongs to something else.
UNSET = (
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
)

#: What would lead past the endpoint URL; said, since where nothing is said the user's configuration file counts.
_NOT_ELSEWHERE = dict.fromkeys(
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"), "false"
)

#: Where SDKs and tools look for the authorities that they trust.
_TRUST = ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class Server:
    """A mock of AWS KMS on a socket of this computer, as ``mock.serve()`` and ``kms_import_server`` give it.

    Whoever asks it gets what a client in this process gets: the same KMS keys, clock, calls, faults and complaints.
    """

    def __init__(self, mock: Mock, *, tls: bool) -> None:
        self._mock = mock
        self._folder = TemporaryDirectory(prefix="kms-import-") if tls else None
        context = None
        try:
            if self._folder is not None:
                context = new_server_side(HOST, _ca_bundle_in(self._folder))
            self._server = LoopbackServer(mock, context)
            self._server.start()
        except BaseException:
            self._clean_up()
            raise

    def _clean_up(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def _checked_folder(self) -> TemporaryDirectory[str]:
        if self._folder is None:
            raise RuntimeError("This server speaks plain HTTP: write mock.serve(tls=True) for one with a certificate.")
        return self._folder

    def __repr__(self) -> str:
        return f"<Server {self.url} of {self._mock!r}>"

    def stop(self) -> None:
        """Hang up on everybody and be gone; ``mock.serve()`` and the fixture do this for you."""
        self._server.stop()
        self._clean_up()

    @property
    def url(self) -> str:
        """Where it answers, such as ``http://127.0.0.1:43210``: the endpoint URL for KMS."""
        return f"http{'s' if self._folder is not None else ''}://{HOST}:{self._server.port}"

    @property
    def ca_bundle(self) -> str:
        """The file with the certificate that clients have to trust; it is there until the server ends.

        Raises RuntimeError for a server without TLS.
        """
        return str(_ca_bundle_in(self._checked_folder()))

    @property
    def environ(self) -> dict[str, str]:
        """An environment in which SDKs and tools find this server: ``subprocess.run(command, env=server.environ)``.

        It is a copy of ``os.environ`` with endpoint, Region and credentials that belong to nobody, past any proxy, and
        without profiles and session tokens; the user's configuration files lead nowhere else. Some tools do not read
        the endpoint there, such as AWS CLI 2.9 and the SDK for Ruby: give them ``url`` by hand.
        """
        return {name: value for name, value in os.environ.items() if name not in UNSET} | self.settings

    @property
    def settings(self) -> dict[str, str]:
        """What ``environ`` sets, without the rest of the environment: for a container, or a process on its way."""
        settings = {
            **_NOT_ELSEWHERE,
            "AWS_ENDPOINT_URL_KMS": self.url,
            "AWS_REGION": self._mock.region,
            "AWS_DEFAULT_REGION": self._mock.region,
            "AWS_ACCESS_KEY_ID": PLACEHOLDER_KEY,
            "AWS_SECRET_ACCESS_KEY": PLACEHOLDER_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for name in ("NO_PROXY", "no_proxy"):
            hosts = [host for host in os.environ.get(name, "").split(",") if host]
            settings[name] = ",".join([*hosts, *([] if HOST in hosts else [HOST])])
        if self._folder is not None:
            settings |= dict.fromkeys(_TRUST, self.ca_bundle)
        return settings

    def unreachable(self) -> AbstractContextManager[None]:
        """Have nobody listen at the server's address while the block runs; connections that are there end."""
        return self._server.refusing()

    def untrusted(self) -> AbstractContextManager[None]:
        """Have the server show a certificate that nobody trusts while the block runs; connections that are there end.

        Raises RuntimeError for a server without TLS.
        """
        self._checked_folder()
        return self._server.with_certificate(new_server_side(HOST))


def _ca_bundle_in(folder: TemporaryDirectory[str]) -> Path:
    return Path(folder.name, "ca.pem")

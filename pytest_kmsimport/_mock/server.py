"""A mock's server as a user holds it, for clients in other processes and languages."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory

from .._control.controlled import Controlled
from .._control.resources import control_of
from .._transports.certificates import new_server_side
from .._transports.environment import NOT_ELSEWHERE
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

#: Credentials that belong to nobody, and no looking for others.
_NOBODYS = {
    "AWS_ACCESS_KEY_ID": PLACEHOLDER_KEY,
    "AWS_SECRET_ACCESS_KEY": PLACEHOLDER_KEY,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_NO_PROXY = ("NO_PROXY", "no_proxy")
#: Where SDKs and tools look for the authorities that they trust.
_TRUST = ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

#: Hosts that stand for every address of this computer, and are none to connect to.
_ANY_HOST = ("", "0.0.0.0")  # noqa: S104  whoever asks for it is told what that means


class Server:
    """A mock of AWS KMS on a socket of this computer, as ``mock.serve()`` and ``kms_import_server`` give it.

    Whoever asks it gets what a client in this process gets: the same KMS keys, clock, calls, faults and complaints.
    Below ``/_kms_import/`` a test in another language plans faults, moves the clock and reads the calls.
    """

    def __init__(self, mock: Controlled, *, tls: bool | Path = False, host: str | None = None, port: int = 0) -> None:
        """Answer from now on, by TLS where asked for; the folder for what clients have to trust may be given.

        ``host`` is for other computers than this, and has control ask for ``token``. ``port`` 0 is any. Raises OSError
        where nobody can listen there, and where the folder cannot be written to.
        """
        self._mock = mock
        self.token = None if host is None else token_urlsafe()
        self._host = HOST if host in {None, *_ANY_HOST} else str(host)
        self._temporary = TemporaryDirectory(prefix="kms-import-") if tls is True else None
        self._trusted = _file_in(tls, self._temporary)
        try:
            context = None if self._trusted is None else new_server_side(self._hosts, self._trusted)
            self._server = LoopbackServer(mock, control_of(mock, self.token), context, host or HOST, port)
            self._server.start()
        except BaseException:
            self._clean_up()
            raise

    @property
    def _hosts(self) -> dict[str, None]:
        """The names and addresses that its certificate is for."""
        return dict.fromkeys((HOST, "localhost", self._host))

    def _clean_up(self) -> None:
        if self._trusted is not None:
            self._trusted.unlink(missing_ok=True)
        if self._temporary is not None:
            self._temporary.cleanup()

    def _checked_ca_bundle(self) -> Path:
        if self._trusted is None:
            raise RuntimeError("This server speaks plain HTTP: write mock.serve(tls=True) for one with a certificate.")
        return self._trusted

    def __repr__(self) -> str:
        return f"<Server {self.url} of {self._mock!r}>"

    def stop(self) -> None:
        """Hang up on everybody and be gone; ``mock.serve()`` and the fixture do this for you."""
        self._server.stop()
        self._clean_up()

    @property
    def url(self) -> str:
        """Where it answers, such as ``http://127.0.0.1:43210``: the endpoint URL for KMS."""
        return f"http{'s' if self._trusted else ''}://{self._host}:{self._server.port}"

    @property
    def ca_bundle(self) -> str:
        """The file with the certificate that clients have to trust; it is there until the server ends.

        Raises RuntimeError for a server without TLS.
        """
        return str(self._checked_ca_bundle())

    @property
    def environ(self) -> dict[str, str]:
        """An environment in which SDKs and tools find this server: ``subprocess.run(command, env=server.environ)``.

        It is a copy of ``os.environ`` with endpoint, Region and credentials that belong to nobody, past any proxy, and
        without profiles and session tokens; the user's configuration files lead nowhere else. Some tools do not read
        the endpoint there, such as AWS CLI 2.9 and the SDK for Ruby: give them ``url`` by hand.
        """
        environ = {name: value for name, value in os.environ.items() if name not in UNSET}
        return {**environ, **_NOBODYS, **self.address}

    @property
    def settings(self) -> dict[str, str]:
        """What leads to it without the rest of ``environ``: for a container, or a process whose proxy is not known."""
        return {**_NOBODYS, **self.address, **self._past_proxies}

    @property
    def address(self) -> dict[str, str]:
        """The variables by which clients find this server and no other, whatever credentials they have."""
        address = {
            **NOT_ELSEWHERE,
            "AWS_ENDPOINT_URL_KMS": self.url,
            "AWS_REGION": self._mock.region,
            "AWS_DEFAULT_REGION": self._mock.region,
        }
        if self._trusted is not None:
            address |= dict.fromkeys(_TRUST, self.ca_bundle)
        if any(name.lower().endswith("_proxy") for name in os.environ):  # some clients do not stand it without
            address |= self._past_proxies
        return address

    @property
    def _past_proxies(self) -> dict[str, str]:
        found = {name: [host for host in os.environ.get(name, "").split(",") if host] for name in _NO_PROXY}
        return {name: ",".join(dict.fromkeys([*hosts, self._host])) for name, hosts in found.items()}

    def unreachable(self) -> AbstractContextManager[None]:
        """Have nobody listen at the server's address while the block runs; connections that are there end."""
        return self._server.refusing()

    def untrusted(self) -> AbstractContextManager[None]:
        """Have the server show a certificate that nobody trusts while the block runs; connections that are there end.

        Raises RuntimeError for a server without TLS.
        """
        self._checked_ca_bundle()
        return self._server.with_certificate(new_server_side(self._hosts))


def _file_in(tls: bool | Path, temporary: TemporaryDirectory[str] | None) -> Path | None:
    """The file for what clients have to trust; its folder is made where there is none."""
    folder = Path(temporary.name) if temporary is not None else tls
    if isinstance(folder, bool):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "kms-import-ca.pem"

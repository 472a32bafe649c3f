"""The mock as a user holds it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.config import Config

from .._service.call_record import CallRecord
from .._service.fault import Fault
from .._service.leaks import leaks_in, list_of, refuse, requests_of, secret_given
from .._service.plans import Plan, Steps, Target, make_plan
from .._service.timing import Timing
from .._tracebacks import sealed
from .._transports.real_aws import NoWayOut
from .._transports.sessions import new_session
from .._wire.names import Operation
from .._wire.signature import PLACEHOLDER_KEY
from ..engine.call import Caller
from ..engine.keys import Key
from .assertions import why_not_imported
from .blast_radius import TellsBlastRadius
from .ceremony import Ceremony
from .enclaves import AttestsEnclaves
from .govern import GovernedMock
from .key_stores import HasKeyStores
from .local_kms import ReadsLocalKmsSeeds
from .saving import SavesState
from .sharing import SharesKeys
from .statements import AttachesStatements
from .views import KeyView

if TYPE_CHECKING:
    from aiobotocore.config import AioConfig
    from mypy_boto3_kms.client import KMSClient  # Any for a type checker that has no stubs
    from types_aiobotocore_kms.client import KMSClient as AsyncKMSClient

    from .documents import PolicyDocument
    from .principals import Permissions, RegisteredPrincipal
    from .server import Server
else:
    KMSClient = AsyncKMSClient = BaseClient  # for typing.get_type_hints
    AioConfig = Config

__tracebackhide__ = True


class KmsImportMock(
    ReadsLocalKmsSeeds,
    SavesState,
    GovernedMock,
    AttachesStatements,
    TellsBlastRadius,
    AttestsEnclaves,
    HasKeyStores,
    SharesKeys,
):
    """AWS KMS in memory, behind botocore's real request pipeline.

    ``clock`` is AWS's time, ``calls`` what the code under test has asked. ``complaints`` are failures of the test that
    the mock itself has raised (an operation that is not offered, a call to real AWS); what is left of them when the
    mock ends fails the test, so a test that expects one clears them. Everything else that KMS does is asked for as in
    real life: with a client.
    """

    def client(
        self, region_name: str | None = None, account: str | None = None, config: Config | None = None
    ) -> KMSClient:
        """Build a botocore KMS client of its own, for a Region and an account (12 digits); by default the mock's.

        ``config`` is botocore's, for a retry mode or timeouts. When the mock has ended, and no other is active, the
        client refuses to send anything. A type checker takes the client for the ``KMSClient`` of ``boto3-stubs[kms]``
        where that is installed, and otherwise lets it do anything.
        """
        key = account or PLACEHOLDER_KEY
        return self._client(region_name, config, aws_access_key_id=key, aws_secret_access_key=key)

    def _client(self, region_name: str | None, config: Config | None, **credentials: str | None) -> KMSClient:
        client: KMSClient = new_session().create_client(
            "kms", region_name=region_name or self.region, config=config or Config(), **credentials
        )
        endpoint = client._endpoint  # noqa: SLF001  botocore has no option for its session
        endpoint.http_session = NoWayOut(endpoint.http_session)
        return client

    @asynccontextmanager
    async def async_client(
        self, region_name: str | None = None, account: str | None = None, config: AioConfig | None = None
    ) -> AsyncIterator[AsyncKMSClient]:
        """Build an aiobotocore KMS client of its own: ``async with mock.async_client() as kms:``.

        It is as ``client`` has it; ``config`` is aiobotocore's, whose ``http_session_cls`` chooses between aiohttp and
        httpx. A type checker takes it for the ``KMSClient`` of ``types-aiobotocore[kms]`` where that is installed.
        Clients of the code under test need none of this: they are answered as they are.

        Raises ImportError where aiobotocore is not installed.
        """
        from .._transports.async_clients import new_client  # noqa: PLC0415  aiobotocore need not be there

        key = account or PLACEHOLDER_KEY
        async with await new_client(region_name or self.region, key, config) as client:
            yield client

    def principal(  # noqa: PLR0913  each keyword is something that policies ask for
        self,
        arn: str,
        *,
        policies: PolicyDocument | Sequence[PolicyDocument] = (),
        boundary: PolicyDocument | None = None,
        session_policy: PolicyDocument | Sequence[PolicyDocument] | None = None,
        tags: Mapping[str, str] | None = None,
        session: str | None = None,
        via_service: str = "",
        account: str = "",
        context: Mapping[str, str | tuple[str, ...] | None] | None = None,
    ) -> RegisteredPrincipal:
        """Register somebody who calls, and give their credentials, with ``.client()``.

        ``arn`` is that of an account (``:root``), an IAM user, a role, whose session is called ``session``, a federated
        user, or the name of an AWS service (``events.amazonaws.com``), which acts for ``account``. Policies are dicts,
        JSON or paths of files: ``policies`` are identity-based, ``boundary`` is the permissions boundary. With
        ``via_service``, such as ``s3``, that service calls on the principal's behalf. ``context`` has values of
        condition keys that only the test knows: ``{"aws:SourceIp": "203.0.113.7"}``, None for one that is not there.

        Raises ValueError for an ARN that nobody calls as, and for a policy that is none.
        """
        from .principals import make_principal, register  # noqa: PLC0415  most tests need none

        principal = make_principal(
            arn,
            policies=policies,
            boundary=boundary,
            session_policy=session_policy,
            tags=tags,
            session=session,
            via_service=via_service,
            account=account or self.account,
            context=context,
        )
        return register(self._engine, principal, self._client)

    def can(
        self,
        principal: RegisteredPrincipal | str | None,
        operation: Operation,
        key_id: str | None = None,
        *,
        region_name: str | None = None,
        **members: Any,  # noqa: ANN401  members of AWS's requests
    ) -> Permissions:
        """Ask whether somebody may call an operation, without calling it; the answer is true or false, and has why.

        ``principal`` is one that this mock has registered, an access key ID that STS or IAM of moto has issued, or None
        for whoever is not known: the one that the option ``principal`` names, or the root user of the mock's account.
        ``key_id`` is the key ID, key ARN or alias of the KMS key, and ``members`` those members of AWS's request that
        conditions may ask for. The journal stays as it is.

        Raises ValueError for a KMS key that is not there, what is no operation and what is no access key ID, TypeError
        for a member that the operation has not, and NotOffered for a condition key whose value nobody knows.
        """
        from .principals import access_key_of, permissions  # noqa: PLC0415  most tests need none

        region_name = region_name or self.region
        caller = self.service.identify(Caller(self.account, access_key_of(principal)), region_name)
        return permissions(self._engine, caller, region_name, operation, key_id, members)

    @contextmanager
    def serve(self, *, tls: bool = False) -> Iterator[Server]:
        """Answer other processes too, in any language, at a port of this computer while the block runs.

        ``with mock.serve() as server:`` gives a ``Server``, with the URL and an environment for ``subprocess.run``. It
        has the KMS keys, the clock, the calls and the faults of this mock, and speaks plain HTTP; with ``tls`` it has a
        certificate, made for it. There can be any number of servers at once. A client in this process whose endpoint
        is a server's URL goes there by the socket.

        Raises RuntimeError where the mock has ended.
        """
        self._lifetime.check_not_over("serve")
        server = self._lifetime.new_server(self, tls=tls)
        try:
            yield server
        finally:
            self._lifetime.remove_server(server)

    def key(self, key_id: str, *, region_name: str | None = None, account: str | None = None) -> KeyView:
        """Look at a KMS key, by key ID, key ARN or alias, as it is now; the journal stays as it is.

        Raises LookupError where there is no such KMS key.
        """
        region_name, account = region_name or self.region, account or self.account
        return self._look_up(key_id, region_name, account, KeyView.of)

    @sealed
    def import_key(
        self,
        material: bytes | None = None,
        key_spec: str = "SYMMETRIC_DEFAULT",
        *,
        key_id: str | None = None,
        region_name: str | None = None,
        account: str | None = None,
        **members: Any,  # noqa: ANN401  members of AWS's requests
    ) -> KeyView:
        """Run the whole ceremony in one line: make a KMS key, import key material into it, and look at it.

        With ``key_id``, a key ID or key ARN, the import is into an existing KMS key: new key material before a
        rotation, what was deleted, or the same bytes for a replica key.

        ``material`` is raw bytes or a PKCS#8 private key in DER, by default freshly made. ``members`` are members of
        CreateKey and ImportKeyMaterial in AWS's spelling, such as ``MultiRegion=True`` or ``ValidTo=...``; without
        ValidTo the key material does not expire. The journal stays as it is.

        Raises ValueError where KMS refuses, TypeError for a member that neither request has and for key material that
        is not bytes, LookupError where there is no KMS key ``key_id``.
        """
        region_name, account = region_name or self.region, account or self.account
        key = None
        if key_id is not None:
            key = self._look_up(key_id, region_name, account, Key.copy)
            region_name, account = key.region, key.account
        ceremony = Ceremony(self._engine, region_name, account, members, of_create_key=key is None)
        arn = ceremony.run(self._world, material, key_spec, key)
        self.service.note_key_material(arn, region_name, account)
        return self.key(arn)

    def inject(  # noqa: PLR0913  each keyword is a way to say when
        self,
        fault: Fault | Steps,
        on: Operation | Collection[Operation] | Callable[[CallRecord], bool] | None = None,
        *,
        key_id: str | None = None,
        region: str | None = None,
        must_strike: bool | None = None,
        nth: int | Collection[int] | None = None,
        times: int | None = None,
        after: int = 0,
        every: int = 1,
        probability: float | None = None,
        seed: int | None = None,
    ) -> Plan:
        """Plan a fault, until the mock ends or, as a context manager, until its block does.

        ``fault`` is one of ``pytest_kmsimport.faults``, or a sequence for one attempt after the other in which None
        lets an attempt through. ``on`` is an operation, several of them, or a condition that takes a ``CallRecord``;
        without it the fault is for every operation that it can happen to. ``key_id`` and ``region`` narrow that down.

        Without more it strikes at every attempt, retries of botocore included. What is counted are attempts as they
        reach the wire, of all calls that the plan is about:

        * ``times``: strike at so many attempts, then let through; a race happens once unless this says otherwise.
        * ``nth``: strike at this attempt, or at these, counted from 1.
        * ``after``: let so many attempts through first.
        * ``every``: strike at each so-many-th attempt alone.
        * ``probability``: strike with this chance, by randomness that ``seed`` sets; a failure report names the seed,
          which with the option ``seed`` of the mock follows from that.

        ``must_strike`` says whether the test fails when the fault never strikes: by default the option
        ``faults_must_strike`` of the mock, and not where there is a probability.

        Raises ValueError for a fault that cannot happen to an operation, an operation that there is not, and a timing
        that is none; TypeError for what is no fault; RuntimeError where the mock has ended.
        """
        self._lifetime.check_not_over()
        if probability is not None and seed is None and self._chance is not None:
            seed = self._chance.fault_seed()
        timing = Timing(nth, times, after, every, probability, seed)
        if must_strike is None:
            must_strike = self._options.faults_must_strike and probability is None
        plan = make_plan(fault, Target(on, key_id, region), timing, must_strike=must_strike)
        self.service.add_plan(plan)
        return plan

    @sealed
    def assert_imported(
        self, key_id: str, material: bytes | None = None, *, region_name: str | None = None, account: str | None = None
    ) -> None:
        """Assert that a KMS key has its imported key material and can be used, and (``material``) that it is this one.

        ``key_id`` is a key ID, key ARN or alias; ``material`` raw bytes, or a PKCS#8 private key in DER. The failure
        says what the key lacks, and what became of the last import into it.
        """
        why = why_not_imported(self.key(key_id, region_name=region_name, account=account), material, self.calls.kept)
        if why:
            raise AssertionError(why)

    @sealed
    def assert_never_sent(self, secret: bytes) -> None:
        """Assert that a secret is in no request so far, whether as raw bytes, hex or base64.

        Raises SecretLeaked, an AssertionError, that names the requests; ValueError for less than 8 bytes, which could
        be anywhere by chance.
        """
        calls, named = self.calls, secret_given(secret)
        refuse(list_of(leaks_in(requests_of(calls.kept), named)))
        calls.check_all_kept()

    @sealed
    def assert_no_leaks(self, *texts: str | bytes) -> None:
        """Assert that no secret which this mock knows of is in a request, in the log, or in ``texts``.

        The secrets are the key material that was imported, and the data keys and shared secrets that were answered.
        They are looked for as raw bytes, hex and base64. The log is watched with the option ``check_leaks`` alone;
        otherwise hand its text over, and what was printed: ``mock.assert_no_leaks(caplog.text, *capsys.readouterr())``.

        Raises SecretLeaked, an AssertionError, that says which secret is where, without repeating it.
        """
        as_text = (text if isinstance(text, str) else text.decode("latin-1") for text in texts)
        handed_over = [(text, "the text that was handed over") for text in as_text]
        calls = self.calls
        refuse(list_of(self.leak_check.leaks(calls.kept, handed_over)))
        calls.check_all_kept()

"""``mock_kms_import``: the mock as a context manager and as a decorator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar, overload

from .._active import active
from . import decorators
from .documents import PolicyDocument
from .mock import KmsImportMock
from .options import DEFAULT_ACCOUNT, DEFAULTS, Options

Decorated = TypeVar("Decorated")


class MockKmsImport:
    """A mock to be: active between entering and leaving, or around each call of what it decorates."""

    def __init__(self, options: Options | None) -> None:
        self._options = options
        self._entered: list[tuple[KmsImportMock, bool]] = []

    def __enter__(self) -> KmsImportMock:
        outer = active()
        if self._options is None and isinstance(outer, KmsImportMock) and not outer.at_rest:
            self._entered.append((outer, False))
            return outer
        mock = KmsImportMock(self._options or DEFAULTS)
        self._entered.append((mock, True))
        try:
            mock.start()
        except BaseException:  # such as an interrupt
            self._entered.remove((mock, True))
            mock.make_sure_it_stopped()
            raise
        return mock

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        mock, own = self._entered.pop()
        if not own:
            return
        try:
            mock.stop()
        except BaseException:  # such as an interrupt
            mock.make_sure_it_stopped()
            raise
        if error is None:
            mock.raise_complaints()

    async def __aenter__(self) -> KmsImportMock:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, decorated: Decorated) -> Decorated:
        """Decorate a function, coroutine, generator, async generator, test class or unittest case."""
        return decorators.decorate(decorated, lambda: MockKmsImport(self._options))


@overload
def mock_kms_import(decorated: Decorated, /) -> Decorated: ...
@overload
def mock_kms_import(
    *,
    region: str | None = None,
    account: str = DEFAULT_ACCOUNT,
    principal: str | None = None,
    policies: PolicyDocument | Sequence[PolicyDocument] = (),
    service: str = "current",
    strict_tokens: bool = False,
    allow_real_aws: bool = False,
    sign_requests: bool = False,
    sleep_on_retry: bool = False,
    faults_must_strike: bool = True,
    check_leaks: bool = False,
    serve: bool = False,
    integrated_services: bool = True,
    background_seconds: int = 0,
    grants_spread_seconds: int = 0,
    journal_size: int = 1000,
    quotas: Mapping[str, int] = ...,
    seed: int | None = None,
    reserved_tags: str | None = None,
) -> MockKmsImport: ...
def mock_kms_import(decorated: Any = None, /, **options: Any) -> Any:
    """Answer every KMS call in memory, as AWS KMS would, while the block or the decorated function runs.

    Use it bare or with options, as ``with mock_kms_import() as mock:`` (also ``async with``) or as a decorator of a
    function, coroutine, generator, async generator, test class or ``unittest.TestCase``. Every botocore and boto3
    client is answered, built before or after, in any thread, without credentials or configuration. A nested one
    without options joins the mock around it, and the mock of the session where the test asks for that; with options it
    stands alone until it ends.

    It answers in this process. A process that is forked off is answered from a copy, of whose calls and KMS keys
    nothing is seen here; other child processes find KMS at a port of this computer at which nobody listens. Those
    that are given the environment of ``mock.serve()`` find this mock, and with the option ``serve`` all of them do.

    * ``region``: the Region of clients that name none; by default AWS_DEFAULT_REGION, else ``us-east-1``.
    * ``account``: the 12-digit account of clients whose access key is not itself a 12-digit account.
    * ``principal``: who calls with an access key that is nobody's, by an ARN that ``mock.principal`` takes, such as a
      role's; by default the root user of ``account``.
    * ``policies``: the identity-based policies of ``principal``: dicts, JSON or paths of files.
    * ``service``: ``"current"``, or ``"2022"`` for the rules before imports of all key types and rotation.
    * ``strict_tokens``: refuse a second successful import with the same import token.
    * ``allow_real_aws``: let calls of other services through to real AWS, and leave credentials alone.
    * ``sign_requests``: sign requests of KMS although they are answered in memory and never leave.
    * ``sleep_on_retry``: let botocore really wait before it tries again.
    * ``faults_must_strike``: fail the test when a planned fault never struck.
    * ``check_leaks``: fail the test when a secret is found in its logs, its output or a request.
    * ``serve``: have child processes of every kind find this mock, by the environment, at a port of this computer.
    * ``integrated_services``: have S3, Secrets Manager, SSM, SQS and SNS, where moto plays them, need the KMS keys, and
      its EventBridge and CloudWatch hear of them.
    * ``background_seconds``: how long AWS works on after it has answered; with 0 a rotation is complete at once, and a
      custom key store connected.
    * ``grants_spread_seconds``: how long a grant takes until it is known without its grant token.
    * ``journal_size``: how many calls ``mock.calls`` keeps.
    * ``quotas``: AWS's limits, lowered, such as ``{"aliases_per_key": 2}``; others are ``keys``,
      ``custom_key_stores``, ``grants_per_key``, ``on_demand_rotations_per_key`` and ``key_policy_bytes``.
    * ``seed``: a whole number from which everything follows that the mock draws at random, so that it is the same from
      run to run: key IDs, key material, import tokens, data keys, grant and request IDs. For tests alone: whoever
      knows the seed knows every key.
    * ``reserved_tags``: whose tags choose the key ID, and with LocalStack the key material, of a CreateKey that has
      them: ``"localstack"`` or ``"floci"``; without it such a CreateKey fails the test.

    Raises TypeError for an unknown option, ValueError for a value that an option cannot have.
    """
    if decorated is not None:
        return MockKmsImport(None)(decorated)
    return MockKmsImport(Options.checked(options, "mock_kms_import") if options else None)

"""Retries: whether botocore tries again, asked of botocore's own conditions for it, and how often it does.

https://docs.aws.amazon.com/boto3/latest/guide/retries.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader
from botocore.retries.standard import DEFAULT_MAX_ATTEMPTS, RetryContext, StandardRetryConditions
from botocore.retryhandler import create_checker_from_retry_config
from botocore.translate import build_retry_config

from .._service.fault import ClientOutcome
from .._wire.model import kms_model

Parsed = dict[str, object] | None

_LEGACY = "legacy"
_SERVICE = "kms"


def most_attempts(client: BaseClient) -> int:
    """How many attempts a client makes at most at one call."""
    retries = client.meta.config.retries
    default = _legacy_conditions()["__default__"]["max_attempts"] if _is_legacy(client) else DEFAULT_MAX_ATTEMPTS
    most: int = retries.get("total_max_attempts") or default
    return most


def is_retried(client: BaseClient, operation: str, outcome: ClientOutcome) -> bool:
    """Whether a client, after a first attempt at which it saw this, would try again."""
    if outcome.raised is None and outcome.status is None:
        return False
    ask = _ask_legacy if _is_legacy(client) else _ask_standard
    http = None if outcome.status is None else AWSResponse("", outcome.status, {}, None)
    parsed: Parsed = None if outcome.status is None else {"Error": {"Code": outcome.code}, "ResponseMetadata": {}}
    return ask(operation, http, parsed, outcome.raised)


def _is_legacy(client: BaseClient) -> bool:
    return bool(client.meta.config.retries["mode"] == _LEGACY)


def _ask_standard(operation: str, http: AWSResponse | None, parsed: Parsed, raised: Exception | None) -> bool:
    context = RetryContext(1, kms_model().operation_model(operation), parsed, http, raised)
    return bool(StandardRetryConditions().is_retryable(context))


def _ask_legacy(
    operation: str,  # noqa: ARG001  the conditions of KMS are the same for all
    http: AWSResponse | None,
    parsed: Parsed,
    raised: Exception | None,
) -> bool:
    ask: Callable[..., bool] = create_checker_from_retry_config(_legacy_conditions())
    try:
        answer = (http, parsed) if raised is None else None
        return bool(ask(attempt_number=1, response=answer, caught_exception=raised, retries_context=None))
    except BotoCoreError:  # what was raised is raised again where botocore would not try again
        return False


@cache
def _legacy_conditions() -> dict[str, dict[str, int]]:
    data = Loader().load_data("_retry")
    conditions: dict[str, dict[str, int]] = build_retry_config(_SERVICE, data["retry"], data["definitions"])
    return conditions

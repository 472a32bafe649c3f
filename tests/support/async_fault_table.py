"""What clients of aiobotocore see of faults, and docs/faults.md's tables of it.

``python -m tests.support.async_fault_table`` makes every fault happen on real sockets and writes the tables of the
installed aiobotocore.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import cache
from unittest.mock import patch

import aiobotocore
from botocore.exceptions import ConnectionClosedError, HTTPClientError

from pytest_kmsimport import mock_kms_import
from pytest_kmsimport.faults import Fault

from .async_clients import SESSIONS, client_on
from .fault_table import DOCUMENT, HEAD, IMPATIENCE, MODES, PATIENCE, REGION, Seen, seen_answered, seen_failing, worded
from .real_network import ALL, KEY_ID, WAITED_OUT, misbehaving


def has_proxies(http: str) -> bool:
    """Whether clients on an HTTP library can have a proxy in the installed aiobotocore."""
    return http == "aiohttp" or is_newest()


BEGIN, END = "<!-- {title}: begin -->\n", "<!-- {title}: end -->\n"
#: What docs/faults.md has whole tables of, and before which the rows that differ.
NEWEST = "3.10."
BEFORE = " before aiobotocore 3.10"
#: httpx has no proxies there, as a client says that has one.
NO_PROXIES = "NotImplementedError"


async def call(
    http: str, url: str, proxies: dict[str, str] | None, mode: str, fault: Fault, key_id: str = KEY_ID
) -> Seen:
    """Ask for a KMS key, and take down what comes of it."""
    patience = IMPATIENCE if fault in WAITED_OUT else PATIENCE
    config = {
        "retries": {"mode": mode},
        "proxies": proxies,
        "connect_timeout": patience if fault == WAITED_OUT[-1] else PATIENCE,
        "read_timeout": patience,
    }
    made_up = {"aws_access_key_id": "made up", "aws_secret_access_key": "made up"}
    attempts: list[str] = []
    try:
        async with client_on(http, config=config, region_name=REGION, endpoint_url=url, **made_up) as client:
            client.meta.events.register("request-created.kms", lambda event_name, **_: attempts.append(event_name))
            response = await client.describe_key(KeyId=key_id)
    except Exception as error:  # noqa: BLE001  whatever a fault leads to
        return seen_failing(error, cause_of(error), len(attempts))
    return seen_answered(response, len(attempts))


def cause_of(error: Exception) -> str:
    """What the HTTP library says of a connection that has ended."""
    kept = error.kwargs.get("error") if isinstance(error, (ConnectionClosedError, HTTPClientError)) else None
    return "" if kept is None else f" {kept!r}"


@cache
def in_earnest(http: str, fault: Fault, mode: str, times: int | None = None) -> tuple[str, Seen]:
    """What comes of a fault on a real socket, and the URL at which that was."""
    with ExitStack() as stack:
        url, proxies = stack.enter_context(misbehaving(fault, times))
        for delay in ("retryhandler.delay_exponential", "retries.standard.ExponentialBackoff.delay_amount"):
            stack.enter_context(patch(f"botocore.{delay}", lambda *_, **__: 0))
        return url, asyncio.run(call(http, url, proxies, mode, fault))


def injected(http: str, fault: Fault, mode: str, url: str, times: int | None = None) -> Seen:
    """What comes of the same fault where it is injected."""
    proxies = {"http": url} if type(fault).__name__ == "ProxyError" else None
    with mock_kms_import(region=REGION) as mock:
        key_id = mock.client().create_key()["KeyMetadata"]["KeyId"]
        mock.inject(fault, "DescribeKey", times=times, must_strike=False)
        return asyncio.run(call(http, url, proxies, mode, fault, key_id))


def row(http: str, fault: Fault) -> str:
    """One fault: what comes of it, and the attempts in each retry mode."""
    seen = [in_earnest(http, fault, mode)[1] for mode in MODES]
    said = " or ".join(dict.fromkeys(map(worded, seen)))
    what = repr(fault).replace(", message=''", "")
    return f"| `{what}` | {said} | {' | '.join(str(each.attempts) for each in seen)} |\n"


def title(http: str, *, before: bool) -> str:
    """Which table it is."""
    return f"{http}{BEFORE if before else ''}"


def is_newest() -> bool:
    """Whether the installed aiobotocore is that of the whole tables."""
    return str(aiobotocore.__version__).startswith(NEWEST)


def table_in_document(http: str, *, before: bool = False) -> str:
    """A table as docs/faults.md has it."""
    begin, end = (mark.format(title=title(http, before=before)) for mark in (BEGIN, END))
    return DOCUMENT.read_text().partition(begin)[2].partition(end)[0]


def expected_row(http: str, fault: Fault) -> bool:
    """Whether docs/faults.md has what the installed aiobotocore makes of a fault."""
    made, what = row(http, fault), row(http, fault).split("|")[1]
    differs = [line for line in table_in_document(http, before=True).splitlines(keepends=True) if what in line]
    return made in (table_in_document(http) if is_newest() or not differs else differs)


def table(http: str) -> str:
    """A row for every fault, from real sockets alone; of an older aiobotocore the rows that differ."""
    rows = [row(http, fault) for fault in ALL]
    if not is_newest():
        rows = [made for made in rows if made not in table_in_document(http)]
    return HEAD + "".join(rows)


def write() -> None:
    """Put the tables where they belong."""
    for http in SESSIONS:
        before = not is_newest()
        begin, end = (mark.format(title=title(http, before=before)) for mark in (BEGIN, END))
        old = begin + table_in_document(http, before=before) + end
        DOCUMENT.write_text(DOCUMENT.read_text().replace(old, begin + table(http) + end))


if __name__ == "__main__":
    write()

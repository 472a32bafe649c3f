"""What clients of botocore see of faults, and docs/faults.md's tables of it.

``python -m tests.support.fault_table`` makes every fault happen on real sockets and writes the table of the
installed botocore.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import botocore
import botocore.session
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.loaders import Loader

from pytest_kmsimport import mock_kms_import
from pytest_kmsimport.faults import Fault

from .real_network import ALL, KEY_ID, WAITED_OUT, misbehaving

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
MODES = ("legacy", "standard", "adaptive")
#: Generations of botocore that docs/faults.md has a table of; .ci/run tests both.
GENERATIONS = {"1.40.0": "botocore 1.40.0", "1.44": "botocore 1.44"}
BEGIN, END = "<!-- {generation}: begin -->\n", "<!-- {generation}: end -->\n"
HEAD = "| what happens | what the client gets | attempts: legacy | standard | adaptive |\n|---|---|---|---|---|\n"
REGION = "eu-central-1"
LOADER = Loader()
PATIENCE, IMPATIENCE = 10, 0.1  # seconds


class Seen(NamedTuple):
    """What a client got from one call, in the end, and how many attempts it made."""

    outcome: Any
    attempts: int
    text: str


def call(url: str, proxies: dict[str, str] | None, mode: str, fault: Fault, key_id: str = KEY_ID) -> Seen:
    """Ask for a KMS key, and take down what comes of it."""
    patience = IMPATIENCE if fault in WAITED_OUT else PATIENCE
    config = Config(
        retries={"mode": mode},
        proxies=proxies,
        connect_timeout=patience if fault == WAITED_OUT[-1] else PATIENCE,
        read_timeout=patience,
    )
    session = botocore.session.Session()
    session.register_component("data_loader", LOADER)  # which has read the model already
    client = session.create_client(
        "kms",
        region_name=REGION,
        aws_access_key_id="made up",
        aws_secret_access_key="made up",
        endpoint_url=url,
        config=config,
    )
    attempts: list[str] = []
    client.meta.events.register("request-created.kms", lambda event_name, **_: attempts.append(event_name))
    try:
        response = client.describe_key(KeyId=key_id)
    except Exception as error:  # noqa: BLE001  whatever a fault leads to
        return seen_failing(error, cause_of(error), len(attempts))
    return seen_answered(response, len(attempts))


def seen_failing(error: Exception, cause: str, attempts: int) -> Seen:
    """What a client got that was raised something."""
    about = getattr(error, "response", None) or {}
    outcome = (type(error).__name__, about.get("Error"), essential(about.get("ResponseMetadata", {})))
    return Seen(outcome, attempts, f"{error}{cause}".partition(" (_ssl.c")[0])


def seen_answered(response: dict[str, Any], attempts: int) -> Seen:
    """What a client got that was answered."""
    return Seen((sorted(response), essential(response.pop("ResponseMetadata"))), attempts, "")


def cause_of(error: Exception) -> str:
    """What urllib3 says of a connection that was closed; how many bytes there were differs."""
    return re.sub(r"\d+", "N", f" {error.kwargs['error']!r}") if isinstance(error, ConnectionClosedError) else ""


def essential(metadata: dict[str, Any]) -> dict[str, Any]:
    """What does not differ from one request to the next."""
    return {name: metadata.get(name) for name in ("HTTPStatusCode", "RetryAttempts", "MaxAttemptsReached")}


@cache
def in_earnest(fault: Fault, mode: str, times: int | None = None) -> tuple[str, Seen]:
    """What comes of a fault on a real socket, and the URL at which that was."""
    with ExitStack() as stack:
        url, proxies = stack.enter_context(misbehaving(fault, times))
        stack.enter_context(patch("botocore.endpoint.time.sleep"))
        return url, call(url, proxies, mode, fault)


def injected(fault: Fault, mode: str, url: str, times: int | None = None) -> Seen:
    """What comes of the same fault where it is injected."""
    proxies = {"http": url} if type(fault).__name__ == "ProxyError" else None
    with mock_kms_import(region=REGION) as mock:
        key_id = mock.client().create_key()["KeyMetadata"]["KeyId"]
        mock.inject(fault, "DescribeKey", times=times)
        return call(url, proxies, mode, fault, key_id)


def table() -> str:
    """A row for every fault, from real sockets alone."""
    return HEAD + "".join(row(fault) for fault in ALL)


def row(fault: Fault) -> str:
    """One fault: what comes of it, and the attempts in each retry mode."""
    seen = [in_earnest(fault, mode)[1] for mode in MODES]
    said = " or ".join(text for text, _ in groupby(map(worded, seen)))
    what = repr(fault).replace(", message=''", "")
    return f"| `{what}` | {said} | {' | '.join(str(each.attempts) for each in seen)} |\n"


def worded(seen: Seen) -> str:
    """What a client got, in a few words."""
    first = seen.outcome[0]
    if isinstance(first, list):
        return "success" if len(first) > 1 else "success, with an empty dict"
    error = seen.outcome[1]
    return f"`{first}`" if error is None or first == error["Code"] else f"`{first}` with code `{error['Code']}`"


def generation() -> str | None:
    """The installed generation, if there is a table of it."""
    return next((name for version, name in GENERATIONS.items() if botocore.__version__.startswith(version)), None)


def table_in_document() -> str:
    """The table of the installed generation as docs/faults.md has it."""
    begin, end = (mark.format(generation=generation()) for mark in (BEGIN, END))
    return DOCUMENT.read_text().partition(begin)[2].partition(end)[0]


def write() -> None:
    """Put the table where it belongs."""
    begin, end = (mark.format(generation=generation()) for mark in (BEGIN, END))
    text = DOCUMENT.read_text().replace(begin + table_in_document() + end, begin + table() + end)
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    write()

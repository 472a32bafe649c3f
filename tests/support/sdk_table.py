"""What clients of other makers see of faults, and docs/clients.md's table of it.

``python -m tests.support.sdk_table`` has each of them ask servers at which CreateKey fails, and writes the table anew.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from pytest_kmsimport import KmsImportMock, Server, faults, mock_kms_import
from pytest_kmsimport.faults import Fault

from .programs import ASK, JAVASCRIPT_SDK, PATIENCE, ROOT, environment

DOCUMENT = ROOT / "docs" / "clients.md"
BEGIN, END = "<!-- faults: begin -->\n", "<!-- faults: end -->\n"
FIRST = "what happens to CreateKey"

#: A fault of CreateKey -> at how many requests it happens; None is all.
HAPPENS: dict[Fault, int | None] = {
    faults.Refusal("AccessDeniedException"): None,
    faults.Refusal("ThrottlingException"): None,
    faults.Refusal("KMSInternalException"): None,
    faults.HtmlAnswer(): None,
    faults.EmptyAnswer(): None,
    faults.ConnectionClosed(): None,
    faults.ConnectionReset(): None,
    faults.TruncatedBody(): None,
    faults.TruncatedChunks(): None,
    faults.EmptyBody(): None,
    faults.ReadTimeout(): 1,
    faults.StalledBody(): 1,
    faults.AnswerLost(faults.ConnectionClosed()): 1,
}


class Striking(NamedTuple):
    """A server of a mock's own at which CreateKey meets with a fault."""

    fault: Fault
    mock: KmsImportMock
    server: Server

    @property
    def environ(self) -> dict[str, str]:
        """An environment in which a client finds the server, and nobody has said how often it shall try."""
        nowhere = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
        environ = environment({**self.server.environ, **nowhere})
        return {name: value for name, value in environ.items() if name not in {"AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"}}

    def cell(self, outcome: str) -> str:
        """What the table says of it: what the client got, and what that took."""
        record = self.mock.calls.to("CreateKey")[0]
        return f"{outcome}; {counted(record.attempts, 'request')}, {counted(record.effects, 'KMS key')}"


def counted(number: int, what: str) -> str:
    """A number and what there is of it."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


@contextmanager
def striking() -> Iterator[list[Striking]]:
    """A server for each fault."""
    with ExitStack() as stack:
        struck = []
        for fault, times in HAPPENS.items():
            mock = stack.enter_context(mock_kms_import(region="eu-central-1"))
            mock.inject(fault, on="CreateKey", times=times)
            struck.append(Striking(fault, mock, stack.enter_context(mock.serve())))
        yield struck


def aws_cli() -> list[str]:
    """The column of the AWS CLI; all commands wait at the same time, since they wait long before they try again."""
    command = ["aws", "kms", "create-key", "--cli-read-timeout", "4"]
    with striking() as struck:
        started = [
            subprocess.Popen(command, env=each.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for each in struck
        ]
        ended = [(process.communicate(timeout=PATIENCE), process.returncode) for process in started]
        cells = [each.cell(aws_cli_outcome(*said, status)) for each, (said, status) in zip(struck, ended, strict=True)]
        version = subprocess.check_output(["aws", "--version"], env=struck[0].environ, text=True)
    return [version.split()[0].replace("aws-cli/", "AWS CLI "), *cells]


def aws_cli_outcome(printed: str, error: str, status: int) -> str:
    """What the AWS CLI prints, in a few words."""
    if status == 0:
        return "success" if printed else "**success, and prints nothing**"
    refused = re.search(r"An error occurred \((\w+)\)", error)
    return f"`{refused[1]}`" if refused else f"“{error.strip().partition(' before')[0]}”"


def javascript_sdk() -> list[str]:
    """The column of the AWS SDK for JavaScript; one process asks for all."""
    with striking() as struck:
        calls = [
            {
                "name": number,
                "url": each.server.url,
                "operation": "CreateKey",
                "members": {},
                "options": {"requestHandler": {"socketTimeout": 2000}} if HAPPENS[each.fault] else {},
            }
            for number, each in enumerate(struck)
        ]
        command = ["node", str(ASK), json.dumps(calls)]
        lines = subprocess.check_output(
            command, env=struck[0].environ, stderr=subprocess.PIPE, text=True, timeout=PATIENCE
        )
        outcomes = {outcome["name"]: outcome for outcome in map(json.loads, lines.splitlines())}
        cells = [each.cell(javascript_outcome(outcomes[number])) for number, each in enumerate(struck)]
    return [f"AWS SDK for JavaScript {json.loads(JAVASCRIPT_SDK.read_text())['version']}", *cells]


def javascript_outcome(outcome: dict[str, Any]) -> str:
    """What the promise gives, in a few words."""
    if outcome["error"] is None:
        return "success" if outcome["answered"] else "**success, with an empty object**"
    said = f" “{outcome['said'].splitlines()[0]}”" if outcome["error"] in {"Error", "TimeoutError"} else ""
    return f"`{outcome['error']}`{said}"


COLUMNS = {"AWS CLI": aws_cli, "AWS SDK for JavaScript": javascript_sdk}


def first_column() -> list[str]:
    """What happens."""
    return [FIRST, *(f"`{fault!r}`{'' if times is None else ', once'}" for fault, times in HAPPENS.items())]


def table_in_document() -> str:
    """The table as docs/clients.md has it."""
    return DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0]


def columns_in_document() -> list[list[str]]:
    """Its columns, the head of each first."""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table_in_document().splitlines()]
    return [list(column) for column in zip(rows[0], *rows[2:], strict=True)]


def write() -> None:
    """Put the table where it belongs."""
    columns = [first_column(), *(measure() for measure in COLUMNS.values())]
    lines = ["| " + " | ".join(row) + " |\n" for row in zip(*columns, strict=True)]
    lines.insert(1, "|" + "---|" * len(columns) + "\n")
    text = DOCUMENT.read_text().replace(BEGIN + table_in_document() + END, BEGIN + "".join(lines) + END)
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    write()

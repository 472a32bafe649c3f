"""Clients of AWS KMS that are no part of this process, and how a test has them ask a server.

``.ci/clients`` installs them. A test whose client is missing is skipped, and fails where ``REQUIRE_CLIENTS`` is set.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from botocore import xform_name

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
AWS = ROOT / ".venv-awscli" / "bin" / "aws"
NODE_MODULES = EXAMPLES / "node" / "node_modules"
JAVASCRIPT_SDK = NODE_MODULES / "@aws-sdk" / "client-kms" / "package.json"
IAM_SIMULATE = ROOT / "tests" / "oracle" / "node_modules" / "@cloud-copilot" / "iam-simulate" / "package.json"
#: Asks servers with the SDK for JavaScript.
ASK = ROOT / "tests" / "clients" / "ask.cjs"
PATIENCE = 180  # seconds, on a busy machine

#: How a client is called -> whether it is there.
FOUND = {
    "AWS CLI": AWS.exists(),
    "curl": bool(shutil.which("curl")),
    "openssl": bool(shutil.which("openssl")),
    "Node.js": bool(shutil.which("node") and shutil.which("npm")),
    "AWS SDK for JavaScript": JAVASCRIPT_SDK.exists(),
    "iam-simulate": IAM_SIMULATE.exists(),
}


def need(*clients: str) -> None:
    """Skip the test where a client is missing, or fail it where none may be."""
    for client in clients:
        if not FOUND[client]:
            reason = f"{client} is missing: .ci/clients installs it"
            (pytest.fail if os.environ.get("REQUIRE_CLIENTS") else pytest.skip)(reason)


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """A server's environment, in which ``aws`` is the one that was installed, and Node.js finds the SDK."""
    return {**environ, "PATH": f"{AWS.parent}{os.pathsep}{os.environ['PATH']}", "NODE_PATH": str(NODE_MODULES)}


def run(command: list[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a client to its end."""
    return subprocess.run(
        command, env=environment(environ), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def ask_by_aws_cli(environ: Mapping[str, str], operation: str, members: dict[str, str]) -> str | None:
    """Call an operation, and give the error code, if there is one."""
    command = ["aws", "kms", xform_name(operation, "-"), "--cli-input-json", json.dumps(members)]
    ended = run(command, environ)
    refused = re.search(r"An error occurred \((\w+)\)", ended.stderr)
    return refused[1] if refused else ended.stderr or None


def ask_by_curl(environ: Mapping[str, str], operation: str, members: dict[str, str]) -> str | None:
    """Call an operation, and give the error code, if there is one."""
    signed = ["--aws-sigv4", f"aws:amz:{environ['AWS_REGION']}:kms", "--user", "testing:testing"]
    target = ["--header", f"X-Amz-Target: TrentService.{operation}"]
    url = environ["AWS_ENDPOINT_URL_KMS"]
    ended = run(["curl", "--silent", "--show-error", *signed, *target, "--data", json.dumps(members), url], environ)
    return ended.stderr or json.loads(ended.stdout).get("__type")


def ask_by_javascript_sdk(environ: Mapping[str, str], operation: str, members: dict[str, str]) -> str | None:
    """Call an operation, and give the error code, if there is one."""
    ended = run(["node", str(ASK), json.dumps([{"operation": operation, "members": members}])], environ)
    return json.loads(ended.stdout)["error"]


class Client(NamedTuple):
    """A client: what has to be installed, its key ceremony among the examples, how it calls an operation.

    Besides, how the example is told a time, and whether it tries again where an answer is lost.
    """

    needs: tuple[str, ...]
    importer: list[str]
    ask: Callable[[Mapping[str, str], str, dict[str, str]], str | None]
    written: Callable[[datetime], str] = datetime.isoformat
    tries_again: bool = True

    def where_installed(self) -> Client:
        """The client, if it is there."""
        need(*self.needs)
        return self


CLIENTS = {
    "aws-cli": Client(("AWS CLI", "openssl"), ["bash", str(EXAMPLES / "shell" / "import-key.sh")], ask_by_aws_cli),
    "curl": Client(
        ("curl", "openssl"),
        ["bash", str(EXAMPLES / "shell" / "import-key-with-curl.sh")],
        ask_by_curl,
        written=lambda time: str(int(time.timestamp())),
        tries_again=False,
    ),
    "javascript": Client(
        ("Node.js", "AWS SDK for JavaScript"),
        ["node", str(EXAMPLES / "node" / "import-key.js")],
        ask_by_javascript_sdk,
    ),
}

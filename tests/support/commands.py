"""The command ``pytest-kmsimport``, as a test runs it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

PROGRAM = [sys.executable, "-m", "pytest_kmsimport"]
PATIENCE = 60  # seconds


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, **options)  # noqa: PLW1510


def started(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Begin to run the command."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*PROGRAM, *arguments], text=True, **{**pipes, **options})


#: A program without botocore that asks for an operation: ``python -c ASK CreateKey '{}'``; a refusal is on stderr.
ASK = """
import os, sys, urllib.error, urllib.request
headers = {"X-Amz-Target": "TrentService." + sys.argv[1]}
request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_KMS"], sys.argv[2].encode(), headers)
try:
    print(urllib.request.urlopen(request).read().decode())
except urllib.error.HTTPError as refusal:
    print(refusal.read().decode(), file=sys.stderr)
"""


def asking(operation: str, members: str = "{}") -> list[str]:
    """A command line that asks for an operation."""
    return [sys.executable, "-c", ASK, operation, members]

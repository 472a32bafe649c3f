"""The command line of ``pytest-kmsimport``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from importlib.metadata import version

from .options import add_options
from .serving import PROGRAM

_DESCRIPTION = """\
An in-memory AWS KMS for tests in any language: the whole key import (BYOK), with AWS's errors and key states, with
faults on purpose, and without AWS.
"""
_EPILOG = """\
examples:
  pytest-kmsimport run -- npm test
  pytest-kmsimport serve
"""
_RUN_EPILOG = """\
COMMAND has AWS_ENDPOINT_URL_KMS, a Region and credentials that belong to nobody. Some tools do not read the endpoint
there; give them "$AWS_ENDPOINT_URL_KMS" by hand. Control is below "$AWS_ENDPOINT_URL_KMS/_kms_import/".

examples:
  pytest-kmsimport run -- ./import-key.sh
  pytest-kmsimport run --region eu-central-1 -- go test ./...
  pytest-kmsimport run --fault 'AnswerLost(), on="ImportKeyMaterial", times=1' -- npm test
  pytest-kmsimport run --fault 'Refusal("ThrottlingException"), on="CreateKey", nth=[1, 3]' -- terraform apply
  pytest-kmsimport run --fault 'meanwhile(disable_key), on="Encrypt"' -- sh -c 'echo "$AWS_ENDPOINT_URL_KMS"'

exit status: that of COMMAND; 128 and the number of the signal that ended it; 126 where it cannot be run, 127 where it
is not found; 1 where it succeeded and the mock has something to say: an operation that is not offered, a planned fault
that never struck, a leak; 2 where the options are wrong. Unless it is 0, the calls are shown on stderr.
"""


class _Formatter(RawDescriptionHelpFormatter):
    """Keeps examples as they are written."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a command line says, and give the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    end = given.index("--") if "--" in given else len(given)
    parser = _parser()
    parsed = parser.parse_args(given[:end])
    parsed.command = given[end + 1 :]
    act: Callable[[Namespace], int] = parsed.act
    misused: ArgumentParser = parsed.parser
    try:
        return act(parsed)
    except (ValueError, OSError) as error:
        misused.error(str(error))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(PROGRAM, description=_DESCRIPTION, epilog=_EPILOG, formatter_class=_Formatter)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {version(PROGRAM)}")
    commands = parser.add_subparsers(metavar="run | serve", required=True)
    run = commands.add_parser(
        "run",
        help="run a program with the mock in its environment",
        description="Run a program with the mock in its environment, and end as it does.",
        epilog=_RUN_EPILOG,
        formatter_class=_Formatter,
        usage=f"{PROGRAM} run [options] -- COMMAND ...",
    )
    run.set_defaults(act=_run, parser=run)
    run.add_argument("--tls", action="store_true", help="answer by TLS, with a certificate that is made for it")
    add_options(run)
    return parser


def _run(given: Namespace) -> int:
    from .run import run  # noqa: PLC0415  what it takes costs time, and --help needs none of it

    if not given.command:
        raise ValueError(f"there is nothing to run; write {PROGRAM} run [options] -- COMMAND, such as -- npm test")
    return run(given)

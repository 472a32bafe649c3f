"""The command line of ``pytest-kmsimport``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from .options import add_options
from .serving import PROGRAM

_LAST_PORT = 65535
_DESCRIPTION = """\
An in-memory AWS KMS for tests in any language: the whole key import (BYOK), with AWS's errors and key states, with
faults on purpose, and without AWS.
"""
_EPILOG = """\
examples:
  pytest-kmsimport run -- npm test
  pytest-kmsimport run --help
  pytest-kmsimport serve --help
"""
_RUN_EPILOG = """\
COMMAND has AWS_ENDPOINT_URL_KMS, a Region and credentials that belong to nobody. Some tools do not read the endpoint
there; give them "$AWS_ENDPOINT_URL_KMS" by hand. Control is below "$AWS_ENDPOINT_URL_KMS/_kms_import/".

examples:
  pytest-kmsimport run -- ./import-key.sh
  pytest-kmsimport run --region eu-central-1 -- go test ./...
  pytest-kmsimport run --fault 'AnswerLost(), on="ImportKeyMaterial", times=1' -- npm test
  pytest-kmsimport run --fault 'Refusal("ThrottlingException"), on="CreateKey", nth=[1, 3]' -- terraform apply
  pytest-kmsimport run --fault 'meanwhile(disable_key), on="Encrypt"' -- mvn test

exit status: that of COMMAND; 128 and the number of the signal that ended it; 126 where it cannot be run, 127 where it
is not found; 1 where it succeeded and the mock has something to say: an operation that is not offered, a planned fault
that never struck, a leak; 2 where the options are wrong. Unless it is 0, the calls are shown on stderr.
"""


_SERVE_EPILOG = """\
Ready, it prints one line of JSON: "url"; "environ", variables with which SDKs and tools find the server; "unset",
variables that would lead them elsewhere; with --host, "token". Every call is logged on stderr. It ends with SIGTERM or
Ctrl-C. Control is below URL/_kms_import/: faults, clock, calls, reset, verdict.

examples:
  pytest-kmsimport serve --with-parent
  pytest-kmsimport serve --port 4599 --tls certificates --region eu-central-1
  pytest-kmsimport serve --host 0.0.0.0 --port 4599 --fault 'Slow(2, really=True), every=10'
  curl --silent http://127.0.0.1:4599/_kms_import/verdict

exit status: 0; 1 where the mock has something to say, as for run; 2 where the options are wrong, or nobody can listen
there.
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
    parser = ArgumentParser(
        PROGRAM, description=_DESCRIPTION, epilog=_EPILOG, formatter_class=_Formatter, allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {version(PROGRAM)}")
    commands = parser.add_subparsers(metavar="run | serve", required=True)
    run = commands.add_parser(
        "run",
        help="run a program with the mock in its environment",
        description="Run a program with the mock in its environment, and end as it does.",
        epilog=_RUN_EPILOG,
        formatter_class=_Formatter,
        usage=f"{PROGRAM} run [options] -- COMMAND ...",
        allow_abbrev=False,  # which an option to come would change
    )
    run.set_defaults(act=_run, parser=run)
    run.add_argument("--tls", action="store_true", help="answer by TLS, with a certificate that is made for it")
    add_options(run)
    _add_serve(commands)
    return parser


def _add_serve(commands: _SubParsersAction[ArgumentParser]) -> None:
    serve = commands.add_parser(
        "serve",
        help="answer at a port until told to end",
        description="Answer at a port until told to end, for programs that run beside each other.",
        epilog=_SERVE_EPILOG,
        formatter_class=_Formatter,
        usage=f"{PROGRAM} serve [options]",
        allow_abbrev=False,
    )
    serve.set_defaults(act=_serve, parser=serve)
    serve.add_argument("--port", type=_port, default=0, help="port to listen at (default: any that is free)")
    serve.add_argument(
        "--host",
        metavar="NAME",
        help="name or address to listen at, such as 0.0.0.0 in a container: other computers can reach it then, and"
        " control needs the token that is printed (default: this computer alone)",
    )
    serve.add_argument(
        "--tls",
        nargs="?",
        const=True,
        default=False,
        type=Path,
        metavar="DIR",
        help="answer by TLS, with a certificate that is made for it; whom to trust is written to a file in DIR"
        " (default: one of its own) for as long as the server runs. No private key is",
    )
    serve.add_argument(
        "--with-parent", action="store_true", help="end when standard input does, as it does when a parent ends"
    )
    add_options(serve)


def _port(text: str) -> int:
    """A port from the command line."""
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise ArgumentTypeError(f"{text!r} is no port; write a number from 0 to {_LAST_PORT}")
    return int(text)


def _serve(given: Namespace) -> int:
    from .serve import serve  # noqa: PLC0415  as for run

    if given.command:
        raise ValueError(f"serve runs no program; write {PROGRAM} run -- {' '.join(given.command)}")
    return serve(given)


def _run(given: Namespace) -> int:
    from .run import run  # noqa: PLC0415  what it takes costs time, and --help needs none of it

    if not given.command:
        raise ValueError(f"there is nothing to run; write {PROGRAM} run [options] -- COMMAND, such as -- npm test")
    return run(given)

"""What ``run`` and ``serve`` take alike: options of the mock, and planned faults."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from dataclasses import fields
from pathlib import Path
from typing import Any

from .._mock.options import DEFAULT_ACCOUNT, DEFAULT_REGION, RESERVED_TAGS, SERVICES, Options

#: Option of the mock -> what it is for, as ``--help`` has it.
_OPTIONS = {
    "region": f"Region of requests that are signed for none (default: AWS_DEFAULT_REGION, else {DEFAULT_REGION})",
    "account": f"12-digit account of callers whose access key is none itself (default: {DEFAULT_ACCOUNT})",
    "principal": "ARN of who calls with an access key that is nobody's (default: the root user of the account)",
    "policies": "file with an identity-based policy of that principal; may be repeated",
    "service": f"generation of AWS KMS: {' or '.join(SERVICES)} (default: {SERVICES[0]})",
    "strict_tokens": "refuse a second successful import with the same import token",
    "faults_must_strike": "whether it is a failure that a planned fault never struck (default: it is)",
    "check_leaks": "whether it is a failure that a secret is found in a request",
    "background_seconds": "how long AWS works on after it has answered, by the mock's clock (default: 0)",
    "grants_spread_seconds": "how long a grant takes to be known without its token, by the mock's clock (default: 0)",
    "journal_size": "how many calls are remembered (default: 1000)",
    "quotas": "one of AWS's limits, lowered, such as aliases_per_key=2; may be repeated",
    "reserved_tags": f"whose tags choose key IDs: {' or '.join(RESERVED_TAGS)} (default: nobody's)",
    "seed": "number from which all follows that is drawn at random, the same from run to run; for tests alone",
}
#: Options of the mock that are about clients in its own process, and there is none.
OF_ITS_PROCESS = {"allow_real_aws", "integrated_services", "serve", "sign_requests", "sleep_on_retry"}
_METAVARS = {"region": "NAME", "account": "DIGITS", "principal": "ARN", "service": "NAME", "reserved_tags": "NAME"}


def add_options(parser: ArgumentParser) -> None:
    """Have a parser take them."""
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT",
        dest="faults",
        help="plan a fault, written as the arguments of mock.inject: 'AnswerLost(), on=\"CreateKey\", times=1';"
        " may be repeated",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="begin with the KMS keys in this file, if it is there, and leave them there at the end; it holds key"
        " material in the clear, so nobody else may read it (mode 0600)",
    )
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        dest="keys",
        help="put the KMS keys of this file in place: JSON, one object or a list of them, such as"
        ' {"key_id": "...", "material": "...", "aliases": ["alias/payroll"]}; may be repeated',
    )
    parser.add_argument(
        "--local-kms-seed",
        type=Path,
        metavar="FILE",
        help="put the KMS keys and aliases of this seed file of local-kms in place; needs PyYAML",
    )
    for option in fields(Options):
        if option.name in _OPTIONS:
            _add_option(parser, option.name, option.default, _OPTIONS[option.name])


def _add_option(parser: ArgumentParser, name: str, default: object, purpose: str) -> None:
    flag = f"--{name.replace('_', '-')}"
    if name == "quotas":
        parser.add_argument("--quota", action="append", type=_quota, dest=name, metavar="NAME=NUMBER", help=purpose)
    elif name == "policies":
        parser.add_argument("--policy", action="append", type=Path, dest=name, metavar="FILE", help=purpose)
    elif default is True:
        parser.add_argument(flag, action=BooleanOptionalAction, default=None, help=purpose)
    elif default is False:
        parser.add_argument(flag, action="store_true", default=None, help=purpose)
    elif isinstance(default, int) or name == "seed":
        parser.add_argument(flag, type=int, metavar="NUMBER", help=purpose)
    else:
        parser.add_argument(flag, metavar=_METAVARS[name], help=purpose)


def _quota(text: str) -> tuple[str, int]:
    """A limit from the command line."""
    name, equals, number = text.partition("=")
    if not equals or not number.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no limit; write one such as aliases_per_key=2")
    return name, int(number)


def options_of(given: Namespace) -> Options:
    """The options of the mock, as they were given; raises ValueError for a value that one cannot have."""
    chosen: dict[str, Any] = {name: getattr(given, name) for name in _OPTIONS if getattr(given, name) is not None}
    if "quotas" in chosen:
        chosen["quotas"] = dict(chosen["quotas"])
    return Options.checked(chosen, "pytest-kmsimport")

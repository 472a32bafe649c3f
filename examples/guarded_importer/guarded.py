"""Import key material by a role that may do nothing else, and that only with one wrapping algorithm and for 30 days.

    python -m guarded_importer.guarded policy > role.json
    python -m guarded_importer.guarded import material.bin 1234abcd-12ab-34cd-56ef-1234567890ab --days 30

The first is for the pipeline that deploys the role, every night: kms:ValidTo is a time, and IAM has no "in 30 days".
The second runs as the role. The KMS key has ``key-policy.json``, which keeps everybody else from importing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from ceremony import import_material

FOLDER = Path(__file__).parent
KEY_POLICY = FOLDER / "key-policy.json"
LONGEST = timedelta(days=30)


def role_policy(now: datetime) -> dict[str, Any]:
    """The policy of the role, as it is for imports from now on."""
    latest = (now + LONGEST).timestamp()
    text = (FOLDER / "role-policy.json").read_text(encoding="utf-8")
    policy: dict[str, Any] = json.loads(text.replace('"LATEST"', f'"{latest}"'))
    return policy


def main(arguments: Sequence[str] | None = None, now: Callable[[], datetime] | None = None) -> int:
    """Run from the command line and give the exit status."""
    parser = argparse.ArgumentParser(description="Import key material by a role that may do nothing else.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("policy", help="print the role's policy")
    importing = commands.add_parser("import", help="import key material")
    importing.add_argument("material", type=Path, help="file of 32 bytes")
    importing.add_argument("key_id")
    importing.add_argument("--days", type=int, default=LONGEST.days, help="until the key material expires")
    options = parser.parse_args(arguments)
    today = now() if now else datetime.now(timezone.utc)
    if options.command == "policy":
        print(json.dumps(role_policy(today), indent=2))
        return 0
    valid_to = today + timedelta(days=options.days)
    try:
        import_material(boto3.Session().client("kms"), options.key_id, options.material.read_bytes(), ValidTo=valid_to)
    except ClientError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Key policies that tests put: which principals may do what."""

from __future__ import annotations

import json
from typing import Any


def root(account: str) -> str:
    """What a policy calls a whole account."""
    return f"arn:aws:iam::{account}:root"


def statement(principal: object = "*", action: object = "kms:*", **elements: Any) -> dict[str, Any]:
    """A statement of a key policy, by default an Allow."""
    named = principal if principal == "*" or isinstance(principal, dict) else {"AWS": principal}
    return {"Effect": "Allow", "Principal": named, "Action": action, "Resource": "*", **elements}


def document(*statements: dict[str, Any]) -> str:
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def shared(*accounts: str) -> str:
    """A key policy that lets everybody in these accounts do what their own accounts let them."""
    return document(statement([root(account) for account in accounts]))

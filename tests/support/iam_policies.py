"""Policies of IAM that tests give to principals."""

from __future__ import annotations

from typing import Any

HOME, OTHER = "123456789012", "111122223333"
DENIED = "is not authorized to perform"


def allow(*actions: str, effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """A policy of one statement about all KMS keys."""
    statement = {"Effect": effect, "Action": list(actions), "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": [statement]}

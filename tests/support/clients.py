"""Clients of one warm session of botocore's, for tests that make hundreds."""

from __future__ import annotations

import os
from typing import Any

import botocore.session
from botocore.config import Config

_SESSION = botocore.session.Session()
for _file in ("config_file", "credentials_file"):  # which the session would remember from the first test on
    _SESSION.set_config_variable(_file, os.devnull)


def warm_client(region: str, config: Config | None = None) -> Any:
    """A KMS client of its own, as a session makes it that has made one before; anybody's, so the mock's account's."""
    return _SESSION.create_client(
        "kms", region, config=config or Config(), aws_access_key_id="anybody", aws_secret_access_key="made up"
    )

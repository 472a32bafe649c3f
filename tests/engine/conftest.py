"""An engine with a clock and dice of its own, called without botocore."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random

import pytest

from pytest_kmsimport._mock.rsa_pool import RsaKeys
from pytest_kmsimport._wire.regions import is_region
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.recipients import Recipient
from pytest_kmsimport.engine.world import World


class Universe:
    """A world whose time stands still until it is told to move, and whose dice are seeded."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=timezone.utc)
        dice, rsa_keys = Random(1).randbytes, RsaKeys()  # noqa: S311  repeatable on purpose
        enclave = Recipient("i-enc", {0: bytes(48), 3: b"\3" * 48}, rsa_keys(2048).public_key())
        self.world = World(lambda: self.time, dice, rsa_keys, is_region, attested=lambda *_: enclave)

    def pass_time(self, **parts: float) -> None:
        """Let time pass, by the keywords of timedelta."""
        self.time += timedelta(**parts)


@pytest.fixture
def universe() -> Universe:
    """Time and chance for one engine."""
    return Universe()


@pytest.fixture
def ask(universe):
    """Call an operation of an engine: ``ask("DescribeKey", KeyId=...)``."""
    engine = Engine(universe.world)

    def call(operation: str, *, region: str = "us-east-1", account: str = "123456789012", **members: object):
        return engine(Call(operation, region, Caller(account), members))

    call.engine = engine  # type: ignore[attr-defined]  # for tests that look inside
    return call

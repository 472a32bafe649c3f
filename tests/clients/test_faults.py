"""The same faults, seen by the SDKs of other languages: docs/clients.md's table, held by counts of requests."""

from __future__ import annotations

import json
import subprocess

import pytest

from pytest_kmsimport import faults

from ..support import sdk_table
from ..support.programs import ASK, CLIENTS, PATIENCE, environment, need
from ..support.servers import until_true


@pytest.mark.parametrize("name", sdk_table.COLUMNS)
def test_a_client_sees_what_the_guide_says(name):
    """What it gets, how many requests it makes, and how many KMS keys there are then."""
    need(*next(client.needs for client in CLIENTS.values() if name in client.needs))
    (told,) = [column for column in sdk_table.columns_in_document() if column[0].startswith(name)]
    assert told == sdk_table.COLUMNS[name](), "run python -m tests.support.sdk_table"
    assert sdk_table.columns_in_document()[0] == sdk_table.first_column()


@pytest.mark.parametrize(
    "timeouts", [{}, {"requestTimeout": 300, "throwOnRequestTimeout": True}], ids=["default", "requestTimeout"]
)
def test_a_stalled_body_holds_the_sdk_for_javascript(kms_import_mock, timeouts):
    """Until the server ends: its timeouts are over with the first byte of an answer, ``socketTimeout`` excepted."""
    need("Node.js", "AWS SDK for JavaScript")
    kms_import_mock.inject(faults.StalledBody(), on="CreateKey")
    with kms_import_mock.serve() as server:
        call = {"url": server.url, "operation": "CreateKey", "members": {}, "options": {"requestHandler": timeouts}}
        asking = subprocess.Popen(
            ["node", str(ASK), json.dumps([call])],
            env=environment(server.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            until_true(lambda: len(kms_import_mock.calls) == 1)
            with pytest.raises(subprocess.TimeoutExpired):
                asking.wait(1)
            server.stop()
            said, _ = asking.communicate(timeout=PATIENCE)
        finally:
            asking.kill()
            asking.communicate()
    assert json.loads(said)["error"] is not None
    assert kms_import_mock.calls[0].attempts == 1

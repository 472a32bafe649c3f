"""What AWS tells others of calls that asynchronous clients make: the trail, rules and alarms."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from ..support.async_clients import client_on

pytestmark = pytest.mark.anyio


async def test_the_trail(kms_import_mock, http):
    """Every call is recorded, a refused one too, with what botocore sent as requestID."""
    key = kms_import_mock.import_key()
    async with client_on(http) as kms:
        answer = await kms.disable_key(KeyId=key.id)
        with pytest.raises(ClientError, match="DisabledException"):
            await kms.encrypt(KeyId=key.id, Plaintext=b"payroll")
    disabled, refused = kms_import_mock.trail
    assert (disabled["eventName"], disabled["requestID"]) == ("DisableKey", answer["ResponseMetadata"]["RequestId"])
    assert (refused["eventName"], refused["errorCode"]) == ("Encrypt", "DisabledException")
    assert "payroll" not in kms_import_mock.trail.json_lines()


async def test_a_rule_and_an_alarm(kms_import_mock, http):
    """Both hear in time, from within the loop, and what a call causes is told before its answer is there."""
    told = []
    key = kms_import_mock.import_key(ValidTo=kms_import_mock.clock.now() + timedelta(days=30))
    pattern = {"detail": {"eventName": ["DeleteImportedKeyMaterial", "DeleteExpiredKeyMaterial"]}}
    kms_import_mock.events.rule(pattern, lambda event, _: told.append(event["detail"]["eventName"]))
    alarm = kms_import_mock.metrics.alarm(key.id, timedelta(days=14), lambda *_: told.append("alarm"))
    async with client_on(http) as kms:
        await kms.describe_key(KeyId=key.id)
        assert (alarm.state, told) == ("OK", [])
        kms_import_mock.clock.advance(days=17)
        await kms.describe_key(KeyId=key.id)
        assert told == ["alarm"]
        await kms.delete_imported_key_material(KeyId=key.id)
        assert told == ["alarm", "DeleteImportedKeyMaterial"]
    kms_import_mock.clock.advance(days=30)
    assert told == ["alarm", "DeleteImportedKeyMaterial"], "what was deleted does not expire"

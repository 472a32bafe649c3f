"""Any schedule of faults around a key ceremony, with an importer that persists."""

from __future__ import annotations

from contextlib import suppress

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from key_importer.importer import FileHsm, Importer, ImportRefusedError

from pytest_kmsimport import faults, mock_kms_import
from pytest_kmsimport.faults._catalogue import everything
from pytest_kmsimport.faults._world import Meanwhile

MATERIAL = bytes(range(32))
OPERATIONS = (*faults.CEREMONY, "Encrypt", "Decrypt")


def if_possible(action):
    """What somebody else does, where AWS lets them."""

    def act(mock, call):
        with suppress(BotoCoreError, ClientError, ValueError):
            if call.key_id is not None:
                action(mock, call)

    act.__name__ = action.__name__
    return act


def possible(fault):
    """A fault that never fails the test by itself."""
    return faults.meanwhile(if_possible(fault.action)) if isinstance(fault, Meanwhile) else fault


FAULTS = list({fault.id: possible(fault) for name in OPERATIONS for fault in everything(name)}.values())
SCHEDULES = st.lists(st.none() | st.sampled_from(FAULTS), min_size=1, max_size=25).filter(any)


def hold_ceremony(mock):
    """Let the importer make a KMS key and bring the key material; say whether it reports success, and of which key."""
    importer = Importer(
        boto3.client("kms"),
        FileHsm(MATERIAL),
        now=mock.clock.now,
        sleep=lambda seconds: mock.clock.advance(seconds=seconds),
        report=lambda _: None,
    )
    key_id = None
    try:
        key_id = importer.create("SYMMETRIC_DEFAULT")
        importer.bring(key_id)
    except (ClientError, BotoCoreError, ImportRefusedError):
        return key_id, False
    return key_id, True


@settings(deadline=None, max_examples=150)
@given(schedule=SCHEDULES)
def test_any_schedule_of_faults(schedule):
    """It ends imported or reported, and the journal says what is so."""
    with mock_kms_import(region="eu-central-1", check_leaks=True) as mock:
        plan = mock.inject(schedule, must_strike=False)
        key_id, is_done = hold_ceremony(mock)
        plan.end()
        calls = mock.calls
        assert sum(call.effects for call in calls.to("CreateKey")) == len(mock.client().list_keys()["Keys"])
        assert all(len(call.faults) <= call.attempts for call in calls)
        if key_id is None:
            return
        view, about = mock.key(key_id), calls.about(key_id)
        others = any("import_first" in fault.id for call in calls for fault in call.faults)
        if is_done:  # that others were first, and at which of its looks, the importer cannot know
            mock.assert_imported(key_id, None if others else MATERIAL)
        if about:
            assert about[-1].key_state_after == view.state
        arrived = any(material.matches(MATERIAL) for material in view.materials)
        effects = sum(call.effects for call in calls.to("ImportKeyMaterial"))
        deleted = any("delete_material" in fault.id for call in about for fault in call.faults)
        assert arrived == bool(effects) or deleted

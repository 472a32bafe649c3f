"""The life of an imported key, against a small model of AWS's documents and decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pytest_kmsimport.engine.engine import Call, Engine
from pytest_kmsimport.engine.errors import KmsError
from pytest_kmsimport.engine.keys import Key
from pytest_kmsimport.wrapping import wrap_key_material

from .conftest import Universe

MATERIALS = [bytes([n]) * 32 for n in range(3)]
OAEP = "RSAES_OAEP_SHA_256"


@dataclass
class Expected:
    """What AWS's documents say about a symmetric key with imported key material."""

    current: int | None = None  # which of MATERIALS
    pending: int | None = None
    present: dict[int, int | None] = field(default_factory=dict)  # material -> hour at which it expires
    disabled: bool = False
    deleted_at: int | None = None  # hour
    hour: int = 0

    @property
    def state(self) -> str:
        """The key state."""
        if self.deleted_at is not None:
            return "PendingDeletion"
        if self.current is None or self.current not in self.present:
            return "PendingImport"
        return "Disabled" if self.disabled else "Enabled"

    def drop(self, material: int) -> None:
        """Key material goes; without the current one the key forgets that it was disabled."""
        del self.present[material]
        if material == self.pending:
            self.pending = None
        else:
            self.disabled = False


class LifeOfAKey(RuleBasedStateMachine):
    """Any order of imports, deletions, expiry and switching leaves key and model in agreement."""

    @initialize()
    def make_key(self):
        """A KMS key without key material."""
        self.universe = Universe()
        self.engine = Engine(self.universe.world)
        self.expected = Expected()
        self.key_id = self.ask("CreateKey", Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        self.ids: dict[int, str] = {}
        self.parameters = self.renewed()

    def ask(self, operation: str, **members: object):
        """Call an operation."""
        return self.engine(Call(operation, "us-east-1", "123456789012", members))

    def renewed(self):
        """Wrapping key and token, without a state that could refuse them."""
        return self.ask("GetParametersForImport", KeyId=self.key_id, WrappingAlgorithm=OAEP, WrappingKeySpec="RSA_2048")

    def attempt(self, operation: str, **members: object) -> str | None:
        """Call an operation about the key; None if it succeeds, else AWS's code."""
        try:
            self.ask(operation, KeyId=self.key_id, **members)
        except KmsError as error:
            return error.code
        return None

    @rule(
        material=st.sampled_from(range(len(MATERIALS))),
        import_type=st.sampled_from([None, "NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"]),
        hours=st.sampled_from([None, 1, 5]),
    )
    def import_material(self, material, import_type, hours):
        """Import some bytes, as new or existing, for ever or for some hours."""
        members = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        if hours:
            members = {"ValidTo": self.universe.time + timedelta(hours=hours)}
        if import_type:
            members["ImportType"] = import_type
        blob = wrap_key_material(self.parameters["PublicKey"], MATERIALS[material], OAEP)
        token = self.parameters["ImportToken"]
        code = self.attempt("ImportKeyMaterial", ImportToken=token, EncryptedKeyMaterial=blob, **members)
        assert code == self.expect_import(material, import_type, hours)

    def expect_import(self, material: int, import_type: str | None, hours: int | None) -> str | None:
        """What the documents say to an import, and what it does."""
        expected = self.expected
        if expected.deleted_at is not None:
            return "KMSInvalidStateException"
        if expected.hour >= 24:
            return "ExpiredImportTokenException"
        known = material in {expected.current, expected.pending}
        new = import_type == "NEW_KEY_MATERIAL" or (import_type is None and expected.current is None)
        if new == known:
            return "IncorrectKeyMaterialException"
        if new and expected.pending is not None:
            return "KMSInvalidStateException"
        if new and expected.current is None:
            expected.current = material
        elif new:
            expected.pending = material
        expected.present[material] = None if hours is None else expected.hour + hours
        return None

    @rule()
    def delete_material(self):
        """Delete the current key material."""
        assert self.attempt("DeleteImportedKeyMaterial") is None
        if self.expected.current in self.expected.present:
            self.expected.drop(self.expected.current)

    @rule()
    def delete_pending_material(self):
        """Delete the key material that waits for a rotation."""
        if self.expected.pending is not None:
            state = self.engine.look_up(self.key_id, "us-east-1", "123456789012", Key.copy)
            assert state is not None
            assert self.attempt("DeleteImportedKeyMaterial", KeyMaterialId=state.pending.id) is None
            self.expected.drop(self.expected.pending)

    @rule(hours=st.integers(min_value=1, max_value=6))
    def pass_time(self, hours):
        """Key material expires at its hour, and the key goes at its own."""
        self.universe.pass_time(hours=hours)
        self.expected.hour += hours
        for material, expiry in list(self.expected.present.items()):
            if expiry is not None and expiry <= self.expected.hour:
                self.expected.drop(material)

    @rule(operation=st.sampled_from(["EnableKey", "DisableKey"]))
    def switch(self, operation):
        """Switch the key on or off, which takes key material."""
        allowed = self.expected.state in {"Enabled", "Disabled"}
        assert self.attempt(operation) == (None if allowed else "KMSInvalidStateException")
        if allowed:
            self.expected.disabled = operation == "DisableKey"

    @rule()
    def schedule_deletion(self):
        """Schedule the key's deletion, or fail because it is scheduled."""
        scheduled = self.expected.deleted_at is not None
        assert self.attempt("ScheduleKeyDeletion") == ("KMSInvalidStateException" if scheduled else None)
        if not scheduled:
            self.expected.deleted_at = self.expected.hour + 30 * 24

    @rule()
    def cancel_deletion(self):
        """Call the deletion off: Disabled, or PendingImport without key material."""
        scheduled = self.expected.deleted_at is not None
        assert self.attempt("CancelKeyDeletion") == (None if scheduled else "KMSInvalidStateException")
        if scheduled:
            self.expected.deleted_at = None
            self.expected.disabled = self.expected.current in self.expected.present

    @invariant()
    def the_key_describes_what_is_expected(self):
        """State, materials and expiry, as DescribeKey tells them."""
        if not hasattr(self, "expected"):
            return
        expected = self.expected
        metadata = self.ask("DescribeKey", KeyId=self.key_id)["KeyMetadata"]
        assert metadata["KeyState"] == expected.state
        assert metadata["Enabled"] == (expected.state == "Enabled")
        assert ("CurrentKeyMaterialId" in metadata) == (expected.current is not None)
        assert ("ExpirationModel" in metadata) == (expected.current in expected.present)
        assert ("ValidTo" in metadata) == (expected.present.get(expected.current) is not None)

    @invariant()
    def enabled_keys_encrypt(self):
        """Encrypt works exactly in the state Enabled."""
        if not hasattr(self, "expected"):
            return
        refused = {"Disabled": "DisabledException", "Enabled": None}
        code = self.attempt("Encrypt", Plaintext=b"x")
        assert code == refused.get(self.expected.state, "KMSInvalidStateException")


TestLifeOfAKey = LifeOfAKey.TestCase
TestLifeOfAKey.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_wrapping_keys_are_let_go_with_their_tokens(ask, universe, algorithm):
    """A mock that lives long keeps the wrapping keys of the last 24 hours only."""
    key_id = ask("CreateKey", Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    tokens = ask.engine._store.tokens
    for _ in range(5):
        ask("GetParametersForImport", KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")
        universe.pass_time(hours=13)
    assert len(tokens._valid) == 2


def test_deleted_keys_are_let_go(ask, universe):
    """A mock that lives long does not keep deleted keys, even where nobody asks for them."""
    for _ in range(5):
        key_id = ask("CreateKey")["KeyMetadata"]["KeyId"]
        ask("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
        universe.pass_time(days=8)
    ask("CreateKey")
    region = ask.engine._store.region("123456789012", "us-east-1")
    assert (len(region.keys.by_age()), len(ask.engine._store._deletions)) == (1, 0)

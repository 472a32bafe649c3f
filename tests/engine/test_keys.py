"""The life of an imported key, against a small model of what AWS was recorded to do and documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.errors import KmsError
from pytest_kmsimport.wrapping import wrap_key_material

from .conftest import Universe

MATERIALS = [bytes([n]) * 32 for n in range(4)]
OAEP = "RSAES_OAEP_SHA_256"


@dataclass
class Expected:
    """What is known of AWS about a symmetric key with imported key material; a material is its number in MATERIALS."""

    permanent: list[int] = field(default_factory=list)  # in the order of rotations, the current one last
    pending: int | None = None
    present: dict[int, int | None] = field(default_factory=dict)  # material -> hour at which it expires
    disabled: bool = False
    deleted_at: int | None = None  # hour
    token_until: int = 0  # hour
    hour: int = 0

    @property
    def current(self) -> int | None:
        """The key material that encrypts, also while it is missing."""
        return self.permanent[-1] if self.permanent else None

    @property
    def is_complete(self) -> bool:
        """Whether the key has every key material that it was ever used with."""
        return bool(self.permanent) and all(material in self.present for material in self.permanent)

    @property
    def state(self) -> str:
        """The key state."""
        if self.deleted_at is not None:
            return "PendingDeletion"
        if not self.is_complete:
            return "PendingImport"
        return "Disabled" if self.disabled else "Enabled"

    @property
    def valid_to(self) -> int | None:
        """The hour of the first expiry, of what is not pending."""
        return min((hour for hour in map(self.present.get, self.permanent) if hour is not None), default=None)

    @property
    def listed(self) -> list[tuple[int, str, str]]:
        """Material, state and import state, as ListKeyRotations tells them; what is pending counts as imported."""
        states = ["NON_CURRENT"] * (len(self.permanent) - 1) + ["CURRENT"]
        imported = ["IMPORTED" if material in self.present else "PENDING_IMPORT" for material in self.permanent]
        entries = list(zip(self.permanent, states, imported, strict=False))
        return entries if self.pending is None else [*entries, (self.pending, "PENDING_ROTATION", "IMPORTED")]

    def lose(self, material: int) -> None:
        """The bytes of a key material go; without a permanent one the key forgets that it was disabled."""
        if material in self.present:
            del self.present[material]
            self.disabled = self.disabled and material not in self.permanent


class LifeOfAKey(RuleBasedStateMachine):
    """Any order of imports, deletions, expiry, rotation and switching leaves key and model in agreement."""

    @initialize()
    def make_key(self):
        """A KMS key without key material."""
        self.universe = Universe()
        self.engine = Engine(self.universe.world)
        self.expected = Expected()
        self.key_id = self.ask("CreateKey", Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        self.ids: dict[int, str] = {}
        self.ciphertexts: dict[int, bytes] = {}
        self.renew_token()

    def ask(self, operation: str, **members: object):
        """Call an operation."""
        self.answer = self.engine(Call(operation, "us-east-1", Caller("123456789012"), members))
        return self.answer

    def attempt(self, operation: str, **members: object) -> str | None:
        """Call an operation about the key; None if it succeeds, else AWS's code."""
        try:
            self.ask(operation, KeyId=self.key_id, **members)
        except KmsError as error:
            return error.code
        return None

    @rule()
    def renew_token(self):
        """Get another wrapping key and token, which only a deletion that is scheduled forbids."""
        code = self.attempt("GetParametersForImport", WrappingAlgorithm=OAEP, WrappingKeySpec="RSA_2048")
        assert code == ("KMSInvalidStateException" if self.expected.state == "PendingDeletion" else None)
        if code is None:
            self.parameters, self.expected.token_until = self.answer, self.expected.hour + 24

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
        if code is None:
            assert self.ids.setdefault(material, self.answer["KeyMaterialId"]) == self.answer["KeyMaterialId"]

    def expect_import(self, material: int, import_type: str | None, hours: int | None) -> str | None:
        """What AWS says to an import, and what it does."""
        expected = self.expected
        if expected.deleted_at is not None:
            return "KMSInvalidStateException"
        if expected.hour >= expected.token_until:
            return "ExpiredImportTokenException"
        known = material in {*expected.permanent, expected.pending}
        new = import_type == "NEW_KEY_MATERIAL" or (import_type is None and expected.current is None)
        if new == known:
            return "IncorrectKeyMaterialException"
        if new and expected.pending is not None:
            return "KMSInvalidStateException"
        if new and expected.current is None:
            expected.permanent.append(material)
        elif new:
            expected.pending = material
        expected.present[material] = None if hours is None else expected.hour + hours
        expected.disabled = False
        return None

    @precondition(lambda self: self.expected.pending is None)
    @rule(hours=st.sampled_from([None, 1, 5]))
    def import_what_is_new(self, hours):
        """Import bytes that the key does not have, as new ones: by chance alone few histories would have several."""
        known = len(self.expected.permanent)
        unknown = next((material for material in range(len(MATERIALS)) if material not in self.expected.permanent), 0)
        self.import_material(material=unknown, import_type="NEW_KEY_MATERIAL" if known else None, hours=hours)

    @precondition(lambda self: self.expected.state == "PendingImport")
    @rule(hours=st.sampled_from([None, 1, 5]))
    def import_what_is_missing(self, hours):
        """Import the bytes that the key waits for again."""
        for material in self.expected.permanent:
            if material not in self.expected.present:
                self.import_material(material=material, import_type=None, hours=hours)

    @rule()
    def delete_current_material(self):
        """Delete the current key material, which is named in the answer whether or not it was there."""
        assert self.attempt("DeleteImportedKeyMaterial") is None
        assert self.answer.get("KeyMaterialId") == self.ids.get(self.expected.current)
        if self.expected.current is not None:
            self.expected.lose(self.expected.current)

    @rule(material=st.sampled_from(range(len(MATERIALS))))
    def delete_material(self, material):
        """Delete key material by its identifier: permanent ones can come back, what was pending is forgotten."""
        known = material in {*self.expected.permanent, self.expected.pending}
        material_id = self.ids.get(material, "0" * 64)
        code = self.attempt("DeleteImportedKeyMaterial", KeyMaterialId=material_id)
        assert code == (None if known else "ValidationException")
        if known:
            assert self.answer["KeyMaterialId"] == material_id
            self.expected.lose(material)
        if material == self.expected.pending:
            self.expected.pending = None

    @rule()
    def rotate(self):
        """Rotate to what is pending, there or expired, which takes a key that works."""
        expected = self.expected
        codes = {"Enabled": None if expected.pending is not None else "KMSInvalidStateException"}
        codes["Disabled"] = "DisabledException"
        code = codes.get(expected.state, "KMSInvalidStateException")
        assert self.attempt("RotateKeyOnDemand") == code
        if code is None:
            expected.permanent.append(expected.pending)
            expected.pending = None

    @rule(hours=st.integers(min_value=1, max_value=6))
    def pass_time(self, hours):
        """Key material expires at its hour; that of a pending one changes nothing yet."""
        self.universe.pass_time(hours=hours)
        self.expected.hour += hours
        for material, expiry in list(self.expected.present.items()):
            if expiry is not None and expiry <= self.expected.hour:
                self.expected.lose(material)

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
            self.expected.disabled = self.expected.is_complete

    @invariant()
    def the_key_describes_what_is_expected(self):
        """State, materials and expiry, as DescribeKey tells them."""
        if not hasattr(self, "expected"):
            return
        expected = self.expected
        metadata = self.ask("DescribeKey", KeyId=self.key_id)["KeyMetadata"]
        assert metadata["KeyState"] == expected.state
        assert metadata["Enabled"] == (expected.state == "Enabled")
        assert metadata.get("CurrentKeyMaterialId") == self.ids.get(expected.current)
        assert ("ExpirationModel" in metadata) == expected.is_complete
        valid_to = expected.valid_to if expected.is_complete else None
        left = None if valid_to is None else timedelta(hours=valid_to - expected.hour)
        assert metadata.get("ValidTo") == (None if left is None else self.universe.time + left)

    @invariant()
    def the_key_lists_what_is_expected(self):
        """Key materials, as ListKeyRotations tells them: the pending one last."""
        if not hasattr(self, "expected"):
            return
        answer = self.ask("ListKeyRotations", KeyId=self.key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        listed = [(e["KeyMaterialId"], e["KeyMaterialState"], e["ImportState"]) for e in answer["Rotations"]]
        assert listed == [(self.ids[material], *states) for material, *states in self.expected.listed]

    @invariant()
    def enabled_keys_encrypt(self):
        """Encrypt works exactly in the state Enabled, and then whatever the key has ever encrypted opens."""
        if not hasattr(self, "expected"):
            return
        refused = {"Disabled": "DisabledException", "Enabled": None}
        code = refused.get(self.expected.state, "KMSInvalidStateException")
        assert self.attempt("Encrypt", Plaintext=b"x") == code
        if code is None:
            self.ciphertexts[self.expected.current] = self.answer["CiphertextBlob"]
        for material, blob in self.ciphertexts.items():
            assert self.attempt("Decrypt", CiphertextBlob=blob) == code
            assert code is not None or self.answer["KeyMaterialId"] == self.ids[material]


TestLifeOfAKey = LifeOfAKey.TestCase
TestLifeOfAKey.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


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

"""Any order of imports, rotations, expiry, deletions and replications, against a model that knows AWS's rules alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from random import Random
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pytest_kmsimport.engine import saved, timers
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.errors import KmsError
from pytest_kmsimport.engine.keys import Family, Key
from pytest_kmsimport.engine.materials import KeyMaterial, KeyMaterialState
from pytest_kmsimport.engine.operations import importing
from pytest_kmsimport.engine.world import World
from pytest_kmsimport.wrapping import wrap_key_material

from .imported_keys import SYMMETRIC, Copy, ImportedKey

OAEP = "RSAES_OAEP_SHA_256"
ACCOUNT = "123456789012"
REGIONS = ["us-east-1", "us-west-2", "eu-west-1"]
USAGES = {SYMMETRIC: "ENCRYPT_DECRYPT", "HMAC_256": "GENERATE_VERIFY_MAC", "ECC_NIST_P256": "SIGN_VERIFY"}
LETTERS = "ABC"
MOST_KEYS = 2


@cache
def wrapping_key() -> rsa.RSAPrivateKey:
    """One wrapping key for all, which costs the engine's rules nothing."""
    return rsa.generate_private_key(65537, 2048)


@cache
def material(spec: str, letter: str) -> bytes:
    """The bytes that go by a letter."""
    if spec == "ECC_NIST_P256":
        key = ec.derive_private_key(ord(letter), ec.SECP256R1())
        return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return letter.encode() * 32


class Life(NamedTuple):
    """A KMS key of the engine, the model of it, and the identifiers that its key materials turned out to have."""

    key_id: str
    model: ImportedKey
    ids: dict[str, str]
    blobs: list[tuple[str, str, bytes]]  # Region, letter, ciphertext


class LivesOfImportedKeys(RuleBasedStateMachine):
    """Every answer is the one that the model gives, and every KMS key looks as in the model."""

    keys = Bundle("keys")
    regions = st.sampled_from(REGIONS)
    letters = st.sampled_from(LETTERS)

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=timezone.utc)
        dice = Random(1)  # noqa: S311  repeatable on purpose
        self.world = World(lambda: self.now, dice.randbytes, lambda _: wrapping_key(), bool)
        self.engine = Engine(self.world)
        self.lives: list[Life] = []

    def ask(self, operation: str, region: str, **members: object):
        """Call an operation."""
        return self.engine(Call(operation, region, Caller(ACCOUNT), members))

    def attempt(self, operation: str, region: str, **members: object):
        """Call an operation: AWS's code or None, and the answer."""
        try:
            return None, self.ask(operation, region, **members)
        except KmsError as error:
            return error.code, {}

    def at(self, life: Life, region: str) -> str | None:
        """A Region that the key is in, this one if it is; None when the key has gone."""
        copies = life.model.copies
        return region if region in copies else life.model.primary if life.model.primary in copies else None

    @initialize(target=keys, spread=st.booleans())
    def create_first(self, spread):
        """A key that can do everything, and maybe is in two Regions already."""
        life = self.create_key(SYMMETRIC, multi_region=True)
        if spread:
            self.hold_ceremony(life, REGIONS[0], "A", None, None, None)
            self.replicate(life, *REGIONS[:2])
            self.import_what_is_missing(life)
        return life

    @rule(target=keys, spec=st.sampled_from([SYMMETRIC, SYMMETRIC, SYMMETRIC, *USAGES]), multi_region=st.booleans())
    def create(self, spec, multi_region):
        """CreateKey."""
        return self.lives[-1] if len(self.lives) == MOST_KEYS else self.create_key(spec, multi_region=multi_region)

    def create_key(self, spec, *, multi_region):
        """Make a key here and in the model."""
        members = {"Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": USAGES[spec], "MultiRegion": multi_region}
        key_id = self.ask("CreateKey", REGIONS[0], **members)["KeyMetadata"]["KeyId"]
        life = Life(key_id, ImportedKey(spec, multi_region, REGIONS[0], {REGIONS[0]: Copy()}), {}, [])
        self.lives.append(life)
        return life

    @rule(
        life=keys,
        region=regions,
        letter=letters,
        import_type=st.sampled_from([None, None, "NEW_KEY_MATERIAL", "NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"]),
        named=st.sampled_from([None, None, None, *LETTERS]),
        hours=st.sampled_from([None, None, 1, 5]),
    )
    def import_material(self, life, region, letter, import_type, named, hours):
        """ImportKeyMaterial, with a fresh token where the state lets there be one."""
        self.hold_ceremony(life, region, letter, import_type, named, hours)

    @rule(life=keys, letter=letters, hours=st.sampled_from([None, 1, 5]))
    def import_everywhere_and_rotate(self, life, letter, hours):
        """What leads deeper into a key's life: new key material in every Region, and the rotation to it."""
        for region in sorted(life.model.copies, key=lambda region: region != life.model.primary):
            import_type = "NEW_KEY_MATERIAL" if region == life.model.primary and life.model.spec == SYMMETRIC else None
            self.hold_ceremony(life, region, letter, import_type, None, hours)
        self.rotate(life, life.model.primary)

    @rule(life=keys)
    def import_what_is_missing(self, life):
        """What brings a key back, or a replica key to life: the bytes of every key material, in every Region."""
        for region in sorted(life.model.copies):
            for letter in life.model.permanent():
                if letter not in life.model.copies[region].present:
                    self.hold_ceremony(life, region, letter, None, None, None)

    def hold_ceremony(self, life, region, letter, import_type, named, hours):
        """Get parameters, wrap and import, and compare each answer with the model's."""
        region = self.at(life, region)
        if region is None or (named and named not in life.ids):
            return
        wrapping = {"WrappingAlgorithm": OAEP, "WrappingKeySpec": "RSA_2048"}
        if life.model.spec == "ECC_NIST_P256":
            wrapping["WrappingKeySpec"] = "RSA_3072"
        code, parameters = self.attempt("GetParametersForImport", region, KeyId=life.key_id, **wrapping)
        until = None if hours is None else self.now + timedelta(hours=hours)
        if code is not None:
            assert code == life.model.refusal(region, needs_key=False)
            return
        blob = wrap_key_material(parameters["PublicKey"], material(life.model.spec, letter), OAEP)
        members: dict[str, object] = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        if until:
            members = {"ValidTo": until}
        if import_type:
            members["ImportType"] = import_type
        if named:
            members["KeyMaterialId"] = life.ids[named]
        token = parameters["ImportToken"]
        code, answer = self.attempt(
            "ImportKeyMaterial", region, KeyId=life.key_id, ImportToken=token, EncryptedKeyMaterial=blob, **members
        )
        assert code == life.model.import_material(region, letter, import_type, named, until)
        if code is None and life.model.spec == SYMMETRIC:
            assert answer["KeyMaterialId"] == life.ids.setdefault(letter, answer["KeyMaterialId"])

    @rule(life=keys, region=regions, named=st.sampled_from([None, "pending", "pending", *LETTERS]))
    def delete_material(self, life, region, named):
        """DeleteImportedKeyMaterial."""
        region = self.at(life, region)
        named = life.model.letter("PENDING") if named == "pending" else named
        if region is None or (named and named not in life.ids):
            return
        current = life.model.letter("CURRENT")
        members = {"KeyMaterialId": life.ids[named]} if named else {}
        code, answer = self.attempt("DeleteImportedKeyMaterial", region, KeyId=life.key_id, **members)
        assert code == life.model.delete_material(region, named)
        if code is None and life.model.spec == SYMMETRIC:
            assert answer.get("KeyMaterialId") == life.ids.get(named or current)

    @rule(life=keys, region=regions)
    def rotate(self, life, region):
        """RotateKeyOnDemand."""
        if (region := self.at(life, region)) is not None:
            code, _ = self.attempt("RotateKeyOnDemand", region, KeyId=life.key_id)
            assert code == life.model.rotate(region)

    @rule(life=keys, region=regions, enabled=st.booleans())
    def switch(self, life, region, enabled):
        """EnableKey and DisableKey."""
        if (region := self.at(life, region)) is not None:
            code, _ = self.attempt("EnableKey" if enabled else "DisableKey", region, KeyId=life.key_id)
            assert code == life.model.switch(region, enabled=enabled)

    @rule(life=keys, region=regions, days=st.sampled_from([7, 8]))
    def schedule_deletion(self, life, region, days):
        """ScheduleKeyDeletion."""
        if (region := self.at(life, region)) is not None:
            code, _ = self.attempt("ScheduleKeyDeletion", region, KeyId=life.key_id, PendingWindowInDays=days)
            assert code == life.model.schedule_deletion(region, self.now, days)

    @rule(life=keys, region=regions)
    def cancel_deletion(self, life, region):
        """CancelKeyDeletion."""
        if (region := self.at(life, region)) is not None:
            code, _ = self.attempt("CancelKeyDeletion", region, KeyId=life.key_id)
            assert code == life.model.cancel_deletion(region)

    @rule(life=keys, region=regions, other=regions)
    def replicate(self, life, region, other):
        """ReplicateKey."""
        if (region := self.at(life, region)) is not None:
            code, _ = self.attempt("ReplicateKey", region, KeyId=life.key_id, ReplicaRegion=other)
            assert code == life.model.replicate(region, other)

    @rule(life=keys, region=regions, other=regions)
    def update_primary(self, life, region, other):
        """UpdatePrimaryRegion."""
        if (region := self.at(life, region)) is not None:
            code, _ = self.attempt("UpdatePrimaryRegion", region, KeyId=life.key_id, PrimaryRegion=other)
            assert code == life.model.update_primary(region, other)

    @rule()
    def save_and_load(self):
        """Another engine goes on with what this one has saved."""
        text = json.dumps(self.engine.save())
        self.engine = Engine(self.world)
        self.engine.load(json.loads(text))

    @rule(hours=st.sampled_from([1, 2, 4, 24 * 4, 24 * 9]))
    def pass_time(self, hours):
        """Time passes."""
        self.now += timedelta(hours=hours)
        for life in self.lives:
            life.model.pass_time(self.now)

    @rule(life=keys, region=regions)
    def use(self, life, region):
        """Encrypt, GenerateMac or Sign work exactly in the state Enabled."""
        if (region := self.at(life, region)) is None:
            return
        if life.model.spec == SYMMETRIC:
            code, answer = self.attempt("Encrypt", region, KeyId=life.key_id, Plaintext=b"secret")
            if code is None:
                life.blobs.append((region, life.model.letter("CURRENT"), answer["CiphertextBlob"]))
        elif life.model.spec == "HMAC_256":
            members = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
            code, _ = self.attempt("GenerateMac", region, KeyId=life.key_id, **members)
        else:
            members = {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
            code, _ = self.attempt("Sign", region, KeyId=life.key_id, **members)
        assert code == life.model.refusal(region)

    @rule(life=keys, region=regions)
    def open_all(self, life, region):
        """Every ciphertext opens in every Region that the key is in, with the key material that made it."""
        for made_in, letter, blob in life.blobs:
            where = region if life.model.multi_region else made_in
            code, answer = self.attempt("Decrypt", where, CiphertextBlob=blob)
            if where not in life.model.copies:
                assert code == "AccessDeniedException"
                continue
            assert code == life.model.refusal(where)
            if code is None:
                assert (answer["Plaintext"], answer["KeyMaterialId"]) == (b"secret", life.ids[letter])

    @invariant()
    def every_key_looks_as_in_the_model(self):
        """DescribeKey and ListKeyRotations, in every Region."""
        for life in self.lives:
            for region in REGIONS:
                self.compare(life, region)

    def compare(self, life: Life, region: str) -> None:
        """Hold one KMS key in one Region against the model."""
        code, answer = self.attempt("DescribeKey", region, KeyId=life.key_id)
        model = life.model
        if region not in model.copies:
            assert code == "NotFoundException"
            return
        key = answer["KeyMetadata"]
        assert (key["KeyState"], key["Enabled"]) == (model.state(region), model.state(region) == "Enabled")
        complete, valid_to = model.complete(region), model.valid_to(region)
        expires = "KEY_MATERIAL_EXPIRES" if valid_to else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        assert key.get("ExpirationModel") == (expires if complete else None)
        assert key.get("ValidTo") == (valid_to if complete else None)
        if model.multi_region:
            places = key["MultiRegionConfiguration"]
            assert places["PrimaryKey"]["Region"] == model.primary
            replicas = [place["Region"] for place in places["ReplicaKeys"]]
            assert replicas == sorted(set(model.copies) - {model.primary})
        if model.spec != SYMMETRIC:
            assert "CurrentKeyMaterialId" not in key
            return
        assert key.get("CurrentKeyMaterialId") == life.ids.get(model.letter("CURRENT"))
        listed = self.ask("ListKeyRotations", region, KeyId=life.key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        assert [
            (entry["KeyMaterialId"], entry["KeyMaterialState"], entry["ImportState"], entry.get("ValidTo"))
            for entry in listed["Rotations"]
        ] == [(life.ids[letter], *rest) for letter, *rest in model.listed(region)]


TestLivesOfImportedKeys = LivesOfImportedKeys.TestCase
TestLivesOfImportedKeys.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


# The machine is worth what it catches: each of these mistakes, made on purpose, must be found.


def import_leaves_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import into a Disabled key leaves it Disabled."""
    import_material = Key.import_material

    def mistaken(self: Key, *arguments):
        enabled = self.enabled
        answer = import_material(self, *arguments)
        self.enabled = enabled
        return answer

    monkeypatch.setattr(Key, "import_material", mistaken)


def expired_pending_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expired key material that is pending leaves the list."""
    drop_expired = timers._drop_expired

    def mistaken(key: Key, now):
        drop_expired(key, now)
        if key.pending is not None and not key.pending.is_present and key.pending.valid_to is not None:
            del key.materials[key.pending.id]

    monkeypatch.setattr(timers, "_drop_expired", mistaken)


def old_material_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key without its former key material is Enabled."""
    monkeypatch.setattr(
        Key, "has_material", property(lambda self: self.current is not None and self.current.is_present)
    )


def expiry_is_not_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A re-import for ever keeps the old ValidTo."""
    store_material = Key._store_material

    def mistaken(self: Key, material_id, plaintext, state, terms):
        known = self.materials.get(material_id)
        terms = replace(terms, valid_to=terms.valid_to or (known and known.valid_to))
        return store_material(self, material_id, plaintext, state, terms)

    monkeypatch.setattr(Key, "_store_material", mistaken)


def expiry_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key material is there in the moment of its ValidTo."""
    monkeypatch.setattr(
        KeyMaterial, "has_expired", lambda self, now: self.is_present and bool(self.valid_to) and now > self.valid_to
    )


def replicas_are_given_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica key has the primary key's material without an import."""
    monkeypatch.setattr(KeyMaterial, "without_plaintext", lambda self: replace(self, loss=None))


def replicas_do_not_rotate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation changes the primary key alone."""
    make_current = Key.make_current

    def mistaken(self: Key, *arguments):
        if not self.is_replica:
            make_current(self, *arguments)

    monkeypatch.setattr(Key, "make_current", mistaken)


def pending_stays_on_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pending key material that is deleted on the primary key stays on the replica keys."""
    delete_material = Key.delete_material

    def mistaken(self: Key, material_id, now):
        before = [dict(key.materials) for key in self.related if key is not self]
        answer = delete_material(self, material_id, now)
        for key, known in zip([key for key in self.related if key is not self], before, strict=True):
            key.materials = known
        return answer

    monkeypatch.setattr(Key, "delete_material", mistaken)


def rotation_does_not_wait_for_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is pending can be rotated to though a replica key lacks it."""
    monkeypatch.setattr(Key, "material_state", lambda _, material: material.state)


def two_may_be_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    """New key material is taken while another is pending."""
    state_to_be = importing._state_to_be

    def mistaken(key: Key, material_id, terms):
        if importing.import_type_of(key, terms) == importing.EXISTING or material_id in key.materials:
            return state_to_be(key, material_id, terms)
        return KeyMaterialState.PENDING_ROTATION if key.materials else KeyMaterialState.CURRENT

    monkeypatch.setattr(importing, "_state_to_be", mistaken)


def the_new_primary_forgets_its_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """UpdatePrimaryRegion leaves the former primary key out of the family."""
    promote = Family.promote

    def mistaken(self: Family, replica: Key, ready: datetime) -> None:
        former = self.primary.region
        promote(self, replica, ready)
        del self.replicas[former]

    monkeypatch.setattr(Family, "promote", mistaken)


def cancelling_enables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deletion called off leaves the key Enabled."""
    cancel_deletion = Key.cancel_deletion

    def mistaken(self: Key) -> None:
        cancel_deletion(self)
        self.enabled = True

    monkeypatch.setattr(Key, "cancel_deletion", mistaken)


def related_keys_are_saved_as_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is loaded has no families."""
    monkeypatch.setattr(Family, "unite", lambda _: None)


def deletions_are_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A KMS key that was to be deleted when it was saved stays for ever."""
    read = saved.read

    def mistaken(data, present):
        store = read(data, present)
        store._deletions.clear()
        return store

    monkeypatch.setattr(saved, "read", mistaken)


MISTAKES: list[Callable[[pytest.MonkeyPatch], None]] = [
    import_leaves_disabled,
    expired_pending_vanishes,
    old_material_is_not_missed,
    expiry_is_not_reset,
    expiry_is_late,
    replicas_are_given_the_bytes,
    replicas_do_not_rotate,
    pending_stays_on_replicas,
    rotation_does_not_wait_for_replicas,
    two_may_be_pending,
    the_new_primary_forgets_its_replicas,
    cancelling_enables,
    related_keys_are_saved_as_strangers,
    deletions_are_not_loaded,
]


@pytest.mark.meta
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_mistakes_are_found(mistake, monkeypatch):
    """A rule of AWS's that the engine breaks does not pass the machine."""
    mistake(monkeypatch)
    found = settings(
        max_examples=2000,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        print_blob=False,
        phases=[phase for phase in settings().phases if phase.name == "generate"],
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(Exception) as caught:  # noqa: PT011  an assertion, or an engine that breaks down
        run_state_machine_as_test(LivesOfImportedKeys, settings=found)
    assert caught.value is not None

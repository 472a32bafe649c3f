"""What an engine saves is everything, field by field, and is plain; what it did not save is refused."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from types import NoneType
from typing import get_type_hints

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kmsimport.engine import plain, saved
from pytest_kmsimport.engine.aliases import Alias
from pytest_kmsimport.engine.call import Call, Caller
from pytest_kmsimport.engine.engine import Engine
from pytest_kmsimport.engine.generated import Generated
from pytest_kmsimport.engine.grants import Grant, GrantName, Permission
from pytest_kmsimport.engine.key_stores import ExternalKey, KeyStore, Passing, Proxy
from pytest_kmsimport.engine.keys import Key
from pytest_kmsimport.engine.materials import KeyMaterial, Loss
from pytest_kmsimport.engine.rotations import Schedule
from pytest_kmsimport.engine.rules import rules_of
from pytest_kmsimport.engine.states import Transition
from pytest_kmsimport.engine.tags import Tag
from pytest_kmsimport.engine.uses import LastUse
from pytest_kmsimport.engine.wrapping import Issued, WrappingParameters
from pytest_kmsimport.wrapping import wrap_key_material

KINDS = [
    *(Alias, Grant, GrantName, Permission, KeyMaterial, Loss, LastUse, Schedule, Transition, Tag, Generated),
    *(KeyStore, Passing, Proxy, ExternalKey),
]
TEXTS = st.text(st.characters(), max_size=5)  # lone surrogates as well: a client may send them
CURRENT = rules_of("current", "aws")

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(timezone.utc)))
st.register_type_strategy(timedelta, st.timedeltas())
CONSTRAINTS = st.dictionaries(TEXTS, st.dictionaries(TEXTS, TEXTS))
st.register_type_strategy(Permission, lambda kind: built(kind, constraints=CONSTRAINTS))
LONGEST_REFUSAL = 200  # much shorter than an RSA private key in base64
RSA_KEY = generate_private_key(65537, 2048)


def built(kind, **given):
    """Instances in which every field has any value of its type, also where it has a default."""
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else kind._fields
    inferred = {name: ... for name in names if name not in given}
    return st.builds(kind, **inferred, **given)


def through_json(value: object, **options) -> object:
    """What comes back of it as it is written into a file."""
    return json.loads(json.dumps(plain.write(value, **options)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_field_is_carried(kind, data):
    """Whatever is in them, those with a default included; a field that is added is carried too, or this fails."""
    value = data.draw(st.from_type(kind) if kind is Permission else built(kind))
    back = plain.read(kind, through_json(value))
    assert (type(back), parts(back)) == (kind, parts(value))


@given(data=st.data())
@settings(suppress_health_check=list(HealthCheck))
def test_every_field_of_a_kms_key_is_carried(data):
    """But for those that follow from its Region and family."""
    apart = {"spec": CURRENT.specs["RSA_2048"], "rules": CURRENT, "family": None, "store": None}
    key = data.draw(built(Key, **{name: st.just(value) for name, value in apart.items()}))
    back = plain.read(Key, through_json(key, without=saved._OTHERWISE), **apart)
    assert {f.name: parts(getattr(back, f.name)) for f in fields(Key)} == {
        f.name: parts(getattr(key, f.name)) for f in fields(Key)
    }
    assert set(apart) == saved._OTHERWISE


def parts(value: object) -> object:
    """What an object is made of, for those that do not compare."""
    return asdict(value) if isinstance(value, (Generated, KeyStore)) else value


def test_every_field_of_what_was_issued_is_carried():
    """Wrapping keys among it."""
    until = datetime(2026, 1, 1, tzinfo=timezone.utc)
    parameters = WrappingParameters("arn", "RSAES_OAEP_SHA_256", until, b"token", RSA_KEY)
    issued = Issued(b"s" * 32, (parameters,), (b"spent", b"\xff"))
    back = plain.read(Issued, through_json(issued))
    (again,) = back.valid
    assert back._replace(valid=()) == issued._replace(valid=())
    assert again.private_key.private_numbers() == RSA_KEY.private_numbers()
    for name in ("key_arn", "algorithm", "valid_to", "token"):
        assert getattr(again, name) == getattr(parameters, name)
    assert {field.name for field in fields(WrappingParameters)} == {
        *("key_arn", "algorithm", "valid_to", "token", "private_key")
    }


def test_nothing_else_is_in_a_store(ask):
    """Whoever gives one something more says in engine/saved.py what becomes of it, and here that this was done."""
    ask("CreateKey")
    store = ask.engine._store
    assert set(vars(store)) == {
        *("world", "service", "quotas", "visit", "principals", "accounts", "attached"),  # of the engine that loads
        *("tokens", "_regions", "_serials"),  # written
        "service_events",  # as calls are not
        *("_deletions", "_deletion_of", "_asked_for", "agenda"),  # they follow from the keys' dates
    }
    (region,) = store.regions()
    assert set(vars(region)) == {"name", "account", "keys", "aliases", "grants", "key_stores", "rules", "_store"}
    assert set(vars(store.tokens)) == {"strict", "_world", "_seal", "_valid", "_spent"}
    (key,) = region.keys.by_age()
    assert key.family is None


def test_what_has_no_form_is_not_left_out_in_silence():
    """A field of a type that nobody has said how to write is an error, when it is written."""

    class Another:
        pass

    with pytest.raises(TypeError, match=r"Another.* has no form as plain data: give it one in _FORMS of"):
        plain.form_of(Another)
    hints = {hint for kind in (*KINDS, Key, Issued, WrappingParameters) for hint in get_type_hints(kind).values()}
    assert all(plain.form_of(hint) for hint in hints)


@pytest.fixture
def engine(universe, ask):
    """One with something of everything in it."""
    key_id = ask("CreateKey", Origin="EXTERNAL", MultiRegion=True)["KeyMetadata"]["KeyId"]
    wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    parameters = ask("GetParametersForImport", KeyId=key_id, **wrapping)
    blob = wrap_key_material(parameters["PublicKey"], bytes(32), "RSAES_OAEP_SHA_256")
    importing = {"ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": blob}
    ask("ImportKeyMaterial", KeyId=key_id, **importing, ValidTo=universe.time + timedelta(days=1))
    ask("ReplicateKey", KeyId=key_id, ReplicaRegion="eu-west-1")
    other = ask("CreateKey", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]["KeyId"]
    ask("EnableKeyRotation", KeyId=other)
    ask("CreateAlias", AliasName="alias/x", TargetKeyId=other)
    ask("CreateGrant", KeyId=other, GranteePrincipal="arn:aws:iam::123456789012:root", Operations=["Decrypt"])
    ask("Encrypt", KeyId=other, Plaintext=b"x")
    ask("ScheduleKeyDeletion", KeyId=ask("CreateKey")["KeyMetadata"]["KeyId"])
    return ask.engine


def test_what_is_saved_is_plain(engine):
    """Nothing but what JSON has, so that it is the same when it comes out of a file."""
    assert kinds_in(engine.save()) == {dict, list, str, int, bool, NoneType}


def kinds_in(data: object) -> set[type]:
    """The types of everything in it."""
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    assert not isinstance(data, Enum)
    return {type(data)}.union(*map(kinds_in, inside))


def places_in(data, path=()):
    """The way to everything in it."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for name, item in items for place in places_in(item, (*path, name)))]


def at(data, path):
    """What is at the end of a way."""
    for name in path:
        data = data[name]
    return data


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.just([]), st.just({}), st.floats()
)


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_other_content_is_refused_or_loaded_and_nothing_else(engine, universe, data):
    """Whatever stands in the place of whatever: a ValueError that does not repeat it, and everything is as it was."""
    content = engine.save()
    *way, last = data.draw(st.sampled_from([place for place in places_in(content) if place]))
    change = data.draw(st.sampled_from(["another value", "nothing", "one more"]))
    spoilt = deepcopy(content)
    parent = at(spoilt, way)
    if change == "nothing":
        del parent[last]
    elif change == "another value":
        parent[last] = data.draw(ANYTHING)
    elif isinstance(parent, dict):
        parent["more"] = parent[last]
    before = Engine(universe.world)
    before.load(content)
    store = before._store
    refused = ""
    try:
        before.load(spoilt)
    except ValueError as error:
        refused = str(error)
    assert (before._store is store) == bool(refused)
    assert "AAAA" not in refused  # as in bytes(32)
    assert len(refused) < LONGEST_REFUSAL


@pytest.mark.parametrize("thing", [None, 7, "x", [], {}, {"service": "current"}], ids=repr)
def test_what_no_engine_has_saved_is_refused(engine, thing):
    """And the engine is as it was."""
    before = engine.save()
    with pytest.raises(ValueError, match=r"there is a \w+ where a dict belongs|_SavedStore has not all of its fields"):
        engine.load(thing)
    assert {**engine.save(), "next_serial": 0} == {**before, "next_serial": 0}


def test_rsa_wrapping_keys_are_nothing_else(engine):
    """Where an import token's private key is one of another kind, it is refused."""
    content = engine.save()
    (issued,) = content["issued"]["valid"]
    issued["private_key"] = (
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"  # RFC 8032's first, Ed25519
    )
    with pytest.raises(ValueError, match="another private key where one of RSA belongs"):
        engine.load(content)


def test_a_key_spec_has_to_be_one(engine):
    """Of the Region's rules."""
    content = engine.save()
    content["regions"][0]["keys"][0]["spec"] = "AES_128"
    with pytest.raises(ValueError, match="there is no key spec 'AES_128'"):
        engine.load(content)


def test_replica_keys_have_to_be_there(engine):
    """Where a primary key has some."""
    content = engine.save()
    content["regions"] = [region for region in content["regions"] if region["name"] == "us-east-1"]
    with pytest.raises(ValueError, match=r"arn:\S+ has no replica key in eu-west-1"):
        engine.load(content)


def test_a_field_that_is_not_there_has_its_default(engine, universe):
    """So that files of an older version can be read, and not those of a newer one that says more."""
    content = engine.save()
    for region in content["regions"]:
        for key in region["keys"]:
            del key["fields"]["description"]
    engine.load(content)
    content["regions"][0]["keys"][0]["fields"]["invented"] = 1
    with pytest.raises(ValueError, match="Key has no 'invented' to be read"):
        engine.load(content)


def test_the_rules_have_to_be_the_same(universe, engine):
    """A KMS key of today is none of 2022."""
    with pytest.raises(ValueError, match="it is of a mock with service='current', and this one has '2022'"):
        Engine(universe.world, service="2022").load(engine.save())


@pytest.mark.parametrize("replicated", [False, True])
def test_key_material_that_kms_makes_is_there_from_the_beginning(universe, ask, replicated):
    """A MAC that is made after the engine has saved is right for another that has loaded, in each Region."""
    usage = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
    key_id = ask("CreateKey", **usage, MultiRegion=True)["KeyMetadata"]["KeyId"]
    if replicated:
        ask("ReplicateKey", KeyId=key_id, ReplicaRegion="eu-west-1")
    other = Engine(universe.world)
    other.load(ask.engine.save())
    message = {"KeyId": key_id, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    mac = ask("GenerateMac", **message)["Mac"]
    for region in ("us-east-1", "eu-west-1")[: 1 + replicated]:
        assert other(Call("VerifyMac", region, Caller("123456789012"), {**message, "Mac": mac}))["MacValid"]

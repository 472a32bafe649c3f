"""Whatever comes over the wire gets an answer of AWS, and a refused request changes nothing.

``--fuzz-requests=100000`` looks longer, ``--fuzz-seed`` looks at the same requests again.
"""

from __future__ import annotations

import dataclasses
import json
from base64 import urlsafe_b64decode
from datetime import datetime, timezone
from random import Random, SystemRandom

import pytest
from botocore.parsers import create_parser
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pytest_kmsimport import mock_kms_import
from pytest_kmsimport._diagnosis import identifiers
from pytest_kmsimport._mock import world
from pytest_kmsimport._mock.rsa_pool import RsaKeys
from pytest_kmsimport._wire import aws_json as _wire
from pytest_kmsimport._wire.aws_json import WireResponse
from pytest_kmsimport._wire.model import kms_model
from pytest_kmsimport.engine import pages
from pytest_kmsimport.engine.call import Caller
from pytest_kmsimport.engine.errors import NotOffered
from pytest_kmsimport.engine.keys import Key
from pytest_kmsimport.engine.materials import KeyMaterialState
from pytest_kmsimport.engine.operations import OPERATIONS
from pytest_kmsimport.engine.uses import LastUse
from pytest_kmsimport.engine.world import World as EngineWorld

from ..conftest import COMMON_ERRORS
from ..support.fuzz_world import World, fingerprint
from ..support.mangling import Mangler, Sent

OK = 200
SERVICE_FAULT = 500
ANY_OPERATION = {*COMMON_ERRORS, "SerializationException"}
EPISODE = 250  # requests to one world
READING = ("Describe", "List", "GetKey", "GetPublic")


class OneOfEach:
    """RSA keys, the same one for every size: what is fuzzed is not their newness, and they take long to make."""

    def __init__(self) -> None:
        self._keys: dict[int, RSAPrivateKey] = {}

    def __call__(self, bits: int):
        if bits not in self._keys:
            self._keys[bits] = RsaKeys()(bits)
        return self._keys[bits]


class Wire:
    """A mock with its door to the network, and the requests of a seed."""

    def __init__(self, mock, seed: str) -> None:
        self.mock, self.seed, self.rng = mock, seed, Random(seed)  # noqa: S311  repeatable on purpose
        self.world = World(mock)
        self.snapshot = mock.snapshot()
        self.outcomes: dict[str, int] = {}

    def send(self, sent: Sent) -> WireResponse:
        """Answer one request."""
        invocation = str(sum(self.outcomes.values()))
        return self.mock.service.receive(
            sent.operation, sent.region, Caller(sent.account), invocation, sent.body
        ).response

    def run(self, requests: int, operation: str | None = None) -> None:
        """Send so many requests, all or those made from one operation's; fail with the first that goes wrong."""
        mangler = Mangler(self.world.corpus, operation)
        before = fingerprint(self.mock)
        for number in range(requests):
            if number % EPISODE == 0:
                self.mock.restore(self.snapshot)
                self.mock.clock.advance(hours=self.rng.choice((1, 1, 30)))
                before = fingerprint(self.mock)
            sent = mangler.request(f"{self.seed}:{number}")
            try:
                outcome = self._outcome(sent)
                after = fingerprint(self.mock)
                makes = sent.operation == "DescribeKey" and b"alias/aws/" in sent.body
                if outcome != "ok" or (sent.operation.startswith(READING) and not makes):
                    assert after == before, f"{outcome}, and the state has changed"
            except Exception as error:
                where = f"request {number} of --fuzz-seed={self.seed}"
                raise AssertionError(f"{type(error).__name__}: {error}\n{where}: {sent}") from error
            before = after
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def _outcome(self, sent: Sent) -> str:
        try:
            response = self.send(sent)
        except NotOffered:
            return "not offered"
        assert response.headers["Content-Length"] == str(len(response.body))
        model = kms_model().operation_model(sent.operation)
        if response.status == OK:
            answer = {"status_code": OK, "headers": {}, "body": response.body}
            create_parser("json").parse(answer, model.output_shape)
            return "ok"
        refusal = json.loads(response.body)
        code = refusal.pop("__type")
        assert code in ANY_OPERATION | {shape.name for shape in model.error_shapes}, f"{code} is not modelled"
        assert response.status == 400, f"{code} has status {response.status}"
        texts = list(refusal.values())
        assert refusal.keys() <= {"message", "Message"}
        assert all(isinstance(text, str) and text for text in texts)
        assert "\n" not in self.mock.calls[-1].diagnosis
        return code


@pytest.fixture
def wire(request, monkeypatch):
    """A mock's door, with the options that the test is parametrized with."""
    seed = request.config.getoption("--fuzz-seed") or str(SystemRandom().getrandbits(32))
    dice = Random(seed)  # noqa: S311  repeatable on purpose

    def repeatable(*parts, **named):
        return dataclasses.replace(EngineWorld(*parts, **named), random_bytes=dice.randbytes, rsa_private_key=keys)

    keys = OneOfEach()
    monkeypatch.setattr(world, "World", repeatable)
    options = getattr(request, "param", {})
    with mock_kms_import(region="us-east-1", journal_size=10, **options) as mock:
        mock.clock.freeze()
        yield Wire(mock, seed)


MOCKS = {
    "plain": {},
    "strict": {
        "strict_tokens": True,
        "background_seconds": 3600,
        "quotas": {"aliases_per_key": 1, "grants_per_key": 1},
    },
    "2022": {"service": "2022"},
}


@pytest.mark.parametrize("wire", MOCKS.values(), ids=list(MOCKS), indirect=True)
def test_every_request_gets_an_answer_of_aws(wire, request):
    """One that its operation models, or one that all can give; and what is refused leaves everything as it was."""
    wire.run(request.config.getoption("--fuzz-requests"), request.config.getoption("--fuzz-operation"))
    assert wire.outcomes["ok"] > 0


# That it finds what there is to find


def read_as(monkeypatch, kind, reader):
    """Read members of a type in another way."""
    monkeypatch.setitem(_wire._READ, kind, reader)
    forget_readers()


def forget_readers():
    """Let the readers be made anew."""
    for cached in (_wire._reader, _wire._request_reader):
        cached.cache_clear()


def act_as(monkeypatch, operation, change):
    """Let an operation be what ``change`` makes of its function."""
    original = OPERATIONS[operation]
    monkeypatch.setitem(OPERATIONS, operation, dataclasses.replace(original, function=change(original.function)))


def times_of_the_computer(monkeypatch):
    """A time that the computer's clock cannot hold."""
    read_as(monkeypatch, "timestamp", lambda value: datetime.fromtimestamp(value, timezone.utc))


def any_marker(monkeypatch):
    """A marker that is taken for one of ours."""

    def after(marker, listing):
        return int(urlsafe_b64decode(marker).partition(b":")[0])

    monkeypatch.setattr(pages, "_after", after)


def material_on_the_way(monkeypatch):
    """Key material that is made before the refusal."""

    def usable_material(key, world):
        return key.current or key.make_material(world, KeyMaterialState.CURRENT)

    monkeypatch.setattr(Key, "usable_material", usable_material)


def acts_first(monkeypatch):
    """A deletion that is scheduled before its waiting period is looked at."""

    def change(function):
        def schedule_key_deletion(region, key, *, pending_window_in_days=30):
            region.schedule_deletion(key, pending_window_in_days)
            return function(region, key, pending_window_in_days=pending_window_in_days)

        return schedule_key_deletion

    act_as(monkeypatch, "ScheduleKeyDeletion", change)


def a_look_that_changes(monkeypatch):
    """A description that counts as use."""

    def change(function):
        def describe_key(region, key, **members):
            key.last_use = LastUse("DescribeKey", region.now, "")
            return function(region, key, **members)

        return describe_key

    act_as(monkeypatch, "DescribeKey", change)


def another_code(monkeypatch):
    """An error that no operation models."""
    write_error = _wire.write_error
    monkeypatch.setattr(_wire, "write_error", lambda error: write_error(error).replace(b"NotFound", b"NotThere"))


def explains_wrongly(monkeypatch):
    """A diagnosis that falls over what it explains."""
    monkeypatch.setattr(identifiers, "_where", lambda *names: names[2])


PLANTED = [
    (times_of_the_computer, "ImportKeyMaterial", "OSError: "),
    (any_marker, "ListKeys", "(Value)?Error: "),
    (material_on_the_way, "Verify", "AssertionError: KMSInvalidSignatureException, and the state has changed"),
    (acts_first, "ScheduleKeyDeletion", "AssertionError: ValidationException, and the state has changed"),
    (a_look_that_changes, None, "AssertionError: ok, and the state has changed"),
    (another_code, None, "AssertionError: NotThereException is not modelled"),
    (explains_wrongly, None, "IndexError: "),
]


@pytest.fixture
def plant(request, monkeypatch):
    """Plant a fault, and take it out again."""
    request.param(monkeypatch)
    yield request.param
    forget_readers()


@pytest.mark.meta
@pytest.mark.parametrize(
    ("plant", "operation", "found"), PLANTED, ids=[planted[0].__name__ for planted in PLANTED], indirect=["plant"]
)
def test_a_planted_fault_is_found(wire, plant, operation, found):
    """Among some thousand requests, and told with all that is needed to see it again."""
    with pytest.raises(AssertionError, match=f"(?s)^{found}.*request [0-9]+ of --fuzz-seed={wire.seed}: "):
        wire.run(10_000, operation)


def test_a_seed_names_its_requests(wire):
    """Whatever was sent before."""
    mangler = Mangler(wire.world.corpus)
    before = [mangler.request(str(number)) for number in range(8000)]
    assert [mangler.request(str(number)) for number in range(8000)] == before

"""With ``check_leaks``, secrets are taken out of whatever pytest shows and writes down."""

from __future__ import annotations

import json
import os
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsimport._service import finder as _finder
from pytest_kmsimport._service import leaks as _leaks
from pytest_kmsimport._service.leaks import Secrets

from ..support.secret_forms import forms_in
from .test_leaks import FORMS, found_in

MATERIAL = sha256(b"hunted").digest()

#: The forms that a program of the test's own prints, logs, and fails with.
SHOWING = """
    import json, logging
    from base64 import b64encode, urlsafe_b64encode
    from hashlib import sha256
    from pprint import pformat
    import pytest

    MATERIAL = sha256(b"hunted").digest()
    FORMS = [
        MATERIAL.decode("latin-1"), repr(MATERIAL), repr(repr(MATERIAL)), json.dumps(MATERIAL.decode("latin-1")),
        MATERIAL.hex(), MATERIAL.hex().upper(), MATERIAL.hex(":"), MATERIAL.hex(" ", 2), str(list(MATERIAL)),
        *(encode(before + MATERIAL + b"x").decode() for encode in (b64encode, urlsafe_b64encode)
          for before in (b"", b"x", b"xy")),
        "\\n".join(b64encode(MATERIAL).decode()[start : start + 10] for start in range(0, 50, 10)),
        pformat(MATERIAL, width=30),
    ]
    pytestmark = pytest.mark.kms_import(check_leaks=True)

    @pytest.fixture(params=range(len(FORMS)))
    def shown(request, kms_import_mock):
        print("set-up", FORMS[request.param])
        kms_import_mock.import_key(MATERIAL)
        yield FORMS[request.param]
        print("tear-down", FORMS[request.param])

    def test_logging(shown, record_property):
        record_property("shown", shown)
        print("before", shown, "after")
        logging.getLogger("importer").warning("before %s after", shown)

    def test_failing(shown):
        another = MATERIAL
        print("before", shown, "after")
        assert another == shown, (another, shown)
"""


def redact(secrets, text):
    """A text without the secrets in it."""
    return secrets.redaction_of(text)(text)


OPTIONS = [
    ["-rA"],
    ["-rA", "-vv", "--showlocals", "--tb=long"],
    ["--showlocals", "--full-trace", "--tb=long"],
    ["-rA", "-n1"],
    ["--tb=native"],
    ["--junit-xml=report.xml", "-o", "junit_logging=all"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_a_watched_test_shows_no_secret(pytester, options):
    """Whether it fails by itself or for the leak: in no form, in set-up, test and tear-down; the rest is shown."""
    pytester.makepyfile(SHOWING)
    result = pytester.runpytest_subprocess("-p", "no:randomly", *options)
    assert result.parseoutcomes()["failed"] == 2 * 17
    written = [path.read_text() for path in pytester.path.glob("report.xml")]
    assert len(written) == ("--junit-xml=report.xml" in options)
    for text in (result.stdout.str(), result.stderr.str(), *written):
        assert forms_in(text, MATERIAL) == []
    shown = result.stdout.str() + "".join(written)
    assert shown.count("<redacted>") + shown.count("&lt;redacted&gt;") > 2 * 17


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None)
@given(secret=st.binary(min_size=8, max_size=64))
def test_every_form_is_taken_out(form, secret):
    """Whatever the secret."""
    encode, _ = FORMS[form]
    secrets = Secrets()
    secrets.note_key_material(secret, "the secret")
    shown = redact(secrets, f"before: {encode(secret)} :after")
    assert not found_in(shown, secret)
    assert encode(secret) not in shown


@pytest.mark.parametrize("form", sorted(FORMS.keys() - {"printed in lines"}))  # of which nothing is left
def test_what_stands_around_it_stays(form):
    """The rest of a text is there to be read."""
    encode, _ = FORMS[form]
    secrets = Secrets()
    secrets.note_key_material(MATERIAL, "the secret")
    shown = redact(secrets, f"before: {encode(MATERIAL)} :after")
    assert shown.startswith("before: ")
    assert shown.endswith(" :after")
    assert "<redacted>" in shown


def test_other_texts_stay_as_they_are():
    """Where there is no secret, nothing is changed."""
    secrets = Secrets()
    assert redact(secrets, "nothing is secret") == "nothing is secret"
    secrets.note_key_material(os.urandom(32), "the secret")
    assert redact(secrets, f"nothing is secret: {bytes(32).hex()}") == f"nothing is secret: {bytes(32).hex()}"


def test_a_form_that_cannot_be_taken_out_takes_all_with_it():
    """Rather nothing than a secret."""
    secret = os.urandom(32)
    secrets = Secrets()
    secrets.note_key_material(secret, "the secret")
    odd = "\\".join(f"{byte:02x}/" for byte in secret)
    assert redact(secrets, f"before {odd} after") == "<redacted: there was a secret in this text>"


USUAL = {
    "repr": repr,
    "hex": bytes.hex,
    "hex in capitals": lambda secret: secret.hex().upper(),
    "hex with colons": lambda secret: secret.hex(":"),
    "base64": lambda secret: b64encode(secret).decode(),
    "base64 for URLs": lambda secret: urlsafe_b64encode(secret).decode(),
    "JSON": lambda secret: json.dumps(secret.decode("latin-1")),
    "numbers": lambda secret: str(list(secret)),
    "characters": lambda secret: secret.decode("latin-1"),
}


@pytest.mark.parametrize("form", USUAL)
def test_many_secrets_are_taken_out_at_once(form, monkeypatch):
    """In the forms that most programs write, no secret costs a search of the whole text of its own."""
    monkeypatch.setattr(_leaks, "written_forms", lambda _: pytest.fail("This secret was looked for by itself."))
    secrets = Secrets()
    made = [sha256(bytes([number])).digest() for number in range(200)]
    for number, secret in enumerate(made):
        secrets.note_key_material(secret, f"secret {number}")
    shown = redact(secrets, "\n".join(f"before {USUAL[form](secret)} after" for secret in made))
    assert shown.count("<redacted>") == len(made)
    assert not any(found_in(shown, secret) for secret in made)


def test_secrets_that_overlap_leave_nothing_of_either():
    """A secret that begins within another one, and one that is a part of it, are taken out as one."""
    secret = os.urandom(32)
    secrets = Secrets()
    for part in (secret[:20], secret[10:], secret[5:15]):
        secrets.note_key_material(part, "the secret")
    assert redact(secrets, f"before {secret.hex()} after") == "before <redacted> after"


@pytest.mark.parametrize("most", [1, 100, 1000])
def test_what_is_looked_up_has_its_bounds(monkeypatch, most):
    """Of very many secrets few places are indexed each, and all are found all the same, wherever they stand."""
    monkeypatch.setattr(_finder, "_MOST_PLACES", most)
    made = {sha256(bytes([number])).digest(): str(number) for number in range(100)}
    finder = _finder.Finder(made)
    assert sum(len(places) for places in finder._by_step.values()) <= max(most, len(made))
    text = "".join("-" * number + secret.hex() for number, secret in enumerate(made))
    assert {secret for _, secret in _leaks.search(text, made)} == made.keys()

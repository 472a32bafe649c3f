"""A hunt for secrets in everything that a test run shows and writes down."""

from __future__ import annotations

import os
from hashlib import sha256

import pytest

from ..support.secret_forms import FORMS, forms_in

MATERIAL = sha256(b"hunted").digest()

#: What the test files begin with: the secret stands in no line of them, and in no local of their tests.
HEAD = """
    import os, random
    from hashlib import sha256
    import pytest
    from pytest_kmsimport import faults, mock_kms_import, wrap_key_material

    MATERIAL = sha256(b"hunted").digest()

    def wrapping_key(kms):
        key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        return kms.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")["PublicKey"]

    def import_it_twice(mock, call):
        mock.import_key(MATERIAL, key_id=mock.import_key().id)
"""

#: Tests that fail, each with the secret in its hands.
FAILING = {
    "another key material": "mock.assert_imported(mock.import_key().id, MATERIAL)",
    "no key": "mock.assert_imported('nonsense', MATERIAL)",
    "matches text": "mock.import_key(MATERIAL).current_material.matches(MATERIAL.hex())",
    "material as text": "mock.import_key(MATERIAL.hex())",
    "material too short": "mock.import_key(MATERIAL[:31] )",
    "material of another kind": "mock.import_key(MATERIAL, 'RSA_2048')",
    "unknown member": "mock.import_key(MATERIAL, Colour='red')",
    "unknown key": "mock.import_key(MATERIAL, key_id='nonsense')",
    "second material": "import_it_twice(mock, None)",
    "chosen too short": "mock.create_key(material=MATERIAL[:31] )",
    "chosen as text": "mock.create_key(material=MATERIAL.hex())",
    "chosen of another kind": "mock.create_key(material=MATERIAL, key_spec='RSA_2048')",
    "chosen with an unknown member": "mock.create_key(material=MATERIAL, Colour='red')",
    "chosen with an alias that is none": "mock.create_key(material=MATERIAL, aliases=['payroll'])",
    "chosen with a key ID that is none": "mock.create_key(material=MATERIAL, key_id='payroll')",
    "chosen and leaked": "mock.create_key(material=MATERIAL); mock.assert_no_leaks(MATERIAL.hex())",
    "a seed that is none": """
        seed.write_text("Keys: [{Metadata: {KeyId: payroll}, BackingKeys: [" + MATERIAL.hex() + "]}]")
        mock.load_local_kms_seed(seed)""",
    "a seed that is no YAML": """
        seed.write_text("Keys: [" + MATERIAL.hex())
        mock.load_local_kms_seed(seed)""",
    "wrapping text": "wrap_key_material(wrapping_key(kms), MATERIAL.hex(), 'RSA_AES_KEY_WRAP_SHA_256')",
    "wrapping under no key": "wrap_key_material(b'no key', MATERIAL, 'RSAES_OAEP_SHA_256')",
    "wrapping in no way": "wrap_key_material(wrapping_key(kms), MATERIAL, 'RSA')",
    "wrapping too much": "wrap_key_material(wrapping_key(kms), 9 * MATERIAL, 'RSAES_OAEP_SHA_256')",
    "sent": "kms.create_key(Description=MATERIAL.hex()); mock.assert_never_sent(MATERIAL)",
    "sent as text": "mock.assert_never_sent(MATERIAL.hex())",
    "leaked": "mock.import_key(MATERIAL); mock.assert_no_leaks(MATERIAL.hex())",
    "leaked bytes": "mock.import_key(MATERIAL); mock.assert_no_leaks(b'!' + MATERIAL)",
    "meanwhile": """
        mock.inject(faults.meanwhile(import_it_twice), on="ListKeys")
        kms.list_keys()""",
    "the answer breaks": """
        key_id = mock.import_key().id
        blob = kms.encrypt(KeyId=key_id, Plaintext=MATERIAL)["CiphertextBlob"]
        mock.inject(faults.StalledBody(), on="Decrypt")
        kms.decrypt(CiphertextBlob=blob)""",
    "not offered": """
        mock.import_key(MATERIAL)
        mock.client("cn-north-1").create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")""",
    "the engine crashes at the import": """
        monkeypatch.setattr("pytest_kmsimport.engine.operations.importing.ImportTerms", None)
        mock.import_key(MATERIAL)""",
    "the engine crashes in an answer": """
        key_id = mock.import_key(MATERIAL).id
        blob = kms.encrypt(KeyId=key_id, Plaintext=MATERIAL)["CiphertextBlob"]
        monkeypatch.setattr("pytest_kmsimport._wire.aws_json.headers", None)
        kms.decrypt(CiphertextBlob=blob)""",
}


def failing_tests():
    """A test file of them."""
    tests = "".join(
        f"""
    def test_{number}(kms_import_mock, kms_import_client, monkeypatch, tmp_path):
        mock, kms, seed = kms_import_mock, kms_import_client, tmp_path / "seed.yaml"
        {body.strip()}
    """
        for number, body in enumerate(FAILING.values())
    )
    return HEAD + tests


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["-vv"],
        ["--showlocals"],
        ["--showlocals", "--tb=long", "-vv"],
        ["--showlocals", "--full-trace", "--tb=long"],
        ["-rA", "-n1"],
        ["--junit-xml=report.xml", "-o", "junit_logging=all"],
        ["--kms-import-coverage", "--kms-import-coverage-html=report.html"],
    ],
    ids=" ".join,
)
def test_no_failure_shows_key_material(pytester, options):
    """Whatever the test did wrong, and in whatever detail pytest tells it, no output has the key material in it."""
    pytester.makepyfile(failing_tests())
    result = pytester.runpytest_subprocess("-p", "no:randomly", *options)
    result.assert_outcomes(failed=len(FAILING))
    written = [path.read_text() for path in pytester.path.glob("report.*")]
    assert len(written) == sum("report." in option for option in options)
    for text in (result.stdout.str(), result.stderr.str(), *written):
        assert forms_in(text, MATERIAL) == []
        for line in text.splitlines():
            assert forms_in(line, MATERIAL[:16], MATERIAL[15:31]) == [], line


def test_the_hunt_finds_what_is_shown(pytester):
    """A secret that a failing test shows in any of the forms is found by this very hunt; each form has its own."""
    secrets = {form: os.urandom(32) for form in FORMS}
    for form, secret in secrets.items():
        for number, shown in enumerate(FORMS[form](secret)):
            file = pytester.path / f"shown_{form}_{number}.txt"
            file.write_text(shown, encoding="utf-8", newline="", errors="surrogatepass")
    pytester.makepyfile(
        """
        from pathlib import Path
        import pytest

        @pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("shown_*.txt")), ids=str)
        def test_showing(path):
            with path.open(encoding="utf-8", newline="") as file:
                print(file.read())
            assert False
        """
    )
    output = pytester.runpytest_subprocess("-p", "no:randomly").stdout.str()
    assert [form for form, secret in secrets.items() if form not in forms_in(output, secret)] == []

"""Policy coverage of a test run: which statements of its key policies have decided something."""

from __future__ import annotations

import json

import pytest

ADMIN = '{"Sid": "Admin", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "kms:*", "Resource": "*"}'
TESTS = """
    import json
    import pytest
    from botocore.exceptions import ClientError

    ROLE = "arn:aws:iam::123456789012:role/Importer"
    ROOT = {"AWS": "123456789012"}

    def statement(sid, action, *, effect="Allow", principal={"AWS": ROLE}, **more):
        return {"Sid": sid, "Effect": effect, "Principal": principal, "Action": action, "Resource": "*", **more}

    POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
        statement("Admin", "kms:*", principal=ROOT),
        statement("Ceremony", ["kms:GetParametersForImport", "kms:ImportKeyMaterial"]),
        statement("Use", "kms:Encrypt"),
        statement("Never", "kms:Decrypt", effect="Deny"),
    ]})

    def test_ceremony(kms_import_mock, kms_import_client):
        key = kms_import_client.create_key(Origin="EXTERNAL", Policy=POLICY)["KeyMetadata"]["KeyId"]
        role = kms_import_mock.principal(ROLE).client()
        role.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")

    def test_refused(kms_import_mock, kms_import_client):
        key = kms_import_mock.import_key()
        kms_import_client.put_key_policy(KeyId=key.id, Policy=json.dumps(json.loads(POLICY), indent=4))
        with pytest.raises(ClientError, match="explicit deny"):
            kms_import_mock.principal(ROLE).client().decrypt(KeyId=key.id, CiphertextBlob=b"x")
        with pytest.raises(ClientError, match="identity-based"):
            kms_import_mock.principal(ROLE).client().disable_key(KeyId=key.id)

    def test_put_and_never_asked(kms_import_client):
        kms_import_client.create_key(Policy=json.dumps({"Statement": statement("", "kms:*", principal=ROOT)}))
"""
REPORT = [
    "*= KMS policy coverage =*",
    "key policy 1, of test_the_report.py::test_ceremony and 1 more: 2 of 4",
    "    decided: Allow in Sid 'Ceremony', Deny in Sid 'Never'",
    "    never decided: Allow in Sid 'Admin', Allow in Sid 'Use'",
    "key policy 2, of test_the_report.py::test_put_and_never_asked: 0 of 1",
    "    decided: -",
    "    never decided: Allow in statement 1",
    "total: 2 of 5 statements, 40 %; key policies: 2",
]


@pytest.fixture
def run(pytester):
    """Run the tests above."""
    pytester.makepyfile(TESTS)

    def run_with(*options):
        return pytester.runpytest("-p", "no:randomly", *options)

    return run_with


@pytest.mark.parametrize("options", [[], ["-n2"]], ids=["alone", "xdist"])
def test_the_report(run, options):
    """A statement that allowed or denied has decided; one policy in two layouts is one; put and never asked counts."""
    run("--kms-import-coverage", *options).stdout.fnmatch_lines(REPORT, consecutive=True)


def test_the_default_key_policy_is_left_out(pytester):
    """Nobody has written it, so a run with nothing else has no such report."""
    pytester.makepyfile("def test_a(kms_import_mock):\n    kms_import_mock.import_key()")
    assert "KMS policy coverage" not in pytester.runpytest("--kms-import-coverage").stdout.str()


def test_the_root_user_is_allowed_by_a_statement_too(pytester):
    """Under a key policy that is open to it nothing is decided, and still it is one statement that lets it in."""
    pytester.makepyfile(
        f"""
        import json

        USE = {{"Effect": "Allow", "Principal": "*", "Action": "kms:Sign", "Resource": "*"}}
        POLICY = json.dumps({{"Statement": [USE, json.loads('{ADMIN}'), json.loads('{ADMIN}') | {{"Sid": "Too"}}]}})

        def test_a(kms_import_client):
            key = kms_import_client.create_key(Policy=POLICY)["KeyMetadata"]["KeyId"]
            kms_import_client.describe_key(KeyId=key)
        """
    )
    result = pytester.runpytest("--kms-import-coverage-json=a.json")
    assert result.ret == 0
    (policy,) = json.loads((pytester.path / "a.json").read_text())["key_policies"]
    tests = [statement["tests"] for statement in policy["statements"]]
    assert tests == [[], policy["tests"], []]
    assert policy["policy"]["Statement"][1]["Sid"] == "Admin"


def test_what_aws_ram_allows_is_no_statement_of_the_key_policy(pytester):
    """It is one of the key policy AWS_RAM, which has as many."""
    pytester.makepyfile(
        f"""
        import json

        POLICY = {{"Version": "2012-10-17", "Statement": [json.loads('{ADMIN}')]}}
        USE = {{"Effect": "Allow", "Principal": {{"AWS": "111122223333"}}, "Action": "kms:*", "Resource": "*"}}

        def test_a(kms_import_mock):
            key = kms_import_mock.import_key(Policy=json.dumps(POLICY))
            kms_import_mock.share_key(key.id, ["111122223333"], {{**POLICY, "Statement": [USE]}})
            kms_import_mock.client(account="111122223333").describe_key(KeyId=key.arn)
        """
    )
    report = pytester.runpytest("--kms-import-coverage").stdout
    report.fnmatch_lines(["    never decided: Allow in Sid 'Admin'", "total: 0 of 1 statements, 0 %; key policies: 1"])


def test_the_page(run, pytester):
    """Each statement is named, with the tests in which it decided."""
    run("--kms-import-coverage-html=a.html")
    page = (pytester.path / "a.html").read_text()
    assert '<th scope="row">Allow in Sid &#x27;Ceremony&#x27;</th><td class="done">test_the_page.py::test_ce' in page
    assert '<th scope="row">Allow in Sid &#x27;Use&#x27;</th><td class="open">never decided</td>' in page


@pytest.mark.parametrize("options", [[], ["-n1"]], ids=["alone", "xdist"])
def test_the_floor(run, options):
    """A run whose key policies have decided too little fails, although all tests pass."""
    below = run("--kms-import-policy-coverage-fail-under=41", *options)
    below.assert_outcomes(passed=3)
    assert below.ret == 1
    below.stdout.fnmatch_lines(["KMS policy coverage is 40.0 %, below the floor of 41 %."])
    assert options or run("--kms-import-policy-coverage-fail-under=40").ret == 0


def test_a_run_without_key_policies_reaches_no_floor(pytester):
    """Nor does one that had nothing to measure: its tests may have got lost."""
    pytester.makepyfile("def test_a(kms_import_mock):\n    kms_import_mock.import_key()")
    result = pytester.runpytest("--kms-import-policy-coverage-fail-under=50")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*(no KMS key had another key policy than the default one), below the floor of 50 %."])

"""What users install works where there is nothing but the wheel and what it asks for; run by .ci/wheel."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distribution, entry_points
from pathlib import Path

import pytest

import pytest_kmsimport
from pytest_kmsimport import wrap_key_material


@pytest.fixture
def wheel() -> Distribution:
    """The wheel as it is installed."""
    return distribution("pytest-kmsimport")


def test_it_is_the_wheel():
    """The package under test is the installed one, and no checkout."""
    assert Path(pytest_kmsimport.__file__).is_relative_to(sysconfig.get_path("purelib"))


def test_it_has_the_package_and_nothing_else(wheel):
    """Neither tests nor examples; type checkers find py.typed, lawyers the licence. The command is a script."""
    files = {str(file) for file in wheel.files if file.stem != "pytest-kmsimport"}
    assert {re.split(r"[/-]", file)[0] for file in files} == {"pytest_kmsimport"}
    assert not [file for file in files if re.search(r"(^|/)(tests?|test_\w+\.py|conftest\.py)(/|$)", file)]
    assert "pytest_kmsimport/py.typed" in files
    assert [file for file in files if file.endswith("dist-info/licenses/LICENSE")]


def test_it_asks_for_four_packages(wheel):
    """Every package more is one that each of its users has to trust."""
    asked = {re.match(r"[\w-]+", requirement)[0] for requirement in wheel.requires if "extra ==" not in requirement}
    assert asked == {"botocore", "cryptography", "pytest", "wrapt"}


def test_its_description_has_no_relative_link(wheel):
    """A package index has no other file to show: README's links lead to the repository, at this version."""
    links = re.findall(r"\]\(([^)]+)\)", wheel.metadata.get_payload())
    assert len(links) > 20
    assert [link for link in links if not link.startswith("https://")] == []
    assert f"https://github.com/pytest-kmsimport/pytest-kmsimport/blob/v{wheel.version}/docs/faults.md" in links


#: What imports what it is for: asynchronous clients, and an extra.
WITH_MORE = {
    *(f"pytest_kmsimport._transports.{name}" for name in ("aiobotocore", "aiohttp", "async_clients")),
    "pytest_kmsimport._enclave.documents",
}


def test_every_module_can_be_imported():
    """Nothing is imported that the wheel does not ask for, but by those few."""
    modules = [module.name for module in pkgutil.walk_packages(pytest_kmsimport.__path__, "pytest_kmsimport.")]
    assert len(modules) > 50
    for module in modules:
        if module not in WITH_MORE:
            importlib.import_module(module)


def test_pytest_has_loaded_the_plugin(pytestconfig):
    """By the entry point, for no conftest.py is here."""
    (entry,) = [entry for entry in entry_points(group="pytest11") if entry.dist.name == "pytest-kmsimport"]
    assert pytestconfig.pluginmanager.get_plugin("kms_import") is entry.load()


def test_it_is_loaded_lazily():
    """A run that does not use it pays for no import of botocore and the like."""
    program = "import sys, pytest_kmsimport.plugin; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"botocore", "cryptography", "wrapt"} & set(run.stdout.split())


def test_a_ceremony(kms_import_client):
    """A key is made, and its key material wrapped, imported and used."""
    kms = kms_import_client
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    algorithm = "RSAES_OAEP_SHA_256"
    parameters = kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrap_key_material(parameters["PublicKey"], os.urandom(32), algorithm),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    ciphertext = kms.encrypt(KeyId=key_id, Plaintext=b"secret")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"secret"


def test_what_an_extra_is_for_names_it(kms_import_mock):
    """It is not installed here."""
    with pytest.raises(ImportError, match=r'pip install "pytest-kmsimport\[enclave\]"'):
        kms_import_mock.attestation()


def test_the_command():
    """It is installed beside this Python, and runs a program with the mock, without pytest."""
    command = Path(sysconfig.get_path("scripts"), "pytest-kmsimport")
    program = (
        "import os, urllib.request as r; print(r.urlopen(os.environ['AWS_ENDPOINT_URL_KMS'] + '/_kms_import/').read())"
    )
    run = subprocess.run(
        [command, "run", "--", sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert '"ready": true' in run.stdout
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    assert version == f"pytest-kmsimport {distribution('pytest-kmsimport').version}\n"

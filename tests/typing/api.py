"""What a type checker makes of the public names: each ignore is a mistake that it must find, or the check fails."""

from __future__ import annotations

from typing_extensions import assert_type

from pytest_kmsimport import (
    AttachedStatement,
    Attestation,
    CallRecord,
    KeyView,
    LeastPrivilege,
    Permissions,
    Plan,
    RegisteredPrincipal,
    Server,
    faults,
    mock_kms_import,
)


def picks(call: CallRecord) -> bool:
    """A condition for a plan."""
    return call.region == "eu-west-1"


with mock_kms_import(region="eu-west-1") as mock:
    assert_type(mock.import_key(bytes(32), "SYMMETRIC_DEFAULT"), KeyView)
    assert_type(mock.create_key(key_id="x", material=b"", aliases=["alias/x"], Description="x"), KeyView)
    with mock.restoring():
        assert_type(mock.load_local_kms_seed("seed.yaml"), tuple[KeyView, ...])
    mock.create_key(material="secret")  # type: ignore[arg-type]
    mock.create_key(key_id=7)  # type: ignore[arg-type]
    assert_type(mock.inject(faults.ReadTimeout(), "ListKeys", nth=[1, 3]), Plan)
    mock.inject(faults.Refusal("ThrottlingException"), ["Encrypt", "Decrypt"], probability=0.5, seed=1)
    mock.inject([None, faults.Slow(5)], picks, after=1)
    mock.inject(faults.parse("[None, Slow(5)]"), after=1)
    mock.inject(faults.Slow(5), faults.CEREMONY, times=1, every=2, must_strike=False)
    faults.catalogue("ImportKeyMaterial", kinds=["network", "lost answer"], times=1)
    mock.client().encrypt(KeyId="alias/x", Plaintext=b"x")
    with mock.serve(tls=True) as server, server.unreachable():
        assert_type(server, Server)
        assert_type(server.environ, dict[str, str])
        assert_type(server.settings, dict[str, str])

    importer = mock.principal("arn:aws:iam::111122223333:role/Importer", policies=[{}, "{}"], session="ceremony")
    assert_type(importer, RegisteredPrincipal)
    assert_type(mock.can(importer, "ImportKeyMaterial", "alias/x", ValidTo=None), Permissions)
    importer.client("eu-west-3").encrypt(KeyId="alias/x", Plaintext=b"x")

    attestation = mock.attestation({0: bytes(48), 1: "00" * 48}, role="arn:aws:iam::111122223333:role/Parent")
    assert_type(attestation, Attestation)
    assert_type(attestation.decrypt(b"x"), bytes)
    mock.attestation({"PCR0": bytes(48)})  # type: ignore[dict-item]

    with mock.deny("kms:ImportKeyMaterial", principal=importer, key_id="alias/x", condition={}) as denied:
        assert_type(denied, AttachedStatement)
        assert_type(denied.policy, str)
    assert_type(mock.calls.least_privilege("arn:aws:iam::111122223333:role/Importer"), LeastPrivilege)
    mock.allow("kms:Encrypt", key_id=3)  # type: ignore[arg-type]
    mock.principal("arn:aws:iam::111122223333:role/Importer", policy="{}")  # type: ignore[call-arg]
    mock.can(importer, "ImportKeyMaterials")  # type: ignore[arg-type]
    mock.inject(faults.ReadTimeout(), time=1)  # type: ignore[call-arg]
    mock.inject(faults.ReadTimeout(), times="1")  # type: ignore[arg-type]
    mock.inject(faults.ReadTimeout(), "ListKey")  # type: ignore[arg-type]
    mock.inject("ReadTimeout")  # type: ignore[arg-type]
    faults.Refusal("Throttled")  # type: ignore[arg-type]
    faults.Case("Encypt", faults.ReadTimeout())  # type: ignore[arg-type]
    faults.catalogue("Encrypt", kinds="networks")  # type: ignore[arg-type]
    mock.client().encrypt(KeyId=1, Plaintext=b"x")  # type: ignore[arg-type]

"""How a row's request is made: its members, of the types that botocore's model says, and what functions stand for."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pytest_kmsimport import wrap_key_material
from pytest_kmsimport._wire.model import kms_model

from ...support.key_policies import document, root, statement
from .history import DisagreementError, Played
from .material import key_material, private_key, spki, with_indefinite_length
from .values import Function, Items, Members, Phrase, Value, is_reference, split

_OPERATIONS = {"Import": "ImportKeyMaterial", "Delete": "DeleteImportedKeyMaterial"}
_SHORT = {
    "NEVER": {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"},
    "UNTIL": {"ExpirationModel": "KEY_MATERIAL_EXPIRES"},
    "NEW": {"ImportType": "NEW_KEY_MATERIAL"},
    "ALL": {"IncludeKeyMaterial": "ALL_KEY_MATERIAL"},
}
Arguments = tuple[Value, ...]


def make_request(played: Played) -> str:
    """Fill in the members of a row's request, from left to right, and give the operation."""
    operation = _OPERATIONS.get(played.row.operation, played.row.operation)
    shape, request = kms_model().operation_model(operation).input_shape, played.request
    number, material = 0, None
    for phrase in played.row.phrases:
        head, rest = split(phrase)
        if isinstance(head, str) and head in shape.members:
            request[head] = _member(rest, shape.members[head], played)
        elif isinstance(head, str) and head in _SHORT:
            request.update(_SHORT[head])
            if rest is not None:
                request["ValidTo"] = _member(rest, shape.members["ValidTo"], played)
        elif head == "set":
            number = int(str(rest))
        else:
            assert operation == "ImportKeyMaterial", f"{operation} takes no {phrase}"
            material = phrase
    if "KeyId" in shape.required_members and "KeyId" not in request:
        request["KeyId"] = played.key.id
    if material is not None:
        played.request = _wrapped(material, number, played) | request
    return operation


def _wrapped(material: Value, number: int, played: Played) -> dict[str, Any]:
    """The token and the wrapped key material of an import."""
    sets = played.key.parameters[played.region]
    if not sets:
        raise DisagreementError("there are no parameters to import with")
    parameters = sets[number - 1]
    algorithm, public_key = parameters.request["WrappingAlgorithm"], parameters.answer["PublicKey"]
    blob = wrap_key_material(public_key, bytes_of(material, played), algorithm)
    return {"ImportToken": parameters.answer["ImportToken"], "EncryptedKeyMaterial": blob}


def _member(value: Value | None, shape: Any, played: Played) -> Any:
    """The value of a request's member."""
    if is_reference(value):
        return played.history.reference(str(value))
    if isinstance(value, Items):
        return [_member(item, shape.member, played) for item in value.items]
    if isinstance(value, Members):
        of = (lambda _: shape.value) if shape.type_name == "map" else shape.members.__getitem__
        return {name: _member(content, of(name), played) for name, content in value.members.items()}
    return _SCALARS.get(shape.type_name, _text)(value, played)


def _text(value: Value | None, played: Played) -> str:
    if isinstance(value, Function) and value.name in _STATEMENTS:
        return document(statement(root(played.history.account)), _STATEMENTS[value.name](*map(str, value.arguments)))
    return played.text(value)


def bytes_of(value: Value | None, played: Played) -> bytes:
    """The bytes that a value stands for."""
    if isinstance(value, Phrase):  # 16 bytes, 32 x, 27 A
        count, what = (str(part) for part in value.parts)
        return bytes(int(count)) if what == "bytes" else what.encode() * int(count)
    if isinstance(value, Function):
        return _BYTES[value.name](value.arguments, played)
    if is_reference(value):
        blob: bytes = played.history.reference(str(value))
        return blob
    if isinstance(value, str) and len(value) == 1:
        return key_material(played.key.spec, value)
    return played.text(value).encode()


_SCALARS = {
    "blob": bytes_of,
    "timestamp": lambda value, played: played.date(value).replace(microsecond=0),  # as the AWS CLI sends it
    "boolean": lambda value, _: {"true": True, "false": False}[value],
    "integer": lambda value, _: int(value),
}

# Functions that stand for bytes


def _ber(arguments: Arguments, played: Played) -> bytes:
    """``ber(A)``: the private key A in BER."""
    return with_indefinite_length(bytes_of(arguments[0], played))


def _public(arguments: Arguments, played: Played) -> bytes:
    """``public(A)``: the public key of private key A, as a SubjectPublicKeyInfo."""
    return spki(private_key(played.key.spec, str(arguments[0])).public_key())


def _other_curve(arguments: Arguments, played: Played) -> bytes:
    """``other_curve(P)``: the same, of another curve than the key's."""
    other = "ECC_NIST_P384" if played.key.spec == "ECC_NIST_P256" else "ECC_NIST_P256"
    return spki(private_key(other, str(arguments[0])).public_key())


def public_key_of(value: Value, played: Played) -> bytes:
    """The public key of a letter, or the one that another row was answered with."""
    return _public((value,), played) if len(str(value)) == 1 else bytes_of(value, played)


def _oaep(arguments: Arguments, played: Played) -> bytes:
    """``oaep(A)``: "secret", encrypted with the public key of A by the algorithm of the request."""
    public_key: Any = load_der_public_key(public_key_of(arguments[0], played))
    ciphertext: bytes = public_key.encrypt(b"secret", oaep_padding(played.request["EncryptionAlgorithm"]))
    return ciphertext


def oaep_padding(algorithm: str) -> padding.OAEP:
    """The padding of RSAES_OAEP_SHA_1 and RSAES_OAEP_SHA_256."""
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()  # noqa: S303  as AWS has it
    return padding.OAEP(padding.MGF1(digest), digest, None)


def _flipped(arguments: Arguments, played: Played) -> bytes:
    """``flipped(case.Member)``: the same bytes, but for one bit."""
    first, *rest = bytes_of(arguments[0], played)
    return bytes([first ^ 1, *rest])


def _digest(arguments: Arguments, played: Played) -> bytes:
    """``digest("text")``: the digest that the SigningAlgorithm, which stands before it, takes."""
    bits = played.request["SigningAlgorithm"][-3:]
    return hashlib.new(f"sha{bits}", bytes_of(arguments[0], played)).digest()


def _mu(arguments: Arguments, played: Played) -> bytes:
    """``mu("text"; public key)``: the message representative of ML-DSA (FIPS 204, algorithm 7, without context)."""
    message, public_key = (bytes_of(argument, played) for argument in arguments)
    loaded: Any = load_der_public_key(public_key)
    tr = hashlib.shake_256(loaded.public_bytes_raw()).digest(64)
    return hashlib.shake_256(tr + b"\0\0" + message).digest(64)


_BYTES = {
    "ber": _ber,
    "public": _public,
    "other_curve": _other_curve,
    "oaep": _oaep,
    "flipped": _flipped,
    "digest": _digest,
    "mu": _mu,
}

# Functions that stand for key policies: each is a statement beside the one that lets the account do everything


def _deny_enabling_rotation(operator: str, operand: str) -> dict[str, Any]:
    """``deny_enabling_rotation(Null; true)``: EnableKeyRotation is denied on a condition of its period."""
    condition = {operator: {"kms:RotationPeriodInDays": operand}}
    return statement("*", "kms:EnableKeyRotation", Effect="Deny", Condition=condition)


def _for_member(account: str, action: str) -> dict[str, Any]:
    """``for_member(222222222222; kms:Decrypt)``: another account may do this."""
    return statement(root(account), action)


_STATEMENTS = {"deny_enabling_rotation": _deny_enabling_rotation, "for_member": _for_member}

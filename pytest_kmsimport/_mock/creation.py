"""``mock.create_key(...)``: a KMS key with a key ID and key material of the test's choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Union, get_args

from botocore.utils import parse_to_aware_datetime
from botocore.validate import ParamValidator
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from .._diagnosis.forms import explain_form
from .._tracebacks import sealed
from .._wire.constraints import find_breaches
from .._wire.model import did_you_mean, members_of
from ..engine import messages
from ..engine.chosen import Chosen, UnfitChoiceError
from ..engine.engine import Engine
from ..engine.errors import KmsError, NotOffered
from ..engine.keys import EXTERNAL, Key
from ..engine.materials import ImportTerms, to_pkcs8
from ..engine.specs import SPECS, SYMMETRIC_DEFAULT
from .arranging import arranging, usual_usage
from .core import MockCore
from .views import KeyView

__tracebackhide__ = True

#: Key material as a test has it: raw bytes, a private key in PKCS#8 DER, or one of ``cryptography``.
Material = Union[bytes, PrivateKeyTypes]  # noqa: UP007  Python 3.10 cannot

_KEYWORDS = {"KeyId": "key_id", "KeySpec": "key_spec", "CustomerMasterKeySpec": "key_spec", "Origin": "origin"}
_OWN = ("key_id", "material", "aliases", "key_spec", "origin", "region_name", "account")
_TERMS = ("ValidTo", "KeyMaterialDescription")
#: Of ImportKeyMaterial, in the place of what nobody says here.
_UNSAID = {"KeyId": "-", "ImportToken": b"-", "EncryptedKeyMaterial": b"-"}
_BYTES = (bytes, bytearray, memoryview)


class NewKey(NamedTuple):
    """A KMS key to be: ``members`` are those of CreateKey and ImportKeyMaterial that the others do not say.

    ``materials`` are in the order in which they were current, ``next_rotation`` is when AWS KMS makes the next one.
    """

    key_id: str | None
    materials: tuple[bytes, ...]
    aliases: tuple[str, ...]
    key_spec: str
    origin: str
    members: Mapping[str, Any]
    next_rotation: datetime | None = None

    def __repr__(self) -> str:
        return f"<NewKey {self.key_id}>"


def create(engine: Engine, region: str, account: str, new: NewKey) -> Key:
    """Put a KMS key in place with its aliases, or nothing of it; it is of this moment.

    Raises ValueError for what no KMS key can be, TypeError for a member that there is not, or not of this type.
    """
    members = {name: _as_received(name, value) for name, value in new.members.items()}
    chosen = Chosen(new.key_id, new.materials, _terms_of(new, members), new.next_rotation)
    _check_form(new)
    of_new_key = {
        "KeySpec": new.key_spec,
        "Origin": new.origin,
        **usual_usage(new.key_spec),
        "MultiRegion": (new.key_id or "").startswith("mrk-"),
        **{name: value for name, value in members.items() if name not in _TERMS},
    }
    arrange, made = arranging(engine, region, account), None
    try:
        arn = arrange("CreateKey", of_new_key, chosen)["KeyMetadata"]["Arn"]
        made = engine.look_up(arn, region, account, Key.copy)
        assert made is not None  # it was just made
        for alias in new.aliases:
            arrange("CreateAlias", {"AliasName": alias, "TargetKeyId": made.id})
    except (KmsError, UnfitChoiceError, NotOffered) as refusal:
        if made is not None:
            engine.discard_key(made)
        why = _why(refusal)
    else:
        return made
    raise ValueError(why)  # without the refusal, whose traceback is of no use to whoever has called


def _why(refusal: Exception) -> str:
    """What a refusal says, of AWS's with its code."""
    if isinstance(refusal, KmsError):
        return " ".join(filter(None, (refusal.code, str(refusal), refusal.diagnosis)))
    return refusal.reason if isinstance(refusal, NotOffered) else str(refusal)


def _terms_of(new: NewKey, members: Mapping[str, Any]) -> ImportTerms:
    """The terms of an import; only imported key material has any."""
    given = [name for name in _TERMS if name in members]
    if given and not (new.origin == EXTERNAL and new.materials):
        text = f"{' and '.join(given)} is said of key material that is imported"
        raise ValueError(f"{text}; write origin='EXTERNAL' and material=.")
    breaches = find_breaches("ImportKeyMaterial", {**_UNSAID, **{name: members[name] for name in given}})
    if breaches:
        raise ValueError(f"ValidationException {messages.violations(breaches)}")
    return ImportTerms(valid_to=members.get("ValidTo"), description=members.get("KeyMaterialDescription"))


def _check_form(new: NewKey) -> None:
    spec = SPECS.get(new.key_spec)
    for material in new.materials:
        if spec is not None and (wrong := explain_form(spec, material)):
            raise ValueError(wrong)


def _as_received(name: str, value: object) -> object:
    """A member as AWS receives it; raises TypeError for one that there is not, or not of this type."""
    shapes = {**members_of("CreateKey"), **{term: members_of("ImportKeyMaterial")[term] for term in _TERMS}}
    known = [member for member in shapes if member not in _KEYWORDS]
    if name not in known:
        instead = f" Write {_KEYWORDS[name]}=." if name in _KEYWORDS else did_you_mean(name, (*_OWN, *known))
        text = f"It takes {', '.join(_OWN)}, and of AWS's {', '.join(known)}."
        raise TypeError(f"create_key() takes no {name}.{instead} {text}")
    report = ParamValidator().validate(value, shapes[name])
    if report.has_errors():
        wrong = report.generate_report().replace("parameter input", f"parameter {name}")
        raise TypeError(f"create_key() takes no such {name}: {wrong}")
    return parse_to_aware_datetime(value) if shapes[name].type_name == "timestamp" else value


class CreatesKeys(MockCore):
    """The part of a mock that puts KMS keys in place."""

    @sealed
    def create_key(  # noqa: PLR0913  each keyword is something that a test can choose
        self,
        *,
        key_id: str | None = None,
        material: Material | None = None,
        aliases: Sequence[str] = (),
        key_spec: str = SYMMETRIC_DEFAULT,
        origin: str = "AWS_KMS",
        region_name: str | None = None,
        account: str | None = None,
        **members: Any,  # noqa: ANN401  members of AWS's requests
    ) -> KeyView:
        """Put a KMS key in place that has a key ID and key material of your choice, and look at it.

        It is as one that CreateKey has made, and with the origin EXTERNAL as one that ``material`` was imported into;
        without ``material`` it waits for its import. The journal stays as it is, and no planned fault strikes.

        ``key_id`` is a UUID, or for a multi-Region key ``mrk-`` and 32 hexadecimal digits; ``material`` is raw bytes
        for a symmetric or HMAC key, and otherwise a private key, in PKCS#8 DER or of ``cryptography``. What is left
        out is made at random.

        ``members`` are members of CreateKey in AWS's spelling, such as ``Description=`` or ``Tags=``, and ``ValidTo=``
        and ``KeyMaterialDescription=`` of imported key material; without ValidTo it does not expire. KeyUsage is by
        default the first that the key spec can have.

        Raises ValueError for what no KMS key can have, such as a key ID that another one has or key material of another
        length, and TypeError for a member that neither request has, and for a value of another type; then nothing has
        changed.

        https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
        """
        region_name, account = region_name or self.region, account or self.account
        if not isinstance(aliases, (list, tuple)) or not all(isinstance(alias, str) for alias in aliases):
            raise TypeError(f"create_key() takes aliases as a list, not {aliases!r}: write aliases=['alias/payroll'].")
        texts = {"key_id": key_id or "", "key_spec": key_spec, "origin": origin, "region_name": region_name}
        for name, value in {**texts, "account": account}.items():
            if not isinstance(value, str):
                raise TypeError(f"create_key() takes {name} as a text, not {value!r}.")
        materials = () if material is None else (_as_bytes(material),)
        new = NewKey(key_id, materials, tuple(aliases), key_spec, origin, members)
        try:
            return self._put_in_place(new, region_name, account)
        except ValueError as refusal:
            why = str(refusal)
        raise ValueError(f"create_key() was refused: {why}")

    def _put_in_place(self, new: NewKey, region_name: str, account: str) -> KeyView:
        key = create(self._engine, region_name, account, new)
        if new.materials:
            self.service.note_key_material(key.arn, region_name, account)
        return self._look_up(key.arn, region_name, account, KeyView.of)


def _as_bytes(material: object) -> bytes:
    """Key material as a KMS key holds it; raises TypeError for what is none."""
    if isinstance(material, _BYTES):
        return bytes(material)
    if isinstance(material, get_args(PrivateKeyTypes)):
        return to_pkcs8(material)
    text = f"create_key() takes key material as bytes or a private key of cryptography, not {type(material).__name__}."
    raise TypeError(text)

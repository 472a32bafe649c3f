"""What differs between AWS KMS of today, of 2022, and in the China Regions, as data.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from . import messages
from .errors import NotOffered, ValidationException
from .materials import RawBytes
from .specs import KEY_WRAP, OAEP, PKCS1, SM2PKE, SPECS, SYMMETRIC_DEFAULT, KeySpec, Wrappings


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one generation of AWS KMS in one kind of Region.

    ``unsupported`` are key specs, wrapping algorithms and wrapping key specs that the model knows and AWS refuses
    here; ``not_offered`` are those that AWS takes and this mock does not. ``enums`` narrows request members to the
    values of the time, ``year`` is the last whose new operations there are, and ``later`` are request members that did
    not exist yet. ``names_materials`` says whether answers and texts carry the identifiers of key materials.
    """

    specs: Mapping[str, KeySpec]
    unsupported: Collection[str]
    not_offered: Collection[str] = ()
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    year: int = 9999
    later: frozenset[str] = frozenset()
    names_materials: bool = True

    def check_known(self, operation: str, since: int, members: Mapping[str, object]) -> None:
        """Refuse what the service of these rules does not know; ``since`` is the year that brought the operation."""
        if since > self.year or not self.later.isdisjoint(members):
            unknown = operation if since > self.year else next(member for member in members if member in self.later)
            raise NotOffered(
                f"{unknown} did not exist in AWS KMS of {self.year}, which service='{self.year}' plays;"
                " leave it out, or test with service='current'."
            )
        for member, values in self.enums.items():
            value = members.get(member)
            if value is not None and value not in values:
                constraint = messages.ENUM.format(values=", ".join(values))
                breach = messages.violation(messages.lower_camel(member), f"'{value}'", constraint)
                raise ValidationException(messages.violations([breach]))

    def check_offered(self, word: str) -> None:
        """Fail the test where AWS would take this key spec or wrapping, and the mock does not have it."""
        if word in self.not_offered:
            raise NotOffered(f"{word} is not offered: SM2 keys and SM2 wrapping of the China Regions are not built.")


def _in_china(rules: Rules) -> Rules:
    """The same generation in the China Regions: SM4 keys of 16 bytes, SM2 in place of RSA_AES_KEY_WRAP, no ML-KEM."""
    specs = {name: replace(spec, wrappings=_wrappings_in_china(spec)) for name, spec in rules.specs.items()}
    specs[SYMMETRIC_DEFAULT] = replace(specs[SYMMETRIC_DEFAULT], material=RawBytes(16, 16))
    only_elsewhere = [name for name in specs if name.startswith("ML_KEM_")]
    unsupported = {*rules.unsupported, *only_elsewhere} - {"SM2", SM2PKE}
    return replace(rules, specs=specs, unsupported=unsupported, not_offered={"SM2", SM2PKE})


def _wrappings_in_china(spec: KeySpec) -> Wrappings:
    sm2: Wrappings = {SM2PKE: ("SM2",)} if spec.is_asymmetric and spec.is_importable else {}
    return {**sm2, **{name: sizes for name, sizes in spec.wrappings.items() if name not in KEY_WRAP}}


_CURRENT = Rules(specs=SPECS, unsupported={"SM2", SM2PKE})

_SPECS_OF_2022 = tuple(name for name in SPECS if not name.startswith(("ML_", "ECC_NIST_EDWARDS")))

_OF_2022 = Rules(
    specs={
        name: replace(spec, wrappings=dict.fromkeys((*OAEP, PKCS1), ("RSA_2048",)))
        if spec.is_symmetric
        else replace(spec, wrappings={})
        for name, spec in SPECS.items()
    },
    unsupported={"SM2"},
    enums={
        "KeySpec": (*_SPECS_OF_2022, "SM2"),
        "WrappingAlgorithm": (PKCS1, *OAEP),
        "WrappingKeySpec": ("RSA_2048",),
    },
    year=2022,
    later=frozenset(
        {
            *("ImportType", "KeyMaterialDescription", "KeyMaterialId", "DryRun", "RotationPeriodInDays"),
            *("DryRunModifiers", "ResourceOwners", "GranteeServicePrincipal", "RetiringServicePrincipal"),
        }
    ),
    names_materials=False,
)

#: service option -> partition -> rules; partitions that are not named have those of ``aws``.
SERVICES: Mapping[str, Mapping[str, Rules]] = {
    "current": {"aws": _CURRENT, "aws-cn": _in_china(_CURRENT)},
    "2022": {"aws": _OF_2022, "aws-cn": _in_china(_OF_2022)},
}


def rules_of(service: str, partition: str) -> Rules:
    """The rules that hold for a generation of the service in a partition."""
    generations = SERVICES[service]
    return generations.get(partition, generations["aws"])

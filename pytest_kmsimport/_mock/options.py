"""The options of a mock, in one place for the context manager, the decorator, the marker and the ini file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields

from .._service.reserved_tags import FLOCI, LOCALSTACK
from .._wire.model import did_you_mean
from ..engine.authorization.principals import Principal
from ..engine.quotas import Quotas
from .documents import PolicyDocument

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
SERVICES = ("current", "2022")
RESERVED_TAGS = (LOCALSTACK, FLOCI)
_NUMBERS = ("background_seconds", "grants_spread_seconds", "journal_size", "seed")  # pytest 8 has no type for them

_TYPES: Mapping[str, type] = {"seed": int}  # of those that have none by default


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What ``mock_kms_import`` takes; its docstring says what each is for.

    Raises ValueError where a value is not one that the option can have.
    """

    region: str | None = None
    account: str = DEFAULT_ACCOUNT
    principal: str | None = None
    policies: PolicyDocument | Sequence[PolicyDocument] = ()
    service: str = "current"
    strict_tokens: bool = False
    allow_real_aws: bool = False
    sign_requests: bool = False
    sleep_on_retry: bool = False
    faults_must_strike: bool = True
    check_leaks: bool = False
    serve: bool = False
    integrated_services: bool = True
    background_seconds: int = 0
    grants_spread_seconds: int = 0
    journal_size: int = 1000
    quotas: Mapping[str, int] = field(default_factory=dict)
    seed: int | None = None
    reserved_tags: str | None = None

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if value is option.default or option.default is MISSING or option.name == "policies":
                continue
            expected = _TYPES.get(option.name, str if option.default is None else type(option.default))
            if type(value) is not expected:
                article = "an" if expected is int else "a"
                raise ValueError(f"{option.name} is {value!r}; write {article} {expected.__name__}.")
        if not re.fullmatch(r"\d{12}", self.account, re.ASCII):
            raise ValueError(f"account is {self.account!r}; write the 12 digits of an AWS account as a text.")
        if self.region is not None and not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d+", self.region):
            raise ValueError(f"region is {self.region!r}; write the name of an AWS Region, such as 'eu-central-1'.")
        _check_choice("service", self.service, SERVICES)
        _check_choice("reserved_tags", self.reserved_tags, (None, *RESERVED_TAGS))
        for name in ("background_seconds", "grants_spread_seconds"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; write 0 or how long AWS takes.")
        if self.journal_size < 1:
            raise ValueError(f"journal_size is {self.journal_size}; write how many calls to keep, 1 or more.")
        _check_quotas(self.quotas)
        self.anybody()

    def anybody(self) -> Principal | None:
        """Who calls with an access key that is nobody's, if it is not the root user."""
        if self.principal is None:
            if self.policies:
                raise ValueError("policies are somebody's; write principal, the ARN of a user or a role, as well.")
            return None
        from .principals import make_principal  # noqa: PLC0415  most tests need none

        try:
            return make_principal(self.principal, policies=self.policies, account=self.account)
        except (OSError, TypeError, ValueError) as error:
            raise ValueError(f"principal, or policies: {error}") from None

    def __str__(self) -> str:
        """What a user has written for them."""
        given = ((option.name, getattr(self, option.name)) for option in fields(self))
        return f"mock_kms_import({', '.join(f'{name}={value!r}' for name, value in given if value != _usual(name))})"

    @property
    def home_region(self) -> str:
        """The Region of clients that name none: the option's, else that of the environment, else us-east-1."""
        return self.region or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION

    @classmethod
    def checked(cls, given: Mapping[str, object], where: str) -> Options:
        """Take options as they were given; raises TypeError for a name that is no option, ValueError for a value."""
        names = [option.name for option in fields(cls)]
        for name in given:
            if name not in names:
                raise TypeError(
                    f"{where} has no option {name!r}.{did_you_mean(name, names)} Options are {', '.join(names)}."
                )
        return cls(**given)  # type: ignore[arg-type]  # __post_init__ checks every value


def _usual(name: str) -> object:
    return getattr(DEFAULTS, name)


def _check_choice(name: str, value: str | None, known: Sequence[str | None]) -> None:
    if value not in known:
        raise ValueError(f"{name} is {value!r}; write one of {', '.join(repr(one) for one in known if one)}.")


def _check_quotas(quotas: Mapping[str, int]) -> None:
    names = [quota.name for quota in fields(Quotas)]
    if not isinstance(quotas, Mapping):
        raise ValueError(  # noqa: TRY004  as for every other option
            f"quotas is {quotas!r}; write a dict such as {{'aliases_per_key': 2}}."
        )
    for name, value in quotas.items():
        if name not in names:
            raise ValueError(f"quotas has no {name!r}; write one of {', '.join(names)}.")
        if type(value) is not int or value < 0:
            raise ValueError(f"quotas has {name}={value!r}; write a number, 0 or more.")


#: What a mock has that is given none.
DEFAULTS = Options()


def of_test(
    ini: Mapping[str, object], markers: Sequence[tuple[tuple[object, ...], Mapping[str, object]]], marker_name: str
) -> Options:
    """The options of a test: those of the ini file, as pytest has read them, then those of its markers, nearest first.

    Raises TypeError or ValueError with words for the test's author.
    """
    given = _from_ini(ini)
    for args, kwargs in reversed(markers):
        if args:
            text = f"@pytest.mark.{marker_name} takes keywords only: write {marker_name}(region='eu-central-1')."
            raise TypeError(text)
        given.update(kwargs)
    try:
        return Options.checked(given, f"@pytest.mark.{marker_name}")
    except (TypeError, ValueError) as error:
        where = f"Options of kms_import_mock, from @pytest.mark.{marker_name} or the ini file"
        raise type(error)(f"{where}: {error}") from None


def _from_ini(ini: Mapping[str, object]) -> dict[str, object]:
    given = {**ini, **{name: _number(str(ini[name])) for name in _NUMBERS if name in ini}}
    lines = ini.get("quotas")
    if isinstance(lines, list):
        pairs = [line.partition("=") for line in lines]
        given["quotas"] = {name.strip(): _number(number.strip()) for name, _, number in pairs}
    return given


def _number(text: str) -> int | str:
    """What is no number stays as it is, for the check of the options to say so."""
    return int(text) if re.fullmatch(r"-?\d+", text, re.ASCII) else text

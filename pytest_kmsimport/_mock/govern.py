"""What holds for whole accounts: ``mock.govern(...)``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from ..engine.arns import partition_of
from ..engine.authorization.principals import Account, ControlPolicy
from .core import MockCore
from .documents import PolicyDocument, texts_of

__tracebackhide__ = True

_FULL_ACCESS = "FullAWSAccess"  # what AWS Organizations attaches to every account, unless somebody detaches it
_EVERYTHING = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
_SOME_ORGANIZATION = "o-kmsimport0"


class GovernedMock(MockCore):
    """The part of a mock that is about accounts and their organization."""

    def govern(  # noqa: PLR0913  each keyword is something else that holds
        self,
        account: str | None = None,
        *,
        service_control_policies: PolicyDocument | Sequence[PolicyDocument] = (),
        resource_control_policies: PolicyDocument | Sequence[PolicyDocument] = (),
        organization: str | None = None,
        paths: Sequence[str] = (),
        context: Mapping[str, str | tuple[str, ...] | None] | None = None,
    ) -> None:
        """Let something hold for everybody of an account (12 digits, by default the mock's), its root user among them.

        The policies of AWS Organizations are those that are attached to it: dicts, JSON or paths of files. Of service
        control policies one has to allow a call, so most lists begin with ``"FullAWSAccess"``, AWS's own that allows
        everything. ``organization`` is what aws:PrincipalOrgID says, such as ``o-a1b2c3d4e5``, and ``paths`` what
        aws:PrincipalOrgPaths does. ``context`` has values of condition keys that only the test knows, as for
        ``mock.principal``. What was said of the account before holds no longer.

        Raises ValueError for what is no account, and for a policy that is none.

        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        """
        account = account or self.account
        if not re.fullmatch(r"\d{12}", account, re.ASCII):
            raise ValueError(f"account is {account!r}; write the 12 digits of an AWS account as a text.")
        home = f"arn:{partition_of(self.region)}:organizations::{account}:policy/{organization or _SOME_ORGANIZATION}"
        settings = Account(
            tuple(_control(text, f"{home}/service_control_policy") for text in texts_of(service_control_policies)),
            tuple(_control(text, f"{home}/resource_control_policy") for text in texts_of(resource_control_policies)),
            organization,
            tuple(paths),
            dict(context or {}),
        )
        self._engine.govern(account, settings)


def _control(policy: str, home: str) -> ControlPolicy:
    """A control policy, with the ARN that refusals name."""
    if policy == _FULL_ACCESS:
        partition, kind = home.split(":")[1], home.rpartition("/")[2]
        return ControlPolicy(f"arn:{partition}:organizations::aws:policy/{kind}/p-{_FULL_ACCESS}", _EVERYTHING)
    return ControlPolicy(f"{home}/p-{sha256(policy.encode()).hexdigest()[:8]}", policy)

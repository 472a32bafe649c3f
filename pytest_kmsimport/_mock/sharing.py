"""``mock.share_key(...)``: KMS keys that AWS Resource Access Manager shares with other accounts."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial

from ..engine.keys import Key
from ..engine.policy_grammar import flaws
from ..engine.sharing import Share
from .core import MockCore
from .documents import PolicyDocument, text_of

__tracebackhide__ = True


class SharesKeys(MockCore):
    """The part of a mock that stands for AWS Resource Access Manager."""

    def share_key(
        self,
        key_id: str,
        accounts: Collection[str],
        policy: PolicyDocument,
        *,
        region_name: str | None = None,
        account: str | None = None,
    ) -> None:
        """Share a KMS key with other accounts, as AWS Resource Access Manager does when its owner has it do so.

        ``accounts`` (12 digits each) have the KMS key in ListKeys with ``ResourceOwners``, and ``policy`` is its key
        policy AWS_RAM, which RAM manages: a dict, JSON or the path of a file. What that allows is allowed beside what
        the default key policy does. ``key_id`` is a key ID, key ARN or alias; what was shared of it before is no more.

        Raises ValueError for what is no account and for a policy that is none, LookupError where there is no such KMS
        key.

        https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html
        """
        for shared_with in [accounts] if isinstance(accounts, str) else accounts:
            if not re.fullmatch(r"\d{12}", shared_with, re.ASCII):
                raise ValueError(f"accounts has {shared_with!r}; write a list of accounts, of 12 digits each.")
        text = text_of(policy)
        for flaw in flaws(text):
            raise ValueError(f"The key policy AWS_RAM is no key policy: {flaw.reason}")
        share = Share((accounts,) if isinstance(accounts, str) else tuple(accounts), text)
        self._set_share(key_id, share, region_name, account)

    def unshare_key(self, key_id: str, *, region_name: str | None = None, account: str | None = None) -> None:
        """Share a KMS key with nobody any more; LookupError where there is no such KMS key."""
        self._set_share(key_id, None, region_name, account)

    def _set_share(self, key_id: str, share: Share | None, region_name: str | None, account: str | None) -> None:
        self._look_up(key_id, region_name or self.region, account or self.account, partial(_share, share))


def _share(share: Share | None, key: Key) -> Key:
    key.share = share
    return key

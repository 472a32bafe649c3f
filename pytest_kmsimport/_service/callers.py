"""Who it is that signs with an access key which STS or IAM has issued, beside the mock (moto's, for example)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .._wire.sts import Issue, looks_issued
from ..engine.authorization.principals import Principal
from ..engine.call import Caller

#: Finds out whose an access key is, with what was noted of it when it was issued; None for nobody's.
Ask = Callable[[str, "Issue | None"], "Principal | None"]


class Callers:
    """What is known of access keys that others have issued.

    ``registered`` knows those that the mock itself has issued. Somebody is asked once for each access key, until
    ``forget`` says that the answer may be another one. No lock is held meanwhile: two threads may ask at once.
    """

    def __init__(self, registered: Callable[[str], Principal | None], ask: Ask) -> None:
        self._registered = registered
        self._ask = ask
        self._issues: dict[str, Issue] = {}
        self._known: dict[str, Principal | None] = {}

    def recognise(self, caller: Caller) -> Caller:
        """Say who a caller is whose access key looks issued, if STS or IAM has issued it; asking them takes time."""
        principal = self._principal_of(caller.access_key)
        return caller if principal is None else caller._replace(account=principal.account, principal=principal)

    def has_to_ask(self, access_key: str) -> bool:
        """Whether it takes time to recognise somebody."""
        return bool(looks_issued(access_key)) and access_key not in self._known and not self._registered(access_key)

    def note(self, issue: Issue) -> None:
        """Remember with what an access key was issued, which nobody tells later."""
        if issue.by != issue.access_key:
            self._issues[issue.access_key] = issue

    def forget(self) -> None:
        """Ask anew from now on; what is being asked now counts no more afterwards."""
        self._known = {}

    def _principal_of(self, access_key: str) -> Principal | None:
        registered = self._registered(access_key)
        if registered is not None:
            return registered
        known = self._known
        if access_key not in known:
            known[access_key] = self._find(access_key)
        return known[access_key]

    def _find(self, access_key: str) -> Principal | None:
        issue = self._issues.get(access_key)
        if issue is None or ":assumed-role/" in issue.arn:
            return self._ask(access_key, issue)
        user = self._principal_of(issue.by) if looks_issued(issue.by) else None
        return _federated(self._ask(access_key, issue), user) if issue.arn else user


def _federated(session: Principal | None, user: Principal | None) -> Principal | None:
    """A federated user, who may do what both the user who has asked for that and the session policy allow."""
    if session is None:
        return None
    if user is None:  # of the root user, so the session policy alone limits it
        return replace(session, policies=session.session_policies)
    policies = user.policies if session.session_policies else ()  # without a session policy IAM allows nothing
    return replace(session, policies=policies, boundary=user.boundary)

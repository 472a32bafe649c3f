"""Why AWS KMS refused, in words for the tester: the cause and the cure in a sentence or two. Never on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..engine.errors import KmsError
from ..engine.region import Region
from . import identifiers, imports, key_stores, policies, states
from .recipients import why_not_attested

Members = Mapping[str, Any]

_EXPLANATIONS: Mapping[str, Callable[[Region, Members, KmsError], str]] = {
    "AccessDeniedException": identifiers.explain_access,
    "CustomKeyStoreInvalidStateException": key_stores.explain_state,
    "CustomKeyStoreNotFoundException": key_stores.explain_missing,
    "DisabledException": states.explain,
    "ExpiredImportTokenException": imports.explain_expired_token,
    "IncorrectKeyMaterialException": imports.explain_content,
    "InvalidAliasNameException": identifiers.explain_alias_name,
    "InvalidArnException": identifiers.explain_arn,
    "InvalidCiphertextException": imports.explain_content,
    "InvalidImportTokenException": imports.explain_token,
    "KMSInvalidStateException": states.explain,
    "MalformedPolicyDocumentException": policies.explain,
    "NotAuthorizedException": identifiers.explain_alias_name,
    "NotFoundException": identifiers.explain_missing,
    "UnsupportedOperationException": imports.explain_unsupported,
    "ValidationException": imports.explain_request,
    "XksKeyInvalidConfigurationException": key_stores.explain_external_key,
    "XksKeyNotFoundException": key_stores.explain_external_key,
}


def diagnose(region: Region, members: Members, error: KmsError) -> str:
    """What the caller has probably done, and what to do instead; empty where there is nothing to add to AWS's text.

    It looks at the request again, and at what the engine knows and AWS would not tell; it changes nothing.
    """
    explain = _EXPLANATIONS.get(error.code)
    because = why_not_attested(region, members) if "Recipient" in members else ""
    text = f"{because} {'' if explain is None else explain(region, members, error)}".strip()
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)  # names are the caller's

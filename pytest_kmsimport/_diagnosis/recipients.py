"""Why an attestation document is not taken for one of an enclave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.errors import ValidationException
from ..engine.recipients import recipient_of
from ..engine.region import Region


def why_not_attested(region: Region, members: Mapping[str, Any]) -> str:
    """What is wrong with the document of a request, so that conditions see none; empty where there is nothing."""
    try:
        recipient_of(region, members)
    except ValidationException as refusal:
        return f"The attestation document is not valid. {refusal.__cause__}" if refusal.__cause__ else ""
    return ""

"""Key policies: PutKeyPolicy, GetKeyPolicy and ListKeyPolicies.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from __future__ import annotations

from .. import messages
from ..call import Response
from ..errors import NotFoundException, ValidationException
from ..keys import Key
from ..region import Region
from .admission import check_new_policy
from .registry import operation

_DEFAULT, _OF_RAM = "default", "AWS_RAM"


@operation(changes=True)
def put_key_policy(
    region: Region,
    key: Key,
    *,
    policy: str,
    policy_name: str = _DEFAULT,
    bypass_policy_lockout_safety_check: bool = False,
) -> Response:
    """Attach another key policy in place of the one that there is."""
    if policy_name != _DEFAULT:
        raise ValidationException(messages.POLICY_OF_RAM if policy_name == _OF_RAM else messages.POLICY_NAME)
    check_new_policy(region, key, policy, bypass_lockout_check=bypass_policy_lockout_safety_check)
    key.policy = policy
    return {}


@operation(reads=True)
def get_key_policy(region: Region, key: Key, *, policy_name: str = _DEFAULT) -> Response:
    """Give the key policy as it was put, or the one that AWS RAM manages for a KMS key that it shares."""
    policy = _policies(key).get(policy_name)
    if policy is None:
        raise NotFoundException(messages.NO_SUCH_POLICY)
    return {"Policy": policy, "PolicyName": policy_name}


@operation()
def list_key_policies(region: Region, key: Key, *, limit: int = 100, marker: str | None = None) -> Response:
    """List the names of the key policies, of which there are two at most; it models no error for a bad marker."""
    names = list(_policies(key))
    rest = names[names.index(marker) + 1 :] if marker in names else names
    more = {"NextMarker": rest[limit - 1]} if limit < len(rest) else {}
    return {"PolicyNames": rest[:limit], "Truncated": bool(more), **more}


def _policies(key: Key) -> dict[str, str]:
    """The key policies by their names."""
    return {_DEFAULT: key.policy, **({} if key.share is None else {_OF_RAM: key.share.policy})}

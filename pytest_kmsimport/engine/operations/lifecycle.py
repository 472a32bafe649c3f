"""KMS keys: CreateKey, DescribeKey, ListKeys, EnableKey, DisableKey, ScheduleKeyDeletion and CancelKeyDeletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import key_store_messages, messages, timers
from ..arns import kms_arn
from ..call import Response
from ..errors import NotOffered, UnsupportedOperationException, ValidationException, XksKeyAlreadyInUseException
from ..key_stores import CLOUDHSM, EXTERNAL_STORE, KeyStore
from ..keys import EXTERNAL, Family, Key
from ..metadata import metadata
from ..pages import page
from ..policies import default_policy
from ..region import Region
from ..rules import Rules
from ..specs import SYMMETRIC_DEFAULT, KeySpec
from ..tags import with_tags
from .admission import check_connected, check_new_policy
from .choosing import new_key_id, take_material
from .permissions import in_account, tags_of_new_key
from .registry import operation

_WINDOW = range(7, 31)  # days
_DEFAULT_WINDOW = 30
_SELF, _OTHERS = "SELF", "OTHER_ACCOUNTS_VIA_RAM"
_BEHIND_ALL_OWN = 1 << 60  # no serial is as high


@operation(keys=(), needs=(in_account("CreateKey"), tags_of_new_key()))
def create_key(
    region: Region,
    *,
    policy: str | None = None,
    description: str = "",
    key_usage: str | None = None,
    customer_master_key_spec: str | None = None,
    key_spec: str | None = None,
    origin: str = "AWS_KMS",
    custom_key_store_id: str | None = None,
    bypass_policy_lockout_safety_check: bool = False,
    tags: Sequence[Mapping[str, str]] = (),
    multi_region: bool = False,
    xks_key_id: str | None = None,
) -> Response:
    """Make a KMS key; one whose origin is EXTERNAL waits for its key material in PendingImport."""
    if key_spec is not None and customer_master_key_spec is not None:
        raise ValidationException(messages.SPEC_TWICE)
    spec = _spec(region.rules, key_spec or customer_master_key_spec or SYMMETRIC_DEFAULT)
    usage = _usage(spec, key_usage)
    _check_origin(spec, origin, xks_key_id)
    store = _store(region, origin, custom_key_store_id)
    if store is not None:
        _check_in_store(region, store, spec, xks_key_id, multi_region=multi_region)
    key = Key(
        id=new_key_id(region, multi_region=multi_region),
        region=region.name,
        account=region.account,
        serial=region.next_serial(),
        spec=spec,
        usage=usage,
        origin=origin,
        created=region.now,
        policy=default_policy(region.account, region.name),
        rules=region.rules,
        description=description,
        store=store,
        xks_key_id=xks_key_id,
    )
    if multi_region:
        key.family = Family(key)
    if policy is not None:
        check_new_policy(region, key, policy, bypass_lockout_check=bypass_policy_lockout_safety_check)
        key.policy = policy
    key.tags = with_tags({}, tags, region.next_serial)
    region.check_room()
    take_material(region, key)
    region.keys.add(key)
    region.touch(key)
    return {"KeyMetadata": metadata(key)}


def _spec(rules: Rules, name: str) -> KeySpec:
    if name in rules.unsupported:
        raise UnsupportedOperationException(messages.SPEC_NOT_IN_REGION.format(spec=name))
    rules.check_offered(name)
    spec = rules.specs.get(name)
    if spec is None:
        raise NotOffered(f"KeySpec {name} is newer than the mock. It knows: {', '.join(rules.specs)}.")
    return spec


def _usage(spec: KeySpec, usage: str | None) -> str:
    if usage is None:
        if not spec.is_symmetric:
            raise ValidationException(messages.USAGE_REQUIRED)
        return "ENCRYPT_DECRYPT"
    if usage not in spec.algorithms:
        raise ValidationException(messages.USAGE_INCOMPATIBLE.format(usage=usage, spec=spec.name))
    return usage


def _check_origin(spec: KeySpec, origin: str, xks_key_id: str | None) -> None:
    if xks_key_id is not None and origin != EXTERNAL_STORE:
        raise ValidationException(key_store_messages.XKS_KEY_ID)
    if origin == EXTERNAL and not spec.is_importable:
        raise ValidationException(messages.SPEC_NOT_IMPORTABLE.format(spec=spec.name))


def _store(region: Region, origin: str, store_id: str | None) -> KeyStore | None:
    """The custom key store that a KMS key is to be in, as its origin tells."""
    if origin not in {CLOUDHSM, EXTERNAL_STORE}:
        if store_id is not None:
            raise ValidationException(key_store_messages.STORE_WITH_ORIGIN.format(origin=origin))
        return None
    if store_id is None:
        raise ValidationException(messages.missing("CustomKeyStoreId"))
    store = region.key_store(store_id)
    if store.kind != origin:
        raise ValidationException(key_store_messages.ORIGIN_OF_STORE.format(origin=origin, type=store.kind))
    return store


def _check_in_store(
    region: Region, store: KeyStore, spec: KeySpec, xks_key_id: str | None, *, multi_region: bool
) -> None:
    """Refuse a KMS key that cannot be in a custom key store, or whose external key cannot be its key material."""
    if not spec.is_symmetric or multi_region:
        raise UnsupportedOperationException(key_store_messages.SPEC_IN_STORE)
    if store.is_external and xks_key_id is None:
        raise ValidationException(messages.missing("XksKeyId"))
    check_connected(store, "CreateKey")
    if xks_key_id is not None:
        if any(key.xks_key_id == xks_key_id for key in region.keys.by_age(store.id)):
            raise XksKeyAlreadyInUseException(key_store_messages.EXTERNAL_KEY_IN_USE.format(id=xks_key_id))
        store.check_new_key(xks_key_id)


@operation(aliases=True, across_accounts=True, predefined=True, reads=True, grants={"DescribeKey"})
def describe_key(region: Region, key: Key, *, grant_tokens: Sequence[str] = ()) -> Response:
    """Tell everything about a KMS key but its key material, and make an AWS managed key that is asked for first.

    It models no error for a bad grant token.
    """
    if key.service is not None and region.of_key(key).keys.get(key.id) is None:
        region.add_managed_key(key)
    return {"KeyMetadata": metadata(key)}


@operation(keys=(), needs=(in_account("ListKeys"),))
def list_keys(
    region: Region, *, limit: int = 100, marker: str | None = None, resource_owners: Sequence[str] = (_SELF,)
) -> Response:
    """List the account's KMS keys in the Region, those that AWS RAM shares with it, or both, its own first."""
    own = region.keys.by_age() if _SELF in resource_owners else ()
    if _OTHERS not in resource_owners:
        return _page_of_keys(region, own, limit, marker, resource_owners)
    shared = region.shared_keys()
    keys = [*own, *shared]
    answer = _page_of_keys(region, keys, limit, marker, resource_owners)
    shown = answer["Keys"]
    of_own = sum(key["KeyArn"].split(":")[4] == region.account for key in shown)
    if 0 < of_own < len(shown):  # no page has both kinds
        answer = _page_of_keys(region, keys, of_own, marker, resource_owners)
    return answer


def _page_of_keys(
    region: Region, keys: Sequence[Key], limit: int, marker: str | None, owners: Sequence[str]
) -> Response:
    """One page of KMS keys, first the account's own."""
    arn = kms_arn(region.name, region.account, "key/")  # what all key ARNs of the account begin with
    return page(
        keys,
        listing=f"ListKeys:{region.account}:{region.name}:{','.join(sorted(owners))}",
        position=lambda key: key.serial if key.account == region.account else key.serial + _BEHIND_ALL_OWN,
        limit=limit,
        marker=marker,
        member="Keys",
        entries=lambda shown: [
            {"KeyId": key.id, "KeyArn": arn + key.id if key.account == region.account else key.arn} for key in shown
        ],
    )


@operation(changes=True)
def enable_key(region: Region, key: Key) -> Response:
    """Let a disabled KMS key be used again."""
    timers.enable(key, region.world, region.now, region.service_events)
    return {}


@operation(changes=True)
def disable_key(region: Region, key: Key) -> Response:
    """Keep a KMS key from being used until it is enabled again."""
    key.enabled = False
    return {}


@operation(changes=True, repeated="KMSInvalidStateException")
def schedule_key_deletion(region: Region, key: Key, *, pending_window_in_days: int = _DEFAULT_WINDOW) -> Response:
    """Delete a KMS key when the waiting period (days) has passed; a primary key's begins when its replicas are gone."""
    if pending_window_in_days not in _WINDOW:
        raise ValidationException(messages.PENDING_WINDOW)
    region.schedule_deletion(key, pending_window_in_days)
    date = {} if key.deletion_date is None else {"DeletionDate": key.deletion_date}
    return {"KeyId": key.arn, **date, "KeyState": key.state.value, "PendingWindowInDays": pending_window_in_days}


@operation(changes=True, repeated="KMSInvalidStateException")
def cancel_key_deletion(region: Region, key: Key) -> Response:
    """Call a deletion off; the KMS key is Disabled, or waits for the key material that it lacks."""
    key.cancel_deletion()
    return {"KeyId": key.arn}

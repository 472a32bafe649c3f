"""Custom key stores: the operations that make, connect, disconnect, change, describe and delete them.

https://docs.aws.amazon.com/kms/latest/developerguide/key-store-overview.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import key_store_messages as messages
from ..call import Response
from ..errors import (
    CloudHsmClusterInUseException,
    CloudHsmClusterNotRelatedException,
    CustomKeyStoreHasCMKsException,
    CustomKeyStoreInvalidStateException,
    CustomKeyStoreNameInUseException,
    CustomKeyStoreNotFoundException,
    LimitExceededException,
    ValidationException,
    XksProxyUriEndpointInUseException,
    XksProxyUriInUseException,
    XksProxyVpcEndpointServiceInUseException,
)
from ..key_stores import CLOUDHSM, EXTERNAL_STORE, VPC_ENDPOINT_SERVICE, ConnectionState, KeyStore, Proxy
from ..messages import missing
from ..pages import page
from ..region import Region
from .permissions import in_account
from .registry import operation

Credential = Mapping[str, str]

_CONNECTED, _DISCONNECTED = ConnectionState.CONNECTED, ConnectionState.DISCONNECTED
_MOST_SHOWN = 100
#: Members that can be changed while the custom key store is connected.
_ALWAYS = {"NewCustomKeyStoreName", "XksProxyUriPath", "XksProxyAuthenticationCredential"}
#: CustomKeyStoreType -> the members that it must have.
_REQUIRED = {
    CLOUDHSM: ("CloudHsmClusterId", "TrustAnchorCertificate", "KeyStorePassword"),
    EXTERNAL_STORE: (
        *("XksProxyConnectivity", "XksProxyAuthenticationCredential", "XksProxyUriEndpoint", "XksProxyUriPath"),
    ),
}
_CONFIDED = ("KeyStorePassword", "XksProxyAuthenticationCredential")
#: Members that only go with a VPC endpoint service.
_OF_VPC = ("XksProxyVpcEndpointServiceName", "XksProxyVpcEndpointServiceOwner")


@operation(
    keys=(),
    needs=(in_account("CreateCustomKeyStore"),),
    confided=_CONFIDED,
    repeated="CustomKeyStoreNameInUseException",
)
def create_custom_key_store(
    region: Region,
    *,
    custom_key_store_name: str,
    cloud_hsm_cluster_id: str | None = None,
    trust_anchor_certificate: str | None = None,
    key_store_password: str | None = None,
    custom_key_store_type: str = CLOUDHSM,
    xks_proxy_uri_endpoint: str | None = None,
    xks_proxy_uri_path: str | None = None,
    xks_proxy_vpc_endpoint_service_name: str | None = None,
    xks_proxy_vpc_endpoint_service_owner: str | None = None,
    xks_proxy_authentication_credential: Credential | None = None,
    xks_proxy_connectivity: str | None = None,
) -> Response:
    """Make a custom key store, which is DISCONNECTED; neither its password nor its proxy's secret is kept."""
    given = _given(
        CloudHsmClusterId=cloud_hsm_cluster_id,
        TrustAnchorCertificate=trust_anchor_certificate,
        KeyStorePassword=key_store_password,
        XksProxyUriEndpoint=xks_proxy_uri_endpoint,
        XksProxyUriPath=xks_proxy_uri_path,
        XksProxyVpcEndpointServiceName=xks_proxy_vpc_endpoint_service_name,
        XksProxyVpcEndpointServiceOwner=xks_proxy_vpc_endpoint_service_owner,
        XksProxyAuthenticationCredential=xks_proxy_authentication_credential,
        XksProxyConnectivity=xks_proxy_connectivity,
    )
    _check_kind(custom_key_store_type, given)
    _check_present(_REQUIRED[custom_key_store_type], given)
    store = KeyStore(
        id=f"cks-{region.world.random_bytes(9).hex()[:17]}",
        serial=region.next_serial(),
        name=custom_key_store_name,
        kind=custom_key_store_type,
        created=region.now,
        cluster_id=cloud_hsm_cluster_id,
        trust_anchor=trust_anchor_certificate,
        proxy=_proxy(region, given, None) if custom_key_store_type == EXTERNAL_STORE else None,
    )
    _check_unique(region, store)
    if _has_cluster(region, store):
        raise CloudHsmClusterInUseException(messages.CLUSTER_IN_USE.format(id=cloud_hsm_cluster_id))
    if len(region.key_stores.by_age()) >= region.quotas.custom_key_stores:
        raise LimitExceededException(messages.TOO_MANY_STORES)
    region.key_stores.add(store)
    return {"CustomKeyStoreId": store.id}


@operation(keys=(), needs=(in_account("DescribeCustomKeyStores"),))
def describe_custom_key_stores(
    region: Region,
    *,
    custom_key_store_id: str | None = None,
    custom_key_store_name: str | None = None,
    limit: int = _MOST_SHOWN,
    marker: str | None = None,
) -> Response:
    """Describe all custom key stores, or the one with an ID or a name."""
    return page(
        _asked_for(region, custom_key_store_id, custom_key_store_name),
        listing=f"DescribeCustomKeyStores:{region.account}:{region.name}",
        position=lambda store: store.serial,
        limit=limit,
        marker=marker,
        member="CustomKeyStores",
        entries=lambda shown: [_entry(region.key_store(store.id)) for store in shown],
    )


def _asked_for(region: Region, store_id: str | None, name: str | None) -> Sequence[KeyStore]:
    if store_id is not None and name is not None:
        raise ValidationException(messages.STORE_NAMED_TWICE)
    if store_id is not None:
        return [region.key_store(store_id)]
    if name is None:
        return region.key_stores.by_age()
    store = region.key_store_named(name)
    if store is None:
        raise CustomKeyStoreNotFoundException(messages.STORE_NOT_FOUND.format(store=name))
    return [store]


def _entry(store: KeyStore) -> dict[str, Any]:
    """What is told of a custom key store; never what it was told in confidence."""
    proxy = store.proxy
    told = _given(
        CustomKeyStoreId=store.id,
        CustomKeyStoreName=store.name,
        CustomKeyStoreType=store.kind,
        CloudHsmClusterId=store.cluster_id,
        TrustAnchorCertificate=store.trust_anchor,
        ConnectionState=store.state.value,
        ConnectionErrorCode=store.error if store.state is ConnectionState.FAILED else None,
        CreationDate=store.created,
    )
    if proxy is not None:
        told["XksProxyConfiguration"] = _given(
            Connectivity=proxy.connectivity,
            AccessKeyId=proxy.access_key_id,
            UriEndpoint=proxy.uri_endpoint,
            UriPath=proxy.uri_path,
            VpcEndpointServiceName=proxy.vpc_service,
            VpcEndpointServiceOwner=proxy.vpc_owner,
        )
    return told


@operation(keys=(), needs=(in_account("ConnectCustomKeyStore"),))
def connect_custom_key_store(region: Region, *, custom_key_store_id: str) -> Response:
    """Begin to connect a custom key store; DescribeCustomKeyStores tells how that goes."""
    store = region.key_store(custom_key_store_id)
    _check_state(store, "ConnectCustomKeyStore", but=(ConnectionState.DISCONNECTING, ConnectionState.FAILED))
    if store.state is _DISCONNECTED:
        store.connect(region.now, region.world.background)
    return {}


@operation(keys=(), needs=(in_account("DisconnectCustomKeyStore"),), repeated="CustomKeyStoreInvalidStateException")
def disconnect_custom_key_store(region: Region, *, custom_key_store_id: str) -> Response:
    """Disconnect a custom key store: its KMS keys are Unavailable then."""
    store = region.key_store(custom_key_store_id)
    _check_state(store, "DisconnectCustomKeyStore", but=(ConnectionState.DISCONNECTING, _DISCONNECTED))
    store.disconnect(region.now, region.world.background)
    return {}


@operation(keys=(), needs=(in_account("DeleteCustomKeyStore"),), repeated="CustomKeyStoreNotFoundException")
def delete_custom_key_store(region: Region, *, custom_key_store_id: str) -> Response:
    """Delete a custom key store that is disconnected and has no KMS keys, not even such that wait for deletion."""
    store = region.key_store(custom_key_store_id)
    _check_state(store, "DeleteCustomKeyStore", but=set(ConnectionState) - {_DISCONNECTED})
    if region.keys.by_age(store.id):
        raise CustomKeyStoreHasCMKsException(messages.STORE_HAS_KEYS.format(id=store.id))
    region.key_stores.remove(store.id)
    return {}


@operation(keys=(), needs=(in_account("UpdateCustomKeyStore"),), confided=_CONFIDED)
def update_custom_key_store(
    region: Region,
    *,
    custom_key_store_id: str,
    new_custom_key_store_name: str | None = None,
    key_store_password: str | None = None,
    cloud_hsm_cluster_id: str | None = None,
    xks_proxy_uri_endpoint: str | None = None,
    xks_proxy_uri_path: str | None = None,
    xks_proxy_vpc_endpoint_service_name: str | None = None,
    xks_proxy_vpc_endpoint_service_owner: str | None = None,
    xks_proxy_authentication_credential: Credential | None = None,
    xks_proxy_connectivity: str | None = None,
) -> Response:
    """Change what a custom key store is called, or tell AWS KMS how to reach its other side from now on."""
    store = region.key_store(custom_key_store_id)
    given = _given(
        CloudHsmClusterId=cloud_hsm_cluster_id,
        KeyStorePassword=key_store_password,
        XksProxyUriEndpoint=xks_proxy_uri_endpoint,
        XksProxyUriPath=xks_proxy_uri_path,
        XksProxyVpcEndpointServiceName=xks_proxy_vpc_endpoint_service_name,
        XksProxyVpcEndpointServiceOwner=xks_proxy_vpc_endpoint_service_owner,
        XksProxyAuthenticationCredential=xks_proxy_authentication_credential,
        XksProxyConnectivity=xks_proxy_connectivity,
    )
    _check_kind(store.kind, given)
    allowed = {_DISCONNECTED, _CONNECTED} if given.keys() <= _ALWAYS else {_DISCONNECTED}
    _check_state(store, "UpdateCustomKeyStore", but=set(ConnectionState) - allowed)
    changed = replace(
        store,
        name=new_custom_key_store_name or store.name,
        cluster_id=cloud_hsm_cluster_id or store.cluster_id,
        proxy=None if store.proxy is None else _proxy(region, given, store.proxy),
    )
    _check_unique(region, changed)
    if _has_cluster(region, changed):  # clusters that are related to each other are never in two custom key stores
        raise CloudHsmClusterNotRelatedException(messages.CLUSTER_NOT_RELATED.format(id=cloud_hsm_cluster_id))
    store.name, store.cluster_id, store.proxy = changed.name, changed.cluster_id, changed.proxy
    return {}


def _given(**members: Any) -> dict[str, Any]:  # noqa: ANN401  members of requests and answers
    return {name: value for name, value in members.items() if value is not None}


def _check_kind(kind: str, given: Mapping[str, object]) -> None:
    """Refuse members of the other type of custom key store."""
    for member in given:
        if (kind == EXTERNAL_STORE) != member.startswith("Xks"):
            raise ValidationException(messages.STORE_OF_ONE_KIND.format(member=member, type=kind))


def _check_present(members: Iterable[str], given: Mapping[str, object]) -> None:
    for member in members:
        if member not in given:
            raise ValidationException(missing(member))


def _proxy(region: Region, given: Mapping[str, Any], before: Proxy | None) -> Proxy:
    """The proxy of a request, which keeps what the request does not tell; another connectivity needs all of its own."""
    connectivity = given.get("XksProxyConnectivity") or (before.connectivity if before else "")
    through_vpc = connectivity == VPC_ENDPOINT_SERVICE
    if before is None or connectivity != before.connectivity:
        _check_present(("XksProxyUriEndpoint", *(_OF_VPC[:1] if through_vpc else ())), given)
    for member in () if through_vpc else _OF_VPC:
        if member in given:
            raise ValidationException(messages.STORE_VPC_SERVICE.format(member=member))
    credential = given.get("XksProxyAuthenticationCredential")
    known = before or Proxy("", "", "", "")
    return Proxy(
        connectivity,
        credential["AccessKeyId"] if credential else known.access_key_id,
        given.get("XksProxyUriEndpoint", known.uri_endpoint),
        given.get("XksProxyUriPath", known.uri_path),
        given.get("XksProxyVpcEndpointServiceName", known.vpc_service) if through_vpc else None,
        given.get("XksProxyVpcEndpointServiceOwner", known.vpc_owner or region.account) if through_vpc else None,
    )


def _check_state(store: KeyStore, operation_name: str, *, but: Iterable[ConnectionState]) -> None:
    if store.state in but:
        text = messages.STORE_STATE.format(id=store.id, state=store.state.value, operation=operation_name)
        raise CustomKeyStoreInvalidStateException(text)


def _check_unique(region: Region, store: KeyStore) -> None:
    """Refuse what another custom key store of the account has in the Region: its name, or its way to the proxy."""
    for other in region.key_stores.by_age():
        if other.id == store.id:
            continue
        if other.name == store.name:
            raise CustomKeyStoreNameInUseException(messages.STORE_NAME_IN_USE.format(name=store.name))
        if store.proxy is not None and other.proxy is not None:
            _check_other_proxy(store.proxy, other.proxy)


def _has_cluster(region: Region, store: KeyStore) -> bool:
    """Whether another custom key store has the CloudHSM cluster."""
    return store.cluster_id is not None and any(
        other.cluster_id == store.cluster_id for other in region.key_stores.by_age() if other.id != store.id
    )


def _check_other_proxy(proxy: Proxy, other: Proxy) -> None:
    """Refuse an address that another external key store has; a private DNS name is for one of them alone."""
    if proxy.vpc_service is not None and proxy.vpc_service == other.vpc_service:
        raise XksProxyVpcEndpointServiceInUseException(messages.PROXY_VPC_IN_USE.format(service=proxy.vpc_service))
    if proxy.uri_endpoint != other.uri_endpoint:
        return
    if VPC_ENDPOINT_SERVICE in {proxy.connectivity, other.connectivity}:
        raise XksProxyUriEndpointInUseException(messages.PROXY_URI_IN_USE.format(uri=proxy.uri_endpoint))
    if proxy.uri_path == other.uri_path:
        uri = proxy.uri_endpoint + proxy.uri_path
        raise XksProxyUriInUseException(messages.PROXY_URI_IN_USE.format(uri=uri))

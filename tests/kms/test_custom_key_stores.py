"""Custom key stores: their six operations, and how they are connected."""

from __future__ import annotations

import re

import pytest

from pytest_kmsimport import mock_kms_import

from ..support.installed import has_member
from ..support.refusal import refused

HOME = "123456789012"
CLUSTER = "cluster-2345abcdefg"
PASSWORD, SECRET = "kmsPswd", "cHJveHkgc2VjcmV0cyBhcmUgbm90IGZvciBqb3VybmFscw=="
HSM = {
    "CustomKeyStoreName": "hsm",
    "CloudHsmClusterId": CLUSTER,
    "TrustAnchorCertificate": "the certificate",
    "KeyStorePassword": PASSWORD,
}
ACCESS_KEY = "ABCDE2345FGHIJ67KLMN"
ENDPOINT = "https://proxy.example.com"
XKS = {
    "CustomKeyStoreName": "xks",
    "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
    "XksProxyConnectivity": "PUBLIC_ENDPOINT",
    "XksProxyUriEndpoint": ENDPOINT,
    "XksProxyUriPath": "/team/kms/xks/v1",
    "XksProxyAuthenticationCredential": {"AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": SECRET},
}
SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
OVER_VPC = {
    **XKS,
    "CustomKeyStoreName": "vpc",
    "XksProxyConnectivity": "VPC_ENDPOINT_SERVICE",
    "XksProxyUriEndpoint": "https://private.example.com",
    "XksProxyVpcEndpointServiceName": SERVICE,
}
in_vpc = pytest.mark.skipif(
    not has_member("CreateCustomKeyStore", "XksProxyVpcEndpointServiceOwner"),
    reason="an external key store in a VPC tells whose VPC endpoint service it has, which is newer than this botocore",
)
NULL = "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
INVALID = "The custom key store {id} is {state}, which is not valid for {operation}."


@pytest.fixture
def make(kms):
    """Make a custom key store, and give its ID."""
    return lambda members=HSM, **changes: kms.create_custom_key_store(**{**members, **changes})["CustomKeyStoreId"]


def described(kms, store_id: str) -> dict[str, object]:
    """What is told of a custom key store."""
    (entry,) = kms.describe_custom_key_stores(CustomKeyStoreId=store_id)["CustomKeyStores"]
    return entry


# CreateCustomKeyStore and DescribeCustomKeyStores


def test_a_new_cloudhsm_key_store(kms, make):
    """It is not connected yet; its password is told by nothing."""
    store_id = make()
    assert re.fullmatch(r"cks-[0-9a-f]{17}", store_id)
    entry = described(kms, store_id)
    assert entry.pop("CreationDate")
    assert entry == {
        "CustomKeyStoreId": store_id,
        "CustomKeyStoreName": "hsm",
        "CustomKeyStoreType": "AWS_CLOUDHSM",
        "CloudHsmClusterId": CLUSTER,
        "TrustAnchorCertificate": "the certificate",
        "ConnectionState": "DISCONNECTED",
    }


def test_a_new_external_key_store(kms, make):
    """With all that there is to know of its proxy but the secret."""
    entry = described(kms, make(XKS))
    assert entry["CustomKeyStoreType"] == "EXTERNAL_KEY_STORE"
    assert entry["XksProxyConfiguration"] == {
        "Connectivity": "PUBLIC_ENDPOINT",
        "AccessKeyId": ACCESS_KEY,
        "UriEndpoint": ENDPOINT,
        "UriPath": "/team/kms/xks/v1",
    }
    assert not {"CloudHsmClusterId", "TrustAnchorCertificate"} & set(entry)


@in_vpc
@pytest.mark.parametrize(("given", "owner"), [({}, HOME), ({"XksProxyVpcEndpointServiceOwner": "1" * 12}, "1" * 12)])
def test_an_external_key_store_in_a_vpc(kms, make, given, owner):
    """The VPC endpoint service is the caller's account's unless said."""
    configuration = described(kms, make(OVER_VPC, **given))["XksProxyConfiguration"]
    assert configuration["VpcEndpointServiceName"] == SERVICE
    assert configuration["VpcEndpointServiceOwner"] == owner


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        *((HSM, member) for member in ("CloudHsmClusterId", "TrustAnchorCertificate", "KeyStorePassword")),
        *((XKS, member) for member in XKS if member.startswith("Xks")),
        (OVER_VPC, "XksProxyVpcEndpointServiceName"),
    ],
)
def test_what_each_type_must_have(kms, members, missing):
    """A member that the model leaves optional is required of one type."""
    with refused("ValidationException", NULL.format(member=missing[0].lower() + missing[1:])):
        kms.create_custom_key_store(**{name: value for name, value in members.items() if name != missing})
    assert kms.describe_custom_key_stores()["CustomKeyStores"] == []


@pytest.mark.parametrize(
    ("members", "other", "said"),
    [
        (HSM, {"XksProxyUriPath": "/kms/xks/v1"}, "with a CustomKeyStoreType of AWS_CLOUDHSM"),
        (XKS, {"KeyStorePassword": PASSWORD}, "with a CustomKeyStoreType of EXTERNAL_KEY_STORE"),
        (XKS, {"XksProxyVpcEndpointServiceName": SERVICE}, "with an XksProxyConnectivity of VPC_ENDPOINT_SERVICE"),
    ],
)
def test_what_each_type_must_not_have(kms, members, other, said):
    """What is for the other type, or for the other way to the proxy."""
    with pytest.raises(kms.exceptions.ClientError, match=f"ValidationException.*{said}"):
        kms.create_custom_key_store(**members, **other)


TAKEN = "{} is already associated with another external key store."


@pytest.mark.parametrize(
    ("first", "second", "code", "text"),
    [
        (HSM, {**XKS, "CustomKeyStoreName": "hsm"}, "CustomKeyStoreNameInUse",
         "A custom key store with the name hsm already exists."),
        (HSM, {**HSM, "CustomKeyStoreName": "b"}, "CloudHsmClusterInUse",
         f"The CloudHSM cluster {CLUSTER} is already associated with a custom key store."),
        (XKS, {**XKS, "CustomKeyStoreName": "b"}, "XksProxyUriInUse", TAKEN.format(f"{ENDPOINT}/team/kms/xks/v1")),
        (XKS, {**OVER_VPC, "XksProxyUriEndpoint": ENDPOINT}, "XksProxyUriEndpointInUse", TAKEN.format(ENDPOINT)),
        pytest.param(OVER_VPC, {**OVER_VPC, "CustomKeyStoreName": "b", "XksProxyUriPath": "/kms/xks/v1",
                                "XksProxyVpcEndpointServiceName": SERVICE + "0"}, "XksProxyUriEndpointInUse",
                     TAKEN.format("https://private.example.com"), marks=in_vpc),
        pytest.param(OVER_VPC, {**OVER_VPC, "CustomKeyStoreName": "b",
                                "XksProxyUriEndpoint": "https://other.example.com"},
                     "XksProxyVpcEndpointServiceInUse", TAKEN.format(SERVICE), marks=in_vpc),
    ],
    ids=["name", "cluster", "path", "endpoint of another kind", "private name", "VPC endpoint service"],
)  # fmt: skip
def test_what_two_cannot_share(kms, kms_import_mock, make, first, second, code, text):
    """In one account and Region; another Region has its own."""
    store_id = make(first)
    with refused(f"{code}Exception", text):
        kms.create_custom_key_store(**second)
    assert [entry["CustomKeyStoreId"] for entry in kms.describe_custom_key_stores()["CustomKeyStores"]] == [store_id]
    kms_import_mock.client("eu-west-1").create_custom_key_store(**second)


def test_one_proxy_can_serve_two(kms, make):
    """By two paths at one public endpoint."""
    make(XKS)
    make(XKS, CustomKeyStoreName="other", XksProxyUriPath="/other/kms/xks/v1")
    assert len(kms.describe_custom_key_stores()["CustomKeyStores"]) == 2


def test_ten_are_enough():
    """In an account and Region."""
    with mock_kms_import(quotas={"custom_key_stores": 1}) as mock:
        kms = mock.client()
        kms.create_custom_key_store(**HSM)
        text = "The custom key stores limit has been reached for this account and Region."
        with refused("LimitExceededException", text):
            kms.create_custom_key_store(**XKS)


def test_they_are_described_in_pages(kms, make):
    """The oldest first, or one by its name or its ID."""
    ids = [make(XKS, CustomKeyStoreName=name, XksProxyUriPath=f"/{name}/kms/xks/v1") for name in "abc"]
    first = kms.describe_custom_key_stores(Limit=2)
    rest = kms.describe_custom_key_stores(Limit=2, Marker=first["NextMarker"])
    assert (first["Truncated"], rest["Truncated"]) == (True, False)
    found = [entry["CustomKeyStoreId"] for page in (first, rest) for entry in page["CustomKeyStores"]]
    assert found == ids
    (entry,) = kms.describe_custom_key_stores(CustomKeyStoreName="b")["CustomKeyStores"]
    assert entry == described(kms, ids[1])
    with refused("ValidationException", "You can specify either CustomKeyStoreId or CustomKeyStoreName, but not both."):
        kms.describe_custom_key_stores(CustomKeyStoreId=ids[0], CustomKeyStoreName="a")
    with refused("InvalidMarkerException"):
        kms.describe_custom_key_stores(Marker="x")


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("ConnectCustomKeyStore", {}),
        ("DeleteCustomKeyStore", {}),
        ("DescribeCustomKeyStores", {}),
        ("DisconnectCustomKeyStore", {}),
        ("GenerateRandom", {"NumberOfBytes": 8}),
        ("UpdateCustomKeyStore", {"NewCustomKeyStoreName": "b"}),
        ("CreateKey", {"Origin": "AWS_CLOUDHSM"}),
    ],
)
def test_one_that_is_not_there(kms, kms_import_mock, make, operation, members):
    """The diagnosis finds it in another Region, or by its name."""
    away = kms_import_mock.client("eu-west-1").create_custom_key_store(**HSM)["CustomKeyStoreId"]
    make()
    for wrong, told in ((away, "eu-west-1"), ("hsm", "CustomKeyStoreId is cks-"), ("cks-0", "No account has it")):
        with refused("CustomKeyStoreNotFoundException", f"Custom key store {wrong} does not exist."):
            kms._make_api_call(operation, {"CustomKeyStoreId": wrong, **members})
        assert told in kms_import_mock.calls[-1].diagnosis


def test_a_name_that_is_not_there(kms):
    """As an ID that is not."""
    with refused("CustomKeyStoreNotFoundException", "Custom key store x does not exist."):
        kms.describe_custom_key_stores(CustomKeyStoreName="x")


# Connecting


def test_connecting_is_done_at_once(kms, make):
    """Unless AWS is to take its time, and disconnecting too; connecting again changes nothing."""
    store_id = make()
    for _ in range(2):
        assert kms.connect_custom_key_store(CustomKeyStoreId=store_id)["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert described(kms, store_id)["ConnectionState"] == "CONNECTED"
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    assert described(kms, store_id)["ConnectionState"] == "DISCONNECTED"


@pytest.mark.kms_import(background_seconds=60)
def test_connecting_takes_time(kms, kms_import_mock, make):
    """Until the clock has moved that far, in both directions."""
    store_id = make()
    for call, passing, done in (
        (kms.connect_custom_key_store, "CONNECTING", "CONNECTED"),
        (kms.disconnect_custom_key_store, "DISCONNECTING", "DISCONNECTED"),
    ):
        call(CustomKeyStoreId=store_id)
        kms_import_mock.clock.advance(seconds=59)
        assert described(kms, store_id)["ConnectionState"] == passing
        if passing == "CONNECTING":
            call(CustomKeyStoreId=store_id)  # which begins nothing anew
        kms_import_mock.clock.advance(seconds=1)
        assert described(kms, store_id)["ConnectionState"] == done


def test_one_of_them_takes_its_own_time(kms, kms_import_mock, make):
    """As long as the test says."""
    slow, quick = make(), make(XKS)
    kms_import_mock.custom_key_store("hsm").connecting_takes(minutes=20)
    for store_id in (slow, quick):
        kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    assert described(kms, quick)["ConnectionState"] == "CONNECTED"
    kms_import_mock.clock.advance(minutes=19)
    assert described(kms, slow)["ConnectionState"] == "CONNECTING"
    kms.disconnect_custom_key_store(CustomKeyStoreId=slow)  # which ends the attempt
    assert described(kms, slow)["ConnectionState"] == "DISCONNECTED"


def test_connecting_fails(kms, kms_import_mock, make):
    """With the code that the test says; then it has to be disconnected before another attempt."""
    store_id = make(XKS)
    store = kms_import_mock.custom_key_store(store_id)
    store.fail("XKS_PROXY_TIMED_OUT")
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    entry = described(kms, store_id)
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == ("FAILED", "XKS_PROXY_TIMED_OUT")
    text = INVALID.format(id=store_id, state="FAILED", operation="ConnectCustomKeyStore")
    with refused("CustomKeyStoreInvalidStateException", text):
        kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    assert "mock.custom_key_store('xks').recover() ends that" in kms_import_mock.calls[-1].diagnosis
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    entry = described(kms, store_id)
    assert (entry["ConnectionState"], entry.get("ConnectionErrorCode")) == ("DISCONNECTED", None)
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    store.recover()
    assert store.connection_state == "FAILED"
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    assert described(kms, store_id)["ConnectionState"] == "CONNECTED"


def in_state(kms, mock, make, state: str) -> str:
    """A CloudHSM key store in a connection state; those that pass do so in a minute."""
    store_id = make()
    store = mock.custom_key_store(store_id)
    if state == "FAILED":
        store.fail("INTERNAL_ERROR")
    if state == "CONNECTING":
        store.connecting_takes(minutes=1)
    if state != "DISCONNECTED":
        kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    if state == "DISCONNECTING":
        mock.clock.advance(minutes=1)
        kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    assert store.connection_state == state
    return store_id


STATES = ("CONNECTED", "CONNECTING", "FAILED", "DISCONNECTED", "DISCONNECTING")
#: Operation -> what else it is asked for, and the connection states in which AWS's model of
#: CustomKeyStoreInvalidStateException has it succeed.
VALID = [
    ("ConnectCustomKeyStore", {}, {"CONNECTED", "CONNECTING", "DISCONNECTED"}),
    ("DisconnectCustomKeyStore", {}, {"CONNECTED", "CONNECTING", "FAILED"}),
    ("DeleteCustomKeyStore", {}, {"DISCONNECTED"}),
    ("UpdateCustomKeyStore", {"NewCustomKeyStoreName": "b"}, {"CONNECTED", "DISCONNECTED"}),
    ("UpdateCustomKeyStore", {"KeyStorePassword": "another"}, {"DISCONNECTED"}),
    ("UpdateCustomKeyStore", {"NewCustomKeyStoreName": "b", "CloudHsmClusterId": CLUSTER + "2"}, {"DISCONNECTED"}),
    ("CreateKey", {"Origin": "AWS_CLOUDHSM"}, {"CONNECTED"}),
    ("GenerateRandom", {"NumberOfBytes": 8}, {"CONNECTED"}),
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("operation", "members", "valid"), VALID)
def test_operations_by_connection_state(kms, kms_import_mock, make, operation, members, valid, state):
    """They succeed in some, and are refused in all others, with nothing changed."""
    if state == "DISCONNECTING":
        with mock_kms_import(background_seconds=60) as mock:
            slow = mock.client()
            by = lambda: slow.create_custom_key_store(**HSM)["CustomKeyStoreId"]  # noqa: E731
            _hold(slow, in_state(slow, mock, by, state), operation, members, valid=False, state=state)
        return
    store_id = in_state(kms, kms_import_mock, make, state)
    _hold(kms, store_id, operation, members, valid=state in valid, state=state)


def _hold(kms, store_id, operation, members, *, valid, state):
    before = described(kms, store_id)
    request = {"CustomKeyStoreId": store_id, **members}
    if valid:
        kms._make_api_call(operation, request)
        return
    text = INVALID.format(id=store_id, state=state, operation=operation)
    with refused("CustomKeyStoreInvalidStateException", text):
        kms._make_api_call(operation, request)
    assert described(kms, store_id) == before


# UpdateCustomKeyStore and DeleteCustomKeyStore


@pytest.mark.parametrize("connected", [False, True])
def test_what_can_be_changed_at_any_time(kms, make, connected):
    """The name, and of a proxy its path and the credential."""
    store_id = make(XKS)
    if connected:
        kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    credential = {"AccessKeyId": "Z" * 20, "RawSecretAccessKey": SECRET}
    changes = {"XksProxyUriPath": "/kms/xks/v1", "XksProxyAuthenticationCredential": credential}
    kms.update_custom_key_store(CustomKeyStoreId=store_id, NewCustomKeyStoreName="b", **changes)
    entry = described(kms, store_id)
    assert entry["CustomKeyStoreName"] == "b"
    assert entry["XksProxyConfiguration"] == {
        "Connectivity": "PUBLIC_ENDPOINT",
        "AccessKeyId": "Z" * 20,
        "UriEndpoint": ENDPOINT,
        "UriPath": "/kms/xks/v1",
    }


def test_another_cluster(kms, make):
    """The keys are those of the custom key store, and tell of the new cluster."""
    store_id = make()
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    key_id = kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store_id)["KeyMetadata"]["KeyId"]
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    kms.update_custom_key_store(CustomKeyStoreId=store_id, CloudHsmClusterId=CLUSTER + "2")
    assert described(kms, store_id)["CloudHsmClusterId"] == CLUSTER + "2"
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["CloudHsmClusterId"] == CLUSTER + "2"


@in_vpc
def test_another_way_to_the_proxy(kms, make):
    """It needs an endpoint of its own, and through a VPC the endpoint service; back again that is gone."""
    store_id = make(XKS)
    update = {"CustomKeyStoreId": store_id, "XksProxyConnectivity": "VPC_ENDPOINT_SERVICE"}
    for member in ("XksProxyUriEndpoint", "XksProxyVpcEndpointServiceName"):
        given = {name: OVER_VPC[name] for name in OVER_VPC if name.startswith("XksProxyU") or "Vpc" in name}
        given.pop(member)
        with refused("ValidationException", NULL.format(member=member[0].lower() + member[1:])):
            kms.update_custom_key_store(**update, **given)
    private = {name: OVER_VPC[name] for name in ("XksProxyUriEndpoint", "XksProxyVpcEndpointServiceName")}
    kms.update_custom_key_store(**update, **private)
    assert described(kms, store_id)["XksProxyConfiguration"]["VpcEndpointServiceName"] == SERVICE
    public = {"XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyUriEndpoint": ENDPOINT}
    kms.update_custom_key_store(CustomKeyStoreId=store_id, **public)
    assert "VpcEndpointServiceName" not in described(kms, store_id)["XksProxyConfiguration"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"NewCustomKeyStoreName": "xks"}, "CustomKeyStoreNameInUseException"),
        ({"XksProxyUriPath": "/kms/xks/v1"}, "ValidationException"),
        ({"CloudHsmClusterId": CLUSTER + "2"}, "CloudHsmClusterNotRelatedException"),
    ],
)
def test_changes_that_are_refused(kms, make, change, code):
    """What another one has, and what is for the other type; nothing is changed by them."""
    store_id = make()
    make(XKS)
    make(HSM, CustomKeyStoreName="second", CloudHsmClusterId=CLUSTER + "2")
    before = described(kms, store_id)
    with pytest.raises(kms.exceptions.ClientError, match=code):
        kms.update_custom_key_store(CustomKeyStoreId=store_id, **change)
    assert described(kms, store_id) == before


def test_it_can_be_given_what_it_has(kms, make):
    """Its own name and path are in nobody else's use."""
    store_id = make(XKS)
    same = {"NewCustomKeyStoreName": "xks", "XksProxyUriPath": XKS["XksProxyUriPath"]}
    before = described(kms, store_id)
    kms.update_custom_key_store(CustomKeyStoreId=store_id, **same)
    assert described(kms, store_id) == before


def test_one_with_keys_is_not_deleted(kms, kms_import_mock, make):
    """Not even while the last one waits for its deletion."""
    store_id = make()
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    key_id = kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store_id)["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    with refused("CustomKeyStoreHasCMKsException", f"The custom key store {store_id} contains KMS keys."):
        kms.delete_custom_key_store(CustomKeyStoreId=store_id)
    kms_import_mock.clock.advance(days=8)
    kms.delete_custom_key_store(CustomKeyStoreId=store_id)
    assert kms.describe_custom_key_stores()["CustomKeyStores"] == []
    kms.create_custom_key_store(**HSM)  # name and cluster are free again


# Who may, and who is told


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("CreateCustomKeyStore", HSM),
        ("DescribeCustomKeyStores", {}),
        *((f"{verb}CustomKeyStore", {"CustomKeyStoreId": "cks-1"}) for verb in ("Connect", "Disconnect", "Delete")),
        ("UpdateCustomKeyStore", {"CustomKeyStoreId": "cks-1"}),
    ],
)
def test_they_need_a_permission_of_iam(kms_import_mock, operation, members):
    """By the operation's name, on nothing in particular; without it nothing is told of the custom key store."""
    user = f"arn:aws:iam::{HOME}:user/Alice"
    text = (
        f"User: {user} is not authorized to perform: kms:{operation} on resource: * because no identity-based policy"
        f" allows the kms:{operation} action"
    )
    with refused("AccessDeniedException", text):
        kms_import_mock.principal(user).client()._make_api_call(operation, members)
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": f"kms:{operation}", "Resource": "*",
         "Condition": {"StringEquals": {"kms:CallerAccount": HOME}}},
    ]}  # fmt: skip
    assert kms_import_mock.can(kms_import_mock.principal(user, policies=policy), operation, **members)


@pytest.mark.parametrize("members", [HSM, XKS])
def test_nobody_is_told_a_secret(kms, kms_import_mock, make, members, tmp_path):
    """Neither journal nor trail, nor representations and files; a test can ask whether it was sent."""
    store_id = make(members)
    secret = "KeyStorePassword" if members is HSM else "XksProxyAuthenticationCredential"
    kms.update_custom_key_store(CustomKeyStoreId=store_id, **{secret: members[secret]})
    kms_import_mock.save(tmp_path / "state")
    shown = [
        repr([call.request for call in kms_import_mock.calls]),
        repr([call.response for call in kms_import_mock.calls]),
        repr(list(kms_import_mock.trail)),
        repr(kms_import_mock.custom_key_store(store_id)),
        (tmp_path / "state").read_text(),
        repr(kms.describe_custom_key_stores()),
    ]
    assert not [text for text in shown if PASSWORD in text or SECRET in text]
    for call in kms_import_mock.calls[:2]:
        if members is HSM:
            assert call.request["KeyStorePassword"] == PASSWORD
            assert repr(call.request["KeyStorePassword"]) == "<7 characters>"
        else:
            assert call.request["XksProxyAuthenticationCredential"]["RawSecretAccessKey"] == SECRET


def test_the_trail_has_them(kms, kms_import_mock, make):
    """As in AWS's samples: the cluster by a name of its own, and no certificate; connecting is no reading."""
    store_id = make()
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)
    kms.describe_custom_key_stores()
    made, connected, looked = kms_import_mock.trail
    assert made["requestParameters"] == {"customKeyStoreName": "hsm", "clusterId": CLUSTER}
    assert made["responseElements"] == {"customKeyStoreId": store_id}
    assert connected["requestParameters"] == {"customKeyStoreId": store_id}
    assert connected["responseElements"] is None
    assert [record["readOnly"] for record in (made, connected, looked)] == [False, False, True]


def test_a_proxy_in_the_trail(kms_import_mock, make):
    """Without its credential."""
    make(XKS)
    (record,) = kms_import_mock.trail
    assert record["requestParameters"] == {
        "customKeyStoreName": "xks",
        "customKeyStoreType": "EXTERNAL_KEY_STORE",
        "xksProxyConnectivity": "PUBLIC_ENDPOINT",
        "xksProxyUriEndpoint": ENDPOINT,
        "xksProxyUriPath": "/team/kms/xks/v1",
    }

"""Lists in pages: botocore's paginators walk them, and markers are good for their own list alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from ..support.refusal import refused

PRINCIPAL = "arn:aws:iam::123456789012:role/x"
GRANT = {"GranteePrincipal": PRINCIPAL, "RetiringPrincipal": PRINCIPAL, "Operations": ["DescribeKey"]}
COUNT = 5


class Listing(NamedTuple):
    """A list operation, the member that lists, what fills it by one, and where the list is of one KMS key."""

    operation: str
    member: str
    fill: Callable[[Any, str, int], object]
    of_a_key: bool = True
    others: dict[str, object] = {}  # noqa: RUF012  never changed


def rotate(kms: Any, key_id: str, _: int) -> None:
    """Rotate the key."""
    kms.rotate_key_on_demand(KeyId=key_id)


def grant(kms: Any, key_id: str, _: int) -> None:
    """Make a grant."""
    kms.create_grant(KeyId=key_id, **GRANT)


def alias(kms: Any, key_id: str, number: int) -> None:
    """Make an alias."""
    kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=key_id)


def tag(kms: Any, key_id: str, number: int) -> None:
    """Tag the key."""
    kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": str(number), "TagValue": ""}])


LISTINGS = [
    Listing("ListAliases", "Aliases", alias, of_a_key=False),
    Listing("ListAliases", "Aliases", alias),
    Listing("ListGrants", "Grants", grant),
    Listing("ListKeyRotations", "Rotations", rotate),
    Listing("ListKeys", "Keys", lambda kms, *_: kms.create_key(), of_a_key=False),
    Listing("ListResourceTags", "Tags", tag),
    Listing("ListRetirableGrants", "Grants", grant, of_a_key=False, others={"RetiringPrincipal": PRINCIPAL}),
]


@dataclass
class Asking:
    """Asks for a list, with what the request has beside the list's own members."""

    kms: Any
    operation: str
    request: dict[str, object]

    def __call__(self, **members: object) -> dict[str, Any]:
        """Ask for one page."""
        answer: dict[str, Any] = self.kms._make_api_call(self.operation, {**self.request, **members})
        return answer


@pytest.fixture(params=LISTINGS, ids=lambda listing: f"{listing.operation}-{listing.of_a_key}")
def listing(request):
    """Every list with more than one possible entry."""
    return request.param


@pytest.fixture
def ask(kms, listing):
    """Fill the list, and ask for it."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    first = 1 if listing.operation == "ListKeys" else 0
    for number in range(first, COUNT):
        listing.fill(kms, key_id, number)
    return Asking(kms, listing.operation, {**listing.others, **({"KeyId": key_id} if listing.of_a_key else {})})


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * COUNT), (2, [2, 2, 1]), (COUNT, [COUNT]), (100, [COUNT])])
def test_a_list_is_walked_page_by_page(ask, listing, limit, sizes):
    """Nothing is left out or told twice, in the order of the whole list; a full last page has no successor."""
    whole = ask()
    pages = [ask(Limit=limit)]
    while pages[-1]["Truncated"]:
        pages.append(ask(Limit=limit, Marker=pages[-1]["NextMarker"]))
    assert [len(page[listing.member]) for page in pages] == sizes
    assert [entry for page in pages for entry in page[listing.member]] == whole[listing.member]
    assert ["NextMarker" in page for page in pages] == [True] * (len(sizes) - 1) + [False]


def test_botocores_paginators_walk_them(kms, listing, ask):
    """By the model's own rules."""
    names = {operation: snake for snake, operation in kms.meta.method_to_api_mapping.items()}
    paginator = kms.get_paginator(names[listing.operation])
    pages = list(paginator.paginate(**ask.request, PaginationConfig={"PageSize": 2}))
    assert [len(page[listing.member]) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize("damage", [lambda m: m[:-4], lambda m: m.swapcase(), lambda _: "x", lambda _: "MTp4"])
def test_a_damaged_marker(ask, damage):
    """It is no marker."""
    marker = ask(Limit=1)["NextMarker"]
    with refused("InvalidMarkerException"):
        ask(Limit=1, Marker=damage(marker))


def test_a_marker_of_another_list(kms, ask, listing):
    """Of another operation, or of the same about another key."""
    marker = ask(Limit=1)["NextMarker"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    with refused("InvalidMarkerException"):
        kms.list_resource_tags(KeyId=other, Marker=marker)
    if listing.of_a_key:
        with refused("InvalidMarkerException"):
            ask(KeyId=other, Marker=marker)


def test_the_list_of_key_policies_has_one_page(kms):
    """And therefore no marker of its own."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    answer = kms.list_key_policies(KeyId=key_id, Limit=1)
    assert (answer["PolicyNames"], answer["Truncated"], "NextMarker" in answer) == (["default"], False, False)


@pytest.mark.parametrize(("operation", "most"), [("ListAliases", 100), ("ListResourceTags", 50), ("ListGrants", 100)])
def test_pages_have_their_largest_size(kms, kms_import_mock, operation, most):
    """A larger limit is taken, and answered with a page of that size at most."""
    key = kms_import_mock.import_key()
    fill = {"ListAliases": alias, "ListResourceTags": tag, "ListGrants": grant}[operation]
    others = [kms_import_mock.import_key() for _ in range(3)] if operation == "ListAliases" else []
    for number in range(most if operation == "ListResourceTags" else most + 1):
        fill(kms, (others[number % 3] if others else key).id, number)
    members = {} if others else {"KeyId": key.id}
    answer = kms._make_api_call(operation, {**members, "Limit": 1000})
    sizes = {len(value) for value in answer.values() if isinstance(value, list)}
    assert sizes == {most}

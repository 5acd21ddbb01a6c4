"""Each permission of a key is checked without changing anything, and missing ones are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mailchimpsync.civicrm import CivicrmClient, RightState, check_rights, prove_rights
from mailchimpsync.errors import PURPOSES, REGISTRY, SMALLEST, AccessError, Code, Right
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served

if TYPE_CHECKING:
    from clients.conftest import CivicrmSays, FakeClock

Civicrm = tuple[CivicrmSandbox, CivicrmClient]
ClientOf = Callable[[Sequence[Right]], CivicrmClient]
GRANTED, LACKING, UNKNOWN = RightState.GRANTED, RightState.LACKING, RightState.UNKNOWN


@pytest.fixture
def client_of(civicrm: Civicrm, clock: FakeClock) -> Iterator[ClientOf]:
    """Create a client of a user with these permissions."""
    sandbox, _ = civicrm
    clients: list[CivicrmClient] = []
    with Served(sandbox) as served:

        def make(rights: Sequence[Right]) -> CivicrmClient:
            key = f"key{len(clients)}"
            sandbox.add_user(key, [right.value for right in rights])
            clients.append(CivicrmClient(served.url, key, clock.runtime))
            return clients[-1]

        yield make
        for client in clients:
            client.close()


def test_the_smallest_set_is_enough_and_nothing_is_changed_by_proving_it(civicrm: Civicrm, client_of: ClientOf) -> None:
    sandbox, _ = civicrm
    client = client_of(SMALLEST)
    before = {entity: sandbox.dump(entity) for entity in ("Contact", "GroupContact", "SubscriptionHistory", "Activity")}
    rights = check_rights(client)
    assert {right: rights[right] for right in SMALLEST} == dict.fromkeys(SMALLEST, GRANTED)
    assert {entity: sandbox.dump(entity) for entity in before} == before


@pytest.mark.parametrize("right", [right for right in SMALLEST if right not in (Right.VIEW, Right.KEY)])
def test_of_the_smallest_set_what_is_missing_is_named(right: Right, client_of: ClientOf) -> None:
    client = client_of([one for one in SMALLEST if one is not right])
    with pytest.raises(AccessError) as caught:
        check_rights(client)
    code = Code.CV_SEES_PART if right is Right.EDIT else Code.CV_NO_PERMISSION
    assert (caught.value.code, str(caught.value)) == (code, f"The CiviCRM key's user lacks “{right.value}”")
    named = [one for one in SMALLEST if f"“{one.value}”" in caught.value.remedy]
    # Without “access CiviCRM”, the others can't be checked.
    assert named == (list(SMALLEST) if right is Right.ACCESS else [right])


@pytest.mark.parametrize(
    "right", [Right.ACTIVITIES, Right.MEMBERSHIPS, Right.DONATIONS, Right.MAKE_FIELDS, Right.MAKE_TYPES]
)
def test_what_a_feature_needs_more_is_proved_one_by_one(right: Right, client_of: ClientOf) -> None:
    assert prove_rights(client_of(SMALLEST))[right] is LACKING
    assert prove_rights(client_of([*SMALLEST, right]))[right] is GRANTED


def test_whether_a_user_sees_the_trash_shows_where_someone_is_in_it(civicrm: Civicrm, client_of: ClientOf) -> None:
    sandbox, _ = civicrm
    with_trash = [*SMALLEST, Right.TRASH]
    assert prove_rights(client_of(with_trash))[Right.TRASH] is UNKNOWN
    sandbox.load_contacts([{"is_deleted": True}])
    assert prove_rights(client_of(with_trash))[Right.TRASH] is GRANTED


@pytest.mark.parametrize(("counted", "state"), [(3, LACKING), (2, UNKNOWN)])
def test_contacts_that_are_counted_in_a_group_and_not_shown_are_in_the_trash(
    counted: int, state: RightState, client_of: ClientOf, civicrm_says: CivicrmSays
) -> None:
    yes: dict[str, Any] = {"values": [{"access": True}]}
    nothing: dict[str, Any] = {"values": []}
    answer = dict.fromkeys(("all", "add", "activities", "fields", "types"), yes)
    answer |= dict.fromkeys(("access", "memberships", "donations", "custom", "trash"), nothing)
    answer |= {"counted": {"values": [{"id": 8, "contact_count": counted}]}}
    answer |= {"shown": {"values": [{"group_id": 8, "shown": 2}]}}
    client, _ = civicrm_says(httpx2.Response(200, json=answer))
    assert prove_rights(client)[Right.TRASH] is state


def test_a_refusal_names_the_right_that_the_call_needs(client_of: ClientOf) -> None:
    client = client_of(SMALLEST)
    for entity, action, right in [
        ("Activity", "create", Right.ACTIVITIES),
        ("Membership", "get", Right.MEMBERSHIPS),
        ("Domain", "get", Right.MAKE_TYPES),
    ]:
        with pytest.raises(AccessError) as caught:
            client.call(entity, action, {"values": {}} if action == "create" else {})
        assert caught.value.code is Code.CV_RIGHT_MISSING
        assert str(caught.value) == f"CiviCRM refuses {entity}.{action}, which needs “{right.value}”"


def test_every_right_says_what_it_is_for_and_the_remedy_lists_the_smallest_set() -> None:
    assert PURPOSES.keys() == set(Right)
    for right in SMALLEST:
        assert f"“{right.value}”" in REGISTRY[Code.CV_NO_PERMISSION].remedy

"""Permissions and ACLs decide what a key's user sees and may do, as on CiviCRM 6.13."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.civicrm.access.permissions import SMALLEST

if TYPE_CHECKING:
    from sandbox.civicrm.conftest import Client

ALICE, BOB, TRASHED, MERGED = 11, 12, 13, 14
UNSEEN = 15
MATCH = ["contact_id", "group_id"]
NEW_ACTIVITY = {"values": {"activity_type_id:name": "Meeting", "source_contact_id": ALICE}}
NEW_CONTACT = {"records": [{"first_name": "New", "email_primary.email": "new@example.org"}]}
TO_GROUP = {"records": [{"contact_id": ALICE, "group_id": 9}], "match": MATCH, "method": "MCsync"}
UPDATE = {"where": [["id", "=", ALICE]], "values": {"nick_name": "Al"}}
OPTION = {"records": [{"option_group_id": 1, "name": "x", "label": "x"}]}
CUSTOM = {"records": [{"title": "Extra", "extends": "Activity"}]}


@pytest.fixture(autouse=True)
def _people(sandbox: CivicrmSandbox) -> None:
    people = [
        {"id": ALICE, "first_name": "Alice", "emails": ["alice@example.org"], "groups": {8: {}}},
        {"id": BOB, "first_name": "Bob", "emails": ["bob@example.org"], "groups": {8: {}, 9: {}}},
        {"id": TRASHED, "emails": ["trashed@example.org"], "groups": {8: {}}, "is_deleted": True},
        {"id": MERGED, "emails": ["merged@example.org"]},
        {"id": UNSEEN, "emails": ["unseen@example.org"], "groups": {9: {}}},
    ]
    sandbox.load_contacts(people)
    sandbox.call("Contact", "mergeDuplicates", {"contactId": ALICE, "duplicateId": MERGED})


def _user(sandbox: CivicrmSandbox, permissions: Iterable[str], groups: Iterable[int] = ()) -> str:
    sandbox.add_user("key", list(permissions), list(groups))
    return "key"


@pytest.mark.parametrize(
    ("entity", "action", "params", "lacking"),
    [
        ("Contact", "get", {}, ""),
        ("Contact", "update", UPDATE, "edit all contacts"),
        ("Contact", "save", NEW_CONTACT, "add contacts"),
        ("GroupContact", "save", TO_GROUP, "edit all contacts"),
        ("GroupContact", "save", TO_GROUP, "access CiviCRM"),
        ("Group", "get", {}, "access CiviCRM"),
        ("Contact", "getFields", {}, "access CiviCRM"),
        ("Group", "refresh", {"where": [["id", "=", 8]]}, "access CiviCRM"),
    ],
)
def test_the_smallest_permissions_suffice_for_the_sync_of_groups_and_none_can_be_spared(
    sandbox: CivicrmSandbox, client: Client, entity: str, action: str, params: dict[str, Any], lacking: str
) -> None:
    key = _user(sandbox, SMALLEST)
    assert client.post(entity, action, params, key=key).status_code == 200
    if lacking:
        sandbox.grant(key, list(SMALLEST - {lacking}))
        assert client.post(entity, action, params, key=key).status_code == 403


@pytest.mark.parametrize(
    ("entity", "action", "params", "needed"),
    [
        ("Domain", "get", {"select": ["NOW() AS now"]}, ["administer CiviCRM"]),
        ("Contact", "delete", {"where": [["id", "=", BOB]]}, ["delete contacts"]),
        ("Activity", "create", NEW_ACTIVITY, ["view all activities"]),
        ("Group", "create", {"values": {"title": "New"}}, ["edit groups"]),
        ("Membership", "get", {}, ["access CiviMember"]),
        ("MembershipStatus", "get", {}, ["access CiviMember"]),
        ("Contribution", "get", {}, ["access CiviContribute"]),
        ("OptionValue", "save", OPTION, ["administer CiviCRM"]),
        ("CustomGroup", "save", CUSTOM, ["administer CiviCRM data"]),
    ],
)
def test_each_further_thing_needs_its_own_permission(
    sandbox: CivicrmSandbox, client: Client, entity: str, action: str, params: dict[str, Any], needed: list[str]
) -> None:
    key = _user(sandbox, SMALLEST)
    assert client.post(entity, action, params, key=key).status_code == 403
    sandbox.grant(key, [*SMALLEST, *needed])
    assert client.post(entity, action, params, key=key).status_code == 200


def test_the_clock_can_be_read_with_the_contacts(sandbox: CivicrmSandbox, client: Client) -> None:
    rows = client.rows("Contact", "get", {"select": ["id", "NOW() AS now"], "limit": 1}, key=_user(sandbox, SMALLEST))
    assert rows[0]["now"] == "2026-11-20 22:58:08"


def test_a_refusal_says_nothing_but_an_id_to_those_who_may_not_see_debug_output(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    key = _user(sandbox, SMALLEST)
    for entity, params, status in (("Domain", {}, 403), ("Contact", {"where": [["nothing", "=", 1]]}, 500)):
        answer = client.post(entity, "get", params, key=key).json()
        assert answer["error_message"].startswith("Sorry an error occurred")
        assert (answer["error_code"], answer["status"], "error_id" in answer) == ("1", status, False)
    sandbox.grant(key, [*SMALLEST, "view debug output"])
    refused = client.post("Contact", "get", {"where": [["nothing", "=", 1]]}, key=key).json()
    assert (refused["error_code"], refused["error_message"]) == (0, "Invalid field 'nothing'")


def _seen(client: Client, key: str, entity: str, field: str) -> set[int]:
    where = [["is_deleted", "IN", [True, False]]] if entity == "Contact" else []
    return {row[field] for row in client.rows(entity, "get", {"select": [field], "where": where}, key=key)}


def test_the_trash_and_all_that_hangs_on_it_is_hidden_without_its_permission(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    key = _user(sandbox, SMALLEST)
    kinds = (("Contact", "id"), ("Email", "contact_id"), ("GroupContact", "contact_id"))
    hidden = [TRASHED in _seen(client, key, *kind) for kind in kinds]
    by_id = client.rows("Contact", "get", {"where": [["id", "=", TRASHED]]}, key=key)
    sandbox.grant(key, [*SMALLEST, "access deleted contacts"])
    assert (hidden, by_id) == ([False] * 3, [])
    assert all(TRASHED in _seen(client, key, *kind) for kind in kinds)


@pytest.mark.parametrize(
    ("permissions", "answer"),
    [
        (SMALLEST, [[]]),
        (SMALLEST | {"view all activities"}, [[]]),
        (SMALLEST | {"access deleted contacts"}, [{"id": ALICE}]),
    ],
)
def test_a_merge_is_seen_by_those_who_see_the_merged_contact_in_the_trash(
    sandbox: CivicrmSandbox, client: Client, permissions: frozenset[str], answer: list[Any]
) -> None:
    key = _user(sandbox, permissions)
    assert client.rows("Contact", "getMergedTo", {"contactId": MERGED}, key=key) == answer


def test_a_contact_that_was_not_merged_is_answered_with_one_empty_row(client: Client) -> None:
    calls = {str(number): ["Contact", "getMergedTo", {"contactId": BOB}] for number in range(2)}
    headers = {"X-Civi-Auth": "Bearer sandbox-civicrm-key"}
    response = client.http.post(f"{client.url}/civicrm/ajax/api4", data={"calls": json.dumps(calls)}, headers=headers)
    assert [one["values"] for one in response.json()] == [[[]], [[]]]


def test_calls_with_other_names_than_numbers_in_order_come_back_as_an_object(client: Client) -> None:
    calls = {name: ["Contact", "get", {"limit": 1}] for name in ("1", "0")}
    headers = {"X-Civi-Auth": "Bearer sandbox-civicrm-key"}
    response = client.http.post(f"{client.url}/civicrm/ajax/api4", data={"calls": json.dumps(calls)}, headers=headers)
    assert sorted(response.json()) == ["0", "1"]


def test_an_acl_shows_the_contacts_of_its_groups_and_is_silent_about_all_others(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    key = _user(sandbox, ["access CiviCRM", "add contacts", "authenticate with api key"], [8])
    assert _seen(client, key, "Contact", "id") == {ALICE, BOB}
    assert _seen(client, key, "Group", "id") == {8}
    memberships = client.rows("GroupContact", "get", {"select": ["contact_id", "group_id"]}, key=key)
    assert {(row["contact_id"], row["group_id"]) for row in memberships} == {(ALICE, 8), (BOB, 8), (BOB, 9)}
    assert _seen(client, key, "SubscriptionHistory", "contact_id") == {ALICE, BOB}
    assert client.call("Contact", "get", {"select": ["row_count"]}, key=key)["countMatched"] == 2
    me = {"where": [["id", "=", "user_contact_id"]]}
    assert client.rows("Contact", "get", me, key=key) == []


def test_an_acl_lets_its_user_edit_whom_it_shows_also_in_groups_that_are_hidden(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    key = _user(sandbox, ["access CiviCRM", "add contacts", "authenticate with api key"], [8])
    unseen = {**TO_GROUP, "records": [{"contact_id": ALICE, "group_id": 9}, {"contact_id": UNSEEN, "group_id": 8}]}
    assert client.post("GroupContact", "save", TO_GROUP, key=key).status_code == 200
    assert client.post("GroupContact", "save", unseen, key=key).status_code == 403
    assert [row["group_id"] for row in sandbox.dump("GroupContact") if row["contact_id"] == UNSEEN] == [9]
    assert client.post("Contact", "update", {**UPDATE, "where": [["id", "=", UNSEEN]]}, key=key).status_code == 403


SAVE_8 = {"contact_id": BOB, "group_id": 8, "status": "Added"}


@pytest.mark.parametrize(
    ("permissions", "entity", "action", "values", "granted"),
    [
        (SMALLEST, "Contact", "create", {"contact_type": "Individual"}, True),
        (SMALLEST - {"add contacts"}, "Contact", "create", {"contact_type": "Individual"}, False),
        (SMALLEST, "Contact", "update", {"id": BOB}, True),
        (SMALLEST - {"edit all contacts"}, "Contact", "update", {"id": BOB}, False),
        (SMALLEST, "Contact", "update", {"id": 999_999}, True),
        (SMALLEST, "Contact", "get", {"id": BOB}, True),
        (SMALLEST, "Contact", "get", {"id": TRASHED}, False),
        (SMALLEST, "Contact", "get", {"id": 999_999}, False),
        (SMALLEST, "Contact", "delete", {"id": BOB}, False),
        (SMALLEST | {"delete contacts"}, "Contact", "delete", {"id": BOB}, True),
        (SMALLEST, "GroupContact", "create", SAVE_8, True),
        (SMALLEST - {"edit all contacts"}, "GroupContact", "create", SAVE_8, False),
        (SMALLEST - {"access CiviCRM"}, "GroupContact", "create", SAVE_8, False),
        (SMALLEST, "Activity", "create", {}, False),
        (SMALLEST | {"view all activities"}, "Activity", "create", {}, True),
        ({"authenticate with api key"}, "Contact", "update", {"id": BOB}, False),
    ],
)
def test_check_access_tells_the_truth(
    sandbox: CivicrmSandbox,
    client: Client,
    permissions: frozenset[str],
    entity: str,
    action: str,
    values: dict[str, Any],
    granted: bool,
) -> None:
    key = _user(sandbox, permissions)
    (row,) = client.rows(entity, "checkAccess", {"action": action, "values": values}, key=key)
    assert row["access"] is granted


def test_an_update_that_matches_no_row_is_allowed_to_those_who_may_change_none(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    key = _user(sandbox, SMALLEST - {"edit all contacts"})
    params = {"where": [["id", "=", 0]], "values": {"status": "Added"}}
    assert client.rows("GroupContact", "update", params, key=key) == []


def test_of_a_save_with_one_refused_record_nothing_is_written(sandbox: CivicrmSandbox, client: Client) -> None:
    key = _user(sandbox, SMALLEST - {"add contacts"})
    records = [{"id": ALICE, "nick_name": "Al"}, {"first_name": "New"}]
    assert client.post("Contact", "save", {"records": records}, key=key).status_code == 403
    assert {row["nick_name"] for row in sandbox.dump("Contact")} == {None}


def test_custom_fields_are_not_there_for_those_who_may_not_access_custom_data(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    group = sandbox.call("CustomGroup", "create", {"values": {"title": "Extra", "extends": "Contact"}})["values"][0]
    sandbox.call("CustomField", "create", {"values": {"custom_group_id": group["id"], "label": "Colour"}})
    key = _user(sandbox, SMALLEST)
    select = {"select": ["id", "Extra.Colour"], "where": [["id", "=", ALICE]]}
    where = {"where": [["Extra.Colour", "=", "red"]]}

    def seen() -> list[Any]:
        names = [row["name"] for row in client.rows("Contact", "getFields", {"select": ["name"]}, key=key)]
        fields = client.rows("CustomField", "get", {}, key=key)
        row = client.rows("Contact", "get", select, key=key)[0]
        status = client.post("Contact", "get", where, key=key).status_code
        return [len(fields), "Extra.Colour" in names, "Extra.Colour" in row, status]

    assert seen() == [0, False, False, 500]
    sandbox.grant(key, [*SMALLEST, "access all custom data"])
    assert seen() == [1, True, True, 200]


def test_of_several_calls_that_all_fail_the_status_is_that_of_the_first(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    headers = {"X-Civi-Auth": f"Bearer {_user(sandbox, SMALLEST)}"}

    def status(**calls: list[Any]) -> int:
        form = {"calls": json.dumps(calls)}
        return client.http.post(f"{client.url}/civicrm/ajax/api4", data=form, headers=headers).status_code

    refused, wrong, fine = ["Domain", "get", {}], ["Nonsense", "get", {}], ["Contact", "get", {"limit": 1}]
    assert [status(a=refused, b=wrong), status(a=wrong), status(a=refused, b=fine)] == [403, 500, 200]


def test_permissions_that_civicrm_does_not_have_cannot_be_granted(sandbox: CivicrmSandbox) -> None:
    with pytest.raises(ValueError, match="no such permissions: fly"):
        sandbox.add_user("key", ["fly"])

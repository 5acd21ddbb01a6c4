"""Reading: conditions, trash, paging, joins, chains, several calls at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mailchimpsync_sandbox.civicrm import ApiError, CivicrmSandbox

if TYPE_CHECKING:
    from sandbox.civicrm.conftest import Client

ALICE, BOB, CHARLIE, DORA = 11, 12, 13, 14


@pytest.fixture(autouse=True)
def _people(sandbox: CivicrmSandbox) -> None:
    sandbox.load_contacts(
        [
            {
                "id": ALICE,
                "first_name": "Alice",
                "last_name": "Zoë",
                "emails": ["alice@example.org"],
                "groups": {8: {}},
            },
            {"id": BOB, "first_name": "Bob", "emails": ["bob@example.org"], "groups": {8: {"status": "Removed"}}},
            {"id": CHARLIE, "first_name": "Charlie", "emails": [{"email": "charlie@example.org", "on_hold": 1}]},
            {"id": DORA, "first_name": "Dora", "is_deleted": True, "emails": ["dora@example.org"]},
        ]
    )


def _first_names(sandbox: CivicrmSandbox, *where: Any) -> list[str]:
    params = {"select": ["first_name"], "where": [["id", ">", 2], *where], "orderBy": {"id": "ASC"}}
    return [row["first_name"] for row in sandbox.call("Contact", "get", params)["values"]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (["first_name", "=", "ALICE"], ["Alice"]),
        (["last_name", "=", "zoe"], ["Alice"]),
        (["last_name", "=", "Zoe  "], ["Alice"]),
        (["first_name", "!=", "alice"], ["Bob", "Charlie", "Dora"]),
        (["first_name", "IN", ["bob", "DORA"]], ["Bob", "Dora"]),
        (["first_name", "NOT IN", ["bob", "DORA"]], ["Alice", "Charlie"]),
        (["first_name", "IN", []], []),
        (["first_name", "LIKE", "%L%"], ["Alice", "Charlie"]),
        (["first_name", "NOT LIKE", "%l%"], ["Bob", "Dora"]),
        (["first_name", "CONTAINS", "HARL"], ["Charlie"]),
        (["first_name", ">", "bob"], ["Charlie", "Dora"]),
        (["id", "BETWEEN", [BOB, CHARLIE]], ["Bob", "Charlie"]),
        (["id", "<=", str(BOB)], ["Alice", "Bob"]),
        (["last_name", "IS NULL"], ["Bob", "Charlie", "Dora"]),
        (["last_name", "IS NOT NULL"], ["Alice"]),
        (["last_name", "IS EMPTY"], ["Bob", "Charlie", "Dora"]),
        (["last_name", "IS NOT EMPTY"], ["Alice"]),
        (["last_name", "=", None], ["Bob", "Charlie", "Dora"]),
        (["is_deleted", "=", True], ["Dora"]),
        (["is_deleted", "=", "0"], ["Alice", "Bob", "Charlie"]),
        (
            ["OR", [["first_name", "=", "Bob"], ["AND", [["id", "=", ALICE], ["is_deleted", "=", False]]]]],
            ["Alice", "Bob"],
        ),
        (["NOT", [["first_name", "=", "Bob"]]], ["Alice", "Charlie", "Dora"]),
        (["email_primary.on_hold", ">", 0], ["Charlie"]),
        (["email_primary.email", "IN", ["BOB@example.org"]], ["Bob"]),
        (["groups", "IN", [8]], ["Alice"]),
        (["groups:name", "NOT IN", ["Autumn__8"]], ["Bob", "Charlie", "Dora"]),
    ],
)
def test_a_condition_finds_whom_mysql_would_find(sandbox: CivicrmSandbox, condition: Any, expected: list[str]) -> None:
    assert _first_names(sandbox, condition) == expected


def test_trash_is_hidden_unless_the_question_names_the_id_or_the_trash(client: Client) -> None:
    by_name = client.rows("Contact", "get", {"select": ["id"], "where": [["first_name", "IN", ["Alice", "Dora"]]]})
    by_id = client.rows("Contact", "get", {"select": ["id"], "where": [["OR", [["id", "=", DORA]]]]})
    by_trash = client.rows("Contact", "get", {"select": ["id"], "where": [["is_deleted", "=", True]]})
    assert by_name == [{"id": ALICE}]
    assert by_id == by_trash == [{"id": DORA}]


def test_the_addresses_of_people_in_the_trash_are_not_hidden(client: Client) -> None:
    where = [["email", "=", "dora@example.org"]]
    rows = client.rows("Email", "get", {"select": ["contact_id", "contact_id.is_deleted"], "where": where})
    assert [(row["contact_id"], row["contact_id.is_deleted"]) for row in rows] == [(DORA, True)]


def test_paging_by_key_reaches_everyone_once(sandbox: CivicrmSandbox, client: Client) -> None:
    sandbox.load_contacts([{"id": 100 + number, "emails": [f"p{number}@example.org"]} for number in range(25)])
    last, seen = 0, []
    while True:
        params = {"select": ["email"], "where": [["id", ">", last]], "orderBy": {"id": "ASC"}, "limit": 10}
        page = client.rows("Email", "get", params)
        if not page:
            break
        seen += [row["email"] for row in page]
        last = page[-1]["id"]
    assert len(seen) == len(set(seen)) == 30


def test_offset_and_limit_count_rows_in_order(sandbox: CivicrmSandbox) -> None:
    params = {"select": ["id"], "where": [["id", ">", 2]], "orderBy": {"id": "DESC"}, "limit": 2, "offset": 1}
    assert [row["id"] for row in sandbox.call("Contact", "get", params)["values"]] == [CHARLIE, BOB]


def test_a_join_by_hand_repeats_rows_and_a_left_join_keeps_those_without_match(sandbox: CivicrmSandbox) -> None:
    join = [["GroupContact AS gc", "LEFT", ["gc.contact_id", "=", "id"], ["gc.status", "=", "'Added'"]]]
    params = {
        "select": ["id", "gc.group_id"],
        "join": join,
        "where": [["id", "IN", [ALICE, BOB]]],
        "orderBy": {"id": "ASC"},
    }
    rows = sandbox.call("Contact", "get", params)["values"]
    assert [(row["id"], row["gc.group_id"]) for row in rows] == [(ALICE, 8), (BOB, None)]
    inner = {
        **params,
        "join": [["GroupContact AS gc", "INNER", ["gc.contact_id", "=", "id"]]],
        "groupBy": ["gc.group_id"],
    }
    inner["select"] = ["gc.group_id", "COUNT(id) AS people"]
    assert sandbox.call("Contact", "get", {**inner, "orderBy": {}})["values"] == [{"gc.group_id": 8, "people": 2}]


def test_having_looks_at_what_was_counted(sandbox: CivicrmSandbox) -> None:
    params = {"select": ["status", "COUNT(id) AS people"], "groupBy": ["status"], "having": [["people", ">", 1]]}
    sandbox.call("GroupContact", "create", {"values": {"group_id": 8, "contact_id": CHARLIE}})
    assert sandbox.call("GroupContact", "get", params)["values"] == [{"status": "Added", "people": 2}]


def test_a_chain_asks_once_more_for_each_row(client: Client) -> None:
    emails = ["Email", "get", {"select": ["email"], "where": [["contact_id", "=", "$id"]]}]
    params = {"select": ["id"], "where": [["id", "IN", [ALICE, BOB]]], "chain": {"all": emails, "first": [*emails, 0]}}
    rows = client.rows("Contact", "get", params)
    assert [[one["email"] for one in row["all"]] for row in rows] == [["alice@example.org"], ["bob@example.org"]]
    assert rows[0]["first"]["email"] == "alice@example.org"


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("id", {"8": {"id": 8, "title": "Autumn News"}, "9": {"id": 9, "title": "Walking"}}),
        ("1", {"id": 9, "title": "Walking"}),
        ('["title"]', ["Autumn News", "Walking"]),
        ('{"id": "title"}', {"8": "Autumn News", "9": "Walking"}),
    ],
)
def test_an_index_arranges_the_values(client: Client, index: str, expected: Any) -> None:
    params = {"select": ["id", "title"], "orderBy": {"id": "ASC"}}
    assert client.rows("Group", "get", params, index=index) == expected


def test_in_several_calls_one_failing_call_does_not_spoil_the_others(client: Client) -> None:
    calls = {
        "write": ["GroupContact", "save", {"records": [{"contact_id": BOB, "group_id": 9}]}],
        "bad": ["Contact", "get", {"where": [["nonsense", "=", 1]]}],
        "read": ["GroupContact", "get", {"where": [["group_id", "=", 9]]}, 0],
    }
    headers = {"Authorization": "Bearer sandbox-civicrm-key"}
    response = client.http.post(f"{client.url}/civicrm/ajax/api4", data={"calls": json.dumps(calls)}, headers=headers)
    answer = response.json()
    assert response.status_code == 200
    assert answer["bad"]["error_message"] == "Invalid field 'nonsense'"
    assert answer["read"]["values"]["contact_id"] == BOB


def test_a_smart_group_holds_whom_its_search_finds_but_not_those_removed_by_hand(sandbox: CivicrmSandbox) -> None:
    sandbox.add_group(20, "Rubble", smart=True)
    sandbox.load_contacts([{"id": 31, "last_name": "Rubble"}, {"id": 32, "last_name": "rubble"}])
    sandbox.call("GroupContact", "create", {"values": {"group_id": 20, "contact_id": 31, "status": "Removed"}})
    found = sandbox.call("Contact", "get", {"select": ["id"], "where": [["groups", "IN", [20]]]})["values"]
    assert found == [{"id": 32}]
    assert sandbox.call("Group", "get", {"where": [["saved_search_id", "IS NOT NULL"]]})["values"][0]["id"] == 20


def test_a_person_who_is_in_a_child_group_is_found_in_its_parent_though_not_among_its_rows(
    sandbox: CivicrmSandbox,
) -> None:
    child = {"title": "Autumn Walks", "parents": [8]}
    made = sandbox.call("Group", "create", {"values": child})["values"][0]["id"]
    sandbox.call("GroupContact", "create", {"values": {"group_id": made, "contact_id": BOB}})
    select = {"select": ["children", "parents", "contact_count"], "where": [["id", "IN", [8, made]]]}
    rows = sandbox.call("Group", "get", {**select, "orderBy": {"id": "ASC"}})["values"]
    assert [(row["parents"], row["children"]) for row in rows] == [(None, [str(made)]), (["8"], None)]
    assert [row["contact_count"] for row in rows] == [1, 1]
    assert _first_names(sandbox, ["groups", "IN", [8]]) == ["Alice", "Bob"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"where": [["contact_id.nothing", "=", 1]]}, "Invalid field 'contact_id.nothing'"),
        ({"where": [["email.nothing", "=", 1]]}, "Invalid field 'email.nothing'"),
        ({"orderBy": {"id": "SIDEWAYS"}}, "Invalid sort direction. Cannot order by id SIDEWAYS"),
        ({"orderBy": {"nothing": "ASC"}}, "Invalid field 'nothing'"),
        ({"join": [["Nothing AS n", "LEFT"]]}, "Cannot join Nothing AS n"),
    ],
)
def test_a_wrong_question_is_refused_in_words(sandbox: CivicrmSandbox, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError) as refused:
        sandbox.call("Email", "get", params)
    assert refused.value.message == message


def test_an_activity_is_found_by_its_targets(sandbox: CivicrmSandbox) -> None:
    group = sandbox.call("OptionGroup", "get", {"where": [["name", "=", "activity_type"]]})["values"][0]["id"]
    option = {"option_group_id": group, "name": "mailchimp_campaign_sent", "label": "Mailchimp Campaign Sent"}
    sandbox.call("OptionValue", "create", {"values": option})
    activity = {
        "activity_type_id:name": "mailchimp_campaign_sent",
        "source_contact_id": 2,
        "target_contact_id": [ALICE, BOB],
    }
    sandbox.call("Activity", "create", {"values": activity})
    select = ["activity_type_id:label", "target_contact_id", "source_contact_id"]
    for condition in (["target_contact_id", "CONTAINS", BOB], ["target_contact_id", "IN", [BOB, DORA]]):
        (row,) = sandbox.call("Activity", "get", {"select": select, "where": [condition]})["values"]
        assert row["activity_type_id:label"] == "Mailchimp Campaign Sent"
        assert row["target_contact_id"] == [str(ALICE), str(BOB)]
        assert row["source_contact_id"] == 2
    assert sandbox.call("Activity", "get", {"where": [["target_contact_id", "CONTAINS", DORA]]})["values"] == []

"""Writing: history, matching, holds, primary addresses, trash, merges, constraints."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mailchimpsync_sandbox.civicrm import ApiError, CivicrmSandbox

if TYPE_CHECKING:
    from sandbox.civicrm.conftest import Client

ALICE, BOB = 11, 12
MATCH = ["contact_id", "group_id"]


@pytest.fixture(autouse=True)
def _people(sandbox: CivicrmSandbox) -> None:
    sandbox.load_contacts(
        [
            {
                "id": ALICE,
                "first_name": "Alice",
                "modified_date": "2026-01-01T00:00:00Z",
                "emails": ["Alice@Example.org"],
                "groups": {8: {"status": "Added", "date": "2026-02-02T02:02:02Z"}},
            },
            {"id": BOB, "first_name": "Bob", "modified_date": "2026-01-01T00:00:00Z"},
        ]
    )


def _history(sandbox: CivicrmSandbox, contact_id: int) -> list[tuple[Any, ...]]:
    rows = [row for row in sandbox.dump("SubscriptionHistory") if row["contact_id"] == contact_id]
    return [(row["group_id"], row["status"], row["method"], row["date"]) for row in rows]


def _contact(sandbox: CivicrmSandbox, contact_id: int) -> dict[str, Any]:
    select = ["*", "email_primary.email", "email_primary.on_hold"]
    found = sandbox.call("Contact", "get", {"select": select, "where": [["id", "=", contact_id]]})["values"]
    return dict(found[0]) if found else {}


def test_what_is_loaded_is_what_is_there(sandbox: CivicrmSandbox) -> None:
    alice = _contact(sandbox, ALICE)
    assert alice["email_primary.email"] == "alice@example.org"
    assert alice["display_name"] == "Alice"
    assert alice["modified_date"] == "2026-01-01 00:00:00"
    assert _history(sandbox, ALICE) == [(8, "Added", "Admin", "2026-02-02 02:02:02")]


def test_a_loaded_history_ends_in_the_membership_it_led_to(sandbox: CivicrmSandbox) -> None:
    entries = [
        {"group_id": 8, "status": "Added"},
        {"group_id": 8, "status": "Removed"},
        {"group_id": 9, "status": "Deleted"},
    ]
    sandbox.load_contacts([{"id": 50, "groups": entries}])
    rows = [row for row in sandbox.dump("GroupContact") if row["contact_id"] == 50]
    assert [(row["group_id"], row["status"]) for row in rows] == [(8, "Removed")]
    assert len(_history(sandbox, 50)) == 3


def test_loading_for_an_unknown_group_loads_nobody(sandbox: CivicrmSandbox) -> None:
    with pytest.raises(ApiError, match="constraint violation"):
        sandbox.load_contacts([{"id": 60}, {"id": 61, "groups": {77: {}}}])
    assert not _contact(sandbox, 60)


def test_each_write_to_a_membership_is_noted_with_its_method(sandbox: CivicrmSandbox, client: Client) -> None:
    def save(status: str) -> int:
        record = {"contact_id": ALICE, "group_id": 8, "status": status}
        params = {"records": [record], "match": MATCH, "method": "MCsync", "tracking": "audience a1"}
        return int(client.call("GroupContact", "save", params)["countMatched"])

    assert [save("Removed"), save("Removed"), save("Added")] == [1, 1, 1]
    now = "2026-11-20 22:58:08"
    assert _history(sandbox, ALICE)[1:] == [(8, status, "MCsync", now) for status in ("Removed", "Removed", "Added")]
    assert {row["tracking"] for row in sandbox.dump("SubscriptionHistory")[1:]} == {"audience a1"}
    assert len(sandbox.dump("GroupContact")) == 1


def test_a_deleted_membership_leaves_a_deleted_entry(sandbox: CivicrmSandbox) -> None:
    sandbox.call("GroupContact", "delete", {"where": [["contact_id", "=", ALICE]]})
    assert sandbox.dump("GroupContact") == []
    assert _history(sandbox, ALICE)[-1] == (8, "Deleted", "API", "2026-11-20 22:58:08")


def test_a_bad_record_fails_the_save_and_keeps_what_came_before_it(sandbox: CivicrmSandbox, client: Client) -> None:
    records = [{"contact_id": one, "group_id": 9} for one in (ALICE, 999_999, BOB)]
    response = client.post("GroupContact", "save", {"records": records, "match": MATCH})
    assert response.status_code == 500
    assert response.json()["error_message"] == "DB Error: constraint violation"
    kept = [row["contact_id"] for row in sandbox.dump("GroupContact") if row["group_id"] == 9]
    assert kept == [ALICE]


def test_save_matches_by_any_field_and_creates_what_matches_nothing(sandbox: CivicrmSandbox) -> None:
    records = [
        {"external_identifier": "A-1", "first_name": "Anna"},
        {"external_identifier": "B-2", "first_name": "Ben"},
    ]
    first = sandbox.call("Contact", "save", {"records": records, "match": ["external_identifier"]})
    again = sandbox.call("Contact", "save", {"records": records[:1], "match": ["external_identifier"]})
    assert (first["countMatched"], again["countMatched"]) == (0, 1)
    assert again["values"][0]["id"] == first["values"][0]["id"]


def test_defaults_fill_what_a_record_leaves_out_and_reload_reads_back(sandbox: CivicrmSandbox) -> None:
    params = {"records": [{"contact_id": BOB}], "defaults": {"group_id": 9, "status": "Pending"}, "reload": True}
    (row,) = sandbox.call("GroupContact", "save", params)["values"]
    assert (row["group_id"], row["status"], row["location_id"]) == (9, "Pending", None)


@pytest.mark.parametrize(
    ("entity", "values", "message"),
    [
        ("GroupContact", {"contact_id": ALICE, "group_id": 8}, "DB Error: already exists"),
        ("Contact", {"external_identifier": "taken"}, "DB Error: already exists"),
        ("Email", {"contact_id": 999_999, "email": "x@example.org"}, "DB Error: constraint violation"),
        ("GroupContact", {"contact_id": ALICE}, "Mandatory values missing from Api4 GroupContact::create: group_id"),
    ],
)
def test_what_the_database_forbids_is_refused(
    sandbox: CivicrmSandbox, entity: str, values: dict[str, Any], message: str
) -> None:
    sandbox.call("Contact", "update", {"where": [["id", "=", BOB]], "values": {"external_identifier": "taken"}})
    with pytest.raises(ApiError) as refused:
        sandbox.call(entity, "create", {"values": values})
    assert refused.value.message == message


def test_many_contacts_are_not_changed_for_want_of_a_condition(sandbox: CivicrmSandbox) -> None:
    for action in ("update", "delete"):
        with pytest.raises(ApiError, match='Parameter "where" is required'):
            sandbox.call("Contact", action, {} if action == "delete" else {"values": {"first_name": "x"}})
    assert _contact(sandbox, BOB)["first_name"] == "Bob"


@pytest.mark.parametrize(
    ("entity", "action", "params"),
    [
        ("Email", "create", {"values": {"contact_id": ALICE, "email": "second@example.org"}}),
        ("Email", "update", {"where": [["contact_id", "=", ALICE]], "values": {"on_hold": 1}}),
        ("Email", "delete", {"where": [["contact_id", "=", ALICE]]}),
        ("Contact", "update", {"where": [["id", "=", ALICE]], "values": {"email_primary.email": "new@example.org"}}),
        ("Contact", "update", {"where": [["id", "=", ALICE]], "values": {"is_opt_out": True}}),
        ("Contact", "delete", {"where": [["id", "=", ALICE]]}),
    ],
)
def test_a_change_to_alice_or_her_addresses_shows_in_her_modified_date(
    sandbox: CivicrmSandbox, entity: str, action: str, params: dict[str, Any]
) -> None:
    sandbox.call(entity, action, params)
    assert _contact(sandbox, ALICE)["modified_date"] == "2026-11-20 22:58:08"
    assert _contact(sandbox, BOB)["modified_date"] == "2026-01-01 00:00:00"


def test_a_hold_is_dated_and_lifting_it_too(sandbox: CivicrmSandbox) -> None:
    where = [["contact_id", "=", ALICE]]
    sandbox.call("Email", "update", {"where": where, "values": {"on_hold": 1, "hold_date": "2020-01-01 00:00:00"}})
    (held,) = sandbox.call("Email", "get", {"where": where})["values"]
    sandbox.clock.advance(60)
    sandbox.call("Email", "update", {"where": where, "values": {"on_hold": 0}})
    (lifted,) = sandbox.call("Email", "get", {"where": where})["values"]
    assert (held["on_hold"], held["hold_date"]) == (1, "2026-11-20 22:58:08")
    assert (lifted["on_hold"], lifted["hold_date"], lifted["reset_date"]) == (0, None, "2026-11-20 22:59:08")


def test_one_address_is_primary_and_one_is_for_bulk_mail(sandbox: CivicrmSandbox) -> None:
    for address in ("first@example.org", "second@example.org"):
        sandbox.call("Email", "create", {"values": {"contact_id": BOB, "email": address, "is_bulkmail": True}})
    where = [["contact_id", "=", BOB]]
    rows = sandbox.call("Email", "get", {"where": where, "orderBy": {"id": "ASC"}})["values"]
    assert [(row["is_primary"], row["is_bulkmail"]) for row in rows] == [(True, False), (False, True)]
    sandbox.call("Email", "update", {"where": [["id", "=", rows[1]["id"]]], "values": {"is_primary": True}})
    assert _contact(sandbox, BOB)["email_primary.email"] == "second@example.org"
    sandbox.call("Email", "delete", {"where": [["email", "=", "second@example.org"]]})
    assert _contact(sandbox, BOB)["email_primary.email"] == "first@example.org"


def test_trash_keeps_everything_and_deleting_for_ever_keeps_nothing(sandbox: CivicrmSandbox) -> None:
    sandbox.call("Contact", "delete", {"where": [["id", "=", ALICE]]})
    assert _contact(sandbox, ALICE)["is_deleted"] is True
    assert len(sandbox.dump("GroupContact")) == 1
    sandbox.call("Contact", "update", {"where": [["id", "=", ALICE]], "values": {"is_deleted": False}})
    assert _contact(sandbox, ALICE)["is_deleted"] is False
    sandbox.call("Contact", "delete", {"where": [["id", "=", ALICE]], "useTrash": False})
    left = [sandbox.dump(entity) for entity in ("GroupContact", "SubscriptionHistory")]
    assert left == [[], []]
    assert [row["contact_id"] for row in sandbox.dump("Email")] == [2]


def test_the_id_of_one_deleted_for_ever_is_never_given_again(sandbox: CivicrmSandbox) -> None:
    made = sandbox.call("Contact", "create", {"values": {"first_name": "Gone"}})["values"][0]["id"]
    sandbox.call("Contact", "delete", {"where": [["id", "=", made]], "useTrash": False})
    assert sandbox.call("Contact", "create", {"values": {"first_name": "New"}})["values"][0]["id"] > made


def test_a_merge_moves_groups_history_and_addresses_and_can_be_followed(sandbox: CivicrmSandbox) -> None:
    sandbox.call("Contact", "mergeDuplicates", {"contactId": BOB, "duplicateId": ALICE})
    assert [(row["contact_id"], row["status"]) for row in sandbox.dump("GroupContact")] == [(BOB, "Added")]
    assert _contact(sandbox, BOB)["email_primary.email"] == "alice@example.org"
    assert _history(sandbox, BOB)[0][:2] == (8, "Added")
    assert _contact(sandbox, ALICE)["is_deleted"] is True
    sandbox.load_contacts([{"id": 70}])
    sandbox.call("Contact", "mergeDuplicates", {"contactId": 70, "duplicateId": BOB})
    assert sandbox.call("Contact", "getMergedTo", {"contactId": ALICE})["values"] == [{"id": 70}]
    assert sandbox.call("Contact", "getMergedTo", {"contactId": BOB})["values"] == [{"id": 70}]


def test_in_a_merge_an_address_stays_in_the_trash_where_the_other_contact_has_one_of_its_location(
    sandbox: CivicrmSandbox,
) -> None:
    sandbox.call("Email", "create", {"values": {"contact_id": BOB, "email": "bob@example.org"}})
    work = {"contact_id": ALICE, "email": "alice.work@example.org", "location_type_id:name": "Work"}
    sandbox.call("Email", "create", {"values": work})
    sandbox.call("Contact", "mergeDuplicates", {"contactId": BOB, "duplicateId": ALICE})
    owners = {row["email"]: row["contact_id"] for row in sandbox.dump("Email")}
    assert owners["alice@example.org"] == ALICE
    assert owners["bob@example.org"] == owners["alice.work@example.org"] == BOB


def test_a_merge_moves_the_tags_of_contacts_and_no_others(sandbox: CivicrmSandbox) -> None:
    tag = sandbox.call("Tag", "create", {"values": {"label": "Steward"}})["values"][0]["id"]
    for table in ("civicrm_contact", "civicrm_activity"):
        sandbox.call("EntityTag", "create", {"values": {"entity_table": table, "entity_id": ALICE, "tag_id": tag}})
    sandbox.call("Contact", "mergeDuplicates", {"contactId": BOB, "duplicateId": ALICE})
    tagged = {row["entity_table"]: row["entity_id"] for row in sandbox.dump("EntityTag")}
    assert tagged == {"civicrm_contact": BOB, "civicrm_activity": ALICE}
    sandbox.call("Contact", "delete", {"where": [["id", "=", BOB]], "useTrash": False})
    assert [row["entity_table"] for row in sandbox.dump("EntityTag")] == ["civicrm_activity"]


def test_nobody_is_merged_into_the_trash(sandbox: CivicrmSandbox) -> None:
    sandbox.call("Contact", "delete", {"where": [["id", "=", BOB]]})
    (answer,) = sandbox.call("Contact", "mergeDuplicates", {"contactId": BOB, "duplicateId": ALICE})["values"]
    assert answer == {"merged": [], "skipped": [{"main_id": BOB, "other_id": ALICE}]}
    assert _contact(sandbox, ALICE)["is_deleted"] is False


def test_times_are_shown_and_asked_for_in_the_zone_of_the_site(sandbox: CivicrmSandbox, client: Client) -> None:
    client.control("set_options", {"utc_offset_minutes": -210})
    sandbox.clock.freeze(datetime(2026, 11, 21, 1, 0, 0, tzinfo=UTC))
    now = client.rows("Domain", "get", {"select": ["NOW() AS now"]})[0]["now"]
    assert now == "2026-11-20 21:30:00"
    assert _history(sandbox, ALICE)[0][3] == "2026-02-01 22:32:02"
    sandbox.call("GroupContact", "create", {"values": {"contact_id": BOB, "group_id": 8}})
    for since, expected in (
        ("2026-11-20 21:30:00", [BOB]),
        ("2026-11-20 21:30:01", []),
        ("2026-02-01 22:32:02", [ALICE, BOB]),
    ):
        params = {"where": [["date", ">=", since]], "orderBy": {"id": "ASC"}}
        assert [row["contact_id"] for row in client.rows("SubscriptionHistory", "get", params)] == expected
    latest = {
        "select": ["contact_id", "MAX(date) AS latest"],
        "groupBy": ["contact_id"],
        "orderBy": {"contact_id": "ASC"},
    }
    assert [row["latest"] for row in client.rows("SubscriptionHistory", "get", latest)] == ["2026-02-01 22:32:02", now]


SUMMER, WINTER = "2026-07-10T11:00:00Z", "2026-01-10T12:00:00Z"


@pytest.mark.parametrize(
    ("session_is_named", "summer"), [(False, "2026-07-10 06:00:00"), (True, "2026-07-10 07:00:00")]
)
def test_a_timestamp_is_shown_with_the_offset_of_today_or_by_a_named_session_of_its_own_day(
    sandbox: CivicrmSandbox, client: Client, session_is_named: bool, summer: str
) -> None:
    sandbox.set_options(zone="America/New_York", session_zone_is_named=session_is_named)
    people = [{"id": 50 + at, "groups": {9: {"date": date}}} for at, date in enumerate((SUMMER, WINTER))]
    sandbox.load_contacts(people)
    winter = "2026-01-10 07:00:00"
    rows = client.rows("SubscriptionHistory", "get", {"select": ["date"], "where": [["group_id", "=", 9]]})
    assert [row["date"] for row in rows] == [summer, winter]
    for since, expected in ((summer, [50]), (f"{summer[:-1]}1", []), (winter, [50, 51])):
        where = [["group_id", "=", 9], ["date", ">=", since]]
        assert [row["contact_id"] for row in client.rows("SubscriptionHistory", "get", {"where": where})] == expected
    latest = {"select": ["MAX(date) AS latest"], "where": [["group_id", "=", 9]], "groupBy": ["group_id"]}
    assert client.rows("SubscriptionHistory", "get", latest)[0]["latest"] == summer
    assert client.rows("Contact", "get", {"select": ["NOW() AS now"], "limit": 1})[0]["now"] == "2026-11-20 17:58:08"


@pytest.mark.parametrize("session_is_named", [False, True])
def test_holds_and_activities_are_dated_by_the_wall_clock_of_their_day(
    sandbox: CivicrmSandbox, session_is_named: bool
) -> None:
    sandbox.set_options(zone="America/New_York", session_zone_is_named=session_is_named)
    sandbox.load_contacts([{"id": 50, "emails": [{"email": "h@example.org", "on_hold": 1, "hold_date": SUMMER}]}])
    activity = {"activity_type_id:name": "Meeting", "source_contact_id": 50, "activity_date_time": "20260710070000"}
    sandbox.call("Activity", "create", {"values": activity})
    (held,) = sandbox.call("Email", "get", {"where": [["contact_id", "=", 50]]})["values"]
    assert held["hold_date"] == sandbox.dump("Activity")[0]["activity_date_time"] == "2026-07-10 07:00:00"
    sandbox.clock.freeze(datetime(2026, 7, 1, 12, tzinfo=UTC))
    sandbox.call("Email", "update", {"where": [["contact_id", "=", 50]], "values": {"on_hold": 0}})
    assert sandbox.call("Email", "get", {"where": [["contact_id", "=", 50]]})["values"][0]["reset_date"][11:13] == "08"


def test_an_entry_of_the_history_is_dated_now_whatever_is_asked_for(sandbox: CivicrmSandbox) -> None:
    entry = {"contact_id": BOB, "group_id": 9, "status": "Added", "date": "2026-07-10 07:00:00"}
    sandbox.call("SubscriptionHistory", "create", {"values": entry})
    assert _history(sandbox, BOB)[-1][3] == "2026-11-20 22:58:08"


def _campaign_field(client: Client) -> None:
    group = {"name": "Mailchimp_Campaign", "title": "Mailchimp campaign", "extends": "Activity"}
    made = client.rows("CustomGroup", "save", {"records": [group], "match": ["name"]})[0]
    field = {"custom_group_id": made["id"], "name": "Mailchimp_Campaign_ID", "label": "Campaign", "data_type": "String"}
    client.rows("CustomField", "save", {"records": [field], "match": ["custom_group_id", "name"]})


def test_a_custom_field_is_written_read_and_looked_for_by_group_and_name(client: Client) -> None:
    path = "Mailchimp_Campaign.Mailchimp_Campaign_ID"
    for _ in range(2):
        _campaign_field(client)
    for campaign in ("spring", "summer"):
        values = {"activity_type_id:name": "Bulk Email", "source_contact_id": ALICE, path: campaign}
        client.rows("Activity", "create", {"values": values})

    found = client.rows("Activity", "get", {"select": [path], "where": [[path, "IN", ["Summer"]]]})

    assert [row[path] for row in found] == ["summer"]
    where = [["name", "=", "Mailchimp_Campaign_ID"], ["custom_group_id.extends", "=", "Activity"]]
    [field] = client.rows("CustomField", "get", {"select": ["custom_group_id.name"], "where": where})
    assert field["custom_group_id.name"] == "Mailchimp_Campaign"


def test_a_custom_field_that_is_not_there_is_an_error_in_a_condition_and_nothing_in_a_selection(client: Client) -> None:
    path = "Mailchimp_Campaign.Mailchimp_Campaign_ID"

    assert client.post("Activity", "get", {"where": [[path, "=", "spring"]]}).status_code == 500
    assert client.rows("Contact", "get", {"select": ["id", path], "where": [["id", "=", ALICE]]}) == [{"id": ALICE}]

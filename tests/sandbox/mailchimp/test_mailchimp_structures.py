"""Audiences, interests, merge fields, tags and segments, bulk writes, notes, campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.mailchimp.conftest import Charity

KEY = "0123456789abcdef0123456789abcdef-us6"
ALICE, BOB, FRED, GINA = "alice@example.org", "bob@example.org", "fred@example.org", "gina@example.org"
NEW_LIST = {
    "name": "Volunteers",
    "permission_reminder": "You volunteered.",
    "email_type_option": False,
    "contact": {"company": "Ants", "address1": "Way 1", "city": "X", "state": "", "zip": "", "country": "GB"},
    "campaign_defaults": {"from_name": "A", "from_email": "a@ants.org", "subject": "", "language": "en"},
}


def _ok(answer: Any) -> Any:
    return answer.raise_for_status().json()


def _bulk(charity: Charity, *members: dict[str, Any], query: str = "", **more: Any) -> Any:
    return _ok(charity.api.post(f"/lists/news{query}", json={"members": members, **more}))


def test_an_audience_is_made_changed_and_deleted(charity: Charity) -> None:
    made = _ok(charity.api.post("/lists", json=NEW_LIST))
    assert (made["name"], made["stats"]["member_count"], made["stats"]["merge_field_count"]) == ("Volunteers", 0, 4)
    assert _ok(charity.api.patch(f"/lists/{made['id']}", json={"name": "Helpers"}))["name"] == "Helpers"
    assert _ok(charity.api.get("/lists"))["total_items"] == 2
    assert charity.api.delete(f"/lists/{made['id']}").status_code == 204
    assert charity.api.get(f"/lists/{made['id']}").status_code == 404
    refused = charity.api.post("/lists", json=NEW_LIST | {"contact": {}})
    assert {error["field"] for error in refused.json()["errors"]} >= {"contact.company", "contact.country"}


def test_an_audience_counts_its_people_by_status(charity: Charity) -> None:
    stats = _ok(charity.api.get("/lists/news", params={"include_total_contacts": "true"}))["stats"]
    counts = ("member_count", "unsubscribe_count", "cleaned_count", "total_contacts")
    assert [stats[name] for name in counts] == [1, 2, 1, 6]
    charity.put(ALICE, status="unsubscribed")
    assert _ok(charity.api.get("/lists/news"))["stats"]["unsubscribe_count"] == 3
    assert _ok(charity.api.get("/lists", params={"email": BOB}))["total_items"] == 1
    assert _ok(charity.api.get("/lists", params={"email": GINA}))["total_items"] == 0


def test_a_new_interest_is_unticked_for_everyone_and_a_deleted_one_is_gone(charity: Charity) -> None:
    category = _ok(charity.api.post("/lists/news/interest-categories", json={"title": "Areas", "type": "radio"}))
    path = f"/lists/news/interest-categories/{category['id']}/interests"
    north = _ok(charity.api.post(path, json={"name": "North"}))
    assert charity.get(ALICE)["interests"][north["id"]] is False
    assert charity.get(ALICE)["last_changed"] == "2020-01-01T00:00:00+00:00"
    charity.put(ALICE, interests={north["id"]: True})
    listed = _ok(charity.api.get(path))["interests"]
    assert [(one["name"], one["subscriber_count"]) for one in listed] == [("North", "1")]
    assert _ok(charity.api.patch(f"{path}/{north['id']}", json={"name": "Far North"}))["name"] == "Far North"
    assert charity.api.post(path, json={"name": "Far North"}).status_code == 400
    assert charity.api.delete(f"{path}/{north['id']}").status_code == 204
    assert north["id"] not in charity.get(ALICE)["interests"]
    assert charity.api.delete(f"/lists/news/interest-categories/{category['id']}").status_code == 204
    assert _ok(charity.api.get("/lists/news/interest-categories"))["total_items"] == 1


def test_a_merge_field_comes_with_a_tag_takes_it_along_and_goes(charity: Charity) -> None:
    invented = _ok(charity.api.post("/lists/news/merge-fields", json={"name": "Town", "type": "text"}))
    assert invented["tag"] == f"MMERGE{invented['merge_id']}"
    charity.put(ALICE, merge_fields={invented["tag"]: "Bath"})
    path = f"/lists/news/merge-fields/{invented['merge_id']}"
    _ok(charity.api.patch(path, json={"name": "Town", "tag": "TOWN"}))
    assert charity.get(ALICE)["merge_fields"]["TOWN"] == "Bath"
    assert invented["tag"] not in charity.get(ALICE)["merge_fields"]
    assert charity.api.delete(path).status_code == 204
    assert "TOWN" not in charity.get(ALICE)["merge_fields"]
    for tag in ("FNAME", "lower", "ELEVENCHARS"):
        assert (
            charity.api.post("/lists/news/merge-fields", json={"name": "X", "type": "text", "tag": tag}).status_code
            == 400
        )


def test_tags_are_named_in_any_case_and_are_segments(charity: Charity) -> None:
    path = charity.path(ALICE, "/tags")
    charity.api.post(path, json={"tags": [{"name": "Board", "status": "active"}, {"name": "No", "status": "inactive"}]})
    charity.api.post(path, json={"tags": [{"name": "BOARD", "status": "active"}]})
    assert [tag["name"] for tag in _ok(charity.api.get(path))["tags"]] == ["Board"]
    alice = charity.get(ALICE)
    assert (alice["tags_count"], alice["tags"][0]["name"]) == (1, "Board")
    found = _ok(charity.api.get("/lists/news/tag-search", params={"name": "bo"}))
    assert found == {"tags": alice["tags"], "total_items": 1}
    charity.api.post(path, json={"tags": [{"name": "board", "status": "inactive"}]})
    assert charity.get(ALICE)["tags"] == []
    assert charity.api.post(charity.path(GINA, "/tags"), json={"tags": []}).status_code == 404
    assert (
        charity.api.post(charity.path(FRED, "/tags"), json={"tags": [{"name": "x", "status": "active"}]}).status_code
        == 204
    )


def test_a_static_segment_takes_up_to_500_addresses_and_tells_of_unknown_ones(charity: Charity) -> None:
    segment = _ok(charity.api.post("/lists/news/segments", json={"name": "Board", "static_segment": [ALICE]}))
    assert (segment["type"], segment["member_count"]) == ("static", 1)
    path = f"/lists/news/segments/{segment['id']}"
    answer = _ok(charity.api.post(path, json={"members_to_add": [BOB, GINA], "members_to_remove": [ALICE]}))
    assert (answer["total_added"], answer["total_removed"], answer["error_count"]) == (1, 1, 1)
    assert answer["errors"][0]["email_addresses"] == [GINA]
    assert _ok(charity.api.get(f"{path}/members"))["total_items"] == 0
    shown = _ok(charity.api.get(f"{path}/members", params={"include_unsubscribed": "true"}))
    assert [one["email_address"] for one in shown["members"]] == [BOB]
    refused = charity.api.post(path, json={"members_to_add": [ALICE] * 501})
    assert refused.json()["detail"] == (
        "Maximum allowed member items exceeded, please provide at most 500 items"
        " in members_to_add field or members_to_remove field"
    )
    _ok(charity.api.post(f"{path}/members", json={"email_address": ALICE}))
    assert charity.api.delete(f"{path}/members/{charity.get(ALICE)['id']}").status_code == 204
    assert charity.get(ALICE)["tags"] == []
    assert _ok(charity.api.patch(path, json={"name": "Trustees", "static_segment": [ALICE]}))["member_count"] == 1
    assert charity.api.delete(path).status_code == 204
    assert charity.get(ALICE)["tags"] == []


def test_many_are_written_at_once_and_each_refusal_is_told(charity: Charity) -> None:
    answer = _bulk(
        charity,
        {"email_address": GINA, "status": "subscribed", "tags": ["new"]},
        {"email_address": ALICE, "status": "subscribed"},
        {"email_address": "no address", "status": "subscribed"},
        {"email_address": GINA, "status": "unsubscribed"},
    )
    assert (answer["total_created"], answer["total_updated"], answer["error_count"]) == (1, 0, 3)
    assert [error["error_code"] for error in answer["errors"]] == [
        "ERROR_CONTACT_EXISTS",
        "ERROR_GENERIC",
        "ERROR_GENERIC",
    ]
    assert [tag["name"] for tag in charity.get(GINA)["tags"]] == ["new"]


def test_many_are_updated_when_told_to_but_bob_stays_away(charity: Charity) -> None:
    answer = _bulk(
        charity,
        {"email_address": ALICE, "status": "unsubscribed"},
        {"email_address": BOB, "status": "subscribed"},
        {"email_address": FRED, "status": "subscribed"},
        update_existing=True,
    )
    assert (answer["total_created"], answer["total_updated"], answer["error_count"]) == (1, 1, 1)
    assert [charity.get(email)["status"] for email in (ALICE, BOB, FRED)] == [
        "unsubscribed",
        "unsubscribed",
        "subscribed",
    ]


def test_duplicates_are_skipped_and_tags_replaced_when_told_to(charity: Charity) -> None:
    charity.put(ALICE, tags=["old", "kept"])
    row = {"email_address": ALICE, "status": "subscribed", "tags": ["KEPT", "new"]}
    answer = _bulk(charity, row, row, query="?skip_duplicate_check=true", update_existing=True, sync_tags=True)
    assert (answer["total_updated"], answer["errors"]) == (1, [])
    assert [tag["name"] for tag in charity.get(ALICE)["tags"]] == ["kept", "new"]


def test_more_than_500_members_are_refused_as_a_whole(charity: Charity) -> None:
    members = [{"email_address": f"p{number}@example.org", "status": "subscribed"} for number in range(501)]
    assert charity.api.post("/lists/news", json={"members": members}).status_code == 400
    assert charity.page()["total_items"] == 5


def test_notes_and_events_are_kept_and_leave_last_changed_alone(charity: Charity) -> None:
    _ok(charity.api.post(charity.path(ALICE, "/notes"), json={"note": "Rang up."}))
    assert charity.api.post(charity.path(ALICE, "/events"), json={"name": "came_by"}).status_code == 204
    assert charity.api.post(charity.path(ALICE, "/events"), json={"name": "came by!"}).status_code == 400
    alice = charity.get(ALICE)
    assert (alice["last_note"]["note"], alice["last_changed"]) == ("Rang up.", "2020-01-01T00:00:00+00:00")
    assert _ok(charity.api.get(charity.path(ALICE, "/notes")))["total_items"] == 1
    assert _ok(charity.api.get(charity.path(ALICE, "/events")))["events"][0]["name"] == "came_by"


def test_campaigns_and_their_reports_are_what_was_put_in(charity: Charity) -> None:
    campaign = {"id": "spring", "send_time": "2026-03-01T10:00:00+00:00", "recipients": {"list_id": "news"}}
    acts = [{"action": "open", "timestamp": f"2026-03-0{day}T00:00:00+00:00"} for day in (2, 4)]
    charity.app.load_campaign(
        KEY, campaign, [{"email_address": ALICE, "open_count": 2}], [{"email_address": ALICE, "activity": acts}]
    )
    assert _ok(charity.api.get("/campaigns", params={"since_send_time": "2026-02-01T00:00:00Z"}))["total_items"] == 1
    assert _ok(charity.api.get("/campaigns", params={"list_id": "other"}))["total_items"] == 0
    assert _ok(charity.api.get("/campaigns", params={"member_id": charity.get(ALICE)["id"]}))["total_items"] == 1
    sent = _ok(charity.api.get("/reports/spring/sent-to"))["sent_to"][0]
    assert (sent["email_id"], sent["open_count"], sent["status"]) == (charity.get(ALICE)["id"], 2, "sent")
    activity = _ok(charity.api.get("/reports/spring/email-activity", params={"since": "2026-03-03T00:00:00Z"}))
    assert [len(one["activity"]) for one in activity["emails"]] == [1]
    assert charity.api.get("/reports/none/sent-to").status_code == 404


@pytest.mark.parametrize("below", ["", "/tags", "/notes", "/events"])
def test_nobody_has_nothing(charity: Charity, below: str) -> None:
    assert charity.api.get(charity.path(GINA, below)).status_code == 404

"""Reading members: pages, filters, selected fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailchimpsync_sandbox.mailchimp.members import members as members_module

if TYPE_CHECKING:
    from sandbox.mailchimp.conftest import Charity

VISIBLE = ["alice", "bob", "charlie", "dora", "eric"]


def _crowd(charity: Charity, size: int = 1500) -> None:
    """People who changed one second apart."""
    charity.app.load_members(
        "news",
        [
            {
                "email_address": f"person{number:04}@example.org",
                "last_changed": f"2024-05-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}+00:00",
                "timestamp_opt": f"2023-05-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}+00:00",
                "interests": ["aaaa000002"] if number % 2 else [],
            }
            for number in range(size)
        ],
    )


def test_ten_come_unless_more_are_asked_for_and_a_thousand_at_most(charity: Charity) -> None:
    _crowd(charity)
    assert len(charity.page()["members"]) == 10
    assert len(charity.page(count=0)["members"]) == 10
    page = charity.page(count=5000)
    assert (len(page["members"]), page["total_items"]) == (1000, 1505)
    charity.app.set_options(count_above_max="refuse")
    assert charity.api.get("/lists/news/members", params={"count": 1001}).status_code == 400


def test_pages_add_up_to_everyone_once_by_every_way_of_asking(
    charity: Charity, monkeypatch: pytest.MonkeyPatch
) -> None:
    _crowd(charity)
    for deep in (10_000, 0):
        monkeypatch.setattr(members_module, "DEEP", deep)
        for query in ({}, {"sort_field": "last_changed"}, {"since_last_changed": "2019-01-01T00:00:00Z"}):
            pages = [charity.found(count=700, offset=offset, **query) for offset in (0, 700, 1400, 2100)]
            assert [len(page) for page in pages] == [700, 700, 105, 0]
            assert len({name for page in pages for name in page}) == 1505


def test_remembered_pages_do_not_outlive_a_change(charity: Charity) -> None:
    query = {"since_last_changed": "2019-01-01T00:00:00Z"}
    assert charity.found(**query) == VISIBLE
    charity.api.delete(charity.path("alice@example.org"))
    assert charity.found(**query) == VISIBLE[1:]


def test_past_the_end_is_an_empty_page_with_the_same_total(charity: Charity) -> None:
    page = charity.page(offset=1000)
    assert (page["members"], page["total_items"]) == ([], 5)


def test_fred_is_archived_and_only_found_when_asked_for(charity: Charity) -> None:
    assert charity.found() == VISIBLE
    assert charity.found(status="archived") == ["fred"]
    charity.app.set_options(hide_archived=False)
    assert charity.found() == [*VISIBLE, "fred"]


@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", "cleaned", "pending"])
def test_a_status_finds_its_people_and_counts_them(charity: Charity, status: str) -> None:
    page = charity.page(status=status, count=1)
    assert {one["status"] for one in page["members"]} == {status}
    assert page["total_items"] == (2 if status == "unsubscribed" else 1)


def test_since_is_strictly_greater_and_before_strictly_less(charity: Charity) -> None:
    _crowd(charity, 10)
    window = {"since_last_changed": "2024-05-01T00:00:03+00:00", "before_last_changed": "2024-05-01T00:00:06Z"}
    assert charity.found(**window) == ["person0004", "person0005"]
    assert charity.found(since_last_changed="2024-05-01T00:00:07.999Z") == ["person0008", "person0009"]
    assert charity.found(since_timestamp_opt="2023-05-01T00:00:08Z") == ["person0009"]
    assert charity.page(since_last_changed="2030-01-01T00:00:00Z")["total_items"] == 0


@pytest.mark.parametrize(
    "date", ["2024-01-25T18:02:15.6364226+00:00", "2024-01-25T18:02:15 00:00", "yesterday", "2024-13-45"]
)
def test_a_date_that_cannot_be_read_disables_the_filter(charity: Charity, date: str) -> None:
    assert charity.found(since_last_changed=date) == VISIBLE


def test_sorting_goes_both_ways(charity: Charity) -> None:
    _crowd(charity, 3)
    newest = charity.found(sort_field="last_changed", sort_dir="DESC", count=2)
    assert newest == ["person0002", "person0001"]
    assert charity.found(sort_field="timestamp_opt", sort_dir="ASC", status="subscribed")[0] == "alice"


def test_interests_are_matched_by_any_all_and_none(charity: Charity) -> None:
    charity.put("bob@example.org", interests={"aaaa000001": True, "aaaa000002": True})
    category = charity.api.get("/lists/news/interest-categories").json()["categories"][0]["id"]
    both = {"interest_category_id": category, "interest_ids": "aaaa000001,aaaa000002"}
    assert charity.found(**both, interest_match="any") == ["alice", "bob"]
    assert charity.found(**both, interest_match="all") == ["bob"]
    assert charity.found(**both, interest_match="none") == ["charlie", "dora", "eric"]
    assert charity.api.get("/lists/news/members", params={"interest_ids": "aaaa000001"}).status_code == 400


def test_alice_is_found_by_the_id_that_webhooks_carry_and_as_a_vip(charity: Charity) -> None:
    unique = charity.get("alice@example.org")["unique_email_id"]
    assert charity.found(unique_email_id=unique) == ["alice"]
    charity.put("alice@example.org", vip=True)
    assert charity.found(vip_only="1") == ["alice"]


def test_unsubscribed_since_needs_its_status(charity: Charity) -> None:
    since = {"unsubscribed_since": "2019-01-01T00:00:00Z"}
    assert charity.found(status="unsubscribed", **since) == ["bob", "eric"]
    assert charity.api.get("/lists/news/members", params=since).status_code == 400


def test_only_the_fields_that_are_asked_for_come(charity: Charity) -> None:
    fields = "members.id,members.merge_fields.FNAME,members.nonsense,total_items"
    page = charity.page(fields=fields, count=1)
    assert (sorted(page), page["total_items"]) == (["members", "total_items"], 5)
    assert page["members"][0].keys() == {"id", "merge_fields"}
    assert page["members"][0]["merge_fields"] == {"FNAME": "Alice"}
    assert charity.api.get(charity.path("alice@example.org"), params={"fields": "status"}).json() == {
        "status": "subscribed"
    }


def test_excluded_fields_stay_away_and_links_come_unless_excluded(charity: Charity) -> None:
    whole = charity.page(count=1)
    slim = charity.page(count=1, exclude_fields="_links,members._links,members.location.timezone,email_address")
    assert "_links" in whole
    assert len(whole["members"][0]["_links"]) == 10
    assert slim.keys() == {"members", "list_id", "total_items"}
    assert slim["members"][0].keys() == whole["members"][0].keys() - {"_links"}
    assert "timezone" not in slim["members"][0]["location"]


def test_alice_is_found_by_hash_in_any_case_by_address_and_by_contact_id(charity: Charity) -> None:
    alice = charity.get("alice@example.org")
    for key in (alice["id"].upper(), "Alice@example.org", alice["contact_id"]):
        assert charity.api.get(f"/lists/news/members/{key}").json()["web_id"] == alice["web_id"]
    assert charity.api.get("/lists/news/members/" + "0" * 32).status_code == 404


def test_hans_has_an_id_from_before_addresses_were_lower_cased(charity: Charity) -> None:
    legacy = "f" * 32
    charity.app.load_members("news", [{"email_address": "Hans@example.org", "legacy_id": legacy}])
    assert charity.api.get(f"/lists/news/members/{legacy}").json()["email_address"] == "Hans@example.org"
    assert charity.api.get(charity.path("hans@example.org")).status_code == 404
    assert charity.put("hans@example.org", status="subscribed").json()["title"] == "Member Exists"


def test_a_member_of_an_audience_without_interests_has_no_such_key(charity: Charity) -> None:
    charity.app.add_audience("0123456789abcdef0123456789abcdef-us6", "plain", "Plain")
    made = charity.api.post("/lists/plain/members", json={"email_address": "ida@example.org", "status": "subscribed"})
    assert "interests" not in made.json()
    assert charity.get("alice@example.org")["interests"] == {"aaaa000001": True, "aaaa000002": False}


def test_search_finds_alice_by_address_and_by_name(charity: Charity) -> None:
    found = charity.api.get("/search-members", params={"query": "ALICE@example.org"}).json()
    assert found["exact_matches"]["total_items"] == found["full_search"]["total_items"] == 1
    by_name = charity.api.get("/search-members", params={"query": "alice ant", "list_id": "news"}).json()
    assert [one["full_name"] for one in by_name["full_search"]["members"]] == ["Alice Ant"]
    assert by_name["exact_matches"]["total_items"] == 0

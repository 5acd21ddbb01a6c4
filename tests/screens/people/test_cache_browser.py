"""People: found by filters, both sides side by side, included in the next sync, and taken away as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from sqlalchemy import select, update

from mailchimpsync.actions import getstatus
from mailchimpsync.model import SyncStatus
from mailchimpsync.store.queries import browse
from mailchimpsync.store.schema import cache
from mailchimpsync.web.models import Role
from mailchimpsync.web.screens.people.filters import PAGE_ROWS
from mailchimpsync_sandbox.world import AUDIENCE_ID, Side
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import Charity
from support.client import signed_in

Visit = Callable[..., Page]

FAILED = "/everybody?sync_status=fail"


def rows(charity: Charity, *conditions: Any) -> list[dict[str, Any]]:
    with charity.site.store.reading() as tx:
        return [dict(row) for row in tx.execute(select(cache).where(*conditions).order_by(cache.c.id)).mappings()]


def set_row(charity: Charity, row_id: int, **values: Any) -> None:
    with charity.site.store.begin() as tx:
        tx.execute(update(cache).where(cache.c.id == row_id).values(values))


def numbers_of(text: str) -> tuple[int, int]:
    """Return the number a page of results tells, and of how many rows it shows."""
    told = re.search(r'id="found"[^>]*>([\d,]+) ', text)
    assert told is not None, text[:2_000]
    return int(told[1].replace(",", "")), len(re.findall(r'<th scope="row">', text))


def test_vera_finds_who_fails_sees_why_and_reads_the_details(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/everybody", Role.VIEWER)
    page.locator("summary", has_text="Sync status").click()
    page.get_by_label("can't be synced").check()
    page.get_by_role("button", name="Search").click()

    failed = rows(charity, cache.c.sync_status == "fail")
    expect(page.get_by_role("heading", name=f"{len(failed)} people")).to_be_visible()
    expect(page.get_by_role("button", name="Include")).to_have_count(0)
    expect(page.get_by_role("checkbox", name="Select")).to_have_count(0)
    line = page.get_by_role("row").filter(has_text="In the group, but without an e-mail address.")
    line.get_by_role("link").first.click()

    expect(page.get_by_text("Add an address to the contact, or remove it from the group.")).to_be_visible()
    expect(page.get_by_text("Who can fix it:")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text(re.compile(r"Contact|\d"))
    expect(page.locator(".who-page").get_by_role("link", name="CiviCRM")).to_have_attribute(
        "href", re.compile("cid=|contact/view")
    )
    assert accessibility_problems(page) == []


def test_interests_are_told_by_name_once_both_sides_were_asked(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/everybody", Role.VIEWER)

    expect(page.locator("#results .interests").first).to_contain_text(
        re.compile("Walks|Cycling|Wildlife|Volunteering|Events|Campaigns")
    )


@pytest.mark.parametrize(
    ("show", "number"),
    [
        ("to_add", "to_add"),
        ("to_remove", "to_remove"),
        ("cannot_subscribe", "cannot_subscribe"),
        ("other_fails", "other_fails"),
        ("outstanding", "updates_outstanding"),
    ],
)
def test_each_number_of_the_status_leads_to_so_many_rows(charity: Charity, show: str, number: str) -> None:
    wanted = getattr(getstatus(charity.site)[0], number)

    with signed_in(charity, Role.VIEWER) as vera:
        text = vera.get("/everybody", params={"show": show}).text

    assert numbers_of(text) == (wanted, min(wanted, PAGE_ROWS))


def test_several_values_of_a_filter_and_several_filters(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        either = vera.get("/everybody?mailchimp_status=cleaned&mailchimp_status=none").text
        both = vera.get("/everybody?mailchimp_status=cleaned&mailchimp_status=none&sync_status=fail").text
        contact = rows(charity, cache.c.civicrm_contact_id.is_not(None))[0]["civicrm_contact_id"]
        one = vera.get(f"/everybody?contact={contact}").text

    of_either = [row for row in rows(charity) if row["mailchimp_status"] in ("cleaned", None)]
    assert numbers_of(either)[0] == len(of_either)
    assert numbers_of(both)[0] == len([row for row in of_either if row["sync_status"] == "fail"])
    assert numbers_of(one) == (1, 1)


@pytest.mark.parametrize(
    "query",
    [
        "contact=Ann",
        "after=x~y",
        "before=5~",
        "sort=-nonsense",
        "sync_status=odd",
        "email=%00",
        "id=-1",
        "sort=updated&after=5~yesterday",
    ],
)
def test_an_odd_address_still_leads_to_a_page(charity: Charity, query: str) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        answer = vera.get(f"/everybody?{query}")

    assert answer.status_code == 200
    assert ("whole number" in answer.text) == (query == "contact=Ann")


def test_an_audience_that_is_not_connected_and_a_row_that_is_none_are_told_so(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        assert vera.get("/everybody?audience=elsewhere").status_code == 404
        assert vera.get("/everybody/999999").status_code == 404


@pytest.mark.thorough
def follow(page: Page, name: str) -> None:
    """Follow a link. A click while the rows are being replaced is lost, so it is repeated."""
    before = page.url
    for _ in range(3):
        page.get_by_role("link", name=name).click()
        with suppress(PlaywrightTimeout):
            page.wait_for_url(lambda url: url != before, timeout=10_000)
            return


def test_pages_go_there_and_back_by_name_and_a_new_search_begins_at_the_first(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/everybody", Role.VIEWER)
    page.get_by_role("link", name="Person", exact=True).click()
    expect(page.get_by_role("columnheader", name="Person")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#results[hx-get]")).to_have_count(0)  # until names are known, rows are replaced once more
    first = page.locator("tbody th .mail").all_text_contents()
    follow(page, "Next")
    expect(page.get_by_role("link", name="Previous")).to_be_visible()
    second = page.locator("tbody th .mail").all_text_contents()
    follow(page, "Previous")

    expect(page.locator("tbody th .mail").first).to_have_text(first[0])
    assert first == sorted(first)
    assert first[-1] < second[0]
    follow(page, "Next")
    page.get_by_label("E-mail contains").fill("letters")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Previous")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="Person")).to_have_attribute("aria-sort", "ascending")


@pytest.mark.thorough
def test_a_search_that_takes_long_shows_what_it_has_and_finds_the_rest_automatically(
    visit: Visit, charity: Charity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "WINDOW", 20)
    subscribed = len(rows(charity, cache.c.mailchimp_status == "cleaned"))

    with signed_in(charity, Role.VIEWER) as vera:
        hasty = vera.get("/everybody?mailchimp_status=cleaned").text
    assert "Search the rest" in hasty
    assert numbers_of(hasty.replace(" so far", ""))[0] < subscribed

    page = visit(charity, "/everybody?mailchimp_status=cleaned", Role.VIEWER)
    expect(page.locator("#found")).to_have_text(f"{subscribed} people" if subscribed != 1 else "1 person")
    expect(page.get_by_text("Search the rest")).to_have_count(0)


@pytest.mark.thorough
def test_otto_includes_all_who_fail_and_without_scripts_the_chosen(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity()
    failed = {row["id"] for row in rows(charity, cache.c.sync_status == "fail")}
    page = visit(charity, FAILED, Role.OPERATOR)
    page.wait_for_load_state("networkidle")  # names of interests come after the page
    page.get_by_role("button", name="Include all in next sync").click()
    page.get_by_role("dialog").get_by_role("button", name="Include all").click()

    expect(page.get_by_text(f"{len(failed)} people are included in the next sync")).to_be_visible()
    assert {row["id"] for row in rows(charity, cache.c.sync_status == "todo")} == failed
    charity.sync()

    page = visit(charity, "/everybody?sync_status=ok", Role.OPERATOR, java_script_enabled=False)
    page.locator(".pick").get_by_role("checkbox").nth(1).check()
    page.locator(".pick").get_by_role("checkbox").nth(3).check()
    page.get_by_role("button", name="Include selected").click()
    expect(page.get_by_text("2 people are included in the next sync")).to_be_visible()
    assert len(rows(charity, cache.c.sync_status == "todo")) == 2

    page.get_by_role("row").nth(1).get_by_role("rowheader").get_by_role("link").first.click()
    page.get_by_role("button", name="Include in next sync").click()
    expect(page.get_by_text("1 person is included in the next sync")).to_be_visible()
    expect(page.get_by_role("button", name="Include in next sync")).to_have_count(0)


def test_more_than_someone_waits_for_are_included_by_a_background_task(
    own_charity: Callable[..., Charity], monkeypatch: pytest.MonkeyPatch
) -> None:
    charity = own_charity(people=20)
    monkeypatch.setattr("mailchimpsync.web.screens.people.browser.AT_ONCE_MAX", 5)
    in_order = len(rows(charity, cache.c.sync_status.in_([SyncStatus.OK.value, SyncStatus.FAIL.value])))

    with signed_in(charity, Role.OPERATOR) as otto:
        answer = otto.send_form("/everybody/include", which="all", audience=AUDIENCE_ID)
        assert answer.headers["Location"] == "/everybody"
        assert "takes a moment" in otto.get("/everybody").text
    for _ in range(200):
        if len(rows(charity, cache.c.sync_status == "todo")) == in_order:
            return
        charity.site.runtime.sleep(0.05)
    raise AssertionError("they were not included")


def test_everyone_in_a_group_of_civicrm_is_included_by_its_title(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=20)
    group = charity.site.configuration.connections[0].group_title

    with signed_in(charity, Role.OPERATOR) as otto:
        unknown = otto.send_form("/everybody/include/group", group="Nobody's")
        assert "CiviCRM shows no group" in otto.get("/everybody").text
        otto.send_form("/everybody/include/group", group=group)
        told = otto.get("/everybody").text

    assert unknown.headers["Location"] == "/everybody"
    due = len(rows(charity, cache.c.sync_status == "todo"))
    assert f"{due} people are included in the next sync" in told
    assert due > 5


def test_vera_may_not_include_and_nobody_is_sent_elsewhere(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        refused = vera.send_form("/everybody/include", which="all", audience=AUDIENCE_ID)
    with signed_in(charity, Role.OPERATOR) as otto:
        back = otto.send_form("/everybody/include", audience=AUDIENCE_ID, back="/\\evil.example/")
        odd = otto.send_form("/everybody/include", audience=AUDIENCE_ID, which="all", contact="Ann")

    assert refused.status_code == 403
    assert back.headers["Location"] == "/everybody"
    assert odd.status_code == 400
    assert rows(charity, cache.c.sync_status == "todo") == []


def test_the_file_has_all_who_were_found_and_no_formula(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=60)
    subscribed = rows(charity, cache.c.mailchimp_status == "subscribed")
    set_row(charity, subscribed[0]["id"], mailchimp_data={"first_name": "=HYPERLINK(1)", "last_name": "שלום"})

    with signed_in(charity, Role.VIEWER) as vera:
        answer = vera.get("/everybody/export?mailchimp_status=subscribed")

    assert 'filename="mailchimpsync-' in answer.headers["Content-Disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [int(line["id"]) for line in lines] == [row["id"] for row in subscribed]
    assert (lines[0]["first_name"], lines[0]["last_name"]) == ("'=HYPERLINK(1)", "שלום")
    assert "Subscribed" in lines[0]["why"]


@pytest.mark.thorough
def test_what_an_update_said_and_why_it_was_refused_is_told(visit: Visit, charity: Charity) -> None:
    forgotten = rows(charity, cache.c.reason == "MC_FORGOTTEN")[0]

    page = visit(charity, f"/everybody/{forgotten['id']}", Role.VIEWER)

    expect(page.get_by_role("heading", name="Last updates sent to Mailchimp")).to_be_visible()
    expect(page.get_by_text("refused", exact=True)).to_be_visible()
    expect(page.get_by_text("Mailchimp says:")).to_be_visible()
    assert accessibility_problems(page) == []


@pytest.mark.thorough
def test_it_is_accessible_and_fits_a_phone(visit: Visit, charity: Charity) -> None:
    page = visit(charity, FAILED, Role.OPERATOR)
    assert accessibility_problems(page) == []

    page.set_viewport_size(PHONE)
    assert not is_too_wide(page)


@pytest.mark.thorough
@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}], ids=["light", "dark"])
def test_it_is_accessible_on_a_phone_in_every_colour(visit: Visit, charity: Charity, options: dict[str, Any]) -> None:
    page = visit(charity, FAILED, Role.OPERATOR, viewport=PHONE, **options)

    assert accessibility_problems(page) == []
    assert not is_too_wide(page)


def test_before_anything_is_connected_there_is_nobody(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=1, connected=False)
    with signed_in(charity, Role.VIEWER) as vera:
        for path in ("/everybody", "/cannot-sync", "/people", "/people?person=ann"):
            answer = vera.get(path)
            assert (answer.status_code, "Nothing is connected yet" in answer.text) == (200, True)


def test_names_that_one_screen_has_learned_are_not_asked_for_by_another(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        vera.get(f"/everybody/names?audience={AUDIENCE_ID}")
        charity.act(Side.MAILCHIMP, "clear_log", {})
        told = vera.get(f"/configuration/connections/{AUDIENCE_ID}").text

    assert "Topics: Walks ↔ Walks" in told
    assert charity.act(Side.MAILCHIMP, "log", {})["requests"] == []

"""Departures, trust, data, campaigns and erasure on the screens."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from mailchimpsync.actions import cache_get, getdatafindings
from mailchimpsync.config import Data, FieldRule, Link
from mailchimpsync.model import Leaving, Trust
from mailchimpsync.web.models import Role
from mailchimpsync_sandbox.world import AUDIENCE_ID, Side
from support.browser import DESK, PHONE, accessibility_problems, is_too_wide
from support.charity import Charity
from support.form_client import form_client
from support.rights import CAMPAIGNS, DATA

Begin = Callable[..., Charity]
Visit = Callable[..., Page]

CONNECTION = f"/configuration/connections/{AUDIENCE_ID}"
WALKS = "a100000009"
FOR_ADMINISTRATORS = ("departures", "trust", "campaigns/change")


def link_of(charity: Charity) -> Link:
    charity.site.refresh()
    [link] = charity.site.configuration.connections
    return link


def test_ada_chooses_what_leaving_means_and_all_else_stays(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    before = link_of(charity)
    with form_client(charity) as ada:
        saved = ada.fill_in(f"{CONNECTION}/departures", on_hold="unsubscribe", deceased="nothing")
        wrong = ada.fill_in(f"{CONNECTION}/departures", trashed="delete")

    assert "Archived at Mailchimp: In the trash<" in saved.text
    assert wrong.status_code == 400
    after = link_of(charity)
    assert (after.departures.on_hold, after.departures.deceased) == (Leaving.UNSUBSCRIBE, Leaving.NOTHING)
    assert after.departures.opt_out is Leaving.UNSUBSCRIBE
    assert after.model_copy(update={"departures": before.departures}) == before


def test_ada_trusts_a_side_the_next_sync_is_held_and_the_trust_can_be_taken_back(own_charity: Begin) -> None:
    charity = own_charity(people=5)
    with form_client(charity) as ada:
        asked = ada.look(f"{CONNECTION}/trust")
        assert "Nothing changes until a person has reviewed the plan." in asked.text
        saved = ada.fill_in(f"{CONNECTION}/trust", subscription="civicrm", **{f"interest_{WALKS}": "mailchimp"})
        trusting = link_of(charity)
        charity.sync()
        held = ada.look("/plans")
        ada.fill_in(f"{CONNECTION}/trust", subscription="none", **{f"interest_{WALKS}": "none"})

    assert "CiviCRM is right about subscriptions." in saved.text
    assert "Mailchimp is right about: Topics: Walks" in saved.text
    assert (trusting.trust, trusting.trust_interests) == (Trust.CIVICRM, {WALKS: Trust.MAILCHIMP})
    assert "held" in held.text.partition("<main")[2]
    assert (link_of(charity).trust, link_of(charity).trust_interests) == (Trust.NONE, {})


def until(look: Callable[[], str], words: str) -> str:
    for _ in range(150):
        if words in (text := look()):
            return text
        time.sleep(0.1)
    pytest.fail(f"never shown: {words}")


@pytest.mark.thorough
def test_otto_imports_campaigns_and_sees_whom_they_reached_as_ada_wished(own_charity: Begin) -> None:
    charity = own_charity(people=60, rights=CAMPAIGNS)
    page = f"{CONNECTION}/campaigns"
    with (
        form_client(charity) as ada,
        form_client(charity, Role.OPERATOR) as otto,
        form_client(charity, Role.VIEWER) as vera,
    ):
        wrong = ada.fill_in(f"{page}/change", every_hours=0, follow_days=30)
        ada.fill_in(f"{page}/change", enabled="on", every_hours=12, opens="on", follow_days=30)
        seen = vera.look(page).text
        refused = vera.fill_in("/configuration", at=f"{page}/import")
        otto.fill_in(page, at=f"{page}/import", everything="yes")
        shown = until(lambda: otto.look(page).text, "3 campaigns were checked.")

    assert wrong.status_code == 400
    assert refused.status_code == 403
    assert "No campaigns imported yet." in seen
    assert "Import now" not in seen
    assert "Campaigns are imported every 12 hours." in shown
    assert "Opens are imported too." in shown
    assert "Walks in November" in shown
    assert shown.count('<span class="badge good">imported</span>') == 3
    how = link_of(charity).campaigns
    assert (how.enabled, how.every_hours, how.opens, how.clicks) == (True, 12, True, False)


def test_ada_reads_what_goes_before_someone_is_erased_and_gets_a_report(own_charity: Begin) -> None:
    charity = own_charity(people=20)
    address = some_member(charity)
    with form_client(charity) as ada:
        person = ada.look(f"/people?person={quote(address)}")
        assert f"Erase {address} …" in person.text
        asked = ada.fill_in("/people", at="/people/erase", address=address)
        assert "This can&#x27;t be undone." in asked.text or "This can't be undone." in asked.text
        hasty = ada.fill_in("", page=asked.text, at="/people/erase")
        assert hasty.status_code == 400
        assert is_known(charity, address)

        begun = ada.fill_in("", page=asked.text, at="/people/erase", understood="on")
        report = until(lambda: ada.look(begun.url.path).text, "Recorded as erased")
        again = ada.look(f"/people?person={quote(address)}")

    assert "Done. Nothing is left to do" in report
    assert "permanently deleted at Mailchimp" in report
    assert "CiviCRM still has the address." in report
    assert address not in report
    assert address not in str(begun.url)
    assert not is_known(charity, address)
    assert "was erased on" in again.text


def is_known(charity: Charity, address: str) -> bool:
    return bool(cache_get(charity.site, mailchimp_list_id=AUDIENCE_ID, mailchimp_email=address))


def some_member(charity: Charity) -> str:
    found = cache_get(
        charity.site, mailchimp_list_id=AUDIENCE_ID, mailchimp_status="subscribed", civicrm_status="Added"
    )
    assert isinstance(found, list)
    return str(found[0]["mailchimp_email"])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_administrators_erase_and_choose(charity: Charity, role: Role) -> None:
    address = some_member(charity)
    with form_client(charity, role) as somebody:
        person = somebody.look(f"/people?person={quote(address)}")
        erasing = {"address": address, "confirmed": "yes", "understood": "on"}
        refused = somebody.fill_in("/people", at="/people/erase", **erasing)
        statuses = {
            part: somebody.fill_in("/configuration", at=f"{CONNECTION}/{part}").status_code
            for part in FOR_ADMINISTRATORS
        }

    assert "Erase " not in person.text.partition("<main")[2]
    assert refused.status_code == 403
    assert is_known(charity, address)
    assert set(statuses.values()) == {403}, statuses


NOTHING: dict[str, Any] = {"tags": "none", "tag_prefix": "CiviCRM: ", "data_every_hours": 24, "act": "save"}


def rows(*pairs: tuple[str, str], **more: Any) -> dict[str, Any]:
    """What the form says with rows of merge fields and what they are filled from."""
    filled = {
        f"row-{at}-{part}": value
        for at, pair in enumerate(pairs)
        for part, value in zip(("merge_field", "source"), pair, strict=True)
    }
    return {**NOTHING, "rows": len(pairs), **filled, **more}


def test_a_map_is_saved_row_by_row_and_what_the_page_does_not_show_stays(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    weather = link_of(charity).data.model_copy(update={"plugins": {"weather": {"city": "Berlin"}}})
    before = link_of(charity).model_copy(update={"data": weather})
    charity.site.save(charity.site.configuration.replacing_link(before), "ada")
    given = rows(("job", "job_title"), ("PLACE", "address"), ("", ""), ("CS", "checksum"), ("OLD", "birthday"))
    options: dict[str, Any] = {
        "row-0-keep_when_empty": "on",
        "row-1-fill": "-",
        "row-3-valid_days": 30,
        "row-4-remove": "on",
    }
    with form_client(charity) as ada:
        page = ada.look(f"{CONNECTION}/data")
        saved = ada.fill_in(f"{CONNECTION}/data", **given, **options, names="on", groups_as_tags="12")
        card = ada.look(CONNECTION)

    assert "&quot;city&quot;: &quot;Berlin&quot;" in page.text
    assert "have these merge fields: JOB, PLACE, CS." in saved.text
    assert "Merge fields: JOB · PLACE · CS" in card.text
    after = link_of(charity)
    job, place, checksum = after.data.fields
    assert (job.merge_field, job.source, job.keep_when_empty) == ("JOB", "job_title", True)
    assert (place.fill, checksum.valid_days) == ("-", 30)
    assert (after.data.names, after.data.groups_as_tags, after.data.plugins) == (True, (12,), weather.plugins)
    assert after.model_copy(update={"data": before.data}) == before


def test_what_is_wrong_with_a_row_stands_beside_it_and_nothing_is_saved(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    given = rows(("FNAME", "job_title"), ("no such", "birthday"), ("ONLY", ""), ("TWICE", "phone"), ("twice", "phone"))
    with form_client(charity) as ada:
        wrong = ada.fill_in(f"{CONNECTION}/data", **given, names="on")
        no_tag = ada.fill_in(f"{CONNECTION}/data", **{**NOTHING, "tags": "some", "tag_prefix": " "})

    assert wrong.status_code == 400
    for number, words in ((0, "already has a source"), (1, "up to 10 characters"), (4, "already has a source")):
        assert words in beside(wrong.text, f"row-{number}-merge_field")
    assert "Choose a source." in beside(wrong.text, "row-2-source")
    assert "Choose at least one tag" in no_tag.text
    assert "Enter a prefix" in no_tag.text
    assert not link_of(charity).data.fields


def beside(page: str, field: str) -> str:
    return page.partition(f'id="id_{field}_error"')[2].partition("</ul>")[0]


def test_a_tag_is_chosen_by_its_label_and_kept_by_its_name(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    for name, label in (("steward", "Warden of paths"), ("donor", "Giver")):
        values = {"name": name, "label": label, "used_for:name": ["Contact"]}
        charity.act(Side.CIVICRM, "call", {"entity": "Tag", "action": "create", "params": {"values": values}})
    with form_client(charity) as ada:
        page = ada.look(f"{CONNECTION}/data")
        ada.fill_in(f"{CONNECTION}/data", **{**NOTHING, "tags": "some", "only_tags": "steward", "rows": 0})

    assert "Warden of paths" in page.text
    assert link_of(charity).data.only_tags == ("steward",)


@pytest.mark.thorough
def test_ada_finds_a_source_by_a_part_of_its_name_previews_a_person_and_reads_how_many_it_concerns(
    visit: Visit, own_charity: Begin
) -> None:
    charity = own_charity(people=20, rights=DATA)
    member = some_member(charity)
    page = visit(charity, f"{CONNECTION}/data")
    source = page.get_by_label("Row 1: source")

    page.get_by_label("Row 1: merge field").fill("since")
    assert "Do not SMS" in source.locator("option").all_inner_texts()
    page.get_by_label("Find a source").fill("member since")
    expect(page.get_by_text("Matching sources: 1")).to_be_visible()
    assert source.locator("option:not([hidden])").all_inner_texts() == ["Choose …", "Membership: member since"]
    page.keyboard.press("Enter")
    expect(source).to_be_focused()
    page.keyboard.press("m")
    expect(source).to_have_value("membership.join")
    page.get_by_label("Find a source").fill("")
    assert source.locator("optgroup").first.get_attribute("label") == "Contact"

    page.get_by_role("textbox", name="Person", exact=True).fill(member[1:])
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article")).to_contain_text(member)
    page.get_by_role("textbox", name="Person", exact=True).fill("nobody of this name")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No contact matches this.")).to_be_visible()
    assert accessibility_problems(page) == []

    people = getdatafindings(charity.site, group_id=8).recipients
    expect(page.get_by_text(f"Saving applies this to all {people} people who are subscribed")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Changes to Green Paths newsletter")).to_be_visible()
    expect(page.get_by_text("The audience doesn't have these merge fields: SINCE.")).to_be_visible()


@pytest.mark.thorough
def test_ada_makes_a_map_sees_real_people_creates_what_is_missing_and_reads_what_a_sync_found(
    visit: Visit, own_charity: Begin
) -> None:
    charity = own_charity(people=20, rights=DATA)
    page = visit(charity, CONNECTION, java_script_enabled=False)
    page.get_by_role("link", name="Choose data").click()
    page.get_by_label("First and last name").check()
    page.get_by_label("Row 1: merge field").fill("since")
    page.get_by_label("Row 1: source").select_option(label="Membership: member since")
    page.get_by_role("button", name="More rows").click()
    expect(page.get_by_label("Row 6: merge field")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)

    page.get_by_label("Row 6: merge field").fill("CID")
    page.get_by_label("Row 6: source").select_option(label="Contact ID")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("the audience has no such merge field").first).to_be_visible()
    page.get_by_role("button", name="Create missing merge fields").click()
    expect(page.get_by_text("Created at Mailchimp:")).to_be_visible()
    assert not link_of(charity).data.fields

    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("the audience has no such merge field")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Merge fields: SINCE · CID")).to_be_visible()
    assert [one.merge_field for one in link_of(charity).data.fields] == ["SINCE", "CID"]
    charity.sync(with_data=True)
    page.goto(f"{charity.url}{CONNECTION}/data")
    expect(page.get_by_text(re.compile(r"People checked .*: [1-9]\d*\."))).to_be_visible()


def test_otto_and_vera_read_what_goes_and_otto_takes_it_along_in_a_sync(own_charity: Begin) -> None:
    charity = own_charity(people=20)
    names_and_jobs = Data(names=True, fields=(FieldRule(merge_field="JOB", source="job_title"),))
    before = link_of(charity).model_copy(update={"data": names_and_jobs})
    charity.site.save(charity.site.configuration.replacing_link(before), "ada")
    page, connection = f"{CONNECTION}/data", f"/connections/{AUDIENCE_ID}"
    with form_client(charity, Role.OPERATOR) as otto, form_client(charity, Role.VIEWER) as vera:
        seen = otto.fill_in(page, act="preview")
        refused = [otto.fill_in(page, act=act, names="").status_code for act in ("save", "more", "create")]
        otto.fill_in(connection, at=f"{connection}/sync", with_data="yes")
        found = until(lambda: otto.look(page).text, "People checked")
        previewed = vera.fill_in(page, act="preview").text
        denied = [
            vera.fill_in(page, act="save", names="").status_code,
            vera.fill_in(connection, at=f"{connection}/sync", with_data="yes").status_code,
        ]

    assert "<dt><code>FNAME</code></dt>" in seen.text
    assert "<dt><code>JOB</code></dt>" in seen.text
    assert not {">Save<", ">More rows<", ">Create missing merge fields<"} & set(re.findall(r">[^<>]+<", found))
    assert refused == [403, 403, 403]
    assert "<dt><code>JOB</code></dt>" in previewed
    assert denied == [403, 403]
    assert link_of(charity) == before


@pytest.mark.thorough
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_everyone_can_use_these_pages(charity: Charity, visit: Visit, size: ViewportSize) -> None:
    page = visit(charity, CONNECTION, viewport=size)
    for part in ("", "/data", "/departures", "/trust", "/campaigns", "/campaigns/change"):
        page.goto(f"{charity.url}{CONNECTION}{part}")
        assert accessibility_problems(page) == [], part
        assert not is_too_wide(page), part


def test_asking_for_a_report_that_is_no_longer_kept_says_so(charity: Charity) -> None:
    with form_client(charity) as ada:
        answer = ada.look("/people/erase/of-another-day")

    assert answer.url.path == "/people"
    assert "no longer available" in answer.text

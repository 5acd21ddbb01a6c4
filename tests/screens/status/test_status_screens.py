"""The overview and the page of a connection: Ada, Otto and Vera see where it stands, and sync, stop and compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override
from playwright.sync_api import Page, expect

from mailchimpsync.actions import getstatus
from mailchimpsync.decide.lanes import shares
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.model import LaneChoice, Stage
from mailchimpsync.store.runs import attempts, runs
from mailchimpsync.store.verify import verifications
from mailchimpsync.web.models import Role
from mailchimpsync_sandbox.world import AUDIENCE_ID
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import Charity, configuration
from support.client import signed_in

Visit = Callable[..., Page]
HOME = f"/connections/{AUDIENCE_ID}"
WAIT = 60_000
"""Milliseconds until what someone has begun must be done, on a busy machine."""

ACTS = ("sync", "plan", "verify", "abort", "dismiss", "pause", "resume", "accept/empty")


def under_way(charity: Charity, done: int, total: int | None, seconds: int) -> None:
    """Let a run in another process be so far in deciding."""
    with charity.site.store.begin() as tx:
        now = charity.site.runtime.now()
        lease = runs.acquire_lease(tx, AUDIENCE_ID, "elsewhere 1")
        runs.begin_run(tx, AUDIENCE_ID, now, now, by="cron")
        runs.set_stage(tx, AUDIENCE_ID, Stage.RECONCILE)
        runs.renew_lease(tx, lease, runs.StageProgress(done, total, seconds))


def goes_on(charity: Charity, done: int, total: int, seconds: int) -> None:
    with charity.site.store.begin() as tx:
        lease = runs.Lease(AUDIENCE_ID, runs.stored_status(tx, AUDIENCE_ID).lease_token)
        runs.renew_lease(tx, lease, runs.StageProgress(done, total, seconds))


def comes_to_its_end(charity: Charity) -> None:
    with charity.site.store.begin() as tx:
        found = runs.stored_status(tx, AUDIENCE_ID)
        now = charity.site.runtime.now()
        runs.end_run(tx, AUDIENCE_ID, found.run_id or 0, now, "done", mark=now)
        runs.release_lease(tx, runs.Lease(AUDIENCE_ID, found.lease_token))


def test_vera_sees_at_a_glance_that_both_sides_agree_and_comes_to_the_rows_behind_each_number(
    visit: Visit, charity: Charity
) -> None:
    page = visit(charity, "/", Role.VIEWER)
    card = page.get_by_role("article")
    expect(card).to_contain_text("OK")
    expect(card).to_contain_text("at Mailchimp")
    assert accessibility_problems(page) == []

    card.get_by_role("link", name="Green Paths newsletter").click()

    expect(page.get_by_text("Both totals match.")).to_be_visible()
    sums = page.locator(".sums .sum td").all_inner_texts()
    assert len(sums) == 2
    assert sums[0] == sums[1]
    links = {link.get_attribute("href") for link in page.locator(".sums a").all()}
    assert f"/everybody?audience={AUDIENCE_ID}&mailchimp_status=subscribed&mailchimp_status=pending" in links
    assert f"/everybody?audience={AUDIENCE_ID}&civicrm_status=Added" in links
    assert f"/everybody?audience={AUDIENCE_ID}&show=cannot_subscribe" in links
    assert page.locator("main button").count() == 0
    assert accessibility_problems(page) == []


@pytest.mark.thorough
def test_the_pages_fit_a_phone(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/", Role.OPERATOR, viewport=PHONE)
    assert not is_too_wide(page)
    page.goto(charity.url + HOME)
    assert not is_too_wide(page)
    for path in (f"{HOME}/runs", "/runs/1"):
        page.goto(charity.url + path)
        assert not is_too_wide(page), path
        assert accessibility_problems(page) == [], path


@pytest.mark.thorough
def test_otto_syncs_compares_plans_and_undoes_without_leaving_the_browser(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=60)
    page = visit(charity, HOME, Role.OPERATOR)

    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("heading", name="The sync is done")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("link", name="See what it changed")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("heading", name="The sync is done")).to_have_count(0)

    page.get_by_role("link", name="History").click()
    expect(page.locator("table", has_text="Started by").get_by_role("row").nth(1)).to_contain_text("otto")
    page.get_by_role("link", name="Status", exact=True).click()

    page.get_by_role("button", name="Compare both sides").click()
    page.get_by_role("link", name="See the differences").click(timeout=WAIT)
    expect(page.get_by_role("heading", name="Differences between both sides")).to_be_visible()
    assert accessibility_problems(page) == []

    page.goto(f"{charity.url}/runs/1")
    page.get_by_role("button", name="Undo this sync").click()
    page.get_by_role("button", name="Make the plan").click()
    page.get_by_role("link", name="Review the plan").click(timeout=WAIT)
    expect(page.get_by_role("heading", name="Plan 1")).to_be_visible()
    expect(page.get_by_text("by otto, to undo a sync")).to_be_visible()
    assert accessibility_problems(page) == []


def test_many_differences_stand_on_pages_and_those_nobody_kept_are_counted(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=1, synced=False)
    differ({"unknown": 30, "can't be synced": 600}, charity)
    with signed_in(charity, Role.VIEWER) as vera:
        first, second, last = (vera.get(f"{HOME}/differences?page={number}").text for number in (1, 2, 22))

    assert [page.count("Unexplained</span>") for page in (first, second, last)] == [1 + 25, 1 + 5, 1]
    assert "Page 1 of 22" in first
    assert "p25@example.org" in second
    assert "p529@example.org" in last
    assert "100 more people are counted above, but their details aren't kept." in last


def differ(numbers: dict[str, int], charity: Charity) -> None:
    """Let a comparison have found so many differences by cause, of which the first 500 of each are kept."""
    kind, unknown = "in the group, not subscribed", dict.fromkeys(("code", "status", "member_id"))
    causes = [cause for cause, number in numbers.items() for _ in range(min(number, 500))]
    differences = [
        {"kind": kind, "cause": cause, "contact_id": at + 1, "address": f"p{at}@example.org"} | unknown
        for at, cause in enumerate(causes)
    ]
    counts = [{"kind": kind, "cause": cause, "code": None, "count": number} for cause, number in numbers.items()]
    with charity.site.store.begin() as tx:
        now = charity.site.runtime.now()
        key = verifications.begin_verification(tx, AUDIENCE_ID, now, "ada")
        found = {
            "finished_at": now,
            "members": 1,
            "subscribed": 1,
            "in_group": 630,
            "explained": 600,
            "unexplained": 30,
        }
        verifications.finish_verification(tx, key, AUDIENCE_ID, counts=counts, differences=differences, **found)


@pytest.mark.thorough
def test_a_page_that_is_open_shows_how_far_a_sync_in_another_process_is(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=20)
    under_way(charity, 1_000, 4_000, 10)
    page = visit(charity, HOME, Role.VIEWER)
    expect(page.get_by_text("1,000 of 4,000")).to_be_visible()
    expect(page.get_by_text("100 a second")).to_be_visible()
    expect(page.get_by_text("about 30 s left in this step")).to_be_visible()
    log = page.locator("#log summary")
    log.click()

    goes_on(charity, 3_000, 4_000, 30)

    expect(page.get_by_text("3,000 of 4,000")).to_be_visible()
    expect(page.get_by_text("about 10 s left in this step")).to_be_visible()
    expect(page.locator("#log")).to_have_attribute("open", "")
    assert accessibility_problems(page) == []
    expect(page.locator("#news")).to_have_text("")
    comes_to_its_end(charity)
    expect(page.locator("#news")).to_contain_text("OK")


@pytest.mark.thorough
def test_otto_stops_an_interrupted_sync_only_after_he_has_read_what_that_means(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=20)
    charity.sync(stop_on=Stage.RECONCILE.value)
    page = visit(charity, HOME, Role.OPERATOR)
    expect(page.get_by_text("A sync was interrupted; the next one resumes it", exact=True)).to_be_visible()

    page.get_by_role("button", name="Abort").click()
    expect(page.get_by_text("Changes that Mailchimp has already made stay.")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    assert open_run(charity) is not None
    page.get_by_role("button", name="Abort").click()
    page.get_by_role("dialog").get_by_role("button", name="Abort").click()

    expect(page.get_by_text("Aborted. Batches deleted at Mailchimp: 0")).to_be_visible()
    assert open_run(charity) is None


def open_run(charity: Charity) -> int | None:
    with charity.site.store.begin() as tx:
        return runs.stored_status(tx, AUDIENCE_ID).run_id


def test_without_scripts_a_page_asks_before_a_sync_is_stopped(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=10)
    charity.sync(stop_on=Stage.RECONCILE.value)
    with signed_in(charity, Role.OPERATOR) as otto:
        asked = otto.send_form(f"{HOME}/abort")
        assert asked.status_code == 200
        assert "Abort this sync?" in asked.text
        assert open_run(charity) is not None

        assert otto.send_form(f"{HOME}/abort", confirmed="yes").status_code == 302
        assert open_run(charity) is None


@pytest.mark.parametrize("act", ACTS)
def test_vera_may_look_and_nothing_else(charity: Charity, act: str) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        answer = vera.send_form(f"{HOME}/{act}", confirmed="yes")

    assert answer.status_code == 403
    assert "You don&#x27;t have permission" in answer.text


def test_nobody_sees_anything_without_signing_in(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        vera.send_form("/sign-out")
        answer = vera.get(f"{HOME}/live", headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert "sign-in" in answer.headers["HX-Redirect"]


def test_a_crash_is_told_and_what_to_do_about_it(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=10)
    with charity.site.store.begin() as tx:
        then = charity.site.runtime.now() - timedelta(hours=2)
        runs.begin_run(tx, AUDIENCE_ID, then, then)
        runs.set_stage(tx, AUDIENCE_ID, Stage.RECONCILE)
    with signed_in(charity, Role.VIEWER) as vera:
        page = vera.get(HOME).text

    assert "A sync stopped partway" in page
    assert "Sync now. The sync resumes where it stopped." in page


def test_what_failed_is_told_with_its_remedy_until_otto_says_that_he_knows(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=10)
    urls = charity.mailchimp_url, charity.civicrm_url
    charity.site.save(configuration(*urls, group_id=999, group_title="Gone"), "ada")
    with pytest.raises(MailchimpsyncError):
        charity.sync()
    with signed_in(charity, Role.OPERATOR) as otto:
        page = otto.get(HOME).text
        assert "The last sync failed" in page
        assert "Acknowledge" in page
        alert = page.partition("/alerts/")[2].partition("/")[0]

        answer = otto.send_form(f"/alerts/{alert}/acknowledge")

        assert answer.headers["Location"] == HOME
        assert "Acknowledged by otto." in otto.get(HOME).text


def test_mailchimp_is_asked_about_batches_only_when_someone_wants_to_know(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        part = vera.get(f"{HOME}/batches", headers={"HX-Request": "true"}).text
        page = vera.get(f"{HOME}/batches").text

    assert part.strip() == "none in progress"
    assert "Batches at Mailchimp" in page


def test_gerda_reads_by_which_lanes_updates_go_and_how_long_that_takes(charity: Charity) -> None:
    [status] = getstatus(charity.site, group_id=charity.site.configuration.connections[0].group_id)
    ways = shares(opt_outs=3, new=0, others=50_000, choice=LaneChoice.AUTO)
    with override("de"):
        facts = {"status": replace(status, sending=tuple(ways)), "link": status.link}
        text = render_to_string("screens/parts/status_facts.html", facts)

    assert (
        "3 werden zuerst und einzeln abgemeldet; 50.000 gehen in Stapeln, die Mailchimp später abarbeitet; etwa 84 Minuten"
        in text
    )


def test_before_anything_is_connected_the_overview_says_how_to_begin(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=1, connected=False)
    with signed_in(charity, Role.ADMINISTRATOR) as ada, signed_in(charity, Role.VIEWER) as vera:
        assert "Connect an audience" in ada.get("/").text
        assert "An administrator can connect one." in vera.get("/").text


@pytest.mark.parametrize("path", ["/connections/nobody", "/runs/999999", "/connections/nobody/runs"])
def test_what_is_not_there_is_told_so(charity: Charity, path: str) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        assert vera.get(path).status_code == 404


@pytest.mark.thorough
@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}, {"locale": "de-DE"}])
def test_every_page_is_accessible_in_every_size_and_colour(
    visit: Visit, charity: Charity, options: dict[str, Any]
) -> None:
    page = visit(charity, "/", Role.ADMINISTRATOR, **options)
    for path in ("/", HOME, f"{HOME}/runs", "/runs/1", f"{HOME}/differences", f"{HOME}/abort", "/plans"):
        page.goto(charity.url + path)
        assert accessibility_problems(page) == [], path
        assert not is_too_wide(page), path


@pytest.mark.thorough
def test_otto_pauses_a_connection_and_everyone_sees_it_on_every_page_until_he_resumes_it(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=10)
    page = visit(charity, "/", Role.OPERATOR)
    other = visit(charity, f"{HOME}/runs", Role.VIEWER)
    page.get_by_role("article").get_by_role("link", name="Pause").click()
    assert accessibility_problems(page) == []
    page.get_by_label("Reason (optional)").fill("CiviCRM is being upgraded")
    page.get_by_role("button", name="Pause").click()

    expect(page.locator("#state-badge")).to_have_text("Paused")
    expect(page.locator(".headline")).to_contain_text("Paused by otto: CiviCRM is being upgraded")
    expect(page.get_by_role("button", name="Sync now")).to_have_count(0)
    expect(other.locator("#state-badge")).to_have_text("Paused")
    page.get_by_role("link", name="Help for this page").click()
    expect(page.get_by_role("heading", name="Sync").first).to_be_visible()
    assert accessibility_problems(page) == []
    page.go_back()
    tabs = page.get_by_role("navigation", name="Connection").get_by_role("link")
    pages = [tab.get_attribute("href") for tab in tabs.all()]
    assert tabs.all_inner_texts() == ["Status", "People", "History", "Plans", "Settings"]
    for path in pages[:-1]:
        page.goto(f"{charity.url}{path}")
        assert page.locator(".tabs [aria-current=page]").get_attribute("href") == path
        expect(page.locator("#state-badge")).to_have_text("Paused")

    page.goto(charity.url)
    page.get_by_role("article").get_by_role("button", name="Resume").click()
    expect(page.locator("#state-badge")).to_have_text("OK")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("heading", name="The sync is done")).to_be_visible(timeout=WAIT)


def test_calls_that_fail_every_minute_are_one_line_of_the_history(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=1)
    urls = charity.mailchimp_url, charity.civicrm_url
    charity.site.save(configuration(*urls, group_id=999, group_title="Gone"), "ada")
    for _ in range(3):
        with pytest.raises(MailchimpsyncError):
            charity.sync()
    with signed_in(charity, Role.VIEWER) as vera:
        page = vera.get(f"{HOME}/runs").text

    assert page.count("<code>CV_GROUP_GONE</code>") == 1
    assert "3 failed attempts, the last one at" in page


def test_a_group_that_looks_empty_is_accepted_by_a_button_and_never_by_a_command(
    own_charity: Callable[..., Charity],
) -> None:
    charity = own_charity(people=5)
    with charity.site.store.begin() as tx:
        attempts.record_failure(tx, AUDIENCE_ID, charity.site.runtime.now(), "CV_GROUP_EMPTY")
    with signed_in(charity, Role.OPERATOR) as otto, signed_in(charity, Role.VIEWER) as vera:
        assert "sync anyway" not in vera.get(HOME).text
        page, asked = otto.get(HOME).text, otto.get(f"{HOME}/accept/empty").text

        assert "It's true: sync anyway" in page
        assert "Nobody is left in one of the connection&#x27;s groups" in asked
        assert "Your limits on mass changes still apply" in asked
        assert "--accept-empty" not in page + asked
        assert otto.send_form(f"{HOME}/accept/empty").headers["Location"] == HOME

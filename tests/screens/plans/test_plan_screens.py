"""Plans on a screen: Otto sees what a sync would do, and approves, does or drops it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from html import escape
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mailchimpsync.actions import Plan, createplan, getplans, getruns, pausesync, undoplan, watch
from mailchimpsync.actions.plans.words import DEEDS, KIND_WORDS
from mailchimpsync.model import ChangeKind
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.web.models import Role
from mailchimpsync.web.screens.labels import WORDS
from mailchimpsync.web.templatetags.charts import by_kind
from mailchimpsync_sandbox.world import AUDIENCE_ID, NEWS_GROUP, Side
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import Charity, configuration
from support.client import signed_in

Visit = Callable[..., Page]


def staff_remove(charity: Charity, number: int) -> None:
    """Let staff take so many people out of the group."""
    found = charity.act(
        Side.CIVICRM,
        "call",
        {
            "entity": "GroupContact",
            "action": "get",
            "params": {"where": [["group_id", "=", NEWS_GROUP], ["status", "=", "Added"]], "limit": 0},
        },
    )
    contacts = [row["contact_id"] for row in found["values"]][:number]
    records = [{"contact_id": contact, "group_id": NEWS_GROUP, "status": "Removed"} for contact in contacts]
    params = {"records": records, "match": ["contact_id", "group_id"], "method": "Admin"}
    charity.act(Side.CIVICRM, "call", {"entity": "GroupContact", "action": "save", "params": params})


def held(charity: Charity) -> Plan:
    """Let a sync be held, because staff have removed a third of the group."""
    urls = charity.mailchimp_url, charity.civicrm_url
    charity.site.save(configuration(*urls, guard={"enabled": True, "minimum": 5}), "ada")
    staff_remove(charity, 20)
    charity.sync()
    [plan] = getplans(charity.site, limit=1)
    assert plan.kind == "held"
    return plan


def test_otto_looks_at_a_held_sync_and_lets_it_be_done(visit: Visit, own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=60)
    plan = held(charity)
    watch(charity.site, seconds=1)
    page = visit(charity, "/", Role.OPERATOR)
    expect(page.get_by_role("article")).to_contain_text("Held for review: plan 1")
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Acknowledged by otto.")).to_be_visible()

    page.goto(f"{charity.url}/connections/{AUDIENCE_ID}")
    expect(page.locator("main .button.primary")).to_have_text(["Review the plan"])
    expect(page.locator("main")).to_contain_text(re.compile(r"\d+ people are waiting until someone decides"))
    expect(page.get_by_text("to be unsubscribed")).to_have_count(0)
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("held until someone decides about the plan")).to_be_visible()
    page.get_by_role("link", name="Review the plan").click()
    expect(page.get_by_role("heading", name="This plan exceeds your limits")).to_be_visible()

    expect(page.get_by_text("people would be unsubscribed or archived at Mailchimp")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("subscribed → unsubscribed")
    assert accessibility_problems(page) == []
    expect(page.get_by_text("people were removed from the group")).to_be_visible()
    somebody = page.locator("tbody .address").first.inner_text()
    page.get_by_label("Name or e-mail contains").fill(somebody)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#people tbody tr")).to_have_count(1)
    assert accessibility_problems(page) == []
    deed = f"Unsubscribe {plan.counts['unsubscribe']} people now"
    page.get_by_role("button", name=deed, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=deed).click()
    expect(page.get_by_role("heading", name="The sync is done")).to_be_visible(timeout=60_000)
    page.goto(f"{charity.url}/plans/{plan.id}")
    expect(page.get_by_text("Carried out by")).to_be_visible()
    expect(page.get_by_text("This plan exceeds your limits")).to_have_count(0)
    expect(page.locator("tbody tr").first).to_contain_text("done")
    assert accessibility_problems(page) == []


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "color_scheme": "dark"}])
def test_a_plan_of_a_paused_connection_is_decided_first_and_then_the_connection_is_resumed(
    visit: Visit, own_charity: Callable[..., Charity], options: dict[str, Any]
) -> None:
    charity = own_charity(people=60)
    plan = held(charity)
    pausesync(charity.site, group_id=NEWS_GROUP, by="otto", reason="the move")
    page = visit(charity, f"/connections/{AUDIENCE_ID}", Role.OPERATOR, **options)
    primary = page.locator("main .button.primary:visible")
    expect(primary).to_have_text(["Review the plan"])
    expect(page.get_by_text("First decide about the plan, then resume the connection.")).to_be_visible()
    primary.click()

    number = plan.counts["unsubscribe"]
    expect(primary).to_have_text([f"Unsubscribe {number} people at the next sync"])
    expect(primary).to_have_class(re.compile("danger"))
    expect(page.get_by_role("button", name="now", exact=False)).to_have_count(0)
    assert accessibility_problems(page) == []
    primary.click()
    page.get_by_role("dialog").get_by_role("button", name=f"Unsubscribe {number} people at the next sync").click()
    expect(primary).to_have_text(["Resume"])
    expect(page.get_by_text("Once someone resumes it, the next sync carries out the plan.")).to_be_visible()
    primary.click()
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("heading", name="The sync is done")).to_be_visible(timeout=60_000)
    [done] = getplans(charity.site, id=plan.id)
    assert done.state == "applied"


@pytest.mark.thorough
def test_after_many_are_removed_by_mistake_the_plan_is_dropped_and_nobody_is_unsubscribed(
    own_charity: Callable[..., Charity],
) -> None:
    charity = own_charity(people=60)
    plan = held(charity)
    with signed_in(charity, Role.OPERATOR) as otto:
        answer = otto.send_form(f"/plans/{plan.id}/decide", act="drop")
        page = otto.get(f"/plans/{plan.id}").text
        again = otto.send_form(f"/plans/{plan.id}/decide", act="approve", confirmed="yes")

    assert answer.headers["Location"] == f"/plans/{plan.id}"
    assert "dropped" in page
    assert "by otto" in page
    assert again.status_code == 400
    [found] = getplans(charity.site, id=plan.id)
    assert found.state == "dropped"


@pytest.mark.parametrize("act", ["approve", "apply"])
def test_without_scripts_a_page_asks_before_a_plan_is_approved(charity: Charity, act: str) -> None:
    [plan] = createplan(charity.site, by="ada")
    with signed_in(charity, Role.OPERATOR) as otto:
        answer = otto.send_form(f"/plans/{plan.id}/decide", act=act)

    assert answer.status_code == 200
    assert 'name="confirmed" value="yes"' in answer.text
    assert {"approve": "at the next sync</button>", "apply": "now</button>"}[act] in answer.text
    [found] = getplans(charity.site, id=plan.id)
    assert found.state == "open"


@pytest.mark.parametrize("act", ["approve", "apply", "drop"])
def test_vera_sees_plans_and_decides_about_none(charity: Charity, act: str) -> None:
    [plan] = createplan(charity.site, by="ada")
    with signed_in(charity, Role.VIEWER) as vera:
        page = vera.get(f"/plans/{plan.id}")
        answer = vera.send_form(f"/plans/{plan.id}/decide", act=act, confirmed="yes")

    assert page.status_code == 200
    assert "Approve" not in page.text
    assert answer.status_code == 403
    [found] = getplans(charity.site, id=plan.id)
    assert found.state == "open"


def test_a_plan_as_csv_names_everyone_and_no_cell_is_a_formula(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=60)
    plan = held(charity)
    with signed_in(charity, Role.VIEWER) as vera:
        answer = vera.get(f"/plans/{plan.id}/changes.csv")

    assert answer.headers["Content-Disposition"] == f'attachment; filename="plan-{plan.id}.csv"'
    rows: list[dict[str, Any]] = list(csv.DictReader(answer.text.splitlines()))
    assert len(rows) == plan.people
    assert {"Mailchimp: subscribed → unsubscribed"} < {row["changes"] for row in rows} | {""}
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_a_plan_to_undo_a_sync_says_why_people_are_left_out(charity: Charity) -> None:
    run = max(
        (one for one in getruns(charity.site, limit=100) if one.changes), key=lambda one: sum(one.changes.values())
    )
    plan = undoplan(charity.site, run_id=run.id, by="ada")
    with signed_in(charity, Role.VIEWER) as vera:
        page = vera.get(f"/plans/{plan.id}").text

    assert plan.reasons
    assert sum(one.count for one in plan.reasons) == plan.outcomes["left out"]
    for one in plan.reasons:
        assert f"{one.count} left out: {escape(one.why)}" in page
    assert f"{plan.to_do} not done yet" in page


def test_every_kind_of_change_has_words_in_the_summary_on_its_button_and_at_the_command_line() -> None:
    counts = {kind.value: 2 for kind in ChangeKind}

    assert {kind for kind, people in by_kind(counts) if people == 2} <= WORDS.keys()
    assert len(by_kind(counts)) == len(ChangeKind)
    assert KIND_WORDS.keys() == DEEDS.keys() == set(ChangeKind)


def test_of_a_long_plan_a_few_of_each_kind_come_first_and_the_rest_by_kind_by_name_and_by_date(
    charity: Charity,
) -> None:
    plan_id = keep_long_plan(charity)
    with signed_in(charity, Role.VIEWER) as vera:

        def people(query: str) -> list[str]:
            return re.findall(r"(\w+\d+)@example\.org", vera.get(f"/plans/{plan_id}{query}").text)

        assert people("") == ["left0", "left1", "left2", "new0", "new1", "new2"]
        assert people("?show=unsubscribe") == [f"left{number}" for number in range(25)]
        assert people("?show=unsubscribe&page=2") == [f"left{number}" for number in range(25, 40)]
        assert people("?q=NEW+lee19") == ["new19"]
        assert people("?show=dates") == ["left7"]
        assert people("?q=nobody") == []
        page = vera.get(f"/plans/{plan_id}").text
        returning, new = (vera.get(f"/plans/{plan_id}?q={who}").text for who in ("new19", "new18"))

    assert "unsubscribed →</span> <strong>subscribed, or asked to confirm</strong>" in returning
    assert "not there →</span> <strong>subscribed</strong>" in new
    assert "51 people were removed from the group “Newsletter” in CiviCRM" in page
    assert "Subscribing 20 people sends no e-mail." in page
    assert "Mailchimp bills 100 contacts now, 120 afterwards: 20 more." in page


def keep_long_plan(charity: Charity) -> int:
    """Keep a plan that unsubscribes 40 people, one of them by date, and subscribes 20, one of them again."""
    now = charity.site.runtime.now()
    date = now.isoformat()
    burst = {"people": 51, "begin": date, "end": date, "method": "Admin", "group": NEWS_GROUP}
    background = {"reasons": {"CIVICRM_REMOVED": 40}, "by_date": 1, "bursts": [{"reason": "CIVICRM_REMOVED", **burst}]}
    about = {"made_at": now, "made_by": "ada", "expires_at": now, "links": {}, "excess": [], "background": background}
    numbers = {"counts": {"unsubscribe": 40, "add": 20}, "billable": {"before": 100, "after": 120}}
    dates = [{"group": NEWS_GROUP, "mailchimp": date, "civicrm": date}]
    left = [
        _planned(f"left{number}", "unsubscribe", "unsubscribed", dates=dates if number == 7 else None)
        for number in range(40)
    ]
    new = [_planned(f"new{number}", "add", "subscribed", name=f"Nora Lee{number}") for number in range(20)]
    new[19]["before"]["status"] = "unsubscribed"
    with charity.site.store.begin() as tx:
        plan_id = kept_plans.keep_plan(tx, list_id=AUDIENCE_ID, kind="plan", **about, **numbers)
        kept_plans.keep_changes(tx, plan_id, [*left, *new])
    return plan_id


def _planned(who: str, kind: str, status: str, **columns: Any) -> dict[str, Any]:
    return {
        "identity": f"m:{who}",
        "address": f"{who}@example.org",
        "before": {"status": None, "interests": {}, "groups": {}},
        "create_contact": False,
        "group_changes": [],
        "member_update": {"email_address": f"{who}@example.org", "status": status},
        "sync_status": "live",
        "reason": "CIVICRM_REMOVED",
        "agreed": {},
        "kinds": f",{kind},",
        "name": None,
        "dates": None,
        **columns,
    }


def test_a_plan_that_is_not_there_is_told_so(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        assert vera.get("/plans/999999").status_code == 404
        assert vera.get("/plans/999999/changes.csv").status_code == 404


@pytest.mark.thorough
def test_plans_fit_a_phone(visit: Visit, charity: Charity) -> None:
    [plan] = createplan(charity.site, by="ada", group_id=NEWS_GROUP)
    page = visit(charity, "/plans", Role.OPERATOR, viewport=PHONE)
    assert not is_too_wide(page)
    assert accessibility_problems(page) == []
    page.goto(f"{charity.url}/plans/{plan.id}")
    assert not is_too_wide(page)
    assert plan.list_id == AUDIENCE_ID

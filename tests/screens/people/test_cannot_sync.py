"""People who can't be synced: by reason, with the cause and the remedy, and another try."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.store.queries.failures import Failed, count_failed
from mailchimpsync.store.schema import cache
from mailchimpsync.web.models import Role
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import Charity
from support.client import signed_in

Visit = Callable[..., Page]


def reasons(charity: Charity) -> Counter[str]:
    with charity.site.store.reading() as tx:
        return Counter(tx.execute(select(cache.c.reason).where(cache.c.sync_status == "fail")).scalars())


@pytest.mark.thorough
def test_vera_sees_every_reason_with_what_to_do_and_takes_a_file_to_those_who_can(
    visit: Visit, charity: Charity
) -> None:
    page = visit(charity, "/cannot-sync", Role.VIEWER, viewport=PHONE)

    if page.locator(".quiet-failures:not([open]) > summary").count():
        page.locator(".quiet-failures > summary").click()
    for code, number in reasons(charity).items():
        entry = REGISTRY[Code(code)]
        card = page.get_by_role("article", name=entry.sentence)
        expect(card.get_by_text(entry.fine_because or entry.remedy)).to_be_visible()
        expect(card.get_by_role("link", name=f"{number} pe")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert accessibility_problems(page) == []
    assert not is_too_wide(page)

    with signed_in(charity, Role.VIEWER) as vera:
        text = vera.get("/everybody/export?sync_status=fail&reason=CV_NO_ADDRESS").text
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(lines) == reasons(charity)["CV_NO_ADDRESS"] > 0
    assert "contact/view" in lines[0]["contact_page"]


def test_otto_has_one_reason_tried_again_and_once_all_is_well_the_page_says_so(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity()
    before = reasons(charity)
    page = visit(charity, "/cannot-sync", Role.OPERATOR, java_script_enabled=False)
    card = page.get_by_role("article", name=REGISTRY[Code.CV_NO_ADDRESS].sentence)
    card.get_by_role("button", name="Try again in the next sync").click()

    expect(page.get_by_text("included in the next sync")).to_be_visible()
    assert reasons(charity) == Counter({code: n for code, n in before.items() if code != "CV_NO_ADDRESS"})

    with charity.site.store.begin() as tx:
        tx.execute(update(cache).values(sync_status="ok"))
    page.goto(f"{charity.url}/cannot-sync")
    expect(page.get_by_text("Everyone can be synced.")).to_be_visible()


def test_otto_accepts_a_person_and_then_a_reason_and_only_the_rest_is_counted(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity()
    page = visit(charity, "/cannot-sync", Role.OPERATOR)
    sentence, folded = REGISTRY[Code.CV_NO_ADDRESS].sentence, page.locator(".quiet-failures > summary")
    card = page.get_by_role("article", name=sentence)
    card.get_by_role("button", name="Accept ").first.click()
    expect(page.get_by_text("This person is no longer counted")).to_be_visible()
    folded.click()
    expect(card.get_by_text("Accepted by otto")).to_be_visible()

    card.get_by_role("button", name="Accept no longer").first.click()
    expect(page.get_by_text("Counted again")).to_be_visible()
    assert count(charity).accepted == 0

    card.get_by_role("button", name="Accept everyone with this reason").click()
    asked = page.get_by_role("dialog", name="Accept that 1 person can't be synced?")
    assert accessibility_problems(page) == []
    asked.get_by_role("button", name="Cancel").click()
    assert count(charity).accepted == 0
    card.get_by_role("button", name="Accept everyone with this reason").click()
    asked.get_by_role("button", name="Accept 1 person").click()
    expect(page.get_by_text("Nobody with this reason is counted")).to_be_visible()
    folded.click()
    expect(card.get_by_text("was accepted by otto").first).to_be_visible()
    assert accessibility_problems(page) == []
    menu = page.get_by_role("link", name="Can't be synced")
    expect(menu).to_contain_text(str(count(charity).need_attention))
    card.get_by_role("button", name="Accept no one with this reason").click()
    expect(page.get_by_text("Counted again")).to_be_visible()
    assert count(charity).accepted == 0


def test_without_scripts_a_page_says_how_many_are_accepted_before_they_are(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity()
    with charity.site.store.begin() as tx:
        tx.execute(update(cache).where(cache.c.sync_status == "fail").values(reason="CV_NO_ADDRESS"))
    number = reasons(charity)["CV_NO_ADDRESS"]
    page = visit(charity, "/cannot-sync", Role.OPERATOR, java_script_enabled=False, viewport=PHONE)
    card = page.get_by_role("article", name=REGISTRY[Code.CV_NO_ADDRESS].sentence)
    card.get_by_role("button", name="Accept everyone with this reason").click()
    expect(page.get_by_role("heading", name=f"Accept that {number} people can't be synced?")).to_be_visible()
    assert not is_too_wide(page)
    assert count(charity).accepted == 0

    page.get_by_role("button", name=f"Accept {number} people").click()
    expect(page.get_by_text("Nobody with this reason is counted")).to_be_visible()
    assert count(charity).accepted == number


def count(charity: Charity) -> Failed:
    with charity.site.store.reading() as tx:
        return count_failed(tx, [link.audience_id for link in charity.site.configuration.connections])


def test_a_reason_that_another_version_wrote_is_found_by_its_link(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=20)
    with charity.site.store.begin() as tx:
        tx.execute(update(cache).where(cache.c.sync_status == "fail").values(reason="MC_FROM_TOMORROW"))

    with signed_in(charity, Role.VIEWER) as vera:
        inbox = vera.get("/cannot-sync").text
        rows = vera.get("/everybody?sync_status=fail&reason=MC_FROM_YESTERDAY").text

    assert "For a reason that this version doesn&#x27;t know." in inbox
    assert "No one matches this search." in rows

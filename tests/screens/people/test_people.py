"""Checking a person, asked by people who know a name, an address or a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr
from sqlalchemy import select

from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.store.schema import cache
from mailchimpsync.web.models import Role
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import Charity
from support.client import signed_in

Visit = Callable[..., Page]


def first_row(charity: Charity, *conditions: Any) -> dict[str, Any]:
    with charity.site.store.reading() as tx:
        return dict(tx.execute(select(cache).where(*conditions).order_by(cache.c.id)).mappings().first() or {})


@pytest.mark.thorough
def test_vera_asks_by_a_part_of_the_address_chooses_and_reads_the_story(visit: Visit, charity: Charity) -> None:
    row = first_row(charity, cache.c.reason == "MAILCHIMP_NEW_PERSON")
    page = visit(charity, "/people", Role.VIEWER)
    page.get_by_label("Who do you want to check?").fill("letters")
    page.get_by_role("button", name="Check", exact=True).click()

    expect(page.get_by_role("heading", name="Which person do you mean?")).to_be_visible()
    expect(page.get_by_text("There are more.")).to_be_visible()
    assert accessibility_problems(page) == []
    page.get_by_label("Who do you want to check?").fill(row["mailchimp_email"])
    page.get_by_role("button", name="Check", exact=True).click()

    expect(page.get_by_text("On the list: Subscribed at Mailchimp and not known in CiviCRM")).to_be_visible()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(page.get_by_text("was created", exact=False).first).to_be_visible()
    expect(page.get_by_role("button", name="Include in next sync")).to_have_count(0)
    assert accessibility_problems(page) == []


def test_otto_asks_by_number_learns_what_to_do_and_includes_them(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity()
    row = first_row(charity, cache.c.reason == "CV_NO_ADDRESS")
    page = visit(
        charity, f"/people?person={row['civicrm_contact_id']}", Role.OPERATOR, java_script_enabled=False, viewport=PHONE
    )
    expect(page.get_by_text(REGISTRY[Code.CV_NO_ADDRESS].remedy)).to_be_visible()
    assert not is_too_wide(page)

    page.get_by_role("button", name="Include in next sync").click()

    expect(page.get_by_text("1 person is included in the next sync")).to_be_visible()
    expect(page.get_by_text("the next sync decides about it")).to_be_visible()
    assert first_row(charity, cache.c.id == row["id"])["sync_status"] == "todo"


def test_a_name_that_only_one_person_has_leads_to_them_at_once(charity: Charity) -> None:
    row = first_row(charity, cache.c.mailchimp_status == "subscribed", cache.c.civicrm_contact_id.is_not(None))

    with signed_in(charity, Role.VIEWER) as vera:
        answer = vera.get("/people", params={"person": row["mailchimp_email"].partition("@")[0]})

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/people?person={row['civicrm_contact_id']}"


@pytest.mark.thorough
def test_explain_says_where_we_looked_for_an_unknown_person_and_what_that_means(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/people?person=nobody@nowhere.example", Role.VIEWER)

    expect(page.get_by_text("No one was found for “nobody@nowhere.example”.")).to_be_visible()
    expect(page.get_by_role("heading", name="What was searched")).to_be_visible()
    assert accessibility_problems(page) == []


def test_without_civicrm_members_are_found_all_the_same_and_the_page_says_so(
    own_charity: Callable[..., Charity],
) -> None:
    charity = own_charity(people=40)
    civicrm = charity.site.configuration.civicrm
    assert civicrm is not None
    without_access = civicrm.model_copy(update={"api_key": SecretStr("somebody has revoked it")})
    charity.site.save(charity.site.configuration.model_copy(update={"civicrm": without_access}), "ada")

    with signed_in(charity, Role.VIEWER) as vera:
        answer = vera.get("/people?person=letters")

    assert "Which person do you mean?" in answer.text
    assert "CiviCRM couldn't be searched" in answer.text


def test_one_letter_is_too_little(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        assert "Enter at least two letters." in vera.get("/people?person=a").text
        assert "No one was found for" in vera.get("/people", params={"person": "%_"}).text

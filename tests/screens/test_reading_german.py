"""The screens in German."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx2
from django.utils import timezone
from playwright.sync_api import Page, expect

from mailchimpsync.web.models import User
from support.charity import Charity

Visit = Callable[..., Page]


def test_ada_chooses_german_and_reads_it_on_this_page_and_the_next(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=1, connected=False)
    User.objects.filter(name="vera").update(created_at=timezone.now() - timedelta(days=3, hours=1))
    page = visit(charity, "/users")

    page.get_by_label("Language").select_option("de")

    expect(page.get_by_role("heading", name="Benutzer und Zugangstoken")).to_be_visible()
    expect(page.get_by_role("row", name="vera")).to_contain_text("vor 3\N{NO-BREAK SPACE}Tagen")
    page.get_by_role("link", name="Passwort ändern").click()
    expect(page.get_by_role("heading", name="Passwort ändern")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"


def test_who_goes_astray_reads_it_in_german_but_a_program_is_told_in_english(charity: Charity) -> None:
    german = {"Accept-Language": "de"}

    page = httpx2.get(f"{charity.url}/nowhere", headers=german)
    answer = httpx2.get(f"{charity.url}/api/nowhere", headers=german)

    assert "Unter dieser Adresse gibt es nichts." in page.text
    assert "There is nothing at this address." in answer.text

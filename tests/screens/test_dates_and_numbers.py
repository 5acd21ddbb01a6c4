"""Dates, times and numbers on the screens: as the reader's browser writes them, in the reader's time zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from django.utils import timezone
from django.utils.translation import override
from playwright.sync_api import Page, expect

from mailchimpsync.actions import createplan, createverification, getruns, pausesync
from mailchimpsync.config import Schedule
from mailchimpsync.decide import Excess
from mailchimpsync.messages import moment, say
from mailchimpsync.model import ChangeKind, Limit
from mailchimpsync.web.models import Role
from mailchimpsync.web.screens.configuration.connection.schedule_words import schedule_lines
from mailchimpsync.web.templatetags.screens import ago, translated
from mailchimpsync.web.templatetags.screens import moment as shown_moment
from mailchimpsync_sandbox.world import AUDIENCE_ID
from support.browser import accessibility_problems
from support.charity import Charity
from support.client import Client, signed_in

Visit = Callable[..., Page]

NOON = datetime(2026, 11, 30, 12, 5, tzinfo=UTC)
LOCALES = {
    "en-GB": "30 Nov 2026, 13:05",
    "en-US": "Nov 30, 2026, 1:05 PM",
    "de": "30.11.2026, 13:05",
}
ISO = re.compile(r"\d{4}-\d\d-\d\d")
PAGES_MAX = 80


class _Read(HTMLParser):
    """What a page shows, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [given["href"] or ""] if tag == "a" and "href" in given else []
        self.texts += [given[name] or "" for name in ("title", "aria-label", "placeholder", "alt") if name in given]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def pages(reader: Client, language: str) -> Iterator[tuple[str, _Read]]:
    """Follow the links from the overview, to one page of each kind; help shows what commands print, as it is."""
    waiting = ["/"]
    seen: set[str] = set()
    while waiting and len(seen) < PAGES_MAX:
        path = waiting.pop(0)
        kind = re.sub(r"\d+", "N", path.split("?")[0])
        if kind in seen or not path.startswith("/") or path.startswith(("/api", "/static", "/help")):
            continue
        seen.add(kind)
        answer = reader.get(path, headers={"Accept-Language": language}, follow_redirects=True)
        if answer.headers["Content-Type"].startswith("text/html"):
            found = _Read(answer.text)
            waiting += found.links
            yield path, found


@pytest.mark.thorough
def test_no_page_of_a_synced_site_shows_a_date_as_programs_write_it(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=30)
    charity.sync(since="2026-01-02")
    createplan(charity.site, group_id=8, by="otto")
    createverification(charity.site, group_id=8, by="otto")
    pausesync(charity.site, group_id=8, by="otto", reason="the move")
    with signed_in(charity, Role.ADMINISTRATOR) as ada:
        ada.cookies.set("mailchimpsync_time_zone", "Europe%2FBerlin")
        for language in LOCALES:
            found = {path: [text for text in page.texts if ISO.search(text)] for path, page in pages(ada, language)}
            assert len(found) > 25
            assert {path: texts for path, texts in found.items() if texts} == {}


@pytest.mark.parametrize("language", LOCALES)
def test_a_time_is_the_same_in_a_table_and_within_a_sentence(language: str) -> None:
    written = LOCALES[language]
    with override(language), timezone.override("Europe/Berlin"):
        told = [
            translated(say("since %(since)s", since=moment(NOON))),
            translated(f"Run 3: changes since {moment(NOON)}."),
            shown_moment(NOON),
            ago(NOON),
        ]
        assert [written in text for text in told] == [True] * 4
        assert translated("The code is 2026-13-45, not a day.") == "The code is 2026-13-45, not a day."


@pytest.mark.parametrize(("language", "time"), [("en-GB", "03:15"), ("en-US", "3:15 AM"), ("de", "03:15")])
def test_the_times_of_a_schedule_are_written_as_the_reader_writes_times(language: str, time: str) -> None:
    schedule = Schedule(cron="15 3 * * 1-5", quiet="22:00-06:00", time_zone="Europe/Berlin")
    with override(language):
        when, quiet, *_ = schedule_lines(schedule)
    assert f"{time} (Europe/Berlin)" in when
    assert ("10:00 PM" in quiet) == (language == "en-US")


def test_without_a_known_time_zone_times_are_in_utc_and_say_so() -> None:
    with override("en-GB"):
        assert "30 Nov 2026, 12:05 UTC" in shown_moment(NOON)


def test_numbers_within_sentences_are_grouped_as_the_reader_groups_them() -> None:
    excess = Excess(ChangeKind.REMOVE, 8, 1_200, 0, Limit(number=500, share=None)).sentence
    with override("de"):
        assert translated(excess).startswith("1.200 Personen")
    assert excess.startswith("1,200 people")


def test_ada_chooses_a_language_by_a_button_and_her_browser_tells_the_time_zone(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/", Role.ADMINISTRATOR, locale="en-US", timezone_id="Asia/Tokyo")
    [run, *_] = getruns(charity.site, list_id=AUDIENCE_ID)
    page.goto(f"{charity.url}/runs/{run.id}")
    with override("en-us"), timezone.override("Asia/Tokyo"):
        expect(page.get_by_text(translated(moment(run.started_at)), exact=True).first).to_be_visible()

    languages = page.get_by_role("group", name="Language")
    expect(languages.get_by_role("button", name="English (US)")).to_have_attribute("aria-current", "true")
    languages.get_by_role("button", name="English (US)").press("ArrowDown")
    expect(page.locator("html")).to_have_attribute("lang", "en-us")
    languages.get_by_role("button", name="Deutsch").click()

    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert accessibility_problems(page) == []

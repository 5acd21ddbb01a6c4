"""The numbers that screens show: counted behind the scenes, never awaited for long, never old for long."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import pytest

from mailchimpsync.actions import Site, create_site
from mailchimpsync.actions.status.counts import RowCounts
from mailchimpsync.config import Configuration, Link
from mailchimpsync.store.queries.counts import Agreement
from mailchimpsync.web import cached_counts
from mailchimpsync.web.cached_counts import GOOD_FOR_SECONDS, CachedCounts


class Clock:
    """A clock that someone moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def site_of(home: Path) -> tuple[Site, Link]:
    site = create_site(home)
    site.configuration = Configuration.checked(
        {
            "civicrm": {"url": "https://crm.example.org", "api_key": "a-key"},
            "accounts": {"News": {"api_key": "0123456789abcdef-us6"}},
            "connections": [{"account": "News", "audience_id": "9a1f5c03be", "group_id": 8}],
        }
    )
    return site, site.configuration.connections[0]


def test_a_page_does_not_wait_for_a_long_count_and_gets_it_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()

    def slowly(*_given: Any) -> RowCounts:
        go_on.wait(60)
        return RowCounts(Agreement(subscribed_at_civicrm=7))

    monkeypatch.setattr(cached_counts, "count_rows", slowly)
    counts, (site, link) = CachedCounts(Clock()), site_of(tmp_path)
    with site:
        first = counts.of(site, link, patience=0)
        go_on.set()
        second = counts.of(site, link, patience=None)

    assert (first.counted, first.is_fresh) == (None, False)
    assert second.counted is not None
    assert (second.counted.agreement.subscribed_at_civicrm, second.is_fresh) == (7, True)


def test_numbers_are_counted_once_for_many_pages_and_again_after_some_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []

    def count(*_given: Any) -> RowCounts:
        counted.append(1)
        return RowCounts(by_status={"ok": len(counted)})

    monkeypatch.setattr(cached_counts, "count_rows", count)
    clock = Clock()
    counts, (site, link) = CachedCounts(clock), site_of(tmp_path)
    with site:
        shown = [counts.of(site, link, patience=None).counted for _ in range(5)]
        clock.now += GOOD_FOR_SECONDS + 1
        later = counts.of(site, link, patience=None).counted
        counts.forget()
        counts.of(site, link, patience=None)

    assert len({id(one) for one in shown}) == 1
    assert later is not None
    assert later.by_status == {"ok": 2}
    assert len(counted) == 3


def test_while_people_are_counted_again_the_last_numbers_are_shown_and_the_page_asks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, go_on = Clock(), Event()
    counts, (site, link) = CachedCounts(clock), site_of(tmp_path)
    with site:
        first = counts.of(site, link, patience=None)

        def slowly(*_given: Any) -> RowCounts:
            go_on.wait(60)
            return RowCounts()

        monkeypatch.setattr(cached_counts, "count_rows", slowly)
        clock.now += GOOD_FOR_SECONDS + 1
        second = counts.of(site, link, patience=0)
        go_on.set()
        counts.of(site, link, patience=None)

    assert second.counted is first.counted
    assert not second.is_fresh


def test_the_longer_counting_takes_and_the_more_is_shown_the_less_often_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, counted = Clock(), []

    def count_for_two_seconds(*_given: Any) -> RowCounts:
        counted.append(1)
        clock.now += 2
        return RowCounts()

    monkeypatch.setattr(cached_counts, "count_rows", count_for_two_seconds)
    counts, (site, link) = CachedCounts(clock), site_of(tmp_path)
    with site:
        for now, shown in ((0, 1), (19, 1), (25, 1), (25 + 790, 40), (25 + 810, 40)):
            clock.now = now
            counts.of(site, link, patience=None, shown=shown)
            assert len(counted) == {0: 1, 19: 1, 25: 2, 815: 2, 835: 3}[now]

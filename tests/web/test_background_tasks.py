"""What screens begin and do not wait for."""

from __future__ import annotations

from pathlib import Path
from time import sleep

from mailchimpsync.actions import Site, create_site
from mailchimpsync.web.background_tasks import KEPT_MAX, BackgroundTasks


def done(tasks: BackgroundTasks, site: Site, name: str) -> None:
    tasks.begin(site, "erase", name, lambda _site: name, by="ada")
    while (found := tasks.newest(name)) is not None and found.is_under_way:
        sleep(0.001)


def test_what_came_of_the_oldest_is_forgotten_where_there_are_many(tmp_path: Path) -> None:
    tasks = BackgroundTasks()
    with create_site(tmp_path / "site") as site:
        for number in range(KEPT_MAX + 2):
            done(tasks, site, f"erasure {number}")

    kept = [number for number in range(KEPT_MAX + 2) if tasks.newest(f"erasure {number}") is not None]
    assert kept == list(range(2, KEPT_MAX + 2))

"""Services that begin at the same time on one database: one makes the tables of users, the others wait, for a while."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest
from django.db import connections

from mailchimpsync.actions import create_site
from mailchimpsync.config import Settings
from mailchimpsync.errors import Code, StoreError
from mailchimpsync.web import database
from mailchimpsync.web.settings import configure
from store.conftest import KINDS
from store.databases import own_database


class Other:
    """Another service, at work on the tables until it is told to go on."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._begun, self._end = settings, Event(), Event()
        self._thread = Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._begun.wait(10)
        return self

    def __exit__(self, *_raised: object) -> None:
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        with database.database_lock(self._settings):
            self._begun.set()
            self._end.wait(10)
        connections.close_all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_who_waits_too_long_is_told_by_what_and_passes_when_the_other_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    with ExitStack() as stack:
        url = stack.enter_context(own_database(kind)) if kind != "sqlite" else None
        site = stack.enter_context(create_site(tmp_path / "site", database=url))
        configure(site.settings, "tests")
        stack.callback(connections.close_all)
        with Other(site.settings), pytest.raises(StoreError, match=r"for 0.1 s \(.*lock") as told:
            stack.enter_context(database.database_lock(site.settings))

        assert told.value.code is Code.STORE_LOCKED
        with database.database_lock(site.settings):
            pass

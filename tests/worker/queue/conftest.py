"""A fleet on PostgreSQL, and workers for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store.databases import own_fleet_database
from support.fleets import Charities, RunningWorker, charities, start_worker

Start = Callable[..., RunningWorker]


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Charities]:
    """A fleet without charities."""
    for name in [name for name in os.environ if name.startswith("MAILCHIMPSYNC_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    with own_fleet_database() as url, charities(tmp_path / "fleet", url) as made:
        yield made


@pytest.fixture
def worker(fleet: Charities, tmp_path: Path) -> Iterator[Start]:
    """Starts workers; none of them outlives the test."""
    started: list[RunningWorker] = []

    def start(*words: str, program: Any = None) -> RunningWorker:
        running = start_worker(fleet.home, tmp_path, *words, program=program)
        started.append(running)
        return running

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()

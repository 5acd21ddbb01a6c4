"""A fleet on PostgreSQL, whose user of the database may do no more than a fleet needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailchimpsync.actions import Fleet, create_fleet
from store.databases import own_fleet_database


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with own_fleet_database() as url, create_fleet(tmp_path / "fleet", url) as fleet:
        yield fleet

"""A world with data for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.data import DataWorld
from support.recording import only_what_was_recorded
from support.rights import DATA


@pytest.fixture
def world() -> Iterator[DataWorld]:
    made = DataWorld(rights=DATA)
    with only_what_was_recorded(made.to_civicrm):
        yield made
    made.close()

"""A world with data for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.data import DataWorld
from support.rights import DATA


@pytest.fixture
def world() -> Iterator[DataWorld]:
    made = DataWorld(rights=DATA)
    yield made
    made.close()

"""A world with data for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.data import DataWorld


@pytest.fixture
def world() -> Iterator[DataWorld]:
    made = DataWorld()
    yield made
    made.close()

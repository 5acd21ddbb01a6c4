"""A world with data for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from support.data import DataWorld
from support.recording import only_what_was_recorded
from support.rights import DATA


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[DataWorld]:
    made = DataWorld(rights=DATA)
    is_plugin_of_others = request.path.name == "test_example_plugin.py"  # what that asks is not the product's
    with nullcontext() if is_plugin_of_others else only_what_was_recorded(made.to_civicrm):
        yield made
    made.close()

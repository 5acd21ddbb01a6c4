"""Variations of one test: ordinary runs try some of them, CI all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

EVERY = 4


def every_fourth(values: Iterable[Any]) -> list[Any]:
    """Return values for `parametrize`, all but every fourth of them for thorough runs only."""
    return [
        value if number % EVERY == 0 else pytest.param(value, marks=pytest.mark.thorough)
        for number, value in enumerate(values)
    ]

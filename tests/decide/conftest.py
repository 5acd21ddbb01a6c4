"""Ann, the person decisions are about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from decide.ann import Ann


@pytest.fixture
def ann() -> Ann:
    return Ann()


@pytest.fixture
def somebody() -> Callable[[], Ann]:
    return Ann

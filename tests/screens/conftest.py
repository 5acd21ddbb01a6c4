"""People in front of screens: a real Chromium against the service, with both stand-ins behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from mailchimpsync.web.wsgi import set_up
from support.charity import Charity, open_charity


@pytest.fixture(scope="session")
def everyones_charity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Charity]:
    with ExitStack() as stack:
        yield open_charity(stack, tmp_path_factory.mktemp("everyones") / "site")


@pytest.fixture
def charity(everyones_charity: Charity) -> Charity:
    """A synced charity, shared by many tests, which only read it."""
    set_up(everyones_charity.site)
    cache.clear()
    return everyones_charity


@pytest.fixture
def own_charity(tmp_path: Path) -> Iterator[Callable[..., Charity]]:
    """Make a separate charity, see `open_charity`."""
    with ExitStack() as stack:

        def begin(**options: Any) -> Charity:
            cache.clear()
            return open_charity(stack, tmp_path / "site", **options)

        yield begin

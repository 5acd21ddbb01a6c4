"""Thorough tests take long; they run where MAILCHIMPSYNC_THOROUGH=1 is set, as in CI, and are left out elsewhere.

So do those on database servers.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailchimpsync.config import Settings
from mailchimpsync.web.settings import configure

configure(Settings(home=Path("no-site")), "tests")  # Django's models can't be imported before; sites set up their own

THOROUGH = os.environ.get("MAILCHIMPSYNC_THOROUGH") == "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if THOROUGH:
        return
    left_out = [item for item in items if _is_thorough(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_thorough(item)]


def _is_thorough(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("thorough", "postgres", "mariadb"))

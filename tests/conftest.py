"""Thorough tests take long; they run where MAILCHIMPSYNC_THOROUGH=1 is set, as in CI, and are left out elsewhere.

So do those on database servers.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import httpcore2
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from mailchimpsync.config import Settings
from mailchimpsync.store import Store
from mailchimpsync.store.engine import dialect
from mailchimpsync.web import wsgi
from mailchimpsync.web.settings import configure
from support import compiled, django_migrated, migrated

configure(Settings(home=Path("no-site")), "tests")  # Django's models can't be imported before; sites set up their own

THOROUGH = os.environ.get("MAILCHIMPSYNC_THOROUGH") == "1"


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a third of the time tests wait for a browser, or for a process of their own."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """What was loaded stays until the end: looking through it for garbage, time and again, cost seconds."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if THOROUGH:
        return
    left_out = [item for item in items if _is_thorough(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_thorough(item)]


def _is_thorough(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("thorough", "postgres", "mariadb"))


@pytest.fixture(scope="session", autouse=True)
def migrations_run_and_sql_is_compiled_once() -> Iterator[None]:
    """See `support/migrated.py`, `support/django_migrated.py` and `support/compiled.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "connect", compiled.connect)
        patch.setattr(Store, "migrate", migrated.migrate)
        patch.setattr(wsgi, "prepare_database", django_migrated.prepare_database)
        yield


@pytest.fixture(scope="session", autouse=True)
def what_is_slow_on_purpose_is_quick() -> Iterator[None]:
    """Hash passwords, by the same method, with little work, and read the machine's list of authorities once.

    Each HTTP client reads it, 30 ms a time, though nothing here goes over TLS.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "time_cost", 1)
        patch.setattr(Argon2PasswordHasher, "memory_cost", 1_024)
        patch.setattr(httpcore2, "default_ssl_context", cache(httpcore2.default_ssl_context))
        yield

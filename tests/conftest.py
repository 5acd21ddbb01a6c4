"""Thorough tests, and those on database servers, run only with MAILCHIMPSYNC_THOROUGH=1, as in CI.

All others run everywhere.
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
from hypothesis import HealthCheck, settings

from mailchimpsync.config import Settings
from mailchimpsync.model import LaneChoice
from mailchimpsync.store import Store
from mailchimpsync.store.engine import dialect
from mailchimpsync.web import wsgi
from mailchimpsync.web.settings import configure
from support import compiled_sql, copied_django_schema, copied_schema
from support.world import World

configure(Settings(home=Path("no-site")), "tests")  # Django's models can't be imported before; sites set up their own

pytest_plugins = ("support.visits",)

GARBAGE_THRESHOLDS = 20_000, 20, 50
"""How much is made before garbage is looked for: a sync makes much that is gone at once, with or without looking."""

THOROUGH = os.environ.get("MAILCHIMPSYNC_THOROUGH") == "1"

ONE_VARIANT = frozenset(Path(__file__).parent / name for name in ("sync", "crash", "simulation"))
"""Folders of tests that make whole runs, so that each variant of a test is long: CI takes all, the default the first."""


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests spend a third of the time waiting for a browser or another process."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    """Draw values however long it takes: how busy a machine is says nothing about the product."""
    gc.disable()
    settings.register_profile("untimed", suppress_health_check=[HealthCheck.too_slow], deadline=None)
    settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Exempt what was loaded from garbage collection: it stays until the end, and scanning it repeatedly cost seconds."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if THOROUGH:
        return
    left_out = [item for item in items if _is_thorough(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_thorough(item)]


def _is_thorough(item: pytest.Item) -> bool:
    return _is_further_variant(item) or any(
        item.get_closest_marker(name) for name in ("thorough", "postgres", "mariadb")
    )


def _is_further_variant(item: pytest.Item) -> bool:
    variant = getattr(item, "callspec", None)
    return variant is not None and item.path.parent in ONE_VARIANT and any(variant.indices.values())


@pytest.fixture(scope="session", autouse=True)
def migrations_and_compiled_sql_are_cached() -> Iterator[None]:
    """See `copied_schema.py`, `copied_django_schema.py` and `compiled_sql.py` in `support`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "connect", compiled_sql.connect)
        patch.setattr(Store, "migrate", copied_schema.migrate)
        patch.setattr(wsgi, "prepare_database", copied_django_schema.prepare_database)
        yield


@pytest.fixture(scope="session", autouse=True)
def deliberately_slow_code_is_fast() -> Iterator[None]:
    """Hash passwords by the same method with little work, and read the machine's certificate authorities once.

    Each HTTP client would read them, which takes 30 ms, though nothing here goes over TLS.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "time_cost", 1)
        patch.setattr(Argon2PasswordHasher, "memory_cost", 1_024)
        patch.setattr(httpcore2, "default_ssl_context", cache(httpcore2.default_ssl_context))
        yield


@pytest.fixture(autouse=True)
def _only_batches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In tests marked with `batches`, worlds send all updates in batches."""
    if request.node.get_closest_marker("batches") is not None:
        monkeypatch.setattr(World, "lane", LaneChoice.BATCHES)

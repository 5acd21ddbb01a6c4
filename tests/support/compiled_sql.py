"""A cache of compiled SQL shared by all SQLite stores: most tests open some, and each would compile again.

SQLAlchemy caches by dialect, and every engine has its own, though all of SQLite's are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sqlalchemy import Engine

from mailchimpsync.store.engine import dialect

connect_really: Callable[[str], Engine] = dialect.connect


def connect(url: str) -> Engine:
    """Do what `dialect.connect` does."""
    engine = connect_really(url)
    if engine.dialect.name == "sqlite":
        engine.dialect = _one_for_all().dialect
        engine._compiled_cache = _one_for_all()._compiled_cache
    return engine


@cache
def _one_for_all() -> Engine:
    engine = connect_really("sqlite://")
    engine.connect().close()
    engine.dispose()
    return engine

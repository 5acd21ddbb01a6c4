"""A charity with the PHP extension, and a site of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from store.databases import own_database
from support.extension_world import ExtensionWorld

on_every_database = pytest.mark.parametrize(
    "world",
    [
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
    indirect=True,
)
"""For tests of what is written to the site's own database."""


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ExtensionWorld]:
    """The charity; its site's database is SQLite unless the test says otherwise."""
    kind = getattr(request, "param", "sqlite")
    with nullcontext(None) if kind == "sqlite" else own_database(kind) as database:
        world = ExtensionWorld(tmp_path / "site", database)
        yield world
        world.mailchimp.close()
        world.civicrm.close()

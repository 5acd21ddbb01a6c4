"""A charity with the PHP extension, and a site of its own on each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from store.databases import own_database
from support.extension_world import ExtensionWorld


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ExtensionWorld]:
    """The charity; its site's database is of each kind."""
    with nullcontext(None) if request.param == "sqlite" else own_database(request.param) as database:
        world = ExtensionWorld(tmp_path / "site", database)
        yield world
        world.mailchimp.close()
        world.civicrm.close()

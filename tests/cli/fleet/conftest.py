"""An implementer's command line, in the home of a fleet on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailchimpsync.cli.main import cli
from store.databases import own_fleet_database


@dataclass
class FleetLine:
    """Runs commands as the implementer types them."""

    home: Path
    url: str

    def __call__(self, *words: str, typed: str | None = None, **env: str) -> Result:
        return CliRunner().invoke(cli, ["--home", str(self.home), *words], input=typed, env=env)

    def at(self, site: str, *words: str, typed: str | None = None, **env: str) -> Result:
        """Run a command for a site."""
        return self("--site", site, *words, typed=typed, **env)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[FleetLine]:
    """A fleet without sites."""
    with own_fleet_database() as url:
        line = FleetLine(tmp_path / "fleet", url)
        created = line("fleet", "init", "--database", url)
        assert created.exit_code == 0, created.output
        yield line

"""Opens fleets for commands, with all that sites have beside the engine's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mailchimpsync.actions import Fleet, open_fleet
from mailchimpsync.cli.opening import home_of
from mailchimpsync.cli.web_parts import check_installed, has_web_parts
from mailchimpsync.config import read_keyring


def fleet_of(ctx: click.Context) -> Fleet:
    """Open the fleet in the home directory."""
    return open_whole_fleet(home_of(ctx))


def open_whole_fleet(home: Path | None) -> Fleet:
    """Open a fleet; its sites get tables for users, if the parts that need them are installed."""
    return with_users(open_fleet(home))


@contextmanager
def operators_of(fleet: Fleet) -> Iterator[None]:
    """Let Django's users be the operators of the fleet within the context.

    Raises:
        ConfigurationError: the packages that the service needs aren't installed.
    """
    check_installed()
    from django.db import connections  # noqa: PLC0415 (most commands need no Django)

    from mailchimpsync.web.fleet.front import serving_fleet, set_up_fleet  # noqa: PLC0415

    set_up_fleet(fleet)
    with serving_fleet(fleet):
        try:
            yield
        finally:
            connections.close_all()


def with_users(fleet: Fleet) -> Fleet:
    """Let the sites of a fleet have tables for users, if the parts that need them are installed."""
    if has_web_parts():
        from mailchimpsync.web.settings import configure  # noqa: PLC0415 (most commands need no Django)

        configure(fleet.settings, read_keyring(fleet.settings).derive("web"))
        from mailchimpsync.web import tables  # noqa: PLC0415 (Django must be set up)

        fleet.more_tables = tables
    return fleet

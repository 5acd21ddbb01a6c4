"""Telling people of problems at the end of a command, for sites that are synced by cron."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from mailchimpsync.actions import open_site, watch
from mailchimpsync.cli.output.console import print_sentence, stderr

SECONDS = 15.0
"""After so long no further message is sent; the next sync sends the rest."""


def deliver_alerts(home: Path | None) -> None:
    """Note and tell what is wrong, whatever comes of it: the command has done its work already."""
    try:
        with open_site(home) as site:
            watch(site, seconds=SECONDS)
    except Exception as error:  # noqa: BLE001 (what goes wrong with alerts must not make a sync that is done fail)
        what = f"Alerts could not be looked after ({type(error).__name__}); the next sync does it."
        print_sentence(stderr(), Text(what, style="warn"))

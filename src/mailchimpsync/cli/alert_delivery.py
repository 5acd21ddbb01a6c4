"""Sends alerts at the end of a command, for sites that are synced by cron."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from mailchimpsync.actions import open_site, watch
from mailchimpsync.cli.output.console import print_sentence, stderr

SECONDS = 15.0
"""How long messages are sent; the next sync sends the rest."""


def deliver_alerts(home: Path | None, site_name: str | None) -> None:
    """Record problems and send alerts. An error here doesn't fail the command, which has already finished."""
    try:
        with open_site(home, site=site_name) as site:
            watch(site, seconds=SECONDS)
    except Exception as error:  # noqa: BLE001 (a finished sync must not fail because of its alerts)
        what = f"Alerts couldn't be sent ({type(error).__name__}). The next sync tries again."
        print_sentence(stderr(), Text(what, style="warn"))

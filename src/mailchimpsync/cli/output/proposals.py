"""Adds `--site` to the commands that a text proposes, so that they can be copied as they are printed."""

from __future__ import annotations

import re

import click
from rich.text import Text

from mailchimpsync.cli.opening import site_name_of

_FOR_A_SITE = re.compile(r"`mailchimpsync (?!(?:--site|site|fleet|serve|worker|migrate|demo|explain-code)\b)")


def with_site(text: Text, site: str | None = None) -> Text:
    """Return a text whose commands are for a site: this one, or the one given with --site; without one, as it is."""
    context = click.get_current_context(silent=True)
    name = site or (site_name_of(context) if context is not None else None)
    ends = [found.end() for found in _FOR_A_SITE.finditer(text.plain)] if name else []
    return Text(f"--site {name} ").join(text.divide(ends)) if ends else text

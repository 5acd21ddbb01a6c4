"""`mailchimpsync include`."""

from __future__ import annotations

from collections import Counter

import click
from rich.text import Text

from mailchimpsync.actions import includecontact, includegroup
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.errors import UsageError


def include_people(ctx: click.Context, group: str | None, contact_ids: tuple[int, ...], as_json: bool) -> None:
    if group is None and not contact_ids:
        raise UsageError("Give --group or --contact-id.")
    found: Counter[str] = Counter()
    with site_of(ctx) as site:
        if group is not None:
            found.update(includegroup(site, group=group))
        if contact_ids:
            found.update(includecontact(site, contact_id=list(contact_ids)))
    if as_json:
        print_json(dict(found))
        return
    sentence = f"Contacts: {found['inputCount']:,}. The next sync decides about {found['affected']:,} rows again."
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), sentence))

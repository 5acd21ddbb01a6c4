"""`mailchimpsync data`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import (
    Site,
    createmergefields,
    getdatafields,
    getdatafindings,
    previewdata,
)
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.data.preview import DataFindings, PreviewedPerson
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.data import as_text
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import moment


def list_plugins(ctx: click.Context, group_id: int | None, as_json: bool) -> None:
    with _site(ctx) as site:
        found = getdatafields(site, group_id=_group_of(site, group_id))
    if as_json:
        print_json([asdict(one) | {"problems": list(found.problems.get(one.name, ()))} for one in found.plugins])
        return
    table = _table("plugin", "on", "from", "problems")
    for one in found.plugins:
        origin = "built in" if one.is_built_in else f"{one.distribution} {one.version}".strip()
        problems = " ".join(found.problems.get(one.name, ())) or one.problem
        table.add_row(one.name, "yes" if one.is_on else "no", origin, problems)
    print_tables(stdout(), table)


def list_sources(ctx: click.Context, group_id: int | None, as_json: bool) -> None:
    with _site(ctx) as site:
        found = getdatafields(site, group_id=_group_of(site, group_id))
    if as_json:
        print_json({"sources": found.sources, "merge_fields": found.merge_fields})
        return
    table = _table("source", "description", "fits")
    for one in found.sources:
        table.add_row(one.name, one.label, one.type)
    print_tables(stdout(), table)
    table = _table("merge field", "name", "type")
    for field in found.merge_fields:
        table.add_row(field.tag, field.name, f"{field.type}, required" if field.required else field.type)
    print_tables(stdout(), table)


def preview(ctx: click.Context, group_id: int | None, contact_ids: Sequence[int], limit: int, as_json: bool) -> None:
    with _site(ctx) as site:
        chosen = list(contact_ids) or None
        found = previewdata(site, group_id=_group_of(site, group_id), contact_ids=chosen, limit=limit)
    if as_json:
        print_json(found)
        return
    for person in found.people:
        _show_person(stdout(), person)
    for name, why in found.failures.items():
        print_sentence(stdout(), Text.assemble(("! ", "warn"), f"Plugin {name} failed: {why}."))
    if not found.people:
        print_sentence(stdout(), Text("Nobody to show: the contact isn't known here. Run `mailchimpsync sync` first."))


def create_fields(ctx: click.Context, group_id: int | None, as_json: bool) -> None:
    with _site(ctx) as site:
        made = createmergefields(site, group_id=_group_of(site, group_id))
    if as_json:
        print_json(made)
        return
    for one in made:
        print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"{one.tag}: {one.name} ({one.type})"))
    if not made:
        print_sentence(stdout(), Text("The audience has all mapped merge fields."))


def show_findings(ctx: click.Context, group_id: int | None, as_json: bool) -> None:
    with _site(ctx) as site:
        found = getdatafindings(site, group_id=_group_of(site, group_id))
    if as_json:
        print_json(found)
        return
    _show_findings(stdout(), found)


def _site(ctx: click.Context) -> Site:
    return site_of(ctx)


def _group_of(site: Site, group_id: int | None) -> int:
    """Return the group of the chosen connection.

    Raises:
        UsageError: there are several connections, and none was chosen.
    """
    links = find_links(site, group_id)
    if len(links) > 1:
        known = ", ".join(f"{link.group_id} ({link.group_title or link.audience_id})" for link in links)
        raise UsageError(f"There are several connections. Choose one with --group-id: {known}.")
    return links[0].group_id


def _show_person(console: Console, person: PreviewedPerson) -> None:
    print_sentence(
        console, Text.assemble((person.name or f"Contact {person.contact_id}", "bold"), f"  {person.address or ''}")
    )
    for one in person.data.fields:
        mark, words = (("! ", "warn"), one.problem) if one.problem else (("  ", ""), as_text(one.value) or "(empty)")
        print_sentence(console, Text.assemble(mark, (f"{one.merge_field:<11}", "head"), words or ""))
    if person.data.language:
        print_sentence(console, Text.assemble("  ", ("language   ", "head"), person.data.language))
    if person.data.tags:
        print_sentence(console, Text.assemble("  ", ("tags       ", "head"), ", ".join(person.data.tags)))
    for name in person.data.failed:
        print_sentence(console, Text.assemble(("! ", "warn"), f"Plugin {name} couldn't provide data."))


def _show_findings(console: Console, found: DataFindings) -> None:
    if found.began_at is None:
        print_sentence(console, Text("There is no complete run with data yet; see `mailchimpsync sync --with-data`."))
        return
    numbers = f"{found.people:,} people, {found.changed:,} with changes."
    print_sentence(console, Text(f"Run of {moment(found.began_at)}: {numbers}"))
    for one in found.problems:
        examples = ", ".join(map(str, one.contact_ids))
        words = f"{one.field}: {one.what}, for {one.count:,} people (contacts {examples})."
        print_sentence(console, Text.assemble(("! ", "warn"), words))
    for name, why in found.failures.items():
        print_sentence(console, Text.assemble(("! ", "warn"), f"Plugin {name} was set aside: {why}."))
    for name, warnings in found.warnings.items():
        for warning in warnings:
            print_sentence(console, Text.assemble(("! ", "warn"), f"Plugin {name}: {warning}."))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="head")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table

"""`mailchimpsync connect`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
from pydantic import SecretStr
from rich.text import Text

from mailchimpsync.actions import Site, connect_audience, open_site, probe_account, probe_interests
from mailchimpsync.civicrm import Group, mailing_groups
from mailchimpsync.cli.asking import Item, ask, choose, find, who
from mailchimpsync.cli.consoles import stdout
from mailchimpsync.config import Account, Link
from mailchimpsync.errors import UsageError
from mailchimpsync.mailchimp import Interest
from mailchimpsync.model import Resubscribe

KEY_VARIABLE = "MAILCHIMPSYNC_MAILCHIMP_KEY"
NO_GROUP = "-"


@click.command("connect")
@click.option("--account", "account_name", help="What the account is called here. Default: its name at Mailchimp.")
@click.option("--base-url", help="In place of Mailchimp's own address: a proxy, or a local stand-in.")
@click.option("--audience", help="The audience, by id or name.")
@click.option("--group", help="The subscription group, by id or title.")
@click.option("--interest", "interests", multiple=True, metavar="INTEREST=GROUP", help="Ids or names; several times.")
@click.option("--no-interests", is_flag=True, help="Connect no interest.")
@click.option(
    "--resubscribe",
    type=click.Choice([one.value for one in Resubscribe]),
    default=Resubscribe.ASK.value,
    show_default=True,
    help="When staff add somebody again who left at Mailchimp: let Mailchimp ask them, or never.",
)
@click.pass_context
def command(
    ctx: click.Context,
    account_name: str | None,
    base_url: str | None,
    audience: str | None,
    group: str | None,
    interests: tuple[str, ...],
    no_interests: bool,
    resubscribe: str,
) -> None:
    """Connect a Mailchimp audience with a CiviCRM group, and its interests with groups; all is checked live.

    The API key is asked for, or taken from MAILCHIMPSYNC_MAILCHIMP_KEY; a stored one is used if there is one. What no
    option says is asked. Connecting an audience again changes its connection, and keeps its interests unless told.
    """
    home: Path | None = ctx.obj
    with open_site(home) as site:
        account = _account(site, account_name, base_url)
        found = probe_account(site, account)
        groups = mailing_groups(site.civicrm())
        chosen = choose("Audience", [Item(one.id, one.name) for one in found.audiences], audience, "--audience")
        subscription = _group("Subscription group", groups, group)
        boxes = probe_interests(site, account, chosen.id)
        links = _links(site, boxes, chosen.id, groups, interests, none=no_interests, asking=group is None)
        name = account_name or _stored_name(site, account) or found.name
        link = Link(
            account=name,
            audience_id=chosen.id,
            group_id=subscription,
            interests=links,
            resubscribe=Resubscribe(resubscribe),
        )
        saved = connect_audience(site, link, account, by=who())
    _tell(saved, boxes, {one.id: one.title for one in groups})


def _account(site: Site, name: str | None, base_url: str | None) -> Account:
    """A key from the environment, else the stored one of the account that is meant, else one that is asked for."""
    stored = site.configuration.accounts
    meant = stored.get(name) if name else next(iter(stored.values())) if len(stored) == 1 else None
    base_url = base_url or (meant.base_url if meant else None)
    if key := os.environ.get(KEY_VARIABLE):
        return Account(api_key=SecretStr(key.strip()), base_url=base_url)
    if meant is not None:
        return meant.model_copy(update={"base_url": base_url})
    key = ask("Mailchimp's API key", f"the variable {KEY_VARIABLE}", secret=True)
    return Account(api_key=SecretStr(key), base_url=base_url)


def _stored_name(site: Site, account: Account) -> str | None:
    return next((name for name, stored in site.configuration.accounts.items() if stored == account), None)


def _group(what: str, groups: Sequence[Group], given: str | None) -> int:
    """A number is taken as it is: the live check says what is wrong with a group that can't be connected."""
    if given is not None and given.strip().isdigit():
        return int(given)
    return int(choose(what, _items(groups), given, "--group").id)


def _items(groups: Sequence[Group]) -> list[Item]:
    return [Item(str(one.id), one.title) for one in groups]


def _links(
    site: Site,
    boxes: Sequence[Interest],
    audience_id: str,
    groups: Sequence[Group],
    given: Sequence[str],
    *,
    none: bool,
    asking: bool,
) -> dict[str, int]:
    if none:
        return {}
    if given:
        return dict(_pair(text, boxes, groups) for text in given)
    before = [link for link in site.configuration.connections if link.audience_id == audience_id]
    if before or not asking:
        return dict(before[0].interests) if before else {}
    return _asked(boxes, groups)


def _pair(text: str, interests: Sequence[Interest], groups: Sequence[Group]) -> tuple[str, int]:
    interest, equals, group = text.rpartition("=")
    if not equals:
        raise UsageError(f"“{text}” is not of the form INTEREST=GROUP.")
    items = [Item(one.id, f"{one.category}: {one.name}") for one in interests]
    return find("Interest", items, interest).id, _group("Group", groups, group)


def _asked(interests: Sequence[Interest], groups: Sequence[Group]) -> dict[str, int]:
    links = {}
    for one in interests:
        answer = ask(f"Group for “{one.category}: {one.name}” (id or title; {NO_GROUP} for none)", "--interest")
        if answer != NO_GROUP:
            links[one.id] = _group("Group", groups, answer)
    return links


def _tell(link: Link, interests: Sequence[Interest], titles: dict[int, str]) -> None:
    console = stdout()
    console.print(Text.assemble(("✓ ", "good"), "Connected: ", (link.title, "bold")))
    for one in interests:
        group = link.interests.get(one.id)
        text = f"{titles.get(group, '')} (group {group})" if group is not None else "not connected"
        console.print(Text(f"    {one.category}: {one.name} ↔ {text}"))
    console.print("Next: `mailchimpsync sync`")

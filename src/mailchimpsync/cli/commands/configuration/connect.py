"""`mailchimpsync connect`."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import Any

import click
from pydantic import SecretStr

from mailchimpsync.actions import Site, connect_audience, probe_account, probe_interests
from mailchimpsync.actions.configuration.child_groups import child_group_sentences
from mailchimpsync.actions.configuration.other_sites import other_sites_sentences
from mailchimpsync.civicrm import Group, mailing_groups
from mailchimpsync.cli.commands.configuration.options import AS_AUDIENCE
from mailchimpsync.cli.input.questions import Item, ask, choose, current_user, find
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.connection import print_connection, print_new_members, print_next_steps, print_warnings
from mailchimpsync.config import Account, Link
from mailchimpsync.errors import UsageError
from mailchimpsync.mailchimp import Interest
from mailchimpsync.model import NewMembers, Resubscribe

KEY_VARIABLE = "MAILCHIMPSYNC_MAILCHIMP_KEY"
NO_GROUP = "-"


def connect(
    ctx: click.Context,
    account_name: str | None,
    base_url: str | None,
    audience: str | None,
    group: str | None,
    interests: tuple[str, ...],
    no_interests: bool,
    resubscribe: str | None,
    new_members: str | None,
    contact_records: bool | None,
) -> None:
    with site_of(ctx) as site:
        account = _account(site, account_name, base_url)
        found = probe_account(site, account)
        groups = mailing_groups(site.civicrm())
        chosen = choose("Audience", [Item(one.id, one.name) for one in found.audiences], audience, "--audience")
        before = next((link for link in site.configuration.connections if link.audience_id == chosen.id), None)
        boxes = probe_interests(site, account, chosen.id)
        asked = before is None and group is None
        said: dict[str, Any] = {"account": _name(site, account_name, account, before) or found.name}
        if before is None or group is not None:
            said["group_id"] = _group("Subscription group", groups, group)
        if no_interests or interests:
            said["interests"] = _changed(None if no_interests else before, boxes, groups, interests)
        elif asked:
            said["interests"] = _asked(boxes, groups)
        if resubscribe is not None:
            said["resubscribe"] = Resubscribe(resubscribe)
        if new_members is not None:
            said["new_members"] = None if new_members == AS_AUDIENCE else NewMembers(new_members)
        if contact_records is not None:
            said["contact_records"] = contact_records
        link = before.model_copy(update=said) if before else Link(audience_id=chosen.id, **said)
        saved = connect_audience(site, link, account, by=current_user())
        titles = {one.id: one.title for one in groups}
        nested = child_group_sentences(site, saved.connection.group_ids, titles)
        others = other_sites_sentences(site, site.mailchimp(saved.account), saved)
    print_connection(before, saved, boxes, titles)
    audience_found = next(one for one in found.audiences if one.id == chosen.id)
    print_new_members(saved, double_optin=audience_found.double_optin)
    print_warnings([*others, *nested])
    print_next_steps()


def _account(site: Site, name: str | None, base_url: str | None) -> Account:
    """Take the key from the environment, else the stored key of the account, else ask for it."""
    stored = site.configuration.accounts
    meant = stored.get(name) if name else next(iter(stored.values())) if len(stored) == 1 else None
    if base_url and meant and base_url != meant.base_url:
        meant = None  # the stored key must not be sent to another address than the one it was given for
    base_url = base_url or (meant.base_url if meant else None)
    if key := os.environ.get(KEY_VARIABLE, "").strip():
        return Account(api_key=SecretStr(key), base_url=base_url)
    if meant is not None:
        return meant.model_copy(update={"base_url": base_url})
    key = ask("Mailchimp's API key", f"the variable {KEY_VARIABLE}", secret=True)
    return Account(api_key=SecretStr(key), base_url=base_url)


def _name(site: Site, given: str | None, account: Account, before: Link | None) -> str | None:
    """Return the account's name here, which stays even if it is renamed at Mailchimp."""
    if given:
        return given
    accounts = site.configuration.accounts.items()
    same = next((name for name, stored in accounts if stored.api_key == account.api_key), None)
    return same or (before.account if before else None)


def _group(what: str, groups: Sequence[Group], given: str | None) -> int:
    """Return a group's id. A number isn't looked up: the test of the connection explains what is wrong with it."""
    if given is not None and given.strip().isdigit():
        return int(given)
    return int(choose(what, _items(groups), given, "--group").id)


def _items(groups: Sequence[Group]) -> list[Item]:
    return [Item(str(one.id), one.title) for one in groups]


def _changed(
    before: Link | None, boxes: Sequence[Interest], groups: Sequence[Group], given: Sequence[str]
) -> dict[str, int]:
    """Return the connected interests, after changing, adding or dropping the given ones."""
    links = dict(before.interests) if before else {}
    for text in given:
        interest, group = _pair(text, links, boxes, groups)
        if group is None:
            links.pop(interest, None)
        else:
            links[interest] = group
    return links


def _pair(
    text: str, known: Collection[str], interests: Sequence[Interest], groups: Sequence[Group]
) -> tuple[str, int | None]:
    """Split at the rightmost “=” that leaves two known names, since names may contain “=”.

    Raises:
        UsageError: there is no such “=”.
    """
    parts = text.split("=")
    if len(parts) == 1:
        raise UsageError(f"“{text}” isn't of the form INTEREST=GROUP.")
    problem: UsageError | None = None
    for at in range(len(parts) - 1, 0, -1):
        try:
            return _split("=".join(parts[:at]), "=".join(parts[at:]), known, interests, groups)
        except UsageError as error:
            problem = problem or error
    raise problem or UsageError(f"“{text}” isn't of the form INTEREST=GROUP.")


def _split(
    interest: str, group: str, known: Collection[str], interests: Sequence[Interest], groups: Sequence[Group]
) -> tuple[str, int | None]:
    drops = not group.strip()
    if drops and interest.strip() in known:
        return interest.strip(), None  # even if Mailchimp no longer has it
    items = [Item(one.id, f"{one.category}: {one.name}") for one in interests]
    found = find("Interest", items, interest).id
    return found, None if drops else _group("Group", groups, group)


def _asked(interests: Sequence[Interest], groups: Sequence[Group]) -> dict[str, int]:
    links = {}
    for one in interests:
        answer = ask(f"Group for “{one.category}: {one.name}” (id or title; {NO_GROUP} for none)", "--interest")
        if answer != NO_GROUP:
            links[one.id] = _group("Group", groups, answer)
    return links

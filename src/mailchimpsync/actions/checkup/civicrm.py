"""Checks CiviCRM: key and permissions, the clock, and every linked group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from mailchimpsync.actions.configuration.child_groups import child_groups_sentence
from mailchimpsync.actions.configuration.rights import findings_of_rights, rights_in_use
from mailchimpsync.actions.finding import Finding, Level, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import Group, check_rights, child_groups, groups
from mailchimpsync.civicrm.checks.site import site_clock
from mailchimpsync.civicrm.extension.by_api import read_jobs
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, MailchimpsyncError
from mailchimpsync.messages import say

SECONDS = 60
"""How long CiviCRM may take for one of the checks."""

_MAILING_LIST = "Mailing List"


def check_access(site: Site) -> Iterator[Finding]:
    """Check that CiviCRM can be reached, and that the API key's user may do what a sync does."""
    if site.configuration.civicrm is None:
        return
    with within(site.civicrm(), SECONDS) as client:
        rights = check_rights(client)
    yield ok("CiviCRM", say("It can be reached, and the API key's user has every permission that a sync needs."))
    yield from findings_of_rights(rights, rights_in_use(site.configuration))


def check_clock(site: Site) -> Iterator[Finding]:
    """Check that CiviCRM's clock differs from ours by nothing but a time zone."""
    if site.configuration.civicrm is None:
        return
    with within(site.civicrm(), SECONDS) as client:
        offset = site_clock(client).offset
    yield ok(
        say("CiviCRM's clock"),
        say("It agrees with this server's clock; its time zone is %(zone)s.", zone=_zone(offset)),
    )


def _zone(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60}:{abs(minutes) % 60:02}" if minutes else "UTC"


def check_groups(site: Site) -> Iterator[Finding]:
    """Check that every linked group exists and can be synced."""
    links = site.configuration.connections
    if site.configuration.civicrm is None or not links:
        return
    with within(site.civicrm(), SECONDS) as client:
        wanted = sorted({group for link in links for group in link.connection.group_ids})
        found, nested = groups(client, wanted), child_groups(client, wanted)
    for link in links:
        findings = [*_check_link(link, found), *_check_child_groups(link, found, nested)]
        yield from findings
        if not findings:
            yield ok(
                _subject(link),
                say("Linked groups: %(number)s; all can be synced.", number=len(link.connection.group_ids)),
            )


def check_php_extension(site: Site) -> Iterator[Finding]:
    """Check that the PHP extension doesn't sync as well, as far as the key's user may see its job."""
    if site.configuration.civicrm is None or not site.configuration.connections:
        return
    try:
        with within(site.civicrm(), SECONDS) as client:
            jobs = [job for job in read_jobs(client) if job.is_active]
    except MailchimpsyncError:  # a sync doesn't need to know, nor the permission for it
        return
    for job in jobs:
        what = say("Its scheduled job “%(name)s” is on, so two programs may sync the same groups.", name=job.name)
        remedy = say("Turn the job off in CiviCRM, unless the extension syncs other groups and audiences.")
        yield Finding(Level.WARNING, say("PHP extension"), what, remedy)


def _subject(link: Link) -> str:
    return say("Groups of %(title)s", title=link.title)


def _check_child_groups(link: Link, found: dict[int, Group], nested: Mapping[int, Sequence[str]]) -> Iterator[Finding]:
    for group_id in link.connection.group_ids:
        if (children := nested.get(group_id)) and group_id in found:
            what = child_groups_sentence(group_id, found[group_id].title, children)
            remedy = say("Add the contacts to the group itself, or link each child group to an audience or interest.")
            yield Finding(Level.WARNING, _subject(link), what, remedy)


def _check_link(link: Link, found: dict[int, Group]) -> Iterator[Finding]:
    for group_id in link.connection.group_ids:
        group = found.get(group_id)
        if group is None:
            what = say("CiviCRM doesn't show a group %(id)s.", id=group_id)
            yield trouble(_subject(link), what, Code.CV_GROUP_GONE)
        elif group.is_smart:
            what = say("Group %(id)s “%(title)s” is a smart group.", id=group_id, title=group.title)
            yield trouble(_subject(link), what, Code.CV_GROUP_SMART)
        elif not group.is_active:
            what = say("Group %(id)s “%(title)s” is disabled.", id=group_id, title=group.title)
            yield trouble(_subject(link), what, Code.CV_GROUP_INACTIVE)
        elif group.is_hidden:
            what = say("Group %(id)s “%(title)s” is hidden.", id=group_id, title=group.title)
            yield trouble(_subject(link), what, Code.CV_GROUP_INACTIVE)
        elif group_id == link.group_id and _MAILING_LIST not in group.types:
            what = say(
                "Group %(id)s “%(title)s” isn't a mailing list, so CiviCRM sends no mailings to it.",
                id=group_id,
                title=group.title,
            )
            remedy = say("Tick “Mailing List” in the group's settings, if it is meant to be one.")
            yield Finding(Level.WARNING, _subject(link), what, remedy)

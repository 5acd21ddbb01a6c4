"""The switch from the PHP extension: each step can be repeated, and notes how things were before it changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailchimpsync.actions.configuration.change import change_configuration
from mailchimpsync.actions.finding import Finding
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.takeover.configuration import FoundConfiguration
from mailchimpsync.actions.takeover.note import Note, forget_outdated_note, read_note, save_note
from mailchimpsync.actions.takeover.rows import extension_tables, take_over_rows
from mailchimpsync.actions.takeover.understanding import Source, configured_as, find_configuration
from mailchimpsync.actions.takeover.unfinished import refuse_while_unfinished
from mailchimpsync.actions.takeover.webhooks import delete_old, old_webhooks
from mailchimpsync.actions.webhooks.registered import repair_webhooks
from mailchimpsync.civicrm.extension.by_api import read_jobs, turn_job
from mailchimpsync.config import Link


@dataclass(frozen=True, slots=True)
class TakenOverSite:
    """What was done.

    Attributes:
        links: the connections, new or known.
        rows: how many members were taken over, by audience; None: the connection has its own, newer ones.
        webhooks: what became of our webhooks; empty without a public address.
        webhooks_deleted: how many of the extension's webhooks were deleted.
    """

    links: tuple[Link, ...]
    rows: Mapping[str, int | None]
    webhooks: tuple[Finding, ...]
    webhooks_deleted: int


def take_over(site: Site, source: Source, *, by: str, ignore_unfinished: bool = False) -> TakenOverSite:
    """Take the place of the PHP extension: its job off, its connections and rows here, our webhooks for its own.

    The new connections' schedules are off, so nothing is synced until someone has reviewed it. After a crash, the same
    call goes on. `ignore_unfinished` doesn't wait for what the extension has under way.

    Raises:
        ConfigurationError: something no longer fits, or the configuration was saved meanwhile; names every problem.
        BusyError: the extension, or Mailchimp for it, is at work; nothing more was done.
        AccessError, RemoteError, StoreError: call it again when that is repaired.
    """
    found = find_configuration(site, source)
    if not ignore_unfinished:
        _refuse_while_unfinished(site, source, found)
    note = _turn_jobs_off(site, _note(site, by))
    if not ignore_unfinished:  # one more run may have begun before
        _refuse_while_unfinished(site, source, found)
    note = _connect(site, note, found, by)
    with extension_tables(site, source.plain_url) as tables:
        rows = {link.audience_id: take_over_rows(site, tables, link) for link in found.links}
    findings, deleted = _replace_webhooks(site, note, found)
    return TakenOverSite(found.links, rows, findings, deleted)


def _refuse_while_unfinished(site: Site, source: Source, found: FoundConfiguration) -> None:
    with extension_tables(site, source.plain_url) as tables, configured_as(site, found.configuration) as wanted:
        work = tables.open_work([link.audience_id for link in found.links])
        refuse_while_unfinished(wanted, work, found.links)


def _note(site: Site, by: str) -> Note:
    """Return the note of a takeover that goes on, or a new one."""
    forget_outdated_note(site)
    return read_note(site) or Note(site.runtime.now(), by)


def _turn_jobs_off(site: Site, note: Note) -> Note:
    active = [job.id for job in read_jobs(site.civicrm()) if job.is_active]
    note = save_note(site, note.with_jobs(active))
    for job_id in active:
        turn_job(site.civicrm(), job_id, on=False)
    return note


def _connect(site: Site, note: Note, found: FoundConfiguration, by: str) -> Note:
    present = {link.audience_id for link in site.configuration.connections}
    new = [link.audience_id for link in found.links if link.audience_id not in present]
    note = save_note(site, note.with_audiences(new))
    if found.configuration != site.configuration:
        change_configuration(site, found.configuration, by=by, check=False)
    return note


def _replace_webhooks(site: Site, note: Note, found: FoundConfiguration) -> tuple[tuple[Finding, ...], int]:
    """Make ours before the extension's are deleted, so that no event is lost."""
    findings = tuple(repair_webhooks(site)) if site.settings.public_url else ()
    old = list(old_webhooks(site, found.links, found.secrets))
    save_note(site, note.with_webhooks(old))
    for hook in old:
        delete_old(site.mailchimp(hook.account), hook)
    return findings, len(old)

"""The way back to the PHP extension, for a week (docs/decisions/takeover.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from mailchimpsync.actions.configuration.change import change_configuration
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.takeover.note import Note, forget_note, read_note
from mailchimpsync.actions.takeover.webhooks import make_again
from mailchimpsync.actions.webhooks.targets import AudienceTarget, Target, targets
from mailchimpsync.civicrm.extension.by_api import turn_job
from mailchimpsync.config import Link
from mailchimpsync.errors import BusyError, Code, RefusedError, UsageError
from mailchimpsync.messages import moment, say
from mailchimpsync.store.changes import updates
from mailchimpsync.sync.lease.lease import is_held


@dataclass(frozen=True, slots=True)
class WentBack:
    """What was restored.

    Attributes:
        removed: the titles of the connections that were removed.
        jobs: how many jobs were turned on.
        webhooks: how many webhooks were made again.
        refused: why Mailchimp refused the others, in sentences; the extension syncs without them too.
    """

    removed: tuple[str, ...]
    jobs: int
    webhooks: int
    refused: tuple[str, ...]


def go_back(site: Site, *, by: str) -> WentBack:
    """Let the PHP extension sync again: its webhooks and its job as they were, and the connections here removed.

    The extension's own configuration and tables were never changed. After a crash, the same call goes on.

    Raises:
        UsageError: nothing was taken over, or more than a week ago.
        BusyError: a sync here is at work, or an update is on its way; nothing was done.
        AccessError, RemoteError, StoreError: call it again when that is repaired.
    """
    note = note_to_go_back(site)
    links = [link for link in site.configuration.connections if link.audience_id in note.audiences]
    for link in links:
        _refuse_while_at_work(site, link)
    refused = list(_make_webhooks(site, note))
    _delete_ours(site, links)
    kept = [link for link in site.configuration.connections if link not in links]
    change_configuration(site, site.configuration.replacing(connections=kept), by=by, confirm=True, check=False)
    for job_id in note.jobs:
        turn_job(site.civicrm(), job_id, on=True)
    forget_note(site)
    made = len(note.webhooks) - len(refused)
    return WentBack(tuple(link.title for link in links), len(note.jobs), made, tuple(refused))


def _make_webhooks(site: Site, note: Note) -> Iterator[str]:
    """Make the extension's webhooks again, and yield why one was refused: CiviCRM may have moved since."""
    for hook in note.webhooks:
        try:
            if hook.account in site.configuration.accounts:
                make_again(site.mailchimp(hook.account), hook)
        except RefusedError as error:
            yield say(
                "A webhook of the extension for account “%(name)s” was not made again: %(why)s.",
                name=hook.account,
                why=error.what,
            )


def note_to_go_back(site: Site) -> Note:
    """Return the note about the way back.

    Raises:
        UsageError: there is none, or its week is over.
    """
    note = read_note(site)
    if note is None:
        what = say("Nothing was taken over from the PHP extension in the last week, so there is no way back.")
        raise UsageError(what)
    if site.runtime.now() >= note.ends_at:
        what = say(
            "The takeover began at %(date)s, more than a week ago. The PHP extension's records are too old to go on "
            "with. You can still turn on its job and its webhooks in CiviCRM, after ending the connections here.",
            date=moment(note.began_at),
        )
        raise UsageError(what)
    return note


def _refuse_while_at_work(site: Site, link: Link) -> None:
    with site.store.reading() as tx:
        waiting, _ = updates.count_open_updates(tx, link.audience_id)
    if is_held(site.store, link.audience_id):
        raise BusyError(Code.BUSY, say("A sync of %(title)s is in progress, so nothing was done.", title=link.title))
    if waiting:
        what = say(
            "%(title)s: updates on their way to Mailchimp: %(number)s. Nothing was done. Sync it once more first.",
            title=link.title,
            number=waiting,
        )
        raise BusyError(Code.BUSY, what)


def _delete_ours(site: Site, links: list[Link]) -> None:
    """Delete our webhooks of these connections; those of an account's batches only with its last connection."""
    audiences = {link.audience_id for link in links}
    for account in dict.fromkeys(link.account for link in links):
        of_account = {one.audience_id for one in site.configuration.connections if one.account == account}
        for target in targets(site, account):
            if _belongs_to(target, audiences, is_last=of_account <= audiences):
                with suppress(RefusedError):  # the audience is gone, and its webhooks with it
                    _delete_hooks(site, account, target)


def _delete_hooks(site: Site, account: str, target: Target) -> None:
    for hook in target.ours(site, site.mailchimp(account)):
        target.delete(site.mailchimp(account), hook)


def _belongs_to(target: Target, audiences: set[str], *, is_last: bool) -> bool:
    return target.link.audience_id in audiences if isinstance(target, AudienceTarget) else is_last

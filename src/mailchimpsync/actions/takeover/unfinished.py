"""What the extension still has under way, in words: it is waited for, not interrupted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mailchimpsync.actions.site import Site
from mailchimpsync.civicrm.extension.work import OpenWork
from mailchimpsync.config import Link
from mailchimpsync.errors import BusyError, Code
from mailchimpsync.mailchimp import batch
from mailchimpsync.messages import join, say


def reasons_to_wait(site: Site, work: OpenWork, links: Sequence[Link]) -> list[str]:
    """Return what has to end before a switch, a sentence each; whether a batch has ended, Mailchimp is asked.

    Raises:
        AccessError, TransientError: Mailchimp can't be asked.
    """
    return [*_running(work, {link.audience_id: link for link in links}), *_batches(site, work, links)]


def refuse_while_unfinished(site: Site, work: OpenWork, links: Sequence[Link]) -> None:
    """Refuse to go on.

    Raises:
        BusyError: something is under way; it says what.
    """
    reasons = reasons_to_wait(site, work, links)
    if reasons:
        what = join(" ", [*reasons, say("Nothing more was done. Try again when this is over.")])
        raise BusyError(Code.BUSY, what)


def _running(work: OpenWork, links: Mapping[str, Link]) -> Iterator[str]:
    for list_id in work.running:
        yield say("The PHP extension is syncing %(title)s.", title=links[list_id].title)


def _batches(site: Site, work: OpenWork, links: Sequence[Link]) -> Iterator[str]:
    accounts = {link.audience_id: link.account for link in links}
    under_way = 0
    for one in work.batches:
        found = batch(site.mailchimp(accounts[one.list_id]), one.mailchimp_batch_id)
        under_way += found is not None and not found.is_finished
    if under_way:
        yield say("Batches of the PHP extension that Mailchimp is still processing: %(number)s.", number=under_way)

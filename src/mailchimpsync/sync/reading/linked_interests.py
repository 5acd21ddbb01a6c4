"""Linked interests that were deleted at Mailchimp: people are subscribed without them.

Mailchimp refuses a whole member because of one unknown interest. So its interests are read in a full run, before anyone
is newly subscribed, and after a refusal because of one; other runs don't pay for it. A deleted interest is a problem of
the connection until its links are changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from mailchimpsync.errors import Code
from mailchimpsync.store.cache import rows
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import names

if TYPE_CHECKING:
    from mailchimpsync.sync.context import Run

R = TypeVar("R", bound="Run")


def deleted_interests(stored: runs.StoredStatus, links: Iterable[str]) -> tuple[str, ...]:
    """Return the currently linked interests that are known to be deleted at Mailchimp."""
    return tuple(sorted(set(stored.gone_interests or ()) & set(links)))


def without_deleted_interests(run: R) -> R:
    """Return a run whose connection links only existing interests; deleted ones are reported."""
    links = run.connection.interests
    if not links:
        return run
    with run.transaction() as tx:
        if run.since is not None and not rows.any_needs_interests(tx, run.list_id):
            return run
    from mailchimpsync.mailchimp import interests  # noqa: PLC0415 (`status` asks what is known, without a client)

    found = interests(run.mailchimp, run.list_id)
    known = {one.id for one in found}
    gone = sorted(links.keys() - known)
    with run.transaction() as tx:
        names.keep_interests(tx, {one.id: (one.category, one.name) for one in found}, run.runtime.now())
        runs.record_deleted_interests(tx, run.list_id, gone)
    if not gone:
        return run
    run.note(
        f"{Code.MC_MAPPING_GONE}: interest {', '.join(gone)} no longer exists at Mailchimp, so people are subscribed "
        "without it. Choose the interest again in the connection, then sync everything."
    )
    left = {interest: group for interest, group in links.items() if interest in known}
    return replace(run, connection=replace(run.connection, interests=left))

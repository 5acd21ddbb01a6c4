"""Interests that a connection links, and that were deleted at Mailchimp: people are subscribed without them.

Mailchimp refuses a whole member for one interest that it does not know. So it is asked for its interests before anybody
is newly subscribed; where nobody is, that costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from mailchimpsync.errors import Code
from mailchimpsync.mailchimp import interests
from mailchimpsync.store import rows
from mailchimpsync.sync.context import Run

R = TypeVar("R", bound=Run)


def with_existing_interests(run: R) -> R:
    """Return a run whose connection links only interests that exist; what does not is told."""
    links = run.connection.interests
    if not links:
        return run
    with run.transaction() as tx:
        if not rows.any_to_subscribe(tx, run.list_id):
            return run
    known = {one.id for one in interests(run.mailchimp, run.list_id)}
    gone = sorted(links.keys() - known)
    if not gone:
        return run
    run.note(
        f"{Code.MC_MAPPING_GONE}: Mailchimp has no interest {', '.join(gone)} any more, so people are subscribed "
        "without it. Choose the interest again in the connection, then sync everything."
    )
    left = {interest: group for interest, group in links.items() if interest in known}
    return replace(run, connection=replace(run.connection, interests=left))

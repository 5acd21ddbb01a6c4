"""The progress of batches at Mailchimp, read outside a run; a run reads their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store.changes import batches

if TYPE_CHECKING:
    from mailchimpsync.mailchimp import BatchInfo

TIME_LIMIT_SECONDS = 10


def refresh_batches(site: Site, links: Sequence[Link]) -> dict[str, str]:
    """Update the progress of connections' batches, and return by account why Mailchimp could not be asked.

    An account is asked once, and only if it has batches whose results were not read.
    """
    waiting: dict[str, dict[str, int]] = {}
    with site.store.begin() as tx:
        for link in links:
            known = batches.unhandled_batches(tx, link.audience_id)
            ids = {row.mailchimp_batch_id: row.id for row in known if row.mailchimp_batch_id}
            waiting.setdefault(link.account, {}).update(ids)
    problems = {account: _refresh(site, account, ids) for account, ids in waiting.items() if ids}
    return {account: problem for account, problem in problems.items() if problem}


def _refresh(site: Site, account: str, ids: Mapping[str, int]) -> str | None:
    from mailchimpsync.mailchimp import recent_batches  # noqa: PLC0415 (`status` contacts neither side)

    try:
        with within(site.mailchimp(account), TIME_LIMIT_SECONDS) as client:
            found = recent_batches(client)
    except MailchimpsyncError as error:
        return f"{error.what}. {error.remedy}"
    with site.store.begin() as tx:
        for info in found:
            if info.id in ids:
                batches.set_batch(tx, ids[info.id], **_figures(info))
    return None


def _figures(info: BatchInfo) -> dict[str, object]:
    """Mailchimp counts operations only after a while; until then, keep the number we sent as the total."""
    figures: dict[str, object] = {
        "status": info.status,
        "completed_at": info.completed_at,
        "finished_operations": info.finished_operations,
        "errored_operations": info.errored_operations,
    }
    return figures | ({"total_operations": info.total_operations} if info.total_operations else {})

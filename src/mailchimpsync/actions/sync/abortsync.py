"""`Mailchimpsync.abortsync`: stop a run and drop its unfinished updates.

See docs/reference/php-extension.md#abortsync.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.api.description import Judgement, Scope, action
from mailchimpsync.actions.api.parameters import OneGroupIdOrId
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import EXIT_MORE_TO_DO, Code, TransientError
from mailchimpsync.messages import say
from mailchimpsync.sync import AbortResult, KeptBatch, abort_connection

NO_TIME = say("There was no time left to delete the batch. Abort again.")


@dataclass(frozen=True, slots=True)
class Abort:
    """The abort of one connection."""

    link: Link
    done: AbortResult


def in_wire_form(abort: Abort) -> dict[str, Any]:
    """Return the numbers of what was stopped, deleted and dropped, and the batches that could not be deleted."""
    done = abort.done
    return {
        "list_id": abort.link.audience_id,
        "group_id": abort.link.group_id,
        "was_at_work": done.was_at_work,
        "run_id": done.run_id,
        "batches_deleted": done.batches_deleted,
        "updates_aborted": done.updates_aborted,
        "rows_failed": done.updates_aborted,
        "problems": [_problem(kept) for kept in done.kept],
    }


def _problem(kept: KeptBatch) -> dict[str, Any]:
    error = kept.error
    return {
        "batch_id": kept.batch_id,
        "mailchimp_batch_id": kept.mailchimp_batch_id,
        "error_code": error.code.value if error else None,
        "error_message": f"{error.what}. {error.remedy}" if error else NO_TIME,
    }


def _judge(abort: Abort) -> Judgement:
    """An abort that left a batch at Mailchimp has failed: Mailchimp still works on that batch."""
    kept = abort.done.kept
    if not kept:
        return Judgement()
    error = next((one.error for one in kept if one.error is not None), None)
    return Judgement(error or TransientError(Code.OUT_OF_TIME, NO_TIME), EXIT_MORE_TO_DO)


@action("Mailchimpsync", Scope.RUN, present=in_wire_form, judge=_judge)
def abortsync(
    site: Site,
    *,
    group_id: OneGroupIdOrId,
) -> Abort:
    """Stop the run of a connection, delete its batches at Mailchimp, and drop its updates.

    A run in another process is asked to stop; if it doesn't within some seconds, it can no longer write anything here.
    All batches whose results have not been read are deleted, whatever their status. Updates that Mailchimp has already
    applied stay applied. Rows whose update was dropped fail as `ABORTED`, and the next run decides about them again. If
    a batch can't be deleted, the call fails and `problems` says why: the batch's updates stay under way, and their
    results will be read. Abort again to delete it.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: no such group.
    """
    [link] = find_links(site, group_id)
    return Abort(link, abort_connection(site.systems(link, someone_waits=True), link.connection))

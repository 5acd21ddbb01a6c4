"""The state of connections, as the overview and a connection's page show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from django.utils.translation import gettext as _

from mailchimpsync.actions import Alert, ConnectionStatus, getalerts, getstatus
from mailchimpsync.actions.status.counts import RowCounts
from mailchimpsync.config import Link
from mailchimpsync.model import SyncStatus
from mailchimpsync.web.background_tasks import BackgroundTask
from mailchimpsync.web.cached_counts import PATIENCE_SECONDS, CachedCount
from mailchimpsync.web.screens.screen import Visit
from mailchimpsync.web.screens.state_badge import StateBadge, badge_of
from mailchimpsync.web.screens.status.notices import Notice, notices_of
from mailchimpsync.web.templatetags.screens import translated

BUSY_REFRESH_SECONDS, IDLE_REFRESH_SECONDS = 2, 20
"""After how many seconds a page refreshes: while something is running, and otherwise."""


@dataclass(frozen=True)
class ConnectionCard:
    """A connection on a screen.

    Attributes:
        counted: whether there are numbers yet; a large audience is counted in the background.
        is_fresh: whether the numbers are recent.
        task: the newest background task.
    """

    status: ConnectionStatus
    counted: bool
    is_fresh: bool
    task: BackgroundTask | None
    notices: tuple[Notice, ...]

    @property
    def link(self) -> Link:
        """The connection."""
        return self.status.link

    @property
    def is_working(self) -> bool:
        """Say whether something is running."""
        return self.status.running or (self.task is not None and self.task.is_under_way)

    @property
    def seconds(self) -> int:
        """After how many seconds to refresh."""
        return BUSY_REFRESH_SECONDS if self.is_working or not self.is_fresh else IDLE_REFRESH_SECONDS

    @property
    def badge(self) -> StateBadge:
        """The state in a word and a sentence."""
        return badge_of(self.status.state, is_counted=self.counted)

    @property
    def activity(self) -> str:
        """What is being done right now; empty if nothing is."""
        status, task = self.status, self.task
        if task is not None and task.is_under_way and not (status.running and status.working is not None):
            return _task_words(task.kind)
        return _("Processing changes from Mailchimp") if status.running and status.working is None else ""

    @property
    def is_failure_noted(self) -> bool:
        """Say whether a notice says already that the last sync failed."""
        return any(notice.kind in ("failed", "key") for notice in self.notices)

    @property
    def failed(self) -> int:
        """How many people can't be synced and need attention."""
        return self.status.state.failed.need_attention

    @property
    def others_failed(self) -> int:
        """How many other people can't be synced: they are fine as they are, or accepted."""
        return self.status.state.failed.others

    @property
    def todo(self) -> int:
        """How many rows are due."""
        return self.status.rows.get(SyncStatus.TODO.value, 0)

    @property
    def waiting(self) -> int:
        """How many people are due or have an update in progress."""
        return self.todo + self.status.updates_outstanding

    @property
    def sum_at_mailchimp(self) -> int:
        """How many people will be subscribed and in the group after all possible changes, counted from Mailchimp."""
        status = self.status
        return status.subscribed_at_mailchimp - status.to_remove - status.cannot_join - status.kept_on + status.to_add

    @property
    def sum_at_civicrm(self) -> int:
        """The same, counted from CiviCRM."""
        status = self.status
        return status.subscribed_at_civicrm + status.further_rows - status.cannot_subscribe - status.kept_off

    @property
    def is_balanced(self) -> bool:
        """Say whether both totals match."""
        return self.sum_at_mailchimp == self.sum_at_civicrm


def _task_words(kind: str) -> str:
    words = {
        "sync": _("Sync is starting"),
        "plan": _("Making a plan"),
        "undo": _("Making a plan to undo a sync"),
        "apply": _("Carrying out a plan"),
        "verify": _("Comparing both sides"),
        "campaigns": _("Importing campaigns"),
        "abort": _("Aborting the sync"),
    }
    return words.get(kind, _("A task is running"))


def connection_cards(visit: Visit, links: Sequence[Link], *, wait: bool = False) -> list[ConnectionCard]:
    """Return the state of connections; with `wait`, wait for fresh numbers, however long that takes."""
    alerts = getalerts(visit.site) if links else []
    until = monotonic() + PATIENCE_SECONDS
    numbers = [_numbers(visit, link, None if wait else max(0, until - monotonic()), len(links)) for link in links]
    return [_card(visit, link, found, alerts) for link, found in zip(links, numbers, strict=True)]


def _card(visit: Visit, link: Link, numbers: CachedCount, alerts: Sequence[Alert]) -> ConnectionCard:
    counted = numbers.counted or RowCounts()
    [status] = getstatus(visit.site, group_id=link.group_id, counting=lambda _tx, _link: counted)
    task = visit.service.tasks.newest(link.audience_id)
    mine = [one for one in alerts if one.list_id == link.audience_id]
    notices = tuple(notices_of(status, mine))
    return ConnectionCard(status, numbers.counted is not None, numbers.is_fresh, task, notices)


def _numbers(visit: Visit, link: Link, patience: float | None, shown: int) -> CachedCount:
    return visit.service.counts.of(visit.site, link, patience=patience, shown=shown)


def announcement_of(found: Sequence[ConnectionCard]) -> str:
    """Return what screen readers announce when it changes: the state of each connection."""
    return " ".join(_sentences(found))


def _sentences(found: Sequence[ConnectionCard]) -> Iterator[str]:
    for one in found:
        yield _("%(connection)s: %(headline)s.") % {
            "connection": one.link.title,
            "headline": translated(one.badge.word),
        }

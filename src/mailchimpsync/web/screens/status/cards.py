"""The state of connections, as the overview and a connection's page show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import Alert, ConnectionStatus, getalerts, getstatus
from mailchimpsync.actions.status.connection_state import ConnectionState, StateName
from mailchimpsync.actions.status.counts import RowCounts
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Link
from mailchimpsync.model import SyncStatus
from mailchimpsync.web.background_tasks import BackgroundTask
from mailchimpsync.web.cached_counts import PATIENCE_SECONDS, CachedCount
from mailchimpsync.web.screens.screen import Visit
from mailchimpsync.web.screens.status.notices import Notice, notices_of

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
    def level(self) -> str:
        """The level, for its colour."""
        if self.is_working or not self.counted:
            return "middle"
        return "bad" if self.status.crashed else self.status.state.level.value

    @property
    def headline(self) -> str:
        """The state in a few words."""
        return _headline(self)

    @property
    def failed(self) -> int:
        """How many people can't be synced."""
        return self.status.rows.get(SyncStatus.FAIL.value, 0)

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


def _headline(card: ConnectionCard) -> str:
    status, task = card.status, card.task
    if status.running and status.working is not None:
        return _("Sync is running")
    if task is not None and task.is_under_way:
        return _task_words(task.kind)
    if status.running:
        return _("Processing changes from Mailchimp")
    if status.crashed:
        return _("A sync stopped partway and hasn't been resumed")
    if not card.counted and status.state.name in (StateName.WAITING, StateName.OK):
        return _("Counting…")
    return _state_words(status.state)


def _state_words(state: ConnectionState) -> str:  # noqa: PLR0911 (one sentence each)
    match state.name:
        case StateName.HELD:
            return _("Held for review")
        case StateName.FAILING:
            return _("Failing: %(why)s") % {"why": _(explain_code(state.failing_code).sentence)}
        case StateName.PAUSED:
            return _("Paused: no schedule, and no sync for a day")
        case StateName.NOT_SET_UP:
            return _("Never synced")
        case StateName.WAITING if state.interrupted:
            return _("A sync was interrupted; the next one will resume it")
        case StateName.WAITING if state.due.number:
            return ngettext(
                "%(shown)s person is waiting for the next sync",
                "%(shown)s people are waiting for the next sync",
                state.due.number,
            ) % {"shown": f"{state.due.number:,}"}
        case StateName.WAITING:
            return _("Not in sync yet")
    return _in_sync_words(state)


def _in_sync_words(state: ConnectionState) -> str:
    if state.unexplained:
        return _("Unexplained differences were found")
    if state.gone_interests:
        number = len(state.gone_interests)
        return ngettext(
            "In sync, except for %(shown)s linked interest that no longer exists",
            "In sync, except for %(shown)s linked interests that no longer exist",
            number,
        ) % {"shown": f"{number:,}"}
    if state.failed:
        return ngettext(
            "In sync, but %(shown)s person can't be synced",
            "In sync, but %(shown)s people can't be synced",
            state.failed,
        ) % {"shown": f"{state.failed:,}"}
    return _("In sync")


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
    numbers = [_numbers(visit, link, None if wait else max(0, until - monotonic())) for link in links]
    return [_card(visit, link, found, alerts) for link, found in zip(links, numbers, strict=True)]


def _card(visit: Visit, link: Link, numbers: CachedCount, alerts: Sequence[Alert]) -> ConnectionCard:
    counted = numbers.counted or RowCounts()
    [status] = getstatus(visit.site, group_id=link.group_id, counting=lambda _tx, _link: counted)
    task = visit.service.tasks.newest(link.audience_id)
    mine = [one for one in alerts if one.list_id == link.audience_id]
    notices = tuple(notices_of(status, mine))
    return ConnectionCard(status, numbers.counted is not None, numbers.is_fresh, task, notices)


def _numbers(visit: Visit, link: Link, patience: float | None) -> CachedCount:
    return visit.service.counts.of(visit.site, link, patience=patience)


def announcement_of(found: Sequence[ConnectionCard]) -> str:
    """Return what screen readers announce when it changes: the headlines without numbers."""
    return " ".join(_sentences(found))


def _sentences(found: Sequence[ConnectionCard]) -> Iterator[str]:
    for one in found:
        yield _("%(connection)s: %(headline)s.") % {"connection": one.link.title, "headline": one.headline}

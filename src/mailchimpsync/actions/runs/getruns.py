"""`Mailchimpsync.getruns`: past runs, what each changed, and how many people there were on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.selection import find_audience, find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.messages import say
from mailchimpsync.store.runs import figures, runs
from mailchimpsync.store.runs.runs import StoredRun


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run over a whole connection; times are UTC.

    Attributes:
        since: since when it checked changes; None: it read everything.
        finished_at: when it ended; None: it is in progress, or was interrupted.
        begun_by: who started it; None: it was due.
        plan_id: the kept plan it carried out.
        planned: how many people it decided to change something for, by kind; None: it has not decided.
        changes: how many people it changed something for, by kind, counted in the same way.
        attempts: how many calls failed before it had started, or while it was interrupted: similar ones share a row.
        refused: for how many people one of the sides refused the change.
        subscribed_at_civicrm, subscribed_at_mailchimp: how many there were when it ended; None: not counted.
    """

    id: int
    list_id: str
    kind: str
    started_at: datetime
    finished_at: datetime | None
    since: datetime | None
    begun_by: str | None
    outcome: str | None
    error_code: str | None
    plan_id: int | None
    planned: Mapping[str, int] | None
    changes: Mapping[str, int]
    refused: int
    subscribed_at_civicrm: int | None
    subscribed_at_mailchimp: int | None
    attempts: int = 0
    last_attempt_at: datetime | None = None

    @property
    def why(self) -> str:
        """Why it failed, as a sentence; empty if it didn't."""
        return explain_code(self.error_code).sentence if self.error_code else ""

    @property
    def asked_instead(self) -> int:
        """How many more people than planned were asked to confirm, since Mailchimp didn't re-subscribe them at once."""
        planned = self.planned or {}
        return max(0, self.changes.get("ask", 0) - planned.get("ask", 0)) if self.planned is not None else 0

    @property
    def seconds(self) -> float | None:
        """From start to end, including pauses between calls."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


@action("Mailchimpsync", Scope.READ)
def getruns(
    site: Site,
    *,
    list_id: Annotated[
        str | None, Field(description="The audience of a connection. Default: all connections.", max_length=32)
    ] = None,
    group_id: Annotated[
        int | None, Field(description="The subscription group of a connection, instead of `list_id`.", gt=0)
    ] = None,
    limit: Annotated[
        int, Field(description="The most runs to return for each connection, newest first.", ge=1, le=1_000)
    ] = 25,
    offset: Annotated[int, Field(description="How many of the newest to skip.", ge=0, lt=2**31)] = 0,
) -> list[PastRun]:
    """Return the runs over whole connections, newest first.

    `planned` and `changes` count people by kind of change, each person once per kind: `unsubscribe`, `add` and `ask`
    (asked to confirm) at Mailchimp, `interests` there, `join` and `remove` for groups in CiviCRM, `create` for
    contacts. Changes that Mailchimp confirms later are added later. A call that failed before a run had started is a
    run with the outcome `failed`; failures with the same code share one for a day, with the number of `attempts` and
    the time of the last one.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: no such audience or group.
    """
    links = [find_audience(site, list_id)] if list_id is not None else find_links(site, group_id)
    with site.store.reading() as tx:
        return [_past_run(row) for link in links for row in figures.runs_of(tx, link.audience_id, limit, offset)]


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run with its log."""

    run: PastRun
    log: tuple[tuple[datetime, str], ...]


def find_run(site: Site, run_id: int) -> RunDetails:
    """Return a run with its log, as long as that is kept; also a run of a few members.

    Raises:
        UsageError: `UNKNOWN`, there is no such run.
    """
    with site.store.reading() as tx:
        row = figures.find_run(tx, run_id)
        if row is None:
            raise UsageError(say("There is no run %(id)s.", id=run_id), code=Code.UNKNOWN)
        return RunDetails(_past_run(row), tuple(runs.log_lines(tx, row.list_id, run_id)))


def count_runs(site: Site, list_id: str) -> int:
    """Return how many runs over a whole connection there were."""
    with site.store.reading() as tx:
        return figures.count_runs(tx, list_id)


def _past_run(row: StoredRun) -> PastRun:
    counts = row.counts or {}
    return PastRun(
        id=row.id,
        list_id=row.list_id,
        kind=row.kind,
        started_at=row.started_at,
        finished_at=row.finished_at,
        since=row.since,
        begun_by=row.begun_by,
        outcome=row.outcome,
        error_code=row.error_code,
        plan_id=row.kept_plan_id,
        planned=counts.get("planned"),
        changes=counts.get("changes", {}),
        refused=counts.get("refused", 0),
        subscribed_at_civicrm=counts.get("subscribed_at_civicrm"),
        subscribed_at_mailchimp=counts.get("subscribed_at_mailchimp"),
        attempts=counts.get("attempts", 0),
        last_attempt_at=datetime.fromisoformat(counts["attempted_at"]) if counts.get("attempted_at") else None,
    )

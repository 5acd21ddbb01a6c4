"""`Mailchimpsync.fetchandreconcile`: sync every connection, or one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mailchimpsync.actions.selection import find_links
from mailchimpsync.actions.since import read_since
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError, UsageError
from mailchimpsync.model import Stage
from mailchimpsync.runtime import Deadline, NoProgress, Progress
from mailchimpsync.store import Transaction, runs
from mailchimpsync.sync import Options, Outcome, Result, run_connection

MAX_TIME_SECONDS = 300
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one connection: a result, or the error that stopped it, or neither, as no time was left for it."""

    link: Link
    result: Result | None = None
    error: MailchimpsyncError | None = None

    @property
    def outcome(self) -> str:
        """How it ended, in a word or three."""
        if self.error is not None:
            return self.error.code.value
        return (self.result.outcome if self.result else Outcome.OUT_OF_TIME).value


@dataclass(frozen=True)
class _StoppableDeadline(Deadline):
    """A deadline that is also reached as soon as somebody wants to stop."""

    stop: Callable[[], bool] | None = None

    @property
    def reached(self) -> bool:
        return bool(self.stop and self.stop()) or super().reached

    def seconds_left(self, at_most: float) -> float:
        return 0.0 if self.stop and self.stop() else super().seconds_left(at_most)


def fetchandreconcile(
    site: Site,
    *,
    group_id: int | None = None,
    max_time: float = MAX_TIME_SECONDS,
    since: str | None = None,
    stop_on: str | None = None,
    force_restart: bool = False,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    still_due: Callable[[Transaction], bool] | None = None,
) -> list[Report]:
    """Sync all connections, or that of one subscription group; return what came of each, in the order they ran.

    `max_time` (seconds, 0: no limit) is shared: the connection that waited longest goes first. One that fails or is
    busy does not keep the others from running. `since` is a date, see `read_since`, or `ever`; `stop_on` a stage.
    `stop` is asked after each bit of work: when it says yes, the call ends as if time were over. `still_due` is asked
    once the lease is held; when it says no, another process has synced meanwhile, and the report says `BUSY`.

    Raises:
        UsageError: no such group, stage or date.
    """
    links = find_links(site, group_id)
    options = _options(since, stop_on, site.runtime.now(), force_restart=force_restart)
    options = replace(options, still_due=still_due)
    deadline = _StoppableDeadline(site.runtime, Deadline.after(site.runtime, max_time).at, stop)
    return list(_run_all(site, _longest_waiting_first(site, links), deadline, options, progress or NoProgress()))


def _options(since: str | None, stop_on: str | None, now: datetime, *, force_restart: bool) -> Options:
    moment = read_since(since, now) if since else None
    return Options(
        since=moment,
        everything=since is not None and moment is None,
        stop_on=_stage(stop_on) if stop_on else None,
        force_restart=force_restart,
    )


def _stage(name: str) -> Stage:
    try:
        return Stage(name)
    except ValueError:
        raise UsageError(f"There is no stage “{name}”. The stages are: {', '.join(Stage)}.") from None


def _longest_waiting_first(site: Site, links: list[Link]) -> list[Link]:
    with site.store.begin() as tx:
        last = {link.audience_id: runs.standing(tx, link.audience_id).last_sync_time for link in links}
    return sorted(links, key=lambda link: last[link.audience_id] or _LONG_AGO)


def _run_all(
    site: Site, links: list[Link], deadline: Deadline, options: Options, progress: Progress
) -> Iterator[Report]:
    for place, link in enumerate(links):
        if place and deadline.reached:
            yield Report(link)
            continue
        if len(links) > 1:
            progress.message(link.title)
        try:
            yield Report(link, run_connection(site.systems(link), link.connection, deadline, options, progress))
        except MailchimpsyncError as error:
            yield Report(link, error=error)

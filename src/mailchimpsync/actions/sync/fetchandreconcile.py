"""`Mailchimpsync.fetchandreconcile`: sync every connection, or one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.alerts.recording import update_from_report
from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import RUN_SECONDS, GroupIdOrId, SharedMaxTime
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.runs.reports import Report, in_wire_form, outcome_of_sync
from mailchimpsync.actions.runs.schedule import checks_data, reads_everything
from mailchimpsync.actions.runs.since import read_since
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, MailchimpsyncError, StoreError, UsageError
from mailchimpsync.messages import say
from mailchimpsync.model import Stage
from mailchimpsync.runtime import Deadline, NoProgress, Progress
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import runs
from mailchimpsync.sync import Options, run_connection

STOP_THE_OTHER = 2
"""The value of `force_restart` that also stops a run in progress."""

TRUST_COMPLETED = "trust completed"
"""The author of the configuration that no longer names a side to trust."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


Since = Annotated[
    str | None,
    Field(
        description="Check changes since this time: `ever`, 2026-11-20, 2026-11-20T14:30+01:00, 20 November 2026, "
        "yesterday, 3 days ago; UTC unless it names a zone. Default: since the last complete run, or everything when a "
        "full run is due (`full_every_days`). A run that is continued keeps its original value. A connection that was "
        "never read in full is always read in full. A date later than the last complete run leaves changes out; the "
        "next run without `since` checks them. A date before 2010 means `ever`.",
        max_length=100,
    ),
]
StopOn = Annotated[
    str | None, Field(description=f"Stop before this stage, which must not be reached yet: {', '.join(Stage)}.")
]
ForceRestart = Annotated[
    bool | Annotated[int, Field(ge=0, le=STOP_THE_OTHER)],
    Field(
        description="1: start a new run instead of continuing an interrupted one; refused while a run is in progress. "
        "2: stop a run in progress first."
    ),
]
AcceptEmpty = Annotated[
    bool,
    Field(
        description="Continue although a group or audience looks empty, or most people seem to have vanished. Confirm "
        "this only after checking that it is true."
    ),
]
AcceptRestored = Annotated[
    bool,
    Field(
        description="CiviCRM was restored from an older backup: forget what both sides agreed on and which contact "
        "belongs to which member, read everything, and let the later date decide. Starts a new run."
    ),
]
WithData = Annotated[
    bool,
    Field(
        description="Also check for new data about people, such as tags and merge fields, in connections where this is "
        "switched on."
    ),
]


@action(
    "Mailchimpsync",
    Scope.RUN,
    present=in_wire_form,
    helpers=("by", "progress", "stop", "wait", "still_due"),
    judge=outcome_of_sync,
)
def fetchandreconcile(
    site: Site,
    *,
    group_id: GroupIdOrId = None,
    max_time: SharedMaxTime = RUN_SECONDS,
    since: Since = None,
    stop_on: StopOn = None,
    force_restart: ForceRestart = False,
    accept_empty: AcceptEmpty = False,
    accept_restored: AcceptRestored = False,
    with_data: WithData = False,
    by: str | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    wait: bool = True,
    still_due: Callable[[Transaction], bool] | None = None,
) -> list[Report]:
    """Sync all connections, or the connection of one subscription group.

    The result has an entry for each connection, in the order in which they ran: the connection that waited longest
    goes first. A connection that fails or is busy doesn't keep the others from running. An entry has `list_id`,
    `group_id`, `status` with `lastSyncTime`, `locks`, `log` and `fetch`, and `outcome`: done, unchanged (nothing
    has changed on either side since the last run, so no run was needed), incomplete (people are still `due`, see
    `due_because`), waiting (for Mailchimp's batches), out of time, stopped, aborted, held, or an error code. The
    call as a whole fails if the one connection asked for failed, or if all did; otherwise each entry has its own
    `error_code` and `error_message`. `notes` say where a run differed from the call, for example by reading
    everything because the connection was never read in full.

    For Python callers: `by` is the caller's name, for the journal; None: the run was due. `stop` is called often, also
    during waits; when it returns true, the call ends as if time had run out. Without `wait`, a run ends once everything
    is sent; see `collectresults`. `still_due` is called once the lease is held; if it returns false, another process
    has synced meanwhile, and the report says `BUSY`.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: no such group, stage or date.
    """
    links = find_links(site, group_id)
    options = _options(since, stop_on, site.runtime.now(), force_restart=int(force_restart))
    options = replace(
        options,
        still_due=still_due,
        wait_for_batches=wait,
        by=by,
        accept_empty=accept_empty,
        accept_restored=accept_restored,
        with_data=with_data,
        only_if_changed=True,
    )
    deadline = Deadline.of_call(site.runtime, max(0, max_time), stop)
    return list(_run_all(site, _longest_waiting_first(site, links), deadline, options, progress or NoProgress()))


def _options(since: str | None, stop_on: str | None, now: datetime, *, force_restart: int) -> Options:
    moment = None if since is None else read_since(since, now)
    return Options(
        since=moment,
        everything=since is not None and moment is None,
        stop_on=_stage(stop_on) if stop_on else None,
        force_restart=force_restart > 0,
        take_over=force_restart == STOP_THE_OTHER,
    )


def _stage(name: str) -> Stage:
    try:
        return Stage(name)
    except ValueError:
        raise UsageError(
            say("There is no stage “%(name)s”. The stages are: %(stages)s.", name=name, stages=", ".join(Stage))
        ) from None


def _longest_waiting_first(site: Site, links: list[Link]) -> list[Link]:
    """Order by last activity, not last success, so that a connection that never finishes can't starve the others."""
    if len(links) == 1:
        return links

    def last_activity(link: Link) -> datetime:
        times = (runs.last_activity(tx, link.audience_id), runs.stored_status(tx, link.audience_id).attempted_at)
        return max((at for at in times if at is not None), default=_LONG_AGO)

    with site.store.begin() as tx:
        return sorted(links, key=last_activity)


def _run_all(
    site: Site, links: list[Link], deadline: Deadline, options: Options, progress: Progress
) -> Iterator[Report]:
    for number, link in enumerate(links):
        if number and deadline.reached:
            yield _report(site, Report(link))
            continue
        if len(links) > 1:
            progress.message(link.title)
        try:
            wanted = replace(
                options, everything=options.everything or (options.since is None and is_full_run_due(site, link))
            )
            result = run_connection(site.systems(link), link.connection, deadline, wanted, progress)
            if result.trust_is_over:
                _end_trust(site, link)
            yield _report(site, Report(link, result))
        except MailchimpsyncError as error:
            yield _report(site, Report(link, error=error))
        except Exception as error:
            _report(site, Report(link, error=MailchimpsyncError(Code.INTERNAL, type(error).__name__)))
            raise


def is_full_run_due(site: Site, link: Link) -> bool:
    """Say whether a run without `since` has to read everything, whether a service or a call starts it."""
    with site.store.reading() as tx:
        last = runs.last_full_run(tx, link.audience_id)
    return reads_everything(link.schedule, last, site.runtime.now())


def is_data_run_due(site: Site, link: Link) -> bool:
    """Say whether a run also has to check for new data, if the connection has that switched on."""
    if link.data.options is None:
        return False
    with site.store.reading() as tx:
        last = runs.last_data_run(tx, link.audience_id)
    return checks_data(link.schedule, last.started_at if last else None, site.runtime.now())


def _end_trust(site: Site, link: Link) -> None:
    """Remove a trusted side from the configuration after its run, unless it was changed meanwhile."""
    site.refresh()
    now = next((one for one in site.configuration.connections if one.audience_id == link.audience_id), None)
    if now is not None and now.connection.trusted == link.connection.trusted:
        site.save(site.configuration.without_trust(link.audience_id), TRUST_COMPLETED)
    with site.store.begin() as tx:
        runs.record_trust(tx, link.audience_id, None)


def _report(site: Site, report: Report) -> Report:
    """Update the alerts, and add the connection's status to the report.

    If the store fails here, the result of the run is still returned.
    """
    try:
        update_from_report(site, report)
        with site.store.begin() as tx:
            stored = runs.stored_status(tx, report.link.audience_id)
            last = runs.last_run(tx, report.link.audience_id)
            log = tuple(runs.log_lines(tx, report.link.audience_id, last.id)) if last else ()
    except StoreError:
        return report
    return replace(report, stored=stored, log=log)

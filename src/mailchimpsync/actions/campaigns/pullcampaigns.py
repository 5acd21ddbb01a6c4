"""`Mailchimpsync.pullcampaigns`: creates activities in CiviCRM for sent campaigns.

See docs/reference/php-extension.md#campaigns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, Field

from mailchimpsync.actions.alerts.recording import update_from_campaigns
from mailchimpsync.actions.api.description import Judgement, Scope, action, outcome_of_entries
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.api.parameters import RUN_SECONDS, GroupIdOrId, SharedMaxTime
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.runs.since import read_since
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import EXIT_MORE_TO_DO, EXIT_NEEDS_A_PERSON, MailchimpsyncError
from mailchimpsync.runtime import Deadline, NoProgress, Progress
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.campaigns import ImportOptions, ImportResult, import_campaigns

SinceDate = Annotated[
    str | None,
    Field(
        description="Import campaigns sent since this time: `ever`, 2026-11-20, 20 November 2026, 3 days ago; UTC "
        "unless it names a zone. Default: a week before the last complete import, or before now if there was none.",
        max_length=100,
        validation_alias=AliasChoices("since_date", "since"),
    ),
]


@dataclass(frozen=True, slots=True)
class PulledCampaigns:
    """The result of one connection: what was imported, an error, or neither if no time was left for it."""

    link: Link
    imported: ImportResult | None = None
    error: MailchimpsyncError | None = None

    @property
    def outcome(self) -> str:
        """How it ended: `done`, `out of time`, or an error code."""
        if self.error is not None:
            return self.error.code.value
        return (self.imported.outcome if self.imported else Outcome.OUT_OF_TIME).value

    @property
    def exit_code(self) -> int:
        """The exit code of a command that did only this."""
        if self.error is not None:
            return self.error.exit_code
        if self.outcome == Outcome.OUT_OF_TIME.value:
            return EXIT_MORE_TO_DO
        return EXIT_NEEDS_A_PERSON if self.imported is not None and self.imported.failed else 0


def _judge(pulled: Sequence[PulledCampaigns]) -> Judgement:
    return outcome_of_entries([Judgement(one.error, one.exit_code) for one in pulled])


def _in_wire_form(pulled: Sequence[PulledCampaigns]) -> list[dict[str, Any]]:
    return [plain(_entry(one)) for one in pulled]


def _entry(one: PulledCampaigns) -> dict[str, Any]:
    imported, error = one.imported, one.error
    return {
        "list_id": one.link.audience_id,
        "group_id": one.link.group_id,
        "outcome": one.outcome,
        "activity_ids": list(imported.activity_ids) if imported else [],
        "campaigns": imported.campaigns if imported else 0,
        "failed": dict(imported.failed) if imported else {},
        "error_code": error.code.value if error else None,
        "error_message": f"{error.what} {error.remedy}" if error else None,
    }


@action("Mailchimpsync", Scope.RUN, present=_in_wire_form, helpers=("progress", "stop"), judge=_judge)
def pullcampaigns(
    site: Site,
    *,
    group_id: GroupIdOrId = None,
    since_date: SinceDate = None,
    max_time: SharedMaxTime = RUN_SECONDS,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[PulledCampaigns]:
    """Create activities in CiviCRM for the campaigns that were sent to connected audiences.

    Each campaign gets one activity, whose targets are the recipients who have a contact in the rows of that audience.
    If the connection's `campaigns` says so, it gets a second activity for people who opened it and a third for people
    who clicked. Unfinished campaigns of earlier calls are completed, whatever `since_date` says. Nothing is created
    twice, even with a new database. Recipients who get a contact later are added while the campaign is followed. A
    campaign that has failed in five calls is left alone until a call with a `since_date` that includes it.

    The result has an entry for each connection: `outcome` (done, out of time, or an error code), the `activity_ids`
    that were created, the number of `campaigns` worked on, and `failed` campaigns by code.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: no such group or date.
    """
    since = read_since(since_date, site.runtime.now()) if since_date else None
    links = find_links(site, group_id)
    deadline = Deadline.of_call(site.runtime, max(0, max_time), stop)
    everything = since_date is not None and since is None
    return list(_pull_all(site, links, deadline, (since, everything), progress or NoProgress()))


def _pull_all(
    site: Site, links: Sequence[Link], deadline: Deadline, period: tuple[datetime | None, bool], progress: Progress
) -> Iterator[PulledCampaigns]:
    for number, link in enumerate(links):
        if number and deadline.reached:
            yield PulledCampaigns(link)
            continue
        try:
            imported = import_campaigns(
                site.systems(link), link.audience_id, deadline, _wanted(link, *period), progress
            )
            pulled = PulledCampaigns(link, imported)
        except MailchimpsyncError as error:
            pulled = PulledCampaigns(link, error=error)
        update_from_campaigns(site, link, pulled.error, dict(pulled.imported.failed) if pulled.imported else {})
        yield pulled


def _wanted(link: Link, since: datetime | None, everything: bool) -> ImportOptions:
    how = link.campaigns
    return ImportOptions(since, everything, how.opens, how.clicks, how.follow_days)

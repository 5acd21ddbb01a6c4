"""All sites of a fleet at a glance, worst first: from figures that are noted beside them, so that none is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from mailchimpsync import __version__
from mailchimpsync.actions.alerts.api import getalerts
from mailchimpsync.actions.fleet.fleet import Fleet
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.status.connection_state import ConnectionState, Level, StateName, state_of
from mailchimpsync.errors import Code, MailchimpsyncError
from mailchimpsync.store.fleet.figures import SiteFigures, note_figures, sites_with_figures
from mailchimpsync.store.fleet.sites import FleetSite

NOTED_FOR = timedelta(minutes=15)
"""For how long a state that was noted is taken as it is. Workers note each site every five minutes."""

_AT_ONCE = 4


class SiteLevel(StrEnum):
    """How good the state of a site is, from worst to best."""

    UNUSABLE = "unusable"
    BAD = "bad"
    MIDDLE = "middle"
    GOOD = "good"
    UNKNOWN = "unknown"
    NOT_SET_UP = "not set up"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """The state of a site in short, as it was noted.

    Attributes:
        site: its name, title, schema and so on.
        level: how good its worst connection's state is.
        states: the states of its connections, by audience.
        checked_at: when all connections had last been looked at with success; None: one never was.
        held: how many connections are held for review.
        due: for how many people a change is wanted but not made.
        open_alerts: how many problems are open.
        problem: why the site can't be opened; `code`: that in one word.
        version: the program's that has noted this.
        noted_at: when that was; None: nothing is known of the site yet.
    """

    site: FleetSite
    level: SiteLevel
    states: Mapping[str, StateName] = field(default_factory=dict)
    checked_at: datetime | None = None
    held: int = 0
    due: int = 0
    open_alerts: int = 0
    problem: str | None = None
    code: Code | None = None
    version: str | None = None
    noted_at: datetime | None = None

    @property
    def paused(self) -> int:
        """How many connections are paused."""
        return sum(state is StateName.PAUSED for state in self.states.values())


def overview(fleet: Fleet, names: Sequence[str] | None = None) -> list[SiteOverview]:
    """Return the state of all sites, or of some, as it was last noted: the worst first, then by name.

    Nothing is opened, so a thousand sites take two queries.
    """
    with fleet.store.reading() as tx:
        found = [_as_noted(site, figures) for site, figures in sites_with_figures(tx, names)]
    order = list(SiteLevel)
    return sorted(found, key=lambda one: (order.index(one.level), one.site.name))


def not_looked_at(fleet: Fleet, found: Sequence[SiteOverview]) -> int:
    """Return the number of sites in use whose state was noted too long ago to be relied on: no worker does it."""
    before = fleet.runtime.now() - NOTED_FOR
    in_use = [one for one in found if one.site.disabled_at is None]
    return sum((one.noted_at or one.site.created_at) <= before for one in in_use)


def refresh_overview(fleet: Fleet, names: Sequence[str] | None = None, *, older_than: timedelta = NOTED_FOR) -> None:
    """Note the state of all sites, or of some, of which nothing newer is known: without workers nobody else does."""
    before = fleet.runtime.now() - older_than
    old = [one.site for one in overview(fleet, names) if one.noted_at is None or one.noted_at <= before]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda site: note_site(fleet, site), old))


def refresh_unusable(fleet: Fleet) -> None:
    """Note the state of the sites again that couldn't be opened when it was noted: now it may be possible."""
    if names := [one.site.name for one in overview(fleet) if one.level is SiteLevel.UNUSABLE]:
        refresh_overview(fleet, names, older_than=timedelta(0))


def note_site(fleet: Fleet, site: FleetSite, opened: Site | None = None) -> None:
    """Note the state of a site; one that can't be opened is noted as such.

    Raises:
        StoreError: the fleet's own tables can't be used.
    """
    now = fleet.runtime.now()
    try:
        if opened is None:
            with fleet.open(site.name) as site_of_its_own:
                figures = _figures_of(site_of_its_own, site.name, now)
        else:
            figures = _figures_of(opened, site.name, now)
    except MailchimpsyncError as error:
        code = error.code.value
        figures = SiteFigures(
            site.name, SiteLevel.UNUSABLE, "{}", None, 0, 0, 0, str(error.what), code, __version__, now
        )
    with fleet.store.begin() as tx:
        note_figures(tx, figures)


def _figures_of(opened: Site, name: str, now: datetime) -> SiteFigures:
    with opened.store.reading() as tx:
        states = {link.audience_id: state_of(tx, link, now) for link in opened.configuration.connections}
    times = [state.checked_at for state in states.values()]
    known = [time for time in times if time is not None]
    return SiteFigures(
        name,
        _level([*states.values()]),
        json.dumps({list_id: state.name for list_id, state in states.items()}),
        min(known) if known and len(known) == len(times) else None,
        sum(state.name is StateName.HELD for state in states.values()),
        sum(state.due.number for state in states.values()),
        len(getalerts(opened)),
        None,
        None,
        __version__,
        now,
    )


def _as_noted(site: FleetSite, found: SiteFigures | None) -> SiteOverview:
    if found is None:
        return SiteOverview(site, SiteLevel.DISABLED if site.disabled_at else SiteLevel.UNKNOWN)
    return SiteOverview(
        site,
        SiteLevel.DISABLED if site.disabled_at else SiteLevel(found.level),
        {list_id: StateName(name) for list_id, name in json.loads(found.states).items()},
        found.checked_at,
        found.held,
        found.due,
        found.alerts,
        found.problem,
        Code(found.code) if found.code else None,
        found.version,
        found.noted_at,
    )


def _level(states: Sequence[ConnectionState]) -> SiteLevel:
    if not states:
        return SiteLevel.NOT_SET_UP
    levels = {state.level for state in states}
    return next(SiteLevel(level.value) for level in (Level.BAD, Level.MIDDLE, Level.GOOD) if level in levels)

"""All sites of a fleet at a glance, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailchimpsync.actions.alerts.api import getalerts
from mailchimpsync.actions.fleet.fleet import Fleet
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.status.connection_state import ConnectionState, Level, StateName, state_of
from mailchimpsync.errors import Code, MailchimpsyncError
from mailchimpsync.store.fleet.sites import FleetSite

_AT_ONCE = 4


class SiteLevel(StrEnum):
    """How good the state of a site is, from worst to best."""

    UNUSABLE = "unusable"
    BAD = "bad"
    MIDDLE = "middle"
    GOOD = "good"
    NOT_SET_UP = "not set up"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """The state of a site in short.

    Attributes:
        site: its name, title, schema and so on.
        level: how good its worst connection's state is.
        states: the states of its connections, by audience.
        open_alerts: how many problems are open.
        problem: why the site can't be opened; `code`: that in one word.
    """

    site: FleetSite
    level: SiteLevel
    states: tuple[tuple[str, ConnectionState], ...] = ()
    open_alerts: int = 0
    problem: str | None = None
    code: Code | None = None

    @property
    def checked_at(self) -> datetime | None:
        """When all connections had last been looked at with success; None: one never was."""
        times = [state.checked_at for _, state in self.states]
        return min((time for time in times if time is not None), default=None) if None not in times else None

    @property
    def held(self) -> int:
        """How many connections are held for review."""
        return sum(state.name is StateName.HELD for _, state in self.states)

    @property
    def due(self) -> int:
        """For how many people a change is wanted but not made."""
        return sum(state.due.number for _, state in self.states)


def overview(fleet: Fleet, names: Sequence[str] | None = None) -> list[SiteOverview]:
    """Return the state of all sites, or of some, from what is known here: the worst first, then by name.

    A site that can't be opened is one of them, and stops no other.
    """
    wanted = fleet.sites() if names is None else [fleet.site(name) for name in names]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda site: overview_of(fleet, site), wanted))
    order = list(SiteLevel)
    return sorted(found, key=lambda one: (order.index(one.level), one.site.name))


def overview_of(fleet: Fleet, site: FleetSite) -> SiteOverview:
    """Return the state of one site."""
    if site.disabled_at is not None:
        return SiteOverview(site, SiteLevel.DISABLED)
    try:
        with fleet.open(site.name) as opened:
            return _overview_of(site, opened)
    except MailchimpsyncError as error:
        return SiteOverview(site, SiteLevel.UNUSABLE, problem=error.what, code=error.code)


def _overview_of(site: FleetSite, opened: Site) -> SiteOverview:
    with opened.store.reading() as tx:
        now, links = opened.runtime.now(), opened.configuration.connections
        states = tuple((link.audience_id, state_of(tx, link, now)) for link in links)
    return SiteOverview(site, _level(states), states, len(getalerts(opened)))


def _level(states: Sequence[tuple[str, ConnectionState]]) -> SiteLevel:
    if not states:
        return SiteLevel.NOT_SET_UP
    levels = {state.level for _, state in states}
    return next(SiteLevel(level.value) for level in (Level.BAD, Level.MIDDLE, Level.GOOD) if level in levels)

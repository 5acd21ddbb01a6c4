"""What is known of each site without opening it, within transactions for the fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from mailchimpsync.store.engine.dialect import upsert
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.fleet.sites import FleetSite
from mailchimpsync.store.schema.fleet_tables import fleet_site, site_figures


class SiteFigures(NamedTuple):
    """The figures of a site as they were noted; see `schema/fleet_tables.py`."""

    site: str
    level: str
    states: str
    checked_at: datetime | None
    held: int
    due: int
    alerts: int
    problem: str | None
    code: str | None
    version: str
    noted_at: datetime


def note_figures(tx: Connection, figures: SiteFigures) -> None:
    """Note the figures of a site, unless it was removed meanwhile."""
    if tx.execute(select(fleet_site.c.name).where(fleet_site.c.name == figures.site).with_for_update()).first():
        upsert(tx, site_figures, [figures._asdict()], keys=["site"])


def sites_with_figures(
    tx: Connection, names: Sequence[str] | None = None
) -> list[tuple[FleetSite, SiteFigures | None]]:
    """Return all sites, or those of these names, with what is known of each: two queries, however many sites."""
    sites, noted = select_as(FleetSite, fleet_site), select_as(SiteFigures, site_figures)
    if names is not None:
        sites = sites.where(fleet_site.c.name.in_(names))
    figures: Mapping[Any, SiteFigures] = {one.site: one for one in fetch(tx, SiteFigures, noted)}
    return [(site, figures.get(site.name)) for site in fetch(tx, FleetSite, sites)]

"""Checks the import of campaigns, where it is switched on: when it ran, what failed, what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mailchimpsync.actions.finding import Finding, Level, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import missing_setup
from mailchimpsync.config import Link
from mailchimpsync.errors import Code
from mailchimpsync.messages import say
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import campaigns
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.campaigns import ImportOptions

SECONDS = 60
"""How long CiviCRM may take to respond."""

_MISSED_IMPORTS_MAX = 3
_START_SERVICE = say(
    "Make sure that `mailchimpsync serve` is running, or import by hand with `mailchimpsync campaigns pull`."
)


def check_campaigns(site: Site) -> Iterator[Finding]:
    """Check that campaigns are imported as often as they should be, and that none failed."""
    for link in (one for one in site.configuration.connections if one.campaigns.enabled):
        with site.store.reading() as tx:
            newest, known = campaigns.last_import(tx, link.audience_id), campaigns.tally(tx, link.audience_id)
            synced = runs.stored_status(tx, link.audience_id).last_sync_time
        if newest is None:
            if synced is not None:
                yield Finding(Level.WARNING, _subject(link), say("They have never been imported."), _START_SERVICE)
            continue
        found = [*_check_newest(site, link, newest.begun_at, newest.outcome), *_missing(site, link)]
        found += [_failed(link, code, number) for code, number in sorted(known.failed.items())]
        what = say(
            "Known campaigns: %(campaigns)s; activities: %(made)s.", campaigns=known.campaigns, made=known.activities
        )
        yield from found or [ok(_subject(link), what)]


def _subject(link: Link) -> str:
    return say("Campaigns of %(title)s", title=link.title)


def _check_newest(site: Site, link: Link, begun_at: datetime, outcome: str | None) -> Iterator[Finding]:
    if outcome in list(Code):
        yield trouble(_subject(link), say("The last import ended with %(code)s.", code=outcome), Code(outcome))
    age = site.runtime.now() - begun_at
    if outcome != Outcome.OUT_OF_TIME.value and age > _MISSED_IMPORTS_MAX * timedelta(hours=link.campaigns.every_hours):
        what = say("The last import started %(days)s days ago.", days=f"{age / timedelta(days=1):.1f}")
        yield Finding(Level.WARNING, _subject(link), what, _START_SERVICE)


def _missing(site: Site, link: Link) -> Iterator[Finding]:
    """The first import creates what is missing; if it is missing later, it was deleted in CiviCRM."""
    kinds = ImportOptions(opens=link.campaigns.opens, clicks=link.campaigns.clicks).kinds
    with within(site.civicrm(), SECONDS) as client:
        missing = missing_setup(client, kinds)
    if missing:
        what = say("CiviCRM doesn't have what the activities need: %(names)s.", names=", ".join(missing))
        yield trouble(_subject(link), what, Code.CV_NO_CAMPAIGN_TYPES, level=Level.WARNING)


def _failed(link: Link, code: str, number: int) -> Finding:
    what = say("Campaigns that failed with %(code)s: %(number)s.", code=code, number=number)
    known = Code(code) if code in list(Code) else Code.INTERNAL
    return trouble(_subject(link), what, known, level=Level.WARNING)

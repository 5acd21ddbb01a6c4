"""Where on the screens a problem can be decided about. A test follows every path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from mailchimpsync.actions.alerts.problems import Kind
from mailchimpsync.messages import say
from mailchimpsync.store.site.alerts import StoredAlert


class Place(NamedTuple):
    """A page: its path below the service's `public_url`, and what a link to it says."""

    path: str
    label: str


def place_of(alert: StoredAlert) -> Place:
    """Return the page for dealing with a problem."""
    return _PLACES.get(Kind(alert.kind), _connection)(alert)


def start_page() -> Place:
    """Return the page where everything begins."""
    return Place("", say("Open mailchimpsync"))


def _connection(alert: StoredAlert) -> Place:
    if alert.list_id is None:
        return start_page()
    return Place(f"connections/{_part(alert.list_id)}", say("Open the connection"))


def _plan(alert: StoredAlert) -> Place:
    return Place(f"plans/{alert.data['plan']}", say("Review the plan"))


def _key(alert: StoredAlert) -> Place:
    if account := alert.data.get("account"):
        return Place(f"configuration/account/{quote(account)}", say("Open the account"))
    return Place("configuration/civicrm", say("Check the settings for CiviCRM"))


def _people(alert: StoredAlert) -> Place:
    return Place(f"cannot-sync?audience={_part(alert.list_id)}", say("See who can't be synced"))


def _differences(alert: StoredAlert) -> Place:
    return Place(f"connections/{_part(alert.list_id)}/differences", say("See the differences"))


def _webhooks(_alert: StoredAlert) -> Place:
    return Place("configuration/webhooks", say("Check the webhooks"))


def _campaigns(alert: StoredAlert) -> Place:
    return Place(f"configuration/connections/{_part(alert.list_id)}/campaigns", say("Open the campaigns"))


def _data(alert: StoredAlert) -> Place:
    return Place(f"configuration/connections/{_part(alert.list_id)}/data", say("Check the data for Mailchimp"))


def _settings(alert: StoredAlert) -> Place:
    return Place(f"configuration/connections/{_part(alert.list_id)}", say("Open the connection's settings"))


def _part(text: str | None) -> str:
    return quote(text or "", safe="")


_PLACES: Mapping[Kind, Callable[[StoredAlert], Place]] = {
    Kind.KEY: _key,
    Kind.HELD: _plan,
    Kind.LEAVING: _people,
    Kind.REFUSED: _people,
    Kind.FAILURES: _people,
    Kind.DIFFERENCES: _differences,
    Kind.WEBHOOK: _webhooks,
    Kind.CAMPAIGNS: _campaigns,
    Kind.DATA: _data,
    Kind.UNFIT: _data,
    Kind.INTERESTS: _settings,
}
"""The kinds that aren't about the connection's own page."""

"""What to do in a browser, where the engine's own advice is a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from mailchimpsync.actions.alerts.channel_test import HOW_TO
from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.messages import in_language


@dataclass(frozen=True)
class RemedyLink:
    """What to do, and the name of the page to do it on; "" if it is not on these screens."""

    text: str | Promise
    page: str = ""


_REPAIR = RemedyLink(gettext_lazy("Press “Repair” on the webhooks page."), "configuration-webhooks")
_FIRST = RemedyLink(gettext_lazy("Preview the first sync, then turn it on."), "configuration")
_ALERTS = RemedyLink(gettext_lazy("Set up alerts."), "configuration-alerts")
_TEST = RemedyLink(gettext_lazy("Check the server's settings, then send a test."), "configuration-alerts")

_WAYS: Mapping[str, RemedyLink] = {
    REGISTRY[Code.WEBHOOK_MISSING].remedy: _REPAIR,
    REGISTRY[Code.WEBHOOK_WRONG].remedy: _REPAIR,
    REGISTRY[Code.MC_AUTH].remedy: RemedyLink(
        gettext_lazy(
            "Create a new key at Mailchimp (Account, Extras, API keys), then change it on the account's page."
        ),
        "configuration",
    ),
    HOW_TO: _ALERTS,
    "Run `mailchimpsync sync`.": _FIRST,
    "Run `mailchimpsync sync` to continue from there.": RemedyLink(
        gettext_lazy("Sync the connection: it resumes from there."), "overview"
    ),
    "Make sure that `mailchimpsync serve` is running, or that a schedule calls `mailchimpsync sync`.": RemedyLink(
        gettext_lazy("Check that the connection is turned on and the service is running."),
        "configuration",
    ),
    "Run `mailchimpsync init`.": RemedyLink(gettext_lazy("Set up CiviCRM."), "configuration-civicrm"),
    "Run `mailchimpsync connect`.": RemedyLink(
        gettext_lazy("Connect an audience to a group."), "configuration-connect"
    ),
    "See that the server is right, then `mailchimpsync alerts test`.": _TEST,
    "See `mailchimpsync alerts list`.": RemedyLink(gettext_lazy("See the overview."), "overview"),
}


def remedy_link(remedy: str) -> RemedyLink:
    """Return what to do in a browser; where nothing better is known, the advice as it is."""
    return _WAYS.get(remedy) or RemedyLink(in_language(remedy, gettext) if remedy else "")

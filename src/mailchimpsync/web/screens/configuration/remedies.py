"""What to do in a browser, where the engine's own advice is a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from mailchimpsync.actions.finding import Finding, Step
from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.web.templatetags.screens import translated


@dataclass(frozen=True)
class RemedyLink:
    """What to do, and the name of the page to do it on; "" if it is not on these screens."""

    text: str | Promise
    page: str = ""


_REPAIR = RemedyLink(gettext_lazy("Press “Repair” on the webhooks page."), "configuration-webhooks")

_OF_CODES: Mapping[Code, RemedyLink] = {
    Code.WEBHOOK_MISSING: _REPAIR,
    Code.WEBHOOK_WRONG: _REPAIR,
    Code.MC_AUTH: RemedyLink(
        gettext_lazy(
            "Create a new key at Mailchimp (Account, Extras, API keys), then change it on the account's page."
        ),
        "configuration",
    ),
}
_OF_STEPS: Mapping[Step, RemedyLink] = {
    Step.SET_UP_CIVICRM: RemedyLink(gettext_lazy("Set up CiviCRM."), "configuration-civicrm"),
    Step.CONNECT: RemedyLink(gettext_lazy("Connect an audience to a group."), "configuration-connect"),
    Step.SYNC: RemedyLink(gettext_lazy("Preview the first sync, then turn it on."), "configuration"),
    Step.RESUME: RemedyLink(gettext_lazy("Sync the connection: it resumes from there."), "overview"),
    Step.KEEP_RUNNING: RemedyLink(
        gettext_lazy("Check that the connection is turned on and the service is running."), "configuration"
    ),
    Step.ADD_CHANNEL: RemedyLink(gettext_lazy("Set up alerts."), "configuration-alerts"),
    Step.TEST_CHANNELS: RemedyLink(
        gettext_lazy("Check the server's settings, then send a test."), "configuration-alerts"
    ),
    Step.INSTALL_ENTRIES: RemedyLink(gettext_lazy("Put the entries into CiviCRM."), "configuration-entries"),
    Step.SEE_ALERTS: RemedyLink(gettext_lazy("See the overview."), "overview"),
}


def remedy_link(finding: Finding) -> RemedyLink:
    """Return what to do about a finding in a browser; where nothing better is known, the advice as it is."""
    remedy, code = finding.remedy, finding.code
    if isinstance(remedy, Step):
        return _OF_STEPS[remedy]
    if code is not None and code in _OF_CODES and remedy == REGISTRY[code].remedy:
        return _OF_CODES[code]
    return RemedyLink(translated(remedy))

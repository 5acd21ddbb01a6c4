"""`MailchimpsyncAlert.test`: a test message through every channel."""

from __future__ import annotations

from functools import partial

from mailchimpsync.actions.alerts import messages as texts
from mailchimpsync.actions.alerts.channels import DeliveryError, send_within, sender_of
from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.finding import Finding, Level, Step, ok
from mailchimpsync.actions.site import Site
from mailchimpsync.messages import say

NO_CHANNEL = say("No one is alerted when something goes wrong.")
CHANNEL_NAMES = {"email": "E-mail", "webhook": "Webhook", "slack": "Slack", "ping": "Ping"}


@action("MailchimpsyncAlert", Scope.RUN, name="test")
def testalerts(site: Site) -> list[Finding]:
    """Send a test message through every channel now, and return the result of each; the ping is sent as a success."""
    wanted = site.configuration.alerts
    names = [*wanted.channels, *(["ping"] if wanted.ping_url else [])]
    if not names:
        return [Finding(Level.WARNING, "Alerts", NO_CHANNEL, Step.ADD_CHANNEL)]
    return [_try(site, name) for name in names]


def _try(site: Site, channel: str) -> Finding:
    now, subject = site.runtime.now(), CHANNEL_NAMES[channel]
    send = sender_of(site.configuration.alerts, channel)
    try:
        if send is not None:
            send_within(partial(send, texts.test(site), f"test:{now.isoformat()}", now))
    except DeliveryError as error:
        remedy = say("Check the channel's settings, and that its server can be reached from here.")
        return Finding(Level.BAD, subject, say("The message wasn't accepted: %(error)s.", error=error), remedy)
    return ok(subject, say("The message was accepted."))

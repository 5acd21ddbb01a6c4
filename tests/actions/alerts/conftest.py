"""A site with alerts to a mail server and a webhook receiver; only time and the stand-ins change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mailchimpsync.actions import Clients, Site, fetchandreconcile, watch
from mailchimpsync.actions.runs.reports import Report
from mailchimpsync.config import Alerts, AlertWebhook, Email, Slack
from support.alert_receivers import MailServer, WebhookReceiver, served_mail_server, served_webhook_receiver
from support.webhook_delivery import site_of
from support.world import NEWS, World

HOUR = 3_600
PING_PATH = "/ping/a-check-only-we-know"
SLACK_PATH = "/services/T000/B000/a-way-in"
HOOK_PATH = "/alerts/a-way-in-too"
SIGNING_SECRET = "what-signs-alerts-0123456789"


@dataclass
class AlertSite:
    """A site with channels for alerts. Bella is on both sides, and nobody has synced yet."""

    world: World
    mailbox: MailServer
    pager: WebhookReceiver
    site: Site
    reports: list[Report] = field(default_factory=list)

    def is_told(self, **changes: Any) -> None:
        """Set the receivers of alerts; by default e-mail only, without a summary."""
        email = Email(host="127.0.0.1", port=self.mailbox.port, security="none", sender="sync@site.example", to=TO)
        alerts = Alerts(email=email, summary="never").model_copy(update=changes)
        self.site.configuration = self.site.configuration.model_copy(update={"alerts": alerts})

    @property
    def hook(self) -> AlertWebhook:
        url, secret = SecretStr(self.pager.url + HOOK_PATH), SecretStr(SIGNING_SECRET)
        return AlertWebhook(webhook_url=url, signing_secret=secret)

    @property
    def slack(self) -> Slack:
        return Slack(webhook_url=SecretStr(self.pager.url + SLACK_PATH))

    @property
    def ping_url(self) -> SecretStr:
        return SecretStr(self.pager.url + PING_PATH)

    def link(self, **changes: Any) -> None:
        """Change the connection."""
        links = tuple(one.model_copy(update=changes) for one in self.site.configuration.connections)
        self.site.configuration = self.site.configuration.model_copy(update={"connections": links})

    def sync(self) -> str:
        [report] = fetchandreconcile(self.site, max_time=0)
        return report.outcome

    def look(self, hours: float = 0) -> list[str]:
        """Check for alerts after some hours, and return the subjects of the mails that came."""
        self.world.pass_time(hours * HOUR)
        before = len(self.mailbox.mails)
        watch(self.site, seconds=60)
        return self.mailbox.subjects[before:]

    def for_another_thread(self) -> AlertSite:
        """Another service on the same store."""
        return replace(self, site=self.site.for_another_thread())

    def disable_the_group(self, *, active: bool = False) -> None:
        values = {"where": [["id", "=", NEWS]], "values": {"is_active": active}}
        self.world.civicrm.call("Group", "update", values)

    def revoke_the_key(self) -> None:
        world = self.world
        self.site.close_clients()
        self.site.clients = Clients(
            civicrm=lambda _site, _runtime: world.new_systems(civicrm_key="revoked").civicrm,
            mailchimp=lambda _account, _runtime: world.new_systems().mailchimp,
        )

    def renew_the_key(self) -> None:
        self.site.close_clients()
        self.site.clients = site_of(self.world).clients


TO = ("ann@office.example",)


@pytest.fixture
def alert_site(tmp_path: Path) -> Iterator[AlertSite]:
    world = World()
    world.member("bella@example.org")
    world.contact("bella@example.org", {NEWS: 9})
    with served_mail_server() as mailbox, served_webhook_receiver() as pager:
        site = site_of(world)
        site.settings = site.settings.model_copy(update={"home": tmp_path})
        alert_site = AlertSite(world, mailbox, pager, site)
        alert_site.is_told()
        yield alert_site
    world.close()

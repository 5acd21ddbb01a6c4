"""Ann has the webhooks checked and fixed, and sees what they brought."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from click.testing import Result

from mailchimpsync.actions import Site, open_site
from mailchimpsync.actions.webhooks.reachable import check_reachable
from mailchimpsync.web.wsgi import make_application
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

if TYPE_CHECKING:
    from cli.conftest import CommandLine

EVENTS = {"subscribe", "unsubscribe", "profile", "cleaned", "upemail"}
ALL_OFF = {"events": {"campaign": True}, "sources": {"api": True}}
OTHERS = "https://hooks.example.com/catch/123?key=of-somebody-else"


@dataclass
class Service:
    """Ann's service, reached at `url`, and Mailchimp's own view of the webhooks."""

    command_line: CommandLine
    site: Site
    url: str

    def __call__(self, *words: str, url: str | None = None) -> Result:
        return self.command_line("webhooks", *words, MAILCHIMPSYNC_PUBLIC_URL=url or self.url)

    def findings(self, *words: str, url: str | None = None) -> list[tuple[str, str]]:
        found = json.loads(self(*words, "--json", url=url).stdout)
        return [(one["level"], one["found"]) for one in found]

    @property
    def secret(self) -> str:
        [account] = self.site.configuration.accounts.values()
        assert account.webhook_secret is not None
        return account.webhook_secret.get_secret_value()

    @property
    def wanted(self) -> list[str]:
        return [f"{self.url}/webhook/{kind}?secret={self.secret}" for kind in ("audience", "batch")]

    def ask(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        auth = ("ann", self.command_line.mailchimp_key)
        answer = httpx2.request(method, self.command_line.mailchimp_url + path, auth=auth, json=body or None)
        return dict(answer.raise_for_status().json()) if answer.content else {}

    def hooks(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"/lists/{self.command_line.list_id}/webhooks")["webhooks"])

    def batch_hooks(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/batch-webhooks")["webhooks"])

    def first_event(self) -> dict[str, Any]:
        for _ in range(200):
            if found := json.loads(self("events", "--json").stdout):
                return dict(found[0])
            time.sleep(0.05)
        raise AssertionError("no event ever came")

    def add(self, url: str, **body: Any) -> None:
        """Let someone make a webhook by hand; Mailchimp takes any address."""
        self.command_line.mailchimp.set_options(validate_webhooks=False)
        self.ask("POST", f"/lists/{self.command_line.list_id}/webhooks", url=url, **(body or ALL_OFF))
        self.command_line.mailchimp.set_options(validate_webhooks=True)

    def add_batch(self, url: str) -> None:
        self.command_line.mailchimp.set_options(validate_webhooks=False)
        self.ask("POST", "/batch-webhooks", url=url)
        self.command_line.mailchimp.set_options(validate_webhooks=True)


@pytest.fixture
def service(connected: CommandLine) -> Iterator[Service]:
    """A site that is connected and served, with no webhooks yet; its secret may never show."""
    with open_site(connected.home) as site, Served(make_application(site)) as served:
        made = Service(connected, site, served.url)
        yield made
        assert made.secret not in "".join(connected.outputs)


def test_missing_webhooks_are_found_and_made(service: Service) -> None:
    checked = service("check")
    assert checked.exit_code == 7
    assert checked.output.count("It is missing.") == 2
    assert service.hooks() == []

    assert service("repair").exit_code == 0
    [hook], [batch_hook] = service.hooks(), service.batch_hooks()
    assert [hook["url"], batch_hook["url"]] == service.wanted
    assert {name for name, on in hook["events"].items() if on} == EVENTS
    assert hook["sources"] == {"user": True, "admin": True, "api": False}
    assert {level for level, _ in service.findings("check")} == {"good"}


def test_repairing_twice_changes_nothing(service: Service) -> None:
    service("repair")
    before = service.hooks(), service.batch_hooks()
    assert service.findings("repair") == [("good", "It is correct.")] * 2
    assert (service.hooks(), service.batch_hooks()) == before


def test_wrong_events_and_sources_are_named_and_corrected(service: Service) -> None:
    service.add(service.wanted[0])
    [told] = [found for level, found in service.findings("check") if "Wrong" in found]
    assert "events missing: cleaned, profile, subscribe, unsubscribe, upemail" in told
    assert "unneeded sources: api" in told
    service("repair")
    [hook] = service.hooks()
    assert {name for name, on in hook["events"].items() if on} == EVENTS


@pytest.mark.parametrize("where", ["same address, old secret", "old address, same secret"])
def test_a_webhook_of_former_times_is_brought_up_to_date(service: Service, where: str) -> None:
    old = {
        "same address, old secret": (f"{service.url}/webhook/{{}}?secret=the-old-secret"),
        "old address, same secret": (f"https://old.example.org/sync/webhook/{{}}?secret={service.secret}"),
    }[where]
    service.add(old.format("audience"))
    service.add_batch(old.format("batch"))
    assert service("check").output.count("old address or old secret") == 2
    service("repair")
    assert [hook["url"] for hook in (*service.hooks(), *service.batch_hooks())] == service.wanted


def test_of_doubled_webhooks_the_right_one_stays(service: Service) -> None:
    service.add(f"https://old.example.org/webhook/audience?secret={service.secret}")
    service.add(service.wanted[0])
    service.add(f"{service.url}/webhook/audience?secret=the-old-secret")
    assert "There are 3 of our webhooks" in service("check").output
    assert "Duplicates deleted: 2." in service("repair").output
    assert [hook["url"] for hook in service.hooks()] == [service.wanted[0]]


def test_a_batch_webhook_that_was_switched_off_works_again(service: Service) -> None:
    service("repair")
    [hook] = service.batch_hooks()
    service.ask("PATCH", f"/batch-webhooks/{hook['id']}", enabled=False)
    assert ("bad", "Wrong: switched off.") in service.findings("check")
    service("repair")
    assert service.batch_hooks()[0]["enabled"] is True


def test_webhooks_of_others_are_left_alone_and_hardly_shown(service: Service) -> None:
    strangers = [OTHERS, "https://another.example.org/webhook/audience?secret=of-another-site"]
    for url in strangers:
        service.add(url)
        service.add_batch(url)
    before = service.hooks(), service.batch_hooks()
    service("repair")
    assert service.hooks()[:2] == before[0]
    assert service.batch_hooks()[:2] == before[1]
    shown = service("list").output
    assert "https://hooks.example.com/…" in shown
    assert "of-somebody-else" not in shown
    assert "of-another-site" not in shown


def test_an_address_that_mailchimp_cannot_reach_is_told(service: Service) -> None:
    nowhere = "http://127.0.0.1:9"
    assert ("bad", f"{nowhere} can't be reached (ConnectError).") in service.findings("check", url=nowhere)
    repaired = service("repair", url=nowhere)
    assert repaired.exit_code == 7
    assert "couldn't verify the URL" in " ".join(repaired.output.split())


def test_another_service_at_our_address_is_told(service: Service) -> None:
    [(_, told), *_] = service.findings("check", url=service.command_line.mailchimp_url)
    assert "not as this service does" in told


def test_another_site_at_our_address_is_told(service: Service) -> None:
    account = service.site.configuration.accounts["Green Paths"]
    strange = account.model_copy(update={"webhook_secret": None})
    configuration = service.site.configuration.model_copy(update={"accounts": {"Green Paths": strange}})
    url = service.url
    with open_site(service.command_line.home) as site:
        site.configuration = configuration.with_webhook_secrets()
        site.settings = site.settings.model_copy(update={"public_url": url})
        [finding] = check_reachable(site)
    assert "doesn't know the webhooks' secrets of this site" in finding.found


def test_without_a_public_address_there_is_nothing_to_repair(connected: CommandLine) -> None:
    checked = connected("webhooks", "check")
    assert checked.exit_code == 0
    assert "No public_url is set" in checked.output
    repaired = connected("webhooks", "repair")
    assert repaired.exit_code == 7
    assert "MAILCHIMPSYNC_PUBLIC_URL" in repaired.output


def test_one_failing_account_does_not_keep_the_others(service: Service) -> None:
    command_line, key, list_id = service.command_line, "a" * 32 + "-us7", "bbbb000002"
    with closing(MailchimpSandbox()) as other, Served(other) as served:
        other.add_account(key, account_name="Blue Rivers")
        other.add_audience(key, list_id, "Rowers")
        assert (
            command_line.connect(
                "--base-url", f"{served.url}/3.0", "--audience", list_id, "--group", "13", key=key
            ).exit_code
            == 0
        )
        command_line.mailchimp.faults.plant(Fault(FaultKind.STATUS, "webhooks", status=401, times=10))
        repaired = service("repair")
        assert repaired.exit_code == 7
        assert "Mailchimp does not accept the API key" in " ".join(repaired.output.split())
        hooks = httpx2.get(f"{served.url}/3.0/lists/{list_id}/webhooks", auth=("a", key)).json()
    assert hooks["total_items"] == 1


def test_events_are_shown_without_addresses(service: Service) -> None:
    assert "No events have been received yet." in service("events").output
    body = {"type": "unsubscribe", "data[email]": "bella@example.org", "data[list_id]": service.command_line.list_id}
    assert httpx2.post(service.wanted[0], data=body).status_code == 200
    shown = service("events").output
    assert "Newsletter" in shown
    assert "unsubscribe" in shown
    assert "waiting" in shown
    assert "bella" not in shown + service("events", "--json").output


def test_a_change_at_mailchimp_arrives_by_the_webhook(service: Service) -> None:
    service("repair")
    service.command_line.mailchimp.act(service.command_line.list_id, "bella@example.org", change="unsubscribe")
    event = service.first_event()
    assert (event["kind"], event["list_id"], event["state"]) == ("unsubscribe", service.command_line.list_id, "waiting")

"""A charity that has used the PHP extension for years, on both stand-ins, and a site that may take over from it.

Ann's group is News (8), and those of the interests are Walks (9) and Rides (10).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from sqlalchemy import select

from mailchimpsync.actions import Site, create_site, open_site
from mailchimpsync.actions.site import Clients
from mailchimpsync.actions.takeover.understanding import Source
from mailchimpsync.civicrm import CivicrmClient, save_group_contacts
from mailchimpsync.config import Account, CivicrmSite, Configuration
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import GroupStatus
from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Store
from mailchimpsync.store.schema import cache
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from support.crashing import CrashPoint
from support.extension import BATCH_WEBHOOK, MANAGED_JOB, WEBHOOK, as_text, cache_row, setting
from support.inline_executor import InlineExecutor
from support.transport import SandboxTransport

KEY, CIVICRM_KEY, LIST = "fedcba9876543210fedcba9876543210-us6", "sandbox-civicrm-key", "a1b2c3d4e5"
NEWS, WALKS, RIDES = 8, 9, 10
WALK, RIDE = "1111111111", "2222222222"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LONG_AGO, LATER, LATELY = "2026-01-01T10:00:00Z", "2026-06-01T10:00:00Z", "2026-11-01T10:00:00Z"
BELLA, CARL, DORA, EMIL, FAY, GUS = 11, 12, 13, 14, 15, 16
EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail")


class ExtensionWorld:
    """Both stand-ins with the extension's records, and the home of a site; a process dies at its `crash_point`."""

    def __init__(self, home: Path, database: str | None = None) -> None:
        self.home = home
        self.mailchimp = MailchimpSandbox()
        self.civicrm = CivicrmSandbox()
        for clock in (self.mailchimp.clock, self.civicrm.clock):
            clock.freeze(NOW)
        self.crash_point = CrashPoint()
        self.to_mailchimp, self.to_civicrm = SandboxTransport(self.mailchimp), SandboxTransport(self.civicrm)
        self.to_mailchimp.watch = self.to_civicrm.watch = lambda _request: self.crash_point.step()
        self._furnish()
        with create_site(home, database=database) as site:
            civicrm = CivicrmSite(url="http://cv", api_key=SecretStr(CIVICRM_KEY))
            site.save(Configuration(civicrm=civicrm), "ann")

    def _furnish(self) -> None:
        self.mailchimp.add_account(KEY, account_name="Green Paths")
        self.mailchimp.set_options(validate_webhooks=False)
        self.mailchimp.add_audience(KEY, LIST, "Newsletter", interests={WALK: "Topics: Walks", RIDE: "Topics: Rides"})
        for group, title in ((NEWS, "News"), (WALKS, "Walks"), (RIDES, "Rides")):
            self.civicrm.add_group(group, title)
        self._add_people()
        self.install_extension()
        events, sources = dict.fromkeys(EVENTS, True), {"user": True, "admin": True}
        self.ask("POST", f"/lists/{LIST}/webhooks", url=WEBHOOK, events=events, sources=sources)
        self.ask("POST", "/batch-webhooks", url=BATCH_WEBHOOK, enabled=True)

    def _add_people(self) -> None:
        walker, nobody = {"interests": {WALK: True, RIDE: False}}, {"interests": {WALK: False, RIDE: False}}
        left = {"status": "unsubscribed", "last_changed": LATER}
        self.mailchimp.load_members(
            LIST,
            [
                {"email_address": "bella@example.org", "last_changed": LATELY, **walker},
                {"email_address": "carl@example.org", **left},
                {"email_address": "dora@example.org", "last_changed": LATELY, **nobody},
                {"email_address": "fay@example.org", "status": "cleaned", "last_changed": LONG_AGO},
                {"email_address": "gus@example.org", "last_changed": LONG_AGO, **nobody},
            ],
        )
        added = {"status": "Added", "date": LONG_AGO}
        removed = {"status": "Removed", "date": LATER}
        self.civicrm.load_contacts(
            [
                {
                    "id": BELLA,
                    "first_name": "Bella",
                    "emails": ["bella@example.org"],
                    "groups": {NEWS: added, WALKS: added},
                },
                {"id": CARL, "first_name": "Carl", "emails": ["carl@example.org"], "groups": {NEWS: removed}},
                {"id": DORA, "first_name": "Dora", "emails": ["dora@example.org"], "groups": {NEWS: added}},
                {"id": EMIL, "first_name": "Emil", "emails": [], "groups": {NEWS: added}},
                {"id": FAY, "first_name": "Fay", "emails": ["fay@example.org"], "groups": {NEWS: added}},
                {"id": GUS, "first_name": "Gus", "emails": ["gus@example.org"], "groups": {NEWS: added}},
            ]
        )

    def install_extension(self, *, config: dict[str, Any] | None = None, **kept: Any) -> None:
        """Let the extension be as it was after its last sync, but for what is given."""
        ticks, none = {WALK: True, RIDE: False}, {WALK: False, RIDE: False}
        rows = [
            row(1, "bella@example.org", BELLA, {NEWS: "Added", WALKS: "Added"}, interests=ticks),
            row(2, "carl@example.org", CARL, {NEWS: "Removed"}, mailchimp_status="unsubscribed"),
            row(3, "dora@example.org", DORA, {NEWS: "Added"}, interests=none),
            row(4, None, EMIL, {NEWS: "Added"}, sync_status="fail"),
            row(5, "fay@example.org", FAY, {NEWS: "Added"}, mailchimp_status="cleaned", sync_status="fail"),
            row(6, "gus@example.org", GUS, {NEWS: "Added"}, interests=none),
        ]
        if config is None:
            config = setting(KEY, LIST, NEWS, {WALK: WALKS, RIDE: RIDES})
        kept = {"cache": rows, "jobs": [dict(MANAGED_JOB)], **kept}
        self.civicrm.install_extension(setting=as_text(config), **kept)

    @property
    def source(self) -> Source:
        return Source(base_url="http://mc/3.0")

    @contextmanager
    def site(
        self, *, kill_at: int | None = None, public_url: str | None = "https://sync.example.org"
    ) -> Iterator[Site]:
        """Open the site in a fresh process, which is killed at a step."""
        runtime = Runtime(
            now=self.mailchimp.clock.now,
            sleep=self.pass_time,
            chance=random.Random(1),
            executor=lambda _threads: InlineExecutor(),
            slice_seconds=10.0,
        )
        self.crash_point.arm(None)
        with open_site(self.home, runtime=runtime, clients=Clients(self._civicrm, self._mailchimp)) as site:
            site.settings = site.settings.model_copy(update={"public_url": public_url})
            begin = site.store.begin
            site.store.begin = lambda: self._counted(begin)  # type: ignore[method-assign]
            self.crash_point.arm(kill_at)
            try:
                yield site
            finally:
                self.crash_point.arm(None)

    @contextmanager
    def _counted(self, begin: Any) -> Iterator[Any]:
        self.crash_point.step()
        with begin() as tx:
            yield tx
            self.crash_point.step()
        self.crash_point.step()

    def _civicrm(self, site: CivicrmSite, runtime: Runtime) -> CivicrmClient:
        return CivicrmClient(site.url, site.api_key.get_secret_value(), runtime, transport=self.to_civicrm)

    def _mailchimp(self, account: Account, runtime: Runtime) -> MailchimpClient:
        key = account.api_key.get_secret_value()
        return MailchimpClient(key, runtime, base_url="http://mc/3.0", transport=self.to_mailchimp)

    def pass_time(self, seconds: float) -> None:
        for clock in (self.mailchimp.clock, self.civicrm.clock):
            clock.advance(seconds)

    def remove_from_group(self, contact_id: int, group_id: int = NEWS) -> None:
        """Let staff remove a contact from a group."""
        where = [["contact_id", "=", contact_id], ["group_id", "=", group_id]]
        self.civicrm.call("GroupContact", "update", {"where": where, "values": {"status": "Removed"}})

    def change_group_as_extension(self, contact_id: int) -> None:
        """Let the extension add a contact to the group, as it does for someone who subscribed again."""
        self.ask("PATCH", f"/lists/{LIST}/members/{self.member_id('gus@example.org')}", status="subscribed")
        client = CivicrmClient(
            "http://cv", CIVICRM_KEY, Runtime(now=self.mailchimp.clock.now), transport=self.to_civicrm
        )
        with client:
            save_group_contacts(client, [(contact_id, NEWS, GroupStatus.ADDED)], LIST)

    def member_id(self, address: str) -> str:
        return next(str(one["id"]) for one in self.mailchimp.members(LIST) if one["email_address"] == address)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        with httpx2.Client(transport=SandboxTransport(self.mailchimp), auth=("ann", KEY)) as client:
            answer = client.request(method, f"http://mc/3.0{path}", json=body or None).raise_for_status()
        return answer.json() if answer.content else {}

    # -- what there is ------------------------------------------------------------------------------------------------

    def webhooks(self) -> list[str]:
        """Return the addresses of all webhooks, without their secrets."""
        found = [
            *self.ask("GET", f"/lists/{LIST}/webhooks")["webhooks"],
            *self.ask("GET", "/batch-webhooks")["webhooks"],
        ]
        return sorted(one["url"].partition("?")[0] for one in found)

    def job_is_on(self) -> bool:
        return bool(self.civicrm.extension.jobs[0]["is_active"] == "1")

    def group(self, group_id: int = NEWS) -> dict[int, str]:
        """Return the status of each contact in a group."""
        rows = self.civicrm.dump("GroupContact")
        return {row["contact_id"]: row["status"] for row in rows if row["group_id"] == group_id}

    def members(self) -> dict[str, str]:
        return {one["email_address"]: one["status"] for one in self.mailchimp.members(LIST)}

    def both_sides(self) -> Any:
        """Return everything about people that a sync may change."""
        names = ("Contact", "Email", "GroupContact", "SubscriptionHistory")
        return [self.civicrm.dump(name) for name in names], self.mailchimp.members(LIST)

    def bases(self) -> dict[str, tuple[bool | None, dict[str, bool] | None]]:
        """Return what both sides agreed on, by address or contact."""
        with self.site() as site, Store.reading(site.store) as tx:
            rows = tx.execute(select(cache).where(cache.c.mailchimp_list_id == LIST)).mappings().all()
        return {
            row["mailchimp_email"] or str(row["civicrm_contact_id"]): (row["base_subscribed"], row["base_interests"])
            for row in rows
        }


def row(row_id: int, email: str | None, contact: int | None, groups: dict[int, str], **columns: Any) -> dict[str, Any]:
    """Return a row of the extension's cache table about Ann's audience."""
    return cache_row(row_id, LIST, email, civicrm_contact_id=contact, groups=groups, **columns)

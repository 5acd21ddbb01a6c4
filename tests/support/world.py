"""A charity with one audience of two interests, and its three groups in CiviCRM."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import RowMapping, select

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.config import Keyring
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Connection, LaneChoice, Resubscribe, SyncStatus
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store
from mailchimpsync.store.schema import cache, journal, log, run, update
from mailchimpsync.sync import Options, Result, Systems, run_connection
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.clock import SandboxClock
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from support.crashing import CrashingStore, CrashPoint
from support.inline_executor import InlineExecutor
from support.rights import TRASH
from support.transport import SandboxTransport

KEY = "0123456789abcdef0123456789abcdef-us1"
CIVICRM_KEY = "sandbox-civicrm-key"
LIST, OTHER_LIST = "aaaa111122", "bbbb111122"
NEWS, WALKS, RIDES = 8, 9, 10
WALK, RIDE = "1111111111", "2222222222"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

Row = RowMapping

_FREE_STORES: list[CrashingStore] = []
"""Stores in memory whose world has ended: their data went with it, but the SQL they have compiled is still there."""


def _empty_store(crash_point: CrashPoint) -> CrashingStore:
    store = _FREE_STORES.pop() if _FREE_STORES else CrashingStore()
    store.crash_point = crash_point
    return store


def days_ago(number: float) -> str:
    """Return a moment before the world's beginning."""
    return (NOW - timedelta(days=number)).isoformat()


class World:
    """Both stand-ins and a store; a batch is finished at the first poll."""

    lane = LaneChoice.AUTO
    """How updates are sent unless something else is asked for; in tests marked with `batches`, in batches only."""

    slice_seconds = 10.0
    """Hours pass here at once: looking every half second whether to stop took a quarter of the time of all tests."""

    def __init__(
        self,
        store: Store | None = None,
        *,
        seed: int = 1,
        resubscribe: Resubscribe = Resubscribe.ASK,
        crash_point: CrashPoint | None = None,
        beside: World | None = None,
        rights: str | Sequence[str] = TRASH,
        lane: LaneChoice | None = None,
    ) -> None:
        """Start with an empty store, in memory unless one is given; that one is killed at `crash_point`.

        A world `beside` another one is another site, with an audience of its own in the same Mailchimp account.
        """
        self.list_id = OTHER_LIST if beside else LIST
        self.beside = beside
        self.mailchimp: MailchimpSandbox = beside.mailchimp if beside else MailchimpSandbox(manual_batches=True)
        self.civicrm = CivicrmSandbox(permissions=rights)
        self.store = store or _empty_store(crash_point or CrashPoint())
        self.store.go_by(lambda: self.now)
        self.store.migrate()
        self.chance = random.Random(seed)
        self.connection = Connection(self.list_id, NEWS, {} if beside else {WALK: WALKS, RIDE: RIDES}, resubscribe)
        self.connection = replace(self.connection, lane=lane or self.lane)
        self.to_mailchimp, self.to_civicrm = SandboxTransport(self.mailchimp), SandboxTransport(self.civicrm)
        self.runtime = Runtime(
            now=self.mailchimp.clock.now,
            sleep=self.pass_time,
            chance=random.Random(seed),
            executor=lambda _threads: InlineExecutor(),
            slice_seconds=self.slice_seconds,
        )
        self.clocks: list[SandboxClock] = beside.clocks if beside else [self.mailchimp.clock]
        self.clocks.append(self.civicrm.clock)
        for clock in self.clocks:
            clock.freeze(NOW)
        self._furnish()
        self.keyring = Keyring([Fernet.generate_key().decode()])
        self.erasure_key: str | None = None
        self.systems = self.new_systems()

    def _furnish(self) -> None:
        topics = {WALK: "Topics: Walks", RIDE: "Topics: Rides"} if not self.beside else {}
        if not self.beside:
            self.mailchimp.add_account(KEY)
        self.mailchimp.add_audience(KEY, self.list_id, "News", interests=topics)
        self.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 0))
        for group, title in ((NEWS, "News"), (WALKS, "Walks"), (RIDES, "Rides")):
            self.civicrm.add_group(group, title)

    def new_systems(self, *, key: str = KEY, civicrm_key: str = CIVICRM_KEY) -> Systems:
        """Return what a freshly started process would use."""
        mailchimp = MailchimpClient(key, self.runtime, base_url="http://mc/3.0", transport=self.to_mailchimp)
        civicrm = CivicrmClient("http://cv", civicrm_key, self.runtime, transport=self.to_civicrm)
        return Systems(self.store, mailchimp, civicrm, self.runtime, self.erasure_key)

    def close(self) -> None:
        if not self.beside:
            self.mailchimp.close()
        self.civicrm.close()
        if isinstance(self.store, CrashingStore):
            self.store.close()
            _FREE_STORES.append(self.store)

    # -- time and runs ------------------------------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        """Let time pass on all sides."""
        for clock in self.clocks:
            clock.advance(seconds)

    @property
    def now(self) -> datetime:
        return self.mailchimp.clock.now()

    def sync(self, *, seconds: float | None = None, **options: Any) -> Result:
        """Make one call of the engine."""
        deadline = Deadline.after(self.runtime, seconds)
        return run_connection(self.systems, self.connection, deadline, Options(**options))

    def grant(self, rights: Sequence[str]) -> None:
        """Let the key's user have these permissions, and no others."""
        self.civicrm.grant(CIVICRM_KEY, rights)

    # -- acts ---------------------------------------------------------------------------------------------------------

    def member(self, email: str, status: str = "subscribed", **details: Any) -> None:
        """Put a member into the audience, as changed ten days ago unless told otherwise."""
        details = {"last_changed": days_ago(10)} | details
        self.mailchimp.load_members(self.list_id, [{"email_address": email, "status": status, **details}])

    def contact(self, emails: str | Sequence[Any] = (), groups: Mapping[int, Any] | None = None, **details: Any) -> int:
        """Add a contact; `groups` maps a group to the days since it was Added, or to a history entry."""
        listed = [emails] if isinstance(emails, str) else list(emails)
        entries = {
            group: entry if isinstance(entry, dict) else _added(entry) for group, entry in (groups or {}).items()
        }
        details = {"modified_date": days_ago(200)} | details
        return self.civicrm.load_contacts([{"first_name": "A", "emails": listed, "groups": entries, **details}])[0]

    def put(self, contact: int, status: str, group: int = NEWS) -> None:
        """Let staff set a contact's status in a group."""
        record = {"contact_id": contact, "group_id": group, "status": status}
        params = {"records": [record], "match": ["contact_id", "group_id"], "method": "Admin"}
        self.civicrm.call("GroupContact", "save", params)

    def edit(self, contact: int, **values: Any) -> None:
        """Let staff change a contact."""
        self.civicrm.call("Contact", "update", {"where": [["id", "=", contact]], "values": values})

    def edit_address(self, contact: int, **values: Any) -> None:
        """Let staff change all addresses of a contact."""
        self.civicrm.call("Email", "update", {"where": [["contact_id", "=", contact]], "values": values})

    def take_address(self, contact: int) -> None:
        """Let staff delete all addresses of a contact."""
        self.civicrm.call("Email", "delete", {"where": [["contact_id", "=", contact]]})

    def give_address(self, contact: int, email: str) -> None:
        """Let staff add an address to a contact, as its primary one."""
        values = {"contact_id": contact, "email": email, "is_primary": True}
        self.civicrm.call("Email", "create", {"values": values})

    def trash(self, contact: int) -> None:
        self.civicrm.call("Contact", "delete", {"where": [["id", "=", contact]]})

    def fill_trash(self) -> int:
        """Put an unrelated contact into the trash, so that the key's user visibly has access to it."""
        somebody = self.contact()
        self.trash(somebody)
        return somebody

    def delete_for_good(self, contact: int) -> None:
        self.civicrm.call("Contact", "delete", {"where": [["id", "=", contact]], "useTrash": False})

    def merge(self, kept: int, other: int) -> None:
        self.civicrm.call("Contact", "mergeDuplicates", {"contactId": kept, "duplicateId": other, "mode": "aggressive"})

    def act(self, email: str, change: str, as_: str = "user", **details: Any) -> None:
        """Let the person, or an administrator, do something at Mailchimp now."""
        self.mailchimp.act(self.list_id, email, as_, change=change, **details)

    # -- what is there ------------------------------------------------------------------------------------------------

    def members(self) -> dict[str, dict[str, Any]]:
        """Return all members by lower-case address."""
        return {one["email_address"].lower(): one for one in self.mailchimp.members(self.list_id)}

    def status(self, email: str) -> str | None:
        """Return a member's status at Mailchimp."""
        found = self.members().get(email)
        return str(found["status"]) if found else None

    def interests(self, email: str) -> set[str]:
        """Return what a member has ticked."""
        return {key for key, ticked in self.members()[email]["interests"].items() if ticked}

    def in_group(self, contact: int, group: int = NEWS) -> str | None:
        """Return a contact's status in a group in CiviCRM."""
        found = [
            row["status"]
            for row in self.civicrm.dump("GroupContact")
            if (row["contact_id"], row["group_id"]) == (contact, group)
        ]
        return str(found[0]) if found else None

    def owners(self, email: str) -> list[int]:
        """Return the contacts, trashed ones too, that have an address."""
        return [row["contact_id"] for row in self.civicrm.dump("Email") if row["email"].lower() == email]

    def rows(self) -> list[Row]:
        """Return our rows."""
        with self.store.begin() as tx:
            return list(tx.execute(select(cache).order_by(cache.c.id)).mappings())

    def row(self, *, email: str | None = None, contact: int | None = None) -> Row:
        """Return the only row of an address or of a contact."""
        [found] = [
            row
            for row in self.rows()
            if (email is not None and (row["mailchimp_email"] or "").lower() == email)
            or (contact is not None and row["civicrm_contact_id"] == contact)
        ]
        return found

    def sync_result(self, *, email: str | None = None, contact: int | None = None) -> tuple[str, str]:
        """Return sync status and reason of a row."""
        row = self.row(email=email, contact=contact)
        return row["sync_status"], row["reason"]

    def journal(self) -> list[Row]:
        """Return the journal."""
        with self.store.begin() as tx:
            return list(tx.execute(select(journal).order_by(journal.c.id)).mappings())

    def runs(self) -> list[Row]:
        """Return all runs."""
        with self.store.begin() as tx:
            return list(tx.execute(select(run).order_by(run.c.id)).mappings())

    def told(self) -> list[str]:
        """Return the messages of all runs, in order."""
        with self.store.begin() as tx:
            return list(tx.execute(select(log.c.message).order_by(log.c.id)).scalars())

    def open_updates(self) -> list[Row]:
        """Return updates without a result."""
        with self.store.begin() as tx:
            return list(tx.execute(select(update).where(update.c.completed == 0)).mappings())

    def failures(self) -> set[str]:
        """Return the reasons of failed rows."""
        return {row["reason"] for row in self.rows() if row["sync_status"] == SyncStatus.FAIL}

    def forget_requests(self) -> None:
        """Clear the request logs."""
        self.mailchimp.log.clear()
        self.civicrm.log.clear()

    def requests(self) -> list[str]:
        """Return what was asked of both since the logs were started."""
        found = []
        for app in (self.mailchimp, self.civicrm):
            entries: Any = app.log.as_dict()["requests"]
            found += [f"{entry['method']} {entry['path']}" for entry in entries]
        return found

    def writes(self) -> list[str]:
        """Return the requests that can change something: what is no GET at Mailchimp, no get in CiviCRM."""
        return [request for request in self.requests() if not _is_read(request)]


def _added(days: float) -> dict[str, str]:
    return {"status": "Added", "date": days_ago(days)}


def _is_read(request: str) -> bool:
    method, _, path = request.partition(" ")
    if method == "GET":
        return True
    action = path.partition("?")[0].rstrip("/").rpartition("/")[2]
    return action.startswith(("get", "api4"))

"""For tests of plausibility: what counts as a change, and systems that show other than what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from mailchimpsync.errors import REGISTRY, AccessError, MailchimpsyncError
from mailchimpsync.errors.rights import remedy_for_missing
from mailchimpsync.model import MemberStatus
from mailchimpsync.store.runs import runs
from support.transport import SandboxTransport
from support.world import CIVICRM_KEY, LIST, World

Members = list[dict[str, Any]]
Change = Callable[[Members, int, int], tuple[Members, int]]
"""Gives a page of members, and their number in all, from the real ones and the offset."""


def everything_that_counts(world: World) -> tuple[Any, ...]:
    """Return both sides' memberships, the agreed state, and the mark from which the next run reads changes."""
    agreed = [row for row in world.rows() if row["base_subscribed"] is not None]
    bases = {row["identity"]: (row["base_subscribed"], row["base_interests"]) for row in agreed}
    with world.store.begin() as tx:
        mark = runs.stored_status(tx, LIST).last_sync_time
    memberships = [(row["contact_id"], row["group_id"], row["status"]) for row in world.civicrm.dump("GroupContact")]
    at_mailchimp = {address: (one["status"], one["interests"]) for address, one in world.members().items()}
    return bases, mark, memberships, at_mailchimp


@contextmanager
def stopped(world: World, code: str) -> Iterator[None]:
    """Expect that a sync stops with a code, says what to do, and has changed nothing."""
    world.forget_requests()
    before = everything_that_counts(world)
    with pytest.raises(MailchimpsyncError) as caught:
        yield
    error = caught.value
    assert (error.code, error.exit_code) == (code, 7)
    assert error.what
    lacking = error.lacking if isinstance(error, AccessError) else ()
    assert error.remedy == (remedy_for_missing(lacking) if lacking else REGISTRY[error.code].remedy)
    assert "@" not in str(error)
    assert world.writes() == []
    assert world.open_updates() == []
    assert everything_that_counts(world) == before


class TamperedTransport(SandboxTransport):
    """A transport that changes pages of members of a status (None: of all but the archived)."""

    def __init__(self, world: World, change: Change, status: MemberStatus | None) -> None:
        super().__init__(world.mailchimp)
        self.change = change
        self.status = status

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        if not request.url.path.endswith("/members") or request.url.params.get("status") != self.status:
            return response
        page = json.loads(response.read())
        members, total = self.change(page["members"], int(request.url.params["offset"]), page["total_items"])
        return httpx2.Response(200, json={"members": members, "total_items": total}, request=request)


LIMITED = ("access CiviCRM", "add contacts", "authenticate with api key")


def limit_key(world: World, group: int) -> None:
    """Restrict the key's user by an ACL to the contacts of a group, for seeing and editing."""
    world.civicrm.grant(CIVICRM_KEY, LIMITED, [group])


def tamper(world: World, change: Change, status: MemberStatus | None = None) -> None:
    """Change Mailchimp's pages of members in transit from now on, by default all but the archived."""
    world.to_mailchimp = TamperedTransport(world, change, status)
    world.systems = world.new_systems()


def stop_tampering(world: World) -> None:
    """Stop changing answers in transit."""
    world.to_mailchimp = SandboxTransport(world.mailchimp)
    world.systems = world.new_systems()


def set_our_clock(world: World, ahead: timedelta) -> None:
    """Make our own clock wrong, and no other."""
    world.runtime = replace(world.runtime, now=lambda: world.now + ahead)
    world.systems = world.new_systems()


def in_civicrm(world: World, sql: str, values: Sequence[Any] = ()) -> None:
    """Change CiviCRM's database in a way that its API doesn't offer."""
    connection = world.civicrm._database.connection
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(sql, values)
    connection.execute("PRAGMA foreign_keys = ON")


HIDDEN = 1_000_000


def hide_contacts(world: World, *, but: Sequence[int]) -> None:
    """Hide contacts, as CiviCRM does from a user who may see some only."""
    seen = ",".join(map(str, (1, 2, *but)))
    in_civicrm(world, f"UPDATE civicrm_contact SET id = id + {HIDDEN} WHERE id < {HIDDEN} AND id NOT IN ({seen})")  # noqa: S608 (numbers)


def show_contacts(world: World) -> None:
    """Show them again."""
    in_civicrm(world, f"UPDATE civicrm_contact SET id = id - {HIDDEN} WHERE id > {HIDDEN}")  # noqa: S608 (a number)


def give_another_id(world: World, contact: int) -> None:
    """Give a contact another number, with all that it has."""
    in_civicrm(world, "UPDATE civicrm_contact SET id = id + 500 WHERE id = ?", [contact])
    for table in ("email", "group_contact", "subscription_history"):
        sql = f"UPDATE civicrm_{table} SET contact_id = contact_id + 500 WHERE contact_id = ?"  # noqa: S608 (names)
        in_civicrm(world, sql, [contact])

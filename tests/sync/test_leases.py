"""A run whose lease was taken over sends nothing more, and one that waits for long keeps its lease."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from mailchimpsync.errors import BusyError, LeaseLostError
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.lease import owner as process
from mailchimpsync.sync.lease.lease import acquired_lease, is_held
from mailchimpsync.sync.lease.owner import is_dead, process_name, process_namespace
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.world import LIST, NEWS, World

LONGER_THAN_A_LEASE = runs.LEASE_DURATION.total_seconds() + 1


def take_over(world: World, *, by_force: bool = False) -> None:
    """Let another process take the lease, which must have expired or is taken by force."""
    with world.store.begin() as tx:
        owner = runs.stored_status(tx, LIST).lease_owner if by_force else None
        runs.acquire_lease(tx, LIST, "elsewhere:1", abandoned=owner)


def stand_still_before(world: World, what: str) -> None:
    """Let the process stand still before it sends something, for so long that another one takes over."""

    def stand_still(request: httpx2.Request) -> None:
        if what in f"{request.method} {request.url}" and not stood:
            stood.append(request)
            world.pass_time(LONGER_THAN_A_LEASE)
            take_over(world)
            world.forget_requests()

    stood: list[httpx2.Request] = []
    world.to_mailchimp.before = world.to_civicrm.before = stand_still


def people_for_everything(world: World) -> None:
    """People who need a contact, a change of group, and an update."""
    world.member("only-at-mailchimp@example.org")
    world.contact("only-in-civicrm@example.org", {NEWS: 20})
    world.member("left@example.org", "unsubscribed", last_changed="2026-11-15T00:00:00+00:00")
    world.contact("left@example.org", {NEWS: 20})


@pytest.mark.parametrize(
    "read", ["SubscriptionHistory/get", "GroupContact/get", "lists/aaaa111122/members", "Email/get"]
)
def test_a_run_that_stood_still_while_it_read_writes_nothing_after_its_lease_was_taken(world: World, read: str) -> None:
    people_for_everything(world)
    stand_still_before(world, read)

    with pytest.raises(LeaseLostError):
        world.sync()

    assert world.writes() == []


def test_a_write_that_is_tried_again_is_not_sent_once_the_lease_is_lost(world: World) -> None:
    """A removal that waits for a retry must not come after another run has put the person back."""
    people_for_everything(world)
    sent: list[str] = []

    def lose_the_lease(request: httpx2.Request) -> None:
        if "GroupContact/save" in str(request.url):
            sent.append(str(request.url))
            take_over(world, by_force=True)
            raise httpx2.ConnectError("no route", request=request)

    world.to_civicrm.before = lose_the_lease

    with pytest.raises(LeaseLostError):
        world.sync()

    assert len(sent) == 1


class Longest(random.Random):
    """Makes each pause as long as it may be."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


@pytest.mark.batches
@pytest.mark.parametrize(
    ("side", "storms"),
    [("mailchimp", ["/members", "/batches"]), ("civicrm", ["GroupContact/get", "GroupContact/save"])],
)
def test_a_run_that_waits_for_longer_than_a_lease_keeps_it(world: World, side: str, storms: list[str]) -> None:
    people_for_everything(world)
    patient: list[timedelta] = []

    def long_pauses(request: httpx2.Request) -> None:
        with world.store.begin() as tx:
            found = runs.stored_status(tx, LIST)
        patient.append((found.lease_expires or world.now) - world.now)
        with pytest.raises(BusyError):
            take_over(world)

    for storm in storms:
        getattr(world, side).faults.plant(Fault(FaultKind.STATUS, storm, status=503, times=5))
    world.to_mailchimp.before = world.to_civicrm.before = long_pauses
    began = world.now
    object.__setattr__(world.runtime, "chance", Longest())
    object.__setattr__(world.runtime, "sleep", lambda seconds: world.pass_time(seconds * 8))
    world.sync()

    assert (world.now - began).total_seconds() > LONGER_THAN_A_LEASE
    assert min(patient) > timedelta(minutes=5)


def test_a_clock_that_is_ahead_takes_nobodys_lease(world: World) -> None:
    """The lease goes by the database's clock; the caller's own does not come into it."""
    ahead = world.now + timedelta(minutes=11)
    object.__setattr__(world.runtime, "now", lambda: ahead)
    take_over(world)

    with pytest.raises(BusyError):
        world.sync()


def test_the_name_of_a_process_tells_machines_apart_whose_first_namespaces_have_the_same_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dead = 2**22 + 1  # larger than any process's number
    assert is_dead(process_name(dead))
    here = process_name(dead)
    boot = tmp_path / "boot_id"
    boot.write_text("another boot of another machine")
    monkeypatch.setattr(process, "_BOOT", boot)
    process_namespace.cache_clear()
    elsewhere = process_name(dead)
    assert not is_dead(here)

    monkeypatch.undo()
    process_namespace.cache_clear()
    assert elsewhere != here
    assert not is_dead(elsewhere)
    assert not is_dead(process_name(os.getpid()))


def test_where_the_system_does_not_tell_which_machine_it_is_nobody_is_known_to_be_dead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "_BOOT", tmp_path / "nothing")
    process_namespace.cache_clear()

    assert not is_dead(process_name(2**22 + 1))

    process_namespace.cache_clear()


def test_a_lease_is_held_until_it_is_given_back(world: World) -> None:
    with acquired_lease(world.store, LIST):
        assert is_held(world.store, LIST)

    assert not is_held(world.store, LIST)

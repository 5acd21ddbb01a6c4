"""A fleet: what a quiet minute costs, how far workers add up, opt-outs under load, kills, and memory.

python benchmarks/fleet.py quiet --sites 100 --seconds 120
python benchmarks/fleet.py throughput --sites 60 --workers 1 2 4 8
python benchmarks/fleet.py opt-outs --first-syncs 20 --people 3000
python benchmarks/fleet.py kills --seconds 600
python benchmarks/fleet.py memory --sites 200
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Mapping

from fleet_world import Charity, World, memory_of, wait, world
from sqlalchemy import text

from mailchimpsync.actions.webhooks.receive import receive_audience

LOOK_REQUESTS = 2
SETTLE_SECONDS = 1_800


def quiet(given: argparse.Namespace) -> None:
    """Let all sites be looked at every minute while nothing happens."""
    with world() as here:
        here.add(given.sites, audiences=2)
        here.start(given.workers)
        here.settle(SETTLE_SECONDS)
        time.sleep(60)
        before = here.cost()
        time.sleep(given.seconds)
        cost = here.cost().since(before)
        connections = 2 * given.sites
        looks = cost.requests / LOOK_REQUESTS
        expected = connections * given.seconds / 60
        print(f"{connections} connections, {given.seconds} s, {given.workers} workers")
        print(f"looks (two requests each)       {looks:9.0f} of {expected:.0f} expected")
        print(f"processor, workers, a look      {1000 * cost.workers / looks:9.1f} ms")
        print(f"processor, PostgreSQL, a look   {1000 * cost.database / looks:9.1f} ms")
        print(f"transactions, a look            {cost.transactions / looks:9.1f}")
        each = 2_000 / 60 / looks
        print(
            f"1,000 sites with 2 connections each: {(cost.workers + cost.database) * each:.2f} cores, "
            f"{2_000 * LOOK_REQUESTS / 60:.0f} requests and {cost.transactions * each:.0f} transactions a second"
        )
        for worker in here.workers:
            print(f"memory of a worker              {memory_of(worker.pid):9.0f} MB")


def throughput(given: argparse.Namespace) -> None:
    """Let all connections be due at once, beside slow sides, and measure until all are done."""
    with world() as here:
        here.add(given.sites, audiences=2)
        here.start(2)
        here.settle(SETTLE_SECONDS)
        here.stop()
        rates: dict[int, float] = {}
        for workers in given.workers:
            here.delay(0)
            time.sleep(65)  # so that each is due
            here.delay(given.latency)
            here.start(workers)
            wait(lambda wanted=2 * workers: _alive(here) >= wanted, 120)  # type: ignore[misc]
            here.both.forget_requests()
            before = here.cost()
            here.ask("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE args->>'kind' = 'sync' RETURNING id")
            seconds = wait(lambda: here.both.requests() >= LOOK_REQUESTS * 2 * given.sites, 600)
            cost = here.cost().since(before)
            rates[workers] = 2 * given.sites / seconds
            share = rates[workers] / rates[given.workers[0]] * given.workers[0] / workers
            print(
                f"{workers} workers: {rates[workers]:6.1f} looks a second, {share:.2f} of linear; processor: "
                f"{cost.workers:.1f} s workers, {cost.database:.1f} s PostgreSQL"
            )
            here.stop()


def _alive(here: World) -> int:
    query = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '15 seconds'"
    return int(here.ask(query)[0][0])


def opt_outs(given: argparse.Namespace) -> None:
    """Let people unsubscribe at charities in sync, and at those with a first sync, while first syncs run."""
    with world() as here:
        calm = here.add(20, people=40)
        here.start(given.workers)
        here.settle(SETTLE_SECONDS)
        here.delay(given.latency)
        here.add(given.first_syncs, people=given.people)
        here.plan()
        wait(lambda: here.waiting_long() > 0, 120)
        chance = random.Random(1)
        began, left = time.monotonic(), 0
        people = [(charity, one) for charity in calm for one in charity.people(0, 40)]
        chance.shuffle(people)
        while time.monotonic() - began < given.seconds and people:
            charity, one = people.pop()
            _unsubscribe(here, charity, one)
            left += 1
            time.sleep(1)
        running = here.waiting_long()
        delays = wait_for_events(here, calm, left)
        print(f"{left} opt-outs while {given.first_syncs} first syncs of {given.people} ran, {running} to the end")
        print(
            f"handled after: median {statistics.median(delays):.1f} s, 95 % within {percentile(delays):.1f} s, "
            f"all within {max(delays):.1f} s"
        )


def _unsubscribe(here: World, charity: Charity, address: str) -> None:
    here.both.control(
        here.both.mailchimp,
        "act",
        {"list_id": charity.list_id(0), "email": address, "as_": "user", "change": "unsubscribe"},
    )
    form = f"type=unsubscribe&fired_at=2026-11-20 12:00:00&data[list_id]={charity.list_id(0)}&data[email]={address}"
    with here.fleet.open(charity.name) as site:
        secret = site.configuration.accounts["main"].webhook_secret
        given = secret.get_secret_value() if secret is not None else None
        assert receive_audience(site, secret=given, body=form.encode(), signature=None) == 200


def wait_for_events(here: World, charities: list[Charity], wanted: int) -> list[float]:
    """Wait until all events are handled, and return how many seconds each took."""
    query = text(
        "SELECT extract(epoch FROM finished_at - received_at) FROM civicrm_mailchimpsync_event WHERE state = 'done'"
    )

    def delays() -> list[float]:
        found: list[float] = []
        for charity in charities:
            with here.fleet.open(charity.name) as site, site.store.reading() as tx:
                found += [float(one) for one in tx.execute(query).scalars()]
        return found

    wait(lambda: len(delays()) >= wanted, 600)
    return delays()


def percentile(values: list[float]) -> float:
    """Return the value that 95 of 100 don't exceed."""
    return sorted(values)[int(len(values) * 0.95)]


def kills(given: argparse.Namespace) -> None:
    """Kill a worker every ten seconds while people come and go on both sides; then compare."""
    with world() as here:
        charities = here.add(given.sites, people=given.people)
        here.start(2)
        here.settle(SETTLE_SECONDS)
        chance = random.Random(2)
        leaving = [(charity, one) for charity in charities for one in charity.people(0, given.people)]
        chance.shuffle(leaving)
        began, killed, left = time.monotonic(), 0, []
        while time.monotonic() - began < given.seconds:
            for charity, one in [leaving.pop() for _ in range(min(3, len(leaving)))]:
                _unsubscribe(here, charity, one)
                left.append(one)
            time.sleep(10)
            here.kill(chance.choice(here.workers))
            killed += 1
            here.start()
        here.plan()
        lost = 0
        wait(lambda: not _still_in_group(here, left), 900)
        lost = len(_still_in_group(here, left))
        doubled = sum(_doubled(here, charity) for charity in charities)
        print(f"{killed} workers killed, {len(left)} people left: {lost} lost, {doubled} changes made twice")


def _still_in_group(here: World, left: list[str]) -> list[str]:
    rows = here.both.control(here.both.civicrm, "dump", {"entity": "GroupContact"})
    emails = here.both.control(here.both.civicrm, "dump", {"entity": "Email"})
    contacts = {row["email"]: row["contact_id"] for row in emails}
    added = {row["contact_id"] for row in rows if row["status"] == "Added"}
    return [one for one in left if contacts.get(one) in added]


def _doubled(here: World, charity: Charity) -> int:
    query = text(
        "SELECT count(*) FROM (SELECT 1 FROM civicrm_mailchimpsync_journal WHERE reason NOT LIKE 'NO%'"
        " GROUP BY contact_id, side, field, new HAVING count(*) > 1) doubled"
    )
    with here.fleet.open(charity.name) as site, site.store.reading() as tx:
        return int(tx.execute(query).scalar_one())


def memory(given: argparse.Namespace) -> None:
    """Let one worker open more and more sites."""
    with world() as here:
        here.add(1)
        here.start()
        here.settle(SETTLE_SECONDS)
        print(f"{1:6} sites open: {memory_of(here.workers[0].pid):6.0f} MB")
        here.add(given.sites)
        here.settle(SETTLE_SECONDS)
        time.sleep(90)
        print(f"{given.sites + 1:6} sites open: {memory_of(here.workers[0].pid):6.0f} MB")


COMMANDS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "quiet": quiet,
    "throughput": throughput,
    "opt-outs": opt_outs,
    "kills": kills,
    "memory": memory,
}


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--sites", type=int, default=60)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--workers", type=int, nargs="+", default=None)
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--first-syncs", type=int, default=20)
    given = parser.parse_args()
    if given.command == "throughput":
        given.workers = given.workers or [1, 2, 4, 8]
    else:
        given.workers = (given.workers or [2])[0]
    COMMANDS[given.command](given)


if __name__ == "__main__":
    main()

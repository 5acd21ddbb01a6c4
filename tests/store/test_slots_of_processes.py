"""Three real processes of one account: together they never make more requests at once than Mailchimp allows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mailchimpsync.mailchimp import MailchimpClient, account
from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Store
from mailchimpsync.sync.lease.slots import SharedSlots
from mailchimpsync_sandbox.kit.server import Served
from support.processes import Program, wait_until
from support.world import KEY, World

REQUESTS = 80
KILLED = -9


def ask_again_and_again(mailchimp_url: str, database_url: str, for_person: bool) -> None:
    """Make many requests, as many at once as a sync does."""
    store = Store(database_url)
    with MailchimpClient(KEY, Runtime(), base_url=f"{mailchimp_url}/3.0", attempts_max=1) as client:
        client.slots = SharedSlots(store, client.account_digest, client.runtime)
        client.slots.for_person = for_person
        with ThreadPoolExecutor(8) as threads:
            for asked in [threads.submit(account, client) for _ in range(REQUESTS)]:
                asked.result()
    store.close()


def answers(world: World) -> list[int]:
    """Return the statuses of all answers: the eleventh request at a time is refused with 429."""
    requests: Any = world.mailchimp.log.as_dict()["requests"]
    return [request["status"] for request in requests]


@pytest.mark.thorough
def test_three_processes_of_which_one_is_killed_are_never_refused(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    store.migrate()
    world = World()
    world.mailchimp.clock.run()
    world.mailchimp.set_options(cost_base_seconds=0.05, concurrency_max=10)
    with Served(world.mailchimp) as served:
        given = (served.url, database_url)
        killed, person, work = (
            Program(ask_again_and_again, *given, for_person, place=tmp_path) for for_person in (False, True, False)
        )
        wait_until(lambda: world.mailchimp.log.total > REQUESTS // 2)
        killed.kill()
        for one in (killed, person, work):
            one.wait(timeout=120)
        said = answers(world)
    world.close()

    assert [killed.returncode, person.returncode, work.returncode] == [KILLED, 0, 0]
    assert set(said) == {200}

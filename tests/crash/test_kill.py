"""A real process is killed as soon as a stand-in has been asked the n-th time; a new one goes on at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.wrappers import Response

from crash.process import run_once
from mailchimpsync.store import Store
from mailchimpsync_sandbox.kit.app import SandboxApp
from mailchimpsync_sandbox.kit.server import Served
from support.processes import Program
from support.variations import every_fourth
from support.world import NEWS, RIDES, WALK, World

KILLED = -9
POINTS = range(1, 15)  # later ones are polls, whose number depends on how quick the machine is


class Killer:
    """Kills the process when both stand-ins together have been asked so many times, before or after the work."""

    def __init__(self, apps: list[SandboxApp], at: int) -> None:
        self.process: Program | None = None
        self._left = at
        self._after = at % 2 == 0
        for app in apps:
            self._watch(app)

    def _watch(self, app: SandboxApp) -> None:
        handle = app.handle

        def handle_and_kill(request: object) -> Response:
            self._left -= 1
            if self._left == 0 and not self._after:
                self._kill()
            response = handle(request)  # type: ignore[arg-type]
            if self._left == 0 and self._after:
                self._kill()
            return response

        app.handle = handle_and_kill  # type: ignore[method-assign]

    def _kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(Store(f"sqlite:///{tmp_path / 'store.sqlite'}"))
    for app in (made.mailchimp, made.civicrm):
        app.clock.run()
    for number in range(8):
        made.member(f"m{number}@example.org", interests={WALK: True})
        made.contact(f"c{number}@example.org", {NEWS: 20, RIDES: 20})
    yield made
    made.store.close()
    made.close()


@pytest.mark.parametrize("point", every_fourth(POINTS))
def test_after_a_kill_a_new_process_goes_on_at_once_and_nothing_is_doubled(
    world: World, tmp_path: Path, point: int
) -> None:
    killer = Killer([world.mailchimp, world.civicrm], point)
    with Served(world.mailchimp) as mailchimp, Served(world.civicrm) as civicrm:
        urls = [mailchimp.url, civicrm.url, f"sqlite:///{tmp_path / 'store.sqlite'}"]
        killer.process = first = Program(run_once, *urls, place=tmp_path)
        first.communicate(timeout=60)
        second = Program(run_once, *urls, place=tmp_path)
        said, _ = second.communicate(timeout=60)

    assert first.returncode == KILLED
    assert (second.returncode, said) == (0, "done")
    assert_both_sides_agree(world)


def assert_both_sides_agree(world: World) -> None:
    emails = Counter(row["email"] for row in world.civicrm.dump("Email") if row["email"] != "admin@example.org")
    assert set(emails.values()) == {1}
    assert set(emails) == set(world.members())
    assert len(emails) == 16
    assert {one["status"] for one in world.members().values()} == {"subscribed"}
    added = [row["contact_id"] for row in world.civicrm.dump("GroupContact") if row["group_id"] == NEWS]
    assert len(added) == 16
    assert {row["sync_status"] for row in world.rows()} == {"ok"}
    assert world.open_updates() == []

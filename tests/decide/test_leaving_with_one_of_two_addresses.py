"""Ann is in the audience with two addresses: the old one left long ago, now she leaves with the new one, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.world import NEWS, World, days_ago


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def test_in_a_full_run_the_old_address_is_not_subscribed_again(world: World) -> None:
    ann = world.contact(["old@example.org", "new@example.org"], {NEWS: 5})
    world.member("old@example.org", "unsubscribed", last_changed=days_ago(10))
    world.member("new@example.org", "subscribed", last_changed=days_ago(4))
    world.sync(everything=True)
    world.pass_time(3_600)
    world.act("new@example.org", "unsubscribe")
    world.forget_requests()

    world.sync(everything=True)

    assert world.in_group(ann) == "Removed"
    assert not [write for write in world.writes() if "/batches" in write]
    assert [world.status(f"{which}@example.org") for which in ("old", "new")] == ["unsubscribed", "unsubscribed"]

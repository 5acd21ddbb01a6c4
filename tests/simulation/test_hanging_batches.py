"""While every batch hangs at Mailchimp, nobody who has left waits: two runs, ten minutes apart, take them off."""

from __future__ import annotations

import random

from mailchimpsync.model import LaneChoice
from support.invariants import still_mailed
from support.population import populate
from support.random_events import RandomEvents
from support.world import World

PEOPLE = 15
HANGS, ELEVEN_MINUTES = 360_000.0, 660
MARKS = ("is_opt_out", "do_not_email", "is_deceased")


def hours_of_hanging(seed: int) -> list[str]:
    """Live some hours in which no batch ends, and people leave in CiviCRM; return who is mailed all the same."""
    chance, world = random.Random(seed), World(seed=seed, lane=LaneChoice.BATCHES)
    history = populate(world, chance, PEOPLE, simple=True)
    for _ in range(3):
        world.sync(everything=True)
        world.pass_time(3_600)
    world.mailchimp.set_options(batch_dwell={"started": HANGS})
    happenings = RandomEvents(world, history, chance, simple=True)
    for _ in range(3):
        for _ in range(chance.randint(0, 6)):
            happenings.act()
        for contact in chance.sample(sorted(history.owned), 2):
            world.edit(contact, **{chance.choice(MARKS): True})
        world.pass_time(chance.choice((1, 60, 700)))
        world.sync(wait_for_batches=False)
    problems: list[str] = []
    for _ in range(2):
        world.pass_time(ELEVEN_MINUTES)
        world.sync(wait_for_batches=False)
    problems += still_mailed(world)
    world.mailchimp.set_options(batch_dwell={"started": 0.0})
    world.pass_time(HANGS)
    for _ in range(3):
        world.sync()
        world.pass_time(3_600)
    problems += still_mailed(world)
    world.close()
    return problems


def test_nobody_who_has_left_is_mailed_for_longer_than_two_runs_though_every_batch_hangs(seed: int) -> None:
    assert hours_of_hanging(seed) == []

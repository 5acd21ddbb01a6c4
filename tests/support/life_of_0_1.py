"""Some days of a small charity: lived with 0.1 to make its database, and again to have both sides that belong to it.

It uses only what the worlds of both versions have.
"""

from __future__ import annotations

from dataclasses import replace

from mailchimpsync.model import ChangeKind, Connection, Limit, Limits
from support.world import NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago

ANN, BELLA, CARL, DORA, EVE, GINA, HUGO, IRIS, JUERGEN, OLGA = (
    f"{name}@example.org"
    for name in ("ann", "bella", "carl", "dora", "eve", "gina", "hugo", "iris.old", "jürgen", "olga")
)
IRIS_NOW = "iris@example.org"
PEOPLE = [f"person{number:02}@example.org" for number in range(30)]

REMOVED, LEFT, ERASED = PEOPLE[:5], PEOPLE[9], PEOPLE[29]
SITE_KEY = "A" * 43 + "="


def live(world: World) -> None:
    """Let three syncs go by: the first one, one after people and staff changed things, and one with nothing to do."""
    _begin(world)
    world.sync(everything=True)
    world.pass_time(3_600)
    _change(world)
    world.sync()
    world.pass_time(86_400)
    world.sync(everything=True)
    world.pass_time(3_600)


def _begin(world: World) -> None:
    for address in (ANN, BELLA, HUGO, IRIS, JUERGEN, OLGA, *PEOPLE):
        world.member(address, interests={WALK: address == BELLA}, last_changed=days_ago(90), first_name="Zoë 🎈")
        world.contact(address, {NEWS: 20, **({WALKS: 20} if address == BELLA else {})}, first_name="Zoë 🎈")
    world.member(CARL, "unsubscribed", last_changed=days_ago(5))
    world.contact(CARL, {NEWS: 200})
    world.contact(DORA, {NEWS: 20})
    world.member(EVE, first_name="Eve", last_name="O'Neill")
    world.member(GINA, "unsubscribed", last_changed=days_ago(90))
    world.contact(GINA, {NEWS: 5})
    world.contact((), {NEWS: 20}, first_name="Without an address")


def _change(world: World) -> None:
    world.put(world.owners(HUGO)[0], "Removed")
    world.edit_address(world.owners(IRIS)[0], email=IRIS_NOW)
    world.put(world.owners(ANN)[0], "Added", RIDES)
    world.act(OLGA, "unsubscribe")
    world.act(BELLA, "interests", interests={WALK: False, RIDE: True})


def leave_things_open(world: World) -> None:
    """Let staff remove five people, and one leave at Mailchimp."""
    for address in REMOVED:
        world.put(world.owners(address)[0], "Removed")
    world.act(LEFT, "unsubscribe")


def guarded(connection: Connection) -> Connection:
    """Return a connection whose guard lets only one person be taken off."""
    strict = {kind: Limit(number=1, share=0.01) for kind in (ChangeKind.UNSUBSCRIBE, ChangeKind.REMOVE)}
    return replace(connection, limits=Limits(strict, minimum=1))

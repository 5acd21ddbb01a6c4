"""Tags are static segments: who has which (docs/reference/mailchimp-behaviour.md#tags-and-segments)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailchimpsync_sandbox.mailchimp.world import World

SEGMENT_ID_BASE = 4_000_000


def tag_id(world: World, list_id: str, name: str, *, create: bool) -> int | None:
    """Find a tag by its name in any case; make it if there is none and `create`."""
    sql = "SELECT id FROM segment WHERE list_id = ? AND name = ? COLLATE NOCASE AND type = 'static'"
    found = world.db.value(sql, list_id, name)
    if found is None and create:
        return new_segment(world, list_id, name, "static")
    return int(found) if found is not None else None


def new_segment(world: World, list_id: str, name: str, kind: str, options: str = "null") -> int:
    number, now = SEGMENT_ID_BASE + world.db.next("segment"), world.now()
    world.db.run("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?)", number, list_id, name, kind, now, now, options)
    return number


def set_tags(world: World, list_id: str, member: int, tags: Mapping[str, bool]) -> bool:
    """Add (True) and remove (False) tags by name, and tell whether the member's tags are others now."""
    changed = False
    for name, active in tags.items():
        segment = tag_id(world, list_id, name, create=active)
        if segment is not None:
            changed |= (add_to_segment if active else take_out)(world, member, segment)
    return changed


def add_to_segment(world: World, member: int, segment: int) -> bool:
    return bool(world.db.run("INSERT OR IGNORE INTO tagging VALUES (?, ?, ?)", member, segment, world.now()))


def take_out(world: World, member: int, segment: int) -> bool:
    return bool(world.db.run("DELETE FROM tagging WHERE member = ? AND segment = ?", member, segment))

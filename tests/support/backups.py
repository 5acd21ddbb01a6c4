"""Backups of our own database, and restoring an old one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from mailchimpsync.model import MCSYNC_METHOD
from mailchimpsync.store.runs import runs
from support.world import LIST, NEWS, World


def raw(world: World) -> sqlite3.Connection:
    """Return the only connection to a store in memory."""
    store: Any = world.store
    connection: sqlite3.Connection = store._engine.raw_connection().driver_connection
    return connection


@dataclass(frozen=True)
class Backup:
    """A backup; `own_entry` is the newest entry that we had made in CiviCRM when it was made.

    `is_certain`: it records how much of CiviCRM's history it knows, as no change was interrupted.
    """

    kept: sqlite3.Connection
    own_entry: int
    is_certain: bool

    def is_detectable(self, world: World) -> bool:
        """Say whether CiviCRM has a change that we made after the backup."""
        return newest_own_entry(world) > self.own_entry

    def restore(self, world: World) -> None:
        """Replace the database with the backup."""
        self.kept.backup(raw(world))


def copy_of(world: World) -> Backup:
    """Back up our database."""
    kept = sqlite3.connect(":memory:")
    raw(world).backup(kept)
    with world.store.begin() as tx:
        seen = runs.stored_status(tx, LIST).seen or {}
        is_certain = bool(seen.get("entries")) and runs.history_known_to(tx) is not None
    return Backup(kept, newest_own_entry(world), is_certain)


def newest_own_entry(world: World) -> int:
    """Return the newest entry of the subscription group's history that we made; 0: none."""
    return max(
        (
            one["id"]
            for one in world.civicrm.dump("SubscriptionHistory")
            if one["method"] == MCSYNC_METHOD and one["group_id"] == NEWS
        ),
        default=0,
    )

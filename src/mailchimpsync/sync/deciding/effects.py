"""The effects of a planned change, in the journal's terms, and the people affected: plan and run count alike.

A person counts once for each kind of change, however many groups or interests it affects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.addresses import normalise_address
from mailchimpsync.model import ChangeKind, Side
from mailchimpsync.store.runs.figures import kind_of

Change = Mapping[str, Any]
"""A planned change with `before`: the earlier status, interests and groups."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One value that changes: `field` as the journal calls it."""

    side: Side
    field: str
    old: str | None
    new: str


def planned_effects(change: Change) -> Iterator[Effect]:
    """Yield the effects of a planned change, except data."""
    before, update, address = change["before"], change["member_update"] or {}, change["address"]
    if change["create_contact"]:
        yield Effect(Side.CIVICRM, "contact", None, "created")
    for group, status in change["group_changes"]:
        yield Effect(Side.CIVICRM, f"group {group}", before["groups"].get(str(group)), status)
    for field, old, new, _ in change["agreed"].get("corrections") or ():
        yield Effect(Side.CIVICRM, field, old, new)
    moved = update.get("email_address")
    if before["status"] and moved and address and normalise_address(moved) != normalise_address(address):
        yield Effect(Side.MAILCHIMP, "address", address, moved)
    wanted = update.get("status") or update.get("status_if_new")
    if wanted is not None and wanted != before["status"]:
        yield Effect(Side.MAILCHIMP, "status", before["status"], wanted)
    for interest, value in update.get("interests", {}).items():
        old = _yes_no(before["interests"].get(interest, False))
        if old != _yes_no(value):
            yield Effect(Side.MAILCHIMP, f"interest {interest}", old, _yes_no(value))


def people_by_kind(changes: Iterable[Change]) -> Counter[str]:
    """Return how many people the changes affect, by kind."""
    counts: Counter[str] = Counter()
    for change in changes:
        entries = ({"side": one.side.value, "field": one.field, "new": one.new} for one in planned_effects(change))
        kinds = {kind for entry in entries if (kind := kind_of(entry)) is not None}
        if "data" in change["agreed"]:
            kinds.add(ChangeKind.DATA)
        counts.update(kind.value for kind in kinds)
    return counts


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"

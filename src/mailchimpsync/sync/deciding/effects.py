"""The effects of a planned change, in the journal's terms, and the people affected: plan and run count alike.

A person counts once for each kind of change, however many groups or interests it affects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mailchimpsync.data import effects_of_data
from mailchimpsync.effects import CREATED, Effect, What, yes_or_no
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import ChangeKind, Side

CORRECTIONS = "corrections"
"""The key in the base of a planned change."""

Change = Mapping[str, Any]
"""A planned change with `before`: the earlier status, interests and groups."""


class Correction(NamedTuple):
    """One value of a contact to change, and the reason."""

    what: What
    old: str | None
    new: str
    reason: str

    @property
    def effect(self) -> Effect:
        """What it changes."""
        return Effect(Side.CIVICRM, What(self.what), "", self.old, self.new)


def corrections_of(change: Change) -> list[Correction]:
    """Return the corrections of a planned change."""
    return [Correction(What(what), *rest) for what, *rest in change["agreed"].get(CORRECTIONS) or ()]


def planned_effects(change: Change) -> Iterator[Effect]:
    """Yield the effects of a planned change."""
    yield from _effects_in_civicrm(change)
    yield from _effects_at_mailchimp(change)
    if (data := change["agreed"].get("data")) is not None:
        yield from effects_of_data(data)


def _effects_in_civicrm(change: Change) -> Iterator[Effect]:
    if change["create_contact"]:
        yield Effect(Side.CIVICRM, What.CONTACT, new=CREATED)
    for group, status in change["group_changes"]:
        yield Effect(Side.CIVICRM, What.GROUP, str(group), change["before"]["groups"].get(str(group)), status)
    for correction in corrections_of(change):
        yield correction.effect


def _effects_at_mailchimp(change: Change) -> Iterator[Effect]:
    before, address = change["before"], change["address"]
    update = MemberUpdate.from_body(change["member_update"])
    if update.address and before["status"] and address and update.moves(address):
        yield Effect(Side.MAILCHIMP, What.ADDRESS, "", address, update.address)
    if update.status is not None and update.status != before["status"]:
        yield Effect(Side.MAILCHIMP, What.STATUS, "", before["status"], update.status.value)
    for interest, value in update.interests.items():
        old = before["interests"].get(interest, False)
        if old != value:
            yield Effect(Side.MAILCHIMP, What.INTEREST, interest, yes_or_no(old), yes_or_no(value))


def kinds_in(change: Change) -> frozenset[ChangeKind]:
    """Return what a planned change does to the person."""
    return frozenset(effect.kind for effect in planned_effects(change) if effect.kind is not None)


def people_by_kind(changes: Iterable[Change]) -> Counter[str]:
    """Return how many people the changes affect, by kind."""
    return Counter(kind.value for change in changes for kind in kinds_in(change))

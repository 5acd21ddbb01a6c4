"""How an account's connections to Mailchimp are divided among clients; docs/decisions/connections-to-mailchimp.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SLOTS_FOR_WORK = 8
"""Slots with a higher number are kept for people in front of a screen."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A slot: who holds it, and who gets it next; None: nobody."""

    number: int
    holder: str | None
    next_holder: str | None


@dataclass(frozen=True, slots=True)
class Want:
    """What a client wants: so many slots, of which `busy` are in use; `for_person`: someone is waiting for it."""

    client: str
    wanted: int
    busy: int
    for_person: bool


@dataclass(frozen=True, slots=True)
class Division:
    """The numbers of the slots that a client holds from now on, gives back, and reserves.

    `owed`: how many of those it holds are reserved by others, so that it gives them back as soon as they aren't busy.
    """

    held: Sequence[int]
    given_back: Sequence[int]
    reserved: Sequence[int]
    owed: int


def divide(slots: Sequence[Claim], want: Want) -> Division:
    """Return what a client gets of an account's slots; nobody loses a slot that is busy."""
    mine = [slot for slot in slots if slot.holder == want.client]
    spare = len(mine) - want.busy
    owed = [slot for slot in mine if slot.next_holder is not None]
    back = owed[: max(0, spare)]
    kept = [slot for slot in mine if slot not in back]
    too_many = max(0, len(kept) - max(want.wanted, want.busy))
    back += kept[len(kept) - too_many :]
    kept = kept[: len(kept) - too_many]
    taken = list(_free(slots, want))[: max(0, want.wanted - len(kept))]
    held = [slot.number for slot in (*kept, *taken)]
    still_owed = sum(slot in kept for slot in owed)
    return Division(held, [slot.number for slot in back], _reserved(slots, want, len(held) - still_owed), still_owed)


def _free(slots: Sequence[Claim], want: Want) -> Iterator[Claim]:
    """Yield the slots that a client can take at once; people take those that are kept for them first."""
    order = sorted(slots, key=lambda slot: slot.number, reverse=want.for_person)
    zone = (slot for slot in order if want.for_person or slot.number <= SLOTS_FOR_WORK)
    return (slot for slot in zone if slot.holder is None and slot.next_holder in (None, want.client))


def _reserved(slots: Sequence[Claim], want: Want, number: int) -> list[int]:
    """Return the slots of others that a client reserves, because it has less than a fair share."""
    zone = [slot for slot in slots if want.for_person or slot.number <= SLOTS_FOR_WORK]
    clients = {one for slot in zone for one in (slot.holder, slot.next_holder) if one is not None} | {want.client}
    fair = max(1, len(zone) // len(clients))
    missing = min(want.wanted, fair) - number
    others = [slot for slot in zone if slot.holder not in (None, want.client)]
    chosen = [slot.number for slot in others if slot.next_holder == want.client][: max(0, missing)]
    unreserved = [slot for slot in others if slot.next_holder is None]
    left = Counter(slot.holder for slot in unreserved)
    while len(chosen) < missing and unreserved:
        richest = max(unreserved, key=lambda slot: left[slot.holder])
        if left[richest.holder] <= fair and number + len(chosen) > 0:
            break
        chosen.append(richest.number)
        unreserved.remove(richest)
        left[richest.holder] -= 1
    return chosen

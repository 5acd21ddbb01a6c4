"""What people and staff do, at random; each act is noted in the history."""

from __future__ import annotations

import random

from support.population import WorldHistory
from support.world import NEWS, RIDE, RIDES, WALK, WALKS, World

SIMPLE_ACTS = ("leave", "leave", "join", "join", "untick", "tick", "rename", "put", "put", "take", "take", "interest")
ALL_ACTS = (
    *SIMPLE_ACTS,
    "leave_by_admin",
    "complain",
    "bounce",
    "archive",
    "erase",
    "confirm",
    "move",
    "newcomer",
    "hold",
    "unhold",
    "opt_out",
    "trash",
    "restore",
    "delete",
    "merge",
    "membership_deleted",
    "new_contact",
    "readdress",
    "hand_over",
    "share",
)


class RandomEvents:
    """Makes random events happen."""

    def __init__(self, world: World, history: WorldHistory, chance: random.Random, *, simple: bool) -> None:
        self._world, self.history, self._chance = world, history, chance
        self._acts = SIMPLE_ACTS if simple else ALL_ACTS
        self._number = 0

    def act(self) -> str:
        """Make one event happen, if possible; staff and people also try things that are refused."""
        act = self._chance.choice(self._acts)
        getattr(self, f"_{act}")()
        return act

    @property
    def _now(self) -> str:
        return self._world.now.isoformat()

    def _someone(self, *statuses: str) -> str | None:
        found = [address for address, one in self._world.members().items() if one["status"] in statuses]
        return self._chance.choice(found) if found else None

    def _contact(self, *, deleted: bool = False) -> int | None:
        found = [
            row["id"]
            for row in self._world.civicrm.dump("Contact")
            if row["id"] in self.history.owned and bool(row["is_deleted"]) == deleted
        ]
        return self._chance.choice(found) if found else None

    # -- at Mailchimp -------------------------------------------------------------------------------------------------

    def _depart(self, change: str, as_: str, *, for_good: bool = False) -> None:
        address = self._someone("subscribed", "pending")
        if address is None:
            return
        if change == "bounce":
            self.history.bounced.add(address)
        self._world.act(address, change, as_)
        self.history.left_once.add(address)
        if as_ == "user":
            self.history.left[address] = self._now
        if for_good:
            self.history.gone_for_good.add(address)

    def _leave(self) -> None:
        self._depart("unsubscribe", "user")

    def _leave_by_admin(self) -> None:
        self._depart("unsubscribe", "admin")

    def _complain(self) -> None:
        self._depart("complain", "user")

    def _bounce(self) -> None:
        self._depart("bounce", "user", for_good=True)

    def _archive(self) -> None:
        self._depart("archive", "admin")

    def _erase(self) -> None:
        self._depart("delete", "user", for_good=True)

    def _join(self) -> None:
        address = self._chance.choice(self.history.addresses)
        self._world.act(address, "subscribe")
        self.history.left.pop(address, None)
        self.history.gone_for_good.discard(address)

    def _confirm(self) -> None:
        address = self._someone("pending")
        if address is not None:
            self._world.act(address, "confirm")
            self.history.left.pop(address, None)

    def _newcomer(self) -> None:
        self._number += 1
        address = f"new{self._number}@example.org"
        self.history.addresses.append(address)
        self._world.act(address, "subscribe", merge_fields={"FNAME": "New"})

    def _tick(self, *, ticked: bool = True) -> None:
        address = self._someone("subscribed")
        if address is not None:
            self._world.act(address, "interests", interests={self._chance.choice((WALK, RIDE)): ticked})

    def _untick(self) -> None:
        self._tick(ticked=False)

    def _rename(self) -> None:
        address = self._someone("subscribed", "unsubscribed")
        if address is not None:
            self._world.act(address, "names", merge_fields={"LNAME": "Changed"})

    def _move(self) -> None:
        old = self._someone("subscribed")
        if old is None:
            return
        self._number += 1
        new = f"moved{self._number}@example.org"
        self._world.act(old, "address", new_address=new)
        self.history.addresses.append(new)
        self.history.moved[old] = new
        self.history.left_once.add(old)

    # -- in CiviCRM ---------------------------------------------------------------------------------------------------

    def _put(self) -> None:
        contact = self._contact()
        if contact is not None:
            self._world.put(contact, "Added")
            self.history.added.setdefault(contact, []).append(self._now)

    def _take(self) -> None:
        contact = self._contact()
        if contact is not None and self._world.in_group(contact) is not None:
            self._world.put(contact, "Removed")
            self.history.removed_once.add(contact)

    def _interest(self) -> None:
        contact = self._contact()
        if contact is not None:
            self._world.put(contact, self._chance.choice(("Added", "Removed")), self._chance.choice((WALKS, RIDES)))

    def _membership_deleted(self) -> None:
        contact = self._contact()
        if contact is not None and self._world.in_group(contact) is not None:
            where = [["contact_id", "=", contact], ["group_id", "=", NEWS]]
            self._world.civicrm.call("GroupContact", "delete", {"where": where})
            self.history.removed_once.add(contact)

    def _hold(self) -> None:
        contact = self._contact()
        if contact is not None and self.history.owned[contact]:
            self._world.edit_address(contact, on_hold=1)

    def _unhold(self) -> None:
        contact = self._contact()
        if contact is not None and self.history.owned[contact]:
            self._world.edit_address(contact, on_hold=0)

    def _opt_out(self) -> None:
        contact = self._contact()
        if contact is not None:
            mark = self._chance.choice(("is_opt_out", "is_opt_out", "do_not_email", "is_deceased"))
            self._world.edit(contact, **{mark: self._chance.random() < 0.5})
            self.history.marked_once.add(contact)

    def _trash(self) -> None:
        contact = self._contact()
        if contact is not None:
            self._world.trash(contact)
            self.history.marked_once.add(contact)

    def _restore(self) -> None:
        contact = self._contact(deleted=True)
        if contact is not None and contact not in self.history.kept:
            self._world.edit(contact, is_deleted=False)

    def _delete(self) -> None:
        contact = self._contact()
        if contact is not None:
            self._world.delete_for_good(contact)

    def _merge(self) -> None:
        kept, other = self._contact(), self._contact()
        if kept is None or other is None or kept == other:
            return
        self._world.merge(kept, other)
        history = self.history
        history.kept[other] = kept
        history.owned[kept] |= history.owned[other]
        history.added.setdefault(kept, []).extend(history.added.get(other, []))
        if other in history.removed_once:
            history.removed_once.add(kept)
        if other in history.marked_once:
            history.marked_once.add(kept)

    def _new_contact(self) -> None:
        address = self._chance.choice(self.history.addresses)
        contact = self._world.contact(address, {}, modified_date=self._now)
        self.history.contacts.append(contact)
        self.history.owned[contact] = {address}
        self._world.put(contact, "Added")
        self.history.added[contact] = [self._now]

    def _readdress(self) -> None:
        contact = self._contact()
        if contact is None or not self.history.owned[contact]:
            return
        self._number += 1
        address = f"readdressed{self._number}@example.org"
        self._world.edit_address(contact, email=address)
        self.history.readdressed_once.add(contact)
        self.history.addresses.append(address)
        self.history.owned[contact].add(address)

    def _hand_over(self) -> None:
        """Staff move an address from one contact to another."""
        giver, taker = self._contact(), self._contact()
        addresses = self._addresses_of(giver)
        if giver is None or taker is None or giver == taker or not addresses:
            return
        address = self._chance.choice(addresses)
        self._world.take_address(giver)
        self._world.give_address(taker, address)
        self.history.readdressed_once |= {giver, taker}
        self.history.owned[taker].add(address)
        self.history.handed_over.add(address)

    def _share(self) -> None:
        """Two people of a household share a mailbox."""
        one, other = self._contact(), self._contact()
        addresses = self._addresses_of(one)
        if other is None or one == other or not addresses:
            return
        address = self._chance.choice(addresses)
        self._world.give_address(other, address)
        self.history.readdressed_once.add(other)
        self.history.owned[other].add(address)

    def _addresses_of(self, contact: int | None) -> list[str]:
        emails = self._world.civicrm.dump("Email")
        return sorted({one["email"].lower() for one in emails if one["contact_id"] == contact and "@" in one["email"]})

"""An account's slots, shared by all clients of all processes that use the same database.

A client holds slots for as long as it works, not for each request: the usual request costs no statement. See
docs/decisions/connections-to-mailchimp.md.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Condition

from mailchimpsync.errors import StoreError
from mailchimpsync.mailchimp.slots import REQUESTS_AT_ONCE
from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Database
from mailchimpsync.store.site import connection_slots
from mailchimpsync.store.site.connection_slots import Slot
from mailchimpsync.sync.lease.owner import current_process, is_dead
from mailchimpsync.sync.lease.slot_shares import Claim, Division, Want, divide

RENEWED_EVERY = timedelta(seconds=5)
"""Also how soon a client that works notices that another one wants slots."""

TRIED_AGAIN_AFTER = timedelta(seconds=1)


class SharedSlots:
    """The slots of one client of an account.

    `for_person`: someone is waiting for its answers, so it may also have the two slots that are kept for people.
    """

    def __init__(self, store: Database, account: str, runtime: Runtime) -> None:
        self.for_person = True
        self._store, self._account, self._runtime = store, account, runtime
        self._token = token_hex(16)
        self._changed = Condition()
        self._held = self._owed = self._busy = self._waiting = self._peak = self._wanted = 0
        self._settled_at: datetime | None = None

    def acquire(self, seconds: float) -> bool:
        """Take a slot, or wait for one; not within a transaction.

        Raises:
            StoreError: the database can't be used.
        """
        with self._changed:
            self._waiting += 1
            try:
                self._settle_if_due()
                if not self._is_any_free():
                    self._changed.wait(seconds)
                if not self._is_any_free():
                    return False
                self._busy += 1
                return True
            finally:
                self._waiting -= 1

    def release(self) -> None:
        """Return a slot; if another client waits for it, it gets it at once."""
        with self._changed:
            self._busy -= 1
            if self._owed:
                with suppress(StoreError):  # it must not hide the answer to the request; the slot is given back later
                    self._settle()
            self._changed.notify()

    def keep(self) -> None:
        """Renew what is held, if that was not done just before."""
        if self._held and self._is_renewal_due():
            with self._changed:
                if self._is_renewal_due():
                    self._settle()

    def rest(self) -> None:
        """Give back the slots that aren't in use; if that fails, they expire."""
        with self._changed, suppress(StoreError):
            self._peak = self._busy
            if self._held > self._busy:
                self._settle()

    def close(self) -> None:
        """Give back all slots; if that fails, they expire."""
        with self._changed:
            if self._settled_at is None:
                return
            self._held = self._owed = 0
            self._settled_at = None
            with suppress(StoreError), self._store.begin() as tx:
                connection_slots.leave_slots(tx, self._account, self._token)

    def _is_any_free(self) -> bool:
        """Return whether a slot is free that is not owed to another client."""
        return self._busy < self._held - self._owed

    def _is_renewal_due(self) -> bool:
        return not self._settled_within(RENEWED_EVERY)

    def _settled_within(self, time: timedelta) -> bool:
        """Return whether slots were asked for within this time; not if the clock was set back."""
        at = self._settled_at
        return at is not None and timedelta(0) <= self._runtime.now() - at < time

    def _settle_if_due(self) -> None:
        self._peak = max(self._peak, min(REQUESTS_AT_ONCE, self._busy + self._waiting))
        lacks = self._peak > self._held - self._owed
        asks_for_more = lacks and (self._peak > self._wanted or not self._settled_within(TRIED_AGAIN_AFTER))
        may_give_back = self._owed and self._busy < self._held
        if asks_for_more or may_give_back or self._is_renewal_due():
            self._settle()

    def _settle(self) -> None:
        """Renew, give back and ask for slots, in one transaction."""
        account, want = self._account, Want(self._token, self._peak, self._busy, self.for_person)
        with self._store.begin() as tx:
            found = connection_slots.locked_slots(tx, account)
            if ended := [slot.number for slot in found if slot.is_held and is_dead(slot.owner or "")]:
                connection_slots.expire_slots(tx, account, ended)
            division = divide([_claim(slot) for slot in found], want)
            if division.given_back:
                connection_slots.give_back_slots(tx, account, division.given_back, self._token)
            if division.held:
                connection_slots.hold_slots(tx, account, division.held, self._token, current_process())
            if division.reserved:
                connection_slots.reserve_slots(tx, account, division.reserved, self._token)
        self._note(division)

    def _note(self, division: Division) -> None:
        self._held, self._owed = len(division.held), division.owed
        self._wanted, self._peak = self._peak, min(REQUESTS_AT_ONCE, self._busy + self._waiting)
        self._settled_at = self._runtime.now()
        self._changed.notify_all()


def _claim(slot: Slot) -> Claim:
    """Return who has a slot and who gets it next, unless their time is over."""
    is_reserved = slot.is_reserved and slot.next_token != slot.token
    return Claim(slot.number, slot.token if slot.is_held else None, slot.next_token if is_reserved else None)

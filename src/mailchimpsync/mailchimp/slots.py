"""How many requests a client may have under way at the same time."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Protocol

REQUESTS_AT_ONCE = 8
"""So many requests a client makes at once: two of the account's ten are left for others."""


class Slots(Protocol):
    """Hands out an account's slots: each request holds one. Safe to share between threads.

    `for_person`: someone is waiting for the answers.
    """

    for_person: bool

    def acquire(self, seconds: float) -> bool:
        """Take a slot; wait for one for at most `seconds`. Return whether there was one."""

    def release(self) -> None:
        """Return a slot after its request."""

    def keep(self) -> None:
        """Make sure that slots in use stay ours; called again and again while requests are under way."""

    def rest(self) -> None:
        """Let others have the slots that aren't in use, as no request follows soon."""

    def close(self) -> None:
        """Let others have all slots; no request follows."""


class OwnSlots:
    """The slots of a client that shares them with nobody."""

    def __init__(self, number: int) -> None:
        self.for_person = True
        self._semaphore = BoundedSemaphore(number)

    def acquire(self, seconds: float) -> bool:
        """Take a slot, or wait for one."""
        return self._semaphore.acquire(timeout=seconds)

    def release(self) -> None:
        """Return a slot."""
        self._semaphore.release()

    def keep(self) -> None:
        """They always stay its own."""

    def rest(self) -> None:
        """Nobody else wants them."""

    def close(self) -> None:
        """Nobody else wants them."""

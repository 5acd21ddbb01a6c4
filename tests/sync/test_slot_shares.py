"""Dividing an account's slots, whatever clients want and whenever their requests end."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from mailchimpsync.sync.lease.slot_shares import SLOTS_FOR_WORK, Claim, Want, divide

SLOTS = range(1, 11)
CLIENTS_MAX = 12
ROUNDS_UNTIL_SERVED = 10
FEW = settings(deadline=None, max_examples=50)


@dataclass
class Account:
    """Ten slots, and clients that hold, reserve and use them."""

    holders: dict[int, str] = field(default_factory=dict)
    reserved: dict[int, str] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)

    def settle(self, client: str, wanted: int) -> None:
        """Let a client ask for slots, and use all that it may."""
        busy = self.busy.get(client, 0)
        slots = [Claim(one, self.holders.get(one), self._next(one)) for one in SLOTS]
        found = divide(slots, Want(client, wanted, busy, is_person(client)))
        assert len(found.held) >= busy
        for number in found.given_back:
            assert self.holders.pop(number) == client
        for number in found.held:
            assert self.holders.setdefault(number, client) == client
            assert is_person(client) or number <= SLOTS_FOR_WORK
            if self.reserved.get(number) == client:
                del self.reserved[number]
        for number in found.reserved:
            assert self.reserved.setdefault(number, client) == client
        self.busy[client] = max(busy, min(wanted, len(found.held) - found.owed))

    def _next(self, number: int) -> str | None:
        found = self.reserved.get(number)
        return found if found != self.holders.get(number) else None


def is_person(client: str) -> bool:
    return client.startswith("person")


CLIENTS = st.lists(
    st.sampled_from([*(f"work{number}" for number in range(CLIENTS_MAX)), *(f"person{number}" for number in range(3))]),
    min_size=1,
    unique=True,
)


@FEW
@given(CLIENTS, st.data())
def test_nobody_has_anothers_slot_or_loses_a_busy_one(clients: list[str], data: st.DataObject) -> None:
    account = Account()
    for client in data.draw(st.lists(st.sampled_from(clients), max_size=40)):
        account.busy[client] = data.draw(st.integers(0, account.busy.get(client, 0)))
        account.settle(client, max(account.busy[client], data.draw(st.integers(0, 8))))


@FEW
@given(CLIENTS, st.integers(1, 8))
def test_everybody_gets_a_slot_in_the_end(clients: list[str], wanted: int) -> None:
    account, served = Account(), set()
    for _ in range(ROUNDS_UNTIL_SERVED):
        for client in clients:
            account.busy[client] = 0
            account.settle(client, wanted)
            served |= {client} if account.busy[client] else set()

    assert served == set(clients)

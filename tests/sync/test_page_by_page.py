"""Nobody is skipped, whatever happens between two pages: who left is noticed by the same run, or it says why not."""

from __future__ import annotations

import pytest

from mailchimpsync.model import MemberStatus
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.reading import member_pages
from support.tampering import Members, tamper
from support.world import NEWS, World

PEOPLE = [f"person{number:02}@example.org" for number in range(10)]
FIRST_OF_THE_SECOND_PAGE = PEOPLE[5]


@pytest.fixture
def contacts(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ten people in sync, read five a page; since the last run the sixth has left, by an unsubscription long ago."""
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 5)
    monkeypatch.setattr("mailchimpsync.sync.stages.fetch.MEMBERS_PER_STEP", 5)
    for address in PEOPLE:
        world.member(address)
    made = [world.contact(address, {NEWS: 20}) for address in PEOPLE]
    world.sync()
    world.pass_time(3_600)
    world.act(FIRST_OF_THE_SECOND_PAGE, "unsubscribe")
    return made


def exchange(world: World, number: int) -> None:
    """Let members in front go, and as many new ones come at the end: the total stays."""
    for one in range(number):
        world.act(PEOPLE[one], "archive", "admin")
        world.act(f"new{one}@example.org", "subscribe")


def test_as_many_come_as_go_between_two_pages(world: World, contacts: list[int]) -> None:
    waiting = [1]

    def meanwhile(request: object) -> None:
        if "offset=4" in str(request) and waiting:
            exchange(world, waiting.pop())

    world.to_mailchimp.before = meanwhile
    world.sync(everything=True)

    assert world.in_group(contacts[5]) == "Removed"


def test_as_many_come_as_go_between_two_calls(world: World, contacts: list[int]) -> None:
    world.to_mailchimp.before = lambda request: world.pass_time(60) if "offset=0" in str(request) else None
    assert world.sync(everything=True, seconds=30).outcome is Outcome.OUT_OF_TIME
    world.to_mailchimp.before = lambda _request: None
    exchange(world, 2)
    world.sync()

    assert world.in_group(contacts[5]) == "Removed"


def test_the_order_behind_a_seam_changes(world: World, contacts: list[int]) -> None:
    """Someone who was read comes again, in the place of someone who was not."""
    read: Members = []

    def tangle(page: Members, offset: int, total: int) -> tuple[Members, int]:
        if offset == 0 and not read:
            read.append(page[0])
        elif offset == 4 and len(read) == 1:
            page[1] = read[0]
            read.append(page[0])
        return page, total

    tamper(world, tangle)
    world.sync(everything=True)

    assert world.in_group(contacts[5]) == "Removed"


def test_a_page_of_the_archive_is_cut_short(world: World, contacts: list[int]) -> None:
    for address in PEOPLE[:4]:
        world.act(address, "archive", "admin")
    cut = [1]

    def once(page: Members, _offset: int, total: int) -> tuple[Members, int]:
        return page[: 2 if cut and cut.pop() else None], total

    tamper(world, once, MemberStatus.ARCHIVED)
    world.sync(everything=True)

    assert [world.in_group(contact) for contact in contacts[:4]] == ["Removed"] * 4

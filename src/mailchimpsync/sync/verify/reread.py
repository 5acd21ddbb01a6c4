"""Re-reads people who seem to differ: they may have changed during the full reading."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mailchimpsync.addresses import member_id_of
from mailchimpsync.civicrm import group_contacts, persons
from mailchimpsync.mailchimp import Member, member_if_readable
from mailchimpsync.store.verify import comparison
from mailchimpsync.sync.reading.member_pages import PAGES_IN_FLIGHT_MAX
from mailchimpsync.sync.verify.difference import Difference, Kind
from mailchimpsync.sync.verify.finding import find_differences
from mailchimpsync.sync.verify.reading import Comparing, match_owners, scratch_row, subscribed_in_group


def reread_differences(work: Comparing, doubtful: Sequence[Difference]) -> list[Difference]:
    """Read the people some differences are about once more, and return what still differs."""
    contacts = {one.contact_id for one in doubtful if one.contact_id is not None}
    without = sorted({one.contact_id or 0 for one in doubtful if one.kind is Kind.NOT_SUBSCRIBED})
    people = persons(work.systems.civicrm, without)
    likely = {member_id_of(email.email) for person in people.values() for email in person.emails}
    members = {one.member_id for one in doubtful if one.member_id is not None} | likely
    _read_members_again(work, members)
    with work.scratch.begin() as tx:
        found = comparison.addresses_of(tx, members)
    match_owners(work, found)
    with work.scratch.begin() as tx:
        contacts |= comparison.owners_of_members(tx, members)
    _read_memberships_again(work, contacts)
    about = {one.member_id for one in doubtful if one.member_id is not None and one.kind is not Kind.NOT_SUBSCRIBED}
    still = find_differences(work.scratch, work.connection, members=about, contacts=without)
    return [difference for some in still for difference in some]


def _read_members_again(work: Comparing, member_ids: Collection[str]) -> None:
    ids = sorted(member_ids)
    with work.systems.runtime.executor(PAGES_IN_FLIGHT_MAX) as executor:
        client, list_id = work.systems.mailchimp, work.connection.list_id
        found = list(executor.map(lambda key: member_if_readable(client, list_id, key), ids))
    there = {key: one for key, one in zip(ids, found, strict=True) if isinstance(one, Member)}
    gone = {key for key, one in zip(ids, found, strict=True) if one is None}
    with work.scratch.begin() as tx:
        comparison.forget_members(tx, gone)
        comparison.put_members(tx, [scratch_row(work.connection, one, None) for one in there.values()])


def _read_memberships_again(work: Comparing, contacts: Collection[int]) -> None:
    pages = group_contacts(work.systems.civicrm, work.connection.group_ids, sorted(contacts))
    present = [pair for page in pages for pair in subscribed_in_group(page)]
    with work.scratch.begin() as tx:
        comparison.replace_memberships(tx, contacts, present)

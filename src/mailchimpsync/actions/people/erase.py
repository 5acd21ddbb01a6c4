"""`Mailchimpsync.erase`: delete an address at Mailchimp and here, and never sync it again.

See docs/decisions/erasure.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.people.find import not_asked
from mailchimpsync.actions.people.journal_sentences import BY_ERASURE
from mailchimpsync.actions.site import JOURNAL_PURPOSE, Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.addresses import normalise_address, spellings
from mailchimpsync.civicrm import owners_of
from mailchimpsync.config import Link
from mailchimpsync.decide.eligibility import is_address
from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code, ConfirmationError, MailchimpsyncError, UsageError
from mailchimpsync.mailchimp import MailchimpClient, delete_for_good, member
from mailchimpsync.messages import say, without_period
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import updates
from mailchimpsync.store.journal import chain, journal
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.privacy import erasure as erasing
from mailchimpsync.store.runs import daily, runs
from mailchimpsync.store.site import tombstones
from mailchimpsync.sync.lease.lease import acquired_lease, writing_under

TIME_LIMIT_SECONDS = 60

_TITLES = {
    "members": "permanently deleted at Mailchimp",
    "rows": "rows deleted",
    "updates": "updates deleted",
    "plans": "planned changes deleted",
    "events": "webhook events deleted",
    "campaigns": "recipients of campaigns forgotten",
    "log": "lines of logs deleted",
    "findings": "findings of verifications deleted",
    "journal": "journal entries stripped of their personal values",
}


@dataclass(frozen=True, slots=True)
class Step:
    """What was done in one audience, and when; `what` is in words, and `list_id` None means in all of our data."""

    list_id: str | None
    what: str
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did; it doesn't say who was erased.

    Attributes:
        erased_at, erased_by: when the address was first marked as erased, and by whom.
        steps: what was done, where and when.
        problems: what could not be done yet, and why; repeat the call to continue.
        contact_ids: the contacts in CiviCRM with the address; erase them by CiviCRM's own process.
    """

    erased_at: datetime
    erased_by: str
    steps: tuple[Step, ...]
    problems: tuple[str, ...]
    contact_ids: tuple[int, ...]

    @property
    def is_complete(self) -> bool:
        """Say whether nothing is left to do at Mailchimp and here."""
        return not self.problems


def in_wire_form(erasure: Erasure) -> dict[str, Any]:
    """Return it as plain values."""
    return {**plain(erasure), "is_complete": erasure.is_complete}


@action("Mailchimpsync", Scope.CONFIGURE, present=in_wire_form, helpers=("by",))
def erase(
    site: Site,
    *,
    address: Annotated[str, Field(description="The e-mail address.", max_length=254)],
    confirm: Annotated[bool, Field(description="Set to 1 to confirm: an erasure can't be undone.")] = False,
    by: str = "python",
) -> Erasure:
    """Erase an address: permanently at Mailchimp, in every connected audience, and in all data kept here.

    First the address is marked as erased, by a keyed digest, so that no sync takes it up again from either side: its
    row would fail as `ERASED`. Then the member is deleted at Mailchimp, and rows, updates, plans, webhook events,
    findings and the personal values in the journal are deleted here. CiviCRM is not changed; the result names the
    contacts with the address. It is safe to repeat the call, which continues with what could not be done before.

    Raises:
        UsageError: this isn't an e-mail address.
        ConfirmationError: the erasure is not confirmed; nothing is done.
    """
    wanted = normalise_address(address)
    if not is_address(wanted):
        raise UsageError(say("Enter the e-mail address to erase."))
    if not confirm:
        raise ConfirmationError("An erasure can't be undone. To go ahead, confirm it with `--yes`, or confirm=1.")
    key = site.make_erasure_key()
    digest = tombstones.digest_of(key, wanted)
    with site.store.begin() as tx:
        tombstones.set_tombstone(tx, digest, site.runtime.now(), by[: runs.NAME_LENGTH_MAX])
        noted_at, noted_by = tombstones.tombstone_of(tx, digest) or (site.runtime.now(), by)
        known = erasing.audiences(tx)
    links = {link.audience_id: link for link in site.configuration.connections}
    contacts, note = _contacts(site, wanted)
    steps: list[Step] = []
    problems: list[str] = []
    for list_id in dict.fromkeys([*links, *known]):
        try:
            steps.extend(_erase_in(site, list_id, links.get(list_id), wanted, contacts, key))
        except MailchimpsyncError as error:
            problems.append(
                say("Audience %(id)s: %(what)s. Repeat the erasure later.", id=list_id, what=without_period(error.what))
            )
    return Erasure(noted_at, noted_by, tuple(steps), (*problems, *note), contacts)


def _erase_in(
    site: Site, list_id: str, link: Link | None, address: str, contacts: Sequence[int], key: str
) -> Iterator[Step]:
    """Erase in one audience; our data stays until Mailchimp has deleted the member, so that it can be repeated.

    `contacts` have the address in CiviCRM: rows of people who were never subscribed keep their names without it.

    Raises:
        BusyError: a run is in progress, or an update to the address is on its way.
        RemoteError: Mailchimp did not delete the member.
    """
    with acquired_lease(site.store, list_id) as lease:
        found = _stop(site, lease, address)
        if link is not None:
            systems = site.systems(link)
            with within(systems.mailchimp, TIME_LIMIT_SECONDS) as client, writing_under(systems, lease):
                found = _add_mailchimp_id(client, found)
                number = sum(delete_for_good(client, list_id, key) for key in found.member_ids)
            yield Step(list_id, _TITLES["members"], number, site.runtime.now())
        found = replace(found, contact_ids=tuple(dict.fromkeys([*found.contact_ids, *contacts])))
        for what, number in _purge(site, lease, found, key).items():
            yield Step(list_id, _TITLES[what], number, site.runtime.now())


def _stop(site: Site, lease: runs.Lease, address: str) -> erasing.ErasureTraces:
    """Withdraw unsent updates to the address; an update that was sent has to arrive first."""
    with site.store.begin() as tx:
        runs.renew_lease(tx, lease)
        found = erasing.find_traces(tx, lease.list_id, address)
        updates.withdraw_unsent(tx, lease.list_id, [*found.row_ids, *found.other_row_ids])
        found = erasing.find_traces(tx, lease.list_id, address)
    if found.in_flight:
        raise MailchimpsyncError(Code.BUSY, "An update to the address is on its way to Mailchimp")
    return found


def _add_mailchimp_id(client: MailchimpClient, found: erasing.ErasureTraces) -> erasing.ErasureTraces:
    """Add the id that Mailchimp has for the address: a very old one isn't its hash.

    See docs/reference/mailchimp-behaviour.md#who-a-member-is.
    """
    there = [member(client, found.list_id, spelt) for spelt in spellings([found.address])]
    ids = [one.id for one in there if one is not None]
    return replace(found, member_ids=tuple(dict.fromkeys([*found.member_ids, *ids])))


def _purge(site: Site, lease: runs.Lease, found: erasing.ErasureTraces, key: str) -> dict[str, int]:
    digests = [
        chain.digest(one, key_there)
        for one in site.keyring.derive_all(JOURNAL_PURPOSE)
        for key_there in found.member_ids
    ]
    now = site.runtime.now()
    with site.store.begin() as tx:
        runs.renew_lease(tx, lease)
        daily.add_erased(tx, found.list_id, now, found.row_ids)
        stripped = erasing.purge_journal(tx, found, seal=key, digests=digests, now=now)
        gone = {**erasing.purge(tx, found), "journal": stripped}
        if any(gone.values()):
            _journal_erasure(tx, found.list_id, stripped, now)
    return gone


def _journal_erasure(tx: Transaction, list_id: str, stripped: int, now: datetime) -> None:
    """Note in the journal that a person was erased, but not who."""
    erased = Effect(None, What.ERASED, new=str(stripped))
    journal.write_journal(tx, [NewEntry(list_id, 0, now, erased, Code.ERASED, actor=BY_ERASURE)])


def _contacts(site: Site, address: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the contacts with the address, or why they are not known."""
    try:
        with within(site.civicrm(), TIME_LIMIT_SECONDS) as client:
            owners = [owner for page in owners_of(client, [address]) for owner in page]
    except MailchimpsyncError as error:
        return (), (not_asked(error),)
    return tuple(sorted({owner.contact_id for owner in owners})), ()

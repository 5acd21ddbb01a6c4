"""`Mailchimpsync.erase`: forget an address at Mailchimp and here, and never take it up again.

See docs/decisions/erasure.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.site import JOURNAL_PURPOSE, Site
from mailchimpsync.actions.texts.messages import say
from mailchimpsync.actions.time_limit import within
from mailchimpsync.addresses import normalise_address, spellings
from mailchimpsync.civicrm import owners_of
from mailchimpsync.config import Link
from mailchimpsync.decide.eligibility import is_address
from mailchimpsync.errors import Code, ConfirmationError, MailchimpsyncError, UsageError
from mailchimpsync.mailchimp import MailchimpClient, delete_for_good, member
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import updates
from mailchimpsync.store.journal import chain, journal
from mailchimpsync.store.privacy import erasure as erasing
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import tombstones
from mailchimpsync.sync.lease.lease import holding_lease, writing_under

PATIENCE_SECONDS = 60
FIELD = "erased"
"""The field of the journal's entry about an erasure; its new value is of how many entries the values went."""

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
    """What was done in one audience, and when; `what` in words, `list_id` None: everywhere here."""

    list_id: str | None
    what: str
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did; it does not say whom it was about.

    Attributes:
        erased_at, erased_by: when the address was first noted as erased, and by whom.
        steps: what was done, where and when.
        problems: what could not be done yet, and why; the same call again goes on.
        contact_ids: the contacts in CiviCRM that have the address; they are for CiviCRM's own process to erase.
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
    return {**plain(asdict(erasure)), "is_complete": erasure.is_complete}


@action("Mailchimpsync", Scope.CONFIGURE, present=in_wire_form, helpers=("by",))
def erase(
    site: Site,
    *,
    address: Annotated[str, Field(description="The e-mail address.", max_length=254)],
    confirm: Annotated[bool, Field(description="It can't be taken back: 1 to do it.")] = False,
    by: str = "python",
) -> Erasure:
    """Erase an address: permanently at Mailchimp, in every connected audience, and in all that is kept here.

    First it is noted as erased, by a keyed digest, so that no sync takes it up again from either side: its row would
    fail as `ERASED`. Then the member is deleted at Mailchimp, and rows, updates, plans, webhook events, findings and
    the journal's personal values go. CiviCRM is left to its own process; its contacts are named. Calling it again does
    no harm, and goes on where something could not be done.

    Raises:
        UsageError: this is no address.
        ConfirmationError: it is not confirmed; nothing is done.
    """
    wanted = normalise_address(address)
    if not is_address(wanted):
        raise UsageError(say("Give the e-mail address that is to be erased."))
    if not confirm:
        raise ConfirmationError("Erasing can't be taken back. To do it, confirm: `--yes`, or confirm=1.")
    key = site.make_erasure_key()
    digest = tombstones.digest_of(key, wanted)
    with site.store.begin() as tx:
        tombstones.set_tombstone(tx, digest, site.runtime.now(), by[: runs.NAME_LENGTH_MAX])
        noted_at, noted_by = tombstones.tombstone_of(tx, digest) or (site.runtime.now(), by)
        known = erasing.audiences(tx)
    links = {link.audience_id: link for link in site.configuration.connections}
    steps: list[Step] = []
    problems: list[str] = []
    for list_id in dict.fromkeys([*links, *known]):
        try:
            steps.extend(_erase_in(site, list_id, links.get(list_id), wanted, key))
        except MailchimpsyncError as error:
            problems.append(f"Audience {list_id}: {error.what.rstrip('.')}. Erase it again later.")
    contacts, note = _contacts(site, wanted)
    return Erasure(noted_at, noted_by, tuple(steps), (*problems, *note), contacts)


def _erase_in(site: Site, list_id: str, link: Link | None, address: str, key: str) -> Iterator[Step]:
    """Erase in one audience: nothing of ours goes before Mailchimp has deleted the member, so that it can be repeated.

    Raises:
        BusyError: a run is at work, or an update to the address is on its way.
        RemoteError: Mailchimp did not delete the member.
    """
    with holding_lease(site.store, list_id) as lease:
        found = _stop(site, lease, address)
        if link is not None:
            systems = site.systems(link)
            with within(systems.mailchimp, PATIENCE_SECONDS) as client, writing_under(systems, lease):
                found = _add_mailchimp_id(client, found)
                number = sum(delete_for_good(client, list_id, key) for key in found.member_ids)
            yield Step(list_id, _TITLES["members"], number, site.runtime.now())
        for what, number in _purge(site, lease, found, key).items():
            yield Step(list_id, _TITLES[what], number, site.runtime.now())


def _stop(site: Site, lease: runs.Lease, address: str) -> erasing.ErasureTraces:
    """Withdraw what is to be sent to the address; what is on its way has to arrive first."""
    with site.store.begin() as tx:
        runs.hold_lease(tx, lease)
        found = erasing.find_traces(tx, lease.list_id, address)
        updates.withdraw_unsent(tx, lease.list_id, [*found.row_ids, *found.other_row_ids])
        found = erasing.find_traces(tx, lease.list_id, address)
    if found.in_flight:
        raise MailchimpsyncError(Code.BUSY, "An update to the address is on its way to Mailchimp")
    return found


def _add_mailchimp_id(client: MailchimpClient, found: erasing.ErasureTraces) -> erasing.ErasureTraces:
    """Add the id that Mailchimp has the address under: a very old one is no hash of it.

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
        runs.hold_lease(tx, lease)
        stripped = erasing.purge_journal(tx, found, seal=key, digests=digests, now=now)
        gone = {**erasing.purge(tx, found), "journal": stripped}
        if any(gone.values()):
            _journal_erasure(tx, found.list_id, stripped, now)
    return gone


def _journal_erasure(tx: Transaction, list_id: str, stripped: int, now: datetime) -> None:
    """That somebody was erased is in the journal, who is not."""
    entry = {
        "list_id": list_id,
        "cache_id": 0,
        "time": now,
        "side": "here",
        "field": FIELD,
        "new": str(stripped),
        "reason": Code.ERASED.value,
        "actor": "erasure",
    }
    journal.write_journal(tx, [entry])


def _contacts(site: Site, address: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the contacts that have the address, or why that is not known."""
    try:
        with within(site.civicrm(), PATIENCE_SECONDS) as client:
            owners = [owner for page in owners_of(client, [address]) for owner in page]
    except MailchimpsyncError as error:
        return (), (f"CiviCRM could not be asked who has the address: {error.what.rstrip('.')}.",)
    return tuple(sorted({owner.contact_id for owner in owners})), ()

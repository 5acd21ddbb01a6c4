"""A run over a few members named by a webhook: the same rules, the same steps, the same journal.

It holds the lease like any run, and leaves the mark, the stage and the plan of an interrupted run unchanged, except
that the newer decision replaces what was planned for its own rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mailchimpsync.addresses import member_id_of, normalise_address
from mailchimpsync.civicrm import SiteCheck, addresses_of, contacts_by_id
from mailchimpsync.errors import BusyError, Code, RefusedError, SuspicionError
from mailchimpsync.mailchimp import Member, audience, member
from mailchimpsync.messages import say
from mailchimpsync.model import Connection, SyncStatus
from mailchimpsync.runtime import Deadline, NoProgress
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import bases, contacts, deleted_members, groups, members, rows
from mailchimpsync.store.cache.contacts import OwnedMember
from mailchimpsync.store.changes import updates
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import cache
from mailchimpsync.store.site import tombstones
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.lease.lease import owned_lease
from mailchimpsync.sync.options import Systems
from mailchimpsync.sync.reading.contact_problems import record_unreadable_rows
from mailchimpsync.sync.reading.group_states import read_groups_of
from mailchimpsync.sync.reading.takeovers import take_over_members
from mailchimpsync.sync.safety.changed_links import group_links
from mailchimpsync.sync.safety.preflight import DOUBLE_OPTIN, check_civicrm
from mailchimpsync.sync.stages.change_groups import change_groups, journal_interrupted_changes
from mailchimpsync.sync.stages.check_data import check_data_for
from mailchimpsync.sync.stages.create_contacts import create_contacts
from mailchimpsync.sync.stages.fetch import member_row
from mailchimpsync.sync.stages.fix_contact_ids import fix_contacts_of
from mailchimpsync.sync.stages.reconcile import decide_rows, plan_opt_outs_in_flight_of
from mailchimpsync.sync.updates.lanes import send_all
from mailchimpsync.sync.updates.overtaken import settle_overtaken
from mailchimpsync.sync.updates.unanswered import resolve_unanswered

MEMBERS_IN_FLIGHT_MAX = 8

Found = Mapping[str, Member | RefusedError | None]
"""Members by address; None: Mailchimp has none."""


@dataclass(frozen=True)
class MembersRun(Run):
    """A run that stores no progress.

    `knows_contacts`: whether contact ids still mean the contacts we know.
    """

    knows_contacts: bool = True

    def read_progress(self) -> Mapping[str, Any]:
        """Return nothing: it is short, and restarts."""
        return {}

    def note_progress(self, tx: Transaction, progress: Mapping[str, Any] | None) -> None:
        """Store nothing: the stored progress is that of an interrupted run."""

    @property
    def sends_updates_of(self) -> int | None:
        """This run: updates queued by an interrupted run are for that one to send."""
        return self.id


@contextmanager
def members_run(systems: Systems, connection: Connection, deadline: Deadline) -> Iterator[MembersRun]:
    """Open a run over a few members, with the lease and with proof that CiviCRM can be believed.

    Raises:
        BusyError: a run of this connection is in progress, or has to come first because the linked groups have changed.
        EvidenceError, AccessError, TransientError: CiviCRM can't be reached or believed at the moment.
    """
    with owned_lease(systems, connection.list_id, deadline) as lease:
        checked, is_restored = _check_civicrm(systems, connection)
        started_at = systems.runtime.now()
        with systems.store.begin() as tx:
            runs.renew_lease(tx, lease)
            _check_links(tx, connection)
            run_id = runs.begin_members_run(tx, connection.list_id, started_at)
            erased_addresses = tombstones.erased(tx, systems.erasure_key)
            connection = _with_last_known_setting(tx, connection)
        run = MembersRun(
            id=run_id,
            connection=connection.without_trust(),  # that is for a whole run, and is checked before
            store=systems.store,
            mailchimp=systems.mailchimp,
            civicrm=systems.civicrm,
            runtime=systems.runtime,
            deadline=deadline,
            progress=NoProgress(),
            lease=lease,
            started_at=started_at,
            since=None,
            site_clock=checked.clock,
            visibility=checked.visibility,
            erased=erased_addresses,
            knows_contacts=not is_restored,
        )
        yield run
        with run.transaction() as tx:
            runs.end_members_run(tx, run.id, systems.runtime.now(), "done")


def _with_last_known_setting(tx: Transaction, connection: Connection) -> Connection:
    """Use the audience's own setting as the last whole run read it."""
    seen = runs.stored_status(tx, connection.list_id).seen or {}
    return connection.as_audience_says(double_optin=seen.get(DOUBLE_OPTIN, False))


def _check_civicrm(systems: Systems, connection: Connection) -> tuple[SiteCheck, bool]:
    """Check CiviCRM; also return whether it was restored from an older backup.

    Whole runs stop then. Changes by single people at Mailchimp are still carried out, on the contacts that have their
    addresses.
    """
    try:
        return check_civicrm(systems, connection), False
    except SuspicionError as error:
        if error.code is Code.OWN_RESTORED:
            raise  # the base is no longer known; a whole run has to forget it first
        checked = check_civicrm(systems, connection, accept_empty=True, accept_restored=True)
        return checked, error.code is Code.CV_RESTORED


def _check_links(tx: Transaction, connection: Connection) -> None:
    """The base belongs to the groups it was agreed with; if those have changed, a whole run has to forget it first."""
    linked = bases.newest_links(tx, connection.list_id)
    if linked is not None and linked != group_links(connection):
        raise BusyError(
            Code.BUSY,
            say("Audience %(id)s is linked to other groups now; a full run has to come first.", id=connection.list_id),
        )


def read_members(run: Run, addresses: Sequence[str]) -> Found:
    """Read members from Mailchimp by address, several at a time; a refused one doesn't affect the others."""
    with run.runtime.executor(MEMBERS_IN_FLIGHT_MAX) as executor:
        found = executor.map(lambda address: _read(run, address), addresses)
        return dict(zip(addresses, found, strict=True))


def _read(run: Run, address: str) -> Member | RefusedError | None:
    if run.erased.knows(address):
        return None
    try:
        return member(run.mailchimp, run.list_id, member_id_of(address))
    except RefusedError as error:
        return error


def store_members(run: Run, found: Found, renamed: Mapping[str, str]) -> dict[str, int]:
    """Store what Mailchimp says, and return the rows by address; they are due.

    `renamed` maps an old address to a new one; if Mailchimp has only the new one, its row takes over.
    """
    present = {address: one for address, one in found.items() if isinstance(one, Member)}
    with run.transaction() as tx:
        before = _rows_of(tx, run, found)
        updates.withdraw_unsent(tx, run.list_id, list(before.values()))
        members.store_members(tx, run.list_id, None, [member_row(run, one) for one in _unique(present).values()])
        ids = _rows_of(tx, run, found)
        fresh = [ids[address] for address in present]
        members.follow_renamed_rows(tx, run.list_id, fresh)
        members.join_rows(tx, _merge_found(ids, found, renamed))
    absent = [address for address, one in found.items() if one is None]
    _drop_planned(run, [ids[address] for address in absent if address in ids])
    with run.transaction() as tx:
        return _rows_of(tx, run, found)


def _unique(present: Mapping[str, Member]) -> dict[str, Member]:
    """Return members by id: two addresses may have led to one."""
    return {one.id: one for one in present.values()}


def _rows_of(tx: Transaction, run: Run, found: Found) -> dict[str, int]:
    """Return row ids by address; a very old member has another id than its address gives, which Mailchimp returns."""
    identities = {
        address: f"m:{one.id if isinstance(one, Member) else member_id_of(address)}" for address, one in found.items()
    }
    ids = rows.owners_of_identities(tx, run.list_id, sorted(set(identities.values())))
    return {address: ids[identity] for address, identity in identities.items() if identity in ids}


def _merge_found(ids: Mapping[str, int], found: Found, renamed: Mapping[str, str]) -> dict[int, int]:
    """Return the rows of addresses that no longer exist, replaced by the rows of the new addresses."""
    return {
        ids[old]: ids[new]
        for old, new in renamed.items()
        if old in ids and new in ids and found[old] is None and isinstance(found[new], Member)
    }


def _drop_planned(run: Run, row_ids: Sequence[int]) -> None:
    if row_ids:
        audience(run.mailchimp, run.list_id)  # a deleted audience has no members either, so this proves nothing
        with run.transaction() as tx:
            deleted_members.forget_members(tx, row_ids)


def match_contacts(run: MembersRun, row_ids: Sequence[int]) -> None:
    """Find the owners of rows, and their groups."""
    if not run.knows_contacts:
        _release_unrelated_contacts(run, row_ids)
    fix_contacts_of(run, row_ids)
    with run.transaction() as tx:
        owners = contacts.owners_of_rows(tx, row_ids)
    if not owners:
        return
    read_groups_of(run, owners)
    with run.transaction() as tx:
        contacts.delete_redundant_rows(tx, run.list_id, owners)
        groups.snapshot_groups(tx, run.list_id, cache.c.id.in_(row_ids))


def _release_unrelated_contacts(run: Run, row_ids: Sequence[int]) -> None:
    """Release contacts that have neither their member's address nor the one that was their best.

    Their id may be someone else's now.
    """
    with run.transaction() as tx:
        owners = contacts.owners_of_rows(tx, row_ids)
    states = [state for page in contacts_by_id(run.civicrm, owners, run.unreadable) for state in page] if owners else []
    shown = sorted(state.id for state in states)  # if a contact isn't shown, nothing says whose id it is now
    pages = addresses_of(run.civicrm, shown, run.unreadable) if shown else ()
    having = {(one.contact_id, normalise_address(one.email)) for page in pages for one in page}
    unread = record_unreadable_rows(run).contacts
    with run.transaction() as tx:
        owned = contacts.members_of_contacts(tx, run.list_id, sorted(set(shown) - unread))
        strange = {row.id for row in owned if not _is_known(row, having)}
        contacts.release_rows(tx, sorted(strange & set(row_ids)))


def _is_known(row: OwnedMember, having: Collection[tuple[int, str]]) -> bool:
    known = [address for address in (row.mailchimp_email, row.civicrm_address) if address]
    return any((row.civicrm_contact_id, normalise_address(address)) in having for address in known)


def reconcile_rows(run: Run, row_ids: Sequence[int]) -> None:
    """Decide about rows and carry it out, as a whole run does.

    Rows with an update in flight wait for its result, unless they are to be unsubscribed: opt-outs overtake it.
    """
    settle_overtaken(run)
    take_over_members(run)
    check_data_for(run, row_ids)
    with run.transaction() as tx:
        due = [row.id for row in rows.rows_to_decide(tx, row_ids) if row.sync_status == SyncStatus.TODO]
    resolve_unanswered(run, due)
    journal_interrupted_changes(run, due)
    decide_rows(run, due)
    plan_opt_outs_in_flight_of(run, row_ids)
    create_contacts(run)
    change_groups(run)
    send_all(run)

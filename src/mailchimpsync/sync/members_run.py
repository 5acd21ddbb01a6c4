"""A run over a few members, because a webhook named them: the same rules, the same steps, the same journal.

It works alone like any run, and leaves the mark, the stage and the plan of an interrupted run as they are, except that
whatever was planned for its own rows gives way to the newer decision.
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
from mailchimpsync.model import Connection, SyncStatus
from mailchimpsync.runtime import Deadline, NoProgress
from mailchimpsync.store import Transaction, bases, contacts, erased, groups, members, rows, runs, tombstones, updates
from mailchimpsync.store.schema import cache
from mailchimpsync.sync.add_civi_only import read_groups_of
from mailchimpsync.sync.calls import Systems
from mailchimpsync.sync.change_groups import change_groups, tell_what_was_done
from mailchimpsync.sync.check_data import check_data_of
from mailchimpsync.sync.contact_problems import note_odd_rows
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.create_contacts import create_contacts
from mailchimpsync.sync.fetch import member_row
from mailchimpsync.sync.fix_contact_ids import fix_contacts_of
from mailchimpsync.sync.lease import at_work
from mailchimpsync.sync.look_at_both import DOUBLE_OPTIN, look_at_civicrm
from mailchimpsync.sync.overtaken import settle_overtaken
from mailchimpsync.sync.reconcile import decide_rows, plan_opt_outs_in_flight_of
from mailchimpsync.sync.relink import links_of
from mailchimpsync.sync.submit import send_all
from mailchimpsync.sync.take_over import take_over
from mailchimpsync.sync.untold_updates import settle_untold

MEMBERS_IN_FLIGHT_MAX = 8

Found = Mapping[str, Member | RefusedError | None]
"""Members by address; None: Mailchimp knows none."""


@dataclass(frozen=True)
class MembersRun(Run):
    """A run that keeps its progress to itself.

    `knows_contacts`: whether the contacts are still those that we know by their numbers.
    """

    knows_contacts: bool = True

    def read_progress(self) -> Mapping[str, Any]:
        """Return nothing: it is short, and begins anew."""
        return {}

    def note_progress(self, tx: Transaction, progress: Mapping[str, Any] | None) -> None:
        """Note nothing: what is noted is that of an interrupted run."""

    @property
    def sends_updates_of(self) -> int | None:
        """The run itself: what an interrupted run queued is for that one to send."""
        return self.id


@contextmanager
def members_run(systems: Systems, connection: Connection, deadline: Deadline) -> Iterator[MembersRun]:
    """Open a run over a few members, with the lease and with proof that CiviCRM can be believed.

    Raises:
        BusyError: a run of this connection is at work, or has to come first, as other groups are linked than before.
        EvidenceError, AccessError, TransientError: CiviCRM can't be asked or believed at the moment.
    """
    with at_work(systems, connection.list_id, deadline) as lease:
        checked, is_restored = _look(systems, connection)
        started_at = systems.runtime.now()
        with systems.store.begin() as tx:
            runs.hold_lease(tx, lease)
            _check_links(tx, connection)
            run_id = runs.begin_members_run(tx, connection.list_id, started_at)
            erased_addresses = tombstones.erased(tx, systems.erasure_key)
            connection = _as_last_seen(tx, connection)
        run = MembersRun(
            id=run_id,
            connection=connection.without_trust(),  # that is for a whole run, and is looked at before
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


def _as_last_seen(tx: Transaction, connection: Connection) -> Connection:
    """Take the audience's own setting as the last whole run read it."""
    seen = runs.standing(tx, connection.list_id).seen or {}
    return connection.as_audience_says(double_optin=seen.get(DOUBLE_OPTIN, False))


def _look(systems: Systems, connection: Connection) -> tuple[SiteCheck, bool]:
    """Look at CiviCRM; return also whether it was restored from an older backup.

    Whole runs stop there. What single people do at Mailchimp is carried out all the same, on the contacts that have
    their addresses.
    """
    try:
        return look_at_civicrm(systems, connection), False
    except SuspicionError as error:
        if error.code is Code.OWN_RESTORED:
            raise  # what was agreed is not known any more; a whole run has to part with it first
        checked = look_at_civicrm(systems, connection, accept_empty=True, accept_restored=True)
        return checked, error.code is Code.CV_RESTORED


def _check_links(tx: Transaction, connection: Connection) -> None:
    """What both sides agreed on belongs to the groups it was agreed with; a whole run has to part with it first."""
    linked = bases.newest_links(tx, connection.list_id)
    if linked is not None and linked != links_of(connection):
        raise BusyError(
            Code.BUSY, f"Audience {connection.list_id} is linked with other groups; a run has to come first."
        )


def read_members(run: Run, addresses: Sequence[str]) -> Found:
    """Ask Mailchimp for members by address, several at a time; one it refuses to tell of doesn't keep the others."""
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


def take_in(run: Run, found: Found, renamed: Mapping[str, str]) -> dict[str, int]:
    """Write down what Mailchimp says, and return the rows by address; they are due.

    `renamed` maps an old address to a new one; where Mailchimp knows only the new one, its row takes over.
    """
    present = {address: one for address, one in found.items() if isinstance(one, Member)}
    with run.transaction() as tx:
        before = _rows_of(tx, run, found)
        updates.withdraw_unsent(tx, run.list_id, list(before.values()))
        members.store_members(tx, run.list_id, None, [member_row(run, one) for one in _unique(present).values()])
        ids = _rows_of(tx, run, found)
        fresh = [ids[address] for address in present]
        members.follow_renamed_rows(tx, run.list_id, fresh)
        members.join_rows(tx, _joined(ids, found, renamed))
    absent = [address for address, one in found.items() if one is None]
    _forget(run, [ids[address] for address in absent if address in ids])
    with run.transaction() as tx:
        return _rows_of(tx, run, found)


def _unique(present: Mapping[str, Member]) -> dict[str, Member]:
    """Return members by id: two addresses may have led to one."""
    return {one.id: one for one in present.values()}


def _rows_of(tx: Transaction, run: Run, found: Found) -> dict[str, int]:
    """Return row ids by address; a very old member has another id than its address gives, and Mailchimp tells it."""
    identities = {
        address: f"m:{one.id if isinstance(one, Member) else member_id_of(address)}" for address, one in found.items()
    }
    ids = rows.owners_of_identities(tx, run.list_id, sorted(set(identities.values())))
    return {address: ids[identity] for address, identity in identities.items() if identity in ids}


def _joined(ids: Mapping[str, int], found: Found, renamed: Mapping[str, str]) -> dict[int, int]:
    """Return rows of addresses that are no more, with the rows of the addresses in their place."""
    return {
        ids[old]: ids[new]
        for old, new in renamed.items()
        if old in ids and new in ids and found[old] is None and isinstance(found[new], Member)
    }


def _forget(run: Run, row_ids: Sequence[int]) -> None:
    if row_ids:
        audience(run.mailchimp, run.list_id)  # an audience that is gone has no members either: that proves nothing
        with run.transaction() as tx:
            erased.forget_members(tx, row_ids)


def settle_contacts(run: MembersRun, row_ids: Sequence[int]) -> None:
    """Find out whose rows they are, and in which groups those contacts are."""
    if not run.knows_contacts:
        _part_with_strangers(run, row_ids)
    fix_contacts_of(run, row_ids)
    with run.transaction() as tx:
        owners = contacts.owners_of_rows(tx, row_ids)
    if not owners:
        return
    read_groups_of(run, owners)
    with run.transaction() as tx:
        contacts.delete_redundant_rows(tx, run.list_id, owners)
        groups.snapshot_groups(tx, run.list_id, cache.c.id.in_(row_ids))


def _part_with_strangers(run: Run, row_ids: Sequence[int]) -> None:
    """Let go of contacts that have neither the address of the member they own nor the one that was their best.

    Their number may be somebody else's now.
    """
    with run.transaction() as tx:
        owners = contacts.owners_of_rows(tx, row_ids)
    states = [state for page in contacts_by_id(run.civicrm, owners, run.odd_rows) for state in page] if owners else []
    shown = sorted(state.id for state in states)  # of a contact that is not shown, nothing says whose it is now
    pages = addresses_of(run.civicrm, shown, run.odd_rows) if shown else ()
    having = {(one.contact_id, normalise_address(one.email)) for page in pages for one in page}
    unread = note_odd_rows(run).contacts
    with run.transaction() as tx:
        owned = contacts.members_of_contacts(tx, run.list_id, sorted(set(shown) - unread))
        strange = {row.id for row in owned if not _is_known(row, having)}
        contacts.let_go(tx, sorted(strange & set(row_ids)))


def _is_known(row: Any, having: Collection[tuple[int, str]]) -> bool:
    known = [address for address in (row.mailchimp_email, row.civicrm_address) if address]
    return any((row.civicrm_contact_id, normalise_address(address)) in having for address in known)


def reconcile_rows(run: Run, row_ids: Sequence[int]) -> None:
    """Decide about rows and carry it out, as a whole run does.

    Rows with an update in flight wait for its result, unless they are to be taken off: opt-outs overtake it.
    """
    settle_overtaken(run)
    take_over(run)
    check_data_of(run, row_ids)
    with run.transaction() as tx:
        due = [row["id"] for row in rows.rows_to_decide(tx, row_ids) if row["sync_status"] == SyncStatus.TODO]
    settle_untold(run, due)
    tell_what_was_done(run, due)
    decide_rows(run, due)
    plan_opt_outs_in_flight_of(run, row_ids)
    create_contacts(run)
    change_groups(run)
    send_all(run)

"""`MailchimpsyncJournal.get` and `.verify`: what was changed, and whether the journal is intact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.entities.filters import in_utc
from mailchimpsync.actions.site import JOURNAL_PURPOSE, Site
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.store import Transaction
from mailchimpsync.store.journal import check, journal
from mailchimpsync.store.journal.check import ChainReport
from mailchimpsync.store.journal.journal import Entry, Filter
from mailchimpsync.store.queries import persons
from mailchimpsync.store.queries.persons import NamedPerson

ENTITY = "MailchimpsyncJournal"
LIMIT, LIMIT_MAX = 100, 2_000
COLUMNS = ("name", "address", *Entry._fields, "why")
"""The columns of an entry that are returned: the table's, the explanation of the reason, and who it is about now."""

GroupId = Annotated[
    int | None, Field(description="The subscription group of a connection. Default: every audience.", gt=0)
]
Since = Annotated[
    datetime | None, Field(description="Only changes made at this time or later; UTC unless it names a zone.")
]
Until = Annotated[datetime | None, Field(description="Only changes made before this time.")]


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """The result of checking the journals of all audiences, or of one."""

    chains: tuple[ChainReport, ...]

    @property
    def is_intact(self) -> bool:
        """Whether every entry is as it was written."""
        return not any(chain.wrong for chain in self.chains)

    def in_wire_form(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"is_intact": self.is_intact, "chains": plain(self.chains)}


@action(ENTITY, Scope.READ, name="get")
def journal_get(
    site: Site,
    *,
    group_id: GroupId = None,
    contact_id: Annotated[int | None, Field(description="Only changes of this contact.", gt=0, lt=2**63)] = None,
    run_id: Annotated[int | None, Field(description="Only changes by this run.", gt=0, lt=2**63)] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, Field(description="The most entries to return.", gt=0, le=LIMIT_MAX)] = LIMIT,
    offset: Annotated[int, Field(description="How many entries to skip first.", ge=0, lt=2**63)] = 0,
) -> list[dict[str, Any]]:
    """List all changes, oldest first: when, on which side, from what to what, why and by whom.

    Entries with the field `refused` are changes that were refused. In old entries, member ids, names and addresses are
    replaced by digests; `minimised_at` says since when. `name` and `address` are not part of an entry: they are those
    of the person now, if they are still known and the entry isn't minimised.

    Raises:
        UsageError: no such group.
    """
    wanted = _filter(site, group_id, since, until, contact_id, run_id)
    with site.store.reading() as tx:
        return _with_people(tx, journal.entries(tx, wanted, limit=limit, offset=offset))


@action(ENTITY, Scope.READ, name="verify", present=JournalCheck.in_wire_form)
def journal_verify(site: Site, *, group_id: GroupId = None) -> JournalCheck:
    """Check that no entry of the journal was altered, deleted or inserted since it was written.

    `chains` says for each audience how many `entries` were checked, and in `tamperings` what is wrong and where.
    Someone with write access to the database could also rewrite a whole chain. To detect this, keep `newest_hash`
    elsewhere, and compare it later with the `hash` of the entry with the number `newest`.

    Raises:
        UsageError: no such group.
    """
    wanted = _filter(site, group_id)
    with site.store.reading() as tx:
        known = check.audiences_with_journal(tx)
    audiences = [wanted.list_id] if wanted.list_id is not None else known
    keys = seal_keys(site)
    return JournalCheck(tuple(check.check_chain(site.store, list_id, keys) for list_id in audiences))


def seal_keys(site: Site) -> list[str]:
    """Return the keys that entries may be sealed with: the journal's keys, and the key for erased people."""
    erasure_key = site.erasure_key()
    return [*site.keyring.derive_all(JOURNAL_PURPOSE), *([erasure_key] if erasure_key else [])]


def export_journal(
    site: Site, *, group_id: int | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Mapping[str, Any]]:
    """Yield every entry in the form of `journal_get`, reading page by page.

    Raises:
        UsageError: no such group.
    """
    wanted = _filter(site, group_id, since, until)
    after = 0
    while some := _page(site, wanted, after):
        yield from map(plain, some)
        after = some[-1]["id"]


def _page(site: Site, wanted: Filter, after: int) -> list[dict[str, Any]]:
    with site.store.reading() as tx:
        return _with_people(tx, journal.entries(tx, wanted, after=after, limit=LIMIT_MAX))


def _filter(
    site: Site,
    group_id: int | None,
    since: datetime | None = None,
    until: datetime | None = None,
    contact_id: int | None = None,
    run_id: int | None = None,
) -> Filter:
    list_id = find_links(site, group_id)[0].audience_id if group_id is not None else None
    return Filter(list_id, since and in_utc(since), until and in_utc(until), run_id, contact_id)


def _with_people(tx: Transaction, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return entries as plain values, with who each is about; an entry that names nobody any more stays like that."""
    people = persons.people_of_rows(tx, {entry.cache_id for entry in entries if entry.minimised_at is None})
    return [_in_wire_form(entry, people.get(entry.cache_id)) for entry in entries]


def _in_wire_form(entry: Entry, person: NamedPerson | None) -> dict[str, Any]:
    about = person if entry.minimised_at is None else None
    return {
        **entry._asdict(),
        "name": about.name if about else "",
        "address": about.address if about else None,
        "why": explain_code(entry.reason).sentence,
    }

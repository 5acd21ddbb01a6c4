"""People who match a part of a name or of an address."""

from __future__ import annotations

from dataclasses import dataclass

from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import contacts_like
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store.queries import persons
from mailchimpsync.store.queries.persons import NamedPerson

TIME_LIMIT_SECONDS = 10
CANDIDATES_MAX = 25


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who matches; `person` is what to pass to `explain`."""

    person: str
    name: str
    address: str | None
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The people found, at most `CANDIDATES_MAX`; `problem` says why CiviCRM could not be searched."""

    found: tuple[Candidate, ...]
    is_truncated: bool
    problem: str | None = None


def candidates(site: Site, part: str) -> Candidates:
    """Return people whose name or address contains `part`, in CiviCRM and in the connected audiences.

    Raises:
        ConfigurationError: nothing is connected.
    """
    audiences = [link.audience_id for link in find_links(site)]
    found, problem = _in_civicrm(site, part)
    with site.store.reading() as tx:
        rows = persons.rows_like(tx, audiences, part, CANDIDATES_MAX + 1)
    for row in rows:
        one = _known(row)
        found.setdefault(str(one.contact_id or one.person), one)
    people = sorted(found.values(), key=lambda one: (one.name.casefold(), one.address or "", one.person))
    return Candidates(tuple(people[:CANDIDATES_MAX]), len(people) > CANDIDATES_MAX, problem)


def _in_civicrm(site: Site, part: str) -> tuple[dict[str, Candidate], str | None]:
    try:
        with within(site.civicrm(), TIME_LIMIT_SECONDS) as client:
            contacts = contacts_like(client, part, CANDIDATES_MAX + 1)
    except MailchimpsyncError as error:
        return {}, error.what
    return {
        str(one.contact_id): Candidate(str(one.contact_id), one.name, one.address, one.contact_id) for one in contacts
    }, None


def _known(row: NamedPerson) -> Candidate:
    return Candidate(str(row.civicrm_contact_id or row.address), row.name, row.address, row.civicrm_contact_id)

"""`MailchimpsyncFailure`: the people who can't be synced, and accepting some of them as they are.

See docs/decisions/accepted-failures.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import GroupId, RowId, number_in
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.addresses import member_id_of, normalise_address, spellings
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.messages import say
from mailchimpsync.model import SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import accepted
from mailchimpsync.store.queries import failures as stored
from mailchimpsync.store.queries import persons
from mailchimpsync.store.queries.failures import FailedPerson, Standing
from mailchimpsync.store.queries.persons import PersonRow
from mailchimpsync.store.runs.runs import NAME_LENGTH_MAX

ENTITY = "MailchimpsyncFailure"
LIMIT, LIMIT_MAX, ROWS_MAX = 100, 2_000, 1_000

Person = Annotated[
    str | None,
    Field(
        description="One person, by e-mail address or contact number.",
        min_length=1,
        max_length=255,
        coerce_numbers_to_str=True,
    ),
]
RowIds = Annotated[
    RowId | Annotated[list[RowId], Field(min_length=1, max_length=ROWS_MAX)] | None,
    Field(description="Some people, by the ids of their rows."),
]
Reason = Annotated[
    str | None,
    Field(
        description="The code of a reason. Alone, it means everyone in the connection with this reason, now and later. "
        "With a person or rows, those with another reason are left out.",
        min_length=1,
        max_length=32,
    ),
]


@dataclass(frozen=True, slots=True)
class FailedOne:
    """A person who can't be synced; times are UTC.

    Attributes:
        id: of the row.
        fine_because: why someone with this reason may stay as they are; empty: they need attention.
        standing: `needs attention`, `fine as it is` or `accepted`.
        accepted_for_all: whether everyone with this reason is accepted, and not only this person.
    """

    id: int
    list_id: str
    title: str
    name: str
    address: str | None
    contact_id: int | None
    reason: str | None
    why: str
    detail: str | None
    remedy: str
    who: str
    fine_because: str
    standing: str
    accepted_at: datetime | None
    accepted_by: str | None
    accepted_for_all: bool


@action(ENTITY, Scope.READ, name="get")
def getfailedpeople(
    site: Site,
    *,
    group_id: GroupId = None,
    standing: Annotated[
        Standing | None, Field(description="Only those who need attention, are fine as they are, or are accepted.")
    ] = None,
    reason: Annotated[str | None, Field(description="Only those with this reason's code.", max_length=32)] = None,
    limit: Annotated[int, Field(description="The most people to return.", gt=0, le=LIMIT_MAX)] = LIMIT,
    offset: Annotated[int, Field(description="How many people to skip first.", ge=0, lt=2**31)] = 0,
) -> list[FailedOne]:
    """List the people who can't be synced, with their reason and what to do, those who need attention first.

    Neither side is asked: this is what was found when they were last read.

    Raises:
        UsageError: no such group.
    """
    links = {link.audience_id: link for link in find_links(site, group_id)}
    with site.store.reading() as tx:
        found = stored.failed_people(tx, list(links), standing, reason, limit=limit, offset=offset)
    return [_described(links[row.mailchimp_list_id], row) for row in found]


def find_failed(site: Site, link: Link, row_id: int) -> FailedOne | None:
    """Return what is known of a row that can't be synced; None if it can be."""
    with site.store.reading() as tx:
        found = stored.failed_people(tx, [link.audience_id], row_id=row_id, limit=1)
    return _described(link, found[0]) if found else None


def _described(link: Link, row: FailedPerson) -> FailedOne:
    entry = explain_code(row.reason)
    return FailedOne(
        id=row.id,
        list_id=link.audience_id,
        title=link.title,
        name=row.name,
        address=row.address,
        contact_id=row.civicrm_contact_id,
        reason=row.reason,
        why=entry.sentence,
        detail=row.reason_detail,
        remedy=entry.remedy,
        who=entry.who.value,
        fine_because=entry.fine_because,
        standing=row.standing,
        accepted_at=row.accepted_at,
        accepted_by=row.accepted_by,
        accepted_for_all=bool(row.accepted_for_all),
    )


@action(ENTITY, Scope.RUN, name="accept", helpers=("by",))
def acceptfailures(
    site: Site,
    *,
    person: Person = None,
    id: RowIds = None,  # noqa: A002 (the API's name for it)
    reason: Reason = None,
    group_id: GroupId = None,
    by: str = "python",
) -> dict[str, int]:
    """Accept that people can't be synced: they are no longer counted as needing attention.

    Nothing is changed on either side, and the next run still tries to sync them. A person comes back as soon as the
    reason is another one, or once they were in sync. `affected` is how many people, or reasons, are now accepted.

    Raises:
        UsageError: no person, row or reason was given; or none of them can't be synced.
    """
    now, name = site.runtime.now(), by[:NAME_LENGTH_MAX]
    return _for_each(
        site,
        (person, id, reason, group_id),
        lambda tx, ids: accepted.accept_people(tx, ids, now, name),
        lambda tx, list_id, code: accepted.accept_reason(tx, list_id, code, now, name),
    )


@action(ENTITY, Scope.RUN, name="reopen")
def reopenfailures(
    site: Site,
    *,
    person: Person = None,
    id: RowIds = None,  # noqa: A002 (the API's name for it)
    reason: Reason = None,
    group_id: GroupId = None,
) -> dict[str, int]:
    """Take back that people were accepted: they count as needing attention again.

    With only a reason, everyone with it is counted again, also those who were accepted one by one. `affected` is how
    many acceptances were taken back.

    Raises:
        UsageError: no person, row or reason was given; or none of them can't be synced.
    """
    return _for_each(site, (person, id, reason, group_id), accepted.reopen_people, accepted.reopen_reason)


def _for_each(
    site: Site,
    given: tuple[str | None, int | list[int] | None, str | None, int | None],
    with_people: Callable[[Transaction, Collection[int]], int],
    with_reason: Callable[[Transaction, str, str], int],
) -> dict[str, int]:
    person, row_ids, reason, group_id = given
    links = find_links(site, group_id)
    with site.store.begin() as tx:
        if person is None and row_ids is None:
            if reason is None:
                raise UsageError("Give a person, the ids of rows, or the code of a reason.")
            return {"affected": sum(with_reason(tx, link.audience_id, reason) for link in links)}
        found = [row.id for row in _rows(tx, links, person, row_ids) if reason is None or row.reason == reason]
        if not found:
            raise UsageError(_nobody(reason), code=Code.UNKNOWN)
        return {"affected": with_people(tx, found)}


def _nobody(reason: str | None) -> str:
    if reason is None:
        return say("This person is not among those who can't be synced.")
    return say("This person is not among those who can't be synced because of %(code)s.", code=reason)


def _rows(
    tx: Transaction, links: Sequence[Link], person: str | None, row_ids: int | list[int] | None
) -> Iterator[PersonRow]:
    """Yield the rows of a person, or those with the given ids, which can't be synced."""
    audiences = [link.audience_id for link in links]
    if person is None:
        ids = [row_ids] if isinstance(row_ids, int) else row_ids or []
        found = persons.rows_of(tx, audiences, ids=ids)
    elif "@" in person:
        members = {member_id_of(one) for one in spellings([person])}
        found = persons.rows_of(tx, audiences, member_ids=members, address=normalise_address(person))
    elif (contact := number_in(person.strip())) is not None:
        found = persons.rows_of(tx, audiences, contact_ids=[contact])
    else:
        raise UsageError("Enter an e-mail address or a contact's number in CiviCRM.")
    return (row for row in found.values() if row.sync_status == SyncStatus.FAIL)

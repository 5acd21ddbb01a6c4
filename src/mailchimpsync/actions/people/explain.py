"""`MailchimpsyncJournal.explain`: why a person is, or isn't, on a list, and what happened to them.

See docs/decisions/journal.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.people.describe import PersonStatus, person_statuses
from mailchimpsync.actions.people.find import Person, find_person
from mailchimpsync.actions.people.journal import ENTITY
from mailchimpsync.actions.people.journal_sentences import EntrySentence, entry_sentence
from mailchimpsync.actions.plans.summary import change_from, in_words
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.names import Names, kept_names, with_names
from mailchimpsync.config import Link
from mailchimpsync.messages import moment, say
from mailchimpsync.store import Transaction
from mailchimpsync.store.journal import journal as store_journal
from mailchimpsync.store.queries import persons

LIMIT, LIMIT_MAX = 50, 1_000


@dataclass(frozen=True, slots=True)
class WaitingPlan:
    """A plan that would change something for the person and waits for a decision, or to be carried out."""

    plan_id: int
    kind: str
    state: str
    title: str
    changes: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known about one person, in sentences.

    Attributes:
        asked: the text that was searched for.
        is_known: whether anything is known about the person.
        names: the names under which the person is known.
        contact_ids: the contacts in CiviCRM this is about.
        notes: what else the reader has to know.
        statuses: the person's status in each connection.
        plans: plans that concern the person and are not carried out yet.
        history: what happened, newest first.
        left_out: how many older entries of the history are not shown.
    """

    asked: str
    is_known: bool
    names: tuple[str, ...]
    contact_ids: tuple[int, ...]
    notes: tuple[str, ...]
    statuses: tuple[PersonStatus, ...]
    plans: tuple[WaitingPlan, ...]
    history: tuple[EntrySentence, ...]
    left_out: int


@action(ENTITY, Scope.READ)
def explain(
    site: Site,
    *,
    person: Annotated[
        str,
        Field(
            description="An e-mail address, a contact's number in CiviCRM, or a Mailchimp member id.",
            min_length=1,
            max_length=255,
            pattern=r"^[^\x00]*$",
            coerce_numbers_to_str=True,
        ),
    ],
    limit: Annotated[int, Field(description="The most history entries to return.", gt=0, le=LIMIT_MAX)] = LIMIT,
) -> Explanation:
    """Explain in sentences a person's status in every connection, the reasons for it, and what happened to them.

    A former address finds the person too. For an address that no sync has seen yet, CiviCRM is asked which contacts
    have it; `notes` says if CiviCRM can't be reached.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: this is not an address, a contact's number or a member id.
    """
    links = find_links(site)
    found = find_person(site, person, [link.audience_id for link in links])
    names = _names(site, found)
    with site.store.reading() as tx:
        entries, number = store_journal.entries_for_person(
            tx, rows=found.row_keys, contact_ids=found.contact_ids, member_keys=found.member_keys, limit=limit
        )
        statuses = tuple(one for link in links for one in person_statuses(tx, link, found, names))
        plans = tuple(plan for link in links for plan in _plans(tx, link, found, names))
    titles = {link.audience_id: link for link in links}
    return Explanation(
        asked=person,
        is_known=bool(found.rows or entries),
        names=tuple(dict.fromkeys(row.name for row in found.rows if row.name)),
        contact_ids=tuple(sorted(found.contact_ids)),
        notes=tuple(with_names(note, names) for note in _notes(found, is_known=bool(found.rows or entries))),
        statuses=statuses,
        plans=plans,
        history=tuple(entry_sentence(entry, titles.get(entry.list_id), names) for entry in entries),
        left_out=number - len(entries),
    )


def _names(site: Site, found: Person) -> Names:
    """Return the names of groups and interests, and those of the person's contacts."""
    named = [row for row in found.rows if row.name]
    former = {row.departed_contact_id: row.name for row in named if row.departed_contact_id}
    own = {row.civicrm_contact_id: row.name for row in named if row.civicrm_contact_id}
    return replace(kept_names(site), contacts=former | own)


def _notes(found: Person, *, is_known: bool) -> Sequence[str]:
    notes = [*found.notes]
    if not is_known and found.contact_ids:
        notes.append(
            say(
                "CiviCRM has this contact, but no sync has seen it in a connected group "
                "or at Mailchimp. To subscribe the person, add the contact to the group; "
                "the next sync does the rest."
            )
        )
    elif not is_known:
        notes.append(
            say(
                "No such person is known here: the last sync saw them in no connected "
                "audience or group, and no sync has ever changed anything for them. Check "
                "for typing mistakes, or look up their other addresses in CiviCRM."
            )
        )
    return notes


def _plans(tx: Transaction, link: Link, found: Person, names: Names) -> list[WaitingPlan]:
    identities = [row.identity for row in found.rows if row.mailchimp_list_id == link.audience_id]
    waiting = persons.waiting_changes(tx, link.audience_id, identities) if identities else ()
    return [_waiting(link, dict(one), names) for one in waiting]


def _waiting(link: Link, one: dict[str, Any], names: Names) -> WaitingPlan:
    changes = in_words(change_from(one), names)
    status = say("is approved and will be carried out")
    if one["state"] == "open":
        held, asked_for = say("is held for review"), say("waits for approval")
        status = held if one["kind"] == "held" else asked_for
    what = "; ".join(changes) or say("no change on either side")
    sentence = say(
        "Plan %(id)s of %(time)s %(status)s. For this person: %(what)s. Changes that no "
        "longer apply by then are left out.",
        id=one["plan_id"],
        time=moment(one["made_at"]),
        status=status,
        what=what,
    )
    return WaitingPlan(one["plan_id"], one["kind"], one["state"], link.title, changes, sentence)

"""The changes of a plan, person by person: a page of them, or a few of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions import Plan, PlannedChange, getplannedchanges
from mailchimpsync.config import Link
from mailchimpsync.model import ChangeKind
from mailchimpsync.store.changes.kept_plans import ChangeFilter
from mailchimpsync.web.screens.person_links import PersonLinks, people_links
from mailchimpsync.web.screens.screen import Visit

SAMPLE_SIZE = 3

ShownChanges = Sequence[tuple[PlannedChange, PersonLinks]]
ShownPerson = tuple[int | None, str | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """A few of the people to whom a plan does the same."""

    kind: ChangeKind
    people: int
    changes: ShownChanges


def samples_of(visit: Visit, plan: Plan, link: Link | None) -> list[Sample]:
    """Return a few people of each kind of change, each person once."""
    found: list[Sample] = []
    shown: set[ShownPerson] = set()
    for kind in ChangeKind:
        if people := plan.counts.get(kind, 0):
            limit = SAMPLE_SIZE + len(shown)
            some = changes_with_people(visit, plan, link, ChangeFilter(kind), limit=limit)
            others = [(change, who) for change, who in some if _does(change, kind) and _person(change) not in shown]
            found.append(Sample(kind, people, others[:SAMPLE_SIZE]))
            shown |= {_person(change) for change, _ in others[:SAMPLE_SIZE]}
    return found


def _does(change: PlannedChange, kind: ChangeKind) -> bool:
    """Return whether a change is of a kind; in a plan from an older version, a filter by kind finds others, too."""
    return kind in {effect.kind for effect in change.effects}


def _person(change: PlannedChange) -> ShownPerson:
    return change.contact_id, change.address


def changes_with_people(
    visit: Visit, plan: Plan, link: Link | None, wanted: ChangeFilter, *, limit: int, offset: int = 0
) -> ShownChanges:
    """Return changes that are wanted, each with its person."""
    kind = ChangeKind(wanted.kind) if wanted.kind else None
    only: dict[str, Any] = {"by_date": wanted.by_date, "search": wanted.search}
    changes = getplannedchanges(visit.site, id=plan.id, kind=kind, limit=limit, offset=offset, **only)
    people = people_links(visit.site, link, [(one.contact_id, one.member_id) for one in changes])
    return list(zip(changes, people, strict=True))

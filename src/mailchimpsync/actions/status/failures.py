"""People who can't be synced and why, for those who can fix it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Link
from mailchimpsync.errors import Entry
from mailchimpsync.store.queries import failures as stored
from mailchimpsync.store.queries.failures import FailedPerson

PEOPLE_SHOWN = 3


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """A reason: how many rows fail for it, its explanation, and the first few rows."""

    code: str | None
    number: int
    entry: Entry
    first: Sequence[FailedPerson]


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of one connection, the most frequent reason first."""

    link: Link
    groups: Sequence[FailureGroup]

    @property
    def number(self) -> int:
        """How many people can't be synced."""
        return sum(group.number for group in self.groups)


def getfailuregroups(site: Site) -> list[Failures]:
    """Return the people who can't be synced, for every connection; neither side is asked."""
    with site.store.reading() as tx:
        found = [
            (link, stored.failures_by_reason(tx, link.audience_id, PEOPLE_SHOWN))
            for link in site.configuration.connections
        ]
    return [
        Failures(link, [FailureGroup(one.reason, one.number, explain_code(one.reason), one.first) for one in groups])
        for link, groups in found
    ]

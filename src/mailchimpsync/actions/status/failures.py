"""People who can't be synced and why, for those who can fix it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Link
from mailchimpsync.errors import Entry
from mailchimpsync.store.queries import failures as stored
from mailchimpsync.store.queries.failures import FailedFor, FailedPerson, Standing

PEOPLE_SHOWN = 3


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """A reason with one standing: how many rows fail for it, its explanation, and the first few rows."""

    code: str | None
    standing: Standing
    number: int
    entry: Entry
    first: Sequence[FailedPerson]


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of one connection: those that need attention first, then the most frequent reason."""

    link: Link
    groups: Sequence[FailureGroup]

    def number_with(self, standing: Standing) -> int:
        """Return how many people can't be synced and have a standing."""
        return sum(group.number for group in self.groups if group.standing is standing)


def getfailuregroups(site: Site) -> list[Failures]:
    """Return the people who can't be synced, for every connection; neither side is asked."""
    with site.store.reading() as tx:
        found = [
            (link, stored.failures_by_reason(tx, link.audience_id, PEOPLE_SHOWN))
            for link in site.configuration.connections
        ]
    return [Failures(link, [_group(one) for one in groups]) for link, groups in found]


def _group(one: FailedFor) -> FailureGroup:
    return FailureGroup(one.reason, one.standing, one.number, explain_code(one.reason), one.first)

"""What a plan does to people, counted by kind, and whether that needs a review. Pure.

See docs/decisions/guard.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.model import (
    SUBSCRIBED_STATUSES,
    ChangeKind,
    GroupStatus,
    Limit,
    Limits,
    MemberStatus,
)

Subject = tuple[ChangeKind, int | None]
"""A kind of change; for group changes in CiviCRM also the group."""

_REMOVAL_STATUSES = frozenset({MemberStatus.UNSUBSCRIBED, MemberStatus.ARCHIVED})


@dataclass(frozen=True, slots=True)
class Excess:
    """A kind of change that goes over its limit."""

    kind: ChangeKind
    group_id: int | None
    count: int
    population: int
    limit: Limit

    @property
    def sentence(self) -> str:
        """Describe it in a sentence."""
        of_all = {"count": f"{self.count:,}", "population": f"{self.population:,}"}
        who = SHARE_OF % of_all if self._is_share else of_all["count"]
        text = FROM_GROUP if self.kind is ChangeKind.REMOVE and self.group_id is not None else SENTENCES[self.kind]
        return text % {"who": who, "group": self.group_id, "limit": self._limit_in_words()}

    @property
    def _is_share(self) -> bool:
        """Return whether a percentage makes sense: only for changes to people who are there already."""
        return self.population > 0 and self.kind not in (ChangeKind.ADD, ChangeKind.CREATE)

    def _limit_in_words(self) -> str:
        if self.limit.number is not None and self.count > self.limit.number:
            return LIMIT % {"limit": f"{self.limit.number:,}"}
        text = LIMIT_OF_SHARE if self._is_share else LIMIT_OF_SHARE_OF
        limit = 100 * (self.limit.share or 0)
        share = _percent_above(100 * self.count / self.population, limit)
        return text % {"share": share, "population": f"{self.population:,}", "limit": f"{limit:g}%"}


_DECIMALS_MAX = 4


def _percent_above(percent: float, limit: float) -> str:
    """Return a percentage with just enough decimals to show that it is above the limit: 10.4% isn't 10%."""
    shown = [f"{percent:.{decimals}f}" for decimals in range(_DECIMALS_MAX + 1)]
    return next((text for text in shown if float(text) > limit), shown[-1]) + "%"


SHARE_OF = "%(count)s of %(population)s"
LIMIT = "the limit is %(limit)s"
LIMIT_OF_SHARE = "%(share)s; the limit is %(limit)s"
LIMIT_OF_SHARE_OF = "%(share)s of %(population)s; the limit is %(limit)s"
FROM_GROUP = "%(who)s people would be removed from group %(group)s in CiviCRM (%(limit)s)"
SENTENCES: Mapping[ChangeKind, str] = {
    ChangeKind.UNSUBSCRIBE: "%(who)s people would be unsubscribed or archived at Mailchimp (%(limit)s)",
    ChangeKind.REMOVE: "%(who)s people would be removed from groups in CiviCRM (%(limit)s)",
    ChangeKind.ADD: "%(who)s people would be subscribed at Mailchimp (%(limit)s)",
    ChangeKind.JOIN: "%(who)s people would be added to groups in CiviCRM (%(limit)s)",
    ChangeKind.CREATE: "%(who)s contacts would be created in CiviCRM (%(limit)s)",
    ChangeKind.INTERESTS: "%(who)s people's interests would change at Mailchimp (%(limit)s)",
    ChangeKind.CORRECT: "%(who)s contacts would be corrected in CiviCRM (%(limit)s)",
    ChangeKind.DATA: "%(who)s people's data would change at Mailchimp (%(limit)s)",
}


def kinds_of(change: Mapping[str, Any]) -> Iterator[Subject]:
    """Yield the kinds of a planned change; `mailchimp_status` is the member's status before it."""
    if change["create_contact"]:
        yield ChangeKind.CREATE, None
    for group, status in change["group_changes"]:
        yield (ChangeKind.JOIN if status == GroupStatus.ADDED else ChangeKind.REMOVE), group
    update = change["member_update"] or {}
    wanted = update.get("status") or update.get("status_if_new")
    was_subscribed = change["mailchimp_status"] in SUBSCRIBED_STATUSES
    if wanted in _REMOVAL_STATUSES:
        yield ChangeKind.UNSUBSCRIBE, None
    elif wanted in SUBSCRIBED_STATUSES and not was_subscribed:
        yield ChangeKind.ADD, None
    elif update.get("interests"):
        yield ChangeKind.INTERESTS, None
    if change.get("agreed", {}).get("corrections"):
        yield ChangeKind.CORRECT, None
    if "data" in change.get("agreed", {}):
        yield ChangeKind.DATA, None


def excesses(counts: Counter[Subject], populations: Mapping[Subject, int], limits: Limits) -> Sequence[Excess]:
    """Return what goes over the limits: numbers count over all groups, shares within each group."""
    found = []
    for kind, limit in limits.by_kind.items():
        subjects = {subject: number for subject, number in counts.items() if subject[0] is kind}
        total = sum(subjects.values())
        if limit.number is not None and total > limit.number:
            found.append(Excess(kind, None, total, 0, limit))
            continue
        found += [
            Excess(kind, group, number, population, limit)
            for (_, group), number in subjects.items()
            if _is_too_large_a_share(number, population := populations.get((kind, group), 0), limit, limits.minimum)
        ]
    return found


def _is_too_large_a_share(number: int, population: int, limit: Limit, minimum: int) -> bool:
    return limit.share is not None and population >= max(minimum, 1) and number > population * limit.share

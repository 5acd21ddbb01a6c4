"""What a plan does to people, counted by kind, and whether that needs a review. Pure.

See docs/decisions/guard.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.messages import Message, say
from mailchimpsync.model import (
    SUBSCRIBED_STATUSES,
    ChangeKind,
    GroupStatus,
    Limit,
    Limits,
)

Subject = tuple[ChangeKind, int | None]
"""A kind of change; for group changes in CiviCRM also the group."""


@dataclass(frozen=True, slots=True)
class Excess:
    """A kind of change that goes over its limit."""

    kind: ChangeKind
    group_id: int | None
    count: int
    population: int
    limit: Limit

    @property
    def sentence(self) -> Message:
        """Describe it in a sentence."""
        who, limit = self._who(), self._limit_in_words()
        if self.kind is ChangeKind.REMOVE and self.group_id is not None:
            return say(
                "%(who)s people would be removed from group %(group)s in CiviCRM (%(limit)s)",
                who=who,
                group=self.group_id,
                limit=limit,
            )
        return say(_SENTENCES[self.kind], who=who, limit=limit)

    def _who(self) -> str:
        count = f"{self.count:,}"
        return (
            say("%(count)s of %(population)s", count=count, population=f"{self.population:,}")
            if self._is_share
            else count
        )

    @property
    def _is_share(self) -> bool:
        """Return whether a percentage makes sense: only for changes to people who are there already."""
        return self.population > 0 and self.kind not in (ChangeKind.ADD, ChangeKind.CREATE)

    def _limit_in_words(self) -> Message:
        if self.limit.number is not None and self.count > self.limit.number:
            return say("the limit is %(limit)s", limit=f"{self.limit.number:,}")
        limit = 100 * (self.limit.share or 0)
        share = _percent_above(100 * self.count / self.population, limit)
        if self._is_share:
            return say("%(share)s; the limit is %(limit)s", share=share, limit=f"{limit:g}%")
        return say(
            "%(share)s of %(population)s; the limit is %(limit)s",
            share=share,
            population=f"{self.population:,}",
            limit=f"{limit:g}%",
        )


_DECIMALS_MAX = 4


def _percent_above(percent: float, limit: float) -> str:
    """Return a percentage with just enough decimals to show that it is above the limit: 10.4% isn't 10%."""
    shown = [f"{percent:.{decimals}f}" for decimals in range(_DECIMALS_MAX + 1)]
    return next((text for text in shown if float(text) > limit), shown[-1]) + "%"


_SENTENCES: Mapping[ChangeKind, Message] = {
    ChangeKind.UNSUBSCRIBE: say("%(who)s people would be unsubscribed or archived at Mailchimp (%(limit)s)"),
    ChangeKind.REMOVE: say("%(who)s people would be removed from groups in CiviCRM (%(limit)s)"),
    ChangeKind.ADD: say("%(who)s people would be subscribed at Mailchimp (%(limit)s)"),
    ChangeKind.JOIN: say("%(who)s people would be added to groups in CiviCRM (%(limit)s)"),
    ChangeKind.CREATE: say("%(who)s contacts would be created in CiviCRM (%(limit)s)"),
    ChangeKind.INTERESTS: say("%(who)s people's interests would change at Mailchimp (%(limit)s)"),
    ChangeKind.CORRECT: say("%(who)s contacts would be corrected in CiviCRM (%(limit)s)"),
    ChangeKind.DATA: say("%(who)s people's data would change at Mailchimp (%(limit)s)"),
}


def kinds_of(change: Mapping[str, Any]) -> Iterator[Subject]:
    """Yield the kinds of a planned change; `before` has the member's status before it."""
    if change["create_contact"]:
        yield ChangeKind.CREATE, None
    for group, status in change["group_changes"]:
        yield (ChangeKind.JOIN if status == GroupStatus.ADDED else ChangeKind.REMOVE), group
    update = MemberUpdate.from_body(change["member_update"])
    was_subscribed = change["before"]["status"] in SUBSCRIBED_STATUSES
    if update.removes_member:
        yield ChangeKind.UNSUBSCRIBE, None
    elif update.subscribes and not was_subscribed:
        yield ChangeKind.ADD, None
    elif update.interests:
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

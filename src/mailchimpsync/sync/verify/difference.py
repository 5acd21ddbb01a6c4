"""What a comparison finds: differences, their kinds, and their causes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mailchimpsync.errors import Code


class Kind(StrEnum):
    """In what both sides differ."""

    NOT_IN_GROUP = "subscribed, not in the group"
    NOT_SUBSCRIBED = "in the group, not subscribed"
    TICKED = "interest ticked, not in its group"
    NOT_TICKED = "in an interest's group, not ticked"
    OTHER_ADDRESS = "subscribed with an address that CiviCRM does not show"
    NOT_COMPARED = "linked interest that Mailchimp does not have, not compared"  # about nobody in particular


class Cause(StrEnum):
    """The cause of a difference. All but `UNKNOWN` explain it."""

    CANNOT = "can't be synced"  # its code says why
    AS_CHOSEN = "as the connection's departure table says"  # its code says how
    REFUSED = "refused so far, and tried again"  # its code says why
    DUE = "due: the next run decides"
    HELD = "held by the guard"
    IN_FLIGHT = "an update is on its way"
    CHANGED = "changed since the last run"
    FORMER = "the contact, or one merged into it, had the address before"  # by our own records
    UNKNOWN = "unknown"


_LASTING_CAUSES = (Cause.CANNOT.value, Cause.AS_CHOSEN.value, Cause.FORMER.value)
"""The causes that no later sync removes."""


class Verdict(StrEnum):
    """The conclusion of a full comparison."""

    AGREE = "agree"
    EXPLAINED = "explained"  # they differ, and every difference has a known reason
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the person, what differs, and why.

    Attributes:
        name: the person's, "" if it isn't known.
        status: of the member at Mailchimp; None: there is none.
        changed_at: when Mailchimp last changed the member.
        interest, group_id: if it is about an interest.
        code: the reason, if `cause` is `CANNOT` or `AS_CHOSEN`.
    """

    kind: Kind
    contact_id: int | None = None
    member_id: str | None = None
    address: str | None = None
    status: str | None = None
    changed_at: datetime | None = None
    interest: str | None = None
    group_id: int | None = None
    cause: Cause = Cause.UNKNOWN
    code: str | None = None
    name: str = ""

    @property
    def is_explained(self) -> bool:
        """Return whether its cause is known."""
        return self.cause is not Cause.UNKNOWN

    @staticmethod
    def columns() -> tuple[str, ...]:
        """Return the names of the stored and displayed fields of a difference."""
        return (
            *("kind", "name", "address", "contact_id", "member_id"),
            *("status", "interest", "group_id", "cause", "code"),
        )

    def plain(self) -> dict[str, Any]:
        """Return the stored and displayed fields by name."""
        return {name: getattr(self, name) for name in self.columns()}


def not_compared(gone: Sequence[str]) -> dict[str, Any]:
    """Return the entry of `counts` for linked interests that Mailchimp does not have."""
    about = {"kind": Kind.NOT_COMPARED.value, "cause": Cause.CANNOT.value, "code": Code.MC_MAPPING_GONE.value}
    return {**about, "count": len(gone), "people": 0, "interests": list(gone)}


def people_of(counted: Mapping[str, Any]) -> int:
    """Return how many people an entry of `counts` is about; older versions stored differences only."""
    return int(counted.get("people", counted["count"]))


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """What a full comparison found; times are UTC.

    Attributes:
        members: all members at Mailchimp; `subscribed`: those subscribed or pending.
        in_group: contacts in the subscription group.
        counts: differences by kind, cause and code, each with its `count`, and with how many `people` it adds to those
            affected by the same cause: a person counts once, however many interests differ.
        differences: the first ones, unexplained before others.
        made_by: who requested it.
    """

    id: int
    list_id: str
    started_at: datetime
    finished_at: datetime
    members: int
    subscribed: int
    in_group: int
    explained: int
    unexplained: int
    counts: Sequence[dict[str, Any]]
    differences: Sequence[dict[str, Any]]
    made_by: str = ""

    @property
    def verdict(self) -> Verdict:
        """The conclusion."""
        if self.unexplained:
            return Verdict.UNEXPLAINED
        return Verdict.EXPLAINED if self.explained else Verdict.AGREE

    @property
    def in_sync(self) -> bool:
        """Return whether nothing differs."""
        return self.verdict is Verdict.AGREE

    @property
    def gone_interests(self) -> tuple[str, ...]:
        """The linked interests that Mailchimp does not have: nobody was compared by them."""
        return tuple(one for counted in self.counts for one in counted.get("interests", ()))

    @property
    def due(self) -> int:
        """How many people differ for a reason that a later sync should remove: they are still due."""
        return sum(people_of(one) for one in self.counts if one["cause"] not in (*_LASTING_CAUSES, Cause.UNKNOWN.value))

    @property
    def by_cause(self) -> dict[str, int]:
        """The known causes, each with how many people it affects, the most frequent first."""
        found = Counter[str]()
        for one in self.counts:
            if one["cause"] != Cause.UNKNOWN.value:
                found[one["cause"]] += people_of(one)
        return {cause: people for cause, people in found.most_common() if people}

"""Ann, as each test says she is at Mailchimp and in CiviCRM. Days are days of November 2026."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mailchimpsync.decide import Contact, Decision, Gone, Member, Nobody, Others, Refusal, Situation, decide
from mailchimpsync.decide.situation import Owner
from mailchimpsync.errors import Code
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import Base, Connection, GroupState, GroupStatus, Resubscribe, Trust

LINKS = {"news": 11, "events": 12}


def day(number: int) -> datetime:
    return datetime(2026, 11, number, 12, 0, tzinfo=UTC)


def in_group(status: str | None, number: int | None = None) -> GroupState:
    return GroupState(GroupStatus(status) if status else None, day(number) if number else None)


def sent(decision: Decision) -> MemberUpdate:
    """What Mailchimp is sent; without an update, nothing."""
    return decision.update or MemberUpdate(None)


class Ann:
    """What is known of Ann, in words; and what is decided about her."""

    def __init__(self) -> None:
        self.address = "ann@example.org"
        self.status: str | None = None
        self.changed: datetime | None = None
        self.interests: dict[str, bool] = {}
        self.owner: Owner | None = None
        self.contact: dict[str, Any] = {}
        self.others: dict[str, Any] = {}
        self.base = Base()
        self.refusal: Refusal | None = None
        self.resubscribe = Resubscribe.ASK
        self.links: dict[str, int] = {}
        self.trust: dict[str, Any] = {}

    def at_mailchimp(self, status: str | None, on_day: int | None = None) -> Ann:
        self.status, self.changed = status, day(on_day) if on_day else None
        return self

    def in_civicrm(self, status: str | None, on_day: int | None = None) -> Ann:
        return self.contact_has(group=in_group(status, on_day))

    def contact_has(self, **facts: Any) -> Ann:
        self.contact |= facts
        return self

    def other_rows_are(self, **facts: Any) -> Ann:
        self.others |= facts
        return self

    def unknown_to_civicrm(self) -> Ann:
        self.owner = Nobody()
        return self

    def deleted_in_civicrm(self) -> Ann:
        self.owner = Gone()
        return self

    def with_address(self, address: str) -> Ann:
        self.address = address
        return self

    def agreed(self, subscribed: bool, **interests: bool) -> Ann:
        self.base = Base(subscribed=subscribed, interests=interests or None)
        return self

    def with_interests(self, **values: bool) -> Ann:
        self.links, self.interests = LINKS, values
        return self

    def in_interest_groups(self, **states: GroupState) -> Ann:
        return self.contact_has(interest_groups=states)

    def never_resubscribed(self) -> Ann:
        self.resubscribe = Resubscribe.NEVER
        return self

    def trusting(self, trust: Trust, **interests: Trust) -> Ann:
        self.trust = {"trust": trust, "trust_interests": interests}
        return self

    def refused(self, code: Code, update: Mapping[str, Any]) -> Ann:
        self.refusal = Refusal(code, MemberUpdate.from_body(update))
        return self

    @property
    def situation(self) -> Situation:
        return Situation(
            self._member,
            self.owner or Contact(**{"address": self.address, **self.contact}, others=Others(**self.others)),
            self.base,
            self.refusal,
        )

    @property
    def _member(self) -> Member | None:
        if self.status is None:
            return None
        return Member(
            self.status, self.changed, changed_at=self.changed, address=self.address, interests=self.interests
        )

    @property
    def decision(self) -> Decision:
        return decide(self.situation, Connection("list", 1, self.links, self.resubscribe, **self.trust))

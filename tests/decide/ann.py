"""Ann, as each test says she is at Mailchimp and in CiviCRM. Days are days of November 2026."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mailchimpsync.decide import Decision, Refusal, Situation, decide
from mailchimpsync.errors import Code
from mailchimpsync.model import Base, Connection, GroupState, GroupStatus, Resubscribe, Trust

LINKS = {"news": 11, "events": 12}


def day(number: int) -> datetime:
    return datetime(2026, 11, number, 12, 0, tzinfo=UTC)


def in_group(status: str | None, number: int | None = None) -> GroupState:
    return GroupState(GroupStatus(status) if status else None, day(number) if number else None)


class Ann:
    """What is known of Ann, in words; and what is decided about her."""

    def __init__(self, **known: Any) -> None:
        self.known: dict[str, Any] = {"address": "ann@example.org", **known}
        self.resubscribe = Resubscribe.ASK
        self.links: dict[str, int] = {}
        self.trust: dict[str, Any] = {}

    def at_mailchimp(self, status: str | None, on_day: int | None = None) -> Ann:
        date = day(on_day) if on_day else None
        self.known |= {"mailchimp_status": status, "mailchimp_status_date": date, "mailchimp_date": date}
        return self

    def in_civicrm(self, status: str | None, on_day: int | None = None) -> Ann:
        self.known["group"] = in_group(status, on_day)
        return self

    def agreed(self, subscribed: bool, **interests: bool) -> Ann:
        self.known["base"] = Base(subscribed=subscribed, interests=interests or None)
        return self

    def with_interests(self, **values: bool) -> Ann:
        self.links = LINKS
        self.known["interests"] = values
        return self

    def in_interest_groups(self, **states: GroupState) -> Ann:
        self.known["interest_groups"] = states
        return self

    def knowing(self, **known: Any) -> Ann:
        self.known |= known
        return self

    def never_resubscribed(self) -> Ann:
        self.resubscribe = Resubscribe.NEVER
        return self

    def trusting(self, trust: Trust, **interests: Trust) -> Ann:
        self.trust = {"trust": trust, "trust_interests": interests}
        return self

    def refused(self, code: Code, update: Mapping[str, Any]) -> Ann:
        self.known["refusal"] = Refusal(code, update)
        return self

    @property
    def situation(self) -> Situation:
        return Situation(**self.known)

    @property
    def decision(self) -> Decision:
        return decide(self.situation, Connection("list", 1, self.links, self.resubscribe, **self.trust))

"""The first sentences about a person contradict neither each other nor what both sides say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from mailchimpsync.actions.people.headline import Event, PersonState, opening_sentences
from mailchimpsync.actions.people.journal_sentences import entry_sentence
from mailchimpsync.errors import Code
from mailchimpsync.model import GroupState, GroupStatus, MemberStatus, SyncStatus
from mailchimpsync.store.journal.journal import Entry

THEN = datetime(2026, 11, 20, 9, tzinfo=UTC)
ON_LIST = (
    "Subscribed on both sides",
    "so subscribed",
    "so added",
    "stays subscribed",
    "subscribed again",
    "Still subscribed",
    "Subscribed at Mailchimp",
    "added as subscribed",
)
OFF_LIST = (
    "so removed",
    "so unsubscribed",
    "taken off",
    "neither side",
    "No longer subscribed",
    "left at Mailchimp",
    "left the audience",
    "Unsubscribed at",
    "Archived at",
    "No member of",
    "was removed",
    "without an e-mail address",
    "has cleaned",
    "must use a sign-up form",
)
IN_GROUP = ("In the group, but", "so added to the group", "contact 7 was added to the group 5")
NOT_IN_GROUP = ("so removed from the group", "Left the group", "contact 7 was removed from the group 5")

EVENTS = {
    "nothing": None,
    "added": ("status", "subscribed", Code.CIVICRM_ADDED),
    "asked": ("status", "pending", Code.CIVICRM_ADDED),
    "taken off": ("status", "unsubscribed", Code.CIVICRM_REMOVED),
    "joined the group": ("group 5", "Added", Code.MAILCHIMP_SUBSCRIBED),
    "left the group": ("group 5", "Removed", Code.MAILCHIMP_LEFT),
    "refused": ("refused", "group 5 Added", Code.CV_CHANGE_REFUSED),
}
STATUSES = (*MemberStatus, "of the future", None)
SYNC_STATUSES = (*SyncStatus, None)
REASONS = (*Code, "OF_THE_FUTURE", None)


def event(name: str) -> Event | None:
    found = EVENTS[name]
    if found is None:
        return None
    field, new, reason = found
    old = "subscribed" if new == "unsubscribed" else None
    about: dict[str, Any] = {"list_id": "a1", "contact_id": 7, "run_id": 3, "time": THEN, "reason": reason.value}
    about |= {"side": "CiviCRM", "field": field, "old": old, "new": new}
    entry = Entry(**{**dict.fromkeys(Entry._fields), **about})
    return Event(entry_sentence(entry, None), entry.effect, reason.value)


def situations(event_name: str) -> Iterator[PersonState]:
    happened = event(event_name)
    groups = (GroupStatus.ADDED, GroupStatus.REMOVED)
    for status, sync_status, reason, group in product(STATUSES, SYNC_STATUSES, REASONS, groups):
        yield PersonState(status, THEN, GroupState(group), True, sync_status, reason, None, happened)


def said_wrongly(known: PersonState, sentence: str) -> list[str]:
    """Return what a headline says that is not so."""
    is_on = known.mailchimp_status == MemberStatus.SUBSCRIBED
    is_asked = known.mailchimp_status == MemberStatus.PENDING
    wrong = list(OFF_LIST if is_on else () if is_asked else ON_LIST)
    wrong += NOT_IN_GROUP if known.group.is_added else IN_GROUP
    begins = "On the list: " if is_on else "Not on the list yet: " if is_asked else "Not on the list: "
    return [words for words in wrong if words in sentence] + ([] if sentence.startswith(begins) else [begins])


@pytest.mark.parametrize("happened", EVENTS)
def test_no_status_sync_status_and_reason_make_sentences_that_contradict_what_both_sides_say(happened: str) -> None:
    wrong = set()
    for known in situations(happened):
        headline, work, to_do = opening_sentences(known)
        if said_wrongly(known, headline):
            wrong.add((known.mailchimp_status, known.sync_status, known.reason, known.group.status, headline))
        assert ("can't be synced" in work or "couldn't make" in work) is (known.sync_status == SyncStatus.FAIL)
        assert to_do.startswith(("What to do", "What you can do"))

    assert wrong == set()


def test_an_event_is_told_with_its_date_and_by_whom() -> None:
    known = PersonState("unsubscribed", THEN, GroupState(), True, "ok", "NOT_SUBSCRIBED", None, event("taken off"))

    assert next(opening_sentences(known)) == (
        "Not on the list: Removed from the group in CiviCRM, so unsubscribed at Mailchimp. On "
        "2026-11-20 09:00 UTC, the member's status was changed from subscribed to unsubscribed, by sync 3."
    )

"""What a person needs to understand the state of a row (docs/reference/php-extension.md#mailchimpsynccacheget)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.civicrm import display_names
from mailchimpsync.config import Link
from mailchimpsync.decide.winner import later
from mailchimpsync.errors import Code, MailchimpsyncError
from mailchimpsync.model import SUBSCRIBED_STATUSES, GroupState, SyncStatus
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.cache import edits, groups
from mailchimpsync.store.cache import rows as stored
from mailchimpsync.store.cache.edits import RecentUpdate

ROWS_PER_STEP = 1_000
UPDATES_SHOWN = 3
TIME_LIMIT_SECONDS = 10
UNKNOWN = "Unknown"

Row = dict[str, Any]
"""A row of the API, whose fields the caller has chosen; what is found is added to it."""


@dataclass(frozen=True)
class _Facts:
    """Further facts about some rows, by contact and by row."""

    names: Mapping[int, str]
    problem: str | None
    states: Mapping[int, Mapping[int, GroupState]]
    updates: Mapping[int, Sequence[RecentUpdate]]
    subscribed: Mapping[int, Sequence[tuple[int, str]]]


def troubleshoot_rows(site: Site, link: Link, rows: Sequence[Row], *, with_names: bool = True) -> None:
    """Add to rows, in place, what explains their state; names come from CiviCRM."""
    for start in range(0, len(rows), ROWS_PER_STEP):
        some = rows[start : start + ROWS_PER_STEP]
        facts = _facts(site, link, some, with_names=with_names)
        for row in some:
            row.update(_findings(row, link, facts))


def _facts(site: Site, link: Link, rows: Sequence[Row], *, with_names: bool) -> _Facts:
    contacts = sorted({row["civicrm_contact_id"] for row in rows if row["civicrm_contact_id"] is not None})
    with site.store.begin() as tx:
        states = groups.group_states(tx, link.audience_id, contacts)
        updates = edits.newest_updates(tx, [row["id"] for row in rows], UPDATES_SHOWN)
        siblings = stored.siblings(tx, link.audience_id, contacts)
    subscribed: dict[int, list[tuple[int, str]]] = {}
    for one in siblings:
        if one.mailchimp_status in SUBSCRIBED_STATUSES and one.mailchimp_email:
            subscribed.setdefault(one.civicrm_contact_id, []).append((one.id, one.mailchimp_email))
    names, problem = _names(site, contacts) if with_names else ({}, None)
    return _Facts(names, problem, states, updates, subscribed)


def _names(site: Site, contacts: Collection[int]) -> tuple[dict[int, str], str | None]:
    """Return the contacts' names, or why CiviCRM didn't return them."""
    if not contacts:
        return {}, None
    try:
        client = site.civicrm()
        client.deadline = Deadline.after(site.runtime, TIME_LIMIT_SECONDS)
        try:
            return display_names(client, contacts), None
        finally:
            client.deadline = None
    except MailchimpsyncError as error:
        return {}, f"{error.what}. {error.remedy}"


def _findings(row: Row, link: Link, facts: _Facts) -> Row:
    contact = row["civicrm_contact_id"]
    states = facts.states.get(contact, {})
    name = UNKNOWN if facts.problem is None and contact is not None else None
    return {
        "civicrm_display_name": facts.names.get(contact, name),
        "civicrm_problem": facts.problem,
        "civicrm_other_groups": {
            group: {"status": state.status, "date": state.date}
            for group, state in states.items()
            if group != link.group_id
        },
        "most_recent": _most_recent(row, states.get(link.group_id, GroupState())),
        "updates": [_shown(update) for update in facts.updates.get(row["id"], ())],
        "errors": _errors(row, facts),
    }


def _most_recent(row: Row, state: GroupState) -> str | None:
    """Return the side with the later date; changes made by a sync don't count."""
    date = row["mailchimp_status_date"] if row["mailchimp_status_by"] is None else None
    return None if state.date is None and date is None else later(state, date).value


def _shown(update: RecentUpdate) -> Row:
    refusal = update.error_response
    status = "pending" if not update.completed else "error" if refusal else "ok"
    shown = {name: value for name, value in update._asdict().items() if name not in ("cache_id", "error_response")}
    return {**shown, "status": status, "error": _in_words(refusal) if refusal else None}


def _in_words(stored: str) -> str:
    """Return a refusal in words, with Mailchimp's message and what to do."""
    try:
        refusal = from_json(stored)
    except ValueError:
        return stored
    if not isinstance(refusal, dict):
        return stored
    entry = explain_code(refusal.get("code"))
    detail = f" Mailchimp says: {refusal['detail']}" if refusal.get("detail") else ""
    return f"{entry.sentence}{detail} What to do: {entry.remedy}"


def _errors(row: Row, facts: _Facts) -> list[Row]:
    if row["sync_status"] != SyncStatus.FAIL:
        return []
    entry = explain_code(row["reason"])
    error: Row = {
        "code": row["reason"],
        "sentence": entry.sentence,
        "cause": entry.cause,
        "remedy": entry.remedy,
        "who": entry.who.value,
        "detail": row["reason_detail"],
    }
    if row["reason"] == Code.CV_OTHER_ADDRESS:
        others = facts.subscribed.get(row["civicrm_contact_id"], ())
        error["other_addresses"] = [address for key, address in others if key != row["id"]]
    return [error]

"""What became of a request whose answer was lost: its member shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailchimpsync.addresses import normalise_address
from mailchimpsync.mailchimp import Member, OperationResult
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.confirmation import matches_update
from mailchimpsync.sync.updates.reread import KnownUpdate, may_be_newer, read_member

_NAMES = {"FNAME": "first_name", "LNAME": "last_name"}
_SHOWN = {"email_address", "status", "status_if_new", "interests", "merge_fields"}
"""What of an update can be read from its member."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The result that a request must have had, if its member shows that; `untouched`: it has had no effect so far."""

    result: OperationResult | None = None
    untouched: bool = False


def read_back(work: Work, update: KnownUpdate) -> ReadBack:
    """Read an update's member, and compare it with the update and with what was known when that was decided.

    Raises:
        RemoteError: Mailchimp can't be reached.
    """
    found = read_member(work, update)
    if found is None:
        return ReadBack(untouched=update.mailchimp_member_id is None)
    if isinstance(found, Member) and _shows(update, found):
        return ReadBack(OperationResult(None, 200, _member_as_answer(found)))
    return ReadBack(untouched=not may_be_newer(found, update))


def _shows(update: KnownUpdate, found: Member) -> bool:
    """Return whether a member is in all as an update wanted it; data of plugins can't be seen."""
    wanted = update.data
    fields = wanted.get("merge_fields", {})
    if not wanted.keys() <= _SHOWN or not fields.keys() <= _NAMES.keys() or update.agreed.get("data") is not None:
        return False
    address = wanted.get("email_address")
    return (
        matches_update(wanted, found.status)
        and (address is None or normalise_address(address) == normalise_address(found.email_address))
        and all(found.interests.get(key) == value for key, value in wanted.get("interests", {}).items())
        and all(getattr(found, _NAMES[tag]) == value for tag, value in fields.items())
    )


def _member_as_answer(found: Member) -> dict[str, Any]:
    opted_in = found.opted_in_at.isoformat() if found.opted_in_at else None
    return {
        "id": found.id,
        "contact_id": found.contact_id,
        "email_address": found.email_address,
        "status": found.status,
        "last_changed": found.last_changed.isoformat(),
        "timestamp_opt": opted_in,
        "merge_fields": {"FNAME": found.first_name, "LNAME": found.last_name},
        "interests": found.interests,
    }

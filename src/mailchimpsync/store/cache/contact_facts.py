"""What a row holds of its contact, and what becomes of that when the row gets another one: one owner of these columns.

Whoever writes `civicrm_contact_id` writes what `owned_by` returns, so that no fact of the contact before stays.
Why: docs/decisions/contact-facts.md.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, case, func, or_

from mailchimpsync.store.engine.dialect import Columns

CONTACT_FACTS = (
    "departed_contact_id",
    "civicrm_groups",
    "marks",
    "inherited",
    "inherited_at",
    "civicrm_address",
    "new_address",
    "contact_problem",
    "handed_from",
    "names_before",
    "address_before",
    "hold_reason",
)
"""The columns that say something of the contact who owns a row, or owned it."""

PENDING_CORRECTIONS = ("names_before", "address_before", "hold_reason")
"""Those of them that say what changed at Mailchimp and is to be carried out in CiviCRM."""

_RENAMED = ("marks", "inherited", "inherited_at", "civicrm_address", "contact_problem", "handed_from")


def columns_for_owner(contact_id: int | None, **facts: Any) -> dict[str, Any]:
    """Return the columns of a row that belongs to a contact, or to nobody; whatever is not given is not known.

    Raises:
        ValueError: a fact is none of a contact.
    """
    if not facts.keys() <= set(CONTACT_FACTS):
        raise ValueError(f"no facts of a contact: {sorted(facts.keys() - set(CONTACT_FACTS))}")
    return {"civicrm_contact_id": contact_id, **dict.fromkeys(CONTACT_FACTS), **facts}


def columns_without_owner(row: RowMapping) -> dict[str, Any]:
    """Return what a row goes on holding of a contact that left it: merges into it count if it comes back."""
    return {name: row[name] for name in ("inherited", "inherited_at")}


def pending_corrections(row: RowMapping) -> dict[str, Any]:
    """Return what a row's contact is still to be told of its member, for the contact that it was merged into."""
    return {name: row[name] for name in PENDING_CORRECTIONS}


def merge_facts(old: Columns, new: Columns) -> list[Any]:
    """Return the columns of a member's new row, which takes the place of the old one: the same person's facts.

    Where the new row belongs to another contact already, the old one's facts are not its own.
    """
    same = or_(new.civicrm_contact_id.is_(None), new.civicrm_contact_id == old.civicrm_contact_id)
    facts = [case((same, old[name]), else_=new[name]).label(name) for name in _RENAMED]
    return [func.coalesce(new.civicrm_contact_id, old.civicrm_contact_id).label("civicrm_contact_id"), *facts]

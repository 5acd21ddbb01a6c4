"""The columns of a row about its contact, and their values when the row gets another one: their one owner.

Code that writes `civicrm_contact_id` writes what `columns_for_owner` returns, so that no fact of the earlier contact
stays. Why: docs/decisions/contact-facts.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import case, func, or_

from mailchimpsync.store.engine.dialect import Columns

CONTACT_FACTS = (
    "departed_contact_id",
    "civicrm_groups",
    "marks",
    "inherited",
    "inherited_at",
    "civicrm_address",
    "civicrm_name",
    "new_address",
    "contact_problem",
    "handed_from",
    "names_before",
    "address_before",
    "hold_reason",
)
"""The columns about the contact that owns a row, or owned it."""

PENDING_CORRECTIONS = ("names_before", "address_before", "hold_reason")
"""Those with changes made at Mailchimp, still to be carried out in CiviCRM."""


class MayInherit(Protocol):
    """A row with the flags of contacts that were merged into its own."""

    @property
    def inherited(self) -> str | None: ...
    @property
    def inherited_at(self) -> datetime | None: ...


class MayHaveCorrections(Protocol):
    """A row with the `PENDING_CORRECTIONS`."""

    @property
    def names_before(self) -> Mapping[str, str] | None: ...
    @property
    def address_before(self) -> str | None: ...
    @property
    def hold_reason(self) -> str | None: ...


_RENAMED = ("marks", "inherited", "inherited_at", "civicrm_address", "civicrm_name", "contact_problem", "handed_from")


def columns_for_owner(contact_id: int | None, **facts: Any) -> dict[str, Any]:
    """Return the columns of a row that belongs to a contact, or to none; facts that aren't given are unknown.

    Raises:
        ValueError: a fact isn't about contacts.
    """
    if not facts.keys() <= set(CONTACT_FACTS):
        raise ValueError(f"not facts of a contact: {sorted(facts.keys() - set(CONTACT_FACTS))}")
    return {"civicrm_contact_id": contact_id, **dict.fromkeys(CONTACT_FACTS), **facts}


def columns_without_owner(row: MayInherit) -> dict[str, Any]:
    """Return what a row keeps of a contact that left it: merges into it count if it comes back."""
    return {"inherited": row.inherited, "inherited_at": row.inherited_at}


def pending_corrections(row: MayHaveCorrections) -> dict[str, Any]:
    """Return the corrections a row's contact is still due, for the contact that it was merged into."""
    return {name: getattr(row, name) for name in PENDING_CORRECTIONS}


def has_pending_corrections(row: MayHaveCorrections) -> bool:
    """Return whether a row's contact is still due any correction."""
    return (row.names_before, row.address_before, row.hold_reason) != (None, None, None)


def merge_facts(old: Columns, new: Columns) -> list[Any]:
    """Return the columns of a member's new row, which replaces the old one: the same person's facts.

    If the new row already belongs to another contact, the old one's facts don't apply to it.
    """
    same = or_(new.civicrm_contact_id.is_(None), new.civicrm_contact_id == old.civicrm_contact_id)
    facts = [case((same, old[name]), else_=new[name]).label(name) for name in _RENAMED]
    return [func.coalesce(new.civicrm_contact_id, old.civicrm_contact_id).label("civicrm_contact_id"), *facts]

"""`MailchimpsyncCache.create` and `.delete`: repair a row by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import RowId
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.entities.cache import ENTITY
from mailchimpsync.actions.entities.editing import exclusive_transaction, existing, read_row
from mailchimpsync.actions.entities.filters import in_utc
from mailchimpsync.actions.site import Site
from mailchimpsync.addresses import member_id_of
from mailchimpsync.decide.member_facts import ObservedMember, columns_of, facts_of, observe_member
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.model import MemberStatus, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import edits
from mailchimpsync.store.cache.contact_facts import columns_for_owner
from mailchimpsync.store.schema import cache

YEAR_MIN = 2001
WHAT = "row"

Row = dict[str, Any]


@action(ENTITY, Scope.CONFIGURE, name="create")
def cache_create(
    site: Site,
    *,
    id: Annotated[RowId | None, Field(description="The row to change. Default: add a new one.")] = None,  # noqa: A002 (CiviCRM's name)
    mailchimp_list_id: Annotated[str | None, Field(description="The audience of a new row.", max_length=32)] = None,
    mailchimp_email: Annotated[
        str | None, Field(description="The member's address.", max_length=255, pattern=r"^[^\s@\x00]+@[^\s@\x00]+$")
    ] = None,
    mailchimp_member_id: Annotated[
        str | None,
        Field(description="The member's id, if it isn't the MD5 of the address.", pattern="^[0-9a-f]{32}$"),
    ] = None,
    mailchimp_status: Annotated[MemberStatus | None, Field(description="The member's status.")] = None,
    mailchimp_updated: Annotated[datetime | None, Field(description="When the member changed. Default: now.")] = None,
    civicrm_contact_id: Annotated[
        int | None, Field(description="The contact of the row; 0: none.", ge=0, lt=2**63)
    ] = None,
    sync_status: Annotated[
        Literal["todo", "ok", "fail"] | None, Field(description="Default: `todo`, so that the next run decides.")
    ] = None,
) -> list[dict[str, Any]]:
    """Add a row, or change one: its contact, its member if none is known, or whether it is due.

    A row stands for a member (address and status), for a contact, or for both. The call itself changes neither side;
    the next run decides what the row needs. With a new contact, what was agreed with the old one is forgotten. A row
    with an update under way can only be made due (`sync_status=todo`) after the result. Returns the row.

    Raises:
        UsageError: no such row or audience; another row stands for this member or contact.
        BusyError: a run on the audience is in progress.
    """
    values = {
        "mailchimp_email": mailchimp_email,
        "mailchimp_member_id": mailchimp_member_id,
        "mailchimp_status": mailchimp_status and MemberStatus(mailchimp_status).value,
        "mailchimp_updated": mailchimp_updated and _checked_time(mailchimp_updated),
        "civicrm_contact_id": civicrm_contact_id,
        "sync_status": sync_status,
    }
    given = {name: value for name, value in values.items() if value is not None}
    list_id = read_row(site, cache, id, WHAT)["mailchimp_list_id"] if id else mailchimp_list_id
    if list_id is None or mailchimp_list_id not in (None, list_id):
        raise UsageError("mailchimp_list_id: give the audience of a new row; that of an existing one can't change.")
    find_audience(site, list_id)
    with exclusive_transaction(site, list_id) as tx:
        before = existing(tx, cache, id, WHAT) if id else _ownerless_row(list_id)
        row_id = _save(tx, id, before, given, site.runtime.now())
        return [existing(tx, cache, row_id, WHAT)]


@action(ENTITY, Scope.CONFIGURE, name="delete")
def cache_delete(
    site: Site,
    *,
    id: Annotated[RowId, Field(description="The row.")],  # noqa: A002 (CiviCRM's name)
) -> list[dict[str, Any]]:
    """Delete what is known here about one person in one audience; neither side is changed.

    When the person next changes, they are treated as new: nothing was ever agreed. The row's old updates are deleted
    with it; its journal stays. Returns the row's id.

    Raises:
        UsageError: no such row, or an update for it is under way.
        BusyError: a run on the audience is in progress.
    """
    with exclusive_transaction(site, read_row(site, cache, id, WHAT)["mailchimp_list_id"]) as tx:
        existing(tx, cache, id, WHAT)
        if (update_id := edits.open_update_of(tx, id)) is not None:
            raise UsageError(
                f"Update {update_id} of row {id} is on its way to Mailchimp. Sync until its result arrives, or abort."
            )
        edits.remove(tx, cache, id)
    return [{"id": id}]


def _checked_time(moment: datetime) -> datetime:
    if moment.year < YEAR_MIN:
        raise UsageError(f"mailchimp_updated: give a date of {YEAR_MIN} or later.")
    return in_utc(moment)


def _ownerless_row(list_id: str) -> Row:
    return {
        **dict.fromkeys(column.name for column in cache.c if column.name not in ("id", "recheck")),
        "mailchimp_list_id": list_id,
    }


def _save(tx: Transaction, row_id: int | None, before: Row, given: Mapping[str, Any], now: datetime) -> int:
    if row_id and (update_id := edits.open_update_of(tx, row_id)) is not None:
        if given != {"sync_status": SyncStatus.TODO.value}:
            raise UsageError(
                f"Update {update_id} of row {row_id} is on its way; until its result, it can only be made due (todo)."
            )
        edits.change(tx, cache, row_id, {"recheck": True})
        return row_id
    values = {"sync_status": SyncStatus.TODO.value, **given, **_contact(before, given), **_member(before, given, now)}
    values["identity"] = _identity(before, values)
    holder = edits.holder_of(tx, before["mailchimp_list_id"], values["identity"])
    if holder not in (None, row_id):
        raise UsageError(f"Row {holder} already stands for this member or contact.")
    if row_id is None:
        return edits.add(tx, cache, {"mailchimp_list_id": before["mailchimp_list_id"], **values})
    edits.drop_plan_of(tx, row_id)
    edits.change(tx, cache, row_id, values)
    return row_id


def _contact(before: Row, given: Mapping[str, Any]) -> Row:
    """Return the columns for another contact: facts and agreements of the old one don't apply to it.

    Its flags are not known yet, so nothing is decided about it until a run has read it.
    """
    contact = given.get("civicrm_contact_id", before["civicrm_contact_id"]) or None
    if contact == before["civicrm_contact_id"]:
        return {"civicrm_contact_id": contact}
    agreed = dict.fromkeys(("civicrm_data", "base_subscribed", "base_interests", "refusal"))
    return {**agreed, **columns_for_owner(contact, contact_problem=contact and Code.CV_UNREADABLE.value)}


def _member(before: Row, given: Mapping[str, Any], now: datetime) -> Row:
    """Return the columns for a member with the given values."""
    email, status = (given.get(name, before[name]) for name in ("mailchimp_email", "mailchimp_status"))
    if (email is None) != (status is None):
        raise UsageError("A member has an address and a status: give both mailchimp_email and mailchimp_status.")
    if email is None:
        return _no_member(given)
    member_id = given.get("mailchimp_member_id") or before["mailchimp_member_id"] or member_id_of(email)
    if before["mailchimp_member_id"] and (before["mailchimp_member_id"], before["mailchimp_email"]) != (
        member_id,
        email,
    ):
        raise UsageError("The row stands for another member. Change the address at Mailchimp; the next run adopts it.")
    updated = given.get("mailchimp_updated", now if "mailchimp_status" in given else before["mailchimp_updated"])
    facts = observe_member(facts_of(before), ObservedMember(status, updated))
    return {
        "mailchimp_member_id": member_id,
        "mailchimp_updated": updated,
        **columns_of(facts),
        "mailchimp_data": before["mailchimp_data"] or {"first_name": "", "last_name": ""},
        "mailchimp_interests": before["mailchimp_interests"] or {},
    }


def _no_member(given: Mapping[str, Any]) -> Row:
    if {"mailchimp_member_id", "mailchimp_updated"} & given.keys():
        raise UsageError("A member has an address and a status: give both mailchimp_email and mailchimp_status.")
    return {}


def _identity(before: Row, values: Row) -> str:
    """Return what the row stands for: its member, else its claimed address, else its contact."""
    if values.get("mailchimp_member_id"):
        return f"m:{values['mailchimp_member_id']}"
    if values["civicrm_contact_id"] is None:
        raise UsageError("A row stands for a member or a contact: give mailchimp_email and mailchimp_status, or one.")
    if before["identity"] and values["civicrm_contact_id"] == before["civicrm_contact_id"]:
        return str(before["identity"])
    return f"c:{values['civicrm_contact_id']}"

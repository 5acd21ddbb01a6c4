"""What is sent to Mailchimp for an update: the same request in a batch and on its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailchimpsync.addresses import member_id_of
from mailchimpsync.mailchimp import Operation, member_path
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import MemberStatus
from mailchimpsync.store.changes.updates import UnsentUpdate
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.operation_names import operation_name
from mailchimpsync.sync.updates.personal_values import insert_personal_values


def operations_for(work: Work, queued: Sequence[UnsentUpdate], mark: str = "") -> list[Operation]:
    """Return the operations of updates, in their order; `mark`: that of the batch they are sent in.

    Raises:
        RemoteError: CiviCRM can't be reached for values that are stored nowhere else.
    """
    bodies = insert_personal_values(work, {row.id: row.data for row in queued})
    return [_operation(work.list_id, row._replace(data=bodies[row.id]), mark) for row in queued]


def _operation(list_id: str, row: UnsentUpdate, mark: str) -> Operation:
    """PUT by hash, PATCH, POST of tags by name, or DELETE to archive: repeating it does no harm."""
    member_id = row.mailchimp_member_id or member_id_of(row.data["email_address"])
    member, name, body = member_path(list_id, member_id), operation_name(mark, row.id), row.data
    if "tags" in body:
        return Operation("POST", f"{member}/tags", body, name)
    if body.get("status") == MemberStatus.ARCHIVED:
        return Operation("DELETE", member, None, name)
    if body.get("status") == MemberStatus.UNSUBSCRIBED:
        return _opt_out(member, body, name)
    # A member that has moved or gone meanwhile must not be created.
    method = "PATCH" if _changes_address(row) else "PUT"
    query = "?skip_merge_validation=true" if "skip_merge_validation" in row.attempt["tries"] else ""
    return Operation(method, member + query, body, name)


def _opt_out(member: str, body: Any, name: str) -> Operation:
    """Leave out what could be refused: nobody stays subscribed because of an address or an empty field."""
    others = {key: value for key, value in body.items() if key != "email_address"}
    return Operation("PATCH", f"{member}?skip_merge_validation=true", others, name)


def _changes_address(row: UnsentUpdate) -> bool:
    """Return whether an update gives its member another address."""
    known = row.mailchimp_email if row.mailchimp_member_id else None
    return known is not None and MemberUpdate.from_body(row.data).moves(known)

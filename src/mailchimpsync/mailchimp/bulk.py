"""Many new members in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.addresses import normalise_address
from mailchimpsync.mailchimp.archive import OperationResult
from mailchimpsync.mailchimp.audiences import list_path
from mailchimpsync.mailchimp.client import MailchimpClient
from mailchimpsync.mailchimp.members import shows_member

BULK_MEMBERS_MAX = 500
"""Mailchimp's limit (docs/reference/mailchimp-behaviour.md#writing-members)."""


class _Member(TypedDict, total=False):
    """What is read of a member; most of Mailchimp's answer is links, which aren't even made Python objects."""

    id: Any
    email_address: Any
    contact_id: Any
    list_id: Any
    status: Any
    last_changed: Any
    timestamp_opt: Any
    merge_fields: Any
    interests: Any


class _Added(TypedDict):
    new_members: list[_Member]


_ADDED = TypeAdapter(_Added)


def add_members(
    client: MailchimpClient, list_id: str, members: Sequence[Mapping[str, Any]]
) -> dict[str, OperationResult]:
    """Add new members, and return the results of those that were added, by address in its normal form.

    Others are missing: they exist, or Mailchimp refuses them or has left them alone without saying so. Nobody who
    exists is changed.

    Raises:
        TransientError: with `work_may_be_done`, some may have been added.
        RefusedError: the whole call was refused.
        ValueError: there are too many.
    """
    if len(members) > BULK_MEMBERS_MAX:
        raise ValueError(f"at most {BULK_MEMBERS_MAX} members fit into a call, not {len(members)}")
    answer = client.post(list_path(list_id), _ADDED, {"members": list(members), "update_existing": False})
    return {
        normalise_address(one["email_address"]): OperationResult(None, HTTPStatus.OK, {**one})
        for one in answer["new_members"]
        if shows_member(one) and isinstance(one.get("email_address"), str)
    }

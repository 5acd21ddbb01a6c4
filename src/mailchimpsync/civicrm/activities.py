"""Campaigns as activities: one for each campaign and kind, its people as targets.

See docs/reference/php-extension.md#campaigns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from mailchimpsync.civicrm.campaign_setup import Kind
from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient, Envelope
from mailchimpsync.civicrm.http.isolation import send_in_halves
from mailchimpsync.civicrm.http.pace import paced
from mailchimpsync.civicrm.http.paging import IDS_MAX, Row, Where, chunks, pages
from mailchimpsync.civicrm.http.read_back import write_until_kept
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.http import unreadable_answer
from mailchimpsync.messages import say

TARGETS_FIRST, TARGETS_MAX = 100, 500
"""Targets in one request: as many as for group contacts, which take as long."""

CAMPAIGNS_MAX = 1_000
"""Campaigns in one condition."""

ANY_STATE = ["is_deleted", "IN", [True, False]]
"""Staff put activities into the trash: such an activity is known, and not made again."""


class _Target(Row):
    contact_id: int


_TARGETS = TypeAdapter(Envelope[_Target])


@dataclass(frozen=True, slots=True)
class NewActivity:
    """An activity to be made; `at` is the site's local time, `details` is HTML."""

    kind: Kind
    campaign_id: str
    subject: str
    details: str
    at: str
    source_contact_id: int


def campaign_activities(client: CivicrmClient, field: str, campaign_ids: Sequence[str]) -> dict[tuple[str, Kind], int]:
    """Return the activities of campaigns by campaign and kind; of several, the oldest. `field` holds the campaign.

    Those that can't be read are left out: call `campaign_activity` before making one.
    """
    found: dict[tuple[str, Kind], int] = {}
    for some in chunks(campaign_ids, CAMPAIGNS_MAX):
        params = {
            "select": ["id", "activity_type_id:name", field],
            "where": [[field, "IN", list(some)], ["activity_type_id:name", "IN", list(Kind)], ANY_STATE],
            "orderBy": {"id": "ASC"},
        }
        for row in client.call("Activity", "get", params):
            if (read := _campaign_row(row, field)) is not None:
                found.setdefault(*read)
    return found


def campaign_activity(client: CivicrmClient, field: str, campaign_id: str, kind: Kind) -> int | None:
    """Return the activity of a campaign and kind, if there is one.

    Raises:
        RefusedError: `CV_ODD_ANSWER`, an activity of the campaign can't be read, and may be the one.
    """
    where = [[field, "=", campaign_id], ["activity_type_id:name", "=", kind.value], ANY_STATE]
    params = {"select": ["id", "activity_type_id:name", field], "where": where, "orderBy": {"id": "ASC"}}
    rows = client.call("Activity", "get", params)
    read = [one for row in rows if (one := _campaign_row(row, field)) is not None]
    if len(read) < len(rows):
        raise RefusedError(
            Code.CV_ODD_ANSWER, say("An activity of campaign %(id)s can't be read in CiviCRM", id=campaign_id)
        )
    return read[0][1] if read else None


def _campaign_row(row: Mapping[str, Any], field: str) -> tuple[tuple[str, Kind], int] | None:
    """Return what an activity is about, and its id; None if that can't be read."""
    campaign_id, name, key = row.get(field), row.get("activity_type_id:name"), row.get("id")
    if not isinstance(campaign_id, str) or name not in list(Kind) or not str(key).isdecimal():
        return None
    return (campaign_id, Kind(name)), int(str(key))


def existing_activities(client: CivicrmClient, activity_ids: Collection[int]) -> set[int]:
    """Return those of some activities that CiviCRM shows, in the trash or not."""
    found: set[int] = set()
    for some in chunks(sorted(activity_ids), CAMPAIGNS_MAX):
        where = [["id", "IN", list(some)], ANY_STATE]
        found.update(int(row["id"]) for row in client.call("Activity", "get", {"select": ["id"], "where": where}))
    return found


def sees_activities(client: CivicrmClient) -> bool:
    """Say whether CiviCRM shows the key's user any activity at all: if not, seeing none proves nothing."""
    return bool(client.call("Activity", "get", {"select": ["id"], "limit": 1}))


def create_activity(client: CivicrmClient, field: str, new: NewActivity) -> int:
    """Make an activity without targets, and return its id.

    It is not repeated: after a failure, first check with `campaign_activity` whether it was made.

    Raises:
        TransientError: it may have been made.
        RefusedError, AccessError: it was not.
    """
    values: dict[str, Any] = {
        "activity_type_id:name": new.kind.value,
        "status_id:name": "Completed",
        "subject": new.subject,
        "details": new.details,
        "activity_date_time": new.at,
        "source_contact_id": new.source_contact_id,
        field: new.campaign_id,
    }
    made = client.call("Activity", "create", {"values": values})
    if not made or not made[0].get("id"):
        raise unreadable_answer(CIVICRM, "Activity.create without an id")
    return int(made[0]["id"])


def add_targets(
    client: CivicrmClient, activity_id: int, record_type: int, contact_ids: Iterable[int]
) -> dict[int, RefusedError]:
    """Make contacts targets of an activity, unless they are, and return those CiviCRM refused or lost.

    Others stay targets; repeating it changes nothing.

    Raises:
        TransientError, AccessError: some of them may be targets now; send all again.
    """

    def missing(some: Sequence[int]) -> list[int]:
        return sorted(set(some) - _targets_among(client, activity_id, record_type, some))

    def save(some: Sequence[int]) -> dict[int, RefusedError]:
        return send_in_halves(some, lambda contacts: _save(client, activity_id, record_type, contacts))

    def save_all(some: Sequence[int]) -> dict[int, RefusedError]:
        refused: dict[int, RefusedError] = {}
        for part in paced(client.runtime, pace, some, save):
            refused.update(part)
        return refused

    pace = client.pace("targets", TARGETS_FIRST, TARGETS_MAX)
    wanted = missing(list(set(contact_ids)))
    return write_until_kept(client, wanted, save_all, lambda some: dict.fromkeys(missing(some), True))


def _targets_among(client: CivicrmClient, activity_id: int, record_type: int, contact_ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    of_activity: Where = [["activity_id", "=", activity_id], ["record_type_id", "=", record_type]]
    for some in chunks(sorted(contact_ids), IDS_MAX):
        where = [*of_activity, ["contact_id", "IN", list(some)]]
        for rows in pages(client, "ActivityContact", _Target, _TARGETS, where):
            found.update(row["contact_id"] for row in rows)
    return found


def _save(client: CivicrmClient, activity_id: int, record_type: int, contact_ids: Sequence[int]) -> None:
    params = {
        "records": [{"contact_id": contact_id} for contact_id in contact_ids],
        "defaults": {"activity_id": activity_id, "record_type_id": record_type},
        "match": ["activity_id", "contact_id", "record_type_id"],
    }
    client.call("ActivityContact", "save", params, idempotent=True)

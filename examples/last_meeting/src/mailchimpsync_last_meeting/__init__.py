"""Sends the date of each contact's last meeting as a merge field, and tags the people who were met recently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mailchimpsync.plugins import (
    Audience,
    CannotTellError,
    Lookup,
    MergeField,
    Outgoing,
    Person,
    hookimpl,
)

TAG = "Met lately"
DAYS_PER_MONTH = 30


@dataclass(frozen=True)
class Meetings:
    """The result of `prepare`: the date of each contact's last meeting, and the date from which a meeting is recent."""

    merge_field: str
    last: dict[int, str]
    recent_since: str


class LastMeeting:
    """The plugin. Its options are `merge_field`, and `months`: for how long a meeting is recent."""

    @hookimpl
    def prepare(self, audience: Audience, civicrm: Lookup, contact_ids: Sequence[int]) -> Meetings:
        """Look up the last meeting of all these contacts in one request."""
        if "merge_field" not in audience.options:
            raise CannotTellError("its option merge_field is missing")
        rows = civicrm.call(
            "ActivityContact",
            "get",
            {
                "select": ["contact_id", "MAX(activity_id.activity_date_time) AS last"],
                "where": [
                    ["contact_id", "IN", list(contact_ids)],
                    ["record_type_id:name", "=", "Activity Targets"],
                    ["activity_id.activity_type_id:name", "=", "Meeting"],
                    ["activity_id.is_deleted", "=", False],
                ],
                "groupBy": ["contact_id"],
            },
        )
        months = int(audience.options.get("months", 6))
        since = audience.now - timedelta(days=months * DAYS_PER_MONTH)
        last = {row["contact_id"]: row["last"][:10] for row in rows if row["last"]}
        return Meetings(audience.options["merge_field"], last, since.date().isoformat())

    @hookimpl
    def compute(self, person: Person, prepared: Meetings) -> Outgoing:
        """Set one person's date, or clear it, and add or remove the tag."""
        last = prepared.last.get(person.contact_id)
        is_recent = last is not None and last >= prepared.recent_since
        return Outgoing(merge_fields={prepared.merge_field: last}, tags=[TAG] if is_recent else [])

    @hookimpl
    def validate(self, audience: Audience, merge_fields: Sequence[MergeField]) -> Iterable[str]:
        """Report wrong options before anything is sent."""
        tag = audience.options.get("merge_field")
        found = [field for field in merge_fields if field.tag == tag]
        if tag is None:
            yield 'The option merge_field is missing. Name a merge field: merge_field = "LASTMET".'
        elif not found:
            yield f"The audience has no merge field {tag}."
        elif found[0].type not in ("date", "text"):
            yield f"The merge field {tag} is of type {found[0].type}; a date needs the type date or text."

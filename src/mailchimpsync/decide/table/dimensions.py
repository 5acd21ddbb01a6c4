"""What decisions depend on: the dimensions of each table, with their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

from mailchimpsync.errors import Code
from mailchimpsync.model import (
    Departure,
    GroupStatus,
    Leaving,
    MadeBy,
    MemberStatus,
    NewMembers,
    Resubscribe,
    Trust,
)

NONE = "none"
ANY = "*"
UNKNOWN_STATUS = "(unknown)"

GROUP_ID = 1
INTEREST_GROUP_ID = 2
INTEREST = "news"
ADDRESS = "ann@example.org"
NEW_ADDRESS = "ann@new.example.org"

DAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = DAY + timedelta(seconds=1)
DATES: Mapping[str, tuple[datetime | None, datetime | None]] = {
    "CiviCRM": (LATER, DAY),
    "tie": (DAY, DAY),
    "Mailchimp": (DAY, LATER),
    "no CiviCRM date": (None, DAY),
    "no Mailchimp date": (DAY, None),
}
"""Which side is newer: the dates of the group history and of the member."""

BASES: Mapping[str, bool | None] = {NONE: None, "in": True, "out": False}
_GROUP_STATUSES = (NONE, *(status.value for status in GroupStatus))

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "contact": ("owned", NONE, "gone"),
    "at_mailchimp": (NONE, *(status.value for status in MemberStatus), UNKNOWN_STATUS),
    "in_civicrm": _GROUP_STATUSES,
    "base": tuple(BASES),
    "newer": tuple(DATES),
    "other_row": (NONE, "subscribed", "preferred", "left"),
    "resubscribe": tuple(mode.value for mode in Resubscribe),
    "obstacle": (NONE, Code.CV_ON_HOLD.value, Code.CV_OPTED_OUT.value),
}
"""What the decision about a subscription depends on, and the possible values."""

TRUST_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "trust": (Trust.CIVICRM.value, Trust.MAILCHIMP.value),
    **DIMENSIONS,
}
"""What the decision about a subscription depends on while one side is trusted."""

NEW_MEMBER_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "new_members": tuple(mode.value for mode in NewMembers),
    "at_mailchimp": (NONE, "unsubscribed", "archived", "transactional", "cleaned", UNKNOWN_STATUS),
    "taken_off": (NONE, "by us"),
    "base": tuple(BASES),
    "newer": ("CiviCRM", "Mailchimp"),
    "resubscribe": DIMENSIONS["resubscribe"],
}
"""What the decision about a person in the group who isn't subscribed depends on.

That includes whether Mailchimp asks new members first."""

GONE = (Departure.TRASHED.value, Departure.DELETED.value)

DEPARTURE_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "at_mailchimp": ("subscribed", "pending", "unsubscribed", "archived", "cleaned"),
    "taken_off": (NONE, "by us"),
    "left": (NONE, Departure.OPT_OUT.value, Departure.TRASHED.value, Departure.MERGED.value),
    "means": tuple(leaving.value for leaving in Leaving),
    "in_civicrm": (NONE, "Added", "Removed"),
    "base": tuple(BASES),
    "newer": ("CiviCRM", "Mailchimp"),
    "resubscribe": DIMENSIONS["resubscribe"],
}
"""What the decision about departures in CiviCRM depends on; `none`: at most removed from the group.

All flags work like `opt_out`, and `deleted` like `trashed`.
"""

ADDRESS_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "at_mailchimp": DIMENSIONS["at_mailchimp"][1:-1],
    "new_address": ("free", "taken", "their own"),
    "in_civicrm": (NONE, "Added", "Removed"),
    "base": tuple(BASES),
    "newer": ("CiviCRM", "Mailchimp"),
    "resubscribe": DIMENSIONS["resubscribe"],
}
"""What the decision about a member depends on, if its address was the contact's best one and another is now.

The new one is free, another person's, or that of another subscribed member of the same contact.
"""

ARRIVAL_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "other_row": (*ADDRESS_DIMENSIONS["at_mailchimp"][1:], "taken off by us"),
    "other_left": ("no", "yes"),
    "resubscribe": DIMENSIONS["resubscribe"],
    "obstacle": DIMENSIONS["obstacle"],
}
"""What the decision about the new address depends on, in the group and not at Mailchimp yet."""

RETURN_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "at_mailchimp": ("unsubscribed", "archived", "transactional", "cleaned", UNKNOWN_STATUS),
    "made_by": tuple(made_by.value for made_by in MadeBy),
    "in_civicrm": (NONE, "Added", "Removed"),
    "base": tuple(BASES),
    "newer": tuple(DATES),
    "other_row": DIMENSIONS["other_row"],
    "resubscribe": DIMENSIONS["resubscribe"],
    "obstacle": DIMENSIONS["obstacle"],
}
"""What the decision depends on about a member we removed because the contact had been removed from the group."""

INTEREST_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "trust": tuple(trust.value for trust in Trust),
    "at_mailchimp": (NONE, "yes", "no"),
    "in_civicrm": _GROUP_STATUSES,
    "base": tuple(BASES),
    "newer": tuple(DATES),
    "other_row": (NONE, "has it"),
}
"""What the decision about an interest depends on, for a person subscribed on both sides."""


def combinations(dimensions: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Yield every combination of values, by dimension."""
    for values in product(*dimensions.values()):
        yield dict(zip(dimensions, values, strict=True))

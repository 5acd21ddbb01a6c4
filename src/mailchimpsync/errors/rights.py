"""The CiviCRM permissions of the API key's user: the smallest set, and those that single features need.

This is the only list of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mailchimpsync.messages import Message, join, say


class Right(StrEnum):
    """A permission, by its name in CiviCRM."""

    ACCESS = "access CiviCRM"
    VIEW = "view all contacts"
    EDIT = "edit all contacts"
    ADD = "add contacts"
    KEY = "authenticate with api key"
    TRASH = "access deleted contacts"
    ACTIVITIES = "view all activities"
    MEMBERSHIPS = "access CiviMember"
    DONATIONS = "access CiviContribute"
    CUSTOM_DATA = "access all custom data"
    MAKE_FIELDS = "administer CiviCRM data"
    MAKE_TYPES = "administer CiviCRM"


SMALLEST = (Right.ACCESS, Right.VIEW, Right.EDIT, Right.ADD, Right.KEY)
"""Required for every sync, and enough for one."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a permission is for, and what happens without it, in whole sentences."""

    why: str
    without: str


_NOTHING = "Nothing is synced."

PURPOSES: Mapping[Right, Purpose] = {
    Right.ACCESS: Purpose("Reads groups and their contacts.", _NOTHING),
    Right.VIEW: Purpose("Reads all contacts, their addresses and their group history.", _NOTHING),
    Right.EDIT: Purpose("Changes contacts and their groups, and proves that no contact is hidden.", _NOTHING),
    Right.ADD: Purpose("Creates contacts for people who are only in the Mailchimp audience.", _NOTHING),
    Right.KEY: Purpose("Lets the user sign in with an API key.", _NOTHING),
    Right.TRASH: Purpose(
        "Sees contacts in the trash. CiviCRM also puts merged contacts there.",
        "Contacts in the trash and merged contacts can't be distinguished from deleted ones, so none of them count as "
        "gone. A first sync may create a second contact for someone in the trash.",
    ),
    Right.ACTIVITIES: Purpose(
        "Imports campaigns as activities.",
        "Campaigns can't be imported.",
    ),
    Right.MEMBERSHIPS: Purpose(
        "Fills merge fields from memberships.", "Merge fields can't be filled from memberships."
    ),
    Right.DONATIONS: Purpose(
        "Fills merge fields from contributions.", "Merge fields can't be filled from contributions."
    ),
    Right.CUSTOM_DATA: Purpose(
        "Fills merge fields from custom fields, marks the activities of campaigns, and shows on contacts what "
        "Mailchimp says.",
        "Merge fields can't be filled from custom fields, campaigns can't be imported, and contacts don't show what "
        "Mailchimp says.",
    ),
    Right.MAKE_FIELDS: Purpose(
        "Creates the custom field that imported campaigns need. Only the first import needs this permission.",
        "You have to create the custom field by hand.",
    ),
    Right.MAKE_TYPES: Purpose(
        "Creates the activity types that imported campaigns need, takes over from the PHP extension, and puts entries "
        "for mailchimpsync into CiviCRM. Only the first import, the takeover and the entries need this permission.",
        "You have to create the activity types by hand, can't take over from the PHP extension, and need another key "
        "for the entries.",
    ),
}

_TO_READ: Mapping[str, Right] = {
    "Contact": Right.VIEW,
    "Email": Right.VIEW,
    "SubscriptionHistory": Right.VIEW,
    "Membership": Right.MEMBERSHIPS,
    "MembershipType": Right.MEMBERSHIPS,
    "MembershipStatus": Right.MEMBERSHIPS,
    "Contribution": Right.DONATIONS,
    "Domain": Right.MAKE_TYPES,
    "Navigation": Right.MAKE_TYPES,
}
_TO_WRITE: Mapping[str, Right] = {
    "Contact": Right.EDIT,
    "Email": Right.EDIT,
    "GroupContact": Right.EDIT,
    "Activity": Right.ACTIVITIES,
    "ActivityContact": Right.ACTIVITIES,
    "CustomField": Right.MAKE_FIELDS,
    "CustomGroup": Right.MAKE_FIELDS,
    "OptionValue": Right.MAKE_TYPES,
}


def right_for(entity: str, action: str) -> Right:
    """Return the permission that is most likely missing when CiviCRM refuses a call."""
    if entity.startswith("Custom_"):
        return Right.CUSTOM_DATA
    if action.startswith("get"):
        return _TO_READ.get(entity, Right.ACCESS)
    if entity == "Contact" and action in {"create", "save"}:
        return Right.ADD
    return _TO_WRITE.get(entity, Right.MAKE_TYPES)


def remedy_for_missing(rights: Collection[Right]) -> Message:
    """Return the remedy when these permissions are known to be missing."""
    if len(rights) > 1:
        remedy = say(
            "Give the role of the API key's user the permissions %(rights)s in the CMS.", rights=quoted(rights)
        )
    else:
        remedy = say("Give the role of the API key's user the permission %(rights)s in the CMS.", rights=quoted(rights))
    if Right.EDIT not in rights:
        return remedy
    return join(" ", [remedy, say("ACLs inside CiviCRM aren't enough, not even one for all contacts.")])


def quoted(rights: Collection[Right]) -> Message:
    """Return the quoted names of permissions as a list in a sentence: “a”, “b” and “c”."""
    *others, last = [say("“%(name)s”", name=right.value) for right in rights]
    return say("%(others)s and %(last)s", others=join(", ", others), last=last) if others else last

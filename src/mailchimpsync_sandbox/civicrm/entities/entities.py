"""The entities the endpoint knows. Adding one is declaring it in a neighbouring file and naming it here."""

from __future__ import annotations

from mailchimpsync_sandbox.civicrm.entities.other import (
    ACTIVITY,
    ACTIVITY_CONTACT,
    AFFORM,
    CONTRIBUTION,
    CUSTOM_FIELD,
    CUSTOM_GROUP,
    DOMAIN,
    ENTITY_TAG,
    MEMBERSHIP,
    MEMBERSHIP_STATUS,
    MEMBERSHIP_TYPE,
    NAVIGATION,
    OPTION_GROUP,
    OPTION_VALUE,
    SEARCH_DISPLAY,
    TAG,
)
from mailchimpsync_sandbox.civicrm.entities.people import (
    ADDRESS,
    CONTACT,
    EMAIL,
    GROUP,
    GROUP_CONTACT,
    GROUP_NESTING,
    PHONE,
    SAVED_SEARCH,
    SUBSCRIPTION_HISTORY,
)
from mailchimpsync_sandbox.civicrm.entities.schema import Entity

__all__ = [
    "ACTIVITY",
    "ACTIVITY_CONTACT",
    "ADDRESS",
    "AFFORM",
    "CONTACT",
    "CONTRIBUTION",
    "CUSTOM_FIELD",
    "CUSTOM_GROUP",
    "DOMAIN",
    "EMAIL",
    "ENTITIES",
    "ENTITY_TAG",
    "GROUP",
    "GROUP_CONTACT",
    "GROUP_NESTING",
    "LOCATIONS",
    "MEMBERSHIP",
    "MEMBERSHIP_STATUS",
    "MEMBERSHIP_TYPE",
    "NAVIGATION",
    "OPTION_GROUP",
    "OPTION_VALUE",
    "PHONE",
    "SAVED_SEARCH",
    "SEARCH_DISPLAY",
    "SUBSCRIPTION_HISTORY",
    "TABLES",
    "TAG",
]

ENTITIES: dict[str, Entity] = {
    one.name: one
    for one in (
        CONTACT,
        EMAIL,
        PHONE,
        ADDRESS,
        GROUP,
        GROUP_CONTACT,
        GROUP_NESTING,
        SUBSCRIPTION_HISTORY,
        SAVED_SEARCH,
        DOMAIN,
        TAG,
        ENTITY_TAG,
        CONTRIBUTION,
        MEMBERSHIP_TYPE,
        MEMBERSHIP_STATUS,
        MEMBERSHIP,
        ACTIVITY,
        ACTIVITY_CONTACT,
        OPTION_GROUP,
        OPTION_VALUE,
        CUSTOM_GROUP,
        CUSTOM_FIELD,
        NAVIGATION,
        AFFORM,
        SEARCH_DISPLAY,
    )
}

# Entities whose rows belong to a contact by location, and the prefix of their paths from a contact.
LOCATIONS: dict[str, Entity] = {"email": EMAIL, "phone": PHONE, "address": ADDRESS}

TABLES: dict[str, str] = {name: one.table for name, one in ENTITIES.items()}

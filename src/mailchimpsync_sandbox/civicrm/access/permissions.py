"""CiviCRM's permissions by name: what each implies, and which of them each action needs.

See `docs/reference/civicrm-behaviour.md`.
"""

from __future__ import annotations

from collections.abc import Iterable

Needs = tuple[str | tuple[str, ...], ...]
"""All of these; of a nested tuple, any one."""

LOG_IN = "authenticate with api key"
EVERYTHING = "all CiviCRM permissions and ACLs"
SEE_ERRORS = "view debug output"

SMALLEST: frozenset[str] = frozenset(
    {"access CiviCRM", "view all contacts", "edit all contacts", "add contacts", LOG_IN}
)
"""What the sync of groups needs, and nothing else."""

WORDS: dict[str, frozenset[str]] = {
    "all": frozenset({EVERYTHING}),
    "smallest": SMALLEST,
    "few": frozenset({LOG_IN}),
    "none": frozenset({LOG_IN}),
}
"""Sets of permissions that have a name: `few` is a user who may not see contacts, `none` one without user account."""

KNOWN: dict[str, str] = {
    "*always deny*": "Generic: Deny all users",
    "*always allow*": "Generic: Allow all users (including anonymous)",
    "*authenticated*": "Generic: Allow any authenticated contact",
    **{
        name: f"CiviCRM: {name}"
        for name in (
            "add contacts",
            "view all contacts",
            "edit all contacts",
            "view my contact",
            "edit my contact",
            "delete contacts",
            "access deleted contacts",
            "edit groups",
            "edit all events",
            "access CiviCRM",
            "administer CiviCRM",
            "administer CiviCRM data",
            "administer CiviCRM system",
            "view all activities",
            "delete activities",
            "access all custom data",
            "access CiviMember",
            "edit memberships",
            "delete in CiviMember",
            "access CiviContribute",
            "edit contributions",
            "delete in CiviContribute",
            "merge duplicate contacts",
            "manage event profiles",
            LOG_IN,
            SEE_ERRORS,
            EVERYTHING,
        )
    },
}

_IMPLIED: dict[str, frozenset[str]] = {
    EVERYTHING: frozenset(KNOWN) - {"*always deny*"},
    "administer CiviCRM": frozenset({"administer CiviCRM system", "administer CiviCRM data", "access CiviCRM"}),
    "view all contacts": frozenset({"view my contact"}),
    "edit all contacts": frozenset({"edit my contact"}),
}

_CIVICRM: Needs = ("access CiviCRM",)
_ADMINISTER: Needs = ("administer CiviCRM",)
_DATA: Needs = ("administer CiviCRM data",)
_NONE: dict[str, Needs] = {"default": ()}
_MEMBER: Needs = ("access CiviCRM", "access CiviMember")
_CONTRIBUTE: Needs = ("access CiviCRM", "access CiviContribute")
_OPTIONS: Needs = ("access CiviCRM", ("administer CiviCRM", "manage event profiles"))
_META: Needs = _CIVICRM

_ACTIVITIES: dict[str, Needs] = {
    "get": _CIVICRM,
    "delete": ("access CiviCRM", "delete activities"),
    "default": ("access CiviCRM", "view all activities"),
}
_MEMBERSHIPS: dict[str, Needs] = {
    "get": _MEMBER,
    "delete": (*_MEMBER, "delete in CiviMember"),
    "default": (*_MEMBER, "edit memberships"),
}
_CHOICES: dict[str, Needs] = {"get": _CIVICRM, "create": _OPTIONS, "update": _OPTIONS}
_CUSTOM: dict[str, Needs] = {"get": (("access CiviCRM", "access all custom data"),), "default": _DATA}

_RECORDS: dict[str, Needs] = {"default": ("access CiviCRM", "access all custom data")}

RULES: dict[str, dict[str, Needs]] = {
    "Contact": {
        "get": (),
        "update": (),
        "getMergedTo": (),
        "validateChecksum": (),
        "create": ("access CiviCRM", "add contacts"),
        "delete": ("access CiviCRM", "delete contacts"),
    },
    "Email": _NONE,
    "Phone": _NONE,
    "Address": _NONE,
    "EntityTag": _NONE,
    "SubscriptionHistory": {"get": ()},
    "GroupContact": {"default": _CIVICRM},
    "Group": {"get": _CIVICRM, "refresh": _CIVICRM, "default": ("access CiviCRM", "edit groups")},
    "GroupNesting": {"get": _CIVICRM, "default": ("access CiviCRM", "edit groups")},
    "Tag": {"get": _CIVICRM, "create": _CIVICRM, "update": _CIVICRM},
    "Activity": _ACTIVITIES,
    "ActivityContact": _ACTIVITIES,
    "Contribution": {
        "get": _CONTRIBUTE,
        "delete": (*_CONTRIBUTE, "delete in CiviContribute"),
        "default": (*_CONTRIBUTE, "edit contributions"),
    },
    "Membership": _MEMBERSHIPS,
    "MembershipType": _MEMBERSHIPS,
    "MembershipStatus": _MEMBERSHIPS,
    "OptionValue": _CHOICES,
    "OptionGroup": _CHOICES,
    "CustomGroup": _CUSTOM,
    "CustomField": _CUSTOM,
    "SavedSearch": {"default": _DATA},
    "SearchDisplay": {"default": _DATA},
    "Afform": {"get": (), "default": _ADMINISTER},
    "Permission": {"default": _CIVICRM},
    "Entity": {"default": _CIVICRM},
}
_SAME_AS = {"save": "create", "replace": "delete", "getFields": "meta", "getActions": "meta"}


def needs(entity: str, action: str) -> Needs:
    """Return what an action needs before rows are checked; without a rule, *administer CiviCRM*."""
    rules = _RECORDS if entity.startswith("Custom_") else RULES.get(entity, {})
    same = _SAME_AS.get(action, "default")
    if action not in rules and same == "meta":
        return _META
    return rules.get(action, rules.get(same, rules.get("default", _ADMINISTER)))


def named(given: str | Iterable[str]) -> frozenset[str]:
    """Return the permissions for a word of `WORDS` or a list of names.

    Raises:
        ValueError: CiviCRM has no such permission.
    """
    if isinstance(given, str):
        if given not in WORDS:
            raise ValueError(f"no such set of permissions: {given}; there are {', '.join(WORDS)}")
        return WORDS[given]
    names = frozenset(given)
    if unknown := names - KNOWN.keys():
        raise ValueError(f"no such permissions: {', '.join(sorted(unknown))}")
    return names


def implied(names: frozenset[str]) -> frozenset[str]:
    """Return the permissions with those they imply."""
    return names.union(*(_IMPLIED.get(name, frozenset()) for name in names))

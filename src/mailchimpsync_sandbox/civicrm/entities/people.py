"""Contacts, their addresses, groups, memberships of groups and the history of these."""

from __future__ import annotations

from mailchimpsync_sandbox.civicrm.entities.schema import DataType, Entity, Field, Packing

_INT, _BOOL, _TEXT = DataType.INTEGER, DataType.BOOLEAN, DataType.TEXT
_DATE, _DATETIME, _TIMESTAMP = DataType.DATE, DataType.DATETIME, DataType.TIMESTAMP
_ID = Field("id", _INT)


def _flag(name: str, *, default: bool = False) -> Field:
    return Field(name, _BOOL, default=default)


def _contact() -> Field:
    return Field("contact_id", _INT, required=True, references="Contact")


CONTACT = Entity(
    "Contact",
    "civicrm_contact",
    (
        _ID,
        Field("contact_type", options="contact_type"),
        Field("external_identifier", length=64),
        Field("display_name", length=128),
        Field("organization_name"),
        Field("household_name"),
        Field("first_name", length=64),
        Field("middle_name", length=64),
        Field("last_name", length=64),
        Field("nick_name"),
        Field("job_title"),
        Field("prefix_id", _INT, options="individual_prefix"),
        Field("gender_id", _INT, options="gender"),
        Field("birth_date", _DATE),
        _flag("do_not_email"),
        _flag("do_not_phone"),
        _flag("do_not_mail"),
        _flag("do_not_sms"),
        _flag("do_not_trade"),
        _flag("is_opt_out"),
        Field("source"),
        Field("sort_name", length=128),
        Field("preferred_language", default="en_US", options="language"),
        Field("hash"),
        Field("communication_style_id", _INT, default=1, options="communication_style"),
        Field("email_greeting_id", _INT, default=1, options="greeting"),
        Field("postal_greeting_id", _INT, default=1, options="greeting"),
        Field("addressee_id", _INT, default=1, options="addressee"),
        _flag("is_deceased"),
        Field("deceased_date", _DATE),
        Field("employer_id", _INT, references="Contact", cascade=False),
        _flag("is_deleted"),
        Field("created_date", _TIMESTAMP),
        Field("modified_date", _TIMESTAMP),
        Field("preferred_mail_format", default="Both", options="mail_format"),
        Field("groups", packing=Packing.JSON, options="group", sql="NULL"),
    ),
    label="display_name",
    unique=(("external_identifier",),),
    indexes=(("modified_date",),),
    folded_indexes=("last_name", "first_name"),
    reloads=True,
)

EMAIL = Entity(
    "Email",
    "civicrm_email",
    (
        _ID,
        Field("contact_id", _INT, references="Contact"),
        Field("location_type_id", _INT, options="location_type", default=1),
        Field("email", length=254),
        _flag("is_primary"),
        _flag("is_billing"),
        Field("on_hold", _INT, default=0, options="on_hold"),
        _flag("is_bulkmail"),
        Field("hold_date", _DATETIME),
        Field("reset_date", _DATETIME),
    ),
    indexes=(("contact_id",),),
    folded_indexes=("email",),
)

PHONE = Entity(
    "Phone",
    "civicrm_phone",
    (
        _ID,
        Field("contact_id", _INT, references="Contact"),
        Field("location_type_id", _INT, options="location_type", default=1),
        _flag("is_primary"),
        Field("phone"),
        Field("phone_type_id", _INT, options="phone_type"),
    ),
    indexes=(("contact_id",),),
)

ADDRESS = Entity(
    "Address",
    "civicrm_address",
    (
        _ID,
        Field("contact_id", _INT, references="Contact"),
        Field("location_type_id", _INT, options="location_type", default=1),
        _flag("is_primary"),
        Field("street_address"),
        Field("supplemental_address_1"),
        Field("supplemental_address_2"),
        Field("supplemental_address_3"),
        Field("city"),
        Field("postal_code"),
        Field("state_province_id", _INT, options="state_province"),
        Field("country_id", _INT, options="country"),
    ),
    indexes=(("contact_id",),),
)

_NESTED = "(SELECT group_concat(n.{what}_group_id) FROM civicrm_group_nesting n WHERE n.{of}_group_id = {{t}}.id)"
_COUNTED = "(SELECT COUNT(*) FROM civicrm_group_contact g WHERE g.group_id = {t}.id AND g.status = 'Added')"

GROUP = Entity(
    "Group",
    "civicrm_group",
    (
        _ID,
        Field("name"),
        Field("title", required=True),
        Field("description", _TEXT),
        Field("saved_search_id", _INT, references="SavedSearch", cascade=False),
        _flag("is_active", default=True),
        Field("visibility", default="User and User Admin Only"),
        Field("group_type", packing=Packing.SEPARATED, options="group_type"),
        _flag("is_hidden"),
        _flag("is_reserved"),
        Field("created_id", _INT, references="Contact", cascade=False),
        Field("modified_id", _INT, references="Contact", cascade=False),
        Field("frontend_title"),
        Field("frontend_description", _TEXT),
        Field("parents", packing=Packing.COMMAS, sql=_NESTED.format(what="parent", of="child")),
        Field("children", packing=Packing.COMMAS, sql=_NESTED.format(what="child", of="parent")),
        Field("contact_count", _INT, sql=_COUNTED),
    ),
    label="title",
    unique=(("name",), ("title",)),
)

GROUP_NESTING = Entity(
    "GroupNesting",
    "civicrm_group_nesting",
    (
        _ID,
        Field("child_group_id", _INT, required=True, references="Group"),
        Field("parent_group_id", _INT, required=True, references="Group"),
    ),
)

GROUP_CONTACT = Entity(
    "GroupContact",
    "civicrm_group_contact",
    (
        _ID,
        Field("group_id", _INT, required=True, references="Group"),
        _contact(),
        Field("status", options="group_contact_status"),
        Field("location_id", _INT),
        Field("email_id", _INT, references="Email", cascade=False),
    ),
    unique=(("contact_id", "group_id"),),
    indexes=(("group_id", "status"),),
    echo=("method", "tracking"),
    echo_of_last=("method", "tracking"),
    action_params=frozenset({"method", "tracking"}),
)

SUBSCRIPTION_HISTORY = Entity(
    "SubscriptionHistory",
    "civicrm_subscription_history",
    (
        _ID,
        _contact(),
        Field("group_id", _INT, references="Group"),
        Field("date", _TIMESTAMP),
        Field("method", options="history_method"),
        Field("status", options="group_contact_status"),
        Field("tracking"),
    ),
    indexes=(("group_id", "contact_id"), ("contact_id",), ("date",)),
)

SAVED_SEARCH = Entity(
    "SavedSearch",
    "civicrm_saved_search",
    (
        _ID,
        Field("name"),
        Field("label"),
        Field("api_entity"),
        Field("api_params", packing=Packing.JSON),
        Field("created_id", _INT, references="Contact", cascade=False),
        Field("modified_id", _INT, references="Contact", cascade=False),
        Field("created_date", _DATETIME),
        Field("modified_date", _DATETIME),
    ),
    label="label",
    unique=(("name",),),
    echo=("modified_date",),
)

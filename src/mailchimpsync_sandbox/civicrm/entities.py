"""The entities the endpoint knows. Adding one is adding a declaration here."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

from mailchimpsync_sandbox.civicrm.schema import DataType, Entity, Field, Packing

_INT, _BOOL, _MONEY = DataType.INTEGER, DataType.BOOLEAN, DataType.MONEY
_DATE, _DATETIME, _TIMESTAMP, _TEXT = DataType.DATE, DataType.DATETIME, DataType.TIMESTAMP, DataType.TEXT
_ID = Field("id", _INT)


def _flag(name: str, *, default: bool | None = False) -> Field:
    return Field(name, _BOOL, default=default)


def _contact(name: str = "contact_id", *, required: bool = True) -> Field:
    return Field(name, _INT, required=required, references="Contact", cascade=required)


def _people(record_type: int) -> str:
    return (
        "(SELECT json_group_array(p.contact_id) FROM civicrm_activity_contact p "
        f"WHERE p.activity_id = {{t}}.id AND p.record_type_id = {record_type})"
    )


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
        Field("preferred_language", default="en_US"),
        Field("hash"),
        Field("communication_style_id", _INT, default=1),
        Field("email_greeting_id", _INT, default=1),
        Field("postal_greeting_id", _INT, default=1),
        Field("addressee_id", _INT, default=1),
        _flag("is_deceased"),
        Field("deceased_date", _DATE),
        Field("employer_id", _INT, references="Contact", cascade=False),
        _flag("is_deleted"),
        Field("created_date", _TIMESTAMP),
        Field("modified_date", _TIMESTAMP),
        Field("preferred_mail_format", default="Both"),
        Field("groups", packing=Packing.JSON, options="group", sql="NULL"),
    ),
    label="display_name",
    unique=(("external_identifier",),),
    indexes=(("modified_date",),),
    folded_indexes=("last_name", "first_name"),
    reloads=True,
    visible_only_with_permission=True,
)

EMAIL = Entity(
    "Email",
    "civicrm_email",
    (
        _ID,
        _contact(),
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
    visible_only_with_permission=True,
)

PHONE = Entity(
    "Phone",
    "civicrm_phone",
    (
        _ID,
        _contact(),
        Field("location_type_id", _INT, options="location_type", default=1),
        _flag("is_primary"),
        Field("phone"),
        Field("phone_type_id", _INT, options="phone_type"),
    ),
    indexes=(("contact_id",),),
    visible_only_with_permission=True,
)

ADDRESS = Entity(
    "Address",
    "civicrm_address",
    (
        _ID,
        _contact(),
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
    visible_only_with_permission=True,
)

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
    ),
    label="title",
    unique=(("name",), ("title",)),
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
    visible_only_with_permission=True,
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

DOMAIN = Entity(
    "Domain",
    "civicrm_domain",
    (_ID, Field("name"), Field("contact_id", _INT, references="Contact", cascade=False), Field("version")),
)

TAG = Entity(
    "Tag",
    "civicrm_tag",
    (
        _ID,
        Field("name"),
        Field("label"),
        Field("description"),
        Field("parent_id", _INT, references="Tag", cascade=False),
        _flag("is_selectable", default=True),
        _flag("is_tagset"),
        Field("used_for", packing=Packing.COMMAS, options="tag_used_for"),
        Field("created_id", _INT, references="Contact", cascade=False),
        Field("color"),
        Field("created_date", _DATETIME),
    ),
    label="label",
    unique=(("name",),),
)

ENTITY_TAG = Entity(
    "EntityTag",
    "civicrm_entity_tag",
    (
        _ID,
        Field("entity_table"),
        Field("entity_id", _INT, required=True),
        Field("tag_id", _INT, required=True, references="Tag"),
    ),
    unique=(("entity_id", "entity_table", "tag_id"),),
)

CONTRIBUTION = Entity(
    "Contribution",
    "civicrm_contribution",
    (
        _ID,
        _contact(),
        Field("financial_type_id", _INT, options="financial_type"),
        Field("payment_instrument_id", _INT, options="payment_instrument", default=4),
        Field("receive_date", _DATETIME),
        Field("non_deductible_amount", _MONEY, default=0),
        Field("total_amount", _MONEY, required=True),
        Field("fee_amount", _MONEY, default=0),
        Field("net_amount", _MONEY),
        Field("trxn_id"),
        Field("invoice_id"),
        Field("currency", default="USD"),
        Field("source"),
        _flag("is_test"),
        _flag("is_pay_later"),
        Field("contribution_status_id", _INT, options="contribution_status", default=1),
        Field("tax_amount", _MONEY, default=0),
        _flag("is_template"),
        Field("created_date", _TIMESTAMP),
        Field("modified_date", _TIMESTAMP),
    ),
    indexes=(("contact_id",),),
    reloads=True,
    echo=("skipCleanMoney",),
)

MEMBERSHIP_TYPE = Entity(
    "MembershipType",
    "civicrm_membership_type",
    (
        _ID,
        Field("domain_id", _INT, references="Domain"),
        Field("name"),
        Field("title"),
        Field("frontend_title"),
        Field("description"),
        Field("member_of_contact_id", _INT, references="Contact", cascade=False),
        Field("financial_type_id", _INT, options="financial_type"),
        Field("minimum_fee", _MONEY, default=0),
        Field("duration_unit"),
        Field("duration_interval", _INT),
        Field("period_type"),
        Field("weight", _INT),
        _flag("is_active", default=True),
    ),
    label="title",
)

MEMBERSHIP_STATUS = Entity(
    "MembershipStatus",
    "civicrm_membership_status",
    (
        _ID,
        Field("name"),
        Field("label"),
        _flag("is_current_member"),
        _flag("is_admin"),
        Field("weight", _INT),
        _flag("is_active", default=True),
    ),
    label="label",
)

MEMBERSHIP = Entity(
    "Membership",
    "civicrm_membership",
    (
        _ID,
        _contact(),
        Field("membership_type_id", _INT, required=True, references="MembershipType"),
        Field("join_date", _DATE),
        Field("start_date", _DATE),
        Field("end_date", _DATE),
        Field("source"),
        Field("status_id", _INT, references="MembershipStatus", cascade=False),
        _flag("is_override"),
        _flag("is_test"),
    ),
    indexes=(("contact_id",),),
    echo=("version",),
)

ACTIVITY = Entity(
    "Activity",
    "civicrm_activity",
    (
        _ID,
        Field("activity_type_id", _INT, required=True, options="activity_type"),
        Field("subject"),
        Field("activity_date_time", _DATETIME),
        Field("duration", _INT),
        Field("location"),
        Field("details", _TEXT),
        Field("status_id", _INT, options="activity_status", default=2),
        Field("priority_id", _INT, options="priority", default=2),
        _flag("is_test"),
        _flag("is_deleted"),
        Field("created_date", _TIMESTAMP),
        Field("modified_date", _TIMESTAMP),
        Field(
            "source_contact_id",
            _INT,
            sql=(
                "(SELECT p.contact_id FROM civicrm_activity_contact p WHERE p.activity_id = {t}.id "
                "AND p.record_type_id = 2 ORDER BY p.id LIMIT 1)"
            ),
        ),
        Field("target_contact_id", _INT, packing=Packing.JSON, sql=_people(3)),
        Field("assignee_contact_id", _INT, packing=Packing.JSON, sql=_people(1)),
    ),
    label="subject",
    indexes=(("activity_type_id",),),
    echo=("created_date", "modified_date", "target_contact_id", "source_contact_id"),
)

ACTIVITY_CONTACT = Entity(
    "ActivityContact",
    "civicrm_activity_contact",
    (
        _ID,
        Field("activity_id", _INT, required=True, references="Activity"),
        _contact(),
        Field("record_type_id", _INT, required=True, options="activity_contacts"),
    ),
    unique=(("contact_id", "activity_id", "record_type_id"),),
    indexes=(("activity_id", "record_type_id"),),
)

OPTION_GROUP = Entity(
    "OptionGroup",
    "civicrm_option_group",
    (_ID, Field("name"), Field("title"), _flag("is_active", default=True)),
    label="title",
    unique=(("name",),),
)

OPTION_VALUE = Entity(
    "OptionValue",
    "civicrm_option_value",
    (
        _ID,
        Field("option_group_id", _INT, required=True, references="OptionGroup"),
        Field("label"),
        Field("value"),
        Field("name"),
        Field("weight", _INT),
        _flag("is_active", default=True),
        _flag("is_reserved"),
    ),
    label="label",
    indexes=(("option_group_id", "value"),),
)

ENTITIES: dict[str, Entity] = {
    one.name: one
    for one in (
        CONTACT,
        EMAIL,
        PHONE,
        ADDRESS,
        GROUP,
        GROUP_CONTACT,
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
    )
}

# Entities whose rows belong to a contact by location, and the prefix of their paths from a contact.
LOCATIONS: dict[str, Entity] = {"email": EMAIL, "phone": PHONE, "address": ADDRESS}

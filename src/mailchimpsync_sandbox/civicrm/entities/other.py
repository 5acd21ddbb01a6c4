"""The site itself, tags, gifts, memberships, activities, option values, custom fields."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

from mailchimpsync_sandbox.civicrm.entities.schema import DataType, Entity, Field, Packing

_INT, _BOOL, _MONEY, _TEXT = DataType.INTEGER, DataType.BOOLEAN, DataType.MONEY, DataType.TEXT
_DATE, _DATETIME, _TIMESTAMP = DataType.DATE, DataType.DATETIME, DataType.TIMESTAMP
_ID = Field("id", _INT)


def _flag(name: str, *, default: bool = False) -> Field:
    return Field(name, _BOOL, default=default)


def _contact() -> Field:
    return Field("contact_id", _INT, required=True, references="Contact")


def _people(record_type: int) -> str:
    return (
        "(SELECT json_group_array(CAST(p.contact_id AS TEXT)) FROM civicrm_activity_contact p "
        f"WHERE p.activity_id = {{t}}.id AND p.record_type_id = {record_type})"
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
    echo=("created_date", "modified_date"),
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

CUSTOM_GROUP = Entity(
    "CustomGroup",
    "civicrm_custom_group",
    (
        _ID,
        Field("name"),
        Field("title"),
        Field("extends", default="Contact"),
        Field("style", default="Inline"),
        _flag("collapse_display"),
        Field("weight", _INT),
        _flag("is_active", default=True),
        Field("table_name"),
        _flag("is_multiple"),
        _flag("is_reserved"),
    ),
    label="title",
    unique=(("name",),),
)

CUSTOM_FIELD = Entity(
    "CustomField",
    "civicrm_custom_field",
    (
        _ID,
        Field("custom_group_id", _INT, required=True, references="CustomGroup"),
        Field("name"),
        Field("label"),
        Field("data_type", default="String"),
        Field("html_type", default="Text"),
        Field("serialize", _INT, default=0),
        Field("option_group_id", _INT, references="OptionGroup", cascade=False),
        _flag("is_required"),
        _flag("is_searchable"),
        _flag("is_view"),
        Field("weight", _INT),
        _flag("is_active", default=True),
        Field("column_name"),
    ),
    label="label",
    unique=(("custom_group_id", "name"),),
)

NAVIGATION = Entity(
    "Navigation",
    "civicrm_navigation",
    (
        _ID,
        Field("domain_id", _INT, references="Domain", cascade=False, default=1),
        Field("label"),
        Field("name"),
        Field("url"),
        Field("icon"),
        Field("permission", packing=Packing.COMMAS),
        Field("permission_operator"),
        Field("parent_id", _INT, references="Navigation"),
        _flag("is_active", default=True),
        Field("has_separator", _INT),
        Field("weight", _INT, default=0),
    ),
    label="label",
)

AFFORM = Entity(
    "Afform",
    "sandbox_afform",
    (
        _ID,
        Field("name"),
        Field("type"),
        Field("title"),
        Field("placement", packing=Packing.JSON),
        Field("icon"),
        Field("permission", packing=Packing.JSON),
        Field("layout", _TEXT, length=65_535),
    ),
    label="title",
    unique=(("name",),),
    action_params=frozenset({"layoutFormat"}),
    match=("name",),
    is_file=True,
)

SEARCH_DISPLAY = Entity(
    "SearchDisplay",
    "civicrm_search_display",
    (
        _ID,
        Field("name"),
        Field("label"),
        Field("saved_search_id", _INT, required=True, references="SavedSearch"),
        Field("type"),
        Field("settings", packing=Packing.JSON),
        _flag("acl_bypass"),
    ),
    label="label",
    unique=(("saved_search_id", "name"),),
)

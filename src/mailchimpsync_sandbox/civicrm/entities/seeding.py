"""A fresh site: tables, triggers, and what every site has from the start."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

from typing import TYPE_CHECKING

from mailchimpsync_sandbox.civicrm.entities import custom
from mailchimpsync_sandbox.civicrm.entities.entities import ENTITIES, TABLES
from mailchimpsync_sandbox.civicrm.entities.options import SEEDED
from mailchimpsync_sandbox.civicrm.entities.schema import create_statements

if TYPE_CHECKING:
    import sqlite3

VERSION = "6.17.2"

# Merges are found by activities in CiviCRM; here by a table of their own. Users are the site's, not CiviCRM's.
_OWN_TABLES = (
    "CREATE TABLE sandbox_merge (other_id INTEGER PRIMARY KEY, main_id INTEGER NOT NULL)",
    "CREATE INDEX sandbox_merge_main ON sandbox_merge (main_id)",
    "CREATE TABLE sandbox_user (key TEXT PRIMARY KEY, permissions TEXT, acl_groups TEXT, contact_id INTEGER)",
)

# CiviCRM does this by triggers too: a change to a detail of a contact is a change to the contact.
_TOUCHING_TABLES = ("civicrm_email", "civicrm_phone", "civicrm_address")

_STATUSES = ("New", "Current", "Grace", "Expired", "Pending", "Cancelled", "Deceased")
_MENU = (
    (62, "Mailings", "Mailings", None),
    (99, "Administer", "Administer", None),
    (144, "System Settings", "System Settings", 99),
)
_CURRENT = frozenset({"New", "Current", "Grace"})
_BY_HAND = frozenset({"Pending", "Cancelled", "Deceased"})


def build(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty site, with what every site has; needs the functions of `database`."""
    connection.execute("BEGIN")
    for entity in ENTITIES.values():
        for statement in create_statements(entity, TABLES):
            connection.execute(statement)
    for statement in (*_OWN_TABLES, *custom.TABLES):
        connection.execute(statement)
    _seed(connection)
    for table in _TOUCHING_TABLES:
        _touch_contact_on_change(connection, table)
    connection.execute("COMMIT")


def _touch_contact_on_change(connection: sqlite3.Connection, table: str) -> None:
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        connection.execute(
            f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table} BEGIN "
            f"UPDATE civicrm_contact SET modified_date = utc_now() WHERE id = {row}.contact_id; END"
        )


def _seed(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO civicrm_contact (id, contact_type, organization_name, display_name, sort_name, is_deleted, "
        "is_deceased, do_not_email, is_opt_out, created_date, modified_date) VALUES (1, 'Organization', "
        "'Default Organization', 'Default Organization', 'Default Organization', 0, 0, 0, 0, utc_now(), utc_now()), "
        "(2, 'Individual', NULL, 'admin@example.org', 'admin@example.org', 0, 0, 0, 0, utc_now(), utc_now())"
    )
    connection.execute(
        "INSERT INTO civicrm_email (contact_id, location_type_id, email, is_primary, on_hold, is_bulkmail, is_billing) "
        "VALUES (2, 1, 'admin@example.org', 1, 0, 0, 0)"
    )
    connection.execute(
        "INSERT INTO civicrm_domain (name, contact_id, version) VALUES ('Default Domain Name', 1, ?)", (VERSION,)
    )
    for name, options in SEEDED.items():
        group_id = connection.execute(
            "INSERT INTO civicrm_option_group (name, title, is_active) VALUES (?, ?, 1)", (name, name)
        ).lastrowid
        connection.executemany(
            "INSERT INTO civicrm_option_value (option_group_id, value, name, label, weight, is_active, is_reserved) "
            "VALUES (?, ?, ?, ?, ?, 1, 1)",
            [(group_id, str(one.value), one.name, one.label, weight) for weight, one in enumerate(options, 1)],
        )
    connection.executemany(
        "INSERT INTO civicrm_membership_status (name, label, is_current_member, is_admin, weight, is_active) "
        "VALUES (?, ?, ?, ?, ?, 1)",
        [(name, name, name in _CURRENT, name in _BY_HAND, weight) for weight, name in enumerate(_STATUSES, 1)],
    )
    connection.executemany(
        "INSERT INTO civicrm_navigation (id, domain_id, label, name, is_active, parent_id) VALUES (?, 1, ?, ?, 1, ?)",
        _MENU,
    )

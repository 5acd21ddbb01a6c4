"""Merging contacts, and finding where a merged one went."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

from mailchimpsync_sandbox.civicrm.access.rows import Access
from mailchimpsync_sandbox.civicrm.entities.contact_rules import primary_id
from mailchimpsync_sandbox.civicrm.entities.entities import ADDRESS, CONTACT, EMAIL, PHONE
from mailchimpsync_sandbox.civicrm.query.writing import Writer

# Tables in which the main contact may already have what the other one brings: table, column, and which rows count.
_ONCE_EACH = (
    ("civicrm_group_contact", "contact_id", "1"),
    ("civicrm_entity_tag", "entity_id", "entity_table = 'civicrm_contact'"),
    ("civicrm_activity_contact", "contact_id", "1"),
)


def merge(writer: Writer, main_id: int, other_id: int) -> bool:
    """Merge a contact into another; return False if one is missing or in the trash, or they are the same.

    An address stays with the other contact, in the trash, where the main one has another of the same location type.

    Groups and their history, tags, addresses, and what belongs to the other contact move to the main one. A group both
    are in keeps the main contact's row, which becomes Added if the other one's is. The other contact goes to the trash.
    """
    living = "SELECT COUNT(*) FROM civicrm_contact WHERE id IN (?, ?) AND is_deleted = 0"
    if writer.database.rows(living, (main_id, other_id))[0][0] != 2:  # noqa: PLR2004 (main and other)
        return False
    run = writer.database.execute
    run(
        "UPDATE civicrm_group_contact SET status = 'Added' WHERE contact_id = ? AND status <> 'Added' AND group_id IN "
        "(SELECT group_id FROM civicrm_group_contact WHERE contact_id = ? AND status = 'Added')",
        (main_id, other_id),
    )
    for table, column, condition in _ONCE_EACH:
        run(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} = ? AND {condition}", (main_id, other_id))
        run(f"DELETE FROM {table} WHERE {column} = ? AND {condition}", (other_id,))
    for table in ("civicrm_subscription_history", "civicrm_contribution", "civicrm_membership"):
        run(f"UPDATE {table} SET contact_id = ? WHERE contact_id = ?", (main_id, other_id))
    _merge_locations(writer, main_id, other_id)
    _fill_gaps(writer, main_id, other_id)
    run("INSERT OR REPLACE INTO sandbox_merge (other_id, main_id) VALUES (?, ?)", (other_id, main_id))
    run("UPDATE civicrm_contact SET is_deleted = 1, modified_date = utc_now() WHERE id = ?", (other_id,))
    return True


def _merge_locations(writer: Writer, main_id: int, other_id: int) -> None:
    for entity, value in ((EMAIL, "email"), (PHONE, "phone"), (ADDRESS, "street_address")):
        had_primary = primary_id(writer, entity, main_id) is not None
        flags = ", is_primary = 0" if had_primary else ""
        taken = f"SELECT location_type_id FROM {entity.table} WHERE contact_id = ?"
        already = f"SELECT fold(coalesce({value}, '')) FROM {entity.table} WHERE contact_id = ?"
        writer.database.execute(
            f"UPDATE {entity.table} SET contact_id = ?{flags} WHERE contact_id = ? "
            f"AND location_type_id NOT IN ({taken}) AND fold(coalesce({value}, '')) NOT IN ({already})",
            (main_id, other_id, main_id, main_id),
        )


def _fill_gaps(writer: Writer, main_id: int, other_id: int) -> None:
    """Give the main contact what only the other one has."""
    main, other = writer.row(CONTACT, main_id), writer.row(CONTACT, other_id)
    fields = ("first_name", "middle_name", "last_name", "organization_name", "household_name", "nick_name", "job_title")
    gaps = {name: other[name] for name in fields if not main[name] and other[name]}
    if gaps:
        writer.update(CONTACT, main_id, gaps)


def merged_to(access: Access, contact_id: int) -> int | None:
    """Return the contact that a merged one ended up in, following later merges; None if it was not merged.

    It is None too where the user does not see one of the two: without *access deleted contacts* no merge is seen.
    """
    seen = {contact_id}
    at = contact_id
    while found := access.database.rows("SELECT main_id FROM sandbox_merge WHERE other_id = ?", (at,)):
        at = found[0][0]
        if at in seen:
            return None
        seen.add(at)
    shown = all(access.grants(CONTACT, "get", {"id": one}) for one in (contact_id, at))
    return at if at != contact_id and shown else None

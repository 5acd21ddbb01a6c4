"""Pseudo-constants: what `field:name` and `field:label` stand for."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailchimpsync_sandbox.civicrm.entities.schema import TEXTUAL, Field
from mailchimpsync_sandbox.civicrm.query.folding import fold

if TYPE_CHECKING:
    from mailchimpsync_sandbox.civicrm.database import Database

SUFFIXES = frozenset({"name", "label", "abbr"})


class Option(NamedTuple):
    """One choice; `value` is what is kept in the column."""

    value: int | str
    name: str
    label: str
    abbr: str | None = None


def _named(*names: str) -> tuple[Option, ...]:
    return tuple(Option(name, name, name) for name in names)


def _numbered(*names: str, start: int = 1) -> tuple[Option, ...]:
    return tuple(Option(number, name, name) for number, name in enumerate(names, start))


# Choices that are no option values in CiviCRM either, or tables of their own there.
FIXED: dict[str, tuple[Option, ...]] = {
    "contact_type": _named("Individual", "Household", "Organization"),
    "group_contact_status": _named("Added", "Removed", "Pending"),
    "history_method": _named("Admin", "Email", "Form", "Web", "API"),
    "location_type": _numbered("Home", "Work", "Main", "Other", "Billing"),
    "on_hold": (Option(0, "No", "No"), Option(1, "On Hold Bounce", "On Hold Bounce"), Option(2, "Opt Out", "Opt Out")),
    "language": (
        Option("en_US", "en_US", "English (United States)"),
        Option("en_GB", "en_GB", "English (United Kingdom)"),
        Option("de_DE", "de_DE", "German"),
        Option("fr_FR", "fr_FR", "French (France)"),
        Option("es_ES", "es_ES", "Spanish; Castilian (Spain)"),
        Option("nb_NO", "nb_NO", "Norwegian Bokmål"),
        Option("pt_BR", "pt_BR", "Portuguese (Brazil)"),
    ),
    "mail_format": _named("Text", "HTML", "Both"),
    "communication_style": (Option(1, "formal", "Formal"), Option(2, "familiar", "Familiar")),
    "greeting": _numbered("Dear {contact.first_name}"),
    "addressee": _numbered("{contact.first_name} {contact.last_name}"),
    "financial_type": _numbered("Donation", "Member Dues", "Campaign Contribution", "Event Fee"),
    "country": (
        Option(1082, "Germany", "Germany", "DE"),
        Option(1076, "France", "France", "FR"),
        Option(1226, "United Kingdom", "United Kingdom", "GB"),
        Option(1228, "United States", "United States", "US"),
    ),
    "state_province": (
        Option(1004, "California", "California", "CA"),
        Option(1031, "New York", "New York", "NY"),
        Option(2704, "Greater London", "Greater London", "LND"),
    ),
}

# Option groups as a fresh site has them, as far as the entities here use them.
SEEDED: dict[str, tuple[Option, ...]] = {
    "activity_type": (
        Option(1, "Meeting", "Meeting"),
        Option(2, "Phone Call", "Phone Call"),
        Option(3, "Email", "Email"),
        Option(19, "Bulk Email", "Bulk Email"),
        Option(51, "Contact Merged", "Contact Merged"),
        Option(52, "Contact Deleted by Merge", "Contact Deleted by Merge"),
    ),
    "activity_status": _numbered("Scheduled", "Completed", "Cancelled", "Left Message", "Unreachable"),
    "activity_contacts": (
        Option(1, "Activity Assignees", "Assigned to"),
        Option(2, "Activity Source", "Added by"),
        Option(3, "Activity Targets", "With"),
    ),
    "priority": _numbered("Urgent", "Normal", "Low"),
    "group_type": (
        Option(1, "Access Control", "Access Control"),
        Option(2, "Mailing List", "Mailing List"),
    ),
    "tag_used_for": (
        Option("civicrm_contact", "Contact", "Contacts"),
        Option("civicrm_activity", "Activity", "Activities"),
        Option("civicrm_case", "Case", "Cases"),
        Option("civicrm_file", "File", "Attachments"),
    ),
    "payment_instrument": _numbered("Credit Card", "Debit Card", "Cash", "Check", "EFT"),
    "contribution_status": _numbered("Completed", "Pending", "Cancelled", "Failed"),
    "individual_prefix": _numbered("Mrs.", "Ms.", "Mr.", "Dr."),
    "gender": _numbered("Female", "Male", "Other"),
    "phone_type": _numbered("Phone", "Mobile", "Fax", "Pager", "Voicemail"),
}

# Entities short enough to be offered as choices of a field that points to them, and what they are named by.
_REFERENCES = {
    "Group": "title",
    "Tag": "label",
    "MembershipType": "title",
    "MembershipStatus": "label",
    "OptionGroup": "title",
}


def has_options(field: Field) -> bool:
    """Whether `field:name` means anything."""
    return field.options is not None or field.references in _REFERENCES


def options_of(database: Database, field: Field) -> list[Option]:
    """Return the choices of a field, in CiviCRM's order; empty if it has none."""
    if field.options in FIXED:
        return list(FIXED[field.options])
    if field.references in _REFERENCES or field.options == "group":
        return _referenced(database, field.references or "Group")
    if field.options is None:
        return []
    rows = database.rows(
        "SELECT v.value, v.name, v.label FROM civicrm_option_value v JOIN civicrm_option_group g "
        "ON g.id = v.option_group_id WHERE g.name = ? ORDER BY v.weight, v.id",
        (field.options,),
    )
    textual = field.data_type in TEXTUAL
    return [Option(value if textual else int(value), name, label) for value, name, label in rows]


def _referenced(database: Database, entity: str) -> list[Option]:
    label = _REFERENCES[entity]
    table = database.tables[entity]
    rows = database.rows(f"SELECT id, name, {label} FROM {table} ORDER BY {label}")
    return [Option(*row) for row in rows]


def to_suffix(choices: list[Option], suffix: str) -> dict[object, object]:
    """Return what each kept value is shown as."""
    return {str(one.value): getattr(one, suffix) for one in choices}


def from_suffix(choices: list[Option], suffix: str) -> dict[object, int | str]:
    """Return the kept value of each name, label or abbreviation, folded."""
    return {fold(getattr(one, suffix)): one.value for one in choices}

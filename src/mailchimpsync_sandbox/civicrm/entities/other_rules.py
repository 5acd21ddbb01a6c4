"""Groups and their history, tags, gifts, memberships, activities: what is stored besides what is given."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound
# ruff: noqa: ARG002 - a rule is given more than it may need

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mailchimpsync_sandbox.civicrm.entities.contact_rules import ContactRules, EmailRules, LocationRules
from mailchimpsync_sandbox.civicrm.entities.entities import (
    ACTIVITY_CONTACT,
    ADDRESS,
    CUSTOM_FIELD,
    CUSTOM_GROUP,
    GROUP,
    GROUP_CONTACT,
    GROUP_NESTING,
    PHONE,
)
from mailchimpsync_sandbox.civicrm.entities.schema import Entity
from mailchimpsync_sandbox.civicrm.query.writing import Record, Rules, Writer

_ACTIVITY_PEOPLE = {"assignee_contact_id": 1, "source_contact_id": 2, "target_contact_id": 3}
_NEW_MEMBER_DAYS = 90
_GRACE_DAYS = 31
_TABLE_NAME_MAX = 13


def name_from_title(title: str) -> str:
    """Return a title as a name: anything but letters and digits becomes an underscore."""
    return re.sub(r"\W+", "_", title, flags=re.ASCII)


class GroupRules(Rules):
    """A group is named after its title and id, as CiviCRM does: `Autumn__8` for "Autumn News"."""

    def prepare(self, writer: Writer, record: Record) -> None:
        record.values["modified_id"] = writer.me
        if record.created:
            record.values["created_id"] = writer.me
            record.values.setdefault("frontend_title", record.values.get("title"))

    def after_write(self, writer: Writer, record: Record) -> None:
        if record.created and not record.values.get("name"):
            record.values["name"] = f"{name_from_title(record.values['title'])[:-4]}_{record.row_id}"
            writer.set_values(GROUP, record.row_id or 0, {"name": record.values["name"]})
        if "parents" in record.extra:
            _nest(writer, record.row_id or 0, record.extra["parents"] or [])


def _nest(writer: Writer, child: int, parents: list[int]) -> None:
    writer.database.execute("DELETE FROM civicrm_group_nesting WHERE child_group_id = ?", (child,))
    for parent in parents:
        writer.insert(GROUP_NESTING, {"child_group_id": child, "parent_group_id": parent})


class GroupContactRules(Rules):
    """Every write to a membership is added to the history, even if it changes nothing.

    As recorded: "add again" left a second Added row with a later date.
    """

    def prepare(self, writer: Writer, record: Record) -> None:
        if record.created:
            record.values.setdefault("status", "Added")

    def after_write(self, writer: Writer, record: Record) -> None:
        row = writer.row(GROUP_CONTACT, record.row_id or 0)
        _note(writer, row, row["status"], record.extra)
        record.values = {name: row[name] for name in ("group_id", "contact_id", "status")}

    def before_delete(self, writer: Writer, row_ids: list[int], params: dict[str, Any]) -> bool:
        for row_id in row_ids:
            _note(writer, writer.row(GROUP_CONTACT, row_id), "Deleted", params)
        return False


def _note(writer: Writer, row: dict[str, Any], status: str, source: dict[str, Any]) -> None:
    writer.database.execute(
        "INSERT INTO civicrm_subscription_history (contact_id, group_id, date, method, status, tracking) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            row["contact_id"],
            row["group_id"],
            writer.database.utc_now(),
            source.get("method") or "API",
            status,
            source.get("tracking") or None,
        ),
    )


class HistoryRules(Rules):
    """An entry is dated now, whatever date is given."""

    def prepare(self, writer: Writer, record: Record) -> None:
        if record.created:
            record.values["date"] = writer.database.utc_now()


class NamedRules(Rules):
    """Tags and saved searches have a creator and date; name and label default to each other."""

    def prepare(self, writer: Writer, record: Record) -> None:
        if not record.created:
            return
        values = record.values
        name, label = values.get("name"), values.get("label")
        values["name"] = name or (name_from_title(label) if label else None)
        values["label"] = label or name
        for key, value in (
            ("created_id", writer.me),
            ("modified_id", writer.me),
            ("created_date", writer.database.local_now()),
        ):
            if key in record.entity.by_name:
                values.setdefault(key, value)


class ContributionRules(Rules):
    """The net amount of a gift is what is left after the fee."""

    def prepare(self, writer: Writer, record: Record) -> None:
        record.values["modified_date"] = writer.database.utc_now()
        if record.created:
            values = record.values
            values["created_date"] = values["modified_date"]
            values["invoice_id"] = secrets.token_hex(16)
            values.setdefault("receive_date", writer.database.local_now())
            values.setdefault("net_amount", (values.get("total_amount") or 0) - (values.get("fee_amount") or 0))


class MembershipTypeRules(Rules):
    """Titles default to the name; the newest goes last."""

    def prepare(self, writer: Writer, record: Record) -> None:
        if record.created:
            for title in ("title", "frontend_title"):
                record.values.setdefault(title, record.values.get("name"))
            record.values.setdefault("weight", _next(writer, "civicrm_membership_type", "weight"))


class MembershipRules(Rules):
    """The status follows from the dates, unless it is given."""

    def prepare(self, writer: Writer, record: Record) -> None:
        today = date.fromisoformat(writer.database.local_now()[:10])
        values = record.values
        if record.created:
            values.setdefault("join_date", today.isoformat())
            values.setdefault("start_date", values["join_date"])
        if "status_id" not in values and (record.created or "end_date" in values):
            values["status_id"] = _membership_status(values, today)


def _membership_status(values: dict[str, Any], today: date) -> int:
    joined, ends = values.get("join_date"), values.get("end_date")
    if ends is not None and date.fromisoformat(ends) < today:
        return 3 if date.fromisoformat(ends) + timedelta(days=_GRACE_DAYS) >= today else 4
    is_new = joined is not None and (today - date.fromisoformat(joined)).days < _NEW_MEMBER_DAYS
    return 1 if is_new else 2


class ActivityRules(Rules):
    """The people of an activity are separate rows."""

    def prepare(self, writer: Writer, record: Record) -> None:
        now = writer.database.utc_now()
        record.values["modified_date"] = now
        if record.created:
            record.values.update({"status_id": 2, "priority_id": 2, "created_date": now, **record.values})
            record.values.setdefault("activity_date_time", writer.database.local_now())

    def after_write(self, writer: Writer, record: Record) -> None:
        for key, kind in _ACTIVITY_PEOPLE.items():
            if key in record.extra:
                record.echo[key] = None
                self._replace(writer, record.row_id or 0, kind, record.extra[key])

    def _replace(self, writer: Writer, activity_id: int, kind: int, people: Any) -> None:
        table = ACTIVITY_CONTACT.table
        writer.database.execute(
            f"DELETE FROM {table} WHERE activity_id = ? AND record_type_id = ?", (activity_id, kind)
        )
        ids = people if isinstance(people, list) else [people]
        writer.database.execute_many(
            f"INSERT INTO {table} (activity_id, contact_id, record_type_id) VALUES (?, ?, ?)",
            [(activity_id, one, kind) for one in dict.fromkeys(ids) if one is not None],
        )


class EntityTagRules(Rules):
    """Tags are for contacts by default."""

    def prepare(self, writer: Writer, record: Record) -> None:
        if record.created:
            record.values.setdefault("entity_table", "civicrm_contact")


class OptionValueRules(Rules):
    """Name, value and weight get defaults where they aren't given."""

    def prepare(self, writer: Writer, record: Record) -> None:
        if record.created:
            values = record.values
            values.setdefault("label", values.get("name"))
            values.setdefault("name", name_from_title(values["label"] or ""))
            values.setdefault("value", str(_next(writer, "civicrm_option_value", "CAST(value AS INTEGER)")))
            values.setdefault("weight", _next(writer, "civicrm_option_value", "weight"))


@dataclass(frozen=True)
class CustomRules(Rules):
    """Custom groups and fields: named after their titles, each with its own place for values.

    `called` and `home` are the columns of those; `prefix` is what a home's name begins with.
    """

    entity: Entity
    called: str
    home: str
    prefix: str = ""
    defaults: tuple[tuple[str, Any], ...] = ()

    def prepare(self, writer: Writer, record: Record) -> None:
        if record.created:
            values = record.values
            values.setdefault("name", name_from_title(values.get(self.called) or ""))
            values.setdefault("weight", _next(writer, self.entity.table, "weight"))
            values.update({name: value for name, value in self.defaults if name not in values})

    def before_delete(self, writer: Writer, row_ids: list[int], params: dict[str, Any]) -> bool:
        for row_id in row_ids if self.prefix else ():
            writer.database.execute(f"DROP TABLE IF EXISTS {writer.row(self.entity, row_id)[self.home]}")
        return False

    def after_write(self, writer: Writer, record: Record) -> None:
        if record.created and not record.values.get(self.home):
            name = record.values["name"].lower()[: _TABLE_NAME_MAX if self.prefix else None]
            record.values[self.home] = f"{self.prefix}{name}_{record.row_id}"
            writer.set_values(self.entity, record.row_id or 0, {self.home: record.values[self.home]})


def _next(writer: Writer, table: str, what: str) -> int:
    return int(writer.database.rows(f"SELECT coalesce(MAX({what}), 0) + 1 FROM {table}")[0][0])


RULES: dict[str, Rules] = {
    "Contact": ContactRules(),
    "Email": EmailRules(),
    "Phone": LocationRules(PHONE),
    "Address": LocationRules(ADDRESS),
    "Group": GroupRules(),
    "GroupContact": GroupContactRules(),
    "SubscriptionHistory": HistoryRules(),
    "Tag": NamedRules(),
    "SavedSearch": NamedRules(),
    "Contribution": ContributionRules(),
    "MembershipType": MembershipTypeRules(),
    "Membership": MembershipRules(),
    "Activity": ActivityRules(),
    "EntityTag": EntityTagRules(),
    "OptionValue": OptionValueRules(),
    "CustomGroup": CustomRules(CUSTOM_GROUP, "title", "table_name", "civicrm_value_"),
    "CustomField": CustomRules(
        CUSTOM_FIELD, "label", "column_name", defaults=(("is_required", 0), ("is_active", 1), ("serialize", 0))
    ),
}

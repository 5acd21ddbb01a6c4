"""The tables. The first four are those of the PHP extension (existing-extension.md 2), with JSON for its blobs.

All times are UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

PREFIX = "civicrm_mailchimpsync_"

metadata = MetaData(
    naming_convention={
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; the database keeps it without zone."""

    impl = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Write SQLite's text at the speed of C; the other databases' drivers take a datetime as it is."""
        return _sqlite_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read it likewise."""
        return _from_sqlite_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


_WITHOUT_ZONE = len("2026-01-01 00:00:00.000000")


def _sqlite_text(value: datetime | None) -> str | None:
    """Return the form in which SQLAlchemy's own DateTime keeps times in SQLite."""
    if value is None:
        return None
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


def _from_sqlite_text(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value + "+00:00") if value is not None else None


class JsonText(TypeDecorator[Any]):
    """JSON as text, without spaces. SQL NULL is None."""

    impl = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:  # noqa: ARG002 (the base class names it)
        """Write text without a detour: JSON is most of what is written."""
        return _json_or_null

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        return from_json(value) if value is not None else None


def _json_or_null(value: Any) -> str | None:
    return to_json(value).decode() if value is not None else None


def json_text(value: Any) -> str:
    """Return a JSON value as text."""
    return to_json(value).decode()


_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself for INTEGER only
_TABLE_OPTIONS: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
    "sqlite_autoincrement": True,
}


def _table(name: str, *columns: Any, **options: Any) -> Table:
    return Table(PREFIX + name, metadata, *columns, **{**_TABLE_OPTIONS, **options})


cache = _table(
    "cache",
    Column("id", _ID, primary_key=True),
    Column("mailchimp_list_id", String(32), nullable=False),
    # `m:<member id>` where the member is known or claimed, else `c:<contact id>`: what makes duplicates impossible
    Column("identity", String(64), nullable=False),
    Column("mailchimp_member_id", String(32)),
    Column("mailchimp_contact_id", String(32)),
    Column("mailchimp_email", String(255)),
    Column("mailchimp_status", String(20)),
    Column("mailchimp_status_date", UtcDateTime),
    Column("mailchimp_status_by", String(20)),  # `us`, `us-unconfirmed`; null: somebody else, or unknown
    Column("mailchimp_updated", UtcDateTime),
    Column("mailchimp_opted_in", UtcDateTime),
    Column("member_problem", String(32)),  # why what Mailchimp says of the member can't be read
    Column("mailchimp_data", JsonText),  # {"first_name": …, "last_name": …}
    Column("mailchimp_interests", JsonText),  # the linked ones, {interest id: true or false}
    Column("civicrm_data", JsonText),
    Column("civicrm_groups", Text),  # `group id;status;date` of each relevant group, joined by `|`
    Column("civicrm_contact_id", BigInteger),
    Column("departed_contact_id", BigInteger),
    Column("handed_from", BigInteger),  # the contact that consented, where the member was handed to another one since
    Column("marks", String(80)),  # the contact's departures, other than from the group, joined by commas
    Column("inherited", String(80)),  # likewise of contacts that were merged into its own
    Column("inherited_at", UtcDateTime),
    Column("departure", String(20)),  # the one for which we took the member off
    Column("civicrm_address", String(255)),  # the contact's best one when it was last looked at
    Column("new_address", String(255)),  # what CiviCRM wants the member's to be, until Mailchimp has it
    Column("names_before", JsonText),  # the names CiviCRM was last told of, where the member has others since
    Column("address_before", String(255)),  # the member's address before it was changed at Mailchimp
    Column("hold_reason", String(32)),  # the code of why the address is to be put on hold in CiviCRM
    Column("contact_problem", String(32)),  # the code of why nothing certain is known of the contact
    Column("sync_status", String(10), nullable=False, server_default="todo"),
    Column("reason", String(32)),
    Column("reason_detail", String(500)),
    Column("base_subscribed", Boolean),
    Column("base_interests", JsonText),
    Column("refusal", JsonText),
    Column("recheck", Boolean, nullable=False, server_default="0"),  # became due while an update was in flight
    Column("seen_run", BigInteger),  # the run whose fetch last saw the member
    UniqueConstraint("mailchimp_list_id", "identity"),
    Index("ix_mcs_cache_sync_status", "mailchimp_list_id", "sync_status", "id"),
    Index("ix_mcs_cache_contact", "mailchimp_list_id", "civicrm_contact_id"),
    Index("ix_mcs_cache_list", "mailchimp_list_id", "id"),  # to be browsed
    Index("ix_mcs_cache_mailchimp_contact", "mailchimp_list_id", "mailchimp_contact_id"),
)

batch = _table(
    "batch",
    Column("id", _ID, primary_key=True),
    Column("mailchimp_list_id", String(32), nullable=False),
    Column("mailchimp_batch_id", String(64)),
    Column("status", String(20)),
    Column("created_date", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("finished_operations", Integer, nullable=False, server_default="0"),
    Column("errored_operations", Integer, nullable=False, server_default="0"),
    Column("total_operations", Integer, nullable=False, server_default="0"),
    Column("response_processed", SmallInteger, nullable=False, server_default="0"),
    Column("mark", String(40)),  # begins the name of each of its operations, and of nobody else's
    Column("foreign_ids", JsonText),  # Mailchimp's ids of batches that it was taken for and that are another site's
    Column("attempts", Integer, nullable=False, server_default="0"),  # to get its results, that failed
    Column("try_again_at", UtcDateTime),  # null: at once
    Column("problem", String(32)),  # why the last attempt failed
    Column("problem_detail", String(500)),
    Column("refused_code", String(32)),  # every operation was refused, with this code
    Index("ix_mcs_batch_open", "mailchimp_list_id", "response_processed"),
)

update = _table(
    "update",
    Column("id", _ID, primary_key=True),
    Column("mailchimpsync_cache_id", BigInteger, ForeignKey(cache.c.id, ondelete="CASCADE"), nullable=False),
    Column("mailchimpsync_batch_id", BigInteger, ForeignKey(batch.c.id, ondelete="CASCADE")),
    Column("data", JsonText, nullable=False),
    Column("completed", SmallInteger, nullable=False, server_default="0"),
    Column("error_response", Text),
    Column("created_date", UtcDateTime, nullable=False),
    # the cache row's id while the update is open, else null: at most one open update per row (DESIGN 3.9)
    Column("open_row", BigInteger, unique=True),
    Column("attempt", JsonText),  # how it is tried: {"decided": …, "tries": […], "known": …}
    Column("agreed", JsonText),
    Column("run_id", BigInteger),
    Column("leaves", Boolean, nullable=False, server_default="0"),  # it takes its member off the list: such go first
    Index("ix_mcs_update_row", "mailchimpsync_cache_id"),
    Index("ix_mcs_update_batch", "mailchimpsync_batch_id"),
    Index("ix_mcs_update_open", "completed", "mailchimpsync_batch_id", "leaves", "id"),
)

data = _table(
    "data",
    Column("cache_id", BigInteger, ForeignKey(cache.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("confirmed", JsonText),  # what Mailchimp has of ours, see data/differences.py
    Column("wanted", JsonText),  # what is to go with the row's next update
    Column("refused", JsonText),  # what Mailchimp refused: not sent again until it changes
    sqlite_autoincrement=False,
)

status = _table(
    "status",
    Column("list_id", String(32), primary_key=True),
    Column("last_sync_time", UtcDateTime),  # the since-mark: when the last completed run started
    Column("stage", String(64), nullable=False),
    Column("run_id", BigInteger),
    Column("progress", JsonText),  # where the stage goes on, by identity or key
    Column("links", JsonText),  # the connection as it was at the last completed run; another one needs a full run
    Column("seen", JsonText),  # what CiviCRM showed when it was last believed, to be found there again
    Column("trust", JsonText),  # {"run": …, "trusted": …}: the complete run that a side was trusted in
    Column("lease_owner", String(100)),
    Column("lease_token", BigInteger, nullable=False, server_default="0"),
    Column("lease_expires", UtcDateTime),
    Column("abort_requested", UtcDateTime),  # whoever holds the lease is asked to stop
    Column("stage_done", Integer),  # how many items of the stage are done; null: it has not begun
    Column("stage_total", Integer),  # of how many, where that is known
    Column("stage_seconds", Integer),  # how long the run has been at work on it, over all calls
    Column("attempted_at", UtcDateTime),  # when the last call of a run ended
    Column("attempt_outcome", String(32)),  # how it ended: an outcome, or the code of an error
    Column("failing_code", String(32)),  # the error of the last calls; null: they did not fail
    Column("failing_since", UtcDateTime),
    Column("failing_times", Integer),  # how many calls in a row ended with it
    Column("gone_interests", JsonText),  # linked interests that Mailchimp did not have when it was last asked
    sqlite_autoincrement=False,
)

service = _table(  # a process that works by the schedules of connections
    "service",
    Column("id", String(64), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),  # when it last said that it is alive
    sqlite_autoincrement=False,
)

run = _table(
    "run",
    Column("id", _ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("kind", String(10), nullable=False, server_default="run"),  # `run`, or `members`: a few of them, by webhook
    Column("started_at", UtcDateTime, nullable=False),
    Column("begun_by", String(100)),  # who called for it; null: nobody, it was due
    Column("since", UtcDateTime),  # null: everything
    Column("links", JsonText),  # the groups it looks at
    Column("kept_plan_id", BigInteger),  # the plan it carries out, and nothing else
    Column("accepts_empty", Boolean, nullable=False, server_default="0"),  # somebody said that a side is really empty
    Column("with_data", Boolean, nullable=False, server_default="0"),
    Column("finished_at", UtcDateTime),
    Column("outcome", String(20)),
    Column("error_code", String(32)),
    Column("counts", JsonText),
    Index("ix_mcs_run_list", "list_id", "id"),
)

log = _table(
    "log",
    Column("id", _ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("run_id", BigInteger),
    Column("time", UtcDateTime, nullable=False),
    Column("message", String(1000), nullable=False),
    Index("ix_mcs_log_run", "list_id", "run_id", "id"),
)

group_contact = _table(
    "group_contact",
    Column("list_id", String(32), primary_key=True),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("status", String(10)),
    Column("date", UtcDateTime),
    Column("history_id", BigInteger),
    Column("ours", Boolean, nullable=False, server_default="0"),  # the newest entry is our own: an echo, not a word
    Column("seen_run", BigInteger, nullable=False),
    Index("ix_mcs_group_contact_seen", "list_id", "seen_run"),
    sqlite_autoincrement=False,
    sqlite_with_rowid=False,
)

plan = _table(
    "plan",
    Column("id", _ID, primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("cache_id", BigInteger, ForeignKey(cache.c.id, ondelete="CASCADE"), nullable=False),
    Column("create_contact", Boolean, nullable=False),
    Column("group_changes", JsonText, nullable=False),  # [[group id, status], …]
    Column("member_update", JsonText),
    Column("sync_status", String(10), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("agreed", JsonText, nullable=False),
    UniqueConstraint("run_id", "cache_id"),
    Index("ix_mcs_plan_open", "run_id", "id"),
    Index("ix_mcs_plan_row", "cache_id"),
)

journal = _table(
    "journal",
    Column("id", _ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("cache_id", BigInteger, nullable=False),  # no foreign key: the story outlives the row
    Column("contact_id", BigInteger),
    Column("member_id", String(32)),
    Column("time", UtcDateTime, nullable=False),
    Column("run_id", BigInteger),
    Column("side", String(10), nullable=False),
    Column("field", String(64), nullable=False),
    Column("old", String(255)),
    Column("new", String(255)),
    Column("reason", String(32), nullable=False),
    Column("actor", String(100)),  # `run`, `webhook`, or who approved the plan, or called for the run
    Column("answer", String(100)),  # what the other system answered: its status, and the code of a refusal
    Column("number", BigInteger),  # in the audience's chain, from 1; null: from before there was a chain
    Column("commitment", String(64)),  # SHA-256 of the salt and the personal values
    Column("salt", String(64)),  # once the personal values are minimised: their seal
    Column("minimised_at", UtcDateTime),
    Column("hash", String(64)),  # SHA-256 of the entry before and of this one
    Index("ix_mcs_journal_number", "list_id", "number", unique=True),
    Index("ix_mcs_journal_row", "list_id", "cache_id"),
    Index("ix_mcs_journal_run", "run_id"),
    Index("ix_mcs_journal_contact", "contact_id"),
    Index("ix_mcs_journal_member", "member_id"),
)

journal_chain = _table(
    "journal_chain",
    Column("list_id", String(32), primary_key=True),
    Column("unchained_to", BigInteger, nullable=False),  # the newest entry from before there was a chain
    Column("before_first", BigInteger, nullable=False),  # how many entries were deleted for their age
    Column("before_first_hash", String(64), nullable=False),  # the hash of the last of them
    Column("newest", BigInteger, nullable=False),
    Column("newest_hash", String(64), nullable=False),
    Column("minimised_to", BigInteger, nullable=False),
    sqlite_autoincrement=False,
)

tombstone = _table(
    "tombstone",
    Column("digest", String(64), primary_key=True),  # keyed, of an erased address
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(100), nullable=False),
    sqlite_autoincrement=False,
)

secret = _table(
    "secret",
    Column("name", String(40), primary_key=True),
    Column("token", Text, nullable=False),  # encrypted with the site's secret key
    sqlite_autoincrement=False,
)

site = _table(
    "site",
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
    sqlite_autoincrement=False,
)

configuration = _table(
    "configuration",
    Column("version", _ID, primary_key=True),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("saved_by", String(100), nullable=False),
    Column("document", JsonText, nullable=False),
)

event = _table(
    "event",
    Column("id", _ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("member_key", String(32)),  # MD5 of the address it is about: events of one person are handled in order
    Column("other_key", String(32)),  # likewise of the new address, where it changed
    Column("data", JsonText),  # what of the call is needed; null once it has served
    Column("fingerprint", String(64), nullable=False),
    Column("fired_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("outcome", String(32)),
    Column("note", String(500)),
    Column("run_id", BigInteger),  # the run of kind `members` that handled it
    UniqueConstraint("fingerprint"),
    Index("ix_mcs_event_waiting", "state", "list_id", "id"),
    Index("ix_mcs_event_finished", "state", "finished_at"),
)

token = _table(
    "token",
    Column("id", _ID, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("scope", String(10), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    UniqueConstraint("token_hash"),
)

kept_plan = _table(
    "kept_plan",
    Column("id", _ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("kind", String(10), nullable=False),  # `plan`: asked for; `held`: by the guard; `undo`
    Column("state", String(10), nullable=False, server_default="open"),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("run_id", BigInteger),  # the run that was held, or is to be undone
    Column("links", JsonText, nullable=False),  # the connection it was made for
    Column("counts", JsonText, nullable=False),  # people by kind of change
    Column("excess", JsonText, nullable=False),  # what goes over the limits, in words
    Column("billable", JsonText),  # {"before": …, "after": …, "may_be_asked": …}
    Column("failures", JsonText),  # [{"reason": …, "count": …}, …]
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(100)),
    Column("applied_run_id", BigInteger),
    Index("ix_mcs_kept_plan_state", "list_id", "state", "id"),
)

kept_change = _table(
    "kept_change",
    Column("id", _ID, primary_key=True),
    Column("plan_id", BigInteger, ForeignKey(kept_plan.c.id, ondelete="CASCADE"), nullable=False),
    Column("identity", String(64), nullable=False),  # of the cache row
    Column("contact_id", BigInteger),
    Column("member_id", String(32)),
    Column("address", String(255)),
    Column("before", JsonText, nullable=False),  # {"status": …, "interests": …, "groups": {group id: status}}
    Column("create_contact", Boolean, nullable=False),
    Column("group_changes", JsonText, nullable=False),
    Column("member_update", JsonText),
    Column("sync_status", String(10), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("agreed", JsonText, nullable=False),
    Column("outcome", String(10)),  # `done`, `left out`, `refused`, or `unknown`
    Column("note", String(500)),
    UniqueConstraint("plan_id", "identity"),
)

verification = _table(
    "verification",
    Column("id", _ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("finished_at", UtcDateTime),  # null: under way, or it came to no end
    Column("members", Integer),  # at Mailchimp, whatever their status
    Column("subscribed", Integer),
    Column("in_group", Integer),
    Column("explained", Integer),
    Column("unexplained", Integer),
    Column("counts", JsonText),  # [{"kind": …, "cause": …, "code": …, "count": …}, …]
    Column("differences", JsonText),  # the first ones; of the newest verification only
    Index("ix_mcs_verification_list", "list_id", "id"),
)

alert = _table(
    "alert",
    Column("id", _ID, primary_key=True),
    Column("problem", String(200), nullable=False),  # what tells it apart, such as `held:a1b2c3d4e5`
    # the problem while it lasts, else null: two services note it once
    Column("open_problem", String(200), unique=True),
    Column("kind", String(20), nullable=False),
    Column("list_id", String(32)),
    Column("code", String(32)),
    Column("data", JsonText, nullable=False),  # numbers and names of connections, never of people
    Column("began_at", UtcDateTime, nullable=False),
    Column("tell_at", UtcDateTime),  # when it is to be told next; null: not again
    Column("told", Integer, nullable=False, server_default="0"),
    Column("told_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(100)),
    Column("recovered_at", UtcDateTime),
    Index("ix_mcs_alert_recovered", "recovered_at"),
)

alert_message = _table(
    "alert_message",
    Column("id", _ID, primary_key=True),
    Column("fingerprint", String(200), nullable=False),  # what it tells, and where: nothing is told twice
    Column("channel", String(10), nullable=False),
    Column("content", JsonText, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("note", String(100)),  # what came of the last attempt
    UniqueConstraint("fingerprint"),
    Index("ix_mcs_alert_message_due", "state", "due_at"),
)

campaign = _table(
    "campaign",
    Column("id", _ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("campaign_id", String(32), nullable=False),  # Mailchimp's
    Column("subject", String(255), nullable=False),
    Column("details", Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")),  # of its activities, as HTML
    Column("sent_at", UtcDateTime, nullable=False),
    Column("activity_id", BigInteger),
    Column("opened_activity_id", BigInteger),
    Column("clicked_activity_id", BigInteger),
    Column("progress", JsonText),  # of the report that is being read
    Column("recipients", Integer),  # null: they have not all been read
    Column("unknown", Integer, nullable=False, server_default="0"),  # those of them without a contact
    Column("opened", Integer),
    Column("clicked", Integer),
    Column("acts_read_at", UtcDateTime),
    Column("closed_at", UtcDateTime),  # its activity was deleted for good
    Column("code", String(32)),  # why the last attempt failed
    UniqueConstraint("list_id", "campaign_id"),
)

campaign_recipient = _table(  # those without a contact, who may get one
    "campaign_recipient",
    Column("id", _ID, primary_key=True),
    Column("campaign_key", BigInteger, ForeignKey(campaign.c.id, ondelete="CASCADE"), nullable=False),
    Column("member_id", String(32), nullable=False),
    UniqueConstraint("campaign_key", "member_id"),
)

campaign_import = _table(
    "campaign_import",
    Column("id", _ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("outcome", String(32)),
    Column("complete_at", UtcDateTime),  # when the newest complete one began
    UniqueConstraint("list_id"),
)

"""Runs and what they decide: the state of connections, services, runs, their log, plans, verifications."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)

from mailchimpsync.store.schema.sync_tables import cache
from mailchimpsync.store.schema.types import ID, JsonText, MessagesJson, UtcDateTime, table

status = table(
    "status",
    Column("list_id", String(32), primary_key=True),
    Column("last_sync_time", UtcDateTime),  # the since-mark: when the last completed run started
    Column("stage", String(64), nullable=False),
    Column("run_id", BigInteger),
    Column("progress", MessagesJson),  # where the stage continues, by identity or key
    Column("links", JsonText),  # the connection at the last completed run; if it has changed, a full run is needed
    Column("seen", JsonText),  # what CiviCRM showed at the last successful check, to compare with the next
    Column("trust", JsonText),  # {"run": …, "trusted": …}: the complete run that a side was trusted in
    Column("lease_owner", String(100)),
    Column("lease_token", BigInteger, nullable=False, server_default="0"),
    Column("lease_expires", UtcDateTime),
    Column("abort_requested", UtcDateTime),  # when the holder of the lease was asked to stop
    Column("stage_done", Integer),  # how many items of the stage are done; null: it has not begun
    Column("stage_total", Integer),  # of how many, where that is known
    Column("stage_seconds", Integer),  # how long the run has worked on it, over all calls
    Column("attempted_at", UtcDateTime),  # when the last call of a run ended
    Column("attempt_outcome", String(32)),  # how it ended: an outcome, or the code of an error
    Column("failing_code", String(32)),  # the error of the last calls; null: they did not fail
    Column("failing_since", UtcDateTime),
    Column("failing_times", Integer),  # how many calls in a row ended with it
    Column("gone_interests", JsonText),  # linked interests that didn't exist at Mailchimp when last read
    Column("paused_at", UtcDateTime),  # since when nothing is synced, because someone paused it; null: not paused
    Column("paused_by", String(100)),
    Column("pause_reason", String(500)),
    Column("resumed_at", UtcDateTime),  # when the last pause ended: a run that began before it is begun again
    sqlite_autoincrement=False,
)

service = table(  # a process that runs connections by their schedules
    "service",
    Column("id", String(64), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),  # its last heartbeat
    sqlite_autoincrement=False,
)

run = table(
    "run",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("kind", String(10), nullable=False, server_default="run"),  # `run`, or `members`: a few of them, by webhook
    Column("started_at", UtcDateTime, nullable=False),
    Column("begun_by", String(100)),  # its caller; null: nobody, it was due
    Column("since", UtcDateTime),  # null: everything
    Column("links", JsonText),  # its groups
    Column("kept_plan_id", BigInteger),  # the plan it carries out, and nothing else
    Column("accepts_empty", Boolean, nullable=False, server_default="0"),  # a side was confirmed to be empty
    Column("with_data", Boolean, nullable=False, server_default="0"),
    Column("finished_at", UtcDateTime),
    Column("outcome", String(20)),
    Column("error_code", String(32)),
    Column("counts", MessagesJson),
    Index("ix_mcs_run_list", "list_id", "id"),
)

figure = table(  # of an audience on a day in UTC; numbers of people only
    "figure",
    Column("list_id", String(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("name", String(40), primary_key=True),  # `civicrm`, `mailchimp`, `joined`, or `left` and a reason's code
    Column("number", Integer, nullable=False),
    sqlite_autoincrement=False,
)

log = table(
    "log",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("run_id", BigInteger),
    Column("time", UtcDateTime, nullable=False),
    Column("message", String(1000), nullable=False),
    Index("ix_mcs_log_run", "list_id", "run_id", "id"),
)

kept_plan = table(
    "kept_plan",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("kind", String(10), nullable=False),  # `plan`: asked for; `held`: by the guard; `undo`
    Column("state", String(10), nullable=False, server_default="open"),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("run_id", BigInteger),  # the run that was held, or is to be undone
    Column("links", JsonText, nullable=False),  # the connection it was made for
    Column("counts", JsonText, nullable=False),  # people by kind of change
    Column("excess", MessagesJson, nullable=False),  # which limits it exceeds, in words
    Column("billable", JsonText),  # {"before": …, "after": …, "may_be_asked": …}
    Column("failures", JsonText),  # [{"reason": …, "count": …}, …]
    Column("background", JsonText),  # {"reasons": …, "bursts": …, "by_date": …}, as it was when the plan was made
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(100)),
    Column("applied_run_id", BigInteger),
    Index("ix_mcs_kept_plan_state", "list_id", "state", "id"),
)

change = table(  # of a run, until it is done; or of a kept plan. Holding a run's changes moves them to the plan
    "change",
    Column("id", ID, primary_key=True),
    Column("run_id", BigInteger),  # the run that has decided on it; null: it is a kept plan's
    Column("cache_id", BigInteger, ForeignKey(cache.c.id, ondelete="CASCADE")),  # its row, as long as it is a run's
    Column("plan_id", BigInteger, ForeignKey(kept_plan.c.id, ondelete="CASCADE")),
    Column("identity", String(64), nullable=False),  # of the cache row
    Column("contact_id", BigInteger),
    Column("member_id", String(32)),
    Column("address", String(255)),
    Column("before", JsonText, nullable=False),  # {"status": …, "interests": …, "groups": {group id: status}}
    Column("create_contact", Boolean, nullable=False),
    Column("group_changes", JsonText, nullable=False),  # [[group id, status], …]
    Column("member_update", JsonText),
    Column("sync_status", String(10), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("agreed", JsonText, nullable=False),
    Column("kinds", String(100)),  # of what it does to the person, each between commas; null: from an older version
    Column("dates", JsonText),  # [{"group": …, "mailchimp": …, "civicrm": …}, …] if the later date alone decided
    Column("name", String(255)),  # of the person
    Column("outcome", String(10)),  # `done`, `left out`, `refused`, or `unknown`
    Column("note", String(500)),
    UniqueConstraint("run_id", "cache_id"),
    UniqueConstraint("plan_id", "identity"),
    Index("ix_mcs_change_run", "run_id", "id"),
    Index("ix_mcs_change_row", "cache_id"),
)

verification = table(
    "verification",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("finished_at", UtcDateTime),  # null: in progress, or it wasn't completed
    Column("members", Integer),  # at Mailchimp, whatever their status
    Column("subscribed", Integer),
    Column("in_group", Integer),
    Column("explained", Integer),
    Column("unexplained", Integer),
    Column("counts", JsonText),  # [{"kind": …, "cause": …, "code": …, "count": …}, …]
    Column("differences", JsonText),  # the first ones; of the newest verification only
    Index("ix_mcs_verification_list", "list_id", "id"),
)

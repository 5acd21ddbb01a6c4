"""What a sync knows of people, and updates in flight: cache rows, group states, data, updates, batches."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)

from mailchimpsync.store.schema.types import ID, JsonText, UtcDateTime, table

cache = table(
    "cache",
    Column("id", ID, primary_key=True),
    Column("mailchimp_list_id", String(32), nullable=False),
    # `m:<member id>` where the member is known or claimed, else `c:<contact id>`: what makes duplicates impossible
    Column("identity", String(64), nullable=False),
    Column("mailchimp_member_id", String(32)),
    Column("mailchimp_contact_id", String(32)),
    Column("mailchimp_email", String(255)),
    Column("mailchimp_status", String(20)),
    Column("mailchimp_status_date", UtcDateTime),
    Column("mailchimp_status_by", String(20)),  # `us`, `us-unconfirmed`; null: someone else, or not known
    Column("mailchimp_updated", UtcDateTime),
    Column("mailchimp_opted_in", UtcDateTime),
    Column("member_problem", String(32)),  # why what Mailchimp says of the member can't be read
    Column("mailchimp_data", JsonText),  # {"first_name": …, "last_name": …}
    Column("mailchimp_interests", JsonText),  # the linked ones, {interest id: true or false}
    Column("civicrm_data", JsonText),
    Column("civicrm_groups", Text),  # `group id;status;date` of each relevant group, joined by `|`
    Column("civicrm_contact_id", BigInteger),
    Column("departed_contact_id", BigInteger),
    Column("handed_from", BigInteger),  # the contact that consented, if the member was handed over to another one since
    Column("marks", String(80)),  # the contact's departures, other than from the group, joined by commas
    Column("inherited", String(80)),  # likewise of contacts that were merged into its own
    Column("inherited_at", UtcDateTime),
    Column("departure", String(20)),  # the one for which we removed the member
    Column("civicrm_address", String(255)),  # the contact's best one when last read
    Column("civicrm_name", String(255)),  # the contact's when last read: where Mailchimp has no name for them
    Column("new_address", String(255)),  # the member's new one from CiviCRM, until Mailchimp has it
    Column("names_before", JsonText),  # the names CiviCRM last had, if the member's have changed since
    Column("address_before", String(255)),  # the member's address before it was changed at Mailchimp
    Column("hold_reason", String(32)),  # the code of why to put the address on hold in CiviCRM
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
    Index("ix_mcs_cache_list", "mailchimp_list_id", "id"),  # for browsing
    Index("ix_mcs_cache_mailchimp_contact", "mailchimp_list_id", "mailchimp_contact_id"),
)

batch = table(
    "batch",
    Column("id", ID, primary_key=True),
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
    Column("mark", String(40)),  # the start of the names of its operations, and of no others
    Column("foreign_ids", JsonText),  # Mailchimp's ids of candidate batches that proved to be another site's
    Column("attempts", Integer, nullable=False, server_default="0"),  # failed attempts to read its results
    Column("try_again_at", UtcDateTime),  # null: at once
    Column("problem", String(32)),  # why the last attempt failed
    Column("problem_detail", String(500)),
    Column("refused_code", String(32)),  # every operation was refused, with this code
    Column("lane", String(10), nullable=False, server_default="batch"),  # how its updates are sent, and why that way
    Column("lane_reason", String(20)),
    Index("ix_mcs_batch_open", "mailchimp_list_id", "response_processed"),
)

update = table(
    "update",
    Column("id", ID, primary_key=True),
    Column("mailchimpsync_cache_id", BigInteger, ForeignKey(cache.c.id, ondelete="CASCADE"), nullable=False),
    Column("mailchimpsync_batch_id", BigInteger, ForeignKey(batch.c.id, ondelete="CASCADE")),
    Column("data", JsonText, nullable=False),
    Column("completed", SmallInteger, nullable=False, server_default="0"),
    Column("error_response", Text),
    Column("created_date", UtcDateTime, nullable=False),
    # the cache row's id while the update is open, else null: at most one open update per row;
    # see docs/decisions/one-open-update.md
    Column("open_row", BigInteger, unique=True),
    Column("attempt", JsonText),  # how it is tried: {"decided": …, "tries": […], "known": …}
    Column("agreed", JsonText),
    Column("run_id", BigInteger),
    Column("leaves", Boolean, nullable=False, server_default="0"),  # it removes its member: sent first
    Index("ix_mcs_update_row", "mailchimpsync_cache_id"),
    Index("ix_mcs_update_batch", "mailchimpsync_batch_id"),
    Index("ix_mcs_update_open", "completed", "mailchimpsync_batch_id", "leaves", "id"),
)

data = table(
    "data",
    Column("cache_id", BigInteger, ForeignKey(cache.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("confirmed", JsonText),  # what Mailchimp has of ours, see data/changes.py
    Column("wanted", JsonText),  # what to send with the row's next update
    Column("refused", JsonText),  # what Mailchimp refused: not sent again until it changes
    sqlite_autoincrement=False,
)

accepted_person = table(  # someone who can't be synced, and whom somebody has accepted as they are
    "accepted_person",
    Column("cache_id", BigInteger, ForeignKey(cache.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("reason", String(32), nullable=False),  # the row's when it was accepted: another one isn't accepted
    Column("reason_detail", String(500)),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("accepted_by", String(100), nullable=False),
    sqlite_autoincrement=False,
)

accepted_reason = table(  # everyone of an audience who can't be synced for a reason, now and later
    "accepted_reason",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("accepted_by", String(100), nullable=False),
    UniqueConstraint("list_id", "reason"),
)

contact_record = table(  # what CiviCRM was told on a contact
    "contact_record",
    Column("list_id", String(32), primary_key=True),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("audience", String(255), nullable=False),
    Column("status", String(20)),
    Column("since", UtcDateTime),
    Column("reason", String(32)),
    sqlite_autoincrement=False,
    sqlite_with_rowid=False,
)

group_contact = table(
    "group_contact",
    Column("list_id", String(32), primary_key=True),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("status", String(10)),
    Column("date", UtcDateTime),
    Column("history_id", BigInteger),
    Column("ours", Boolean, nullable=False, server_default="0"),  # the newest entry was made by us
    Column("method", String(20)),  # how the newest entry was made, as CiviCRM says; null: not known
    Column("seen_run", BigInteger, nullable=False),
    Index("ix_mcs_group_contact_seen", "list_id", "seen_run"),
    sqlite_autoincrement=False,
    sqlite_with_rowid=False,
)

"""The tables, one module per family. The first four are those of the PHP extension, with JSON for its blobs.

All times are UTC. What is in which column: docs/reference/tables.md.
"""

from mailchimpsync.store.schema.campaigns_tables import campaign, campaign_import, campaign_recipient
from mailchimpsync.store.schema.journal_tables import journal, journal_chain, tombstone
from mailchimpsync.store.schema.runs_tables import change, figure, kept_plan, log, run, service, status, verification
from mailchimpsync.store.schema.site_tables import (
    alert,
    alert_message,
    configuration,
    connection_slot,
    event,
    known_name,
    secret,
    site,
    token,
)
from mailchimpsync.store.schema.sync_tables import (
    accepted_person,
    accepted_reason,
    batch,
    cache,
    contact_record,
    data,
    group_contact,
    update,
)
from mailchimpsync.store.schema.types import ID, PREFIX, JsonText, UtcDateTime, json_text, metadata

__all__ = [
    "ID",
    "PREFIX",
    "JsonText",
    "UtcDateTime",
    "accepted_person",
    "accepted_reason",
    "alert",
    "alert_message",
    "batch",
    "cache",
    "campaign",
    "campaign_import",
    "campaign_recipient",
    "change",
    "configuration",
    "connection_slot",
    "contact_record",
    "data",
    "event",
    "figure",
    "group_contact",
    "journal",
    "journal_chain",
    "json_text",
    "kept_plan",
    "known_name",
    "log",
    "metadata",
    "run",
    "secret",
    "service",
    "site",
    "status",
    "token",
    "tombstone",
    "update",
    "verification",
]

"""The public API: one function an action, which every door calls; they know no framework."""

from mailchimpsync.actions.calling import Outcome, call
from mailchimpsync.actions.changes import ChangeCount, FailedRow, getchanges, getfailures
from mailchimpsync.actions.configure import (
    Choice,
    connect_audience,
    export_configuration,
    import_configuration,
    probe_account,
    probe_interests,
    probe_site,
)
from mailchimpsync.actions.connection_status import ConnectionStatus, Failure
from mailchimpsync.actions.entities.batch import batch_create, batch_delete, batch_get
from mailchimpsync.actions.entities.cache import cache_get
from mailchimpsync.actions.entities.cache_edit import cache_create, cache_delete
from mailchimpsync.actions.entities.update import update_create, update_delete, update_get
from mailchimpsync.actions.fetchandreconcile import Report, fetchandreconcile
from mailchimpsync.actions.getstatus import getstatus
from mailchimpsync.actions.includecontact import includecontact
from mailchimpsync.actions.process_events import process_events
from mailchimpsync.actions.since import read_since
from mailchimpsync.actions.site import Clients, Site, create_site, open_site

__all__ = [
    "ChangeCount",
    "Choice",
    "Clients",
    "ConnectionStatus",
    "FailedRow",
    "Failure",
    "Outcome",
    "Report",
    "Site",
    "batch_create",
    "batch_delete",
    "batch_get",
    "cache_create",
    "cache_delete",
    "cache_get",
    "call",
    "connect_audience",
    "create_site",
    "export_configuration",
    "fetchandreconcile",
    "getchanges",
    "getfailures",
    "getstatus",
    "import_configuration",
    "includecontact",
    "open_site",
    "probe_account",
    "probe_interests",
    "probe_site",
    "process_events",
    "read_since",
    "update_create",
    "update_delete",
    "update_get",
]

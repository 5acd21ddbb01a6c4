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
from mailchimpsync.actions.fetchandreconcile import Report, fetchandreconcile
from mailchimpsync.actions.getstatus import ConnectionStatus, Failure, getstatus
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
    "call",
    "connect_audience",
    "create_site",
    "export_configuration",
    "fetchandreconcile",
    "getchanges",
    "getfailures",
    "getstatus",
    "import_configuration",
    "open_site",
    "probe_account",
    "probe_interests",
    "probe_site",
    "process_events",
    "read_since",
]

"""The public API: one function an action, which every door calls; they know no framework."""

from mailchimpsync.actions.abortsync import Abort, abortsync
from mailchimpsync.actions.alerts.acts import Alert, acknowledgealert, getalerts, testalerts
from mailchimpsync.actions.alerts.watch import watch, watch_webhooks
from mailchimpsync.actions.batches import Processed, collectresults, processcompleted
from mailchimpsync.actions.calling import Outcome, call
from mailchimpsync.actions.change_configuration import (
    Saved,
    change_configuration,
    figures,
    losses,
    read_configuration,
    what_would_go,
)
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
from mailchimpsync.actions.data_fields import DataFields, createmergefields, getdatafields
from mailchimpsync.actions.data_preview import DataFindings, DataPreview, getdatafindings, previewdata
from mailchimpsync.actions.doctor import doctor
from mailchimpsync.actions.entities.batch import batch_create, batch_delete, batch_get
from mailchimpsync.actions.entities.cache import cache_get
from mailchimpsync.actions.entities.cache_edit import cache_create, cache_delete
from mailchimpsync.actions.entities.update import update_create, update_delete, update_get
from mailchimpsync.actions.explain import Explanation, explain
from mailchimpsync.actions.fetchaccountinfo import fetchaccountinfo
from mailchimpsync.actions.fetchandreconcile import fetchandreconcile
from mailchimpsync.actions.finding import Finding, Level
from mailchimpsync.actions.getstatus import getstatus
from mailchimpsync.actions.includecontact import includecontact
from mailchimpsync.actions.journal import JournalCheck, export_journal, journal_get, journal_verify
from mailchimpsync.actions.plan_words import Plan, PlannedChange
from mailchimpsync.actions.plans import (
    Applied,
    applyplan,
    approveplan,
    createplan,
    dropplan,
    getplannedchanges,
    getplans,
)
from mailchimpsync.actions.process_events import process_events
from mailchimpsync.actions.reports import Report
from mailchimpsync.actions.rotate_key import rotate_key_file, rotate_key_of_environment
from mailchimpsync.actions.since import read_since
from mailchimpsync.actions.site import Clients, Site, create_site, open_site
from mailchimpsync.actions.undo import undoplan
from mailchimpsync.actions.updateconfig import updateconfig
from mailchimpsync.actions.updatewebhook import updatewebhook
from mailchimpsync.actions.verifications import createverification, getverifications
from mailchimpsync.actions.versions import Version, version_of, versions
from mailchimpsync.actions.webhooks import check_webhooks, list_webhooks, repair_webhooks

__all__ = [
    "Abort",
    "Alert",
    "Applied",
    "ChangeCount",
    "Choice",
    "Clients",
    "ConnectionStatus",
    "DataFields",
    "DataFindings",
    "DataPreview",
    "Explanation",
    "FailedRow",
    "Failure",
    "Finding",
    "JournalCheck",
    "Level",
    "Outcome",
    "Plan",
    "PlannedChange",
    "Processed",
    "Report",
    "Saved",
    "Site",
    "Version",
    "abortsync",
    "acknowledgealert",
    "applyplan",
    "approveplan",
    "batch_create",
    "batch_delete",
    "batch_get",
    "cache_create",
    "cache_delete",
    "cache_get",
    "call",
    "change_configuration",
    "check_webhooks",
    "collectresults",
    "connect_audience",
    "create_site",
    "createmergefields",
    "createplan",
    "createverification",
    "doctor",
    "dropplan",
    "explain",
    "export_configuration",
    "export_journal",
    "fetchaccountinfo",
    "fetchandreconcile",
    "figures",
    "getalerts",
    "getchanges",
    "getdatafields",
    "getdatafindings",
    "getfailures",
    "getplannedchanges",
    "getplans",
    "getstatus",
    "getverifications",
    "import_configuration",
    "includecontact",
    "journal_get",
    "journal_verify",
    "list_webhooks",
    "losses",
    "open_site",
    "previewdata",
    "probe_account",
    "probe_interests",
    "probe_site",
    "process_events",
    "processcompleted",
    "read_configuration",
    "read_since",
    "repair_webhooks",
    "rotate_key_file",
    "rotate_key_of_environment",
    "testalerts",
    "undoplan",
    "update_create",
    "update_delete",
    "update_get",
    "updateconfig",
    "updatewebhook",
    "version_of",
    "versions",
    "watch",
    "watch_webhooks",
    "what_would_go",
]

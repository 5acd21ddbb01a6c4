"""The public API: one function an action, which every door calls; they know no framework."""

from typing import TYPE_CHECKING

from mailchimpsync.loading import Where, lazily

if TYPE_CHECKING:
    from mailchimpsync.actions.abortsync import Abort, abortsync
    from mailchimpsync.actions.alerts.acts import Alert, acknowledgealert, getalerts, testalerts
    from mailchimpsync.actions.alerts.watch import watch, watch_webhooks
    from mailchimpsync.actions.batches import Processed, collectresults, processcompleted
    from mailchimpsync.actions.calling import Outcome, call
    from mailchimpsync.actions.campaigns import ImportedCampaign, getcampaigns
    from mailchimpsync.actions.candidates import Candidate, Candidates, candidates
    from mailchimpsync.actions.change_configuration import (
        Saved,
        change_configuration,
        figures,
        losses,
        read_configuration,
        what_would_go,
    )
    from mailchimpsync.actions.changes import ChangeCount, FailedRow, getchanges, getfailures
    from mailchimpsync.actions.check_configuration import checked_live
    from mailchimpsync.actions.configure import (
        Choice,
        ProbedSite,
        connect_audience,
        export_configuration,
        import_configuration,
        probe_account,
        probe_interests,
        probe_site,
    )
    from mailchimpsync.actions.connection_status import ConnectionStatus, Failure, Working
    from mailchimpsync.actions.data_fields import DataFields, createmergefields, getdatafields
    from mailchimpsync.actions.data_preview import DataFindings, DataPreview, getdatafindings, previewdata
    from mailchimpsync.actions.doctor import doctor
    from mailchimpsync.actions.entities.batch import batch_create, batch_delete, batch_get
    from mailchimpsync.actions.entities.browse import browse, cache_include, export_rows, include_rows, want
    from mailchimpsync.actions.entities.cache import cache_get
    from mailchimpsync.actions.entities.cache_edit import cache_create, cache_delete
    from mailchimpsync.actions.entities.row import RowDetails, describe_row
    from mailchimpsync.actions.entities.update import update_create, update_delete, update_get
    from mailchimpsync.actions.erase import Erasure, Step, erase
    from mailchimpsync.actions.explain import Explanation, explain
    from mailchimpsync.actions.failures import FailureGroup, Failures, getfailuregroups
    from mailchimpsync.actions.fetchaccountinfo import fetchaccountinfo
    from mailchimpsync.actions.fetchandreconcile import fetchandreconcile
    from mailchimpsync.actions.finding import Finding, Level
    from mailchimpsync.actions.getruns import PastRun, RunStory, count_runs, find_run, getruns
    from mailchimpsync.actions.getstatus import getstatus
    from mailchimpsync.actions.includecontact import includecontact
    from mailchimpsync.actions.job import executejobs
    from mailchimpsync.actions.journal import JournalCheck, export_journal, journal_get, journal_verify
    from mailchimpsync.actions.last_sync import LastSync, last_syncs
    from mailchimpsync.actions.look_around import (
        AccountLook,
        AudienceLook,
        SizedGroup,
        hurried,
        interests_of,
        look_into_account,
        sized_groups,
    )
    from mailchimpsync.actions.names import Names, name_of_contact, names_of
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
    from mailchimpsync.actions.pullcampaigns import PulledCampaigns, pullcampaigns
    from mailchimpsync.actions.reports import Report
    from mailchimpsync.actions.rotate_key import rotate_key_file, rotate_key_of_environment
    from mailchimpsync.actions.since import read_since
    from mailchimpsync.actions.site import Clients, Site, create_site, migrate_site, open_site
    from mailchimpsync.actions.undo import undoplan
    from mailchimpsync.actions.updateconfig import updateconfig
    from mailchimpsync.actions.updatewebhook import updatewebhook
    from mailchimpsync.actions.verifications import createverification, getverifications
    from mailchimpsync.actions.versions import Version, version_of, versions
    from mailchimpsync.actions.webhooks import check_webhooks, list_webhooks, repair_webhooks

MODULES: Where = {
    "abortsync": "Abort abortsync",
    "alerts.acts": "Alert acknowledgealert getalerts testalerts",
    "alerts.watch": "watch watch_webhooks",
    "batches": "Processed collectresults processcompleted",
    "calling": "Outcome call",
    "campaigns": "ImportedCampaign getcampaigns",
    "candidates": "Candidate Candidates candidates",
    "change_configuration": "Saved change_configuration figures losses read_configuration what_would_go",
    "changes": "ChangeCount FailedRow getchanges getfailures",
    "check_configuration": "checked_live",
    "configure": (
        "Choice ProbedSite connect_audience export_configuration "
        "import_configuration probe_account probe_interests probe_site"
    ),
    "connection_status": "ConnectionStatus Failure Working",
    "data_fields": "DataFields createmergefields getdatafields",
    "data_preview": "DataFindings DataPreview getdatafindings previewdata",
    "doctor": "doctor",
    "entities.derived": "",
    "entities.batch": "batch_create batch_delete batch_get",
    "entities.browse": "browse cache_include export_rows include_rows want",
    "entities.cache": "cache_get",
    "entities.cache_edit": "cache_create cache_delete",
    "entities.row": "RowDetails describe_row",
    "entities.update": "update_create update_delete update_get",
    "erase": "Erasure Step erase",
    "explain": "Explanation explain",
    "failures": "FailureGroup Failures getfailuregroups",
    "fetchaccountinfo": "fetchaccountinfo",
    "fetchandreconcile": "fetchandreconcile",
    "finding": "Finding Level",
    "getruns": "PastRun RunStory count_runs find_run getruns",
    "getstatus": "getstatus",
    "includecontact": "includecontact",
    "job": "executejobs",
    "journal": "JournalCheck export_journal journal_get journal_verify",
    "last_sync": "LastSync last_syncs",
    "look_around": "AccountLook AudienceLook SizedGroup hurried interests_of look_into_account sized_groups",
    "names": "Names name_of_contact names_of",
    "plan_words": "Plan PlannedChange",
    "plans": "Applied applyplan approveplan createplan dropplan getplannedchanges getplans",
    "process_events": "process_events",
    "pullcampaigns": "PulledCampaigns pullcampaigns",
    "reports": "Report",
    "rotate_key": "rotate_key_file rotate_key_of_environment",
    "since": "read_since",
    "site": "Clients Site create_site migrate_site open_site",
    "undo": "undoplan",
    "updateconfig": "updateconfig",
    "updatewebhook": "updatewebhook",
    "verifications": "createverification getverifications",
    "versions": "Version version_of versions",
    "webhooks": "check_webhooks list_webhooks repair_webhooks",
}
"""What is offered, by the module that has it; it is loaded when first asked for."""

__all__ = [
    "Abort",
    "AccountLook",
    "Alert",
    "Applied",
    "AudienceLook",
    "Candidate",
    "Candidates",
    "ChangeCount",
    "Choice",
    "Clients",
    "ConnectionStatus",
    "DataFields",
    "DataFindings",
    "DataPreview",
    "Erasure",
    "Explanation",
    "FailedRow",
    "Failure",
    "FailureGroup",
    "Failures",
    "Finding",
    "ImportedCampaign",
    "JournalCheck",
    "LastSync",
    "Level",
    "Names",
    "Outcome",
    "PastRun",
    "Plan",
    "PlannedChange",
    "ProbedSite",
    "Processed",
    "PulledCampaigns",
    "Report",
    "RowDetails",
    "RunStory",
    "Saved",
    "Site",
    "SizedGroup",
    "Step",
    "Version",
    "Working",
    "abortsync",
    "acknowledgealert",
    "applyplan",
    "approveplan",
    "batch_create",
    "batch_delete",
    "batch_get",
    "browse",
    "cache_create",
    "cache_delete",
    "cache_get",
    "cache_include",
    "call",
    "candidates",
    "change_configuration",
    "check_webhooks",
    "checked_live",
    "collectresults",
    "connect_audience",
    "count_runs",
    "create_site",
    "createmergefields",
    "createplan",
    "createverification",
    "describe_row",
    "doctor",
    "dropplan",
    "erase",
    "executejobs",
    "explain",
    "export_configuration",
    "export_journal",
    "export_rows",
    "fetchaccountinfo",
    "fetchandreconcile",
    "figures",
    "find_run",
    "getalerts",
    "getcampaigns",
    "getchanges",
    "getdatafields",
    "getdatafindings",
    "getfailuregroups",
    "getfailures",
    "getplannedchanges",
    "getplans",
    "getruns",
    "getstatus",
    "getverifications",
    "hurried",
    "import_configuration",
    "include_rows",
    "includecontact",
    "interests_of",
    "journal_get",
    "journal_verify",
    "last_syncs",
    "list_webhooks",
    "look_into_account",
    "losses",
    "migrate_site",
    "name_of_contact",
    "names_of",
    "open_site",
    "previewdata",
    "probe_account",
    "probe_interests",
    "probe_site",
    "process_events",
    "processcompleted",
    "pullcampaigns",
    "read_configuration",
    "read_since",
    "repair_webhooks",
    "rotate_key_file",
    "rotate_key_of_environment",
    "sized_groups",
    "testalerts",
    "undoplan",
    "update_create",
    "update_delete",
    "update_get",
    "updateconfig",
    "updatewebhook",
    "version_of",
    "versions",
    "want",
    "watch",
    "watch_webhooks",
    "what_would_go",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(__name__, MODULES)

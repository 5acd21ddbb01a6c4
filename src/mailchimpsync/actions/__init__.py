"""The public API: one function per action, which every interface calls; none depends on a framework."""

from typing import TYPE_CHECKING

from mailchimpsync.loading import Where, lazily

if TYPE_CHECKING:
    from mailchimpsync.actions.alerts.api import Alert, acknowledgealert, getalerts
    from mailchimpsync.actions.alerts.channel_test import testalerts
    from mailchimpsync.actions.alerts.watch import watch, watch_webhooks
    from mailchimpsync.actions.api.dispatch import Outcome, call
    from mailchimpsync.actions.campaigns.campaigns import ImportedCampaign, getcampaigns
    from mailchimpsync.actions.campaigns.pullcampaigns import PulledCampaigns, pullcampaigns
    from mailchimpsync.actions.configuration.change import (
        Saved,
        change_configuration,
        data_to_be_deleted,
        describe_losses,
        figures,
        read_configuration,
    )
    from mailchimpsync.actions.configuration.check import check_live
    from mailchimpsync.actions.configuration.configure import (
        Choice,
        ProbedSite,
        connect_audience,
        export_configuration,
        import_configuration,
        probe_account,
        probe_interests,
        probe_site,
    )
    from mailchimpsync.actions.configuration.discover import (
        AccountSummary,
        AudienceSummary,
        SizedGroup,
        interests_of,
        read_account,
        sized_groups,
        with_time_limit,
    )
    from mailchimpsync.actions.configuration.fetchaccountinfo import fetchaccountinfo
    from mailchimpsync.actions.configuration.rotate_key import rotate_key_file, rotate_key_of_environment
    from mailchimpsync.actions.configuration.updateconfig import updateconfig
    from mailchimpsync.actions.configuration.updatewebhook import updatewebhook
    from mailchimpsync.actions.configuration.versions import Version, version_of, versions
    from mailchimpsync.actions.data.fields import DataFields, createmergefields, getdatafields
    from mailchimpsync.actions.data.preview import DataFindings, DataPreview, getdatafindings, previewdata
    from mailchimpsync.actions.doctor import doctor
    from mailchimpsync.actions.entities.batch import batch_create, batch_delete, batch_get
    from mailchimpsync.actions.entities.browse import browse, cache_include, export_rows, include_rows, make_filter
    from mailchimpsync.actions.entities.cache import cache_get
    from mailchimpsync.actions.entities.cache_edit import cache_create, cache_delete
    from mailchimpsync.actions.entities.row import RowDetails, describe_row
    from mailchimpsync.actions.entities.update import update_create, update_delete, update_get
    from mailchimpsync.actions.finding import Finding, Level
    from mailchimpsync.actions.people.candidates import Candidate, Candidates, candidates
    from mailchimpsync.actions.people.erase import Erasure, Step, erase
    from mailchimpsync.actions.people.explain import Explanation, explain
    from mailchimpsync.actions.people.journal import JournalCheck, export_journal, journal_get, journal_verify
    from mailchimpsync.actions.plans.plans import (
        Applied,
        applyplan,
        approveplan,
        createplan,
        dropplan,
        getplannedchanges,
        getplans,
    )
    from mailchimpsync.actions.plans.summary import Plan, PlannedChange
    from mailchimpsync.actions.plans.undo import undoplan
    from mailchimpsync.actions.runs.batches import Processed, collectresults, processcompleted
    from mailchimpsync.actions.runs.changes import ChangeCount, FailedRow, getchanges, getfailures
    from mailchimpsync.actions.runs.getruns import PastRun, RunStory, count_runs, find_run, getruns
    from mailchimpsync.actions.runs.last_sync import LastSync, last_syncs
    from mailchimpsync.actions.runs.reports import Report
    from mailchimpsync.actions.runs.since import read_since
    from mailchimpsync.actions.site import Clients, Site, create_site, migrate_site, open_site
    from mailchimpsync.actions.status.connection_status import ConnectionStatus, Failure, Working
    from mailchimpsync.actions.status.failures import FailureGroup, Failures, getfailuregroups
    from mailchimpsync.actions.status.getstatus import getstatus
    from mailchimpsync.actions.status.verifications import createverification, getverifications
    from mailchimpsync.actions.sync.abortsync import Abort, abortsync
    from mailchimpsync.actions.sync.fetchandreconcile import fetchandreconcile
    from mailchimpsync.actions.sync.includecontact import includecontact
    from mailchimpsync.actions.sync.job import executejobs
    from mailchimpsync.actions.texts.names import Names, name_of_contact, names_of
    from mailchimpsync.actions.webhooks.process import process_events
    from mailchimpsync.actions.webhooks.registered import check_webhooks, list_webhooks, repair_webhooks

MODULES: Where = {
    "alerts.api": "Alert acknowledgealert getalerts",
    "alerts.channel_test": "testalerts",
    "alerts.watch": "watch watch_webhooks",
    "api.dispatch": "Outcome call",
    "campaigns.campaigns": "ImportedCampaign getcampaigns",
    "campaigns.pullcampaigns": "PulledCampaigns pullcampaigns",
    "configuration.change": "Saved change_configuration data_to_be_deleted describe_losses figures read_configuration",
    "configuration.check": "check_live",
    "configuration.configure": (
        "Choice ProbedSite connect_audience export_configuration import_configuration probe_account "
        "probe_interests probe_site"
    ),
    "configuration.discover": (
        "AccountSummary AudienceSummary SizedGroup interests_of read_account sized_groups with_time_limit"
    ),
    "configuration.fetchaccountinfo": "fetchaccountinfo",
    "configuration.rotate_key": "rotate_key_file rotate_key_of_environment",
    "configuration.updateconfig": "updateconfig",
    "configuration.updatewebhook": "updatewebhook",
    "configuration.versions": "Version version_of versions",
    "data.fields": "DataFields createmergefields getdatafields",
    "data.preview": "DataFindings DataPreview getdatafindings previewdata",
    "doctor": "doctor",
    "entities.batch": "batch_create batch_delete batch_get",
    "entities.browse": "browse cache_include export_rows include_rows make_filter",
    "entities.cache": "cache_get",
    "entities.cache_edit": "cache_create cache_delete",
    "entities.derived": "",
    "entities.row": "RowDetails describe_row",
    "entities.update": "update_create update_delete update_get",
    "finding": "Finding Level",
    "people.candidates": "Candidate Candidates candidates",
    "people.erase": "Erasure Step erase",
    "people.explain": "Explanation explain",
    "people.journal": "JournalCheck export_journal journal_get journal_verify",
    "plans.plans": "Applied applyplan approveplan createplan dropplan getplannedchanges getplans",
    "plans.summary": "Plan PlannedChange",
    "plans.undo": "undoplan",
    "runs.batches": "Processed collectresults processcompleted",
    "runs.changes": "ChangeCount FailedRow getchanges getfailures",
    "runs.getruns": "PastRun RunStory count_runs find_run getruns",
    "runs.last_sync": "LastSync last_syncs",
    "runs.reports": "Report",
    "runs.since": "read_since",
    "site": "Clients Site create_site migrate_site open_site",
    "status.connection_status": "ConnectionStatus Failure Working",
    "status.failures": "FailureGroup Failures getfailuregroups",
    "status.getstatus": "getstatus",
    "status.verifications": "createverification getverifications",
    "sync.abortsync": "Abort abortsync",
    "sync.fetchandreconcile": "fetchandreconcile",
    "sync.includecontact": "includecontact",
    "sync.job": "executejobs",
    "texts.names": "Names name_of_contact names_of",
    "webhooks.process": "process_events",
    "webhooks.registered": "check_webhooks list_webhooks repair_webhooks",
}
"""The public names by the module that defines them; a module is loaded when it is first needed."""

__all__ = [
    "Abort",
    "AccountSummary",
    "Alert",
    "Applied",
    "AudienceSummary",
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
    "check_live",
    "check_webhooks",
    "collectresults",
    "connect_audience",
    "count_runs",
    "create_site",
    "createmergefields",
    "createplan",
    "createverification",
    "data_to_be_deleted",
    "describe_losses",
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
    "import_configuration",
    "include_rows",
    "includecontact",
    "interests_of",
    "journal_get",
    "journal_verify",
    "last_syncs",
    "list_webhooks",
    "make_filter",
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
    "read_account",
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
    "watch",
    "watch_webhooks",
    "with_time_limit",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(__name__, MODULES)

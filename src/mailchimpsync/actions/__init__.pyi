from .alerts.api import Alert as Alert
from .alerts.api import acknowledgealert as acknowledgealert
from .alerts.api import getalerts as getalerts
from .alerts.channel_test import testalerts as testalerts
from .alerts.watch import watch as watch
from .alerts.webhook_problems import watch_webhooks as watch_webhooks
from .api.dispatch import CallResponse as CallResponse
from .api.dispatch import call as call
from .campaigns.campaigns import ImportedCampaign as ImportedCampaign
from .campaigns.campaigns import getcampaigns as getcampaigns
from .campaigns.pullcampaigns import PulledCampaigns as PulledCampaigns
from .campaigns.pullcampaigns import pullcampaigns as pullcampaigns
from .configuration.change import (
    SavedConfiguration as SavedConfiguration,
)
from .configuration.change import (
    change_configuration as change_configuration,
)
from .configuration.change import (
    data_to_be_deleted as data_to_be_deleted,
)
from .configuration.change import (
    describe_losses as describe_losses,
)
from .configuration.change import (
    figures as figures,
)
from .configuration.change import (
    read_configuration as read_configuration,
)
from .configuration.check import check_live as check_live
from .configuration.configure import (
    ProbedAccount as ProbedAccount,
)
from .configuration.configure import (
    ProbedSite as ProbedSite,
)
from .configuration.configure import (
    connect_audience as connect_audience,
)
from .configuration.configure import (
    export_configuration as export_configuration,
)
from .configuration.configure import (
    import_configuration as import_configuration,
)
from .configuration.configure import (
    probe_account as probe_account,
)
from .configuration.configure import (
    probe_interests as probe_interests,
)
from .configuration.configure import (
    probe_site as probe_site,
)
from .configuration.discover import (
    AccountSummary as AccountSummary,
)
from .configuration.discover import (
    AudienceSummary as AudienceSummary,
)
from .configuration.discover import (
    SizedGroup as SizedGroup,
)
from .configuration.discover import (
    interests_of as interests_of,
)
from .configuration.discover import (
    kept_account_name as kept_account_name,
)
from .configuration.discover import (
    read_account as read_account,
)
from .configuration.discover import (
    sized_groups as sized_groups,
)
from .configuration.discover import (
    with_time_limit as with_time_limit,
)
from .configuration.entries import (
    entries_in_civicrm as entries_in_civicrm,
)
from .configuration.entries import (
    install_in_civicrm as install_in_civicrm,
)
from .configuration.entries import (
    remove_from_civicrm as remove_from_civicrm,
)
from .configuration.fetchaccountinfo import fetchaccountinfo as fetchaccountinfo
from .configuration.rotate_key import (
    rotate_key_file as rotate_key_file,
)
from .configuration.rotate_key import (
    rotate_key_of_environment as rotate_key_of_environment,
)
from .configuration.updateconfig import updateconfig as updateconfig
from .configuration.updatewebhook import updatewebhook as updatewebhook
from .configuration.versions import Version as Version
from .configuration.versions import version_of as version_of
from .configuration.versions import versions as versions
from .data.fields import (
    DataFields as DataFields,
)
from .data.fields import (
    createmergefields as createmergefields,
)
from .data.fields import (
    getdatafields as getdatafields,
)
from .data.preview import (
    DataFindings as DataFindings,
)
from .data.preview import (
    DataPreview as DataPreview,
)
from .data.preview import (
    getdatafindings as getdatafindings,
)
from .data.preview import (
    previewdata as previewdata,
)
from .doctor import doctor as doctor
from .entities.batch import batch_create as batch_create
from .entities.batch import batch_delete as batch_delete
from .entities.batch import batch_get as batch_get
from .entities.browse import (
    browse as browse,
)
from .entities.browse import (
    cache_include as cache_include,
)
from .entities.browse import (
    export_rows as export_rows,
)
from .entities.browse import (
    include_rows as include_rows,
)
from .entities.browse import (
    make_filter as make_filter,
)
from .entities.cache import cache_get as cache_get
from .entities.cache_edit import cache_create as cache_create
from .entities.cache_edit import cache_delete as cache_delete
from .entities.row import RowDetails as RowDetails
from .entities.row import describe_row as describe_row
from .entities.update import update_create as update_create
from .entities.update import update_delete as update_delete
from .entities.update import update_get as update_get
from .finding import Finding as Finding
from .finding import Level as Level
from .fleet.fleet import Fleet as Fleet
from .fleet.opening import create_fleet as create_fleet
from .fleet.opening import open_fleet as open_fleet
from .fleet_overview import SiteOverview as SiteOverview
from .fleet_overview import overview as overview
from .opening import create_site as create_site
from .opening import migrate_site as migrate_site
from .opening import open_site as open_site
from .people.candidates import Candidate as Candidate
from .people.candidates import Candidates as Candidates
from .people.candidates import candidates as candidates
from .people.erase import Erasure as Erasure
from .people.erase import Step as Step
from .people.erase import erase as erase
from .people.explain import Explanation as Explanation
from .people.explain import explain as explain
from .people.journal import (
    JournalCheck as JournalCheck,
)
from .people.journal import (
    export_journal as export_journal,
)
from .people.journal import (
    journal_get as journal_get,
)
from .people.journal import (
    journal_verify as journal_verify,
)
from .plans.plans import (
    AppliedPlan as AppliedPlan,
)
from .plans.plans import (
    applyplan as applyplan,
)
from .plans.plans import (
    approveplan as approveplan,
)
from .plans.plans import (
    createplan as createplan,
)
from .plans.plans import (
    dropplan as dropplan,
)
from .plans.plans import (
    getplannedchanges as getplannedchanges,
)
from .plans.plans import (
    getplans as getplans,
)
from .plans.summary import Plan as Plan
from .plans.summary import PlannedChange as PlannedChange
from .plans.undo import undoplan as undoplan
from .runs.batches import ProcessedBatch as ProcessedBatch
from .runs.batches import collectresults as collectresults
from .runs.batches import processcompleted as processcompleted
from .runs.changes import (
    ChangeCount as ChangeCount,
)
from .runs.changes import (
    FailedRow as FailedRow,
)
from .runs.changes import (
    getchanges as getchanges,
)
from .runs.changes import (
    getfailures as getfailures,
)
from .runs.getruns import (
    PastRun as PastRun,
)
from .runs.getruns import (
    RunDetails as RunDetails,
)
from .runs.getruns import (
    count_runs as count_runs,
)
from .runs.getruns import (
    find_run as find_run,
)
from .runs.getruns import (
    getruns as getruns,
)
from .runs.growth import Growth as Growth
from .runs.growth import growth_of as growth_of
from .runs.growth import subscribed_by_day as subscribed_by_day
from .runs.last_sync import LastSync as LastSync
from .runs.last_sync import last_syncs as last_syncs
from .runs.reports import Report as Report
from .runs.since import read_since as read_since
from .site import (
    Clients as Clients,
)
from .site import (
    Site as Site,
)
from .status.accept import FailedOne as FailedOne
from .status.accept import acceptfailures as acceptfailures
from .status.accept import getfailedpeople as getfailedpeople
from .status.accept import reopenfailures as reopenfailures
from .status.connection_status import ConnectionStatus as ConnectionStatus
from .status.connection_status import Failure as Failure
from .status.connection_status import RunProgress as RunProgress
from .status.failures import FailureGroup as FailureGroup
from .status.failures import Failures as Failures
from .status.failures import getfailuregroups as getfailuregroups
from .status.getstatus import getstatus as getstatus
from .status.verifications import createverification as createverification
from .status.verifications import getverifications as getverifications
from .sync.abortsync import Abort as Abort
from .sync.abortsync import abortsync as abortsync
from .sync.fetchandreconcile import fetchandreconcile as fetchandreconcile
from .sync.includecontact import includecontact as includecontact
from .sync.includecontact import includegroup as includegroup
from .sync.job import executejobs as executejobs
from .sync.pause import Pause as Pause
from .sync.pause import pausesync as pausesync
from .sync.pause import resumesync as resumesync
from .texts.names import Names as Names
from .texts.names import kept_names as kept_names
from .texts.names import name_of_contact as name_of_contact
from .texts.names import names_of as names_of
from .webhooks.process import process_events as process_events
from .webhooks.registered import (
    check_webhooks as check_webhooks,
)
from .webhooks.registered import (
    list_webhooks as list_webhooks,
)
from .webhooks.registered import (
    repair_webhooks as repair_webhooks,
)

"""What the engine needs of CiviCRM, over APIv4: transport, proof, bulk reads, bulk writes."""

from mailchimpsync.civicrm.activities import (
    NewActivity,
    add_targets,
    campaign_activities,
    campaign_activity,
    create_activity,
    existing_activities,
    sees_activities,
)
from mailchimpsync.civicrm.campaign_setup import CampaignSetup, Kind, missing_setup, prepare_campaigns
from mailchimpsync.civicrm.checks.behaviour import Observation, observe_behaviour
from mailchimpsync.civicrm.checks.landmarks import Landmark, LandmarkView, LookBack
from mailchimpsync.civicrm.checks.rights import Rights, RightState, check_rights, hidden_contacts, prove_rights
from mailchimpsync.civicrm.checks.site import (
    Group,
    SiteCheck,
    groups,
    mailing_groups,
    site,
    site_changes,
    site_clock,
)
from mailchimpsync.civicrm.checks.visibility import SEES_EVERYTHING, Visibility
from mailchimpsync.civicrm.child_groups import child_groups
from mailchimpsync.civicrm.corrections import ContactEmail, Name, add_bulk_addresses, hold_addresses, set_names
from mailchimpsync.civicrm.group_sizes import group_sizes
from mailchimpsync.civicrm.http.client import CivicrmClient, Result, succeeded
from mailchimpsync.civicrm.http.unreadable_rows import UnreadableRow
from mailchimpsync.civicrm.http.urls import contact_page
from mailchimpsync.civicrm.modified import Second, Seconds
from mailchimpsync.civicrm.names import NamedContact, contacts_like, display_names
from mailchimpsync.civicrm.people import Email, Person, persons
from mailchimpsync.civicrm.reads import (
    ContactAddress,
    ContactState,
    GroupContact,
    HistoryEntry,
    Modified,
    Owner,
    TrashedOwner,
    addresses_of,
    contacts_by_id,
    contacts_modified_since,
    group_contacts,
    held_addresses,
    history,
    merged_to,
    on_hold_addresses,
    owners_of,
    trashed_owners,
)
from mailchimpsync.civicrm.site_clock import SessionZone, SiteClock
from mailchimpsync.civicrm.stored_values import newest_entry
from mailchimpsync.civicrm.times import to_site, to_utc
from mailchimpsync.civicrm.writes import NewContact, create_contacts, save_group_contacts

__all__ = [
    "SEES_EVERYTHING",
    "CampaignSetup",
    "CivicrmClient",
    "ContactAddress",
    "ContactEmail",
    "ContactState",
    "Email",
    "Group",
    "GroupContact",
    "HistoryEntry",
    "Kind",
    "Landmark",
    "LandmarkView",
    "LookBack",
    "Modified",
    "Name",
    "NamedContact",
    "NewActivity",
    "NewContact",
    "Observation",
    "Owner",
    "Person",
    "Result",
    "RightState",
    "Rights",
    "Second",
    "Seconds",
    "SessionZone",
    "SiteCheck",
    "SiteClock",
    "TrashedOwner",
    "UnreadableRow",
    "Visibility",
    "add_bulk_addresses",
    "add_targets",
    "addresses_of",
    "campaign_activities",
    "campaign_activity",
    "check_rights",
    "child_groups",
    "contact_page",
    "contacts_by_id",
    "contacts_like",
    "contacts_modified_since",
    "create_activity",
    "create_contacts",
    "display_names",
    "existing_activities",
    "group_contacts",
    "group_sizes",
    "groups",
    "held_addresses",
    "hidden_contacts",
    "history",
    "hold_addresses",
    "mailing_groups",
    "merged_to",
    "missing_setup",
    "newest_entry",
    "observe_behaviour",
    "on_hold_addresses",
    "owners_of",
    "persons",
    "prepare_campaigns",
    "prove_rights",
    "save_group_contacts",
    "sees_activities",
    "set_names",
    "site",
    "site_changes",
    "site_clock",
    "succeeded",
    "to_site",
    "to_utc",
    "trashed_owners",
]

"""What the engine needs of CiviCRM, over APIv4: transport, proof, bulk reads, bulk writes."""

from mailchimpsync.civicrm.activities import (
    NewActivity,
    activities_there,
    add_targets,
    campaign_activities,
    campaign_activity,
    create_activity,
    sees_activities,
)
from mailchimpsync.civicrm.campaign_ground import Ground, Kind, missing_ground, prepare_ground
from mailchimpsync.civicrm.client import CivicrmClient, Result, succeeded
from mailchimpsync.civicrm.corrections import ContactEmail, Name, add_bulk_addresses, hold_addresses, set_names
from mailchimpsync.civicrm.deep_look import Observation, look_deep
from mailchimpsync.civicrm.group_sizes import group_sizes
from mailchimpsync.civicrm.kept import newest_entry
from mailchimpsync.civicrm.look_back import Landmark, LookBack, View
from mailchimpsync.civicrm.modified import Second, Seconds
from mailchimpsync.civicrm.names import Called, contacts_like, display_names
from mailchimpsync.civicrm.nesting import child_groups
from mailchimpsync.civicrm.odd_rows import OddRow
from mailchimpsync.civicrm.people import Email, Person, persons
from mailchimpsync.civicrm.proof import Group, SiteCheck, groups, mailing_groups, site, site_clock
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
from mailchimpsync.civicrm.rights import Rights, Standing, check_rights, hidden_contacts, prove_rights
from mailchimpsync.civicrm.site_clock import SessionZone, SiteClock
from mailchimpsync.civicrm.times import to_site, to_utc
from mailchimpsync.civicrm.urls import contact_page
from mailchimpsync.civicrm.visibility import SEES_EVERYTHING, Visibility
from mailchimpsync.civicrm.writes import NewContact, create_contacts, save_group_contacts

__all__ = [
    "SEES_EVERYTHING",
    "Called",
    "CivicrmClient",
    "ContactAddress",
    "ContactEmail",
    "ContactState",
    "Email",
    "Ground",
    "Group",
    "GroupContact",
    "HistoryEntry",
    "Kind",
    "Landmark",
    "LookBack",
    "Modified",
    "Name",
    "NewActivity",
    "NewContact",
    "Observation",
    "OddRow",
    "Owner",
    "Person",
    "Result",
    "Rights",
    "Second",
    "Seconds",
    "SessionZone",
    "SiteCheck",
    "SiteClock",
    "Standing",
    "TrashedOwner",
    "View",
    "Visibility",
    "activities_there",
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
    "group_contacts",
    "group_sizes",
    "groups",
    "held_addresses",
    "hidden_contacts",
    "history",
    "hold_addresses",
    "look_deep",
    "mailing_groups",
    "merged_to",
    "missing_ground",
    "newest_entry",
    "on_hold_addresses",
    "owners_of",
    "persons",
    "prepare_ground",
    "prove_rights",
    "save_group_contacts",
    "sees_activities",
    "set_names",
    "site",
    "site_clock",
    "succeeded",
    "to_site",
    "to_utc",
    "trashed_owners",
]

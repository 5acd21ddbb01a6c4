"""What the engine needs of CiviCRM, over APIv4: transport, proof, bulk reads, bulk writes."""

from mailchimpsync.civicrm.client import CivicrmClient, Result, succeeded
from mailchimpsync.civicrm.corrections import ContactEmail, Name, add_bulk_addresses, hold_addresses, set_names
from mailchimpsync.civicrm.look_back import Landmark, LookBack, View
from mailchimpsync.civicrm.names import display_names
from mailchimpsync.civicrm.people import Email, Person, persons
from mailchimpsync.civicrm.proof import Group, SiteCheck, check_write_access, clock_offset, groups, mailing_groups, site
from mailchimpsync.civicrm.reads import (
    ContactAddress,
    ContactState,
    GroupContact,
    HistoryEntry,
    Modified,
    Owner,
    contacts_by_id,
    contacts_modified_since,
    group_contacts,
    history,
    merged_to,
    on_hold_addresses,
    owners_of,
)
from mailchimpsync.civicrm.times import to_site, to_utc
from mailchimpsync.civicrm.writes import NewContact, create_contacts, save_group_contacts

__all__ = [
    "CivicrmClient",
    "ContactAddress",
    "ContactEmail",
    "ContactState",
    "Email",
    "Group",
    "GroupContact",
    "HistoryEntry",
    "Landmark",
    "LookBack",
    "Modified",
    "Name",
    "NewContact",
    "Owner",
    "Person",
    "Result",
    "SiteCheck",
    "View",
    "add_bulk_addresses",
    "check_write_access",
    "clock_offset",
    "contacts_by_id",
    "contacts_modified_since",
    "create_contacts",
    "display_names",
    "group_contacts",
    "groups",
    "history",
    "hold_addresses",
    "mailing_groups",
    "merged_to",
    "on_hold_addresses",
    "owners_of",
    "persons",
    "save_group_contacts",
    "set_names",
    "site",
    "succeeded",
    "to_site",
    "to_utc",
]

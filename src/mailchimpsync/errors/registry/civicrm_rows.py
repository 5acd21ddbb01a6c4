"""Codes of people who can't be synced because of CiviCRM."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

CIVICRM_ROWS: dict[Code, Entry] = {
    Code.CV_NO_ADDRESS: Entry(
        "In the group, but without an e-mail address.",
        "The contact has no e-mail address in CiviCRM.",
        "Add an address to the contact, or remove it from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_BAD_ADDRESS: Entry(
        "In the group, but the e-mail address isn't valid.",
        "The address in CiviCRM isn't a valid e-mail address, so it isn't sent to Mailchimp.",
        "Correct the address.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_ON_HOLD: Entry(
        "In the group, but the address is on hold in CiviCRM.",
        "Mail to the address bounced, or the person opted out with it. Addresses on hold aren't newly subscribed.",
        "If mail bounced, correct the address, or take it off hold if it works again. If the person opted out, "
        "remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_DO_NOT_EMAIL: Entry(
        "In the group, but marked “do not email” in CiviCRM.",
        "Contacts marked “do not email” aren't newly subscribed.",
        "Remove the mark if the person agrees, or remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
        fine_because="The mark says that the contact gets no e-mail, and they get none.",
    ),
    Code.CV_OPTED_OUT: Entry(
        "In the group, but opted out of bulk mail in CiviCRM.",
        "Contacts with “no bulk emails (user opt out)” aren't newly subscribed.",
        "Leave it as it is, unless the person asks to receive mailings again.",
        Who.PERSON,
        Retry.ON_CHANGE,
        fine_because="The person chose this themselves, and they get no mailings.",
    ),
    Code.CV_DECEASED: Entry(
        "In the group, but marked deceased in CiviCRM.",
        "Deceased contacts aren't newly subscribed.",
        "Remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
        fine_because="Nobody is mailed, and CiviCRM already says why.",
    ),
    Code.CV_SHARED_ADDRESS: Entry(
        "In the group, but another contact with the same address is synced instead.",
        "Mailchimp has one member per address, and two contacts share this one.",
        "Nothing to do if both people read the same mailbox: this contact takes over when the other one leaves the "
        "group. Otherwise, give this contact its own address.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
        fine_because="The mailbox is on the list, through the other contact.",
    ),
    Code.CV_OTHER_ADDRESS: Entry(
        "This address is no longer subscribed, but the contact is in the audience with another address, or is "
        "about to be.",
        "One contact has several members at Mailchimp. The contact stays in the group for the other one.",
        "Nothing to do: this is harmless.",
        Who.NOBODY,
        Retry.ON_CHANGE,
        fine_because="The contact is on the list with the other address.",
    ),
    Code.CV_CONTACT_GONE: Entry(
        "Still subscribed at Mailchimp, but the contact was deleted in CiviCRM.",
        "The contact was moved to the trash or deleted for good, and no other contact has the address.",
        "Unsubscribe or archive the member at Mailchimp, or restore the contact. Or change the connection's "
        "`departures`, which say what happens in this case.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.ADDRESS_TAKEN: Entry(
        "The contact's new address already belongs to another member, so this one keeps the old address.",
        "Two contacts share the address, someone signed up with it at Mailchimp, or it is archived there.",
        "Find out who has the address. Merge the two contacts, or archive one of the two members at Mailchimp.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.ERASED: Entry(
        "The address was erased, so nothing is done with it.",
        "Erasure was requested. Only a digest of the address is kept, and one of the two sides has the address again.",
        "Erase it in CiviCRM too. If Mailchimp has it again, the person may have signed up again: ask them, or "
        "erase again.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.CV_CHANGE_REFUSED: Entry(
        "CiviCRM refused the change.",
        "CiviCRM returned an error for this one contact, or reported the change as saved although it isn't there.",
        "See the detail. Often the contact was deleted in the meantime.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_UNREADABLE: Entry(
        "CiviCRM's record of this person can't be read, so nothing is changed for them.",
        "The contact, an address, or an entry in a group's history has a value that is missing or of the wrong type.",
        "The sync's log names the record by its number. Open it in CiviCRM and save it again.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.MC_UNREADABLE: Entry(
        "Mailchimp's record of this member can't be read, so nothing is changed for them.",
        "A value of the member is missing or of the wrong type. The sync's log names the member's id and the field.",
        "Find the member at Mailchimp and save it again. If that doesn't help, contact Mailchimp's support.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_NOT_VISIBLE: Entry(
        "CiviCRM no longer shows this contact, so nothing is changed for them.",
        "It is in the trash, was merged into another contact, or was deleted for good. The API key's user doesn't "
        "have the permission to see which.",
        "Give the API key's user “access deleted contacts”; the next sync then decides. Otherwise, find the "
        "contact in CiviCRM, and unsubscribe or archive the member at Mailchimp.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
}

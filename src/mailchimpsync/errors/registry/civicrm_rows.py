"""Why one person cannot be synced because of CiviCRM."""

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
        "In the group, but the e-mail address cannot be one.",
        "The address in CiviCRM is not a valid e-mail address, so it is not sent to Mailchimp.",
        "Correct the address.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_ON_HOLD: Entry(
        "In the group, but the address is on hold in CiviCRM.",
        "Mail to the address came back, or the person opted out with it. Addresses on hold are not newly subscribed.",
        "If mail came back, correct the address, or take it off hold if it works again. If the person opted out, "
        "remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_DO_NOT_EMAIL: Entry(
        "In the group, but marked “do not email” in CiviCRM.",
        "Contacts marked “do not email” are not newly subscribed.",
        "Remove the mark if the person agrees, or remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_OPTED_OUT: Entry(
        "In the group, but opted out of bulk mail in CiviCRM.",
        "Contacts with “no bulk emails (user opt out)” are not newly subscribed.",
        "Leave it, unless the person asks to get mailings again.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.CV_DECEASED: Entry(
        "In the group, but marked deceased in CiviCRM.",
        "Deceased contacts are not newly subscribed.",
        "Remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_SHARED_ADDRESS: Entry(
        "In the group, but another contact with the same address is the one that is synced.",
        "Mailchimp knows one member per address; two contacts share this one.",
        "Nothing, if both people read the same mailbox: this contact takes over when the other one leaves the group. "
        "Otherwise give this contact its own address.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_OTHER_ADDRESS: Entry(
        "This address left the audience, but the contact is there with another address, or about to be.",
        "One contact has several members at Mailchimp; the contact stays in the group for the other one.",
        "Nothing: this is harmless.",
        Who.NOBODY,
        Retry.ON_CHANGE,
    ),
    Code.CV_CONTACT_GONE: Entry(
        "Still subscribed at Mailchimp, but the contact was deleted in CiviCRM.",
        "The contact went to the trash, or was deleted for good, and no other contact has the address.",
        "Unsubscribe or archive the member at Mailchimp, or restore the contact; or choose what departures mean.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.ADDRESS_TAKEN: Entry(
        "The contact has a new address, which another member has already; this one keeps the old address.",
        "Two contacts share the address, or somebody signed up with it at Mailchimp, or it is archived there.",
        "See who has the address. Merge the two contacts, or archive one of the two members at Mailchimp.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.ERASED: Entry(
        "The address was erased, so nothing is done with it.",
        "Somebody asked for erasure; the address is known by a digest only, and one of the two sides has it again.",
        "Erase it in CiviCRM too. If Mailchimp has it again, the person may have signed up anew: ask, or erase again.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.CV_CHANGE_REFUSED: Entry(
        "CiviCRM refused the change.",
        "CiviCRM answered with an error for this one contact, or said that the change was saved and it is not there.",
        "Look at the detail; often the contact was deleted meanwhile.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_UNREADABLE: Entry(
        "CiviCRM's record of this person can't be read, so nothing is changed for them.",
        "The contact, an address, or an entry of a group's history has a missing value, or one of a wrong type.",
        "The run's log names the record by its number. Open it in CiviCRM and save it again.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.MC_UNREADABLE: Entry(
        "Mailchimp's entry of this member can't be read, so nothing is changed for them.",
        "A value of the member is missing, or of a wrong type. The run's log names the member's id and the field.",
        "Look the member up at Mailchimp and save it again. If that doesn't help, tell Mailchimp's support.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_NOT_VISIBLE: Entry(
        "CiviCRM doesn't show this contact any more, so nothing is changed for them.",
        "It is in the trash, was merged into another contact, or was deleted for good. The key's user has no right to "
        "see which.",
        "Give the key's user “access deleted contacts”; the next run then decides. Otherwise "
        "look for the contact in CiviCRM, and unsubscribe or archive the member at Mailchimp.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
}

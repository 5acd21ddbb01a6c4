"""Codes of rows that need nothing: decisions, and people who left CiviCRM's lists."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who


def _departed(how: str, remedy: str) -> Entry:
    return Entry(
        f"The contact {how}, so the member is taken off the list at Mailchimp.",
        "The connection's `departures` say what this means at Mailchimp.",
        remedy,
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    )


SETTLED: dict[Code, Entry] = {
    Code.IN_SYNC: Entry(
        "Subscribed on both sides.", "Both sides agree.", "Nothing to do.", Who.NOBODY, Retry.ON_CHANGE
    ),
    Code.NOT_SUBSCRIBED: Entry(
        "Subscribed on neither side.", "Both sides agree.", "Nothing to do.", Who.NOBODY, Retry.ON_CHANGE
    ),
    Code.CIVICRM_ADDED: Entry(
        "Added to the group in CiviCRM, so subscribed at Mailchimp.",
        "CiviCRM is the side that changed, or the side with the later date.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_REMOVED: Entry(
        "Removed from the group in CiviCRM, so unsubscribed at Mailchimp.",
        "CiviCRM is the side that changed, or the side with the later date.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_SUBSCRIBED: Entry(
        "Subscribed at Mailchimp, so added to the group in CiviCRM.",
        "Mailchimp is the side that changed, or the side with the later date.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_LEFT: Entry(
        "No longer subscribed at Mailchimp, so removed from the group in CiviCRM.",
        "Mailchimp is the side that changed, or the side with the later date.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_NEW_PERSON: Entry(
        "Subscribed at Mailchimp and not known in CiviCRM, so a contact is created and added to the group.",
        "Nobody in CiviCRM has this address.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.INTERESTS_CHANGED: Entry(
        "Subscribed on both sides; interests or their groups are brought into line.",
        "An interest and its group differed.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_LEFT_ALONE: Entry(
        "Left the group in CiviCRM, but stays subscribed at Mailchimp.",
        "The connection's `departures` leave people subscribed at Mailchimp when they leave the group.",
        "Nothing to do if that's what you want. Otherwise, change `departures.removed`.",
        Who.NOBODY,
        Retry.ON_CHANGE,
    ),
    Code.CIVICRM_BACK: Entry(
        "The reason for taking the person off the list no longer applies, so they are subscribed again.",
        "The contact is in the group, and is no longer marked, in the trash, or on hold.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_READDRESSED: Entry(
        "The contact's best address is now another one, which replaces the old one at Mailchimp.",
        "The address was changed in CiviCRM, another one is now for bulk mail or primary, or the old one is on hold.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_HANDED_OVER: Entry(
        "The address now belongs to another contact, who isn't in the group, so it is taken off the list at Mailchimp.",
        "In CiviCRM, the address was moved from the contact that had subscribed with it to another one.",
        "Add the other contact to the group if they want the mailings.",
        Who.DATA_OWNER,
    ),
    Code.DEPARTED_DECEASED: _departed("is marked deceased in CiviCRM", "Correct the contact if the mark is wrong."),
    Code.DEPARTED_OPT_OUT: _departed(
        "is marked “no bulk emails” in CiviCRM, or has opted out with this address",
        "Remove the mark, or take the address off hold, if the person wants mail again.",
    ),
    Code.DEPARTED_DO_NOT_EMAIL: _departed(
        "is marked “do not email” in CiviCRM", "Remove the mark if the person wants mail again."
    ),
    Code.DEPARTED_ON_HOLD: _departed(
        "has this address on hold in CiviCRM", "Take the address off hold, or correct it."
    ),
    Code.DEPARTED_TRASHED: _departed("is in CiviCRM's trash", "Restore the contact if it doesn't belong there."),
    Code.DEPARTED_DELETED: _departed(
        "was deleted for good in CiviCRM", "If the person wants it, subscribe them again with a new contact."
    ),
    Code.DEPARTED_MERGED: _departed(
        "was merged into one that is subscribed with another address", "Archive the other address if this one is right."
    ),
    Code.TRUSTED_CIVICRM: Entry(
        "The two sides differed, and CiviCRM is trusted, so Mailchimp is brought into line.",
        "The connection trusts CiviCRM for the subscription until one full sync is complete.",
        "Nothing to do. People who unsubscribed at Mailchimp are asked by Mailchimp to confirm, and aren't "
        "subscribed unless they do.",
        Who.NOBODY,
    ),
    Code.TRUSTED_MAILCHIMP: Entry(
        "The two sides differed, and Mailchimp is trusted, so CiviCRM is brought into line.",
        "The connection trusts Mailchimp for the subscription until one full sync is complete.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.DATA_CHANGED: Entry(
        "The person's data in CiviCRM differs from what Mailchimp was last sent.",
        "A plugin gave another value, or other tags.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.UNDONE: Entry(
        "Put back on both sides to how it was before a sync.",
        "Someone approved a plan that undoes the sync.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.UNDO_CHANGED: Entry(
        "Changed since the sync, so undoing it leaves this alone.",
        "The person, staff or a later sync has changed it since, or an update is on its way.",
        "Correct it by hand in CiviCRM if it is still wrong.",
    ),
    Code.UNDO_CONTACT_STAYS: Entry(
        "A contact that the sync created is taken out of its groups, but not deleted.",
        "Staff may have worked with the contact since.",
        "Delete the contact in CiviCRM if it isn't needed.",
        Who.DATA_OWNER,
    ),
    Code.UNDO_BY_HAND: Entry(
        "Names, addresses and holds that were changed because of Mailchimp aren't undone.",
        "What people tell Mailchimp about themselves is most likely true.",
        "Correct the contact in CiviCRM if it is wrong.",
        Who.DATA_OWNER,
    ),
}

"""Why a row is as it should be: what was decided, and departures."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who


def _departed(how: str, remedy: str) -> Entry:
    return Entry(
        f"The contact {how}, so the member is taken off at Mailchimp.",
        "The connection's departure table says what this means at Mailchimp.",
        remedy,
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    )


IN_ORDER: dict[Code, Entry] = {
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
        "Subscribed at Mailchimp and unknown in CiviCRM, so a contact is created and added to the group.",
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
        "Left the group in CiviCRM, and stays subscribed at Mailchimp.",
        "The connection's departure table leaves whom the group loses alone at Mailchimp.",
        "Nothing to do, if that is what you want; else change `departures.removed`.",
        Who.NOBODY,
        Retry.ON_CHANGE,
    ),
    Code.CIVICRM_BACK: Entry(
        "What had taken the member off is over, so they are subscribed again.",
        "The contact is in the group, and is no longer marked, in the trash, or on hold.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_READDRESSED: Entry(
        "The contact's best address is another one now, so it takes the place of the old one at Mailchimp.",
        "The address was changed in CiviCRM, another one is for bulk mail or primary now, or the old one is on hold.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_HANDED_OVER: Entry(
        "The address belongs to another contact now, who is not in the group, so it is taken off at Mailchimp.",
        "In CiviCRM the address was taken from the contact that had subscribed with it, and given to another one.",
        "Add the other contact to the group if they want the mailings.",
        Who.DATA_OWNER,
    ),
    Code.DEPARTED_DECEASED: _departed("is marked deceased in CiviCRM", "Correct the contact if the mark is wrong."),
    Code.DEPARTED_OPT_OUT: _departed(
        "is marked “no bulk emails” in CiviCRM, or has opted out with this address",
        "Take the mark off, or the address off hold, if the person wants mail again.",
    ),
    Code.DEPARTED_DO_NOT_EMAIL: _departed(
        "is marked “do not email” in CiviCRM", "Take the mark off if the person wants mail again."
    ),
    Code.DEPARTED_ON_HOLD: _departed(
        "has this address on hold in CiviCRM", "Take the address off hold, or correct it."
    ),
    Code.DEPARTED_TRASHED: _departed("is in CiviCRM's trash", "Restore the contact if it does not belong there."),
    Code.DEPARTED_DELETED: _departed(
        "was deleted for good in CiviCRM", "Subscribe the person anew, if they want that, with a new contact."
    ),
    Code.DEPARTED_MERGED: _departed(
        "was merged into one that is subscribed with another address", "Archive the other address if this one is right."
    ),
    Code.TRUSTED_CIVICRM: Entry(
        "The two sides differed, and CiviCRM is trusted, so Mailchimp is brought into line.",
        "The connection trusts CiviCRM with the subscription until one full run is complete.",
        "Nothing to do. Whoever left at Mailchimp is asked by Mailchimp, and not subscribed unasked.",
        Who.NOBODY,
    ),
    Code.TRUSTED_MAILCHIMP: Entry(
        "The two sides differed, and Mailchimp is trusted, so CiviCRM is brought into line.",
        "The connection trusts Mailchimp with the subscription until one full run is complete.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.DATA_CHANGED: Entry(
        "What CiviCRM knows of the person is another than Mailchimp was last sent.",
        "A plugin gave another value, or other tags.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.UNDONE: Entry(
        "Put back on both sides as it was before a run.",
        "Somebody approved a plan that undoes the run.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.UNDO_CHANGED: Entry(
        "No longer as the run left it, so an undo leaves it alone.",
        "The person, staff or a later run have changed it since, or an update is on its way.",
        "Correct it by hand in CiviCRM if it is still wrong.",
    ),
    Code.UNDO_CONTACT_STAYS: Entry(
        "A contact that a run created is taken out of its groups, but not deleted.",
        "Staff may have worked with the contact since.",
        "Delete the contact in CiviCRM if nobody needs it.",
        Who.DATA_OWNER,
    ),
    Code.UNDO_BY_HAND: Entry(
        "Names, addresses and holds that a webhook changed are not undone.",
        "What the person told Mailchimp about themselves is most likely true.",
        "Correct the contact in CiviCRM if it is wrong.",
        Who.DATA_OWNER,
    ),
}

"""Codes of people who can't be synced because of Mailchimp."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

MAILCHIMP_ROWS: dict[Code, Entry] = {
    Code.MC_COMPLIANCE: Entry(
        "Mailchimp doesn't allow this person to be added again.",
        "The person unsubscribed, bounced or is under review, and hasn't confirmed the request that Mailchimp sent.",
        "The person can sign up again with a Mailchimp form. Otherwise, remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
        fine_because="Mailchimp keeps the person off the list, and only they can change that.",
    ),
    Code.MC_OPTED_OUT: Entry(
        "The person opted out at Mailchimp; only they can come back.",
        "An opt-out at Mailchimp is kept: the connection doesn't resubscribe people, or Mailchimp asks for a new "
        "opt-in.",
        "The person can sign up again with a Mailchimp form. Otherwise, remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
        fine_because="The person left, and only they can come back.",
    ),
    Code.MC_MUST_REJOIN: Entry(
        "The person was removed from the audience and must use a sign-up form to come back.",
        "Mailchimp doesn't let integrations add people who were removed.",
        "The person can sign up again with a Mailchimp form. Otherwise, remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
        fine_because="The person was removed, and only they can come back.",
    ),
    Code.MC_FORGOTTEN: Entry(
        "The address was permanently deleted at Mailchimp and can't be added again.",
        "Erasure was requested, or the member was permanently deleted by hand.",
        "Remove the contact from the group. Only the person can sign up again, with a Mailchimp form.",
        Who.NOBODY,
        fine_because="Erasure was requested, and nothing is sent to the address.",
    ),
    Code.MC_BOUNCED: Entry(
        "Mailchimp has cleaned this address because mail to it bounced.",
        "Cleaned addresses can't be subscribed again.",
        "Correct the address in CiviCRM. The new one is then subscribed, unless the connection never resubscribes "
        "people.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_DUPLICATE: Entry(
        "Mailchimp already has this address under another member.",
        "An address change collided with it, or the member has an old kind of id.",
        "The next sync reads the member again. If it happens again, search for the address at Mailchimp and "
        "archive one of the two.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
    Code.MC_BAD_EMAIL: Entry(
        "Mailchimp says that this isn't a valid address.",
        "The address has a form that Mailchimp doesn't accept.",
        "Correct the address in CiviCRM.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_FAKE_EMAIL: Entry(
        "Mailchimp considers this address fake or mistyped.",
        "It is a test address or a role address, or its domain looks mistyped.",
        "Check the part after the @, and correct the address in CiviCRM.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_TOO_MANY_SIGNUPS: Entry(
        "Mailchimp isn't accepting more sign-ups for this address at the moment.",
        "The address has very recently signed up to many lists, anywhere at Mailchimp.",
        "Nothing to do: it is tried again after some days.",
        Who.NOBODY,
        Retry.LATER,
        fine_because="It passes without help.",
    ),
    Code.MC_FIELD: Entry(
        "Mailchimp refused a merge field.",
        "A merge field is required there and empty here, or its value is of the wrong type.",
        "Make the field optional in the audience's settings, or correct the value.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.MC_ADDRESS_FIXED: Entry(
        "Mailchimp only changes the addresses of subscribed members.",
        "The member is no longer subscribed at Mailchimp, so the address can't follow CiviCRM's.",
        "Nothing to do, unless the member should be subscribed: then add the contact to the group again.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
        fine_because="The member isn't mailed, so the old address does no harm.",
    ),
    Code.MC_MAPPING_GONE: Entry(
        "An interest that the connection uses no longer exists at Mailchimp.",
        "It was deleted or replaced at Mailchimp.",
        "Choose the interest again in the connection, then run a full sync.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.MC_MEMBER_GONE: Entry(
        "The member is no longer at Mailchimp.",
        "It was deleted there, or its address was changed, after it was last read.",
        "Nothing to do: the next sync reads the member again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
        fine_because="The next sync finds out what became of the member.",
    ),
    Code.MC_REFUSED: Entry(
        "Mailchimp refused the change.",
        "Mailchimp returned an unknown error.",
        "See the detail.",
        Who.IMPLEMENTER,
        Retry.ON_CHANGE,
    ),
}

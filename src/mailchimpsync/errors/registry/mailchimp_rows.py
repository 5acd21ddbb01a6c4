"""Why one person cannot be synced because of Mailchimp."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

MAILCHIMP_ROWS: dict[Code, Entry] = {
    Code.MC_COMPLIANCE: Entry(
        "Mailchimp will not let us add this person again.",
        "The person unsubscribed, bounced or is under review, and has not confirmed the request Mailchimp sent.",
        "The person can sign up again by a Mailchimp form. Otherwise remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MC_OPTED_OUT: Entry(
        "The person left at Mailchimp; only the person can come back.",
        "An opt-out at Mailchimp is kept: the connection does not resubscribe, or Mailchimp asks for a new opt-in.",
        "The person can sign up again by a Mailchimp form. Otherwise remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MC_MUST_REJOIN: Entry(
        "The person was removed from the audience and must use a sign-up form to come back.",
        "Mailchimp does not let integrations add somebody who was removed.",
        "The person can sign up again by a Mailchimp form. Otherwise remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MC_FORGOTTEN: Entry(
        "The address was permanently deleted at Mailchimp and cannot be added again.",
        "Somebody asked for erasure, or the member was permanently deleted by hand.",
        "Remove the contact from the group; only the person can sign up again, by a Mailchimp form.",
        Who.NOBODY,
    ),
    Code.MC_BOUNCED: Entry(
        "Mailchimp has cleaned this address: mail to it bounced.",
        "Cleaned addresses cannot be subscribed again.",
        "Correct the address in CiviCRM: the new one is then subscribed, unless the connection lets nobody back.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_DUPLICATE: Entry(
        "Mailchimp already has this address under another member.",
        "An address change collided, or the member has an old kind of id.",
        "It is read again in the next run. If it stays, look for the address at Mailchimp and archive one of the two.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
    Code.MC_BAD_EMAIL: Entry(
        "Mailchimp says that this is not a valid address.",
        "The address has a form Mailchimp does not accept.",
        "Correct the address in CiviCRM.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_FAKE_EMAIL: Entry(
        "Mailchimp takes this address for fake or mistyped.",
        "It is a test address, an address of a role, or its domain looks mistyped.",
        "Check the part behind the @, and correct the address in CiviCRM.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_TOO_MANY_SIGNUPS: Entry(
        "Mailchimp does not take more sign-ups for this address at the moment.",
        "The address has signed up to many lists very recently, anywhere at Mailchimp.",
        "Nothing: it is tried again after some days.",
        Who.NOBODY,
        Retry.LATER,
    ),
    Code.MC_FIELD: Entry(
        "Mailchimp refused a merge field.",
        "A merge field is required there and empty here, or has a value of the wrong kind.",
        "Make the field optional in the audience's settings, or correct the value.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.MC_ADDRESS_FIXED: Entry(
        "Mailchimp changes the addresses of subscribed members only.",
        "The member is not subscribed at Mailchimp any more, so the address can't follow CiviCRM's.",
        "Nothing has to be done, unless the member is to be subscribed: then add the contact to the group again.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_MAPPING_GONE: Entry(
        "An interest that the connection uses no longer exists at Mailchimp.",
        "It was deleted or replaced at Mailchimp.",
        "Choose the interest again in the connection, then sync everything.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.MC_MEMBER_GONE: Entry(
        "The member is no longer at Mailchimp.",
        "It was deleted there, or its address was changed, after we last read it.",
        "Nothing: it is read again in the next run.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.MC_REFUSED: Entry(
        "Mailchimp refused the change.",
        "Mailchimp answered with an error that is not known here.",
        "Look at the detail.",
        Who.IMPLEMENTER,
        Retry.ON_CHANGE,
    ),
}

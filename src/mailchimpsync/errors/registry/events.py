"""What became of webhook events."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

EVENTS: dict[Code, Entry] = {
    Code.MAILCHIMP_BOUNCED: Entry(
        "Mail to the address bounced for good, so it is on hold in CiviCRM.",
        "Mailchimp cleaned the member after hard or too many soft bounces, and told us by webhook.",
        "Correct the address in CiviCRM, or take it off hold if the person can be reached there again.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MAILCHIMP_COMPLAINED: Entry(
        "The person reported a mail as spam, so the address is on hold in CiviCRM.",
        "Mailchimp took the member off the audience after a complaint, and told us by webhook.",
        "Respect it: do not add the person again without their asking.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MAILCHIMP_PROFILE: Entry(
        "The name was changed at Mailchimp, so it is changed in CiviCRM.",
        "The person edited their profile at Mailchimp, which told us by webhook.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_RENAMED: Entry(
        "The address was changed at Mailchimp, so the new one is added to the contact as bulk mail address.",
        "The person gave Mailchimp another address, which told us by webhook.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_HANDLED: Entry(
        "What a webhook told us was carried out.",
        "The member was read again, and both sides were brought into line.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_OVERTAKEN: Entry(
        "What a webhook told us no longer holds, so nothing was done.",
        "The member was read again, and is not as the webhook said.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_UNCONNECTED: Entry(
        "A webhook told us of an audience that is not connected any more.",
        "The connection was removed after the webhook came in.",
        "Remove the webhook at Mailchimp: run `mailchimpsync webhooks repair`.",
        Who.IMPLEMENTER,
    ),
    Code.EVENT_GIVEN_UP: Entry(
        "What a webhook told us could not be carried out, although it was tried many times.",
        "Mailchimp or CiviCRM failed every time; the note of the event says how.",
        "Nothing is lost: the next run reads the member again. See that runs succeed: `mailchimpsync status`.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
}

"""Codes of webhook events and the changes they caused."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

EVENTS: dict[Code, Entry] = {
    Code.MAILCHIMP_BOUNCED: Entry(
        "Mail to the address bounced permanently, so it is on hold in CiviCRM.",
        "Mailchimp cleaned the member after hard bounces or too many soft bounces.",
        "Correct the address in CiviCRM, or take it off hold if the person can be reached there again.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MAILCHIMP_COMPLAINED: Entry(
        "The person reported a message as spam, so the address is on hold in CiviCRM.",
        "Mailchimp took the member off the audience after a complaint.",
        "Respect it: don't add the person again unless they ask you to.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MAILCHIMP_PROFILE: Entry(
        "The name was changed at Mailchimp, so it is changed in CiviCRM.",
        "The person edited their profile at Mailchimp.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_RENAMED: Entry(
        "The address was changed at Mailchimp, so the new one is added to the contact as its bulk mail address.",
        "The person gave Mailchimp another address.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_HANDLED: Entry(
        "The change that a webhook reported was carried out.",
        "The member was read again, and both sides were brought into line.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_OVERTAKEN: Entry(
        "The change that a webhook reported no longer applies, so nothing was done.",
        "The member was read again, and doesn't match what the webhook said.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_UNCONNECTED: Entry(
        "A webhook reported a change in an audience that is no longer connected.",
        "The connection was removed after the webhook arrived.",
        "Remove the webhook at Mailchimp: run `mailchimpsync webhooks repair`.",
        Who.IMPLEMENTER,
    ),
    Code.EVENT_GIVEN_UP: Entry(
        "The change that a webhook reported couldn't be carried out, although it was tried many times.",
        "Mailchimp or CiviCRM failed every time; the event's note says how.",
        "Nothing is lost: the next sync reads the member again. Check with `mailchimpsync status` that syncs succeed.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
}
